use std::borrow::Cow;

use serde_json::Map;

use super::Value;

/// The members of a structured value: an entity or a complex value.
#[derive(Debug, Clone)]
pub(crate) enum Structured<'a> {
    /// An object of a JSON payload.
    Json(&'a Map<String, serde_json::Value>),
    /// Computed members.
    Owned(Vec<(Cow<'a, str>, Value<'a>)>),
    /// Borrowed members.
    Members(&'a [(Cow<'a, str>, Value<'a>)]),
}

/// Iterates over the members of a structured value.
#[derive(Debug, Clone)]
pub(crate) enum Members<'a> {
    Json(serde_json::map::Iter<'a>),
    Members(std::slice::Iter<'a, (Cow<'a, str>, Value<'a>)>),
}

impl<'a> Structured<'a> {
    /// The number of members.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Json(members) => members.len(),
            Self::Owned(members) => members.len(),
            Self::Members(members) => members.len(),
        }
    }

    /// The member of the given name.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'_>> {
        let members = match self {
            Self::Json(members) => return members.get(name).map(Value::from_json),
            Self::Owned(members) => members.as_slice(),
            Self::Members(members) => members,
        };
        members.iter().find(|(member, _)| member == name).map(|(_, value)| value.borrowed())
    }

    /// Views the members in their stored order.
    pub(crate) fn iter(&self) -> Members<'_> {
        match self {
            Self::Json(members) => Members::Json(members.iter()),
            Self::Owned(members) => Members::Members(members.iter()),
            Self::Members(members) => Members::Members(members.iter()),
        }
    }

    /// A view of the structured value.
    pub(crate) fn borrowed(&self) -> Structured<'_> {
        match self {
            Self::Json(members) => Structured::Json(members),
            Self::Owned(members) => Structured::Members(members),
            Self::Members(members) => Structured::Members(members),
        }
    }

    /// The same structured value without borrowed parts.
    pub(crate) fn into_owned(self) -> Structured<'static> {
        let owned = |name: Cow<'_, str>, value: Value<'_>| {
            (Cow::Owned(name.into_owned()), value.into_owned())
        };
        Structured::Owned(match self {
            Self::Owned(members) => {
                members.into_iter().map(|(name, value)| owned(name, value)).collect()
            }
            borrowed => {
                borrowed.iter().map(|(name, value)| owned(Cow::Borrowed(name), value)).collect()
            }
        })
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<(&'a str, Value<'a>)> {
        match self {
            Self::Json(members) => {
                members.next().map(|(name, value)| (name.as_str(), Value::from_json(value)))
            }
            Self::Members(members) => {
                members.next().map(|(name, value)| (name.as_ref(), value.borrowed()))
            }
        }
    }
}
