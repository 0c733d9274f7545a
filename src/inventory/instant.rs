//! Instants as inventories have them, mostly `2026-11-01T06:00:00Z`. That form is read at a glance; every other is jiff's to judge.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de};

use crate::model::Timestamp;

/// Reads an instant that may be absent.
pub(super) fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Option::<Spelt>::deserialize(deserializer)?.map(|instant| instant.0))
}

struct Spelt(Timestamp);

impl<'de> Deserialize<'de> for Spelt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Spelt;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an instant such as 2026-11-01T06:00:00Z")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Spelt, E> {
                parse(text).map(Spelt).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

fn parse(text: &str) -> Result<Timestamp, <Timestamp as FromStr>::Err> {
    match seconds(text.as_bytes()).map(Timestamp::from_second) {
        Some(Ok(instant)) => Ok(instant),
        Some(Err(_)) | None => text.parse(),
    }
}

/// The seconds since 1970 of a plain instant in UTC.
fn seconds(text: &[u8]) -> Option<i64> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2, b'Z'] = text else {
        return None;
    };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2];
    if !digits.iter().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let two = |tens: &u8, ones: &u8| i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
    let (year, month, day) = (two(y1, y2) * 100 + two(y3, y4), two(m1, m2), two(d1, d2));
    let (hour, minute, second) = (two(h1, h2), two(n1, n2), two(s1, s2));
    let is_plain = (1..=12).contains(&month) && (1..=28).contains(&day) || is_day(year, month, day);
    (is_plain && hour < 24 && minute < 60 && second < 60)
        .then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

fn is_day(year: i64, month: i64, day: i64) -> bool {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    };
    (1..=last).contains(&day)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_as_jiff(text: &str) {
        assert_eq!(parse(text).ok(), text.parse().ok(), "{text}");
    }

    #[test]
    fn every_day_of_two_thousand_years_is_jiffs() {
        for year in 1000..3000 {
            for month in 0..=13 {
                for day in [0, 1, 27, 28, 29, 30, 31, 32] {
                    assert_as_jiff(&format!("{year:04}-{month:02}-{day:02}T12:34:56Z"));
                }
            }
        }
        for text in ["0000-01-01T00:00:00Z", "9999-12-30T22:00:00Z", "9999-12-31T23:59:59Z", "2016-12-31T23:59:60Z"] {
            assert_as_jiff(text);
        }
    }

    proptest! {
        #[test]
        fn any_instant_is_jiffs(text in "[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{1,9})?(Z|z|\\+01:00|)") {
            assert_as_jiff(&text);
        }

        #[test]
        fn any_text_is_jiffs(text in ".{0,24}") {
            assert_as_jiff(&text);
        }
    }
}
