//! Writing inventories: line by line, however large they are.

use std::io::{self, Write};

use serde::Serialize;

use super::{FORMAT_VERSION, Header, Identified, Inventory, Seen, record_kind};
use crate::model::Location;

/// Writes an inventory: its lines by kind, account, Region and identity, so that equal inventories give equal bytes.
/// Whatever order the objects are in, none of them is copied.
///
/// # Errors
/// What the writer answers.
pub fn write<W: Write>(inventory: &Inventory, out: &mut W) -> io::Result<()> {
    let images = |out: &mut W| write_objects(&inventory.images, out);
    let manifests = |out: &mut W| write_objects(&inventory.manifests, out);
    write_around(inventory, out, images, manifests)
}

/// Writes an inventory whose images and manifests, the most of it by far, are somewhere else: `images` and `manifests` write
/// their lines (see [`write_object`]) in the order that [`write`] gives them, and say how many there were.
///
/// # Errors
/// What the writers answer.
pub fn write_around<W: Write>(
    inventory: &Inventory,
    out: &mut W,
    images: impl FnOnce(&mut W) -> io::Result<usize>,
    manifests: impl FnOnce(&mut W) -> io::Result<usize>,
) -> io::Result<()> {
    let header = Header {
        kind: "inventory".to_owned(),
        format_version: FORMAT_VERSION.to_owned(),
        taken_at: inventory.taken_at,
        scopes: inventory.scopes.clone(),
        trailer: true,
    };
    serde_json::to_writer(&mut *out, &header)?;
    out.write_all(b"\n")?;
    let mut lines = write_objects(&inventory.clusters, out)?;
    lines += write_objects(&inventory.services, out)?;
    lines += write_objects(&inventory.task_sets, out)?;
    lines += write_objects(&inventory.tasks, out)?;
    lines += write_objects(&inventory.task_definitions, out)?;
    lines += write_objects(&inventory.service_deployments, out)?;
    lines += write_objects(&inventory.service_revisions, out)?;
    lines += write_objects(&inventory.daemons, out)?;
    lines += write_objects(&inventory.daemon_revisions, out)?;
    lines += write_objects(&inventory.daemon_task_definitions, out)?;
    lines += write_objects(&inventory.registries, out)?;
    lines += write_objects(&inventory.pull_through_cache_rules, out)?;
    lines += write_objects(&inventory.repositories, out)?;
    lines += images(out)?;
    lines += manifests(out)?;
    lines +=
        write_sorted(&inventory.references, out, |seen, line| write_line(record_kind::REFERENCE, seen.at(), line))?;
    lines += write_sorted(&inventory.gaps, out, |gap, line| {
        write!(line, "{{\"kind\":\"{}\",\"value\":", record_kind::GAP)?;
        end_line(gap, line)
    })?;
    writeln!(out, "{{\"kind\":\"{}\",\"value\":{{\"lines\":{lines}}}}}", record_kind::END)
}

/// Writes the line of one object.
///
/// # Errors
/// What the writer answers.
pub fn write_object<T: Identified + Serialize>(
    location: &Location,
    object: &T,
    out: &mut impl Write,
) -> io::Result<()> {
    write_line(T::KIND, (location, object), out)
}

fn write_line<T: Serialize>(kind: &str, (location, object): (&Location, &T), out: &mut impl Write) -> io::Result<()> {
    write!(out, "{{\"kind\":\"{kind}\",\"account_id\":\"{}\",\"region\":", location.account_id)?;
    serde_json::to_writer(&mut *out, &location.region)?;
    out.write_all(b",\"value\":")?;
    end_line(object, out)
}

fn end_line(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"}\n")
}

/// Writes the objects of a kind in order, and says how many there were.
fn write_objects<T: Identified + Serialize>(objects: &[Seen<T>], out: &mut impl Write) -> io::Result<usize> {
    if objects.is_sorted_by(|a, b| a.place() <= b.place()) {
        objects.iter().try_for_each(|seen| write_object(&seen.location, &seen.value, out))?;
    } else {
        let mut ordered: Vec<&Seen<T>> = objects.iter().collect();
        ordered.sort_by(|a, b| a.place().cmp(&b.place()));
        ordered.into_iter().try_for_each(|seen| write_object(&seen.location, &seen.value, out))?;
    }
    Ok(objects.len())
}

/// Writes what has no name of its own in the order of its lines. There is little of it.
fn write_sorted<T>(
    objects: &[T],
    out: &mut impl Write,
    write: impl Fn(&T, &mut Vec<u8>) -> io::Result<()>,
) -> io::Result<usize> {
    let line = |object: &T| {
        let mut line = Vec::new();
        write(object, &mut line)?;
        Ok(line)
    };
    let mut lines: Vec<Vec<u8>> = objects.iter().map(line).collect::<io::Result<_>>()?;
    lines.sort_unstable();
    lines.iter().try_for_each(|line| out.write_all(line))?;
    Ok(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::{Gap, Image, read};

    const HEADER: &str = r#"{"kind":"inventory","format_version":"1.0","taken_at":"2026-11-01T00:00:00Z","scopes":[]}"#;

    fn image(account: &str, region: &str, repository: &str, digit: char) -> String {
        let digest = digit.to_string().repeat(64);
        format!(
            r#"{{"kind":"ecr.image","account_id":"{account}","region":"{region}","value":{{"repositoryName":"{repository}","imageDigest":"sha256:{digest}","imageSizeInBytes":1}}}}"#
        )
    }

    fn written(inventory: &Inventory) -> String {
        let mut out = Vec::new();
        write(inventory, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// The order is that of places and names, which for every name that AWS allows is that of the lines.
    #[test]
    fn the_order_of_objects_does_not_matter() {
        let mut lines = vec![
            image("000000000000", "eu-central-1", "team", 'a'),
            image("000000000000", "eu-central-1", "team-x", 'a'),
            image("000000000000", "eu-central-1", "team.x", 'a'),
            image("000000000000", "eu-central-1", "team/x", '1'),
            image("000000000000", "eu-central-1", "team/x", 'b'),
            image("000000000000", "eu-central-1", "team0", 'a'),
            image("000000000000", "eu-central-1", "team_x", 'a'),
            image("000000000000", "eu-central-2", "a", 'a'),
            image("111111111111", "eu-central-1", "a", 'a'),
        ];
        let sorted = lines.clone();
        assert!(sorted.is_sorted());
        for _ in 0..lines.len() {
            lines.rotate_left(4);
            let read = read(format!("{HEADER}\n{}\n", lines.join("\n")).as_bytes()).unwrap();
            let text = written(&read);
            let text: Vec<&str> = text.lines().filter(|line| line.contains("ecr.image")).collect();
            assert_eq!(text, sorted);
        }
    }

    #[test]
    fn what_lies_elsewhere_is_counted_and_stands_in_its_place() {
        let line = image("000000000000", "eu-central-1", "team/x", 'a');
        let whole = read(format!("{HEADER}\n{line}\n").as_bytes()).unwrap();
        let gap = Gap {
            source: crate::model::Source::Tasks,
            account_id: None,
            region: None,
            object: None,
            error: "x".to_owned(),
        };
        let whole = Inventory { gaps: vec![gap], ..whole };
        let mut rest = whole.clone();
        let images: Vec<Seen<Image>> = std::mem::take(&mut rest.images);
        let mut out = Vec::new();
        let spooled = |out: &mut Vec<u8>| {
            write_object(&images[0].location, &images[0].value, out)?;
            Ok(1)
        };
        write_around(&rest, &mut out, spooled, |_| Ok(0)).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), written(&whole));
    }
}
