//! The constant collection of an `in`, hashed.

use std::collections::HashSet;

use crate::value::{
    Collation, Date, DateTimeOffset, Duration, Guid, NumberKey, TimeOfDay, Type, Value, equals,
};

/// A constant collection that answers whether it has a value in constant time.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    /// Folded as the collation says.
    strings: HashSet<Box<str>>,
    keys: HashSet<Key>,
    /// The types, other than strings and numbers, that a string is read as to be looked up.
    read_as: Vec<Type>,
    /// All items, for what cannot be looked up.
    items: Vec<Value<'static>>,
    /// Whether every item is in `strings` or `keys`.
    hashed: bool,
}

/// A value that can be hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Null,
    Boolean(bool),
    Number(NumberKey),
    Date(Date),
    DateTimeOffset(DateTimeOffset),
    TimeOfDay(TimeOfDay),
    Duration(Duration),
    Guid(Guid),
}

impl Key {
    fn of(value: &Value<'_>) -> Option<Key> {
        match value {
            Value::Null => Some(Key::Null),
            Value::Boolean(value) => Some(Key::Boolean(*value)),
            Value::Number(value) => value.key().map(Key::Number),
            Value::Date(value) => Some(Key::Date(*value)),
            Value::DateTimeOffset(value) => Some(Key::DateTimeOffset(*value)),
            Value::TimeOfDay(value) => Some(Key::TimeOfDay(*value)),
            Value::Duration(value) => Some(Key::Duration(*value)),
            Value::Guid(value) => Some(Key::Guid(*value)),
            _ => None,
        }
    }
}

impl Set {
    pub(super) fn new(items: Vec<Value<'static>>, collation: Collation) -> Set {
        let strings = items.iter().filter(|item| matches!(item, Value::String(_))).count();
        let mut set = Set {
            strings: HashSet::with_capacity(strings),
            keys: HashSet::with_capacity(items.len().saturating_sub(strings)),
            read_as: Vec::new(),
            items: Vec::new(),
            hashed: true,
        };
        for item in &items {
            match (item, Key::of(item)) {
                (Value::String(text), _) => drop(set.strings.insert(collation.folded(text).into())),
                (_, Some(key)) => {
                    set.keys.insert(key);
                    let readable = !matches!(key, Key::Null | Key::Boolean(_) | Key::Number(_));
                    if let Some(item_type) = item.type_of().filter(|_| readable)
                        && !set.read_as.contains(&item_type)
                    {
                        set.read_as.push(item_type);
                    }
                }
                // NaN equals nothing.
                (Value::Number(_), None) => {}
                (_, None) => set.hashed = false,
            }
        }
        set.items = items;
        set
    }

    /// Evaluation steps of a look-up beyond the one of every node.
    pub(super) fn steps(&self) -> u64 {
        if self.hashed { 0 } else { self.items.len() as u64 }
    }

    /// All items.
    pub(super) fn items(&self) -> impl ExactSizeIterator<Item = Value<'_>> {
        self.items.iter().map(Value::borrowed)
    }

    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether an item equals the value.
    pub(crate) fn contains(&self, value: &Value<'_>, collation: Collation) -> bool {
        match value {
            Value::String(text) if self.hashed => {
                self.strings.contains(collation.folded(text).as_ref())
                    || self.read_as.iter().any(|item_type| {
                        let read = value.read_as(*item_type);
                        read.and_then(|read| Key::of(&read))
                            .is_some_and(|key| self.keys.contains(&key))
                    })
            }
            Value::Null | Value::Boolean(_) | Value::Number(_) if self.hashed => {
                Key::of(value).is_some_and(|key| self.keys.contains(&key))
            }
            _ => self.items.iter().any(|item| equals(value, item, collation)),
        }
    }
}
