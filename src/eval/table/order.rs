//! `$orderby` over columns: the first rows in an order, as many as the window wants.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::iter;

use super::bits::{Bits, of_word, word_of};
use super::column::{Column, Form};
use super::segment::ROWS;
use crate::ast::Direction;
use crate::value::{Collation, total_order};

/// Bits of the number of a row in its segment.
const ROW_BITS: u32 = ROWS.ilog2();
const ROW_MASK: u128 = ROWS as u128 - 1;

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
    let parts = parts(keys, collation);
    let bits: u32 = parts.iter().map(|part| part.bits).sum();
    // Where the numbers say all, rows are numbers as well.
    let is_exact = parts.len() == keys.len() && parts.iter().all(|part| part.is_exact);
    let room = if is_exact { bits.saturating_add(ROW_BITS) } else { u32::MAX };
    if room <= u64::BITS {
        let pack = |key: u128, row: usize| (key as u64) << ROW_BITS | row as u64;
        let found = select(&parts, rows, First::new(window, u64::cmp), pack, |item| {
            u128::from(item >> ROW_BITS)
        });
        return found.into_iter().map(|item| (item & ROW_MASK as u64) as usize).collect();
    }
    if room <= u128::BITS {
        let pack = |key: u128, row: usize| key << ROW_BITS | row as u128;
        let found =
            select(&parts, rows, First::new(window, u128::cmp), pack, |item| item >> ROW_BITS);
        return found.into_iter().map(|item| (item & ROW_MASK) as usize).collect();
    }
    let first = First::new(window, |left: &(u128, usize), right: &(u128, usize)| {
        let order = left.0.cmp(&right.0);
        let order = order.then_with(|| compare((keys, left.1), (keys, right.1), collation));
        order.then(left.1.cmp(&right.1))
    });
    let found = select(&parts, rows, first, |key, row| (key, row), |(key, _)| key);
    found.into_iter().map(|(_, row)| row).collect()
}

/// The first rows by numbers of their keys, as items that a row and its number make.
fn select<T: Copy, C: Fn(&T, &T) -> Ordering>(
    parts: &[Part<'_>],
    rows: &Bits,
    mut first: First<T, C>,
    item: impl Fn(u128, usize) -> T,
    key: impl Fn(T) -> u128,
) -> Vec<T> {
    let of_row = |row| parts.iter().fold(0, |all, part| part.add(all, row));
    let behind = parts.iter().skip(1).map(|part| part.bits).sum::<u32>();
    for (number, mut word) in rows.words().enumerate() {
        if let (Some(bound), Some(part)) = (first.bound, parts.first()) {
            word = part.until(key(bound).wrapping_shr(behind), number, word);
        }
        of_word(number, word).for_each(|row| first.add(item(of_row(row), row)));
    }
    first.sorted()
}

/// As many keys as fit a number; behind one that is not exact the others say nothing.
fn parts<'c>(keys: &[Key<'c>], collation: Collation) -> Vec<Part<'c>> {
    let (mut parts, mut bits, mut exact) = (Vec::new(), 0_u32, true);
    for key in keys {
        let Some(part) = Part::of(key, collation).filter(|_| exact) else {
            break;
        };
        bits = bits.saturating_add(part.bits);
        if bits > u128::BITS {
            break;
        }
        exact = part.is_exact;
        parts.push(part);
    }
    parts
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
    /// The places of coded values, or of rows, in their order.
    ranks: Cow<'c, [u32]>,
    bits: u32,
    /// Whether equal numbers are equal values.
    is_exact: bool,
    is_descending: bool,
}

impl<'c> Part<'c> {
    fn of(key: &Key<'c>, collation: Collation) -> Option<Self> {
        let column = key.column;
        let (ranks, bits, is_exact) = match &column.form {
            Form::Coded(coded) => (coded.ranks(collation), 17, true),
            Form::Integers(_) => (Cow::default(), 65, true),
            Form::Texts(texts) if collation == Collation::Ordinal => {
                match texts.ranks.get(|| {
                    ranks(column.len(), |row| texts.get(row), |left, right| left.cmp(right))
                }) {
                    Some(ranks) => (Cow::Borrowed(ranks.as_slice()), 17, true),
                    None => (Cow::default(), 65, false),
                }
            }
            Form::Texts(_) | Form::Mixed(_) => return None,
        };
        let is_descending = key.direction == Direction::Desc;
        Some(Part { column, ranks, bits, is_exact, is_descending })
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
            _ if !self.column.known.has(row) => 0,
            Form::Integers(values) => {
                let value = values.get(row).copied().unwrap_or_default();
                u128::from((value as u64) ^ (1 << 63)) | 1 << 64
            }
            Form::Texts(_) if self.is_exact => {
                u128::from(self.ranks.get(row).copied().unwrap_or_default()) | 1 << 16
            }
            Form::Texts(texts) => u128::from(beginning(texts.get(row))) | 1 << 64,
            Form::Mixed(_) => 0,
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
        let Form::Integers(values) = &self.column.form else {
            let until = of_word(number, rows).filter(|row| self.key(*row) <= bound);
            return until.fold(0, |word, row| word | 1_u64.wrapping_shl(row as u32));
        };
        let (bound, known) = (self.directed(bound), self.column.known.word(number));
        let kept = match bound >> 64 {
            0 if self.is_descending => u64::MAX,
            0 => !known,
            _ => {
                let bound = (bound as u64 ^ 1 << 63) as i64;
                match self.is_descending {
                    true => known & word_of(values, number, |value| *value >= bound),
                    false => !known | word_of(values, number, |value| *value <= bound),
                }
            }
        };
        rows & kept
    }
}

/// The first bytes of a text, which order as texts do where they differ.
fn beginning(text: &str) -> u64 {
    if let Some(bytes) = text.as_bytes().first_chunk() {
        return u64::from_be_bytes(*bytes);
    }
    let bytes = text.bytes().chain(iter::repeat(0)).take(8);
    bytes.fold(0, |all, byte| all << 8 | u64::from(byte))
}

/// The place of each item in the order of all of them; equal ones have one.
pub(super) fn ranks<T>(
    count: usize,
    item: impl Fn(usize) -> T,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Vec<u32> {
    let mut sorted: Vec<(T, usize)> = (0..count).map(|at| (item(at), at)).collect();
    sorted.sort_by(|(left, _), (right, _)| compare(left, right));
    let mut ranks = vec![0; count];
    let mut rank = 0_u32;
    for equal in sorted.chunk_by(|(left, _), (right, _)| compare(left, right).is_eq()) {
        for (_, at) in equal {
            if let Some(slot) = ranks.get_mut(*at) {
                *slot = rank;
            }
        }
        rank = rank.saturating_add(1);
    }
    ranks
}
