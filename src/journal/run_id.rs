//! Names of runs.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::model::Timestamp;

/// The name of a run: when it began and the first digits of what it does, `20261121T094602Z-0a1b2c3d`. Sorts by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(Arc<str>);

/// A text that is not the name of a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a run; runs are named like 20261121T094602Z-0a1b2c3d, `jettison journal list` shows them")]
pub struct RunIdError(pub String);

impl RunId {
    /// The name of a run that begins `now` and carries out the plan `plan_id` (`sha256:…`).
    ///
    /// # Errors
    ///
    /// When the plan id has no eight hexadecimal digits.
    pub fn new(now: Timestamp, plan_id: &str) -> Result<Self, RunIdError> {
        let digits = plan_id.rsplit(':').next().and_then(|hex| hex.get(..8)).unwrap_or(plan_id);
        format!("{}-{digits}", now.strftime("%Y%m%dT%H%M%SZ")).parse()
    }

    /// The same name with a counter, for a second run of the same plan in the same second.
    #[must_use]
    pub fn with_counter(&self, counter: u32) -> Self {
        let mut parts = self.0.splitn(3, '-');
        let (time, plan) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        Self(format!("{time}-{plan}-{counter}").into())
    }

    /// The text of the name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_run_id(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let hex = |part: &str| part.len() == 8 && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_time = |part: &str| {
        let day_and_time = part.strip_suffix('Z').and_then(|part| part.split_once('T'));
        day_and_time.is_some_and(|(day, time)| day.len() == 8 && digits(day) && time.len() == 6 && digits(time))
    };
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [time, plan] => is_time(time) && hex(plan),
        [time, plan, counter] => is_time(time) && hex(plan) && digits(counter),
        _ => false,
    }
}

impl FromStr for RunId {
    type Err = RunIdError;

    fn from_str(text: &str) -> Result<Self, RunIdError> {
        if is_run_id(text) { Ok(Self(text.into())) } else { Err(RunIdError(text.to_owned())) }
    }
}

impl TryFrom<String> for RunId {
    type Error = RunIdError;

    fn try_from(text: String) -> Result<Self, RunIdError> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(run: RunId) -> Self {
        run.0.as_ref().to_owned()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_instant_and_its_plan() {
        let now: Timestamp = "2026-11-21T09:46:02.5Z".parse().unwrap();
        let run = RunId::new(now, "sha256:0a1b2c3d4e5f").unwrap();
        assert_eq!(run.as_str(), "20261121T094602Z-0a1b2c3d");
        assert_eq!(run.with_counter(2).as_str(), "20261121T094602Z-0a1b2c3d-2");
        assert_eq!(run.with_counter(2).with_counter(3).as_str(), "20261121T094602Z-0a1b2c3d-3");
        assert_eq!(run.with_counter(2).as_str().parse(), Ok(run.with_counter(2)));
        for wrong in ["sha256:", "", "sha256:0a1b", "0a1b2c3"] {
            assert!(RunId::new(now, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_not_a_run_is_refused() {
        for wrong in
            ["", "latest", "20261121T094602Z", "20261121T094602Z-0A1B2C3D", "20261121T094602Z-0a1b2c3d-", "../x"]
        {
            assert!(wrong.parse::<RunId>().is_err(), "{wrong}");
        }
    }
}
