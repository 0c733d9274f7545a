//! Sizes in bytes.

use std::{fmt, iter::Sum, ops::Add, str::FromStr};

use serde::{Deserialize, Serialize};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

const DECIMAL: [(&str, u64); 4] = [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
const BINARY: [(&str, u64); 4] = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, size) in BINARY {
            if self.0 >= size {
                let tenths = self.0 / (size / 10);
                return f.pad(&format!("{}.{} {unit}", tenths / 10, tenths % 10));
            }
        }
        f.pad(&format!("{} B", self.0))
    }
}

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a size; write for example \"10GB\" or \"2TiB\"");
        let (number, scale) = DECIMAL
            .iter()
            .chain(&BINARY)
            .find_map(|(unit, scale)| text.strip_suffix(unit).map(|number| (number, *scale)))
            .or_else(|| text.strip_suffix('B').map(|number| (number, 1)))
            .ok_or_else(wrong)?;
        let number: u64 = number.trim_end().parse().map_err(|_| wrong())?;
        number.checked_mul(scale).map(Self).ok_or_else(wrong)
    }
}

impl Add for Bytes {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Bytes {
    fn sum<I: Iterator<Item = Self>>(sizes: I) -> Self {
        sizes.fold(Self(0), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_reads_the_units_people_write() {
        assert_eq!(Bytes(0).to_string(), "0 B");
        assert_eq!(Bytes(1_536).to_string(), "1.5 KiB");
        assert_eq!(Bytes(3 << 40).to_string(), "3.0 TiB");
        assert_eq!("10GB".parse(), Ok(Bytes(10_000_000_000)));
        assert_eq!("2TiB".parse(), Ok(Bytes(2 << 40)));
        assert_eq!("12 B".parse(), Ok(Bytes(12)));
        for wrong in ["", "GB", "1.5GB", "-1B", "99999999999TiB", "10"] {
            assert!(wrong.parse::<Bytes>().is_err(), "{wrong}");
        }
    }
}
