//! Where a JSON value ends, found 64 bytes at a time.
//!
//! A block becomes masks, a bit for each byte: of quotes, of backslashes, of brackets. Arithmetic on them tells what
//! is inside strings, and counting bits how deep a block ends, so that bytes are looked at only where the value may
//! end. Whether what is delimited is JSON is found on the way, or left to whoever reads it.

use wide::u8x16;

use super::DEPTH;
use super::check::{Syntax, broken_escape};

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// How closely a value is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::eval) enum Mode {
    /// For its end.
    Delimited,
    /// For the colons of the outermost object, too.
    Marked,
    /// Whether it is JSON, but for the characters of its strings being UTF-8; and for the colons.
    Checked,
}

/// How far a value that arrives in parts was looked at.
#[derive(Debug, Clone, Default)]
pub(in crate::eval) struct Scan {
    /// Bytes of whole blocks behind us.
    pub(super) at: usize,
    pub(super) state: State,
    /// Where the colons of the outermost object stand.
    pub(in crate::eval) marks: Vec<usize>,
    /// How many of them are in whole blocks.
    sure: usize,
    /// Whether there may be escapes.
    pub(super) has_escapes: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    pub(super) depth: u32,
    /// All ones in a string.
    quoted: u64,
    /// One behind a backslash.
    escaped: u64,
    pub(super) syntax: Syntax,
}

/// What a look at more of a value tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::eval) enum Found {
    /// It goes on.
    More,
    /// It ends here.
    End(usize),
    /// It is nested too deeply here.
    TooDeep(usize),
    /// It is no JSON here.
    Broken(usize),
}

/// The strings of a block.
pub(super) struct Strings {
    /// The quotes that begin and end them.
    pub(super) quotes: u64,
    /// From the first quote up to, and without, the last one.
    pub(super) inside: u64,
}

impl Scan {
    /// Begins behind some open brackets.
    pub(in crate::eval) fn inside(depth: u32) -> Self {
        Scan { state: State { depth, ..State::default() }, ..Scan::default() }
    }

    /// Begins with another value.
    pub(in crate::eval) fn restart(&mut self) {
        (self.at, self.state) = (0, State::default());
        self.marks.clear();
        (self.sure, self.has_escapes) = (0, false);
    }

    /// Forgets the first marks, which are not looked for again.
    pub(super) fn forget(&mut self, marks: usize) {
        let known = marks.min(self.sure);
        self.marks.drain(..known);
        self.sure = self.sure.saturating_sub(known);
    }

    /// Looks on for the end of an array or an object, of which more may have arrived.
    pub(in crate::eval) fn look(&mut self, mode: Mode, text: &[u8]) -> Found {
        match mode {
            Mode::Delimited => self.blocks(text, |scan, block, _| scan.delimit::<false>(block)),
            Mode::Marked => self.blocks(text, |scan, block, _| scan.delimit::<true>(block)),
            Mode::Checked => {
                let found =
                    self.blocks(text, |scan, block, arrived| scan.check(block, arrived, text));
                match found {
                    Found::End(end) if self.has_escapes => {
                        let broken = broken_escape(text.get(..end).unwrap_or_default());
                        broken.map_or(found, Found::Broken)
                    }
                    _ => found,
                }
            }
        }
    }

    /// Goes on block by block; of each some bytes have arrived, and blanks stand for the others.
    #[inline]
    fn blocks(
        &mut self,
        text: &[u8],
        step: impl Fn(&mut Self, &[u8; BLOCK], usize) -> Found,
    ) -> Found {
        self.marks.truncate(self.sure);
        let mut padded = [b' '; BLOCK];
        loop {
            let rest = text.get(self.at..).unwrap_or_default();
            let (block, arrived) = match rest.first_chunk() {
                Some(block) => (block, BLOCK),
                None => {
                    padded.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                    self.sure = self.marks.len();
                    (&padded, rest.len())
                }
            };
            // What is no whole block yet is looked at again once more has arrived.
            let before = (arrived < BLOCK).then_some(self.state);
            match (step(self, block, arrived), before) {
                (Found::More, None) => self.at = self.at.saturating_add(BLOCK),
                (Found::More, Some(before)) => {
                    self.state = before;
                    return Found::More;
                }
                (found, _) => return found,
            }
        }
    }

    #[inline]
    pub(super) fn strings(&mut self, block: &[u8; BLOCK]) -> Strings {
        let backslashes = mask(block, |bytes| is(b'\\', bytes));
        self.has_escapes |= backslashes != 0;
        let quotes = mask(block, |bytes| is(b'"', bytes)) & !self.state.escaped(backslashes);
        let inside = before_and_with(quotes) ^ self.state.quoted;
        self.state.quoted = if inside >> 63 == 0 { 0 } else { u64::MAX };
        Strings { quotes, inside }
    }

    #[inline]
    fn delimit<const MARKED: bool>(&mut self, block: &[u8; BLOCK]) -> Found {
        let outside = !self.strings(block).inside;
        let (opens, closes) = (opens(block) & outside, closes(block) & outside);
        let depth = self.state.depth;
        // What is marked is not deep. Counting bits takes a while where the processor is not known.
        let is_inside = depth > u32::from(MARKED);
        if is_inside && opens | closes == 0 {
            return Found::More;
        }
        if is_inside {
            let deepest = depth.saturating_add(opens.count_ones());
            let closing = closes.count_ones();
            let is_left = depth.saturating_sub(closing) <= u32::from(MARKED);
            if !is_left && deepest <= DEPTH as u32 {
                self.state.depth = deepest.saturating_sub(closing);
                return Found::More;
            }
        }
        let colons = if MARKED { mask(block, |bytes| is(b':', bytes)) & outside } else { 0 };
        self.walk(opens, opens | closes, colons)
    }

    /// Goes from bracket to bracket, and from colon to colon of the outermost.
    #[inline(never)]
    fn walk(&mut self, opens: u64, brackets: u64, colons: u64) -> Found {
        let mut ahead = u64::MAX;
        loop {
            let depth = self.state.depth;
            let bits = if depth == 1 { brackets | colons } else { brackets } & ahead;
            if bits == 0 {
                return Found::More;
            }
            let bit = bits & bits.wrapping_neg();
            ahead = !(bit | bit.wrapping_sub(1));
            let place = self.at.saturating_add(bits.trailing_zeros() as usize);
            if brackets & bit == 0 {
                self.marks.push(place);
            } else if opens & bit != 0 {
                self.state.depth = depth.saturating_add(1);
                if depth >= DEPTH as u32 {
                    return Found::TooDeep(place);
                }
            } else {
                self.state.depth = depth.saturating_sub(1);
                if depth <= 1 {
                    return Found::End(place.saturating_add(1));
                }
            }
        }
    }
}

impl State {
    /// The bytes behind a backslash that is not behind one itself.
    #[inline]
    fn escaped(&mut self, backslashes: u64) -> u64 {
        let mut escaped = self.escaped;
        self.escaped = 0;
        let mut rest = backslashes & !escaped;
        while rest != 0 {
            let bit = rest & rest.wrapping_neg();
            self.escaped = bit >> 63;
            escaped |= bit << 1;
            rest &= !(bit | bit << 1);
        }
        escaped
    }
}

/// For each bit whether an odd number of bits is set up to and with it.
#[inline]
fn before_and_with(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].iter().fold(bits, |bits, shift| bits ^ (bits << shift))
}

/// `[` and `{`, `]` and `}` differ in this bit, which nothing else has that becomes one of them.
const CASE: u8 = 0x20;

#[inline]
fn opens(block: &[u8; BLOCK]) -> u64 {
    mask(block, |bytes| is(b'{', bytes | u8x16::splat(CASE)))
}

#[inline]
fn closes(block: &[u8; BLOCK]) -> u64 {
    mask(block, |bytes| is(b'}', bytes | u8x16::splat(CASE)))
}

/// Brackets, colons and commas.
#[inline]
pub(super) fn punctuation(block: &[u8; BLOCK]) -> u64 {
    mask(block, |bytes| {
        let brackets = bytes | u8x16::splat(CASE);
        is(b'{', brackets) | is(b'}', brackets) | is(b':', bytes) | is(b',', bytes)
    })
}

/// Whether a text may have a number that is equal to a whole one of other digits: with an exponent, or with so many digits
/// that a double is rounded to it. What is in strings counts, too.
pub(in crate::eval) fn may_round(text: &[u8]) -> bool {
    let (blocks, tail) = text.as_chunks::<BLOCK>();
    let mut padded = [b' '; BLOCK];
    padded.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
    // What is set in the block before: digits; digits and points, and the ends of 2, 4 and 8 of them.
    let (mut digits_before, mut before) = (0_u64, [0_u64; 4]);
    blocks.iter().chain([&padded]).any(|block| {
        let digits = digits(block);
        let exponents = mask(block, |bytes| is(b'e', bytes | u8x16::splat(CASE)));
        let behind_digit = exponents & (digits << 1 | digits_before >> 63);
        digits_before = digits;
        // A double tells numbers of less than 16 digits, and a point, apart.
        let mut run = digits | mask(block, |bytes| is(b'.', bytes));
        for (before, by) in before.iter_mut().zip([1_u32, 2, 4, 8]) {
            let moved = run.wrapping_shl(by) | before.wrapping_shr(64_u32.wrapping_sub(by));
            *before = run;
            run &= moved;
        }
        behind_digit | run != 0
    })
}

#[inline]
fn digits(block: &[u8; BLOCK]) -> u64 {
    mask(block, |bytes| {
        let numbers = bytes ^ u8x16::splat(b'0');
        numbers.min(u8x16::splat(9)).cmp_eq(numbers)
    })
}

#[inline]
pub(super) fn spaces(block: &[u8; BLOCK]) -> u64 {
    mask(block, |bytes| is(b' ', bytes))
}

#[inline]
pub(super) fn controls(block: &[u8; BLOCK]) -> u64 {
    mask(block, |bytes| bytes.min(u8x16::splat(0x1F)).cmp_eq(bytes))
}

/// The control characters that are blanks.
#[inline]
pub(super) fn breaks(block: &[u8; BLOCK]) -> u64 {
    mask(block, |bytes| is(b'\t', bytes) | is(b'\n', bytes) | is(b'\r', bytes))
}

#[inline]
fn is(byte: u8, bytes: u8x16) -> u8x16 {
    bytes.cmp_eq(u8x16::splat(byte))
}

/// A bit for each byte of a block that passes a test.
#[inline]
fn mask(block: &[u8; BLOCK], test: impl Fn(u8x16) -> u8x16) -> u64 {
    let (parts, _) = block.as_chunks::<16>();
    parts.iter().rev().fold(0, |mask, part| {
        let passing = test(u8x16::new(*part)).move_mask();
        mask << 16 | u64::from(passing.cast_unsigned())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

    use super::*;

    /// The end of a value, byte by byte.
    fn end(text: &[u8]) -> Found {
        let (mut depth, mut quoted, mut escaped) = (0_u32, false, false);
        for (at, byte) in text.iter().enumerate() {
            // Only of quotes it matters what is in front of them.
            let is_escaped = std::mem::take(&mut escaped);
            match byte {
                b'\\' => escaped = !is_escaped,
                b'"' if !is_escaped => quoted = !quoted,
                _ if quoted => {}
                b'[' | b'{' if depth == DEPTH as u32 => return Found::TooDeep(at),
                b'[' | b'{' => depth += 1,
                b']' | b'}' if depth <= 1 => return Found::End(at + 1),
                b']' | b'}' => depth -= 1,
                _ => {}
            }
        }
        Found::More
    }

    #[test]
    fn masks_are_those_of_single_bytes() {
        let mut seed = 7_u32;
        for _ in 0..200 {
            let block = std::array::from_fn(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 24) as u8
            });
            let mask = |block: &[u8; BLOCK], test: fn(u8) -> bool| {
                block.iter().rev().fold(0, |mask, byte| mask << 1 | u64::from(test(*byte)))
            };
            type Case = (fn(&[u8; BLOCK]) -> u64, fn(u8) -> bool);
            let cases: [Case; 7] = [
                (digits, |byte| byte.is_ascii_digit()),
                (opens, |byte| b"[{".contains(&byte)),
                (closes, |byte| b"]}".contains(&byte)),
                (punctuation, |byte| b"[]{}:,".contains(&byte)),
                (spaces, |byte| byte == b' '),
                (controls, |byte| byte < b' '),
                (breaks, |byte| b"\t\n\r".contains(&byte)),
            ];
            for (of_block, test) in cases {
                assert_eq!(of_block(&block), mask(&block, test));
            }
        }
    }

    #[test]
    fn numbers_that_may_be_rounded() {
        for blanks in 0..130 {
            let padded =
                |number: &str| format!("{}{number},{}", " ".repeat(blanks), " ".repeat(blanks % 3));
            for number in [
                "1e5",
                "60.5E1",
                "604875.99999999999",
                "9007199254740993",
                "x1E",
                "1234567890.123456789",
            ] {
                assert!(may_round(padded(number).as_bytes()), "{number} {blanks}");
            }
            for number in [
                "604876",
                "604875.9999",
                "07:08:11.2876208Z",
                "true",
                "123456789012345",
                "e5",
                "a.example",
            ] {
                assert!(!may_round(padded(number).as_bytes()), "{number} {blanks}");
            }
        }
    }

    #[test]
    fn a_value_ends_where_it_does_byte_by_byte() {
        let mut seed = 1_u32;
        let mut next = |among: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % among
        };
        for round in 0..3_000 {
            let mut text = vec![b'{'];
            let length = next(400);
            let bytes = if round % 2 == 0 { &br#"[]{}"\,:ab"#[..] } else { br#"[[[{]"\:aaa"bbb "# };
            text.extend((0..length).map(|_| bytes[next(bytes.len())]));
            let wanted = end(&text);
            let mut scan = Scan::default();
            assert_eq!(scan.look(Mode::Delimited, &text), wanted, "{}", text.escape_ascii());
            let (mut scan, mut marked, mut upto) = (Scan::default(), Scan::default(), 0);
            let mut found = (Found::More, Found::More);
            while found == (Found::More, Found::More) && upto < text.len() {
                upto = (upto + 1 + next(100)).min(text.len());
                let text = &text[..upto];
                found = (scan.look(Mode::Delimited, text), marked.look(Mode::Marked, text));
            }
            assert_eq!(found, (wanted, wanted), "{}", text.escape_ascii());
        }
    }
}
