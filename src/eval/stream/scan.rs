//! Where a JSON value ends, found 64 bytes at a time.
//!
//! A block becomes masks, a bit for each byte: of quotes, of backslashes, of brackets. Arithmetic on them tells what
//! is inside strings, and counting bits how deep a block ends, so that bytes are looked at only where the value may
//! end. This delimits a value; whether it is JSON is for whoever reads it to say.

use wide::u8x16;

use crate::eval::json;

/// Bytes of a block.
const BLOCK: usize = 64;

/// Levels of nesting at most, which are those that serde_json reads.
const DEPTH: u32 = json::DEPTH as u32;

/// Marks at most: an object of more members is none of those that are worth them.
pub(super) const MARKS: usize = 1 << 16;

/// How far a value that arrives in parts was looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Scan {
    /// Bytes of whole blocks behind us.
    at: usize,
    state: State,
    /// Where the colons of the outermost object stand.
    pub(super) marks: Vec<usize>,
    /// How many of them are in whole blocks.
    pub(super) sure: usize,
    /// Whether they do not tell what the members are: there are too many, or escapes.
    pub(super) is_unclear: bool,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    depth: u32,
    /// All ones in a string.
    quoted: u64,
    /// One behind a backslash.
    escaped: u64,
}

/// What a look at more of a value tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// It goes on.
    More,
    /// It ends here.
    End(usize),
    /// It is nested too deeply here.
    TooDeep(usize),
}

impl Scan {
    /// Begins behind some open brackets.
    pub(super) fn inside(depth: u32) -> Self {
        Scan { state: State { depth, ..State::default() }, ..Scan::default() }
    }

    /// Begins with another value.
    pub(super) fn restart(&mut self) {
        (self.at, self.state) = (0, State::default());
        self.marks.clear();
        (self.sure, self.is_unclear) = (0, false);
    }

    /// Looks on for the end of an array or an object, of which more may have arrived.
    pub(super) fn look<const MARKED: bool>(&mut self, text: &[u8]) -> Found {
        self.marks.truncate(self.sure);
        let (blocks, tail) = text.get(self.at..).unwrap_or_default().as_chunks::<BLOCK>();
        for block in blocks {
            match self.block::<MARKED>(block) {
                Found::More => self.at = self.at.saturating_add(BLOCK),
                found => return found,
            }
        }
        self.sure = self.marks.len();
        if tail.is_empty() {
            return Found::More;
        }
        // What is no whole block yet is looked at again once more has arrived.
        let state = self.state;
        let mut block = [b' '; BLOCK];
        block.iter_mut().zip(tail).for_each(|(to, from)| *to = *from);
        let found = self.block::<MARKED>(&block);
        if found == Found::More {
            self.state = state;
        }
        found
    }

    #[inline]
    fn block<const MARKED: bool>(&mut self, block: &[u8; BLOCK]) -> Found {
        let masks = Masks::of(block);
        let quotes = masks.quotes & !self.state.escaped(masks.backslashes);
        let inside = before_and_with(quotes) ^ self.state.quoted;
        self.state.quoted = if inside >> 63 == 0 { 0 } else { u64::MAX };
        let (opens, closes) = (masks.opens & !inside, masks.closes & !inside);
        let depth = self.state.depth;
        // What is marked is not deep. Counting bits takes a while where the processor is not known.
        let is_inside = depth > u32::from(MARKED);
        if is_inside && opens | closes == 0 {
            self.is_unclear |= masks.backslashes != 0;
            return Found::More;
        }
        if is_inside {
            let deepest = depth.saturating_add(opens.count_ones());
            let closing = closes.count_ones();
            if depth.saturating_sub(closing) > u32::from(MARKED) && deepest <= DEPTH {
                self.state.depth = deepest.saturating_sub(closing);
                self.is_unclear |= masks.backslashes != 0;
                return Found::More;
            }
        }
        let colons = if MARKED { mask(block, |bytes| is(b':', bytes)) & !inside } else { 0 };
        let found = self.walk(opens, opens | closes, colons);
        let behind = match found {
            Found::End(end) => u64::MAX.unbounded_shl(end.saturating_sub(self.at) as u32),
            _ => 0,
        };
        self.is_unclear |= masks.backslashes & !behind != 0;
        found
    }

    fn mark(&mut self, place: usize) {
        match self.marks.len() < MARKS {
            true => self.marks.push(place),
            false => self.is_unclear = true,
        }
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
                self.mark(place);
            } else if opens & bit != 0 {
                self.state.depth = depth.saturating_add(1);
                if depth >= DEPTH {
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

/// The bytes of a block that tell where strings and brackets begin and end.
struct Masks {
    quotes: u64,
    backslashes: u64,
    opens: u64,
    closes: u64,
}

/// `[` and `{`, `]` and `}` differ in this bit, which nothing else has that becomes one of them.
const CASE: u8 = 0x20;

impl Masks {
    #[inline]
    fn of(block: &[u8; BLOCK]) -> Self {
        let case = u8x16::splat(CASE);
        Masks {
            quotes: mask(block, |bytes| is(b'"', bytes)),
            backslashes: mask(block, |bytes| is(b'\\', bytes)),
            opens: mask(block, |bytes| is(b'{', bytes | case)),
            closes: mask(block, |bytes| is(b'}', bytes | case)),
        }
    }
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
                b'[' | b'{' if depth == DEPTH => return Found::TooDeep(at),
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
            let masks = Masks::of(&block);
            assert_eq!(masks.quotes, mask(&block, |byte| byte == b'"'));
            assert_eq!(masks.backslashes, mask(&block, |byte| byte == b'\\'));
            assert_eq!(masks.opens, mask(&block, |byte| byte == b'[' || byte == b'{'));
            assert_eq!(masks.closes, mask(&block, |byte| byte == b']' || byte == b'}'));
            assert_eq!(
                super::mask(&block, |bytes| is(b':', bytes)),
                mask(&block, |byte| byte == b':')
            );
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
            assert_eq!(scan.look::<false>(&text), wanted, "{}", text.escape_ascii());
            let (mut scan, mut marked, mut upto) = (Scan::default(), Scan::default(), 0);
            let mut found = (Found::More, Found::More);
            while found == (Found::More, Found::More) && upto < text.len() {
                upto = (upto + 1 + next(100)).min(text.len());
                found = (scan.look::<false>(&text[..upto]), marked.look::<true>(&text[..upto]));
            }
            assert_eq!(found, (wanted, wanted), "{}", text.escape_ascii());
        }
    }
}
