//! Sets of rows, a bit for each.

use std::ops::Range;

/// Rows of one word.
const WORD: usize = 64;

/// A set of rows out of so many.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits {
    /// Up to the last word at most; behind them are no rows of the set.
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    pub(super) fn none(len: usize) -> Self {
        Bits { words: Vec::new(), len }
    }

    pub(super) fn all(len: usize) -> Self {
        Bits::none(len).others()
    }

    /// The rows whose values pass a test, which is asked of all of them without a choice in between.
    #[inline]
    pub(super) fn of<T>(values: &[T], test: impl Fn(&T) -> bool) -> Self {
        let words = values.chunks(WORD).map(|chunk| word(chunk, &test));
        Bits { words: words.collect(), len: values.len() }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(super) fn has(&self, row: usize) -> bool {
        let word = self.words.get(row / WORD).copied().unwrap_or_default();
        word & 1_u64.wrapping_shl(row as u32) != 0
    }

    pub(super) fn add(&mut self, row: usize) {
        let number = row / WORD;
        if number >= self.words.len() {
            self.words.resize(number.saturating_add(1), 0);
        }
        if let Some(word) = self.words.get_mut(number) {
            *word |= 1_u64.wrapping_shl(row as u32);
        }
    }

    /// Adds a row behind the last one.
    pub(super) fn push(&mut self, is_in: bool) {
        self.push_word(is_in.into(), 1);
    }

    /// Puts rows in the place of some.
    pub(super) fn splice(&mut self, rows: Range<usize>, are_in: impl Iterator<Item = bool>) {
        let behind: Vec<(u64, usize)> = (rows.end..self.len)
            .step_by(WORD)
            .map(|row| (self.window(row), self.len.saturating_sub(row).min(WORD)))
            .collect();
        self.truncate(rows.start);
        are_in.for_each(|is_in| self.push(is_in));
        behind.into_iter().for_each(|(word, count)| self.push_word(word, count));
    }

    /// The rows of one word that begins anywhere.
    fn window(&self, row: usize) -> u64 {
        let (number, shift) = (row / WORD, (row % WORD) as u32);
        let next = self.word(number.saturating_add(1));
        let rest = next.checked_shl((WORD as u32).wrapping_sub(shift));
        self.word(number) >> shift | rest.unwrap_or_default()
    }

    fn truncate(&mut self, len: usize) {
        self.words.truncate(len.div_ceil(WORD));
        self.len = len;
        self.cut();
    }

    /// Clears what is behind the last row.
    fn cut(&mut self) {
        let rest = (self.len % WORD) as u32;
        if let (1.., Some(last)) = (rest, self.words.get_mut(self.len / WORD)) {
            *last &= !u64::MAX.wrapping_shl(rest);
        }
    }

    /// Adds rows behind the last one, a word at most.
    fn push_word(&mut self, word: u64, count: usize) {
        let shift = (self.len % WORD) as u32;
        self.words.resize(self.len.div_ceil(WORD), 0);
        if let (1.., Some(last)) = (shift, self.words.last_mut()) {
            *last |= word.wrapping_shl(shift);
            self.words.extend(word.checked_shr((WORD as u32).wrapping_sub(shift)));
        } else {
            self.words.push(word);
        }
        self.truncate(self.len.saturating_add(count));
    }

    /// Adds rows beside each other.
    pub(super) fn add_range(&mut self, range: Range<usize>) {
        let (first, last) = (range.start / WORD, range.end / WORD);
        if self.words.len() < range.end.div_ceil(WORD) {
            self.words.resize(range.end.div_ceil(WORD), 0);
        }
        let words = self.words.get_mut(first..).unwrap_or_default();
        for (word, number) in words.iter_mut().zip(first..) {
            let from =
                if number == first { u64::MAX.wrapping_shl(range.start as u32) } else { u64::MAX };
            if number == last {
                *word |= from & !u64::MAX.wrapping_shl(range.end as u32);
                return;
            }
            *word |= from;
        }
    }

    pub(super) fn keep(&mut self, others: &Bits) {
        self.words.truncate(others.words.len());
        self.words.iter_mut().zip(&others.words).for_each(|(word, other)| *word &= other);
    }

    /// Keeps those of a set, or those that are not in it.
    pub(super) fn split(&mut self, others: &Bits, are_kept: bool) {
        if are_kept { self.keep(others) } else { self.drop_all(others) }
    }

    pub(super) fn join(&mut self, others: &Bits) {
        if self.words.len() < others.words.len() {
            self.words.resize(others.words.len(), 0);
        }
        self.words.iter_mut().zip(&others.words).for_each(|(word, other)| *word |= other);
    }

    pub(super) fn drop_all(&mut self, others: &Bits) {
        self.words.iter_mut().zip(&others.words).for_each(|(word, other)| *word &= !other);
    }

    /// All rows that are not in the set.
    pub(super) fn others(&self) -> Bits {
        let words = (0..self.len.div_ceil(WORD)).map(|number| !self.word(number));
        let mut others = Bits { words: words.collect(), len: self.len };
        others.cut();
        others
    }

    /// The rows, ascending.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> {
        self.words().enumerate().flat_map(|(number, word)| of_word(number, word))
    }

    /// The rows by 64.
    pub(super) fn words(&self) -> impl Iterator<Item = u64> {
        self.words.iter().copied()
    }

    pub(super) fn word(&self, number: usize) -> u64 {
        self.words.get(number).copied().unwrap_or_default()
    }
}

/// The rows of one word, ascending.
pub(super) fn of_word(number: usize, word: u64) -> impl Iterator<Item = usize> {
    let start = number.saturating_mul(WORD);
    let mut rest = word;
    std::iter::from_fn(move || {
        let bit = rest.trailing_zeros();
        (rest != 0).then(|| {
            rest &= rest.wrapping_sub(1);
            start.saturating_add(bit as usize)
        })
    })
}

/// The rows of one word whose values pass a test.
#[inline]
pub(super) fn word_of<T>(values: &[T], number: usize, test: impl Fn(&T) -> bool) -> u64 {
    let rest = values.get(number.saturating_mul(WORD)..).unwrap_or_default();
    word(rest.get(..WORD).unwrap_or(rest), test)
}

#[inline]
fn word<T>(values: &[T], test: impl Fn(&T) -> bool) -> u64 {
    // Few of these are compared by one instruction (i64: 0.9 → 0.5 ns).
    if size_of::<T>() >= 8 {
        return values.iter().rev().fold(0, |word, value| word << 1 | u64::from(test(value)));
    }
    let mut flags = [0_u8; WORD];
    for (flag, value) in flags.iter_mut().zip(values) {
        *flag = u8::from(test(value));
    }
    packed(&flags)
}

/// 64 bytes of 0 or 1 as bits. Multiplying puts the bytes of each eight side by side into the highest one.
#[inline]
fn packed(flags: &[u8; WORD]) -> u64 {
    const SIDE_BY_SIDE: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = flags.as_chunks::<8>();
    let bytes =
        eights.iter().map(|eight| u64::from_le_bytes(*eight).wrapping_mul(SIDE_BY_SIDE) >> 56);
    bytes.rev().fold(0, |word, byte| word << 8 | byte)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn sets_are_what_lists_of_rows_are() {
        for len in [0, 1, 63, 64, 65, 200] {
            let values: Vec<usize> = (0..len).collect();
            let bits = Bits::of(&values, |value| value % 3 == 1);
            let rows: Vec<usize> = values.iter().copied().filter(|value| value % 3 == 1).collect();
            assert_eq!(bits.rows().collect::<Vec<_>>(), rows);
            assert_eq!((bits.count(), bits.len()), (rows.len(), len));
            assert!(values.iter().all(|row| bits.has(*row) == rows.contains(row)));
            assert_eq!(bits.others().rows().count(), len - rows.len());
            assert_eq!(Bits::all(len).rows().count(), len);
            for range in [0..len, len / 2..len, len / 3..len / 2, 0..0, len..len] {
                let mut bits = Bits::none(len);
                bits.add_range(range.clone());
                assert_eq!(bits.rows().collect::<Vec<_>>(), range.clone().collect::<Vec<_>>());
                for new in [0, 1, range.len(), 70] {
                    let flag = |row: usize| row.is_multiple_of(3);
                    let mut bits = Bits::of(&values, |value| flag(*value));
                    let mut flags: Vec<bool> = values.iter().map(|value| flag(*value)).collect();
                    bits.splice(range.clone(), (0..new).map(|row| flag(row + 1)));
                    flags.splice(range.clone(), (0..new).map(|row| flag(row + 1)));
                    let rows = Bits::of(&flags, |flag| *flag).rows().collect::<Vec<_>>();
                    assert_eq!(bits.rows().collect::<Vec<_>>(), rows, "{len} {range:?} {new}");
                    assert_eq!(bits.len(), flags.len());
                }
            }
        }
    }
}
