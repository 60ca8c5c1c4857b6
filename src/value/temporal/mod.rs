//! Points and spans of time, with fractions of a second down to the picosecond.

mod date;
mod date_time_offset;
mod duration;
mod point;
mod text;
mod time_of_day;

pub(crate) use self::date::Date;
pub(crate) use self::date_time_offset::DateTimeOffset;
pub(crate) use self::duration::Duration;
pub(crate) use self::point::Point;
pub(crate) use self::time_of_day::TimeOfDay;

const SECOND: i128 = 1_000_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const HOUR: i128 = 60 * MINUTE;
const DAY: i128 = 24 * HOUR;

/// The number of digits in a fraction of a second (ABNF rule `fractionalSeconds`).
const FRACTION_DIGITS: u32 = 12;
