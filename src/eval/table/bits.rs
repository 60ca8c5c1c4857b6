//! Sets of rows, a bit for each.

/// Rows of one word.
const WORD: usize = 64;

/// A set of rows out of so many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bits {
    pub(super) fn none(len: usize) -> Self {
        Bits { words: vec![0; len.div_ceil(WORD)], len }
    }

    pub(super) fn all(len: usize) -> Self {
        Bits::none(len).others()
    }

    /// The rows whose values pass a test, which is asked of all of them without a choice in between.
    #[inline]
    pub(super) fn of<T>(values: &[T], test: impl Fn(&T) -> bool) -> Self {
        let words = values.chunks(WORD).map(|chunk| {
            let mut flags = [0_u8; WORD];
            for (flag, value) in flags.iter_mut().zip(chunk) {
                *flag = u8::from(test(value));
            }
            packed(&flags)
        });
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
        if let Some(word) = self.words.get_mut(row / WORD) {
            *word |= 1_u64.wrapping_shl(row as u32);
        }
    }

    /// Adds a row behind the last one.
    pub(super) fn push(&mut self, is_in: bool) {
        if self.len.is_multiple_of(WORD) {
            self.words.push(0);
        }
        let row = self.len;
        self.len = row.saturating_add(1);
        if is_in {
            self.add(row);
        }
    }

    /// Adds rows beside each other.
    pub(super) fn add_range(&mut self, range: std::ops::Range<usize>) {
        let (first, last) = (range.start / WORD, range.end / WORD);
        for (word, number) in self.words.iter_mut().zip(0_usize..).skip(first) {
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
        self.words.iter_mut().zip(&others.words).for_each(|(word, other)| *word &= other);
    }

    pub(super) fn join(&mut self, others: &Bits) {
        self.words.iter_mut().zip(&others.words).for_each(|(word, other)| *word |= other);
    }

    pub(super) fn drop_all(&mut self, others: &Bits) {
        self.words.iter_mut().zip(&others.words).for_each(|(word, other)| *word &= !other);
    }

    /// All rows that are not in the set.
    pub(super) fn others(&self) -> Bits {
        let mut words: Vec<u64> = self.words.iter().map(|word| !word).collect();
        let rest = (self.len % WORD) as u32;
        if let (1.., Some(last)) = (rest, words.last_mut()) {
            *last &= !u64::MAX.wrapping_shl(rest);
        }
        Bits { words, len: self.len }
    }

    /// The rows, ascending.
    pub(super) fn rows(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(number, word)| {
            let start = number.saturating_mul(WORD);
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros();
                (rest != 0).then(|| {
                    rest &= rest.wrapping_sub(1);
                    start.saturating_add(bit as usize)
                })
            })
        })
    }
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
                assert_eq!(bits.rows().collect::<Vec<_>>(), range.collect::<Vec<_>>());
            }
        }
    }
}
