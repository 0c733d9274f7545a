//! How many failures a sweep bears before it stops asking for a source.

use crate::aws::ErrorKind;

/// Failures that are not about the one object, after which asking stops: it would not get better.
const ENOUGH: usize = 10;

/// What is left of it for one source.
#[derive(Debug)]
pub(super) struct Patience(usize);

impl Patience {
    pub(super) const fn new() -> Self {
        Self(ENOUGH)
    }

    /// Counts a failure, and says whether it was one too many.
    pub(super) const fn ends_with(&mut self, kind: ErrorKind) -> bool {
        self.0 = self.0.saturating_sub(weight(kind));
        self.0 == 0
    }
}

/// How much of the patience a failure uses up.
const fn weight(kind: ErrorKind) -> usize {
    match kind {
        ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Garbled => 0,
        ErrorKind::Throttled | ErrorKind::ServerFault | ErrorKind::Unanswered | ErrorKind::Unreachable => 1,
        ErrorKind::NoCredentials
        | ErrorKind::ExpiredCredentials
        | ErrorKind::RejectedCredentials
        | ErrorKind::RoleRefused
        | ErrorKind::WrongAccount
        | ErrorKind::RegionNotEnabled
        | ErrorKind::AccessDenied => ENOUGH,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_concerns_one_object_is_borne_forever_and_a_refusal_of_everything_not_once() {
        let mut patience = Patience::new();
        assert!((0..1_000).all(|_| !patience.ends_with(ErrorKind::NotFound)));
        assert!((1..ENOUGH).all(|_| !patience.ends_with(ErrorKind::ServerFault)));
        assert!(patience.ends_with(ErrorKind::Throttled));
        assert!(Patience::new().ends_with(ErrorKind::AccessDenied));
    }
}
