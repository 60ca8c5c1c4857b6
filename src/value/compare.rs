use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Collation, Collection, Number, Structured, Value};

/// Whether two values are equal (`eq`, 5.1.1.1.1).
///
/// A string equals a date, time, duration or GUID that it reads as, enumeration values equal
/// as sets of members, structured values ignore the order of members, and values of other
/// different types are not equal.
pub(crate) fn equals(left: &Value<'_>, right: &Value<'_>, collation: Collation) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Boolean(left), Value::Boolean(right)) => left == right,
        (Value::Number(left), Value::Number(right)) => left.equals(*right),
        (Value::String(left), Value::String(right)) => collation.equals(left, right),
        (Value::Date(left), Value::Date(right)) => left == right,
        (Value::DateTimeOffset(left), Value::DateTimeOffset(right)) => left == right,
        (Value::TimeOfDay(left), Value::TimeOfDay(right)) => left == right,
        (Value::Duration(left), Value::Duration(right)) => left == right,
        (Value::Guid(left), Value::Guid(right)) => left == right,
        (Value::Binary(left), Value::Binary(right)) => left == right,
        (Value::Enum(left), Value::Enum(right) | Value::String(right))
        | (Value::String(left), Value::Enum(right)) => same_members(left, right),
        (Value::Enum(members), Value::Number(number))
        | (Value::Number(number), Value::Enum(members)) => {
            enum_number(members).is_some_and(|value| value.equals(*number))
        }
        (Value::Geo(left), Value::Geo(right)) => left == right,
        (Value::Collection(left), Value::Collection(right)) => equal_items(left, right, collation),
        (Value::Structured(left), Value::Structured(right)) => {
            equal_structures(left, right, collation)
        }
        _ => read_alike(left, right).is_some_and(|(left, right)| equals(&left, &right, collation)),
    }
}

/// The order of two values (`gt`, `ge`, `lt`, `le`, 5.1.1.1.3); none if they have none.
///
/// Null, `NaN`, different types, and the types without an order have none; strings are read
/// as in [`equals`].
pub(crate) fn order(left: &Value<'_>, right: &Value<'_>, collation: Collation) -> Option<Ordering> {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Number(left), Value::Number(right)) => left.compare(*right),
        (Value::String(left), Value::String(right)) => Some(collation.compare(left, right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::DateTimeOffset(left), Value::DateTimeOffset(right)) => Some(left.cmp(right)),
        (Value::TimeOfDay(left), Value::TimeOfDay(right)) => Some(left.cmp(right)),
        (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        (Value::Guid(left), Value::Guid(right)) => Some(left.cmp(right)),
        (Value::Enum(left), Value::Enum(right)) => enum_number(left)?.compare(enum_number(right)?),
        (Value::Enum(members), Value::Number(number)) => enum_number(members)?.compare(*number),
        (Value::Number(number), Value::Enum(members)) => number.compare(enum_number(members)?),
        _ => {
            let (left, right) = read_alike(left, right)?;
            order(&left, &right, collation)
        }
    }
}

/// The order of any two values for `$orderby` (5.1.5).
///
/// Types order as null, boolean, number, string, date, dateTimeOffset, timeOfDay, duration,
/// guid, binary, enumeration, geo, structured, collection. Within a type its own order
/// decides: `NaN` follows all numbers, binary, enumeration and geo values order by their
/// bytes, collections item by item, structured values by their members sorted by name.
pub(crate) fn total_order(left: &Value<'_>, right: &Value<'_>, collation: Collation) -> Ordering {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => left.cmp(right),
        (Value::Number(left), Value::Number(right)) => left.total_order(*right),
        (Value::String(left), Value::String(right)) => collation.compare(left, right),
        (Value::Date(left), Value::Date(right)) => left.cmp(right),
        (Value::DateTimeOffset(left), Value::DateTimeOffset(right)) => left.cmp(right),
        (Value::TimeOfDay(left), Value::TimeOfDay(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        (Value::Guid(left), Value::Guid(right)) => left.cmp(right),
        (Value::Binary(left), Value::Binary(right)) => left.cmp(right),
        (Value::Enum(left), Value::Enum(right)) => left.cmp(right),
        (Value::Geo(left), Value::Geo(right)) => left.cmp(right),
        (Value::Structured(left), Value::Structured(right)) => {
            order_structures(left, right, collation)
        }
        (Value::Collection(left), Value::Collection(right)) => {
            lexicographic(left.iter(), right.iter(), |left, right| {
                total_order(left, right, collation)
            })
        }
        _ => rank(left).cmp(&rank(right)),
    }
}

fn rank(value: &Value<'_>) -> u8 {
    match value {
        Value::Null => 0,
        Value::Boolean(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Date(_) => 4,
        Value::DateTimeOffset(_) => 5,
        Value::TimeOfDay(_) => 6,
        Value::Duration(_) => 7,
        Value::Guid(_) => 8,
        Value::Binary(_) => 9,
        Value::Enum(_) => 10,
        Value::Geo(_) => 11,
        Value::Structured(_) => 12,
        Value::Collection(_) => 13,
    }
}

/// The operands with the one that is a string read as the type of the other.
fn read_alike<'v, 'l, 'r>(
    left: &'v Value<'l>,
    right: &'v Value<'r>,
) -> Option<(Cow<'v, Value<'l>>, Cow<'v, Value<'r>>)> {
    match (left, right) {
        (Value::String(_), _) => Some((left.read_as(right.type_of()?)?, Cow::Borrowed(right))),
        (_, Value::String(_)) => Some((Cow::Borrowed(left), right.read_as(left.type_of()?)?)),
        _ => None,
    }
}

fn equal_items(left: &Collection<'_>, right: &Collection<'_>, collation: Collation) -> bool {
    left.len() == right.len()
        && left.iter().zip(right.iter()).all(|(left, right)| equals(&left, &right, collation))
}

fn equal_structures(left: &Structured<'_>, right: &Structured<'_>, collation: Collation) -> bool {
    left.len() == right.len()
        && left.iter().all(|(name, value)| {
            right.get(name).is_some_and(|other| equals(&value, &other, collation))
        })
}

fn order_structures(
    left: &Structured<'_>,
    right: &Structured<'_>,
    collation: Collation,
) -> Ordering {
    lexicographic(sorted(left), sorted(right), |(left_name, left), (right_name, right)| {
        left_name.cmp(right_name).then_with(|| total_order(left, right, collation))
    })
}

fn sorted<'v>(structured: &'v Structured<'_>) -> impl Iterator<Item = (&'v str, Value<'v>)> {
    let mut members: Vec<_> = structured.iter().collect();
    members.sort_by_key(|&(name, _)| name);
    members.into_iter()
}

/// The order of the first items that differ, or of the lengths.
fn lexicographic<T>(
    mut left: impl Iterator<Item = T>,
    mut right: impl Iterator<Item = T>,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Ordering {
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => match compare(&left, &right) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

fn same_members(left: &str, right: &str) -> bool {
    if !left.contains(',') && !right.contains(',') {
        return left.trim() == right.trim();
    }
    members(left).collect::<HashSet<_>>() == members(right).collect()
}

fn members(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim)
}

/// The number of an enumeration value that is given as one.
pub(super) fn enum_number(members: &str) -> Option<Number> {
    Number::parse(members).filter(|number| matches!(number, Number::Integer(_)))
}
