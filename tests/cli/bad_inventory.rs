//! Inventories as nobody should make them, through the real binary: an error with the line and what to do, or a plan that keeps.

use std::{fs, io::Write as _};

use crate::site::{Run, Site};

const PLACE: &str = r#""account_id":"000000000000","region":"eu-central-1""#;

/// The quickstart's world and more lines, as an inventory without an end line.
fn inventory(site: &Site, more: &[String]) -> Vec<u8> {
    let world = fs::read_to_string(site.path("world.ndjson")).unwrap().replace(r#","trailer":true"#, "");
    let lines = world.lines().filter(|line| !line.contains(r#""kind":"end""#));
    lines.map(str::to_owned).chain(more.iter().cloned()).flat_map(|line| (line + "\n").into_bytes()).collect()
}

fn plan(site: &Site, bytes: &[u8]) -> Run {
    fs::write(site.path("i.ndjson"), bytes).unwrap();
    site.run(&["plan", "--inventory", "i.ndjson"])
}

fn image(digit: char, members: &str) -> String {
    let digest = digit.to_string().repeat(64);
    format!(
        r#"{{"kind":"ecr.image",{PLACE},"value":{{"repositoryName":"team/web","imageDigest":"sha256:{digest}"{members}}}}}"#
    )
}

#[track_caller]
fn refused(run: Run, words: &[&str]) {
    let run = run.exits(1);
    assert_eq!(run.stdout, "");
    for word in words.iter().chain(&["i.ndjson", "mend the file or make it again"]) {
        assert!(run.stderr.contains(word), "no `{word}` in:\n{}", run.stderr);
    }
    assert!(!run.stderr.contains(|c: char| c.is_control() && c != '\n'), "{:?}", run.stderr);
}

#[test]
fn bad_lines_are_named_and_a_terminal_obeys_none_of_them() {
    let site = Site::quickstart();
    let last = format!("line {}", inventory(&site, &[]).split(|byte| *byte == b'\n').count());
    for (line, word) in [
        (image('e', r#","imageTags":["\u001b]0;owned\u0007"]"#), r"`\u{1b}]0;owned\u{7}` is not a name"),
        (image('e', r#","imageSizeInBytes":-5"#), "expected u64"),
        (image('e', r#","imagePushedAt":"12026-01-01T00:00:00Z""#), "ecr.image"),
        (image('e', "").replace("eeee\"", "eeée\""), "an image digest"),
        ("\u{1b}[2J".to_owned(), "expected value"),
        (format!(r#"{{"kind":"\u001b[2J",{PLACE},"value":{{}}}}"#), r"\u{1b}[2J"),
        (image('e', "").replace("ecr.image", "ecr.picture"), "ecr.picture"),
        (image('e', "").replace("team/web", "team\0/web"), "control character"),
    ] {
        refused(plan(&site, &inventory(&site, &[line])), &[&last, word]);
    }
    let twice = image('e', "");
    refused(plan(&site, &inventory(&site, &[twice.clone(), twice])), &["twice", "team/web@sha256:eeee"]);
    let mut broken = inventory(&site, &[]);
    broken.extend_from_slice(b"\xfe\xff\n");
    refused(plan(&site, &broken), &[&last, "not UTF-8"]);
}

#[test]
fn files_of_another_kind() {
    let site = Site::quickstart();
    refused(plan(&site, b""), &["the file is empty"]);
    refused(plan(&site, b"\xef\xbb\xbf{}"), &["byte order mark"]);
    refused(plan(&site, &[b'x'; 100_000]), &["line 1 is not an inventory header"]);
    refused(plan(&site, &zstd::encode_all(inventory(&site, &[]).as_slice(), 0).unwrap()), &["ends in .zst"]);
    let directory = site.path("i.ndjson.d");
    fs::create_dir(directory).unwrap();
    refused(site.run(&["plan", "--inventory", "i.ndjson.d"]), &["Is a directory"]);
}

#[test]
fn compressed_files_that_were_cut_or_are_none() {
    let site = Site::quickstart();
    let whole = zstd::encode_all(inventory(&site, &[]).as_slice(), 0).unwrap();
    let mut file = fs::File::create(site.path("i.ndjson.zst")).unwrap();
    file.write_all(&whole).unwrap();
    site.run(&["plan", "--inventory", "i.ndjson.zst"]).exits(0);
    for end in [whole.len() - 1, whole.len() / 2, 3] {
        fs::write(site.path("i.ndjson.zst"), &whole[..end]).unwrap();
        refused(site.run(&["plan", "--inventory", "i.ndjson.zst"]), &["i.ndjson.zst", "cut"]);
    }
    fs::write(site.path("i.ndjson.zst"), inventory(&site, &[])).unwrap();
    refused(site.run(&["plan", "--inventory", "i.ndjson.zst"]), &["i.ndjson.zst", "not compressed"]);
}

#[test]
fn odd_inventories_are_planned_and_keep_what_they_leave_unclear() {
    let site = Site::quickstart();
    let index = r#","imageManifestMediaType":"application/vnd.oci.image.index.v1+json""#;
    let itself = format!("sha256:{}", "e".repeat(64));
    let lines = [
        image('e', &format!(r#"{index},"imagePushedAt":"1980-01-01T00:00:00Z","imageTags":["{}"]"#, "t".repeat(300))),
        format!(
            r#"{{"kind":"ecr.manifest",{PLACE},"value":{{"repositoryName":"team/web","imageDigest":"{itself}","children":["{itself}"]}}}}"#
        ),
        image('d', r#","imagePushedAt":"2200-01-01T00:00:00Z","imageTags":["it's \"quoted\""]"#),
        r#"{"kind":"gap","value":{"source":"tasks","account_id":"000000000000","error":"no\u001b[2J access\u0007"}}"#
            .to_owned(),
    ];
    let unix = plan(&site, &inventory(&site, &lines)).exits(0);
    assert!(unix.stdout.contains(r"no\u{1b}[2J access\u{7}"), "{}", unix.stdout);
    let text = String::from_utf8(inventory(&site, &lines)).unwrap().replace('\n', "\r\n");
    let windows = plan(&site, text.as_bytes()).exits(0);
    assert_eq!(windows.stdout, unix.stdout);
}
