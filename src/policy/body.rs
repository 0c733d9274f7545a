//! The schema layer: a block hands out its attributes and nested blocks by name, remembers what it was asked for,
//! and at the end reports everything else as unknown. A new word of the language is one more question to a block.

use std::{ops::Range, sync::Arc};

use hcl::edit::{Span as _, structure};

use super::{
    evaluate::Evaluator,
    problem,
    types::Said,
    value::{FromValue, Name, listed},
};
use crate::model::{Diagnostics, SourceFile, Span, suggest};

/// This build, as messages name it.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One reading of a policy: how expressions are evaluated, and the problems found so far.
#[derive(Default)]
pub(super) struct Reading {
    pub(super) evaluator: Evaluator,
    pub(super) problems: Diagnostics,
}

impl Reading {
    pub(super) fn error(&mut self, span: &Span, summary: impl AsRef<str>, detail: impl AsRef<str>) {
        self.problems.push(problem::error(span, summary, detail));
    }

    pub(super) fn warn(&mut self, span: &Span, summary: impl AsRef<str>, detail: impl AsRef<str>) {
        self.problems.push(problem::warning(span, summary, detail));
    }
}

/// The value of an attribute, and where it stands.
pub(super) struct Found<T> {
    pub(super) value: T,
    /// The value alone.
    pub(super) span: Span,
    /// `file:line` of the attribute.
    pub(super) at: Arc<str>,
}

impl<T> Found<T> {
    /// The value with its line, as policies keep it.
    pub(super) fn said(self) -> Said<T> {
        Said { value: self.value, at: self.at }
    }
}

/// A block that is being read.
pub(super) struct Block<'a> {
    block: &'a structure::Block,
    file: &'a Arc<SourceFile>,
    /// What messages call it: `` `delete` in `retention "image"` ``.
    title: String,
    attributes: Vec<&'static str>,
    blocks: Vec<&'static str>,
    /// Required attributes that are not there, with the remedy.
    missing: Vec<(&'static str, String)>,
}

impl<'a> Block<'a> {
    /// A block at the top of a file.
    pub(super) fn top(block: &'a structure::Block, file: &'a Arc<SourceFile>) -> Self {
        Self::open(block, file, format!("`{}`", block.ident.as_str()))
    }

    fn open(block: &'a structure::Block, file: &'a Arc<SourceFile>, title: String) -> Self {
        Self { block, file, title, attributes: Vec::new(), blocks: Vec::new(), missing: Vec::new() }
    }

    /// Changes what messages call it, once its labels are known.
    pub(super) fn call(&mut self, title: String) {
        self.title = title;
    }

    /// The word that the block begins with.
    pub(super) fn word(&self) -> &'a str {
        self.block.ident.as_str()
    }

    /// The block's word and labels.
    pub(super) fn header(&self) -> Span {
        let start = self.block.ident.span().unwrap_or_default();
        let end = self.block.labels.last().and_then(structure_label_span).unwrap_or_else(|| start.clone());
        span(self.file, start.start..end.end)
    }

    /// `file:line` of the block's header.
    pub(super) fn at(&self) -> Arc<str> {
        self.header().at().into()
    }

    /// The block's labels, which must be as many as `example` has.
    pub(super) fn labels<const N: usize>(&self, example: &str, reading: &mut Reading) -> Option<[Name; N]> {
        let labels: Vec<Name> = self
            .block
            .labels
            .iter()
            .map(|label| Name {
                text: label.as_str().to_owned(),
                span: structure_label_span(label).map_or_else(|| self.header(), |bytes| span(self.file, bytes)),
            })
            .collect();
        let found = labels.len();
        let place = labels.get(N).map_or_else(|| self.header(), |extra| extra.span.clone());
        labels.try_into().map_err(|_| self.miscounted(N, found, &place, example, reading)).ok()
    }

    fn miscounted(&self, expected: usize, found: usize, place: &Span, example: &str, reading: &mut Reading) {
        let count = |number: usize| match number {
            0 => "no label".to_owned(),
            1 => "one label".to_owned(),
            2 => "two labels".to_owned(),
            more => format!("{more} labels"),
        };
        let found = if found == 0 { "none".to_owned() } else { found.to_string() };
        let summary = format!("`{}` takes {}, found {found}", self.word(), count(expected));
        reading.error(place, summary, format!("Write `{example}`."));
    }

    /// The value of attribute `name`, if it is there and is a `T`.
    pub(super) fn attribute<T: FromValue>(&mut self, name: &'static str, reading: &mut Reading) -> Option<Found<T>> {
        self.attributes.push(name);
        let attribute = self.block.body.get_attribute(name)?;
        let key = span(self.file, attribute.key.span().unwrap_or_default());
        let value = reading.evaluator.evaluate(&attribute.value, self.file, &mut reading.problems)?;
        let converted = T::from_value(&value, name, &mut reading.problems)?;
        Some(Found { value: converted, span: value.span, at: key.at().into() })
    }

    /// The value of attribute `name`, which must be there; `example` is a value to write.
    pub(super) fn required<T: FromValue>(
        &mut self,
        name: &'static str,
        example: &str,
        reading: &mut Reading,
    ) -> Option<Found<T>> {
        if !self.has_attribute(name) {
            self.missing.push((name, format!("Write for example `{name} = {example}`.")));
        }
        self.attribute(name, reading)
    }

    /// The name of the attribute `name`, if it is there, whatever its value.
    pub(super) fn attribute_place(&self, name: &str) -> Option<Span> {
        let attribute = self.block.body.get_attribute(name)?;
        Some(span(self.file, attribute.key.span().unwrap_or_default()))
    }

    /// Whether attribute `name` is there, whatever its value.
    pub(super) fn has_attribute(&self, name: &str) -> bool {
        self.block.body.has_attribute(name)
    }

    /// Whether block `name` is there, whatever it holds.
    pub(super) fn has_block(&self, name: &str) -> bool {
        self.block.body.has_blocks(name)
    }

    /// Whether there is anything between the braces.
    pub(super) fn is_empty(&self) -> bool {
        self.block.body.is_empty()
    }

    /// Reads the nested block `name`, which may stand here once, and reports what `read` did not ask it for.
    pub(super) fn nested<T>(
        &mut self,
        name: &'static str,
        reading: &mut Reading,
        read: impl FnOnce(&mut Block<'_>, &mut Reading) -> T,
    ) -> Option<T> {
        self.blocks.push(name);
        let mut blocks = self.block.body.get_blocks(name);
        let block = Block::open(blocks.next()?, self.file, format!("`{name}` in {}", self.title));
        for again in blocks.map(|again| Block::open(again, self.file, String::new())) {
            let detail = format!("The first is at {}. Write one `{name}` block that says it all.", block.at());
            reading.error(&again.header(), format!("{} has more than one `{name}`", self.title), detail);
        }
        block.labels::<0>(&format!("{name} {{ … }}"), reading);
        Some(block.read(reading, read))
    }

    /// Runs `read`, then reports everything in the block that it did not ask for.
    pub(super) fn read<T>(mut self, reading: &mut Reading, read: impl FnOnce(&mut Block<'_>, &mut Reading) -> T) -> T {
        let result = read(&mut self, reading);
        self.report_the_rest(reading);
        result
    }

    fn report_the_rest(&self, reading: &mut Reading) {
        let mut misspelt = Vec::new();
        for attribute in self.block.body.attributes() {
            let name = attribute.key.as_str();
            if !self.attributes.contains(&name) {
                misspelt.extend(near(name, self.words()));
                let place = span(self.file, attribute.key.span().unwrap_or_default());
                self.report_unknown("attribute", name, &place, reading);
            }
        }
        for block in self.block.body.blocks() {
            let name = block.ident.as_str();
            if !self.blocks.contains(&name) {
                let place = span(self.file, block.ident.span().unwrap_or_default());
                self.report_unknown("block", name, &place, reading);
            }
        }
        // What is there under a near name is not missing as well.
        for (name, remedy) in self.missing.iter().filter(|(name, _)| !misspelt.contains(name)) {
            let summary = format!("{} needs the attribute `{name}`", self.title);
            reading.error(&self.header(), summary, remedy.as_str());
        }
    }

    fn words(&self) -> impl Iterator<Item = &'static str> + Clone {
        self.attributes.iter().chain(&self.blocks).copied()
    }

    fn report_unknown(&self, sort: &str, name: &str, place: &Span, reading: &mut Reading) {
        if self.blocks.contains(&name) {
            reading.error(place, format!("`{name}` is a block"), format!("Write `{name} {{ … }}`, without `=`."));
        } else if self.attributes.contains(&name) {
            reading.error(place, format!("`{name}` is an attribute"), format!("Write `{name} = …`."));
        } else {
            let detail = format!("{}{}", did_you_mean(name, self.words()), self.vocabulary());
            reading.error(place, format!("unknown {sort} `{name}`"), detail);
        }
    }

    /// What the block may hold, in a sentence.
    fn vocabulary(&self) -> String {
        let sort = |words: &[&str], one: &str, many: &str| match words {
            [] => None,
            [word] => Some(format!("the {one} `{word}`")),
            words => Some(format!("the {many} {}", listed(words.iter().copied(), "and"))),
        };
        let attributes = sort(&self.attributes, "attribute", "attributes");
        let blocks = sort(&self.blocks, "block", "blocks");
        let both = [attributes, blocks].into_iter().flatten().collect::<Vec<_>>().join(", and ");
        format!("{} has {}.", capitalised(&self.title), if both.is_empty() { "no words" } else { &both })
    }
}

/// Reports a word that is in the language, but not in this build; `what` ends with its verb.
pub(super) fn report_not_yet(what: &str, sort: &str, place: &Span, reading: &mut Reading) {
    let summary = format!("{what} not supported by this build ({VERSION}) yet");
    reading.error(place, summary, format!("Remove the {sort}, or use a later build."));
}

/// `Did you mean …? ` with its space, or nothing.
pub(super) fn did_you_mean<'w>(word: &str, candidates: impl Iterator<Item = &'w str> + Clone) -> String {
    near(word, candidates).map(|near| format!("Did you mean `{near}`? ")).unwrap_or_default()
}

/// The candidate that is spelt nearly like `word`, or of which `word` is the beginning.
fn near<'w>(word: &str, mut candidates: impl Iterator<Item = &'w str> + Clone) -> Option<&'w str> {
    suggest(word, candidates.clone()).or_else(|| {
        let telling = word.len() >= "last".len();
        candidates.find(|candidate| telling && candidate.starts_with(word))
    })
}

/// A stretch of `file`.
pub(super) fn span(file: &Arc<SourceFile>, bytes: Range<usize>) -> Span {
    Span { file: file.clone(), bytes }
}

fn structure_label_span(label: &structure::BlockLabel) -> Option<Range<usize>> {
    match label {
        structure::BlockLabel::Ident(label) => label.span(),
        structure::BlockLabel::String(label) => label.span(),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
