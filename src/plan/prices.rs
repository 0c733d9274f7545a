//! What ECR's storage costs, in US dollars and by list prices of most Regions in 2026, which third parties publish: AWS's own
//! price page was not read. `docs/aws.md` names them.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{Action, Step, archive::is_archived, estate::Estate};
use crate::{
    inventory::{Image, is_index},
    model::{Bytes, Location, Timestamp},
};

/// Standard storage, per GB and month.
pub const STORAGE_USD_PER_GB_MONTH: f64 = 0.10;
/// The archive, per GB and month, up to [`ARCHIVE_CHEAPER_ABOVE_GB`].
pub const ARCHIVE_USD_PER_GB_MONTH: f64 = 0.10;
/// Where the archive of an account and Region becomes cheaper than standard storage, in GB.
pub const ARCHIVE_CHEAPER_ABOVE_GB: f64 = 150_000.0;
/// What lies above that, per GB and month.
pub const ARCHIVE_USD_PER_GB_MONTH_ABOVE: f64 = 0.07;
/// Bringing a GB back from the archive.
pub const RESTORE_USD_PER_GB: f64 = 0.03;
/// The days that an archived image is charged for at least ("Archiving an image in Amazon ECR").
pub const ARCHIVE_MINIMUM_DAYS: u32 = 90;

const DAY_SECONDS: f64 = 86_400.0;
const MONTH_DAYS: f64 = 30.0;

/// What archiving comes to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Archiving {
    /// What is archived.
    pub(super) bytes: Bytes,
    /// What that saves a month.
    pub(super) monthly_savings_usd: f64,
}

impl Archiving {
    pub(super) fn of(estate: &Estate<'_>, steps: &[Step]) -> Self {
        let mut added: BTreeMap<Location, Bytes> = BTreeMap::new();
        for step in steps.iter().filter(|step| step.action == Action::ArchiveImage) {
            let bytes = added.entry(step.target.location()).or_default();
            *bytes = *bytes + step.bytes;
        }
        let saved = added.iter().map(|(location, bytes)| {
            let (before, more) = (gigabytes(archived_before(estate, location)), gigabytes(*bytes));
            more * STORAGE_USD_PER_GB_MONTH - (archive_price(before + more) - archive_price(before))
        });
        let monthly_savings_usd = cents(saved.sum());
        Self { bytes: added.values().copied().sum(), monthly_savings_usd }
    }
}

/// What a month of so many GB in one archive costs.
fn archive_price(gigabytes: f64) -> f64 {
    let cheaper = (gigabytes - ARCHIVE_CHEAPER_ABOVE_GB).max(0.0);
    (gigabytes - cheaper) * ARCHIVE_USD_PER_GB_MONTH + cheaper * ARCHIVE_USD_PER_GB_MONTH_ABOVE
}

fn archived_before(estate: &Estate<'_>, location: &Location) -> Bytes {
    let images = estate.question.inventory.images.iter().filter(|seen| seen.location == *location);
    images.filter(|seen| is_archived(&seen.value)).map(|seen| own_bytes(&seen.value)).sum()
}

/// The bytes of an image alone. ECR gives an index the size of its largest child: counting both would count that one twice.
pub(super) fn own_bytes(image: &Image) -> Bytes {
    let is_index = image.image_manifest_media_type.as_deref().is_some_and(is_index);
    if is_index { Bytes(0) } else { Bytes(image.image_size_in_bytes) }
}

/// What storing so much for a month costs.
pub(super) fn storage_usd(bytes: Bytes) -> f64 {
    cents(gigabytes(bytes) * STORAGE_USD_PER_GB_MONTH)
}

/// What reviewers should know of what archiving costs, and of what deleting from the archive does not save.
pub(super) fn warnings(estate: &Estate<'_>, steps: &[Step]) -> Vec<String> {
    let archiving: Bytes = steps.iter().filter(|step| step.action == Action::ArchiveImage).map(|step| step.bytes).sum();
    let mut warnings = Vec::new();
    if archiving.0 > 0 {
        let minimum = gigabytes(archiving) * ARCHIVE_USD_PER_GB_MONTH * f64::from(ARCHIVE_MINIMUM_DAYS) / MONTH_DAYS;
        warnings.push(format!(
            "what is archived cannot be pulled, and is charged for at least {ARCHIVE_MINIMUM_DAYS} days (about ${minimum:.2} for \
             {archiving}), as much as before up to 150 TB of an account and Region; bringing all of it back takes up to 20 \
             minutes and about ${:.2}",
            gigabytes(archiving) * RESTORE_USD_PER_GB
        ));
    }
    warnings.extend(early(estate, steps));
    warnings
}

/// Deletions of what was archived less than ninety days ago.
fn early(estate: &Estate<'_>, steps: &[Step]) -> Option<String> {
    let (mut images, mut cost) = (0_u64, 0.0);
    for image in deleted_from_archive(estate, steps) {
        let left = days_charged(image.last_archived_at, estate.now());
        if left > 0.0 {
            images += 1;
            cost += gigabytes(own_bytes(image)) * ARCHIVE_USD_PER_GB_MONTH * left / MONTH_DAYS;
        }
    }
    (images > 0).then(|| {
        let (what, they) = if images == 1 { ("1 image", "it was") } else { (&*format!("{images} images"), "they were") };
        format!(
            "{what} would be deleted less than {ARCHIVE_MINIMUM_DAYS} days after {they} archived: the rest of that time is \
             charged all the same, about ${cost:.2}"
        )
    })
}

/// How many of the ninety days are still to come. All of them, if nothing tells since when.
fn days_charged(archived_at: Option<Timestamp>, now: Timestamp) -> f64 {
    let minimum = f64::from(ARCHIVE_MINIMUM_DAYS);
    let Some(archived_at) = archived_at else { return minimum };
    (minimum - now.duration_since(archived_at).as_secs_f64() / DAY_SECONDS).clamp(0.0, minimum)
}

/// The archived images that steps delete, in their order.
fn deleted_from_archive<'e>(estate: &Estate<'e>, steps: &[Step]) -> Vec<&'e Image> {
    // Most registries have no archive, and looking a million images up takes a while.
    if !estate.question.inventory.images.iter().any(|seen| is_archived(&seen.value)) {
        return Vec::new();
    }
    let image = |step: &Step| {
        let target = &step.target;
        let place = estate.find_image(&target.location(), target.repository.as_ref()?, target.digest.as_ref()?)?;
        estate.image(place).filter(|image| is_archived(image))
    };
    steps.par_iter().filter(|step| step.action == Action::DeleteImage).filter_map(image).collect()
}

#[expect(clippy::cast_precision_loss, reason = "an estimate in cents")]
fn gigabytes(bytes: Bytes) -> f64 {
    bytes.0 as f64 / 1e9
}

fn cents(dollars: f64) -> f64 {
    (dollars * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_saves_nothing_below_150_terabytes() {
        assert!((archive_price(150_000.0) - 15_000.0).abs() < 1e-6);
        assert!((archive_price(150_001.0) - 15_000.07).abs() < 1e-6);
        assert!((storage_usd(Bytes(150_000_000_000_000)) - 15_000.0).abs() < 1e-6);
    }

    #[test]
    fn ninety_days_are_charged_whatever_becomes_of_it() {
        let now: Timestamp = "2026-06-30T00:00:00Z".parse().unwrap();
        let left = |text: &str| days_charged(Some(text.parse().unwrap()), now);
        assert!((left("2026-06-30T00:00:00Z") - 90.0).abs() < 1e-9);
        assert!((left("2026-06-20T00:00:00Z") - 80.0).abs() < 1e-9);
        assert!(left("2026-01-01T00:00:00Z").abs() < 1e-9, "long over");
        assert!((left("2026-07-30T00:00:00Z") - 90.0).abs() < 1e-9, "a clock that is ahead");
        assert!((days_charged(None, now) - 90.0).abs() < 1e-9, "nothing tells since when");
    }
}
