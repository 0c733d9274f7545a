//! Lists in pages, with tokens that mean nothing to the caller.

use sha2::{Digest as _, Sha256};

use super::call::{Call, Refusal, invalid};
use crate::model::hex;

/// Which page a caller asked for.
pub(super) struct Paging {
    size: usize,
    /// The last item of the page before.
    pub(super) after: Option<String>,
    /// What the token belongs to: the operation and its parameters.
    query: String,
}

/// A page of a list, and the token of the next.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next_token: Option<String>,
}

const QUERY_HEX: usize = 16;

impl Paging {
    /// Reads `maxResults` and `nextToken`. A token is good only for the query that gave it, as ECS demands
    /// ("use the same parameters"), and names the last item seen, so that what comes or goes in between moves nothing.
    pub(super) fn read(call: &Call<'_>, default: usize, maximum: usize) -> Result<Self, Refusal> {
        Self::named(call, ["maxResults", "nextToken"], default, maximum)
    }

    /// The same for a service that spells the members for size and token otherwise.
    pub(super) fn named(
        call: &Call<'_>,
        [limit, next]: [&str; 2],
        default: usize,
        maximum: usize,
    ) -> Result<Self, Refusal> {
        let size = match call.input.number(limit)? {
            None => default,
            Some(asked) => usize::try_from(asked)
                .ok()
                .filter(|size| (1..=maximum).contains(size))
                .ok_or_else(|| invalid(format!("{limit} must be between 1 and {maximum}.")))?,
        };
        let mut parameters = call.input.0.clone();
        parameters.remove(next);
        parameters.remove(limit);
        let parameters = serde_json::Value::Object(parameters).to_string();
        let mut query = hex(&Sha256::digest(format!("{} {} {parameters}", call.at, call.operation)));
        query.truncate(QUERY_HEX);
        let after = match call.input.text(next)? {
            None | Some("") => None,
            Some(token) => {
                let last = token.strip_prefix(query.as_str()).and_then(text_of_hex);
                Some(last.ok_or_else(|| invalid(format!("Invalid {next}: it belongs to another request.")))?)
            }
        };
        Ok(Self { size, after, query })
    }

    /// The same with no more than `limit` items a page, whatever the caller asked for.
    pub(super) fn at_most(self, limit: usize) -> Self {
        Self { size: self.size.min(limit), ..self }
    }

    /// Takes one page from items that already begin after [`Self::after`].
    pub(super) fn take<T>(&self, items: impl Iterator<Item = (String, T)>) -> Page<T> {
        let mut page = Page { items: Vec::new(), next_token: None };
        let mut last = None;
        for (cursor, item) in items {
            if page.items.len() == self.size {
                page.next_token = last.map(|last: String| format!("{}{}", self.query, hex(last.as_bytes())));
                break;
            }
            last = Some(cursor);
            page.items.push(item);
        }
        page
    }
}

fn text_of_hex(hex: &str) -> Option<String> {
    let digits = hex.as_bytes();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
    String::from_utf8(bytes?).ok()
}
