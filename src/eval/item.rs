//! What a path leads to: JSON of the record as it is, or a value.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};

use crate::limits::Names;
use crate::plan::{look_up_steps, only};
use crate::value::{Collection, Items, Number, Value};

/// The value of a node, still as JSON where it is part of the record.
#[derive(Debug, Clone)]
pub(super) enum Item<'e> {
    Json(&'e Json),
    Constant(&'e Value<'static>),
    Value(Value<'e>),
}

/// What a path leads to that leads nowhere.
pub(super) static NULL: Json = Json::Null;

/// Objects with more members than this are searched by their own index.
const SCANNED: usize = 64;

/// Evaluation steps of looking for a member, beyond the one of every node.
#[inline]
pub(super) fn member_steps(json: &Json) -> u64 {
    json.as_object().map_or(0, |members| look_up_steps(members.len()))
}

impl<'e> Item<'e> {
    pub(super) const NULL: Item<'static> = Item::Json(&NULL);

    /// Evaluation steps of making its value.
    #[inline]
    pub(super) fn steps(&self) -> u64 {
        match self {
            Item::Json(Json::Number(number)) => {
                let digits = if number.is_f64() { 4 } else { 0 };
                Number::json_steps(number).saturating_add(digits)
            }
            _ => 0,
        }
    }

    /// The value, made where it is needed.
    pub(super) fn view(&self) -> Cow<'_, Value<'e>> {
        match self {
            Item::Json(json) => Cow::Owned(Value::from_json(json)),
            Item::Constant(value) => Cow::Borrowed(*value),
            Item::Value(value) => Cow::Borrowed(value),
        }
    }

    pub(super) fn into_value(self) -> Value<'e> {
        match self {
            Item::Json(json) => Value::from_json(json),
            Item::Constant(value) => value.borrowed(),
            Item::Value(value) => value,
        }
    }

    /// The items of a collection; none of what is not one.
    pub(super) fn into_items(self) -> ItemIter<'e> {
        match self {
            Item::Json(Json::Array(items)) => ItemIter::Json(items.iter()),
            Item::Json(_) => ItemIter::Json([].iter()),
            other => match other.into_value() {
                Value::Collection(items) => ItemIter::Values(items.into_items()),
                _ => ItemIter::Values(Collection::Json(&[]).into_items()),
            },
        }
    }
}

/// The items of a collection, in order.
pub(super) enum ItemIter<'e> {
    Json(std::slice::Iter<'e, Json>),
    Values(Items<'e>),
}

impl<'e> Iterator for ItemIter<'e> {
    type Item = Item<'e>;

    fn next(&mut self) -> Option<Item<'e>> {
        match self {
            ItemIter::Json(items) => items.next().map(Item::Json),
            ItemIter::Values(items) => items.next().map(Item::Value),
        }
    }
}

/// The value of a member; null where there is none. `hint` is where the last record had it.
#[inline]
pub(super) fn json_member<'e>(
    json: &'e Json,
    name: &str,
    hint: &mut usize,
    ordered: bool,
    names: Names,
) -> &'e Json {
    match json {
        Json::Object(members) if ordered => by_position(members, name, hint, names),
        Json::Object(members) => by_name(members, name, names),
        _ => &NULL,
    }
}

/// Whether this build of serde_json keeps members in the order of insertion, in a vector.
pub(super) fn keeps_order() -> bool {
    let members: Map<String, Json> = [("b", Json::Null), ("a", Json::Null)]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect();
    members.keys().next().is_some_and(|first| first == "b")
}

/// Records share their shape: the member is looked for where the last record had it.
#[inline]
fn by_position<'e>(
    members: &'e Map<String, Json>,
    name: &str,
    hint: &mut usize,
    names: Names,
) -> &'e Json {
    match members.iter().nth(*hint) {
        Some((key, value)) if same(key, name) => value,
        _ => elsewhere(members, name, hint, names),
    }
}

/// One pass for the exact name and for the only one that differs in ASCII case.
#[cold]
pub(super) fn elsewhere<'e>(
    members: &'e Map<String, Json>,
    name: &str,
    hint: &mut usize,
    names: Names,
) -> &'e Json {
    if members.len() > SCANNED {
        return by_name(members, name, names);
    }
    let mut similar = None;
    let mut ambiguous = names == Names::Exact;
    for (position, (key, value)) in members.iter().enumerate() {
        if key.len() != name.len() {
            continue;
        }
        if same(key, name) {
            *hint = position;
            return value;
        }
        if key.eq_ignore_ascii_case(name) {
            ambiguous |= similar.is_some();
            similar = Some(value);
        }
    }
    similar.filter(|_| !ambiguous).unwrap_or(&NULL)
}

pub(super) fn by_name<'e>(members: &'e Map<String, Json>, name: &str, names: Names) -> &'e Json {
    let similar = || only(members.iter(), name).filter(|_| names == Names::IgnoreCase);
    members.get(name).or_else(similar).unwrap_or(&NULL)
}

/// Whether two names are equal. Most are short: their first and last bytes are all there is to compare.
#[inline]
pub(super) fn same(key: &str, name: &str) -> bool {
    let (key, name) = (key.as_bytes(), name.as_bytes());
    key.len() == name.len()
        && match key.len() {
            8..=16 => same_ends::<8>(key, name),
            4..8 => same_ends::<4>(key, name),
            2..4 => same_ends::<2>(key, name),
            _ => key == name,
        }
}

#[inline]
fn same_ends<const N: usize>(key: &[u8], name: &[u8]) -> bool {
    key.first_chunk::<N>() == name.first_chunk() && key.last_chunk::<N>() == name.last_chunk()
}
