use std::ops::Range;

use super::Value;

/// The items of a collection value.
#[derive(Debug, Clone)]
pub(crate) enum Collection<'a> {
    /// An array of a JSON payload.
    Json(&'a [serde_json::Value]),
    /// Borrowed items.
    Values(&'a [Value<'a>]),
    /// Computed items.
    Owned(Vec<Value<'a>>),
}

/// Iterates over the items of a collection.
#[derive(Debug, Clone)]
pub(crate) enum Items<'a> {
    Json(std::slice::Iter<'a, serde_json::Value>),
    Values(std::slice::Iter<'a, Value<'a>>),
    Owned(std::vec::IntoIter<Value<'a>>),
}

impl<'a> Collection<'a> {
    /// The number of items.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Values(items) => items.len(),
            Self::Owned(items) => items.len(),
        }
    }

    /// Views the items in order.
    pub(crate) fn iter(&self) -> Items<'_> {
        match self {
            Self::Json(items) => Items::Json(items.iter()),
            Self::Values(items) => Items::Values(items.iter()),
            Self::Owned(items) => Items::Values(items.iter()),
        }
    }

    /// The items in order, by value; they borrow what the collection borrows.
    pub(crate) fn into_items(self) -> Items<'a> {
        match self {
            Self::Json(items) => Items::Json(items.iter()),
            Self::Values(items) => Items::Values(items.iter()),
            Self::Owned(items) => Items::Owned(items.into_iter()),
        }
    }

    /// A view of the collection.
    pub(crate) fn borrowed(&self) -> Collection<'_> {
        match self {
            Self::Json(items) => Collection::Json(items),
            Self::Values(items) => Collection::Values(items),
            Self::Owned(items) => Collection::Values(items),
        }
    }

    /// The items within a range; none of them if it exceeds the collection.
    pub(crate) fn slice(&self, range: Range<usize>) -> Self {
        match self {
            Self::Json(items) => Self::Json(items.get(range).unwrap_or_default()),
            Self::Values(items) => Self::Values(items.get(range).unwrap_or_default()),
            Self::Owned(items) => Self::Owned(items.get(range).unwrap_or_default().to_vec()),
        }
    }

    /// The items by value; they borrow what the collection borrows.
    pub(crate) fn to_values(&self) -> Vec<Value<'a>> {
        match self {
            Self::Json(items) => items.iter().map(Value::from_json).collect(),
            Self::Values(items) => items.iter().map(Value::borrowed).collect(),
            Self::Owned(items) => items.clone(),
        }
    }

    /// The same collection without borrowed parts.
    pub(crate) fn into_owned(self) -> Collection<'static> {
        let items = match self {
            Self::Owned(items) => items,
            borrowed => borrowed.to_values(),
        };
        Collection::Owned(items.into_iter().map(Value::into_owned).collect())
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        match self {
            Self::Json(items) => items.next().map(Value::from_json),
            Self::Values(items) => items.next().map(Value::borrowed),
            Self::Owned(items) => items.next(),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Json(items) => items.size_hint(),
            Self::Values(items) => items.size_hint(),
            Self::Owned(items) => items.size_hint(),
        }
    }
}

impl ExactSizeIterator for Items<'_> {}
