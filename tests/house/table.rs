//! The table of `docs/ARCHITECTURE.md` as data.

use std::collections::BTreeMap;

/// Which room may know what.
pub(crate) struct Table {
    /// The rooms by name.
    pub(crate) rooms: BTreeMap<String, Room>,
    /// Crates that every room may use.
    pub(crate) for_all: Vec<String>,
}

/// A row of the table.
pub(crate) struct Room {
    /// Whether it touches nothing outside its arguments.
    pub(crate) purity: Purity,
    /// Rooms (`model`) or single names of rooms (`plan::Action`) it may import; nothing for everything.
    imports: Option<Vec<String>>,
    /// Outside crates, `*` for any ending.
    pub(crate) crates: Vec<String>,
}

/// What a room may touch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purity {
    /// Nothing outside its arguments.
    Pure,
    /// Nothing but what it is given, which it may wait for.
    Awaits,
    /// The world.
    Impure,
}

const HEADER: &str = "| room | pure | holds | may import | crates of its own |";
const FOR_ALL: &str = "Every room may use ";

impl Table {
    /// Reads the page.
    pub(crate) fn parse(page: &str) -> Result<Self, String> {
        let for_all = page.lines().find(|line| line.starts_with(FOR_ALL));
        let for_all = code_words(for_all.ok_or(format!("no line begins with `{FOR_ALL}`"))?);
        let rows = page.lines().skip_while(|line| *line != HEADER).skip(2).take_while(|line| line.starts_with('|'));
        let rooms = rows.map(parse_row).collect::<Result<BTreeMap<_, _>, _>>()?;
        if rooms.is_empty() {
            return Err(format!("no table with the header `{HEADER}`"));
        }
        Ok(Self { rooms, for_all })
    }

    /// Whether `room` may use the outside crate `name`.
    pub(crate) fn allows_crate(&self, room: &str, name: &str) -> bool {
        let own = self.rooms.get(room).is_some_and(|room| room.crates.iter().any(|pattern| matches(pattern, name)));
        own || self.for_all.iter().any(|crate_name| crate_name == name)
    }
}

impl Room {
    /// Whether it may import `other`, of which it names `item`.
    pub(crate) fn allows(&self, other: &str, item: Option<&str>) -> bool {
        let Some(imports) = &self.imports else { return true };
        imports.iter().any(|allowed| match allowed.split_once("::") {
            Some((room, name)) => room == other && item == Some(name),
            None => allowed == other,
        })
    }
}

fn parse_row(line: &str) -> Result<(String, Room), String> {
    let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
    let [room, pure, _, imports, crates] = cells[..] else { return Err(format!("not five cells: {line}")) };
    let name = code_words(room).pop().ok_or(format!("the room of this row is not in backticks: {line}"))?;
    let imports = if imports == "everything" { None } else { Some(code_words(imports)) };
    let purity = match pure {
        "yes" => Purity::Pure,
        "awaits" => Purity::Awaits,
        "no" => Purity::Impure,
        other => return Err(format!("`{other}` is not yes, awaits or no: {line}")),
    };
    Ok((name, Room { purity, imports, crates: code_words(crates) }))
}

fn code_words(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether `name` is `pattern`, or begins as a pattern that ends in `*` does.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |beginning| name.starts_with(beginning))
}
