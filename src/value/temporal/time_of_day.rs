use std::fmt;

use super::text::{digits, picoseconds, skip, two_digits_to, write_fraction};
use super::{DAY, FRACTION_DIGITS, HOUR, MINUTE, SECOND};
use crate::value::Number;

/// An `Edm.TimeOfDay` value; second 60 stands for a leap second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TimeOfDay {
    hour: u8,
    minute: u8,
    second: u8,
    picosecond: u64,
}

impl TimeOfDay {
    /// Midnight.
    pub(super) const MIN: Self = Self { hour: 0, minute: 0, second: 0, picosecond: 0 };
    /// The last picosecond of a day.
    pub(super) const MAX: Self =
        Self { hour: 23, minute: 59, second: 59, picosecond: 999_999_999_999 };

    /// Reads the ABNF rule `timeOfDayValue`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::scan(text.as_bytes()).filter(|(_, rest)| rest.is_empty()).map(|(time, _)| time)
    }

    /// Reads a time of day and returns what follows it.
    pub(super) fn scan(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (hour, minute, rest) = Self::scan_minutes(bytes)?;
        let time = Self { hour, minute, ..Self::MIN };
        let Some(rest) = skip(b':', rest) else {
            return Some((time, rest));
        };
        let (second, rest) = two_digits_to(60, rest)?;
        let time = Self { second, ..time };
        let Some(rest) = skip(b'.', rest) else {
            return Some((time, rest));
        };
        let (fraction, rest) = digits(rest)?;
        let time = Self { picosecond: picoseconds(fraction)?, ..time };
        (fraction.len() <= FRACTION_DIGITS as usize).then_some((time, rest))
    }

    /// Reads an hour and a minute and returns what follows them.
    pub(super) fn scan_minutes(bytes: &[u8]) -> Option<(u8, u8, &[u8])> {
        let (hour, rest) = two_digits_to(23, bytes)?;
        let (minute, rest) = two_digits_to(59, skip(b':', rest)?)?;
        Some((hour, minute, rest))
    }

    /// The time a number of picoseconds after midnight, counted modulo one day.
    pub(super) fn from_picoseconds(picoseconds: i128) -> Self {
        let part = |unit: i128, count: i128| picoseconds.div_euclid(unit).rem_euclid(count);
        Self {
            hour: part(HOUR, DAY / HOUR) as u8,
            minute: part(MINUTE, HOUR / MINUTE) as u8,
            second: part(SECOND, MINUTE / SECOND) as u8,
            picosecond: part(1, SECOND) as u64,
        }
    }

    /// The number of whole seconds since midnight.
    pub(super) fn seconds(self) -> i64 {
        let minutes = i64::from(self.hour).saturating_mul(60).saturating_add(self.minute.into());
        minutes.saturating_mul(60).saturating_add(self.second.into())
    }

    /// The fraction of the second in picoseconds.
    pub(super) fn picosecond(self) -> u64 {
        self.picosecond
    }

    /// The hour, 0 to 23.
    pub(crate) fn hour(self) -> u8 {
        self.hour
    }

    /// The minute, 0 to 59.
    pub(crate) fn minute(self) -> u8 {
        self.minute
    }

    /// The second, 0 to 59, or 60 for a leap second.
    pub(crate) fn second(self) -> u8 {
        self.second
    }

    /// The fraction of the second, a decimal less than 1.
    pub(crate) fn fractional_seconds(self) -> Number {
        Number::from_fixed(self.picosecond.into(), FRACTION_DIGITS)
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}:{:02}", self.hour, self.minute, self.second)?;
        write_fraction(self.picosecond, formatter)
    }
}
