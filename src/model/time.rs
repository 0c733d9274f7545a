//! Instants and ages. `now` is always an argument: no pure room reads a clock.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

pub use jiff::Timestamp;

/// Where an impure room takes the time from. For simulated accounts it is the world's own clock.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A length of time in whole seconds, written `90s`, `15m`, `24h`, `7d` or `2w`, alone or combined (`1d 12h`).
///
/// A day is always 24 hours: retention is arithmetic on instants, not on a calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Age(i64);

/// A text that is not an age.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration; write for example \"90s\", \"24h\", \"7d\" or \"2w\"")]
pub struct AgeError(pub String);

/// Longer than any retention: keeps instants plus ages within what a timestamp can hold.
const MAX_SECONDS: i64 = 1_000 * 366 * 86_400;

const UNITS: [(&str, i64); 5] = [("w", 604_800), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

impl Age {
    /// No age at all.
    pub const ZERO: Self = Self(0);

    /// An age of `seconds`; negative values count as zero.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        if seconds < 0 { Self(0) } else { Self(seconds) }
    }

    /// The age in seconds.
    #[must_use]
    pub const fn as_seconds(self) -> i64 {
        self.0
    }

    /// Whether this is the threshold that asks for no age.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// How old `then` is at `now`; an instant in the future has no age.
    #[must_use]
    pub fn of(then: Timestamp, now: Timestamp) -> Self {
        Self::from_seconds(now.as_second().saturating_sub(then.as_second()))
    }

    /// The first instant at which something that began at `then` has this age.
    #[must_use]
    pub fn after(self, then: Timestamp) -> Timestamp {
        then.checked_add(jiff::SignedDuration::from_secs(self.0)).unwrap_or(Timestamp::MAX)
    }
}

impl From<Age> for std::time::Duration {
    fn from(age: Age) -> Self {
        Self::from_secs(age.0.unsigned_abs())
    }
}

impl FromStr for Age {
    type Err = AgeError;

    fn from_str(text: &str) -> Result<Self, AgeError> {
        let wrong = || AgeError(text.to_owned());
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(wrong());
        }
        let mut total = 0i64;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, tail) = tail.split_at(letters);
            let number: i64 = number.parse().map_err(|_| wrong())?;
            let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
            total = number.checked_mul(*seconds).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
            rest = tail.trim_start();
        }
        if total > MAX_SECONDS { Err(wrong()) } else { Ok(Self(total)) }
    }
}

impl TryFrom<String> for Age {
    type Error = AgeError;

    fn try_from(text: String) -> Result<Self, AgeError> {
        text.parse()
    }
}

impl From<Age> for String {
    fn from(age: Age) -> Self {
        age.to_string()
    }
}

/// Prints in days, hours, minutes and seconds, leaving out what is zero: `90d`, `1d 12h`, `45s`.
impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        let mut parts = Vec::new();
        for (name, seconds) in UNITS.into_iter().skip(1) {
            if rest >= seconds {
                parts.push(format!("{}{name}", rest / seconds));
                rest %= seconds;
            }
        }
        if parts.is_empty() {
            return f.pad("0s");
        }
        f.pad(&parts.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_unit() {
        for (text, seconds) in [
            ("0s", 0),
            ("90s", 90),
            ("15m", 900),
            ("24h", 86_400),
            ("7d", 604_800),
            ("2w", 1_209_600),
            ("1d 12h", 129_600),
            ("1d12h", 129_600),
        ] {
            assert_eq!(text.parse::<Age>().unwrap().as_seconds(), seconds, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_duration() {
        for wrong in ["", "7", "d", "-1d", "1.5h", "7 days", "99999999999999999999d", "9999999w", "1y"] {
            assert!(wrong.parse::<Age>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_future_has_no_age() {
        let now: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        assert_eq!(Age::of(Age::from_seconds(5).after(now), now), Age::ZERO);
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(seconds in 0..MAX_SECONDS) {
            let age = Age::from_seconds(seconds);
            prop_assert_eq!(age.to_string().parse::<Age>().unwrap(), age);
        }
    }
}
