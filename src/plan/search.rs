//! Search expressions (URL Conventions 5.1.8): what is found is up to the service. Here a term or a
//! phrase is found where it is part of a string of the record, whatever the case.

use std::fmt::{self, Display, Formatter};

use memchr::memmem::Finder;

use super::bounds::check_count;
use super::operation::{member, weight};
use crate::ast::{Kind, Node, Nodes};
use crate::error::{Bound, Error};
use crate::limits::Names;
use crate::schema::Path;
use crate::value::{Collation, Value};

/// A search for terms and phrases.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    /// The text of the expression, for explanations.
    text: Box<str>,
    terms: usize,
    wanted: Wanted,
    /// Where to look; everywhere if it is nowhere.
    paths: Vec<Path>,
}

#[derive(Debug, Clone)]
enum Wanted {
    /// A term or phrase, in lower case.
    Text(Box<Finder<'static>>),
    Not(Box<Wanted>),
    All(Box<[Wanted]>),
    Any(Box<[Wanted]>),
}

impl Search {
    /// The search of an expression, whose height is bounded; none where it is no search expression.
    pub(super) fn new(
        node: Node<'_>,
        paths: Vec<Path>,
        most: usize,
    ) -> Result<Option<Search>, Error> {
        let mut terms = 0;
        let Some(wanted) = Wanted::new(node, &mut terms) else {
            return Ok(None);
        };
        check_count(Bound::SEARCH_TERMS, most, terms).map_err(|error| error.at(node.place()))?;
        Ok(Some(Search { text: node.to_string().into(), terms, wanted, paths }))
    }

    /// Evaluation steps that a value takes beyond the one of every node: all its strings are read for
    /// each term.
    pub(crate) fn steps(&self, value: &Value<'_>) -> u64 {
        weight(value).saturating_mul((self.terms as u64).saturating_add(1)).saturating_mul(4)
    }

    /// Whether a value matches. Its strings are gathered in `scratch`.
    pub(crate) fn matches(&self, value: &Value<'_>, scratch: &mut String) -> bool {
        scratch.clear();
        let mut ends = Vec::new();
        if self.paths.is_empty() {
            gather(value, scratch, &mut ends);
        }
        for path in &self.paths {
            gather_at(value, path, scratch, &mut ends);
        }
        let strings = || {
            let starts = std::iter::once(0).chain(ends.iter().copied());
            starts.zip(&ends).filter_map(|(start, end)| scratch.get(start..*end))
        };
        self.wanted.is_found(&|finder| strings().any(|text| finder.find(text.as_bytes()).is_some()))
    }
}

impl Display for Search {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&super::print::shortened(&self.text))
    }
}

impl Wanted {
    fn new(node: Node<'_>, terms: &mut usize) -> Option<Wanted> {
        let mut all = |nodes: Nodes<'_>| {
            nodes.iter().map(|node| Wanted::new(node, terms)).collect::<Option<Box<[_]>>>()
        };
        Some(match node.kind() {
            Kind::Term(text) | Kind::Phrase(text) | Kind::Incomplete(text) => {
                *terms = terms.saturating_add(1);
                let text = Collation::IgnoreCase.folded(text);
                Wanted::Text(Box::new(Finder::new(text.as_bytes()).into_owned()))
            }
            Kind::SearchNot(operand) => Wanted::Not(Box::new(Wanted::new(operand, terms)?)),
            Kind::SearchAnd(operands) => Wanted::All(all(operands)?),
            Kind::SearchOr(operands) => Wanted::Any(all(operands)?),
            _ => return None,
        })
    }

    fn is_found(&self, found: &impl Fn(&Finder<'_>) -> bool) -> bool {
        match self {
            Wanted::Text(finder) => found(finder),
            Wanted::Not(operand) => !operand.is_found(found),
            Wanted::All(operands) => operands.iter().all(|operand| operand.is_found(found)),
            Wanted::Any(operands) => operands.iter().any(|operand| operand.is_found(found)),
        }
    }
}

/// Appends all strings of a value in lower case, and where each ends. Annotations are none of its
/// values.
fn gather(value: &Value<'_>, out: &mut String, ends: &mut Vec<usize>) {
    match value {
        Value::String(text) | Value::Enum(text) => {
            out.push_str(&Collation::IgnoreCase.folded(text));
            ends.push(out.len());
        }
        Value::Collection(items) => items.iter().for_each(|item| gather(&item, out, ends)),
        Value::Structured(members) => members
            .iter()
            .filter(|(name, _)| !name.contains('@'))
            .for_each(|(_, member)| gather(&member, out, ends)),
        _ => {}
    }
}

/// The same for what a path leads to, through collections too.
fn gather_at(value: &Value<'_>, path: &[Box<str>], out: &mut String, ends: &mut Vec<usize>) {
    match (value, path) {
        (_, []) => gather(value, out, ends),
        (Value::Collection(items), _) => {
            items.iter().for_each(|item| gather_at(&item, path, out, ends));
        }
        (Value::Structured(_), [name, rest @ ..]) => {
            gather_at(&member(value, name, Names::IgnoreCase), rest, out, ends);
        }
        _ => {}
    }
}
