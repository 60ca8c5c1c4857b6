//! Whether a value is JSON, found beside where it ends.
//!
//! Of a block the tokens are looked at one by one: brackets, colons, commas, and where strings, numbers and words
//! begin. What a token leads to is a row of a table, in which the state is where to look.

use memchr::memchr_iter;
use serde_json::Value as Json;

use super::DEPTH;
use super::scan::{BLOCK, Found, Scan, breaks, controls, punctuation, spaces};

/// What may come next, as a place in the rows of the table.
type Place = u32;

const VALUE: Place = 0;
const ITEM: Place = 6;
const FIRST_ITEM: Place = 12;
const NAME: Place = 18;
const FIRST_NAME: Place = 24;
const COLON: Place = 30;
const BEHIND_VALUE: Place = 36;
const BEHIND_ITEM: Place = 42;
/// What needs more than another place.
const OPENED: Place = 61;
const CLOSED: Place = 62;
const BROKEN: Place = 63;

/// What one kind of token leads to from each place; what is not named is broken.
const fn row(mut moves: &[(Place, Place)]) -> u64 {
    let mut row = u64::MAX;
    while let [(from, to), rest @ ..] = moves {
        row ^= ((BROKEN ^ *to) as u64).wrapping_shl(*from);
        moves = rest;
    }
    row
}

/// The rows by the first byte of a token.
#[allow(clippy::indexing_slicing, reason = "the compiler would say")]
static ROWS: [u64; 256] = {
    let scalar = row(&[(VALUE, BEHIND_VALUE), (ITEM, BEHIND_ITEM), (FIRST_ITEM, BEHIND_ITEM)]);
    let opening = row(&[(VALUE, OPENED), (ITEM, OPENED), (FIRST_ITEM, OPENED)]);
    let name = row(&[(NAME, COLON), (FIRST_NAME, COLON)]);
    let mut rows = [scalar; 256];
    rows[b'"' as usize] = scalar & name;
    rows[b'{' as usize] = opening;
    rows[b'[' as usize] = opening;
    rows[b':' as usize] = row(&[(COLON, VALUE)]);
    rows[b',' as usize] = row(&[(BEHIND_VALUE, NAME), (BEHIND_ITEM, ITEM)]);
    rows[b'}' as usize] = row(&[(FIRST_NAME, CLOSED), (BEHIND_VALUE, CLOSED)]);
    rows[b']' as usize] = row(&[(FIRST_ITEM, CLOSED), (BEHIND_ITEM, CLOSED)]);
    rows
};

/// What is known of the part of a value that was checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Syntax {
    place: Place,
    /// A bit for each open bracket, the innermost last: whether it is that of an object.
    objects: u128,
    /// Where the number or word begins that goes on, if one does.
    scalar: usize,
    in_scalar: bool,
}

impl Default for Syntax {
    fn default() -> Self {
        Syntax { place: ITEM, objects: 0, scalar: 0, in_scalar: false }
    }
}

impl Scan {
    /// Checks a block of a text, of which some bytes have arrived.
    #[inline]
    pub(super) fn check(&mut self, block: &[u8; BLOCK], arrived: usize, text: &[u8]) -> Found {
        let strings = self.strings(block);
        let controls = controls(block);
        let wrong = match controls {
            0 => 0,
            _ => controls & (strings.inside | !breaks(block)),
        };
        let tokens = punctuation(block) & !strings.inside;
        let scalars = !(tokens | strings.inside | strings.quotes | controls | spaces(block));
        let begins = scalars & !(scalars << 1 | u64::from(self.state.syntax.in_scalar));
        let tokens = tokens | begins | strings.quotes & strings.inside;
        let scalar = self.check_scalars(scalars, begins, arrived, text).err();
        if wrong == 0 && scalar.is_none() {
            return self.follow(tokens, block);
        }
        // It may be behind the end.
        let control = self.at.saturating_add(wrong.trailing_zeros() as usize);
        let broken = scalar.map_or(control, |at| at.min(control));
        let behind = u64::MAX.unbounded_shl(broken.saturating_sub(self.at) as u32);
        match self.follow(tokens & !behind, block) {
            Found::More => Found::Broken(broken),
            found => found,
        }
    }

    /// Checks the numbers and words that end in a block; where one is broken.
    #[inline]
    fn check_scalars(
        &mut self,
        scalars: u64,
        mut begins: u64,
        arrived: usize,
        text: &[u8],
    ) -> Result<(), usize> {
        let block = self.at;
        let end = |from: u32| {
            let length = (!scalars.wrapping_shr(from)).trailing_zeros();
            from.saturating_add(length) as usize
        };
        let check = |start: usize, end: usize| {
            let length = block.saturating_add(end).saturating_sub(start);
            let is_json = is_scalar(text.get(start..).unwrap_or_default(), length);
            if is_json { Ok(()) } else { Err(start) }
        };
        let syntax = &mut self.state.syntax;
        if syntax.in_scalar && end(0) < arrived {
            check(syntax.scalar, end(0))?;
        }
        while begins != 0 {
            let from = begins.trailing_zeros();
            begins &= begins.wrapping_sub(1);
            let start = block.saturating_add(from as usize);
            match end(from) {
                end if end < arrived => check(start, end)?,
                _ => syntax.scalar = start,
            }
        }
        syntax.in_scalar = scalars >> 63 != 0;
        Ok(())
    }

    /// Goes from token to token.
    #[inline]
    fn follow(&mut self, mut tokens: u64, block: &[u8; BLOCK]) -> Found {
        let Syntax { mut place, mut objects, .. } = self.state.syntax;
        let mut depth = self.state.depth;
        while tokens != 0 {
            let number = tokens.trailing_zeros() as usize;
            tokens &= tokens.wrapping_sub(1);
            let byte = block.get(number).copied().unwrap_or_default();
            let row = ROWS.get(usize::from(byte)).copied().unwrap_or_default();
            let next = row.wrapping_shr(place) as Place & BROKEN;
            let at = || self.at.saturating_add(number);
            match next {
                OPENED if depth >= DEPTH as u32 => return Found::TooDeep(at()),
                OPENED => {
                    depth = depth.saturating_add(1);
                    objects = objects << 1 | u128::from(byte == b'{');
                    place = if byte == b'{' { FIRST_NAME } else { FIRST_ITEM };
                }
                CLOSED if depth <= 1 => return Found::End(at().saturating_add(1)),
                CLOSED => {
                    depth = depth.saturating_sub(1);
                    objects >>= 1;
                    place = if objects & 1 == 1 { BEHIND_VALUE } else { BEHIND_ITEM };
                }
                BROKEN => return Found::Broken(at()),
                _ => {
                    if byte == b':' && depth == 1 {
                        self.marks.push(at());
                    }
                    place = next;
                }
            }
        }
        self.state.depth = depth;
        let syntax = &mut self.state.syntax;
        (syntax.place, syntax.objects) = (place, objects);
        Found::More
    }
}

/// Whether the first bytes of a text are a number or a word.
fn is_scalar(text: &[u8], length: usize) -> bool {
    if let (1..=8, Some(bytes)) = (length, text.first_chunk()) {
        let others = (64_usize.saturating_sub(length.saturating_mul(8))) as u32;
        if is_short(u64::from_le_bytes(*bytes) & u64::MAX.wrapping_shr(others), length) {
            return true;
        }
    }
    match text.get(..length).unwrap_or_default() {
        b"true" | b"false" | b"null" => true,
        text => is_number(text),
    }
}

/// Whether up to eight bytes, and nothing behind them, are digits or a word. It takes no loop.
fn is_short(bytes: u64, length: usize) -> bool {
    const ZEROS: u64 = u64::from_le_bytes(*b"00000000");
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // From 10 on a number that 118 is added to has its highest bit set.
    const UPTO_NINE: u64 = 0x7676_7676_7676_7676;
    let word = |text: &[u8; 8]| u64::from_le_bytes(*text);
    let others = (64_usize.saturating_sub(length.saturating_mul(8))) as u32;
    let numbers = bytes ^ (ZEROS & u64::MAX.wrapping_shr(others));
    let are_digits = (numbers | (numbers & !HIGH).wrapping_add(UPTO_NINE)) & HIGH == 0;
    let leads = numbers & 0xFF != 0 || length == 1;
    are_digits && leads
        || bytes == word(b"null\0\0\0\0")
        || bytes == word(b"true\0\0\0\0")
        || bytes == word(b"false\0\0\0")
}

/// Whether a text is a number that has a value.
fn is_number(text: &[u8]) -> bool {
    // Of numbers with fewer digits, and two of the exponent, a double holds the value.
    const DIGITS: usize = 200;
    let digits =
        |text: &[u8]| text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let unsigned = text.strip_prefix(b"-").unwrap_or(text);
    let (whole, mut rest) = unsigned.split_at(digits(unsigned));
    if whole.is_empty() || whole.len() > 1 && whole.starts_with(b"0") {
        return false;
    }
    if let [b'.', fraction @ ..] = rest {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = fraction.split_at(length).1;
    }
    let exponent = match rest {
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => exponent,
        [] => b"0",
        _ => return false,
    };
    if exponent.is_empty() || digits(exponent) < exponent.len() {
        return false;
    }
    text.len() <= DIGITS && exponent.len() <= 2 || serde_json::from_slice::<Json>(text).is_ok()
}

/// Where an escape stands that means nothing, or half a character.
pub(super) fn broken_escape(text: &[u8]) -> Option<usize> {
    let mut from = 0_usize;
    memchr_iter(b'\\', text).find(|at| {
        if *at < from {
            return false;
        }
        let escape = text.get(*at..).unwrap_or_default();
        from = at.saturating_add(2);
        match escape {
            [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => false,
            _ => match unit(escape) {
                Some(0xD800..=0xDBFF) => {
                    from = at.saturating_add(12);
                    let second = unit(escape.get(6..).unwrap_or_default());
                    !matches!(second, Some(0xDC00..=0xDFFF))
                }
                Some(0xDC00..=0xDFFF) | None => true,
                Some(_) => false,
            },
        }
    })
}

/// The number of an escape `\uXXXX`.
fn unit(escape: &[u8]) -> Option<u32> {
    let digits = escape.strip_prefix(b"\\u")?.first_chunk::<4>()?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::super::scan::Mode;
    use super::*;

    /// What the whole text tells, in one part and in two.
    fn look(text: &[u8], cut: usize) -> Found {
        let mut scan = Scan::default();
        match scan.look(Mode::Checked, &text[..cut.min(text.len())]) {
            Found::More => scan.look(Mode::Checked, text),
            found => found,
        }
    }

    #[test]
    fn what_serde_json_reads_is_json_and_nothing_else() {
        let mut seed = 1_u32;
        let mut next = |among: usize| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) as usize % among
        };
        let parts = [
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"a\"",
            "\"b\\n\"",
            "1",
            "-0.5e1",
            "true",
            "null",
            " ",
            "\n",
            "\"\\u0041\"",
            "\"a\":1",
            ",\"b\":[]",
            "01",
            "tru",
            "\\",
            "\"",
            "{\"a\":{}}",
            "[1,2]",
            "\u{1}",
            "1e999",
            "\"\\ud800\"",
            "\"\\ud83d\\ude00\"",
            "-",
            "1.",
            "\"long text that goes on for a while, over blocks\"",
            "e5",
            "\"\t\"",
        ];
        let mut valid = 0;
        for round in 0..60_000 {
            let mut text = String::from(["{", "["][round % 2]);
            for _ in 0..next(9) {
                text.push_str(parts[next(parts.len())]);
            }
            text.push_str(["}", "]", "]}", ""][next(4)]);
            let is_json = serde_json::from_str::<Json>(&text).is_ok();
            valid += usize::from(is_json);
            for cut in [text.len(), next(text.len())] {
                let found = look(text.as_bytes(), cut);
                let is_whole = found == Found::End(text.trim_end().len());
                assert_eq!(is_whole, is_json, "{text:?} {found:?}");
            }
        }
        assert!(valid > 1_000, "{valid}");
    }

    #[test]
    fn numbers_are_those_of_serde_json() {
        #[rustfmt::skip]
        let texts = [
            "0", "-0", "-", "", "00", "01", "-01", "1.", ".5", "1.5", "1.5.5", "1e", "1e+", "1e5", "1E-05", "1e5.5", "+1", "1e309", "1e308", "-1e999", "1e-999", "0e999", "1_0", "0x1", "NaN", "1\u{e4}", "12345678901234567890123", "12345678", "1234567a", "/", ":", "1:", "9\u{b0}", "true", "false", "null", "nul", "nulll", "True", "falsefal", 
        ];
        for text in texts {
            let padded = format!("{text},        ");
            for padded in [text, &padded] {
                let is_json = is_scalar(padded.as_bytes(), text.len());
                assert_eq!(is_json, serde_json::from_str::<Json>(text).is_ok(), "{text}");
            }
        }
        for digits in [200, 300, 308, 309, 310, 400] {
            let text = "9".repeat(digits);
            assert_eq!(
                is_scalar(text.as_bytes(), digits),
                serde_json::from_str::<Json>(&text).is_ok()
            );
        }
    }
}
