use std::fmt;

use super::text::{digits, number, picoseconds, skip, write_fraction};
use super::{DAY, FRACTION_DIGITS, HOUR, MINUTE, SECOND};
use crate::value::Number;

/// An `Edm.Duration` value, in picoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Duration(i128);

/// The designators of the components before and after `T`, with the length of their units.
const DAY_UNITS: &[(u8, i128)] = &[(b'D', DAY)];
const TIME_UNITS: &[(u8, i128)] = &[(b'H', HOUR), (b'M', MINUTE), (b'S', SECOND)];

impl Duration {
    /// Reads the ABNF rule `durationValue`, which must name at least one component;
    /// digits of a second after the twelfth have to be zeros.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (sign, rest) = skip(b'-', bytes).map_or((1, bytes), |rest| (-1, rest));
        let rest = skip(b'P', rest)?;
        let (days, rest) = components(DAY_UNITS, rest)?;
        let (times, rest) = match skip(b'T', rest) {
            Some(rest) => {
                let (times, rest) = components(TIME_UNITS, rest)?;
                (Some(times?), rest)
            }
            None => (None, rest),
        };
        if !rest.is_empty() || (days.is_none() && times.is_none()) {
            return None;
        }
        let total = days.unwrap_or(0).checked_add(times.unwrap_or(0))?;
        total.checked_mul(sign).map(Self)
    }

    /// The duration of a number of picoseconds.
    pub(super) fn from_picoseconds(picoseconds: i128) -> Self {
        Self(picoseconds)
    }

    /// The duration of a number of seconds, rounded to the picosecond; none if out of range.
    pub(crate) fn from_seconds(seconds: Number) -> Option<Self> {
        seconds.scaled(FRACTION_DIGITS).map(Self)
    }

    /// The number of picoseconds.
    pub(super) fn picoseconds(self) -> i128 {
        self.0
    }

    /// The number of seconds with their fraction (5.1.1.8.13).
    pub(crate) fn total_seconds(self) -> Number {
        Number::from_fixed(self.0, FRACTION_DIGITS)
    }

    /// `Duration add Duration` (5.1.1.2.1)
    pub(crate) fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// `Duration sub Duration` (5.1.1.2.2)
    pub(crate) fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The negation operator (5.1.1.2.3)
    pub(crate) fn checked_neg(self) -> Option<Self> {
        self.0.checked_neg().map(Self)
    }
}

/// Reads components in the order of their units; the total is none when there are none.
fn components<'b>(
    mut units: &[(u8, i128)],
    mut bytes: &'b [u8],
) -> Option<(Option<i128>, &'b [u8])> {
    let mut total = None;
    while let Some((whole, rest)) = digits(bytes) {
        let (fraction, rest) = match skip(b'.', rest) {
            Some(rest) => digits(rest)?,
            None => (&[][..], rest),
        };
        let (designator, rest) = rest.split_first()?;
        let designator = designator.to_ascii_uppercase();
        let index = units.iter().position(|&(name, _)| name == designator)?;
        let [(_, unit), further @ ..] = units.get(index..)? else {
            return None;
        };
        if !fraction.is_empty() && designator != b'S' {
            return None;
        }
        let length =
            number(whole)?.checked_mul(*unit)?.checked_add(picoseconds(fraction)?.into())?;
        total = Some(total.unwrap_or(0_i128).checked_add(length)?);
        units = further;
        bytes = rest;
    }
    Some((total, bytes))
}

/// Payload form: days, hours, minutes and seconds that are not zero, or `PT0S`.
impl fmt::Display for Duration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return formatter.write_str("PT0S");
        }
        formatter.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        let parts = [self.0 / DAY, self.0 % DAY / HOUR, self.0 % HOUR / MINUTE];
        let [days, hours, minutes] = parts.map(i128::unsigned_abs);
        let [seconds, picoseconds] =
            [self.0 % MINUTE / SECOND, self.0 % SECOND].map(i128::unsigned_abs);
        if days > 0 {
            write!(formatter, "{days}D")?;
        }
        if self.0 % DAY != 0 {
            formatter.write_str("T")?;
        }
        if hours > 0 {
            write!(formatter, "{hours}H")?;
        }
        if minutes > 0 {
            write!(formatter, "{minutes}M")?;
        }
        if seconds > 0 || picoseconds > 0 {
            write!(formatter, "{seconds}")?;
            write_fraction(picoseconds as u64, formatter)?;
            formatter.write_str("S")?;
        }
        Ok(())
    }
}
