//! Why an object is kept, deferred, blocked or retired: a closed list of codes with a text beside each.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Timestamp;

/// Defines the closed list once: variant, word, and the sentence that documents it.
macro_rules! reason_codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $word:literal,)+) => {
        /// The closed list of reasons. `docs/reasons.md` is made from it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum ReasonCode {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $variant,)+
        }

        impl ReasonCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in plans.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// What it means, in a sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii_start(),)+
                }
            }
        }
    };
}

reason_codes! {
    // Kept.
    /// No retention rule matches the object, or none that matches retires it.
    NoRule = "no_rule",
    /// A `protect` block of the policy matches it.
    Protected = "protected",
    /// It, or its repository, carries the protect tag.
    ProtectTag = "protect_tag",
    /// Its repository does not carry the opt-in tag.
    NotOptedIn = "not_opted_in",
    /// Something that stays holds it: a service, task set, task, definition or external reference.
    InUse = "in_use",
    /// It is the newest ACTIVE revision of its family, which a caller that names only the family would run.
    NewestActive = "newest_active",
    /// A rule keeps the newest ones of its family, repository or service, and it is one of them.
    KeepNewest = "keep_newest",
    /// A rule keeps what was registered within a time, and it was.
    KeepNewerThan = "keep_newer_than",
    /// A rule keeps images with such a tag.
    KeepTags = "keep_tags",
    /// A rule keeps images pushed within a time, and it was.
    KeepPushedWithin = "keep_pushed_within",
    /// A rule keeps images pulled within a time, and it was.
    KeepPulledWithin = "keep_pulled_within",
    /// A rule would retire it, but it has not been unused, inactive, idle or old for long enough.
    TooRecent = "too_recent",
    /// A rule would retire it after some time, but nothing says when it was last used.
    AgeUnknown = "age_unknown",
    /// It has a tag that no retiring rule matches.
    TagNotMatched = "tag_not_matched",
    /// Another image of its unit (index, children, referrers) is kept.
    UnitKept = "unit_kept",
    /// An image index that stays names it as a child, or its subject stays.
    PartOfKept = "part_of_kept",
    /// A PRIMARY task set is never deleted.
    PrimaryTaskSet = "primary_task_set",
    /// CodeDeploy owns the task set.
    CodeDeployOwned = "code_deploy_owned",
    /// The task set has tasks and the rule does not say `scale_down`.
    HasTasks = "has_tasks",
    /// The service still has task sets that stay.
    HasTaskSets = "has_task_sets",
    /// Application Auto Scaling, or something else, may start it again.
    ScalingTarget = "scaling_target",
    /// Amazon ECS Express Mode manages the service and deletes it by its own call.
    ExpressManaged = "express_managed",
    /// Its status is not one that this build knows how to retire.
    UnknownStatus = "unknown_status",
    /// AWS is already deleting it.
    DeletionUnderWay = "deletion_under_way",
    /// The image is in the archive already, and deleting it is not due.
    Archived = "archived",
    /// AWS shows it in a status in which there is nothing left to do.
    AlreadyGone = "already_gone",
    // Deferred.
    /// It lost its last reference within the rollback window.
    RollbackWindow = "rollback_window",
    /// It, or a definition that names it, was deregistered within the ten minutes in which a task may still start from it.
    Settling = "settling",
    /// What holds it is retired by this plan, and the rollback window counts from then.
    HolderRetired = "holder_retired",
    // Blocked.
    /// A source that may hold it was not read and is not waived.
    SourceNotRead = "source_not_read",
    /// A part of a source that may hold it could not be read.
    Gap = "gap",
    /// Its registry replicates deletions, and a registry that copies go to was not looked at or still has it.
    ReplicatesDeletion = "replicates_deletion",
    // Retired.
    /// Nothing has used it for as long as the rule asks.
    Unused = "unused",
    /// It has been INACTIVE for as long as the rule asks.
    Inactive = "inactive",
    /// The rule is about plain-text secrets, and the environment of the definition holds some; the text has their names.
    PlaintextSecrets = "plaintext_secrets",
    /// It is older than the rule asks.
    OlderThan = "older_than",
    /// The service has had no task for as long as the rule asks.
    Idle = "idle",
    /// It is scaled to zero so that it can be deleted.
    ScaleDown = "scale_down",
    /// It belongs to an index or subject that is retired.
    UnitRetired = "unit_retired",
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A reason for a verdict. The code is for programs; the rest explains and steers nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Which of the closed list.
    pub code: ReasonCode,
    /// A sentence for people.
    pub text: String,
    /// The policy line that says so, as `file:line`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// From when on this reason no longer holds, if time alone ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Reason {
    /// A reason with nothing but its text.
    #[must_use]
    pub fn new(code: ReasonCode, text: impl Into<String>) -> Self {
        Self { code, text: text.into(), at: None, until: None }
    }

    /// The same, said by a line of the policy.
    #[must_use]
    pub fn at(mut self, at: impl Into<String>) -> Self {
        self.at = Some(at.into());
        self
    }

    /// The same, ending at an instant.
    #[must_use]
    pub fn until(mut self, until: Timestamp) -> Self {
        self.until = Some(until);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_word_and_a_meaning() {
        let mut words: Vec<_> = ReasonCode::ALL.iter().map(|code| code.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), ReasonCode::ALL.len());
        for code in ReasonCode::ALL {
            assert_eq!(serde_json::to_string(code).unwrap(), format!("\"{code}\""));
            assert!(code.meaning().ends_with('.'), "{code}: {}", code.meaning());
        }
    }
}
