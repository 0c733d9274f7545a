//! What is read, and what is said of what cannot be.

use super::{InventoryError, read};
use crate::inventory::{Inventory, write};

const HEADER: &str = r#"{"kind":"inventory","format_version":"1.0","taken_at":"2026-11-01T00:00:00Z","scopes":[{"account":"demo","account_id":"000000000000","region":"eu-central-1"}]}"#;
const CLUSTER: &str = r#"{"kind":"ecs.cluster","account_id":"000000000000","region":"eu-central-1","value":{"clusterArn":"arn:aws:ecs:eu-central-1:000000000000:cluster/main","clusterName":"main","futureField":1}}"#;

fn parse(lines: &[&str]) -> Result<Inventory, InventoryError> {
    read((lines.join("\n") + "\n").as_bytes())
}

fn written(inventory: &Inventory) -> String {
    let mut out = Vec::new();
    write(inventory, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_is_written_reads_back_and_unknown_fields_are_ignored() {
    let inventory = parse(&[HEADER, CLUSTER]).unwrap();
    assert_eq!(inventory.clusters.len(), 1);
    assert_eq!(read(written(&inventory).as_bytes()).unwrap(), inventory);
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let whole = written(&parse(&[HEADER, CLUSTER]).unwrap());
    for end in 0..whole.len() - 1 {
        assert!(read(&whole.as_bytes()[..end]).is_err(), "cut at {end}");
    }
}

#[test]
fn a_broken_line_is_named() {
    for (line, word) in [
        ("{", "EOF"),
        (r#"{"kind":"ecs.robot","account_id":"000000000000","region":"r","value":{}}"#, "ecs.robot"),
        (r#"{"kind":"events.rule","account_id":"000000000000","region":"r","value":{}}"#, "simulated AWS only"),
        (CLUSTER, "twice"),
        ("", "empty"),
    ] {
        let error = parse(&[HEADER, CLUSTER, line, CLUSTER]).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains(word), "{error}");
    }
}

#[test]
fn a_newer_format_is_refused_with_advice() {
    let error = parse(&[&HEADER.replace("1.0", "2.0")]).unwrap_err().to_string();
    assert!(error.contains("2.0") && error.contains("update jettison"), "{error}");
    assert!(parse(&[&HEADER.replace("1.0", "1.7")]).is_ok());
}
