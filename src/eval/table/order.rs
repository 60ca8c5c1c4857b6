//! `$orderby` over columns: the first rows in an order, as many as the window wants.

use std::cmp::Ordering;

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
    rows: impl Iterator<Item = usize>,
    window: usize,
    collation: Collation,
) -> Vec<usize> {
    let parts: Option<Vec<Part<'_>>> = keys.iter().map(|key| Part::of(key, collation)).collect();
    match parts.filter(|parts| parts.iter().map(|part| part.bits).sum::<u32>() <= u128::BITS) {
        Some(parts) => {
            let key = |row| parts.iter().fold(0, |all, part| part.add(all, row));
            let first = keep(rows.map(|row| (key(row), row)), window, Ord::cmp);
            first.into_iter().map(|(_, row)| row).collect()
        }
        None => keep(rows, window, |left, right| {
            compare((keys, *left), (keys, *right), collation).then(left.cmp(right))
        }),
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

/// The first items in an order, sorted. No more than twice as many are held.
fn keep<T: Clone>(
    items: impl Iterator<Item = T>,
    window: usize,
    mut compare: impl FnMut(&T, &T) -> Ordering,
) -> Vec<T> {
    const FEW: usize = 64;
    let Some(last) = window.checked_sub(1) else {
        return Vec::new();
    };
    let most = window.saturating_mul(2).max(FEW);
    let mut kept: Vec<T> = Vec::new();
    let mut bound: Option<T> = None;
    for item in items {
        if bound.as_ref().is_some_and(|bound| compare(&item, bound).is_gt()) {
            continue;
        }
        kept.push(item);
        if kept.len() >= most {
            let (_, least, _) = kept.select_nth_unstable_by(last, &mut compare);
            bound = Some(least.clone());
            kept.truncate(window);
        }
    }
    kept.sort_unstable_by(compare);
    kept.truncate(window);
    kept
}

/// A sort key as part of a number that orders like all of them.
struct Part<'c> {
    column: &'c Column,
    /// The ranks of coded values.
    ranks: Vec<u32>,
    bits: u32,
    is_descending: bool,
}

impl<'c> Part<'c> {
    fn of(key: &Key<'c>, collation: Collation) -> Option<Self> {
        let (ranks, bits) = match &key.column.form {
            Form::Coded(coded) => (ranks(&coded.values, collation), 17),
            Form::Integers(_) => (Vec::new(), 65),
            Form::Texts(_) | Form::Mixed(_) => return None,
        };
        let is_descending = key.direction == Direction::Desc;
        Some(Part { column: key.column, ranks, bits, is_descending })
    }

    /// Puts the key of a row behind others.
    fn add(&self, before: u128, row: usize) -> u128 {
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
        let most = !u128::MAX.wrapping_shl(self.bits);
        let value = if self.is_descending { most ^ value } else { value };
        before.wrapping_shl(self.bits) | value
    }
}

/// The place of each value in the order of all of them; equal ones have one.
fn ranks(values: &[serde_json::Value], collation: Collation) -> Vec<u32> {
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
