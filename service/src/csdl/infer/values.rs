//! What the values at one place of the records are like.

use std::collections::HashMap;

use serde_json::{Number, Value};

use super::form::Forms;
use super::name;

/// Objects and arrays inside one another at most; what is deeper has no type.
const DEPTH: usize = 32;
/// Declared properties of a type at most.
const PROPERTIES: usize = 1_000;

/// The members of objects of one type, in the order in which they were met.
#[derive(Default)]
pub(super) struct Fields<'v> {
    order: Vec<(&'v str, Values<'v>)>,
    positions: HashMap<&'v str, usize>,
    /// How many objects there were.
    pub(super) records: usize,
    /// Whether there are members that are not declared.
    pub(super) open: bool,
}

impl<'v> Fields<'v> {
    pub(super) fn add(
        &mut self,
        members: impl Iterator<Item = (&'v String, &'v Value)>,
        depth: usize,
    ) {
        self.records = self.records.saturating_add(1);
        for (name, value) in members.filter(|(name, _)| !name.contains('@')) {
            let next = self.order.len();
            let position = match self.positions.get(name.as_str()) {
                Some(position) => *position,
                None if next < PROPERTIES && name::is_identifier(name) => {
                    self.positions.insert(name, next);
                    self.order.push((name, Values::default()));
                    next
                }
                None => {
                    self.open = true;
                    continue;
                }
            };
            if let Some((_, values)) = self.order.get_mut(position) {
                values.add(value, depth);
            }
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<(&'v str, &Values<'v>)> {
        let (name, values) = self.order.get(*self.positions.get(name)?)?;
        Some((*name, values))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'v str, &Values<'v>)> {
        self.order.iter().map(|(name, values)| (*name, values))
    }
}

/// Kinds of values, of which a property has one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Boolean,
    Number,
    String,
    Object,
    Array,
    Mixed,
}

/// Types of numbers, each of which holds those before it as far as JSON goes.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Numbers {
    #[default]
    Int32,
    Int64,
    Integer,
    Fraction,
    Exponent,
}

#[derive(Default)]
pub(super) struct Values<'v> {
    pub(super) seen: usize,
    pub(super) nulls: bool,
    kind: Option<Kind>,
    numbers: Numbers,
    forms: Forms,
    pub(super) fields: Fields<'v>,
    pub(super) items: Option<Box<Values<'v>>>,
}

impl<'v> Values<'v> {
    fn add(&mut self, value: &'v Value, depth: usize) {
        self.seen = self.seen.saturating_add(1);
        let kind = match value {
            Value::Null => {
                self.nulls = true;
                return;
            }
            Value::Bool(_) => Kind::Boolean,
            Value::Number(number) => {
                self.numbers = self.numbers.max(numbers_of(number));
                Kind::Number
            }
            Value::String(text) => {
                self.forms.narrow(text);
                Kind::String
            }
            Value::Object(_) | Value::Array(_) if depth >= DEPTH => Kind::Mixed,
            Value::Object(members) => {
                self.fields.add(members.iter(), depth.saturating_add(1));
                Kind::Object
            }
            Value::Array(items) => {
                let own = self.items.get_or_insert_default();
                items.iter().for_each(|item| own.add(item, depth.saturating_add(1)));
                Kind::Array
            }
        };
        let is_same = self.kind.is_none_or(|known| known == kind);
        self.kind = Some(if is_same { kind } else { Kind::Mixed });
    }

    pub(super) fn is_collection(&self) -> bool {
        self.kind == Some(Kind::Array)
    }

    pub(super) fn is_complex(&self) -> bool {
        self.kind == Some(Kind::Object)
    }

    /// Whether there are integers larger than those of `Edm.Int64`, and nothing else.
    pub(super) fn is_large_integer(&self) -> bool {
        self.kind == Some(Kind::Number) && self.numbers == Numbers::Integer
    }

    /// The primitive type of all values, if there is one.
    pub(super) fn primitive(&self) -> Option<&'static str> {
        Some(match (self.kind?, self.numbers) {
            (Kind::Boolean, _) => "Edm.Boolean",
            (Kind::String, _) => self.forms.type_name(),
            (Kind::Number, Numbers::Int32) => "Edm.Int32",
            (Kind::Number, Numbers::Int64) => "Edm.Int64",
            (Kind::Number, Numbers::Integer | Numbers::Fraction) => "Edm.Decimal",
            (Kind::Number, Numbers::Exponent) => "Edm.Double",
            (Kind::Object | Kind::Array | Kind::Mixed, _) => return None,
        })
    }
}

fn numbers_of(number: &Number) -> Numbers {
    let text = number.to_string();
    if text.contains(['e', 'E']) {
        Numbers::Exponent
    } else if text.contains('.') {
        Numbers::Fraction
    } else if text.parse::<i32>().is_ok() {
        Numbers::Int32
    } else if text.parse::<i64>().is_ok() {
        Numbers::Int64
    } else {
        Numbers::Integer
    }
}

/// The one way of writing a number without an exponent.
pub(super) fn canonical(number: &str) -> String {
    let number = match number.split_once('.') {
        Some((whole, fraction)) => match fraction.trim_end_matches('0') {
            "" => whole.to_owned(),
            fraction => format!("{whole}.{fraction}"),
        },
        None => number.to_owned(),
    };
    if number == "-0" { "0".to_owned() } else { number }
}
