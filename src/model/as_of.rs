//! The instant that a plan is asked for, as people write it.

use std::{fmt, str::FromStr};

use super::{Age, Timestamp};

/// An instant, or a time from now: `2026-12-01T06:00:00Z`, `2026-12-01` (its start, in UTC) or `+30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AsOf {
    /// An instant.
    At(Timestamp),
    /// So long after the plan is made.
    In(Age),
}

/// Why a text is no instant to decide for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AsOfError {
    /// Neither an instant nor a date nor `+AGE`.
    #[error("`{0}` is no instant; write `2026-12-01T06:00:00Z`, `2026-12-01` (its start, in UTC) or `+30d`")]
    Unreadable(String),
    /// A `-AGE`.
    #[error(
        "`{0}` is in the past, and what was there then is not known; to decide for the past, plan on an inventory that was \
         recorded then: `--inventory FILE`"
    )]
    Backwards(String),
}

/// An instant before that of the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{asked} is before {made_at}, for which the inventory speaks: a forecast looks forward. To decide for the past, plan on \
     an inventory that was recorded then: `--inventory FILE`"
)]
pub struct PastError {
    /// The instant that was asked for.
    pub asked: Timestamp,
    /// When what the plan is made from was seen.
    pub made_at: Timestamp,
}

impl AsOf {
    /// The instant, for a plan that is made at `made_at`.
    ///
    /// # Errors
    /// If it is before that: things may have been there that are gone, and nobody recorded them.
    pub fn resolve(self, made_at: Timestamp) -> Result<Timestamp, PastError> {
        let asked = match self {
            Self::At(at) => at,
            Self::In(age) => age.after(made_at),
        };
        if asked < made_at { Err(PastError { asked, made_at }) } else { Ok(asked) }
    }
}

impl FromStr for AsOf {
    type Err = AsOfError;

    fn from_str(text: &str) -> Result<Self, AsOfError> {
        let unreadable = || AsOfError::Unreadable(text.to_owned());
        if let Some(age) = text.strip_prefix('+') {
            return Ok(Self::In(age.parse().map_err(|_| unreadable())?));
        }
        if text.strip_prefix('-').is_some_and(|age| age.parse::<Age>().is_ok()) {
            return Err(AsOfError::Backwards(text.to_owned()));
        }
        let date = || format!("{text}T00:00:00Z").parse().ok();
        text.parse().ok().or_else(date).map(Self::At).ok_or_else(unreadable)
    }
}

impl fmt::Display for AsOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(at) => at.fmt(f),
            Self::In(age) => write!(f, "+{age}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn an_instant_a_date_and_a_time_from_now_are_understood() {
        let now = at("2026-11-01T06:00:00Z");
        for (text, instant) in [
            ("2026-12-01T06:00:00Z", "2026-12-01T06:00:00Z"),
            ("2026-12-01T06:00:00+01:00", "2026-12-01T05:00:00Z"),
            ("2026-12-01", "2026-12-01T00:00:00Z"),
            ("+30d", "2026-12-01T06:00:00Z"),
            ("+1d 12h", "2026-11-02T18:00:00Z"),
            ("+0s", "2026-11-01T06:00:00Z"),
        ] {
            assert_eq!(text.parse::<AsOf>().unwrap().resolve(now), Ok(at(instant)), "{text}");
        }
    }

    #[test]
    fn what_is_none_is_refused_and_so_is_the_past() {
        for text in ["", "tomorrow", "30d", "+30", "+", "2026-13-01", "2026-12-01T06:00:00"] {
            assert_eq!(text.parse::<AsOf>(), Err(AsOfError::Unreadable(text.to_owned())), "{text}");
        }
        assert_eq!("-30d".parse::<AsOf>(), Err(AsOfError::Backwards("-30d".to_owned())));
        let now = at("2026-11-01T06:00:00Z");
        let past = "2026-11-01".parse::<AsOf>().unwrap().resolve(now).unwrap_err();
        assert_eq!((past.asked, past.made_at), (at("2026-11-01T00:00:00Z"), now));
    }
}
