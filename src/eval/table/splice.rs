//! Changes: the values of rows put in the place of others, without a look at the rest.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::Range;

use serde_json::Value as Json;

use super::bits::Bits;
use super::build::{Key, Values};
use super::column::{Coded, Codes, Column, FEW, Form, Lists, MOST, Texts, part, point};
use super::often::Often;
use crate::eval::item::NULL;

/// What a form of columns is for.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Null,
    Integer,
    Text,
    Other,
}

impl Kind {
    fn of(json: &Json) -> Self {
        match json {
            Json::Null => Kind::Null,
            Json::String(_) => Kind::Text,
            json if json.as_i64().is_some() => Kind::Integer,
            _ => Kind::Other,
        }
    }
}

impl Column {
    /// Puts values in the place of those of some rows.
    pub(super) fn splice(&mut self, rows: Range<usize>, values: &[&Json]) {
        let old = self.lookup.made().map(|index| index.hasher().clone()).map(|hasher| {
            let hashes = rows.clone().map(|row| self.hash(&hasher, row)).collect::<Vec<_>>();
            (hasher, hashes)
        });
        let before: Vec<Kind> = rows.clone().map(|row| self.kind(row)).collect();
        if self.known.is_empty() && values.iter().all(|value| value.is_null()) {
            let len = self.len().saturating_sub(rows.len()).saturating_add(values.len());
            self.known = Bits::none(len);
        } else {
            self.known.splice(rows.clone(), values.iter().map(|value| !value.is_null()));
        }
        let fits = match &mut self.form {
            Form::Coded(coded) => {
                let most = coded.values.len().next_power_of_two();
                let fits = coded.splice(&rows, values);
                if fits && coded.values.len() > most {
                    self.reform();
                }
                fits
            }
            Form::Integers(integers) => {
                let new = values.iter().map(|value| integer(value)).collect::<Option<Vec<_>>>();
                new.map(|new| drop(integers.splice(rows.clone(), new))).is_some()
            }
            Form::Texts(texts) => texts.splice(&rows, values),
            Form::Mixed(all) => {
                all.splice(rows.clone(), values.iter().copied().cloned());
                true
            }
        };
        if !fits {
            self.mix(&rows, values);
        }
        if self.fits_without(&before) {
            self.reform();
        }
        let Some((hasher, old)) = old else {
            return;
        };
        let end = rows.start.saturating_add(values.len());
        let new: Vec<_> = (rows.start..end).map(|row| self.hash(&hasher, row)).collect();
        if let Some(index) = self.lookup.made() {
            index.splice(rows, &old, &new);
        }
    }

    /// A value of those that are kept as JSON.
    fn json(&self, row: usize) -> &Json {
        let json = match &self.form {
            Form::Coded(coded) => coded.values.get(coded.code(row)),
            Form::Mixed(all) => all.get(row),
            Form::Integers(_) | Form::Texts(_) => None,
        };
        json.unwrap_or(&NULL)
    }

    fn kind(&self, row: usize) -> Kind {
        match &self.form {
            _ if !self.known.has(row) => Kind::Null,
            Form::Integers(_) => Kind::Integer,
            Form::Texts(_) => Kind::Text,
            Form::Coded(_) | Form::Mixed(_) => Kind::of(self.json(row)),
        }
    }

    /// Whether another form fits now that some values are gone, of which one was of another kind than all that are left.
    fn fits_without(&self, gone: &[Kind]) -> bool {
        let kind = self.known.rows().next().map_or(Kind::Null, |row| self.kind(row));
        matches!(self.form, Form::Coded(_) | Form::Mixed(_))
            && kind != Kind::Other
            && gone.iter().any(|gone| *gone != Kind::Null && *gone != kind)
            && self.known.rows().all(|row| self.kind(row) == kind)
    }

    /// Takes the form that fits the values that are there.
    fn reform(&mut self) {
        let mut values = Values::default();
        (0..self.len()).for_each(|row| values.add(self.json(row)));
        self.form = values.finish().form;
    }

    /// The values as any values, with some of them changed.
    fn mix(&mut self, rows: &Range<usize>, values: &[&Json]) {
        let mut all = match &mut self.form {
            Form::Mixed(all) => std::mem::take(all),
            Form::Coded(coded) => {
                let code = |row| coded.values.get(coded.code(row)).cloned().unwrap_or_default();
                (0..coded.len()).map(code).collect()
            }
            Form::Integers(integers) => integers.iter().copied().map(Json::from).collect(),
            Form::Texts(texts) => (0..texts.ends.len()).map(|row| texts.get(row).into()).collect(),
        };
        // Rows behind those that change are known by other numbers already.
        for (row, value) in all.iter_mut().enumerate() {
            let row = match row < rows.end {
                true => row,
                false => row.saturating_sub(rows.len()).saturating_add(values.len()),
            };
            if !self.known.has(row) {
                *value = Json::Null;
            }
        }
        all.splice(rows.clone(), values.iter().copied().cloned());
        self.form = Form::Mixed(all);
        let indexed = std::mem::take(&mut self.lookup).is_made();
        if indexed {
            self.lookup.request();
        }
    }

    pub(super) fn hashes(&self, hasher: &impl BuildHasher) -> Vec<Option<u64>> {
        (0..self.len()).map(|row| self.hash(hasher, row)).collect()
    }

    /// The hash of the value of a row, if an index has it.
    fn hash(&self, hasher: &impl BuildHasher, row: usize) -> Option<u64> {
        match &self.form {
            _ if !self.known.has(row) => None,
            Form::Integers(values) => values.get(row).map(|value| hasher.hash_one(value)),
            Form::Texts(texts) => Some(hasher.hash_one(texts.get(row))),
            Form::Coded(_) | Form::Mixed(_) => None,
        }
    }
}

/// The integer that stands for a value in a column of integers.
fn integer(value: &Json) -> Option<i64> {
    if value.is_null() { Some(0) } else { value.as_i64() }
}

impl Coded {
    /// Whether the values have codes.
    fn splice(&mut self, rows: &Range<usize>, values: &[&Json]) -> bool {
        let codes = self.codes_of(values).or_else(|| {
            self.drop_unused(rows);
            self.codes_of(values)
        });
        let Some(codes) = codes else {
            return false;
        };
        if let (Codes::Same(len), 2..) = (&self.codes, self.values.len()) {
            self.rows = vec![Bits::all(*len)];
            self.codes = Codes::Bytes(vec![0; *len]);
        }
        match self.values.len() {
            0..=FEW if !self.rows.is_empty() => {
                self.rows.resize(self.values.len(), Bits::none(self.codes.len()));
                for (own, all) in self.rows.iter_mut().enumerate() {
                    all.splice(rows.clone(), codes.iter().map(|code| *code == own));
                }
            }
            _ => self.rows.clear(),
        }
        if let Codes::Bytes(bytes) = &self.codes
            && self.values.len() > 256
        {
            self.codes = Codes::Words(bytes.iter().copied().map(u16::from).collect());
        }
        match &mut self.codes {
            Codes::Same(len) => {
                *len = len.saturating_sub(rows.len()).saturating_add(codes.len());
            }
            Codes::Bytes(all) => {
                drop(all.splice(rows.clone(), codes.iter().map(|code| *code as u8)))
            }
            Codes::Words(all) => {
                drop(all.splice(rows.clone(), codes.iter().map(|code| *code as u16)))
            }
        }
        true
    }

    /// Drops the values that no row has but those that change.
    fn drop_unused(&mut self, changing: &Range<usize>) {
        let mut used = vec![false; self.values.len()];
        for row in (0..self.len()).filter(|row| !changing.contains(row)) {
            if let Some(used) = used.get_mut(self.code(row)) {
                *used = true;
            }
        }
        let places = used.iter().scan(0_u16, |next, used| {
            let place = *next;
            *next = next.wrapping_add(u16::from(*used));
            Some(place)
        });
        let places: Vec<u16> = places.collect();
        let place = |row| places.get(self.code(row)).copied().unwrap_or_default();
        self.codes = Codes::Words((0..self.len()).map(place).collect());
        let mut used = used.into_iter();
        self.values.retain(|_| used.next().unwrap_or_default());
        self.rows.clear();
        self.forget_order();
    }

    /// The codes of values, of which some may be new; none where there are too many values.
    fn codes_of(&mut self, values: &[&Json]) -> Option<Vec<usize>> {
        // More are found by their hash.
        const FEW_NEW: usize = 16;
        let mut known: Option<HashMap<Key, usize>> =
            (values.len() > FEW_NEW).then(|| self.values.iter().map(Key::of).zip(0..).collect());
        let mut codes = Vec::with_capacity(values.len());
        for value in values {
            let found = match &known {
                Some(known) => known.get(&Key::of(value)).copied(),
                None => self.values.iter().position(|known| known == *value),
            };
            let code = found.unwrap_or_else(|| self.add((*value).clone()));
            if self.values.len() > MOST {
                return None;
            }
            if let Some(known) = &mut known {
                known.insert(Key::of(value), code);
            }
            codes.push(code);
        }
        Some(codes)
    }
}

impl Texts {
    /// Whether the values are texts and find room.
    fn splice<'v>(&mut self, rows: &Range<usize>, values: &[&'v Json]) -> bool {
        let text = |value: &&'v Json| if value.is_null() { Some("") } else { value.as_str() };
        let Some(new) = values.iter().map(text).collect::<Option<Vec<_>>>() else {
            return false;
        };
        let place = part(&self.ends, rows.clone());
        let len: usize = new.iter().map(|text| text.len()).sum();
        if u32::try_from(self.text.len().saturating_sub(place.len()).saturating_add(len)).is_err() {
            return false;
        }
        self.text.replace_range(place, &new.concat());
        self.longest = new.iter().map(|text| text.len()).fold(self.longest, usize::max);
        splice_ends(&mut self.ends, rows, new.iter().map(|text| text.len()));
        self.ranks = Often::default();
        if let Some(all) = self.points.get_mut() {
            let points = values.iter().zip(&new).map(|(value, text)| match value {
                Json::Null => Some(0),
                _ => point(text),
            });
            match (all, points.collect::<Option<Vec<_>>>()) {
                (Some(all), Some(points)) => drop(all.splice(rows.clone(), points)),
                _ => drop(self.points.take()),
            }
        }
        true
    }
}

impl Lists {
    /// Puts collections in the place of those of some rows.
    pub(super) fn splice(&mut self, rows: Range<usize>, values: &[&Json]) {
        let lens = || values.iter().map(|value| value.as_array().map_or(0, Vec::len));
        splice_ends(&mut self.ends, &rows, lens());
        self.filled.splice(rows, lens().map(|len| len > 0));
    }
}

/// Puts lengths in the place of those of some rows.
fn splice_ends(ends: &mut Vec<u32>, rows: &Range<usize>, lens: impl Iterator<Item = usize>) {
    let before = part(ends, rows.clone());
    let mut end = before.start as u32;
    let new: Vec<u32> = lens
        .map(|len| {
            end = end.saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
            end
        })
        .collect();
    let by = end.wrapping_sub(before.end as u32);
    for end in ends.get_mut(rows.end..).unwrap_or_default() {
        *end = end.wrapping_add(by);
    }
    ends.splice(rows.clone(), new);
}
