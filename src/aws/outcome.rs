//! What a call on several objects did to each of them. Every item is accounted for: AWS answers HTTP 200 to calls
//! of which half the items failed.

/// An object that a batch could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The object as it was asked for.
    pub object: String,
    /// AWS's code or reason, such as `MISSING`.
    pub reason: String,
}

impl Failure {
    pub(super) fn new(object: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { object: object.into(), reason: reason.into() }
    }

    /// Whether AWS says that the object does not exist (`MISSING` of ECS, `ImageNotFound` of ECR).
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.reason == "MISSING" || self.reason.starts_with("ImageNotFound")
    }
}

/// What a batch read: the objects found, and the ones that were not, each with the reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<T> {
    /// The objects.
    pub found: Vec<T>,
    /// What was asked for and not found.
    pub failures: Vec<Failure>,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { found: Vec::new(), failures: Vec::new() }
    }
}

impl<T> Batch<T> {
    /// Adds a failure for everything that was asked for and that the answer does not mention at all.
    pub(super) fn account_for(&mut self, asked: &[String], arn: impl Fn(&T) -> &str) {
        for object in asked {
            let found = self.found.iter().any(|value| names(arn(value), object));
            if !found && !self.failures.iter().any(|failure| names(&failure.object, object)) {
                self.failures.push(Failure::new(object, "the answer mentions it neither as found nor as failed"));
            }
        }
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.found.append(&mut other.found);
        self.failures.append(&mut other.failures);
    }
}

/// Whether an ARN is the one of an object that was asked for by ARN or by name.
fn names(arn: &str, asked: &str) -> bool {
    arn == asked || arn.strip_suffix(asked).is_some_and(|head| head.ends_with('/'))
}

/// The end of a call that removes one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// AWS did it.
    Done,
    /// AWS says that there was nothing to do: the object does not exist.
    AlreadyGone,
}

/// What became of one item of a mutating batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemOutcome {
    /// AWS says that it did it.
    Done,
    /// AWS says that the item does not exist.
    AlreadyGone,
    /// AWS says that it did not do it.
    Refused {
        /// AWS's code, such as `ImageReferencedByManifestList`.
        code: String,
        /// AWS's explanation.
        message: String,
    },
    /// The answer does not say, or contradicts itself: read the item back.
    InDoubt {
        /// What the answer was like.
        message: String,
    },
}

/// An item of a mutating batch, as it was sent, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemResult<T> {
    /// The item.
    pub item: T,
    /// What became of it.
    pub outcome: ItemOutcome,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_answer_passes_over_is_a_failure() {
        let found = "arn:aws:ecs:eu-central-1:000000000000:service/main/web".to_owned();
        let failed = Failure::new("arn:aws:ecs:eu-central-1:000000000000:service/main/api", "MISSING");
        let mut batch = Batch { found: vec![found], failures: vec![failed] };
        batch.account_for(&["web".to_owned(), "api".to_owned(), "eb".to_owned()], |arn| arn);
        let objects: Vec<_> = batch.failures.iter().map(|failure| failure.object.as_str()).collect();
        assert_eq!(objects, ["arn:aws:ecs:eu-central-1:000000000000:service/main/api", "eb"]);
    }
}
