//! `docs/exit-codes.md` has every exit code by its number and name, and no other.

use jettison::cli::Exit;

use crate::page::{read, rows};

#[test]
fn every_exit_code_has_its_row() {
    let rows = rows(&read("docs/exit-codes.md"));
    let described: Vec<(String, String)> = rows
        .iter()
        .filter(|row| row[0].parse::<u8>().is_ok())
        .map(|row| (row[0].clone(), row[1].trim_matches('`').to_owned()))
        .collect();
    let known: Vec<(String, String)> =
        Exit::ALL.iter().map(|exit| (exit.code().to_string(), format!("{exit:?}"))).collect();
    assert_eq!(described, known);
    for row in rows.iter().filter(|row| row[0].parse::<u8>().is_ok()) {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
    }
}
