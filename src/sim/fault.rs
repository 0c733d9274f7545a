//! Faults, chosen before the run: what goes wrong, and at which call.

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// `ThrottlingException`, nothing done.
    Throttle,
    /// HTTP 500, nothing done.
    ServerError,
    /// HTTP 500, although the call took effect.
    ServerErrorAfterEffect,
    /// The call takes effect and the connection is cut before the answer.
    LostReply,
    /// The connection is cut before the call takes effect.
    CutBefore,
    /// `AccessDeniedException`, nothing done.
    AccessDenied,
}

/// At which call a fault strikes. Calls are counted from 1, over all accounts and Regions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum When {
    /// The n-th call of any operation.
    Call(u64),
    /// The n-th call of this operation.
    Operation(String, u64),
    /// Every call of this operation.
    Every(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Seeded {
    seed: u64,
    one_in: u64,
    faults: Vec<Fault>,
}

/// The faults of a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Faults {
    chosen: Vec<(When, Fault)>,
    seeded: Option<Seeded>,
}

impl Faults {
    /// No faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Adds a fault at a call. The first that fits a call strikes.
    #[must_use]
    pub fn at(mut self, when: When, fault: Fault) -> Self {
        self.chosen.push((when, fault));
        self
    }

    /// Adds a fault at the `nth` call of an operation, counted from 1.
    #[must_use]
    pub fn at_operation(self, operation: &str, nth: u64, fault: Fault) -> Self {
        self.at(When::Operation(operation.to_owned(), nth), fault)
    }

    /// Adds one of these faults to about one call in `one_in`; the same seed strikes the same calls.
    #[must_use]
    pub fn seeded(mut self, seed: u64, one_in: u64, faults: &[Fault]) -> Self {
        self.seeded = (!faults.is_empty()).then(|| Seeded { seed, one_in: one_in.max(1), faults: faults.to_vec() });
        self
    }

    /// The fault of the `overall`-th call, which is the `nth` of `operation`.
    pub(super) fn strike(&self, overall: u64, operation: &str, nth: u64) -> Option<Fault> {
        let fits = |when: &When| match when {
            When::Call(call) => *call == overall,
            When::Operation(name, call) => name == operation && *call == nth,
            When::Every(name) => name == operation,
        };
        let chosen = self.chosen.iter().find(|(when, _)| fits(when)).map(|(_, fault)| *fault);
        chosen.or_else(|| self.seeded.as_ref()?.strike(overall))
    }
}

impl Seeded {
    fn strike(&self, overall: u64) -> Option<Fault> {
        let drawn = mix(self.seed ^ mix(overall));
        if !drawn.is_multiple_of(self.one_in) {
            return None;
        }
        let which = usize::try_from(mix(drawn) % self.faults.len().max(1) as u64).unwrap_or_default();
        self.faults.get(which).copied()
    }
}

/// SplitMix64's finaliser: spreads a counter over all 64 bits.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_the_call_it_was_chosen_for() {
        let faults = Faults::none()
            .at_operation("DeleteService", 2, Fault::LostReply)
            .at(When::Call(7), Fault::Throttle)
            .at(When::Every("ListTasks".to_owned()), Fault::AccessDenied);
        assert_eq!(faults.strike(1, "DeleteService", 1), None);
        assert_eq!(faults.strike(2, "DeleteService", 2), Some(Fault::LostReply));
        assert_eq!(faults.strike(7, "ListClusters", 1), Some(Fault::Throttle));
        assert_eq!(faults.strike(9, "ListTasks", 4), Some(Fault::AccessDenied));
    }

    #[test]
    fn a_seed_repeats_itself_and_strikes_about_as_often_as_it_should() {
        let strikes = |seed| {
            let faults = Faults::none().seeded(seed, 10, &[Fault::Throttle, Fault::LostReply]);
            (1..=10_000).filter_map(|call| faults.strike(call, "X", call)).collect::<Vec<_>>()
        };
        assert_eq!(strikes(1), strikes(1));
        assert_ne!(strikes(1), strikes(2));
        assert!((800..1_200).contains(&strikes(1).len()), "{}", strikes(1).len());
        assert!(strikes(1).contains(&Fault::Throttle) && strikes(1).contains(&Fault::LostReply));
    }
}
