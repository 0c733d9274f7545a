//! Texts that come again and again (repositories, media types, statuses): each is held once, however many lines have it.

use std::{cell::RefCell, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, de};

use crate::model::{RepositoryName, check_name};

/// How many words a thread remembers. Lines come sorted, so that the same few follow each other.
const REMEMBERED: usize = 64;

thread_local! {
    /// The words that this thread read last, each in a place that its letters choose.
    static WORDS: RefCell<[Option<Arc<str>>; REMEMBERED]> = const { RefCell::new([const { None }; REMEMBERED]) };
}

/// The text, shared with the last line that had it.
fn shared(text: &str) -> Arc<str> {
    WORDS.with_borrow_mut(|words| {
        let bytes = text.as_bytes();
        let letter = |at: usize| usize::from(bytes.get(at).copied().unwrap_or_default());
        let place = bytes.len() * 31 + letter(bytes.len().wrapping_sub(1)) + letter(bytes.len() / 2) * 7;
        let Some(slot) = words.get_mut(place % REMEMBERED) else { return text.into() };
        match slot {
            Some(word) if **word == *text => Arc::clone(word),
            _ => Arc::clone(slot.insert(text.into())),
        }
    })
}

/// A text that is shared when it is read.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Word(pub(super) Arc<str>);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl de::Visitor<'_> for Text {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<Word, E> {
                Ok(Word(shared(text)))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// Reads a word that may be absent.
pub(super) fn word<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Arc<str>>, D::Error> {
    Ok(Option::<Word>::deserialize(deserializer)?.map(|word| word.0))
}

/// Reads the name of a repository.
pub(super) fn repository<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RepositoryName, D::Error> {
    let word = Word::deserialize(deserializer)?;
    check_name(&word.0).map_err(de::Error::custom)?;
    Ok(word.0.into())
}

/// Reads a list and holds no room for more: most have one or two elements, and there are millions of them.
pub(super) fn exactly<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let mut list = Vec::deserialize(deserializer)?;
    list.shrink_to_fit();
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_words_are_one_and_others_stay_apart() {
        let texts: Vec<String> =
            (0..500).map(|number| format!("word-{}", number % 83)).chain([String::new()]).collect();
        for text in texts.iter().chain(&texts) {
            assert_eq!(*shared(text), **text);
        }
        assert!(Arc::ptr_eq(&shared("ACTIVE"), &shared("ACTIVE")));
    }
}
