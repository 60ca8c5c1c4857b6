//! `$orderby` over columns: the first rows in an order, as many as the window wants.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::bits::{Bits, of_word, word_of};
use super::column::{Column, Form};
use crate::ast::Direction;
use crate::value::{Collation, Value, total_order};

/// A sort key: the column of its path, and which way.
pub(super) struct Key<'c> {
    pub(super) column: &'c Column,
    pub(super) direction: Direction,
}

/// Sorts rows by their keys, equal ones by their position, and keeps those of the window.
pub(super) fn first(
    keys: &[Key<'_>],
    rows: &Bits,
    window: usize,
    collation: Collation,
) -> Vec<usize> {
    let parts: Option<Vec<Part<'_>>> = keys.iter().map(|key| Part::of(key, collation)).collect();
    match parts.filter(|parts| parts.iter().map(|part| part.bits).sum::<u32>() <= u128::BITS) {
        Some(parts) => {
            let key = |row| parts.iter().fold(0, |all, part| part.add(all, row));
            let behind = parts.iter().skip(1).map(|part| part.bits).sum::<u32>();
            let mut first = First::new(window, <(u128, usize)>::cmp);
            for (number, mut word) in rows.words().enumerate() {
                if let (Some((bound, _)), Some(part)) = (first.bound, parts.first()) {
                    word = part.until(bound.wrapping_shr(behind), number, word);
                }
                of_word(number, word).for_each(|row| first.add((key(row), row)));
            }
            first.sorted().into_iter().map(|(_, row)| row).collect()
        }
        None => {
            let mut first = First::new(window, |left: &usize, right: &usize| {
                compare((keys, *left), (keys, *right), collation).then(left.cmp(right))
            });
            rows.rows().for_each(|row| first.add(row));
            first.sorted()
        }
    }
}

/// The order of two rows, each of the columns of its keys.
pub(super) fn compare(
    left: (&[Key<'_>], usize),
    right: (&[Key<'_>], usize),
    collation: Collation,
) -> Ordering {
    let mut orders = left.0.iter().zip(right.0).map(|(left_key, right_key)| {
        let (left, right) = (left_key.column.value(left.1), right_key.column.value(right.1));
        let order = total_order(&left, &right, collation);
        if left_key.direction == Direction::Desc { order.reverse() } else { order }
    });
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

/// The first items in an order. No more than twice as many as are wanted are held.
struct First<T, C> {
    window: usize,
    compare: C,
    kept: Vec<T>,
    /// The last one of the window, once it was full.
    bound: Option<T>,
}

impl<T: Copy, C: Fn(&T, &T) -> Ordering> First<T, C> {
    /// Items that are held at least before any is dropped.
    const FEW: usize = 64;

    fn new(window: usize, compare: C) -> Self {
        First { window, compare, kept: Vec::new(), bound: None }
    }

    fn add(&mut self, item: T) {
        if self.bound.is_some_and(|bound| (self.compare)(&item, &bound).is_gt()) {
            return;
        }
        self.kept.push(item);
        if self.kept.len() >= self.window.saturating_mul(2).max(Self::FEW) {
            match self.window.checked_sub(1) {
                Some(last) => {
                    let (_, bound, _) = self.kept.select_nth_unstable_by(last, &self.compare);
                    self.bound = Some(*bound);
                    self.kept.truncate(self.window);
                }
                None => self.kept.clear(),
            }
        }
    }

    fn sorted(mut self) -> Vec<T> {
        self.kept.sort_unstable_by(self.compare);
        self.kept.truncate(self.window);
        self.kept
    }
}

/// A sort key as part of a number that orders like all of them.
struct Part<'c> {
    column: &'c Column,
    /// The ranks of coded values.
    ranks: Cow<'c, [u32]>,
    bits: u32,
    is_descending: bool,
}

impl<'c> Part<'c> {
    fn of(key: &Key<'c>, collation: Collation) -> Option<Self> {
        let (ranks, bits) = match &key.column.form {
            Form::Coded(coded) => (coded.ranks(collation), 17),
            Form::Integers(_) => (Cow::default(), 65),
            Form::Texts(_) | Form::Mixed(_) => return None,
        };
        let is_descending = key.direction == Direction::Desc;
        Some(Part { column: key.column, ranks, bits, is_descending })
    }

    /// Puts the key of a row behind others.
    fn add(&self, before: u128, row: usize) -> u128 {
        before.wrapping_shl(self.bits) | self.key(row)
    }

    fn key(&self, row: usize) -> u128 {
        let value = match &self.column.form {
            Form::Coded(coded) => {
                self.ranks.get(coded.code(row)).copied().unwrap_or_default().into()
            }
            // Null comes first.
            Form::Integers(values) if self.column.known.has(row) => {
                let value = values.get(row).copied().unwrap_or_default();
                u128::from((value as u64) ^ (1 << 63)) | 1 << 64
            }
            _ => 0,
        };
        self.directed(value)
    }

    fn directed(&self, value: u128) -> u128 {
        let most = !u128::MAX.wrapping_shl(self.bits);
        if self.is_descending { most ^ value } else { value }
    }

    /// Some rows of a word without those whose key comes after one.
    fn until(&self, bound: u128, number: usize, rows: u64) -> u64 {
        // As many take less one by one.
        const FEW: u32 = 8;
        if rows.count_ones() < FEW {
            return rows;
        }
        let bound = self.directed(bound);
        let known = self.column.known.word(number);
        let kept = match (&self.column.form, bound >> 64) {
            (Form::Integers(_), 0) if self.is_descending => u64::MAX,
            (Form::Integers(_), 0) => !known,
            (Form::Integers(values), _) => {
                let bound = (bound as u64 ^ 1 << 63) as i64;
                match self.is_descending {
                    true => known & word_of(values, number, |value| *value >= bound),
                    false => !known | word_of(values, number, |value| *value <= bound),
                }
            }
            _ => return rows,
        };
        rows & kept
    }
}

/// The place of each value in the order of all of them; equal ones have one.
pub(super) fn ranks(values: &[serde_json::Value], collation: Collation) -> Vec<u32> {
    let value = |position: &usize| values.get(*position).map_or(Value::Null, Value::from_json);
    let mut sorted: Vec<usize> = (0..values.len()).collect();
    sorted.sort_by(|left, right| total_order(&value(left), &value(right), collation));
    let mut ranks = vec![0; values.len()];
    let mut rank = 0_u32;
    let mut before: Option<usize> = None;
    for position in sorted {
        if before.is_some_and(|before| {
            total_order(&value(&before), &value(&position), collation).is_ne()
        }) {
            rank = rank.saturating_add(1);
        }
        if let Some(slot) = ranks.get_mut(position) {
            *slot = rank;
        }
        before = Some(position);
    }
    ranks
}
