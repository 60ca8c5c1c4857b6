use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::time::{SystemTime, UNIX_EPOCH};

use super::text::skip;
use super::{DAY, Date, Duration, SECOND, TimeOfDay};

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// An `Edm.DateTimeOffset` value in its own time zone; equality and order are by instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DateTimeOffset {
    date: Date,
    time: TimeOfDay,
    offset_minutes: i16,
}

impl DateTimeOffset {
    /// The earliest point in time (5.1.1.8.6).
    pub(crate) const MIN: Self = Self { date: Date::MIN, time: TimeOfDay::MIN, offset_minutes: 0 };
    /// The latest point in time (5.1.1.8.5).
    pub(crate) const MAX: Self = Self { date: Date::MAX, time: TimeOfDay::MAX, offset_minutes: 0 };

    /// Reads the ABNF rule `dateTimeOffsetValue`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (date, time, rest) = scan_local(text)?;
        let offset_minutes = parse_offset(rest)?;
        Some(Self { date, time, offset_minutes })
    }

    /// Reads a date and time, taken as UTC when it has no offset (5.1.1.10.1, rule 11).
    pub(crate) fn parse_or_utc(text: &str) -> Option<Self> {
        let (date, time, rest) = scan_local(text)?;
        let offset_minutes = if rest.is_empty() { 0 } else { parse_offset(rest)? };
        Some(Self { date, time, offset_minutes })
    }

    /// The point in time of a system clock, in UTC.
    pub(crate) fn from_system_time(time: SystemTime) -> Self {
        let (elapsed, nanosecond, bound) = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => (after, 1000, Self::MAX),
            Err(before) => (before.duration(), -1000, Self::MIN),
        };
        i128::try_from(elapsed.as_nanos())
            .ok()
            .and_then(|nanoseconds| nanoseconds.checked_mul(nanosecond))
            .and_then(|picoseconds| Self::from_local(picoseconds, 0))
            .unwrap_or(bound)
    }

    /// The date in its own time zone (5.1.1.8.1).
    pub(crate) fn date(self) -> Date {
        self.date
    }

    /// The time of day in its own time zone (5.1.1.8.11).
    pub(crate) fn time(self) -> TimeOfDay {
        self.time
    }

    /// The signed number of minutes of its time-zone offset (5.1.1.8.12).
    pub(crate) fn total_offset_minutes(self) -> i16 {
        self.offset_minutes
    }

    /// `DateTimeOffset add Duration`, in the same time zone (5.1.1.2.1).
    pub(crate) fn checked_add(self, duration: Duration) -> Option<Self> {
        let local = picoseconds(self.local_seconds(), self.time.picosecond())?;
        Self::from_local(local.checked_add(duration.picoseconds())?, self.offset_minutes)
    }

    /// `DateTimeOffset sub DateTimeOffset` (5.1.1.2.2)
    pub(crate) fn since(self, other: Self) -> Option<Duration> {
        self.epoch_picoseconds()?
            .checked_sub(other.epoch_picoseconds()?)
            .map(Duration::from_picoseconds)
    }

    /// The same point in UTC; none beyond the calendar.
    pub(super) fn in_utc(self) -> Option<Self> {
        Self::from_local(self.epoch_picoseconds()?, 0)
    }

    /// The point a number of picoseconds after 1970-01-01T00:00:00 in its own time zone.
    fn from_local(picoseconds: i128, offset_minutes: i16) -> Option<Self> {
        let date = Date::from_epoch_days(picoseconds.div_euclid(DAY))?;
        let time = TimeOfDay::from_picoseconds(picoseconds);
        Some(Self { date, time, offset_minutes })
    }

    /// Whole seconds since 1970-01-01T00:00:00 in its own time zone.
    fn local_seconds(self) -> i64 {
        self.date.epoch_days().saturating_mul(SECONDS_PER_DAY).saturating_add(self.time.seconds())
    }

    /// Whole seconds since 1970-01-01T00:00:00Z, and the picoseconds after them.
    fn instant(self) -> (i64, u64) {
        let offset = i64::from(self.offset_minutes).saturating_mul(60);
        (self.local_seconds().saturating_sub(offset), self.time.picosecond())
    }

    /// Nanoseconds since 1970-01-01T00:00:00Z; none where they do not say it all.
    pub(crate) fn nanoseconds(self) -> Option<i64> {
        let (seconds, picosecond) = self.instant();
        let nanosecond = i64::try_from(picosecond / 1000).ok()?;
        let nanoseconds = seconds.checked_mul(1_000_000_000)?.checked_add(nanosecond)?;
        picosecond.is_multiple_of(1000).then_some(nanoseconds)
    }

    /// Picoseconds since 1970-01-01T00:00:00Z.
    fn epoch_picoseconds(self) -> Option<i128> {
        let (seconds, picosecond) = self.instant();
        picoseconds(seconds, picosecond)
    }
}

fn picoseconds(seconds: i64, picosecond: u64) -> Option<i128> {
    i128::from(seconds).checked_mul(SECOND)?.checked_add(picosecond.into())
}

fn scan_local(text: &str) -> Option<(Date, TimeOfDay, &[u8])> {
    let (date, rest) = Date::scan(text.as_bytes())?;
    let (time, rest) = TimeOfDay::scan(skip(b'T', rest)?)?;
    Some((date, time, rest))
}

fn parse_offset(bytes: &[u8]) -> Option<i16> {
    let (sign, rest) = match bytes {
        [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hour, minute, rest) = TimeOfDay::scan_minutes(rest)?;
    let minutes = i16::from(hour).checked_mul(60)?.checked_add(minute.into())?;
    minutes.checked_mul(sign).filter(|_| rest.is_empty())
}

impl Ord for DateTimeOffset {
    fn cmp(&self, other: &Self) -> Ordering {
        self.instant().cmp(&other.instant())
    }
}

impl PartialOrd for DateTimeOffset {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for DateTimeOffset {
    fn eq(&self, other: &Self) -> bool {
        self.instant() == other.instant()
    }
}

impl Eq for DateTimeOffset {}

impl Hash for DateTimeOffset {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.instant().hash(state);
    }
}

impl fmt::Display for DateTimeOffset {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}T{}", self.date, self.time)?;
        if self.offset_minutes == 0 {
            return formatter.write_str("Z");
        }
        let sign = if self.offset_minutes < 0 { '-' } else { '+' };
        let minutes = self.offset_minutes.unsigned_abs();
        write!(formatter, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
    }
}
