//! Columns: the values that a path leads to from all rows, in the form that fits them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value as Json;

use super::bits::Bits;
use crate::eval::item::{NULL, by_name};
use crate::eval::lean::Step;
use crate::limits::Names;
use crate::value::{DateTimeOffset, Number, Value};

/// Distinct values that have a set of rows each.
const FEW: usize = 4;
/// Distinct values at most that have codes.
const MOST: usize = 1 << 16;

/// The values of a path.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) form: Form,
    /// The rows whose value is not null.
    pub(super) known: Bits,
}

/// How the values are kept.
#[derive(Debug)]
pub(super) enum Form {
    /// Few distinct values, and for each row which of them.
    Coded(Coded),
    /// Integers; those of rows that are null mean nothing.
    Integers(Vec<i64>),
    Texts(Texts),
    Mixed(Vec<Json>),
}

#[derive(Debug)]
pub(super) struct Coded {
    codes: Codes,
    pub(super) values: Vec<Json>,
    /// The rows of each value, where there are very few.
    rows: Vec<Bits>,
}

#[derive(Debug)]
enum Codes {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
}

/// Strings in one buffer.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub(super) text: String,
    /// Where each of them ends.
    pub(super) ends: Vec<u32>,
    points: OnceLock<Option<Vec<i64>>>,
}

/// Collections of the rows: their items are rows of their own, one collection after another.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Where the items of each row end.
    ends: Vec<u32>,
    /// The rows that have items.
    pub(super) filled: Bits,
}

/// What was made for a path.
#[derive(Debug)]
pub(super) enum Made {
    Column(Column),
    Lists(Lists),
}

/// The part of a row in what lies one row after another.
fn part(ends: &[u32], row: usize) -> Range<usize> {
    let end = |row: usize| ends.get(row).copied().unwrap_or_default() as usize;
    row.checked_sub(1).map_or(0, end)..end(row)
}

impl Texts {
    pub(super) fn get(&self, row: usize) -> &str {
        self.text.get(part(&self.ends, row)).unwrap_or_default()
    }

    /// Points in time as nanoseconds, read when they are wanted first; none where not all texts are such points.
    pub(super) fn points(&self, known: &Bits) -> Option<&[i64]> {
        let points = self.points.get_or_init(|| {
            let point = |row: usize| match known.has(row) {
                true => DateTimeOffset::parse(self.get(row))?.nanoseconds(),
                false => Some(0),
            };
            (0..self.ends.len()).map(point).collect()
        });
        points.as_deref()
    }
}

impl Lists {
    /// The items of a row.
    pub(super) fn items(&self, row: usize) -> Range<usize> {
        part(&self.ends, row)
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

impl Coded {
    pub(super) fn code(&self, row: usize) -> usize {
        match &self.codes {
            Codes::Bytes(codes) => codes.get(row).copied().unwrap_or_default().into(),
            Codes::Words(codes) => codes.get(row).copied().unwrap_or_default().into(),
        }
    }

    /// The rows whose value passes a test, which is asked of every value once.
    fn rows_where(&self, test: impl Fn(&Value<'_>) -> bool) -> Bits {
        let passes: Vec<bool> =
            self.values.iter().map(|json| test(&Value::from_json(json))).collect();
        let count = match &self.codes {
            Codes::Bytes(codes) => codes.len(),
            Codes::Words(codes) => codes.len(),
        };
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
            Codes::Bytes(codes) if passing == 1 => {
                let only = passes.iter().zip(0_u8..).find(|(passes, _)| **passes);
                let only = only.map_or(0, |(_, code)| code);
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
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    /// The rows whose value passes a test; of values that rows share, one is asked.
    pub(super) fn rows_where(&self, test: impl Fn(&Value<'_>) -> bool) -> Bits {
        match &self.form {
            Form::Coded(coded) => coded.rows_where(test),
            Form::Mixed(values) => Bits::of(values, |json| test(&Value::from_json(json))),
            Form::Integers(_) | Form::Texts(_) => {
                let mut rows = Bits::none(self.len());
                for row in self.known.rows().filter(|row| test(&self.value(*row))) {
                    rows.add(row);
                }
                if test(&Value::Null) {
                    rows.join(&self.known.others());
                }
                rows
            }
        }
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

/// Makes columns and lists in one pass over lean records.
#[derive(Default)]
pub(super) struct Builder {
    values: Option<Values>,
    members: Vec<(Box<str>, Builder)>,
    items: Option<Box<(Lists, Builder)>>,
}

/// The values of one path so far.
#[derive(Default)]
struct Values {
    codes: Vec<u32>,
    /// The codes of the distinct values.
    known: HashMap<Key, u32>,
    values: Vec<Json>,
}

/// What equal JSON values have in common.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Null,
    Boolean(bool),
    Integer(i64),
    Text(Box<str>),
    /// Any other value, as it is written.
    Other(Box<str>),
}

impl Key {
    fn of(json: &Json) -> Self {
        match json {
            Json::Null => Key::Null,
            Json::Bool(value) => Key::Boolean(*value),
            Json::String(text) => Key::Text(text.as_str().into()),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Key::Integer(integer),
                None => Key::Other(number.to_string().into()),
            },
            other => Key::Other(other.to_string().into()),
        }
    }
}

impl Builder {
    /// Wants the column of a path, or its lists.
    pub(super) fn want(&mut self, path: &[Step]) {
        match path {
            [before @ .., Step::Lists] => {
                self.at(before).items.get_or_insert_default();
            }
            path => {
                self.at(path).values.get_or_insert_default();
            }
        }
    }

    fn at(&mut self, path: &[Step]) -> &mut Builder {
        path.iter().fold(self, |builder, step| match step {
            Step::Member(name) => {
                let known = builder.members.iter().position(|(known, _)| known == name);
                let position = known.unwrap_or(builder.members.len());
                if known.is_none() {
                    builder.members.push((name.clone(), Builder::default()));
                }
                match builder.members.get_mut(position) {
                    Some((_, inside)) => inside,
                    // There is one at the position.
                    None => &mut builder.items.get_or_insert_default().1,
                }
            }
            Step::Items | Step::Lists => &mut builder.items.get_or_insert_default().1,
        })
    }

    /// Adds the value of a row.
    pub(super) fn add(&mut self, json: &Json, names: Names) {
        if let Some(values) = &mut self.values {
            values.add(json);
        }
        for (name, inside) in &mut self.members {
            let member = match json {
                Json::Object(members) => by_name(members, name, names),
                _ => &NULL,
            };
            inside.add(member, names);
        }
        if let Some(items) = &mut self.items {
            let (lists, inside) = &mut **items;
            let own = json.as_array().map_or(&[][..], Vec::as_slice);
            let before = lists.len() as u32;
            lists.ends.push(before.saturating_add(u32::try_from(own.len()).unwrap_or(u32::MAX)));
            lists.filled.push(!own.is_empty());
            own.iter().for_each(|item| inside.add(item, names));
        }
    }

    /// Gives all that was made, by its path.
    pub(super) fn finish(self, path: Vec<Step>, made: &mut Vec<(Vec<Step>, Made)>) {
        if let Some(values) = self.values {
            made.push((path.clone(), Made::Column(values.finish())));
        }
        for (name, inside) in self.members {
            let mut path = path.clone();
            path.push(Step::Member(name));
            inside.finish(path, made);
        }
        if let Some(items) = self.items {
            let (lists, inside) = *items;
            let then = |step| path.iter().cloned().chain([step]).collect();
            inside.finish(then(Step::Items), made);
            made.push((then(Step::Lists), Made::Lists(lists)));
        }
    }
}

impl Values {
    fn add(&mut self, json: &Json) {
        let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let code = *self.known.entry(Key::of(json)).or_insert(next);
        if code == next {
            self.values.push(json.clone());
        }
        self.codes.push(code);
    }

    fn finish(self) -> Column {
        let Values { codes, values, .. } = self;
        let json = |code: &u32| values.get(*code as usize).unwrap_or(&NULL);
        let known = Bits::of(&codes, |code| !json(code).is_null());
        let is_varied = values.len() > MOST || values.len() > 16 && values.len() > codes.len() / 4;
        let are = |test: fn(&Json) -> bool| values.iter().all(|json| json.is_null() || test(json));
        if is_varied && are(|json| json.as_i64().is_some()) {
            let integers = codes.iter().map(|code| json(code).as_i64().unwrap_or_default());
            return Column { form: Form::Integers(integers.collect()), known };
        }
        let length =
            || codes.iter().map(|code| json(code).as_str().map_or(0, str::len)).sum::<usize>();
        if is_varied && are(Json::is_string) && u32::try_from(length()).is_ok() {
            let mut texts = Texts::default();
            texts.text.reserve_exact(length());
            texts.ends.reserve_exact(codes.len());
            for code in &codes {
                texts.text.push_str(json(code).as_str().unwrap_or_default());
                texts.ends.push(texts.text.len() as u32);
            }
            return Column { form: Form::Texts(texts), known };
        }
        if values.len() > MOST {
            return Column { form: Form::Mixed(codes.iter().map(json).cloned().collect()), known };
        }
        let rows = match values.len() <= FEW {
            true => (0..)
                .take(values.len())
                .map(|code: u32| Bits::of(&codes, |own| *own == code))
                .collect(),
            false => Vec::new(),
        };
        let codes = match values.len() <= 256 {
            true => Codes::Bytes(codes.iter().map(|code| *code as u8).collect()),
            false => Codes::Words(codes.iter().map(|code| *code as u16).collect()),
        };
        Column { form: Form::Coded(Coded { codes, values, rows }), known }
    }
}
