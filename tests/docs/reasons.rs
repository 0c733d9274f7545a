//! `docs/reasons.md` has every reason under the heading it belongs to.

use jettison::model::ReasonCode;

use crate::page::check_generated;

/// What a reason explains. A new code does not compile until it has its place here.
fn group(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::NoRule
        | ReasonCode::Protected
        | ReasonCode::ProtectTag
        | ReasonCode::NotOptedIn
        | ReasonCode::InUse
        | ReasonCode::NewestActive
        | ReasonCode::KeepNewest
        | ReasonCode::KeepNewerThan
        | ReasonCode::KeepTags
        | ReasonCode::KeepPushedWithin
        | ReasonCode::KeepPulledWithin
        | ReasonCode::TooRecent
        | ReasonCode::AgeUnknown
        | ReasonCode::TagNotMatched
        | ReasonCode::UnitKept
        | ReasonCode::PartOfKept
        | ReasonCode::PrimaryTaskSet
        | ReasonCode::CodeDeployOwned
        | ReasonCode::HasTasks
        | ReasonCode::HasTaskSets
        | ReasonCode::ScalingTarget
        | ReasonCode::ExpressManaged
        | ReasonCode::UnknownStatus
        | ReasonCode::Archived
        | ReasonCode::DeletionUnderWay
        | ReasonCode::AlreadyGone => "kept",
        ReasonCode::RollbackWindow | ReasonCode::Settling | ReasonCode::HolderRetired => "deferred",
        ReasonCode::SourceNotRead | ReasonCode::Gap | ReasonCode::ReplicatesDeletion => "blocked",
        ReasonCode::Unused
        | ReasonCode::Inactive
        | ReasonCode::PlaintextSecrets
        | ReasonCode::OlderThan
        | ReasonCode::Idle
        | ReasonCode::ScaleDown
        | ReasonCode::UnitRetired => "retired",
    }
}

#[test]
fn every_reason_has_its_row() {
    for name in ["kept", "deferred", "blocked", "retired"] {
        let codes = ReasonCode::ALL.iter().filter(|code| group(**code) == name);
        let rows: String = codes.map(|code| format!("| `{code}` | {} |\n", code.meaning())).collect();
        check_generated("docs/reasons.md", name, &format!("| code | meaning |\n|---|---|\n{rows}"));
    }
}
