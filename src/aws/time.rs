//! The SDK's timestamps as ours.

use aws_smithy_types::DateTime;

use crate::model::Timestamp;

/// AWS JSON sends seconds as a floating-point number, whose noise begins below the microsecond.
/// An instant that cannot be represented is no evidence of any age, so it is left out.
pub(super) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let micros = (time.as_nanos() + 500).div_euclid(1_000);
    Timestamp::from_microsecond(i64::try_from(micros).ok()?).ok()
}

/// The same for a field that may be absent.
pub(super) fn optional(time: Option<&DateTime>) -> Option<Timestamp> {
    time.and_then(timestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_noise_of_floating_point_seconds_is_rounded_away() {
        let sent = DateTime::from_secs_f64(1_700_000_000.123);
        assert_eq!(timestamp(&sent).unwrap().to_string(), "2023-11-14T22:13:20.123Z");
        assert_eq!(timestamp(&DateTime::from_secs(-1)).unwrap().to_string(), "1969-12-31T23:59:59Z");
        assert_eq!(timestamp(&DateTime::from_secs(i64::MAX)), None);
    }
}
