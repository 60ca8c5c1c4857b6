//! Changes: the values of rows put in the place of others, without a look at the rest.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::ops::Range;

use serde_json::Value as Json;

use super::bits::Bits;
use super::build::Key;
use super::column::{Coded, Codes, Column, FEW, Form, Lists, MOST, Texts, part, point};
use super::often::Often;

impl Column {
    /// Puts values in the place of those of some rows.
    pub(super) fn splice(&mut self, rows: Range<usize>, values: &[&Json]) {
        let old = self.lookup.made().map(|index| index.hasher().clone()).map(|hasher| {
            let hashes = rows.clone().map(|row| self.hash(&hasher, row)).collect::<Vec<_>>();
            (hasher, hashes)
        });
        if self.known.is_empty() && values.iter().all(|value| value.is_null()) {
            let len = self.len().saturating_sub(rows.len()).saturating_add(values.len());
            self.known = Bits::none(len);
        } else {
            self.known.splice(rows.clone(), values.iter().map(|value| !value.is_null()));
        }
        let fits = match &mut self.form {
            Form::Coded(coded) => {
                let before = coded.values.len().next_power_of_two();
                let fits = coded.splice(&rows, values);
                if fits && coded.values.len() > before {
                    self.form = coded.reformed();
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
        let Some((hasher, old)) = old else {
            return;
        };
        let end = rows.start.saturating_add(values.len());
        let new: Vec<_> = (rows.start..end).map(|row| self.hash(&hasher, row)).collect();
        if let Some(index) = self.lookup.made() {
            index.splice(rows, &old, &new);
        }
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
        self.lookup = Often::default();
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
        let Some(codes) = self.codes_of(values) else {
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

    /// The values that are still there in the form that fits them, now that there are many more.
    fn reformed(&self) -> Form {
        let mut places: Vec<Option<u32>> = vec![None; self.values.len()];
        let mut values = Vec::new();
        let codes = (0..self.len()).map(|row| {
            let code = self.code(row);
            let known = places.get(code).copied().flatten();
            known.unwrap_or_else(|| {
                let place = values.len() as u32;
                values.push(self.values.get(code).cloned().unwrap_or_default());
                if let Some(slot) = places.get_mut(code) {
                    *slot = Some(place);
                }
                place
            })
        });
        let codes = codes.collect();
        Column::of(codes, values).form
    }

    /// The codes of values, of which some may be new; none where there are too many values.
    fn codes_of(&mut self, values: &[&Json]) -> Option<Vec<usize>> {
        // More are found by their hash.
        const FEW_NEW: usize = 16;
        // Values that it takes their text to compare: not more of them than a change may take.
        const FEW_TEXTS: usize = 1 << 10;
        let mut known: Option<HashMap<Key, usize>> =
            (values.len() > FEW_NEW).then(|| self.values.iter().map(Key::of).zip(0..).collect());
        let mut codes = Vec::with_capacity(values.len());
        for value in values {
            let key = Key::of(value);
            let found = match &known {
                Some(known) => known.get(&key).copied(),
                None if matches!(key, Key::Other(_)) && self.values.len() > FEW_TEXTS => {
                    return None;
                }
                None => self.values.iter().position(|known| key.is_of(known)),
            };
            let code = found.unwrap_or_else(|| self.add((*value).clone()));
            if self.values.len() > MOST {
                return None;
            }
            if let Some(known) = &mut known {
                known.insert(key, code);
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
