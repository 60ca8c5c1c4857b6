use std::fmt;

use chrono::{Datelike, NaiveDate};

use super::text::{digits, number, skip, two_digits};
use super::{DAY, Duration};

/// An `Edm.Date` value: a day of the proleptic Gregorian calendar, year 0 included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Date(NaiveDate);

/// The day 1970-01-01 counted from 0001-01-01 as day 1.
const EPOCH: i32 = 719_163;

impl Date {
    /// The day of the earliest point in time (5.1.1.8.6).
    pub(super) const MIN: Self = Self::constant(1, 1, 1);
    /// The day of the latest point in time (5.1.1.8.5).
    pub(super) const MAX: Self = Self::constant(9999, 12, 31);

    const fn constant(year: i32, month: u32, day: u32) -> Self {
        match NaiveDate::from_ymd_opt(year, month, day) {
            Some(date) => Self(date),
            None => Self(NaiveDate::MAX),
        }
    }

    /// Reads the ABNF rule `date`; only days of the calendar are dates.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::scan(text.as_bytes()).filter(|(_, rest)| rest.is_empty()).map(|(date, _)| date)
    }

    /// Reads a date and returns what follows it.
    pub(super) fn scan(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (sign, rest) = skip(b'-', bytes).map_or((1, bytes), |rest| (-1, rest));
        let (year, rest) = digits(rest)?;
        if year.len() < 4 || (year.len() > 4 && year.first() == Some(&b'0')) {
            return None;
        }
        let (month, rest) = two_digits(skip(b'-', rest)?)?;
        let (day, rest) = two_digits(skip(b'-', rest)?)?;
        let year = i32::try_from(number(year)?.checked_mul(sign)?).ok()?;
        let date = NaiveDate::from_ymd_opt(year, month.into(), day.into())?;
        Some((Self(date), rest))
    }

    /// The date a number of days after 1970-01-01; none beyond the calendar.
    pub(super) fn from_epoch_days(days: i128) -> Option<Self> {
        let days = i32::try_from(days).ok()?.checked_add(EPOCH)?;
        NaiveDate::from_num_days_from_ce_opt(days).map(Self)
    }

    /// The number of days since 1970-01-01.
    pub(super) fn epoch_days(self) -> i64 {
        i64::from(self.0.num_days_from_ce()).saturating_sub(EPOCH.into())
    }

    /// The year.
    pub(crate) fn year(self) -> i32 {
        self.0.year()
    }

    /// The month, 1 to 12.
    pub(crate) fn month(self) -> u32 {
        self.0.month()
    }

    /// The day of the month, 1 to 31.
    pub(crate) fn day(self) -> u32 {
        self.0.day()
    }

    /// `Date add Duration`: the day on which midnight plus the duration falls (5.1.1.2.1).
    pub(crate) fn checked_add(self, duration: Duration) -> Option<Self> {
        let midnight = i128::from(self.epoch_days()).checked_mul(DAY)?;
        let point = midnight.checked_add(duration.picoseconds())?;
        Self::from_epoch_days(point.div_euclid(DAY))
    }

    /// `Date sub Date` (5.1.1.2.2)
    pub(crate) fn since(self, other: Self) -> Option<Duration> {
        let days = self.epoch_days().checked_sub(other.epoch_days())?;
        i128::from(days).checked_mul(DAY).map(Duration::from_picoseconds)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.year() < 0 { "-" } else { "" };
        let year = self.year().unsigned_abs();
        write!(formatter, "{sign}{year:04}-{:02}-{:02}", self.month(), self.day())
    }
}
