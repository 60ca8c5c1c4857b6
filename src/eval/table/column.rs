//! Columns: the values that a path leads to from all rows, in the form that fits them.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value as Json;

use super::bits::Bits;
use super::index::Index;
use super::often::Often;
use super::order::ranks;
use super::question::Question;
use crate::value::{Collation, DateTimeOffset, Number, Value, total_order};

/// Distinct values that have a set of rows each.
pub(super) const FEW: usize = 4;
/// Distinct values at most that have codes.
pub(super) const MOST: usize = 1 << 16;

/// The values of a path.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) form: Form,
    /// The rows whose value is not null.
    pub(super) known: Bits,
    pub(super) lookup: Often<Index>,
}

/// How the values are kept.
#[derive(Debug, Clone)]
pub(super) enum Form {
    /// Few distinct values, and for each row which of them.
    Coded(Coded),
    /// Integers; those of rows that are null mean nothing.
    Integers(Vec<i64>),
    Texts(Texts),
    Mixed(Vec<Json>),
}

#[derive(Debug, Clone)]
pub(super) struct Coded {
    pub(super) codes: Codes,
    pub(super) values: Vec<Json>,
    /// The rows of each value, where there are very few.
    pub(super) rows: Vec<Bits>,
    /// The places of the values in their order, once it was asked for.
    ranks: OnceLock<Vec<u32>>,
}

#[derive(Debug, Clone)]
pub(super) enum Codes {
    /// So many rows that all have the only value.
    Same(usize),
    Bytes(Vec<u8>),
    Words(Vec<u16>),
}

/// Strings in one buffer.
#[derive(Debug, Clone, Default)]
pub(super) struct Texts {
    pub(super) text: String,
    /// Where each of them ends.
    pub(super) ends: Vec<u32>,
    /// No text is longer.
    pub(super) longest: usize,
    pub(super) points: OnceLock<Option<Vec<i64>>>,
    /// The place of each row in the order of all of them; equal ones have one.
    pub(super) ranks: Often<Vec<u32>>,
}

/// Collections of the rows: their items are rows of their own, one collection after another.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists {
    /// Where the items of each row end.
    pub(super) ends: Vec<u32>,
    /// The rows that have items.
    pub(super) filled: Bits,
}

/// What was made for a path.
#[derive(Debug, Clone)]
pub(super) enum Made {
    Column(Box<Column>),
    Lists(Lists),
}

/// The part of some rows in what lies one row after another.
pub(super) fn part(ends: &[u32], rows: Range<usize>) -> Range<usize> {
    let start = |row: usize| {
        let before = row.checked_sub(1).and_then(|before| ends.get(before));
        before.copied().unwrap_or_default() as usize
    };
    start(rows.start)..start(rows.end)
}

impl Texts {
    pub(super) fn get(&self, row: usize) -> &str {
        self.text.get(part(&self.ends, row..row.saturating_add(1))).unwrap_or_default()
    }

    /// Points in time as nanoseconds, read when they are wanted first; none where not all texts are such points.
    pub(super) fn points(&self, known: &Bits) -> Option<&[i64]> {
        let points = self.points.get_or_init(|| {
            let point = |row: usize| match known.has(row) {
                true => point(self.get(row)),
                false => Some(0),
            };
            (0..self.ends.len()).map(point).collect()
        });
        points.as_deref()
    }
}

/// A point in time as nanoseconds.
pub(super) fn point(text: &str) -> Option<i64> {
    DateTimeOffset::parse(text)?.nanoseconds()
}

impl Lists {
    /// The items of some rows beside each other.
    pub(super) fn items(&self, rows: Range<usize>) -> Range<usize> {
        part(&self.ends, rows)
    }

    /// The number of all items.
    pub(super) fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or_default() as usize
    }

    /// The rows that have items of a set.
    pub(super) fn owners(&self, items: &Bits) -> Bits {
        let mut owners = Bits::none(self.ends.len());
        let mut row = 0_usize;
        for item in items.rows() {
            let rest = self.ends.get(row..).unwrap_or_default();
            // Most owners are near the last one.
            let near = rest.iter().take(16).position(|end| *end as usize > item);
            let step = near.unwrap_or_else(|| rest.partition_point(|end| *end as usize <= item));
            row = row.saturating_add(step);
            owners.add(row);
        }
        owners
    }
}

impl Codes {
    pub(super) fn len(&self) -> usize {
        match self {
            Codes::Same(len) => *len,
            Codes::Bytes(codes) => codes.len(),
            Codes::Words(codes) => codes.len(),
        }
    }
}

impl Coded {
    pub(super) fn new(codes: Codes, values: Vec<Json>, rows: Vec<Bits>) -> Self {
        Coded { codes, values, rows, ranks: OnceLock::new() }
    }

    /// The place of each value in the order of all of them; equal ones have one.
    pub(super) fn ranks(&self, collation: Collation) -> Cow<'_, [u32]> {
        let value = |at| self.values.get(at).map_or(Value::Null, Value::from_json);
        let compare = |left: &Value<'_>, right: &Value<'_>| total_order(left, right, collation);
        let ranks = || ranks(self.values.len(), value, compare);
        match collation {
            Collation::Ordinal => Cow::Borrowed(self.ranks.get_or_init(ranks)),
            Collation::IgnoreCase => Cow::Owned(ranks()),
        }
    }

    /// Adds a value and gives its code.
    pub(super) fn add(&mut self, value: Json) -> usize {
        self.forget_order();
        self.values.push(value);
        self.values.len().saturating_sub(1)
    }

    /// What was known of the order does not hold for other values.
    pub(super) fn forget_order(&mut self) {
        self.ranks.take();
    }

    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn code(&self, row: usize) -> usize {
        match &self.codes {
            Codes::Same(_) => 0,
            Codes::Bytes(codes) => codes.get(row).copied().unwrap_or_default().into(),
            Codes::Words(codes) => codes.get(row).copied().unwrap_or_default().into(),
        }
    }

    /// The rows whose value passes a test, which is asked of every value once.
    fn rows_where(&self, test: impl Fn(&Json) -> bool) -> Bits {
        let passes: Vec<bool> = self.values.iter().map(test).collect();
        let count = self.len();
        let passing = passes.iter().filter(|passes| **passes).count();
        if passing == 0 {
            return Bits::none(count);
        }
        if passing == passes.len() {
            return Bits::all(count);
        }
        if !self.rows.is_empty() {
            let mut all = Bits::none(count);
            let passing = self.rows.iter().zip(&passes).filter(|(_, passes)| **passes);
            passing.for_each(|(rows, _)| all.join(rows));
            return all;
        }
        match &self.codes {
            // It passes or does not.
            Codes::Same(_) => Bits::none(count),
            Codes::Bytes(codes) if passing == 1 => {
                let only = passes.iter().position(|passes| *passes).unwrap_or_default() as u8;
                Bits::of(codes, |code| *code == only)
            }
            Codes::Bytes(codes) => {
                let mut table = [false; 256];
                table.iter_mut().zip(&passes).for_each(|(slot, passes)| *slot = *passes);
                Bits::of(codes, |code| table.get(usize::from(*code)).copied().unwrap_or_default())
            }
            Codes::Words(codes) => {
                Bits::of(codes, |code| passes.get(usize::from(*code)).copied().unwrap_or_default())
            }
        }
    }
}

impl Column {
    pub(super) fn new(form: Form, known: Bits) -> Self {
        Column { form, known, lookup: Often::default() }
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The rows whose value has an answer; of values that rows share, one is asked.
    pub(super) fn rows_where(&self, question: &Question<'_>) -> Bits {
        match &self.form {
            Form::Coded(coded) => coded.rows_where(|json| question.of_json(json)),
            Form::Mixed(values) => Bits::of(values, |json| question.of_json(json)),
            Form::Integers(_) | Form::Texts(_) => {
                let mut rows = Bits::none(self.len());
                for row in self.known.rows().filter(|row| question.of_value(&self.value(*row))) {
                    rows.add(row);
                }
                if question.of_value(&Value::Null) {
                    rows.join(&self.known.others());
                }
                rows
            }
        }
    }

    /// The rows whose value is equal to one, where an index tells.
    pub(super) fn equal(&self, wanted: &Value<'_>, collation: Collation) -> Option<Bits> {
        let mut rows = Bits::none(self.len());
        match (&self.form, wanted) {
            (Form::Integers(values), Value::Number(Number::Integer(wanted))) => {
                let wanted = i64::try_from(*wanted).ok()?;
                let index = self.lookup.get(|| Index::new(|hasher| self.hashes(hasher)))?;
                let found = index.rows(index.hash(wanted));
                found.filter(|row| values.get(*row) == Some(&wanted)).for_each(|row| rows.add(row));
            }
            (Form::Texts(texts), Value::String(wanted)) if collation == Collation::Ordinal => {
                let index = self.lookup.get(|| Index::new(|hasher| self.hashes(hasher)))?;
                let found = index.rows(index.hash(&**wanted));
                found.filter(|row| texts.get(*row) == &**wanted).for_each(|row| rows.add(row));
            }
            _ => return None,
        }
        Some(rows)
    }

    /// The value of a row.
    pub(super) fn value(&self, row: usize) -> Value<'_> {
        match &self.form {
            _ if !self.known.has(row) => Value::Null,
            Form::Coded(coded) => {
                coded.values.get(coded.code(row)).map_or(Value::Null, Value::from_json)
            }
            Form::Integers(values) => {
                values.get(row).map_or(Value::Null, |value| Number::from(*value).into())
            }
            Form::Texts(texts) => Value::from(texts.get(row)),
            Form::Mixed(values) => values.get(row).map_or(Value::Null, Value::from_json),
        }
    }
}
