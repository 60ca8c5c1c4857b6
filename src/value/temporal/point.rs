use std::cmp::Ordering;
use std::iter::repeat;

use super::text::pair;
use super::{DateTimeOffset, FRACTION_DIGITS};

/// A point in time that the texts of many others are compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    point: DateTimeOffset,
    /// In UTC, if its year has four digits.
    utc: Option<(Words, [u8; FRACTION_DIGITS as usize])>,
}

/// The digits of year and month, of day, hour and minute, and of hour, minute and second, as numbers that
/// order like the text.
type Words = [u64; 3];

/// What the words of a text are written like: `0` stands for a digit.
const FORM: [[u8; 8]; 3] = [*b"0000-00-", *b"00T00:00", *b"00:00:00"];

impl Point {
    pub(crate) fn new(point: DateTimeOffset) -> Self {
        Self { point, utc: point.in_utc().and_then(parts) }
    }

    /// How the text of a point compares with this one; none if it is not a point in time.
    ///
    /// Points in UTC compare by their digits, without a date being made of them.
    pub(crate) fn order_of(&self, text: &str) -> Option<Ordering> {
        match (scan(text.as_bytes()), &self.utc) {
            (Some((words, fraction)), Some((own_words, own_fraction))) => {
                let digits = || fraction.iter().chain(repeat(&b'0')).take(own_fraction.len());
                Some(words.cmp(own_words).then_with(|| digits().cmp(own_fraction)))
            }
            _ => Some(DateTimeOffset::parse(text)?.cmp(&self.point)),
        }
    }
}

fn parts(utc: DateTimeOffset) -> Option<(Words, [u8; FRACTION_DIGITS as usize])> {
    let (date, time) = (utc.date(), utc.time());
    let year = u32::try_from(date.year()).ok().filter(|year| *year < 10_000)?;
    let digits = |number: u32| [(number / 10 % 10) as u8, (number % 10) as u8];
    let ([y1, y2], [y3, y4]) = (digits(year / 100), digits(year));
    let ([m1, m2], [d1, d2]) = (digits(date.month()), digits(date.day()));
    let [[h1, h2], [n1, n2], [s1, s2]] =
        [time.hour(), time.minute(), time.second()].map(|part| digits(part.into()));
    let words = [
        u64::from_be_bytes([y1, y2, y3, y4, 0, m1, m2, 0]),
        u64::from_be_bytes([d1, d2, 0, h1, h2, 0, n1, n2]),
        u64::from_be_bytes([h1, h2, 0, n1, n2, 0, s1, s2]),
    ];
    let mut fraction = [b'0'; FRACTION_DIGITS as usize];
    let mut rest = time.picosecond();
    for digit in fraction.iter_mut().rev() {
        *digit |= (rest % 10) as u8;
        rest /= 10;
    }
    Some((words, fraction))
}

/// Reads `YYYY-MM-DDThh:mm:ss`, maybe with a fraction, and `Z`: its words, and the digits of the
/// fraction. None for what is written differently.
fn scan(text: &[u8]) -> Option<(Words, &[u8])> {
    let (local, rest) = text.split_first_chunk::<19>()?;
    let fraction = match rest {
        [b'Z'] => &[],
        [b'.', fraction @ .., b'Z'] if !fraction.is_empty() => fraction,
        _ => return None,
    };
    if fraction.len() > FRACTION_DIGITS as usize || !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let (date, rest) = local.split_first_chunk()?;
    let [date, day, time] = [date, rest.first_chunk()?, local.last_chunk()?];
    let [date_form, day_form, time_form] = FORM;
    let words = [digits(*date, date_form)?, digits(*day, day_form)?, digits(*time, time_form)?];
    exists(words).then_some((words, fraction))
}

/// The digits of a text of a form, with zeros between.
#[inline]
fn digits(text: [u8; 8], form: [u8; 8]) -> Option<u64> {
    let digits = u64::from_be_bytes(text) ^ u64::from_be_bytes(form);
    // What is added to a byte makes it overflow into its high bit if it is more than it may be.
    let room = u64::from_be_bytes(form.map(|byte| if byte == b'0' { 0x7f - 9 } else { 0x7f }));
    let overflow = (digits.wrapping_add(room) | digits) & u64::from_be_bytes([0x80; 8]);
    (overflow == 0).then_some(digits)
}

/// Whether digits are those of a day and of a time of it.
fn exists([date, day, time]: Words) -> bool {
    let [y1, y2, y3, y4, _, m1, m2, _] = date.to_be_bytes();
    let [d1, d2, ..] = day.to_be_bytes();
    let [h1, h2, _, n1, _, _, s1, _] = time.to_be_bytes();
    let days = match pair(m1, m2) {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(pair(y1, y2), pair(y3, y4)) => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&pair(d1, d2)) && pair(h1, h2) < 24 && n1 < 6 && s1 < 6
}

fn is_leap(century: u8, year: u8) -> bool {
    if year == 0 { century.is_multiple_of(4) } else { year.is_multiple_of(4) }
}
