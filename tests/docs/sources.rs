//! `docs/collecting.md` has every source, with the calls, the IAM actions and the bucket of the code.

use jettison::{
    aws::Operation,
    collect::{bottleneck, operations},
    model::Source,
};

use crate::page::{check_generated, quoted, read, section};

const PAGE: &str = "docs/collecting.md";

fn listed(words: &[String]) -> String {
    if words.is_empty() { "–".to_owned() } else { words.join(", ") }
}

#[test]
fn every_source_has_its_row() {
    let mut table =
        "| source | calls | bucket | what it may hold | may be waived |\n|---|---|---|---|---|\n".to_owned();
    for source in Source::ALL {
        let calls: Vec<String> = operations(source).iter().map(Operation::to_string).collect();
        let bucket = bottleneck(source).map_or_else(|| "–".to_owned(), |bucket| bucket.to_string());
        let holds: Vec<String> =
            source.may_hold().iter().map(|kind| format!("{}s", kind.as_str().replace('_', " "))).collect();
        let waivable = if source.can_be_waived() { "yes" } else { "no" };
        table +=
            &format!("| [`{source}`](#{source}) | {} | {bucket} | {} | {waivable} |\n", listed(&calls), listed(&holds));
    }
    check_generated(PAGE, "sources", &table);
}

/// The cells of a section's table, by what stands before them.
fn cell<'p>(section: &'p str, name: &str) -> &'p str {
    let start = format!("| {name} | ");
    let line = section.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap_or_else(|| panic!("no row {name} in:\n{section}")).trim_end_matches(" |")
}

#[test]
fn every_section_has_the_same_rows_and_names_the_calls_of_the_code() {
    let page = read(PAGE);
    for source in Source::ALL {
        let section = section(&page, &format!("`{source}`"));
        for name in ["quota", "cached", "not read"] {
            assert!(!cell(section, name).is_empty(), "{source}: {name}");
        }
        let mut expected: Vec<String> = operations(source).iter().map(Operation::to_string).collect();
        // Permissions beyond the calls: to assume a role, and to read what is encrypted with a key of one's own.
        let beyond = ["sts:AssumeRole", "kms:Decrypt"];
        let mut said = quoted(cell(section, "IAM actions"));
        said.retain(|action| !beyond.contains(&action.as_str()));
        expected.sort_unstable();
        said.sort_unstable();
        assert_eq!(said, expected, "{source}: IAM actions");
        let calls = cell(section, "calls");
        for operation in operations(source) {
            assert!(calls.contains(operation.names().1), "{source}: {operation} is not among its calls");
        }
        if let Some(bucket) = bottleneck(source) {
            let quota = cell(section, "quota");
            assert!(quota.contains(&bucket.to_string()), "{source}: {bucket} is not its quota: {quota}");
        }
    }
}
