//! Nothing that was changed or cut off passes for a segment.

use proptest::prelude::*;

use super::*;
use crate::{journal::Outcome, plan::StepId};

fn run() -> RunId {
    "20261121T094602Z-0a1b2c3d".parse().unwrap()
}

fn events(count: u32) -> Vec<Event> {
    let at = "2026-11-21T09:46:03Z".parse().unwrap();
    (1..=count).map(|step| Event::StepEnded { step: StepId(step), at, outcome: Outcome::AlreadyGone }).collect()
}

const SLOT: Slot = Slot { epoch: 3, seq: 14 };

fn encoded(content: Content) -> (Segment, Vec<u8>) {
    Segment::encode(&run(), SLOT, Some("sha256:before"), content).unwrap()
}

#[test]
fn a_segment_is_lines_that_people_can_read() {
    let (_, bytes) = encoded(Content::Events(events(1)));
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some(
            r#"{"format_version":"1.0","run":"20261121T094602Z-0a1b2c3d","epoch":3,"seq":14,"previous":"sha256:before"}"#
        )
    );
    assert_eq!(
        lines.next(),
        Some(r#"{"event":"step_ended","step":1,"at":"2026-11-21T09:46:03Z","outcome":{"result":"already_gone"}}"#)
    );
    assert!(lines.next().is_some_and(|sum| sum.starts_with("sha256:") && sum.len() == 71));
    assert_eq!(lines.next(), None);
    assert_eq!(SLOT.key(&run()).unwrap().as_str(), "segments/20261121T094602Z-0a1b2c3d/00000003/0000000014");
}

#[test]
fn every_changed_byte_and_every_cut_is_noticed() {
    for content in [Content::Events(events(4)), Content::Seal { by: 4 }] {
        let (segment, bytes) = encoded(content);
        assert_eq!(Segment::decode(&run(), SLOT, &bytes).unwrap(), segment);
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut broken = bytes.clone();
                broken[at] ^= 1 << bit;
                let error = Segment::decode(&run(), SLOT, &broken).unwrap_err();
                assert!(matches!(error, SegmentError::Checksum { .. } | SegmentError::CutOff), "byte {at}: {error}");
            }
            assert!(Segment::decode(&run(), SLOT, &bytes[..at]).is_err(), "cut at {at}");
            assert!(Segment::decode(&run(), SLOT, &bytes[at + 1..]).is_err(), "begun after {at}");
            let mut longer = bytes.clone();
            longer.insert(at, b'\n');
            assert!(Segment::decode(&run(), SLOT, &longer).is_err(), "one more at {at}");
        }
    }
}

#[test]
fn a_newer_format_is_told_from_damage() {
    let (_, bytes) = encoded(Content::Seal { by: 4 });
    let body = String::from_utf8(bytes).unwrap().replacen("1.0", "2.0", 1);
    let body = &body[..=body.find('\n').unwrap()];
    let newer = format!("{body}{}\n", sha256(body));
    let error = Segment::decode(&run(), SLOT, newer.as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "it has format 2.0, and this version of jettison reads up to 1.x; use a newer jettison"
    );
}

#[test]
fn a_later_minor_version_may_add_fields() {
    let (_, bytes) = encoded(Content::Events(events(1)));
    let text = String::from_utf8(bytes).unwrap().replacen("1.0", "1.7", 1);
    let text =
        text.replace(r#""step":1"#, r#""step":1,"mood":"good""#).replace(r#""epoch":3"#, r#""epoch":3,"zone":"a""#);
    let body = &text[..=text[..text.len() - 1].rfind('\n').unwrap()];
    let later = format!("{body}{}\n", sha256(body));
    let segment = Segment::decode(&run(), SLOT, later.as_bytes()).unwrap();
    assert_eq!(segment.content, Content::Events(events(1)));
}

#[test]
fn a_segment_in_another_place_is_noticed() {
    let (_, bytes) = encoded(Content::Events(events(1)));
    for slot in [Slot { seq: 15, ..SLOT }, Slot { epoch: 2, ..SLOT }] {
        assert!(matches!(Segment::decode(&run(), slot, &bytes), Err(SegmentError::Misplaced { .. })));
    }
    assert!(matches!(Segment::decode(&run().with_counter(2), SLOT, &bytes), Err(SegmentError::Misplaced { .. })));
}

proptest! {
    #[test]
    fn what_is_written_reads_back(count in 0..50u32, epoch in 1..99u32, seq in 1..999u64, previous: Option<String>) {
        let slot = Slot { epoch, seq };
        let (segment, bytes) = Segment::encode(&run(), slot, previous.as_deref(), Content::Events(events(count))).unwrap();
        prop_assert_eq!(Segment::decode(&run(), slot, &bytes).unwrap(), segment);
    }

    #[test]
    fn no_noise_is_a_segment(noise: Vec<u8>) {
        prop_assert!(Segment::decode(&run(), SLOT, &noise).is_err());
    }
}
