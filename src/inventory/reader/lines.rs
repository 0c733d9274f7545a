//! Parsing the lines of one block.

use serde::{Deserialize, de::DeserializeOwned};

use super::columns::{Columns, Shelf};
use crate::{
    inventory::{Record, Reference, Seen, identify::LineDigest, record_kind},
    model::Location,
};

/// What is wanted of the lines beyond their objects.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// Whether what only the simulated AWS may hold is passed over.
    pub(super) is_world: bool,
    /// Whether each line is digested.
    pub(super) digests: bool,
}

/// What the lines of a block came to, up to the first that is wrong. Lines are counted from 0 within the block.
#[derive(Default)]
pub(super) struct Parsed {
    pub(super) columns: Columns,
    /// How many lines there were; of a block with a fault or an end, how many before it.
    pub(super) lines: usize,
    pub(super) digests: Vec<LineDigest>,
    pub(super) stop: Option<Stop>,
}

/// Why the reading stops at a line.
pub(super) enum Stop {
    /// It cannot be understood.
    Fault(String),
    /// It is the end line, and counts so many. Whether anything follows it.
    End { said: usize, is_last: bool },
}

#[derive(Deserialize)]
struct End {
    lines: usize,
}

/// Parses a block.
pub(super) fn parse(bytes: &[u8], wanted: Wanted) -> Parsed {
    let (text, is_text) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, true),
        Err(error) => (std::str::from_utf8(bytes.get(..error.valid_up_to()).unwrap_or_default()).unwrap_or(""), false),
    };
    let mut reading = Reading { wanted, parsed: Parsed::default(), last: None };
    let mut rest = text;
    while !rest.is_empty() {
        let (line, following) = rest.split_once('\n').unwrap_or((rest, ""));
        // The line that breaks off where the text does is told of below.
        let is_whole = is_text || line.len() < rest.len();
        if !is_whole {
            break;
        }
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Err(mut stop) = reading.line(line) {
            if let Stop::End { is_last, .. } = &mut stop {
                *is_last = is_text && following.is_empty();
            }
            reading.parsed.stop = Some(stop);
            return reading.parsed;
        }
        reading.parsed.lines += 1;
        rest = following;
    }
    if !is_text {
        reading.parsed.stop = Some(Stop::Fault(NOT_UTF8.to_owned()));
    }
    reading.parsed
}

/// What is said of a line that is not UTF-8.
pub(super) const NOT_UTF8: &str = "it is not UTF-8, as JSON has to be; make the file again, or remove the line";

/// A block half read.
struct Reading<'a> {
    wanted: Wanted,
    parsed: Parsed,
    last: Option<Prefix<'a>>,
}

/// All of a line before its value. The next line has mostly the same, and then its kind and place are known.
struct Prefix<'a> {
    text: &'a str,
    shelf: Shelf,
    location: Location,
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: &'a str) -> Result<(), Stop> {
        if !self.is_like_the_last(line) {
            self.other(line)?;
        }
        if self.wanted.digests {
            self.parsed.digests.push(LineDigest::of(line.as_bytes()));
        }
        Ok(())
    }

    /// Reads a line that begins as the last one did. What this does not understand, [`Reading::other`] may.
    fn is_like_the_last(&mut self, line: &str) -> bool {
        let Some(last) = &self.last else { return false };
        let value = line.strip_prefix(last.text).and_then(|rest| rest.strip_suffix('}'));
        let columns = &mut self.parsed.columns;
        value.is_some_and(|value| columns.add(last.shelf, self.parsed.lines, &last.location, value).is_ok())
    }

    fn other(&mut self, line: &'a str) -> Result<(), Stop> {
        if line.trim().is_empty() {
            return Err(Stop::Fault("it is empty; remove it".to_owned()));
        }
        let record: Record<'a> = serde_json::from_str(line).map_err(|error| Stop::Fault(describe(&error)))?;
        if record.kind == record_kind::END {
            let end: End = value(&record).map_err(Stop::Fault)?;
            return Err(Stop::End { said: end.lines, is_last: true });
        }
        if self.wanted.is_world && record_kind::SIMULATED.contains(&record.kind) {
            return Ok(());
        }
        self.add(line, &record).map_err(Stop::Fault)
    }

    fn add(&mut self, line: &'a str, record: &Record<'a>) -> Result<(), String> {
        if record.kind == record_kind::GAP {
            self.parsed.columns.gaps.push(value(record)?);
            return Ok(());
        }
        let location = match (&record.account_id, &record.region) {
            (Some(account_id), Some(region)) => Location { account_id: account_id.clone(), region: region.clone() },
            (_, _) => return Err(format!("{} has no account_id or no region", record.kind)),
        };
        if record.kind == record_kind::REFERENCE {
            let reference: Reference = value(record)?;
            self.parsed.columns.references.push(Seen::new(location, reference));
            return Ok(());
        }
        let shelf = Shelf::of(record.kind).ok_or_else(|| unknown(record.kind))?;
        let (lines, columns) = (self.parsed.lines, &mut self.parsed.columns);
        columns.add(shelf, lines, &location, record.value.get()).map_err(|error| within(record.kind, &error))?;
        self.last = before_value(line, record).map(|text| Prefix { text, shelf, location });
        Ok(())
    }
}

/// All of the line before its value, if nothing but the closing brace comes after it.
fn before_value<'a>(line: &'a str, record: &Record<'a>) -> Option<&'a str> {
    let value = record.value.get();
    let begin = line.len().checked_sub(value.len() + 1)?;
    // The same place in memory, not only the same text.
    let is_there = line.get(begin..)?.as_ptr() == value.as_ptr();
    is_there.then(|| line.get(..begin)).flatten()
}

fn unknown(kind: &str) -> String {
    if record_kind::SIMULATED.contains(&kind) {
        return format!(
            "`{kind}` is a line for the simulated AWS only; `jettison inventory pull` makes an inventory of a world"
        );
    }
    format!(
        "`{kind}` is not a kind that this build knows; it may hold something in use, so update jettison or remove the line"
    )
}

/// serde_json counts lines within the one line it was given; only the column tells anything.
pub(super) fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.split(" at line ").next().unwrap_or(&text).to_owned();
    // What was found wrong after parsing has no column.
    if error.column() == 0 { text } else { format!("{text} (column {})", error.column()) }
}

fn within(kind: &str, error: &serde_json::Error) -> String {
    format!("{kind}: {}", describe(error))
}

fn value<T: DeserializeOwned>(record: &Record<'_>) -> Result<T, String> {
    serde_json::from_str(record.value.get()).map_err(|error| within(record.kind, &error))
}
