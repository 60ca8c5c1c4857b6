//! Making columns and lists of lean records.

use std::collections::HashMap;

use serde_json::{Number, Value as Json};

use super::bits::Bits;
use super::column::{Coded, Codes, Column, FEW, Form, Lists, MOST, Made, Texts};
use crate::eval::item::{NULL, by_name};
use crate::eval::lean::Step;
use crate::limits::Names;

/// Makes columns and lists in one pass over lean records.
#[derive(Default)]
pub(super) struct Builder {
    values: Option<Values>,
    members: Vec<(Box<str>, Builder)>,
    items: Option<Box<(Lists, Builder)>>,
}

/// The values of one path so far.
#[derive(Default)]
pub(super) struct Values {
    count: usize,
    /// The code of each row, once there is more than one value.
    codes: Vec<u32>,
    /// The codes of the distinct values.
    known: HashMap<Key, u32>,
    values: Vec<Json>,
}

/// What equal JSON values have in common.
#[derive(PartialEq, Eq, Hash)]
pub(super) enum Key {
    Null,
    Boolean(bool),
    Integer(i64),
    Number(Number),
    Text(Box<str>),
    /// Any other value, as it is written.
    Other(Box<str>),
}

impl Key {
    pub(super) fn of(json: &Json) -> Self {
        match json {
            Json::Null => Key::Null,
            Json::Bool(value) => Key::Boolean(*value),
            Json::String(text) => Key::Text(text.as_str().into()),
            Json::Number(number) => match number.as_i64() {
                Some(integer) => Key::Integer(integer),
                None => Key::Number(number.clone()),
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
            made.push((path.clone(), Made::Column(Box::new(values.finish()))));
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
    pub(super) fn add(&mut self, json: &Json) {
        self.count = self.count.saturating_add(1);
        if json.is_null() && self.values == [Json::Null] {
            return;
        }
        let next = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let code = *self.known.entry(Key::of(json)).or_insert(next);
        if code == next {
            self.values.push(json.clone());
        }
        if self.values.len() > 1 {
            self.codes.resize(self.count.saturating_sub(1), 0);
            self.codes.push(code);
        }
    }

    pub(super) fn finish(self) -> Column {
        match <[Json; 1]>::try_from(self.values) {
            Ok([value]) => Column::same(value, self.count),
            Err(values) => Column::of(self.codes, values),
        }
    }
}

impl Column {
    /// The column of rows that all have one value.
    fn same(value: Json, count: usize) -> Self {
        let known = if value.is_null() { Bits::none(count) } else { Bits::all(count) };
        Column::new(Form::Coded(Coded::new(Codes::Same(count), vec![value], Vec::new())), known)
    }

    /// The column of values that codes stand for, in the form that fits.
    pub(super) fn of(codes: Vec<u32>, values: Vec<Json>) -> Self {
        let json = |code: &u32| values.get(*code as usize).unwrap_or(&NULL);
        let known = Bits::of(&codes, |code| !json(code).is_null());
        let is_varied = values.len() > MOST || values.len() > 16 && values.len() > codes.len() / 4;
        let are = |test: fn(&Json) -> bool| values.iter().all(|json| json.is_null() || test(json));
        if is_varied && are(|json| json.as_i64().is_some()) {
            let integers = codes.iter().map(|code| json(code).as_i64().unwrap_or_default());
            return Column::new(Form::Integers(integers.collect()), known);
        }
        let length =
            || codes.iter().map(|code| json(code).as_str().map_or(0, str::len)).sum::<usize>();
        if is_varied && are(Json::is_string) && u32::try_from(length()).is_ok() {
            let mut texts = Texts::default();
            texts.text.reserve_exact(length());
            texts.ends.reserve_exact(codes.len());
            for code in &codes {
                let text = json(code).as_str().unwrap_or_default();
                texts.longest = texts.longest.max(text.len());
                texts.text.push_str(text);
                texts.ends.push(texts.text.len() as u32);
            }
            return Column::new(Form::Texts(texts), known);
        }
        if values.len() > MOST {
            return Column::new(Form::Mixed(codes.iter().map(json).cloned().collect()), known);
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
        Column::new(Form::Coded(Coded::new(codes, values, rows)), known)
    }
}
