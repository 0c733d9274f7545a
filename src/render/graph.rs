//! The dependency graph as text for Graphviz and Mermaid.

use std::fmt::Write as _;

use super::chart::{Chart, Item, Tie};
use crate::{
    graph::{Link, Node},
    plan::Fate,
};

/// A language that draws graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// Graphviz.
    Dot,
    /// Mermaid, as Markdown on GitHub and GitLab shows it.
    Mermaid,
}

/// The graph in a drawing language: a box per object, grouped by account and Region, an arrow from each holder to what it holds,
/// and a legend.
#[must_use]
pub fn graph(chart: &Chart, drawing: Drawing) -> String {
    match drawing {
        Drawing::Dot => dot(chart),
        Drawing::Mermaid => mermaid(chart),
    }
}

/// Characters of a label before its middle is cut out: tags may have 300.
const LONGEST: usize = 64;

/// One line of at most `LONGEST` characters, without control characters.
fn tame(text: &str) -> String {
    let letters: Vec<char> = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    if letters.len() <= LONGEST {
        return letters.into_iter().collect();
    }
    let end = LONGEST / 3;
    let start = LONGEST - end - 1;
    let cut = letters.iter().take(start).chain(&['…']).chain(letters.iter().skip(letters.len() - end));
    cut.collect()
}

/// How one kind of object is drawn: its word, its shape in DOT, and what opens and closes it in Mermaid.
struct Shape {
    word: &'static str,
    dot: &'static str,
    mermaid: (&'static str, &'static str),
}

const SHAPES: [Shape; 7] = [
    Shape { word: "service", dot: "box", mermaid: ("[\"", "\"]") },
    Shape { word: "task set", dot: "component", mermaid: ("[[\"", "\"]]") },
    Shape { word: "task", dot: "oval", mermaid: ("([\"", "\"])") },
    Shape { word: "outside", dot: "hexagon", mermaid: ("{{\"", "\"}}") },
    Shape { word: "task definition", dot: "note", mermaid: ("[/\"", "\"/]") },
    Shape { word: "tag", dot: "cds", mermaid: (">\"", "\"]") },
    Shape { word: "image", dot: "cylinder", mermaid: ("[(\"", "\")]") },
];

const fn shape(node: &Node) -> &'static Shape {
    match node {
        Node::Service { .. } => &SHAPES[0],
        Node::TaskSet { .. } => &SHAPES[1],
        Node::Task { .. } => &SHAPES[2],
        Node::External { .. } => &SHAPES[3],
        Node::TaskDefinition(_) => &SHAPES[4],
        Node::Tag { .. } => &SHAPES[5],
        Node::Image(_) => &SHAPES[6],
    }
}

/// What becomes of an object: the word, and the colours of its box.
const FATES: [(Fate, &str, &str); 3] =
    [(Fate::Retire, "#fbd5d5", "#b91c1c"), (Fate::Defer, "#fdf0c4", "#a16207"), (Fate::Block, "#e5e0fa", "#6d28d9")];

fn colours(fate: Option<Fate>) -> Option<(&'static str, &'static str)> {
    FATES.iter().find(|(one, _, _)| Some(*one) == fate).map(|(_, fill, line)| (*fill, *line))
}

/// The label of an object: its name, and of an image its tags.
fn label(item: &Item) -> Vec<String> {
    let mut lines = vec![tame(&item.name)];
    lines.extend(item.tags.iter().take(3).map(|tag| tame(tag)));
    if item.tags.len() > 3 {
        lines.push(format!("and {} more tags", item.tags.len() - 3));
    }
    lines
}

fn word(tie: Tie) -> &'static str {
    match tie {
        Tie::Has => "has",
        Tie::Holds(Link::Runs) => "runs",
        Tie::Holds(Link::Uses) => "names",
        Tie::Holds(Link::Starts) => "may start",
        Tie::Holds(Link::Resolves) => "is on",
        Tie::Holds(Link::Child) => "lists",
        Tie::Holds(Link::Referrer) => "has referrer",
    }
}

/// A text between the quotes of DOT, where backslashes begin escapes and ampersands the entities of HTML.
fn in_dot(text: &str) -> String {
    text.replace('&', "&amp;").replace('\\', "\\\\").replace('"', "\\\"")
}

fn dot(chart: &Chart) -> String {
    let mut out = "digraph jettison {\n  rankdir=LR;\n  node [fontname=\"Helvetica\", fontsize=10, style=filled, fillcolor=\"#ffffff\"];\n  edge [fontname=\"Helvetica\", fontsize=9];\n".to_owned();
    for (number, place) in chart.places.iter().enumerate() {
        let _infallible =
            writeln!(out, "  subgraph cluster_{number} {{\n    label=\"{}\";", in_dot(&tame(&place.name)));
        for (id, item) in place.boxes.clone().filter_map(|id| Some((id, chart.boxes.get(id)?))) {
            let text: Vec<String> = label(item).iter().map(|line| in_dot(line)).collect();
            let _infallible = writeln!(
                out,
                "    n{id} [label=\"{}\", {}];",
                text.join("\\n"),
                dot_look(shape(&item.node), item.fate)
            );
        }
        out.push_str("  }\n");
    }
    for (from, to, tie) in &chart.ties {
        let _infallible = writeln!(out, "  n{from} -> n{to} [label=\"{}\"];", word(*tie));
    }
    out.push_str("  subgraph cluster_legend {\n    label=\"Legend\";\n");
    for (number, shape) in SHAPES.iter().enumerate() {
        let _infallible = writeln!(out, "    k{number} [label=\"{}\", {}];", shape.word, dot_look(shape, None));
    }
    for (number, (fate, _, _)) in FATES.iter().enumerate() {
        let _infallible = writeln!(out, "    f{number} [label=\"{fate}\", {}];", dot_look(&SHAPES[0], Some(*fate)));
    }
    out.push_str("  }\n}\n");
    out
}

fn dot_look(shape: &Shape, fate: Option<Fate>) -> String {
    let colours =
        colours(fate).map_or_else(String::new, |(fill, line)| format!(", fillcolor=\"{fill}\", color=\"{line}\""));
    format!("shape={}{colours}", shape.dot)
}

/// A text between the quotes of Mermaid, where everything that could mean something is written by its number.
fn in_mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_alphanumeric() || " .,:/@_-…".contains(letter) {
            out.push(letter);
        } else {
            let _infallible = write!(out, "#{};", u32::from(letter));
        }
    }
    out
}

fn mermaid(chart: &Chart) -> String {
    let mut out = "flowchart LR\n".to_owned();
    for (number, place) in chart.places.iter().enumerate() {
        let _infallible = writeln!(out, "  subgraph p{number}[\"{}\"]", in_mermaid(&tame(&place.name)));
        for (id, item) in place.boxes.clone().filter_map(|id| Some((id, chart.boxes.get(id)?))) {
            let text: Vec<String> = label(item).iter().map(|line| in_mermaid(line)).collect();
            let _infallible = writeln!(
                out,
                "    {}",
                mermaid_box(&format!("n{id}"), &text.join("<br/>"), shape(&item.node), item.fate)
            );
        }
        out.push_str("  end\n");
    }
    for (from, to, tie) in &chart.ties {
        let _infallible = writeln!(out, "  n{from} -->|{}| n{to}", word(*tie));
    }
    out.push_str("  subgraph legend[\"Legend\"]\n");
    for (number, shape) in SHAPES.iter().enumerate() {
        let _infallible = writeln!(out, "    {}", mermaid_box(&format!("k{number}"), shape.word, shape, None));
    }
    for (number, (fate, _, _)) in FATES.iter().enumerate() {
        let _infallible =
            writeln!(out, "    {}", mermaid_box(&format!("f{number}"), &fate.to_string(), &SHAPES[0], Some(*fate)));
    }
    out.push_str("  end\n");
    for (fate, fill, line) in FATES {
        let _infallible = writeln!(out, "  classDef {fate} fill:{fill},stroke:{line},color:#000000");
    }
    out
}

fn mermaid_box(id: &str, text: &str, shape: &Shape, fate: Option<Fate>) -> String {
    let class = fate.filter(|fate| *fate != Fate::Keep).map_or_else(String::new, |fate| format!(":::{fate}"));
    let (open, close) = shape.mermaid;
    format!("{id}{open}{text}{close}{class}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_odd_labels_are_tamed() {
        let tag = "v".repeat(300);
        assert_eq!(tame(&tag).chars().count(), LONGEST);
        assert_eq!(tame("a\nb\u{7}c"), "a b c");
        assert_eq!(in_dot("a\"b\\n]&lt;"), "a\\\"b\\\\n]&amp;lt;");
        assert_eq!(in_mermaid("a\"b];`#&<é"), "a#34;b#93;#59;#96;#35;#38;#60;é");
    }
}
