//! Values of expressions: the primitive types of OData, collections and structured values.

pub(crate) mod arithmetic;
mod binary;
mod cast;
mod collation;
mod collection;
mod compare;
mod fault;
mod geo;
mod guid;
mod json;
mod number;
mod structured;
mod temporal;
#[cfg(test)]
mod tests;
mod types;

use std::borrow::Cow;

pub(crate) use self::binary::{format as format_binary, parse as parse_binary};
pub(crate) use self::cast::{EdmType, Primitive, cast, is_of};
pub use self::collation::Collation;
pub(crate) use self::collection::{Collection, Items};
pub(crate) use self::compare::{equals, order, total_order};
pub(crate) use self::fault::Fault;
pub(crate) use self::geo::{Geo, GeoSystem};
pub(crate) use self::guid::Guid;
pub(crate) use self::number::{Number, NumberKey};
pub(crate) use self::structured::Structured;
pub(crate) use self::temporal::{Date, DateTimeOffset, Duration, Point, TimeOfDay};
pub(crate) use self::types::{Type, Types};

/// The value of an expression, borrowing from the record and the query where it can.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    /// The null value.
    Null,
    /// `Edm.Boolean`
    Boolean(bool),
    /// A value of any numeric type.
    Number(Number),
    /// `Edm.String`, or a string of a JSON payload whose type is not known.
    String(Cow<'a, str>),
    /// `Edm.Date`
    Date(Date),
    /// `Edm.DateTimeOffset`
    DateTimeOffset(DateTimeOffset),
    /// `Edm.TimeOfDay`
    TimeOfDay(TimeOfDay),
    /// `Edm.Duration`
    Duration(Duration),
    /// `Edm.Guid`
    Guid(Guid),
    /// `Edm.Binary`
    Binary(Vec<u8>),
    /// The members of an enumeration value as text, for example `Solid,Yellow` or `32`.
    Enum(Cow<'a, str>),
    /// A geography or geometry literal.
    Geo(Geo<'a>),
    /// A collection.
    Collection(Collection<'a>),
    /// An entity or complex value.
    Structured(Structured<'a>),
}

impl<'a> Value<'a> {
    /// A value of a JSON payload.
    pub(crate) fn from_json(json: &'a serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(boolean) => Self::Boolean(*boolean),
            serde_json::Value::Number(number) => Self::Number(Number::from_json(number)),
            serde_json::Value::String(text) => Self::String(Cow::Borrowed(text)),
            serde_json::Value::Array(items) => Self::Collection(Collection::Json(items)),
            serde_json::Value::Object(members) => Self::Structured(Structured::Json(members)),
        }
    }

    /// Whether the value is null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// A view of the value.
    pub(crate) fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(boolean) => Value::Boolean(*boolean),
            Self::Number(number) => Value::Number(*number),
            Self::String(text) => Value::String(Cow::Borrowed(text)),
            Self::Date(date) => Value::Date(*date),
            Self::DateTimeOffset(point) => Value::DateTimeOffset(*point),
            Self::TimeOfDay(time) => Value::TimeOfDay(*time),
            Self::Duration(duration) => Value::Duration(*duration),
            Self::Guid(guid) => Value::Guid(*guid),
            Self::Binary(bytes) => Value::Binary(bytes.clone()),
            Self::Enum(members) => Value::Enum(Cow::Borrowed(members)),
            Self::Geo(geo) => Value::Geo(geo.borrowed()),
            Self::Collection(collection) => Value::Collection(collection.borrowed()),
            Self::Structured(structured) => Value::Structured(structured.borrowed()),
        }
    }

    /// The same value without borrowed parts.
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(boolean) => Value::Boolean(boolean),
            Self::Number(number) => Value::Number(number),
            Self::String(text) => Value::String(Cow::Owned(text.into_owned())),
            Self::Date(date) => Value::Date(date),
            Self::DateTimeOffset(point) => Value::DateTimeOffset(point),
            Self::TimeOfDay(time) => Value::TimeOfDay(time),
            Self::Duration(duration) => Value::Duration(duration),
            Self::Guid(guid) => Value::Guid(guid),
            Self::Binary(bytes) => Value::Binary(bytes),
            Self::Enum(members) => Value::Enum(Cow::Owned(members.into_owned())),
            Self::Geo(geo) => Value::Geo(geo.into_owned()),
            Self::Collection(collection) => Value::Collection(collection.into_owned()),
            Self::Structured(structured) => Value::Structured(structured.into_owned()),
        }
    }

    /// The text of a primitive value in payloads; none for null, collections and structures.
    pub(crate) fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null | Self::Collection(_) | Self::Structured(_) => None,
            Self::Boolean(boolean) => Some(Cow::Owned(boolean.to_string())),
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            Self::String(text) | Self::Enum(text) => Some(Cow::Borrowed(text)),
            Self::Date(date) => Some(Cow::Owned(date.to_string())),
            Self::DateTimeOffset(point) => Some(Cow::Owned(point.to_string())),
            Self::TimeOfDay(time) => Some(Cow::Owned(time.to_string())),
            Self::Duration(duration) => Some(Cow::Owned(duration.to_string())),
            Self::Guid(guid) => Some(Cow::Owned(guid.to_string())),
            Self::Binary(bytes) => Some(Cow::Owned(binary::format(bytes))),
            Self::Geo(geo) => Some(Cow::Borrowed(&geo.text)),
        }
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Cow::Borrowed(text))
    }
}

impl From<bool> for Value<'_> {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<Number> for Value<'_> {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}
