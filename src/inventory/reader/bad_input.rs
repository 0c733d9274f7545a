//! Files as nobody should make them: each is refused with its line and what to do, or read for what it says.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{blocks::Blocks, fault::InventoryError, lines::Wanted, pipeline::Whole, read, read_identified};
use crate::inventory::{Inventory, identify, write};

const HEADER: &str = r#"{"kind":"inventory","format_version":"1.0","taken_at":"2026-11-01T00:00:00Z","scopes":[{"account":"demo","account_id":"000000000000","region":"eu-central-1"}]}"#;
const PLAIN: &str = r#""imageSizeInBytes":1"#;

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}

fn image(number: usize, more: &str) -> String {
    let digest = digest(number);
    format!(
        r#"{{"kind":"ecr.image","account_id":"000000000000","region":"eu-central-1","value":{{"repositoryName":"team/web","imageDigest":"{digest}",{more}}}}}"#
    )
}

fn plain(number: usize) -> String {
    image(number, PLAIN)
}

fn file(lines: &[String]) -> Vec<u8> {
    let mut text = HEADER.as_bytes().to_vec();
    for line in lines {
        text.push(b'\n');
        text.extend_from_slice(line.as_bytes());
    }
    text.push(b'\n');
    text
}

/// Reads it in blocks of every size, which must make no difference, and as a whole.
#[track_caller]
fn read_anyhow(bytes: &[u8]) -> Result<Inventory, String> {
    let said = |error: InventoryError| error.to_string();
    let whole = read(bytes).map_err(said);
    let sizes: &[usize] = if bytes.len() < 5_000 { &[1, 7, 64, 300, 1_000] } else { &[1_000, 40_000] };
    for &size in sizes {
        let wanted = Wanted { is_world: false, digests: false };
        let cut = Whole::read_blocks(Blocks::of(bytes, size, 64 << 20), wanted).map(|whole| whole.inventory);
        assert_eq!(cut.map_err(said), whole, "in blocks of {size}");
    }
    whole
}

#[track_caller]
fn refused(bytes: &[u8], words: &[&str]) {
    let error = read_anyhow(bytes).unwrap_err();
    for word in words {
        assert!(error.contains(word), "no `{word}` in: {error}");
    }
}

#[test]
fn values_that_do_not_fit_are_refused_with_their_line() {
    for (line, word) in [
        (r#"{"kind":"ecr.image","value":{}}"#.to_owned(), "no account_id or no region"),
        (plain(2).replace("\"imageDigest\"", "\"digest\""), "missing field `imageDigest`"),
        (plain(2).replace("\"team/web\"", "7"), "expected a string"),
        (plain(2).replace("sha256:", "md5-"), "an image digest such as sha256:"),
        (plain(2).replace("000000000000", "12"), "a 12-digit AWS account id"),
        (image(2, r#""imageSizeInBytes":-1"#), "expected u64"),
        (image(2, r#""imageSizeInBytes":99999999999999999999999999"#), "expected u64"),
        (image(2, r#""imageSizeInBytes":1e999"#), "out of range"),
        (image(2, r#""imageTags":"v1""#), "expected a sequence"),
        (image(2, r#""imageTags":["\ud800"]"#), "hex escape"),
        (image(2, r#""imageTags":["\u001b[2J"]"#), r"`\u{1b}[2J` is not a name that AWS allows"),
        (plain(2).replace("team/web", r"team\u0007web"), "control character"),
        (
            r#"{"kind":"ecs.cluster","account_id":"000000000000","region":"r","value":{"clusterArn":"a\nb"}}"#
                .to_owned(),
            "control character",
        ),
        (image(2, r#""imagePushedAt":"yesterday""#), "ecr.image: "),
        (image(2, r#""imagePushedAt":1700000000"#), "an instant such as 2026-11-01T06:00:00Z"),
        (image(2, r#""imagePushedAt":"10000-01-01T00:00:00Z""#), "ecr.image: "),
        (plain(2).replace("team/web", "team\0web"), "control character"),
        (format!("[{}]", plain(2)), "invalid type"),
        (plain(2) + "}", "trailing characters"),
        (plain(2).replace("\"value\"", "\"values\""), "missing field `value`"),
        (r#"{"kind":"gap","value":{"source":"weather","error":"x"}}"#.to_owned(), "unknown variant `weather`"),
        ("<html>".to_owned(), "expected value"),
        ("\t".to_owned(), "it is empty; remove it"),
    ] {
        refused(&file(&[plain(1), line.clone(), plain(3)]), &["line 3: ", word]);
        // On its own as well: no line before it has shown what its kind and place are.
        refused(&file(&[line]), &["line 2: ", word]);
    }
}

#[test]
fn the_first_bad_line_is_told_whatever_else_is_wrong() {
    let bad = || "{".to_owned();
    refused(&file(&[plain(1), plain(2), plain(1), bad()]), &["line 4: ", "twice"]);
    refused(&file(&[plain(1), plain(2), bad(), plain(1)]), &["line 4: ", "EOF"]);
    let mut lines: Vec<String> = (0..4_000).map(plain).collect();
    lines[3_000] = bad();
    lines[3_500] = bad();
    refused(&file(&lines), &["line 3002: "]);
    lines[2_999] = plain(17);
    refused(
        &file(&lines),
        &["line 3001: ", "image 000000000000/eu-central-1/team/web@sha256:", "twice", "keep the newer"],
    );
}

#[test]
fn the_same_object_twice_is_found_near_and_far() {
    for distance in [1, 2, 5, 1_000, 3_999] {
        let mut lines: Vec<String> = (0..4_000).map(plain).collect();
        lines.insert(distance, plain(0));
        refused(&file(&lines), &[&format!("line {}: image ", distance + 2), &digest(0), "twice"]);
    }
    // Told apart by their ARN alone, wherever they are said to live.
    let cluster = |region: &str| {
        format!(
            r#"{{"kind":"ecs.cluster","account_id":"000000000000","region":"{region}","value":{{"clusterArn":"arn:aws:ecs:eu-central-1:000000000000:cluster/main"}}}}"#
        )
    };
    refused(&file(&[cluster("eu-central-1"), cluster("us-east-1")]), &["line 3: arn:aws:ecs", "twice"]);
    let registry = |id: &str| {
        format!(
            r#"{{"kind":"ecr.registry","account_id":"000000000000","region":"eu-central-1","value":{{"registryId":"{id}"}}}}"#
        )
    };
    refused(&file(&[registry("000000000000"), registry("111111111111")]), &["line 3: registry 000000000000/", "twice"]);
    // The line of an object that other kinds stand around.
    let lines = [plain(5), cluster("eu-central-1"), plain(3), registry("0"), plain(9), cluster("us-east-1"), plain(3)];
    refused(&file(&lines), &["line 7: arn:aws:ecs"]);
    refused(&file(&[&lines[..5], &lines[6..]].concat()), &["line 7: image"]);
}

#[test]
fn what_is_not_utf8_is_refused_with_its_line() {
    let mut bytes = file(&[plain(1), plain(2), plain(3)]);
    let place = bytes.len() - plain(3).len() - 20;
    bytes[place] = 0xff;
    refused(&bytes, &["line 3: it is not UTF-8"]);
    // Before it comes what is wrong before it.
    let mut earlier = file(&["{".to_owned()]);
    earlier.extend_from_slice(b"\xff\n");
    refused(&earlier, &["line 2: EOF"]);
    refused(b"\xff\n", &["line 1 ", "UTF-8"]);
    let mut field = file(&[image(1, r#""unread":"?""#)]);
    let mark = field.iter().position(|byte| *byte == b'?').unwrap();
    field[mark] = 0xc3;
    refused(&field, &["line 2: it is not UTF-8"]);
}

#[test]
fn files_that_are_no_inventories_are_refused() {
    refused(b"", &["line 1 ", "the file is empty"]);
    refused(b"\n", &["line 1 ", "{\"kind\":\"inventory\""]);
    refused(b"[]", &["line 1 "]);
    refused(format!("\u{feff}{HEADER}\n").as_bytes(), &["line 1 ", "byte order mark", "without one"]);
    refused(b"\x28\xb5\x2f\xfd\x00\x00", &["compressed", ".zst"]);
    refused(&file(&[]).repeat(2), &["line 2: "]);
    refused(&[b'x'; 3_000], &["line 1 "]);
    assert!(read_anyhow(HEADER.as_bytes()).is_ok(), "a hand-made file may have nothing but its first line");
}

#[test]
fn a_line_without_an_end_is_given_up() {
    let mut bytes = file(&[plain(1)]);
    bytes.extend_from_slice(&[b' '; 5_000]);
    let wanted = Wanted { is_world: false, digests: false };
    let error = Whole::read_blocks(Blocks::of(bytes.as_slice(), 100, 4_000), wanted).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), "line 3: it has more than 64 MiB; write one object a line");
}

#[test]
fn what_follows_the_end_is_refused() {
    let end = r#"{"kind":"end","value":{"lines":1}}"#.to_owned();
    assert!(read_anyhow(&file(&[plain(1), end.clone()])).is_ok());
    for more in [plain(2), end.clone(), String::new(), "{".to_owned()] {
        refused(&file(&[plain(1), end.clone(), more]), &["line 4: there is more after the end line"]);
    }
    refused(&file(&[plain(1), plain(2), end]), &["counts 1 lines and there are 2"]);
}

#[test]
fn odd_lines_are_read_for_what_they_say() {
    let lines = [
        image(1, r#""imagePushedAt":"1980-01-01T00:00:00Z","imageTags":["it's \"quoted\""]"#),
        image(2, &format!(r#""imagePushedAt":"2200-02-28T23:59:59.5+01:00","imageTags":["{}"]"#, "t".repeat(300))),
        image(3, &format!(r#""imageTags":["größe"],"deep":{}{}"#, "[".repeat(64), "]".repeat(64))),
        image(4, r#""imageSizeInBytes":18446744073709551615,"imageTags":null"#).replace(r#","imageTags":null"#, ""),
        // Members in another order, white space, and members that come after the value.
        format!(
            r#" {{ "value" : {{"imageDigest":"{}","repositoryName":"team/web"}}, "region":"eu-central-1","account_id":"000000000000","kind":"ecr.image"}} "#,
            digest(5)
        ),
        plain(6).strip_suffix('}').unwrap().to_owned() + r#","later":{}}"#,
        plain(7),
        image(8, r#""a":1}"#).replace("}}}", r#"},"b":{"c":1}}"#),
        plain(9),
    ];
    let inventory = read_anyhow(&file(&lines)).unwrap();
    let found: BTreeSet<String> = inventory.images.iter().map(|seen| seen.value.image_digest.to_string()).collect();
    assert_eq!(found, (1..=9).map(digest).collect());
    assert_eq!(inventory.images[1].value.image_pushed_at.unwrap().to_string(), "2200-02-28T22:59:59.5Z");
    let windows = String::from_utf8(file(&lines)).unwrap().replace('\n', "\r\n");
    assert_eq!(read_anyhow(windows.as_bytes()).unwrap(), inventory);
    assert_eq!(read_anyhow(windows.trim_end().as_bytes()).unwrap(), inventory);
}

#[test]
fn an_input_that_fails_is_told_as_such() {
    struct Failing(usize);
    impl std::io::Read for Failing {
        fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
            let text = file(&[plain(1), plain(2)]);
            let rest = text.get(self.0..).unwrap_or_default();
            if rest.is_empty() {
                return Err(std::io::Error::other("the disk is gone"));
            }
            let length = rest.len().min(bytes.len());
            bytes[..length].copy_from_slice(&rest[..length]);
            self.0 += length;
            Ok(length)
        }
    }
    assert!(matches!(read(Failing(0)), Err(InventoryError::Io(_))));
    assert!(matches!(read(Failing(usize::MAX)), Err(InventoryError::Io(_))));
}

#[test]
fn an_inventory_is_called_the_same_wherever_its_lines_stand() {
    let mut lines: Vec<String> = (0..50).map(plain).collect();
    let (inventory, id) = read_identified(file(&lines).as_slice()).unwrap();
    let mut out = Vec::new();
    write(&inventory, &mut out).unwrap();
    assert_eq!(read_identified(out.as_slice()).unwrap().1, id);
    assert_eq!(identify(&inventory), id);
    lines.rotate_left(20);
    let other = file(&lines);
    assert_eq!(read_identified(other.as_slice()).unwrap().1, id);
    let other = String::from_utf8(other).unwrap();
    let later = other.replace("2026-11-01", "2027-11-01").replace('\n', "\r\n");
    assert_eq!(read_identified(later.as_bytes()).unwrap().1, id, "nor does it matter when it was taken");
    let (longer, moved) = (other.clone() + &plain(77), other.replace("\"demo\"", "\"other\""));
    let larger = other.replace(PLAIN, r#""imageSizeInBytes":2"#);
    for text in [longer, moved, larger] {
        assert_ne!(read_identified(text.as_bytes()).unwrap().1, id);
    }
}

proptest! {
    /// Whatever is done to a line, it is refused or read, and the same in blocks of every size.
    #[test]
    fn a_damaged_file_never_panics(at in 0usize..2_000, byte in any::<u8>(), cut in 0usize..2_000) {
        let mut bytes = file(&(0..6).map(plain).collect::<Vec<_>>());
        let at = at % bytes.len();
        bytes[at] = byte;
        bytes.truncate(bytes.len() - cut % bytes.len());
        let _read_or_refused = read_anyhow(&bytes);
    }
}
