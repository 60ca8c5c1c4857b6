use std::cmp::Ordering;

use super::{DateTimeOffset, FRACTION_DIGITS};

/// A point in time that the texts of many others are compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    point: DateTimeOffset,
    utc: Option<Utc>,
}

/// The parts of a point in UTC, which order as numbers: the digits of `YYYYMMDDhhmmss`, and
/// picoseconds.
type Utc = (u64, u64);

impl Point {
    pub(crate) fn new(point: DateTimeOffset) -> Self {
        Self { point, utc: point.in_utc().and_then(parts) }
    }

    /// How the text of a point compares with this one; none if it is not a point in time.
    ///
    /// Points in UTC compare by their digits, without a date being made of them.
    pub(crate) fn order_of(&self, text: &str) -> Option<Ordering> {
        match (scan(text.as_bytes()), &self.utc) {
            (Some(utc), Some(own)) => Some(utc.cmp(own)),
            _ => Some(DateTimeOffset::parse(text)?.cmp(&self.point)),
        }
    }
}

/// The parts of a point in UTC whose year has four digits.
fn parts(utc: DateTimeOffset) -> Option<Utc> {
    let (date, time) = (utc.date(), utc.time());
    let year = u64::try_from(date.year()).ok().filter(|year| *year < 10_000)?;
    let day = [date.month().into(), date.day().into()];
    let time_of_day = [time.hour().into(), time.minute().into(), time.second().into()];
    Some((key(year, day, time_of_day), time.picosecond()))
}

fn key(year: u64, [month, day]: [u64; 2], [hour, minute, second]: [u64; 3]) -> u64 {
    [month, day, hour, minute, second].iter().fold(year, |key, part| key * 100 + part)
}

/// Reads `YYYY-MM-DDThh:mm:ss`, maybe with a fraction, and `Z`; none for what is written differently.
fn scan(text: &[u8]) -> Option<Utc> {
    let (local, rest) = text.split_first_chunk()?;
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, b'T', h1, h2, b':', n1, n2, b':', s1, s2] =
        local
    else {
        return None;
    };
    let digits = [y1, y2, y3, y4, m1, m2, d1, d2, h1, h2, n1, n2, s1, s2];
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let year = pair(y1, y2) * 100 + pair(y3, y4);
    let (month, day) = (pair(m1, m2), pair(d1, d2));
    let (hour, minute, second) = (pair(h1, h2), pair(n1, n2), pair(s1, s2));
    let exists = (1..=12).contains(&month)
        && (1..=days(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let picosecond = match rest {
        [b'Z'] => 0,
        [b'.', fraction @ .., b'Z'] if !fraction.is_empty() => scan_fraction(fraction)?,
        _ => return None,
    };
    exists.then(|| (key(year, [month, day], [hour, minute, second]), picosecond))
}

fn scan_fraction(digits: &[u8]) -> Option<u64> {
    let rest = FRACTION_DIGITS.checked_sub(u32::try_from(digits.len()).ok()?)?;
    let number = digits.iter().try_fold(0, |number: u64, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u64::from(digit - b'0'))
    })?;
    Some(number * 10_u64.pow(rest))
}

fn pair(tens: u8, ones: u8) -> u64 {
    u64::from(tens - b'0') * 10 + u64::from(ones - b'0')
}

fn days(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
