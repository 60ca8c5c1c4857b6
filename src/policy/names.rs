//! Paths of properties, and where a query has come to along them.

use std::borrow::Cow;

/// A path that a policy names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    text: String,
    /// At least one.
    names: Vec<String>,
    /// Whether it begins at the record and nowhere else.
    anchored: bool,
}

impl Path {
    pub(super) fn new(text: &str) -> Option<Path> {
        let names: Vec<String> =
            text.split('/').filter(|name| !name.is_empty()).map(|name| term(name).into()).collect();
        let anchored = text.starts_with('/');
        (!names.is_empty()).then(|| Path { text: text.to_owned(), names, anchored })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether a place whose last name was just reached is at the end of the path.
    fn ends_at(&self, place: &Place<'_>) -> bool {
        self.is_at(&self.names, place)
    }

    /// Whether something of the path may lie below a place.
    fn passes(&self, place: &Place<'_>) -> bool {
        let parts = (1..self.names.len()).filter_map(|length| self.names.get(..length));
        parts.into_iter().any(|part| self.is_at(part, place))
    }

    /// Whether a place may be at the end of these first names of the path.
    fn is_at(&self, part: &[String], place: &Place<'_>) -> bool {
        let found = place.names.len();
        let fits = match place.origin {
            Origin::Record if self.anchored => found == part.len(),
            Origin::Record => found >= part.len(),
            _ => found > 0,
        };
        fits && part
            .iter()
            .rev()
            .zip(place.names.iter().rev())
            .all(|(name, found)| same(name, found))
    }

    /// Whether a place is at the end of the path or below it.
    fn covers(&self, place: &Place<'_>) -> bool {
        self.names.len() <= place.names.len() && self.agrees(place)
    }

    /// Whether a place lies on the path or below it.
    pub(super) fn agrees(&self, place: &Place<'_>) -> bool {
        self.names.iter().zip(&place.names).all(|(name, found)| name.eq_ignore_ascii_case(found))
    }
}

/// Where a path starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// At the record.
    Record,
    /// At the record, or further along than the names say: `$levels` repeats them, and `$it` in an
    /// item may be the item.
    Further,
    /// At a value that was looked at before: the result of a call, or a parameter alias.
    Value,
    /// Anywhere else.
    Unknown,
}

/// Where a query has come to.
#[derive(Debug, Clone)]
pub(super) struct Place<'a> {
    pub(super) origin: Origin,
    pub(super) names: Vec<Cow<'a, str>>,
}

impl<'a> Place<'a> {
    pub(super) fn at(origin: Origin) -> Place<'a> {
        Place { origin, names: Vec::new() }
    }

    pub(super) fn name(&mut self, name: &'a str) {
        self.names.push(name.into());
    }

    pub(super) fn annotation(&mut self, name: &str) {
        self.names.push(term(&format!("@{name}")).into_owned().into());
    }

    /// The place as it would be if the first name were that of a variable.
    pub(super) fn behind_first(&self) -> Place<'a> {
        Place { origin: Origin::Unknown, names: self.names.iter().skip(1).cloned().collect() }
    }
}

/// Whether a place is forbidden, if what leads to it is not.
pub(super) fn is_forbidden(forbidden: &[Path], place: &Place<'_>) -> bool {
    forbidden.iter().any(|path| path.ends_at(place))
}

/// Whether something forbidden may be below a place.
pub(super) fn holds_forbidden(forbidden: &[Path], place: &Place<'_>) -> bool {
    !forbidden.is_empty()
        && match (place.origin, place.names.is_empty()) {
            (Origin::Unknown, _) | (Origin::Record | Origin::Further, true) => true,
            (Origin::Value, true) => false,
            _ => forbidden.iter().any(|path| path.passes(place)),
        }
}

/// Whether a list allows what is at a place.
pub(super) fn covers(list: &[Path], place: &Place<'_>) -> bool {
    knows(place).unwrap_or_else(|| list.iter().any(|path| path.covers(place)))
}

/// Whether a list allows something at a place or below it.
pub(super) fn reaches(list: &[Path], place: &Place<'_>) -> bool {
    knows(place).unwrap_or_else(|| list.iter().any(|path| path.agrees(place)))
}

/// What lists that begin at the record say of places that do not.
fn knows(place: &Place<'_>) -> Option<bool> {
    match place.origin {
        Origin::Record | Origin::Further => None,
        Origin::Value => Some(place.names.is_empty()),
        Origin::Unknown => Some(false),
    }
}

/// `@odata.type` is `@type`.
fn term(name: &str) -> Cow<'_, str> {
    match name.strip_prefix("@odata.") {
        Some(term) => format!("@{term}").into(),
        None => name.into(),
    }
}

/// Whether a name may be taken for a forbidden one: by this library, or by a service that ignores the
/// case of all letters. `name@term` says something about `name`.
fn same(forbidden: &str, name: &str) -> bool {
    let name = match name.split_once('@') {
        Some((property, _)) if !property.is_empty() => property,
        _ => name,
    };
    if forbidden.is_ascii() && name.is_ascii() {
        return forbidden.eq_ignore_ascii_case(name);
    }
    folded(forbidden).eq(folded(name))
}

fn folded(name: &str) -> impl Iterator<Item = char> {
    name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}
