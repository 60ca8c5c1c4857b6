//! A reader of literals, rule by rule after the ABNF (section 7), and what their values mean.

use std::cmp::Ordering;

use serde_json::{Number as JsonNumber, Value as Json};

/// The years of the calendar that the library counts with.
const YEARS: std::ops::RangeInclusive<i128> = -262_143..=262_142;
/// An exponent beyond all that decimals and doubles have.
const FAR: i64 = 1 << 40;
const SECOND: i128 = 1_000_000_000_000;

#[derive(Debug)]
pub(super) enum Value<'t> {
    Number(Number, &'t str),
    Text(String),
    Guid(&'t str),
    /// Days.
    Date(i128, &'t str),
    /// Picoseconds in UTC.
    DateTimeOffset(i128, &'t str),
    /// Hour, minute, second and picosecond: second 60 comes before the next minute.
    TimeOfDay([i128; 4], &'t str),
    /// Picoseconds.
    Duration(i128, &'t str),
}

pub(super) fn read(text: &str) -> Option<Value<'_>> {
    let rules = [number, string, guid, date, date_time_offset, time_of_day, duration];
    rules.iter().find_map(|rule| rule(text))
}

impl Value<'_> {
    /// How two values of one type compare: not at all, if one is `NaN`. None if their types differ
    /// or the library may round them.
    pub(super) fn order(&self, other: &Self) -> Option<Option<Ordering>> {
        match (self, other) {
            (Value::Number(left, _), Value::Number(right, _)) => left.order(right),
            (Value::Text(left), Value::Text(right)) => Some(Some(left.cmp(right))),
            (Value::Guid(left), Value::Guid(right)) => {
                Some(Some(left.to_ascii_lowercase().cmp(&right.to_ascii_lowercase())))
            }
            (Value::Date(left, _), Value::Date(right, _))
            | (Value::DateTimeOffset(left, _), Value::DateTimeOffset(right, _))
            | (Value::Duration(left, _), Value::Duration(right, _)) => Some(Some(left.cmp(right))),
            (Value::TimeOfDay(left, _), Value::TimeOfDay(right, _)) => Some(Some(left.cmp(right))),
            _ => None,
        }
    }

    /// The value as a record may hold it.
    pub(super) fn json(&self) -> Option<Json> {
        Some(match self {
            Value::Text(text) => text.as_str().into(),
            Value::Number(_, text) => {
                let signed = text.parse::<i64>().map(JsonNumber::from);
                signed.or_else(|_| text.parse::<u64>().map(JsonNumber::from)).ok()?.into()
            }
            Value::Guid(text)
            | Value::Date(_, text)
            | Value::DateTimeOffset(_, text)
            | Value::TimeOfDay(_, text)
            | Value::Duration(_, text) => (*text).into(),
        })
    }
}

/// A number by its digits, which neither begin nor end with zeros: `0.digits × 10^exponent`.
#[derive(Debug)]
pub(super) struct Number {
    negative: bool,
    digits: String,
    exponent: i64,
    double: f64,
}

impl Number {
    fn order(&self, other: &Self) -> Option<Option<Ordering>> {
        if self.is_exact() && other.is_exact() {
            return Some(Some(self.exact_order(other)));
        }
        match self.double.partial_cmp(&other.double) {
            // What the library may have rounded to one number.
            Some(Ordering::Equal) if self.double.is_finite() => None,
            order => Some(order),
        }
    }

    /// Whether a decimal of 28 digits holds the number.
    fn is_exact(&self) -> bool {
        let after_point = self.digits.len() as i64 - self.exponent;
        self.double.is_finite()
            && self.exponent <= 28
            && after_point <= 28
            && self.digits.len() <= 28
    }

    fn exact_order(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let magnitude = (self.exponent, &self.digits).cmp(&(other.exponent, &other.digits));
        sign(self).cmp(&sign(other)).then(match sign(self) {
            0 => Ordering::Equal,
            -1 => magnitude.reverse(),
            _ => magnitude,
        })
    }
}

/// `decimalValue`: `[SIGN] 1*DIGIT ["." 1*DIGIT] ["e" [SIGN] 1*DIGIT] / nanInfinity`
fn number(text: &str) -> Option<Value<'_>> {
    let special = |double| Number { negative: false, digits: String::new(), exponent: 0, double };
    let number = match text {
        "NaN" => special(f64::NAN),
        "INF" => special(f64::INFINITY),
        "-INF" => special(f64::NEG_INFINITY),
        _ => finite(text)?,
    };
    Some(Value::Number(number, text))
}

fn finite(text: &str) -> Option<Number> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent),
        None => (text, "0"),
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let unsigned_exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if ![whole, fraction, unsigned_exponent].into_iter().all(is_digits) {
        return None;
    }
    let double: f64 = text.parse().ok().filter(|double: &f64| double.is_finite())?;
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let leading = all.len() - significant.len();
    let far = if exponent.starts_with('-') { -FAR } else { FAR };
    let exponent = exponent.parse().unwrap_or(far).clamp(-FAR, FAR);
    let exponent = exponent + whole.len() as i64 - leading as i64;
    Some(Number {
        negative: text.starts_with('-'),
        exponent: if significant.is_empty() { 0 } else { exponent },
        digits: significant.trim_end_matches('0').to_owned(),
        double,
    })
}

/// `stringLiteral`: quotes inside are doubled.
fn string(text: &str) -> Option<Value<'_>> {
    let inside = text.strip_prefix('\'')?.strip_suffix('\'')?;
    let undoubled = inside.replace("''", "\0");
    let is_whole = !undoubled.contains('\'');
    is_whole.then(|| Value::Text(inside.replace("''", "'")))
}

/// `guid`: 8-4-4-4-12 hexadecimal digits
fn guid(text: &str) -> Option<Value<'_>> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let is_hex = groups.iter().all(|group| group.chars().all(|c| c.is_ascii_hexdigit()));
    (lengths == [8, 4, 4, 4, 12] && is_hex).then_some(Value::Guid(text))
}

fn date(text: &str) -> Option<Value<'_>> {
    Some(Value::Date(days(text)?, text))
}

/// `date`: the days since the beginning of year 1
fn days(text: &str) -> Option<i128> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, text),
    };
    let [year, month, day] = split(unsigned, '-')?;
    if year.len() < 4 || year.len() > 4 && year.starts_with('0') {
        return None;
    }
    let year = digits(year).map(|year| sign * year).filter(|year| YEARS.contains(year))?;
    let (month, day) = (two_digits(month)?, two_digits(day)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if is_leap { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let (before, rest) = months.split_at_checked(usize::try_from(month - 1).ok()?)?;
    let is_day = (1..=*rest.first()?).contains(&day);
    let years = year - 1;
    let leap_days = years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    is_day.then_some(years * 365 + leap_days + before.iter().sum::<i128>() + day)
}

/// `dateTimeOffsetValue`: `date "T" timeOfDayValue ("Z" / SIGN hour ":" minute)`
fn date_time_offset(text: &str) -> Option<Value<'_>> {
    let (date, time) = text.split_once(['T', 't'])?;
    let (time, offset) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => {
            let (time, zone) = time.split_at_checked(time.len().checked_sub(6)?)?;
            let sign = match zone.chars().next()? {
                '+' => 1,
                '-' => -1,
                _ => return None,
            };
            let [hour, minute] = split(&zone[1..], ':')?;
            (time, sign * (up_to(23, hour)? * 60 + up_to(59, minute)?))
        }
    };
    let [hour, minute, second, picosecond] = clock(time)?;
    let minutes = (days(date)? * 24 + hour) * 60 + minute - offset;
    Some(Value::DateTimeOffset((minutes * 60 + second) * SECOND + picosecond, text))
}

fn time_of_day(text: &str) -> Option<Value<'_>> {
    Some(Value::TimeOfDay(clock(text)?, text))
}

/// `timeOfDayValue`: `hour ":" minute [":" second ["." 1*12DIGIT]]`
fn clock(text: &str) -> Option<[i128; 4]> {
    let parts: Vec<&str> = text.split(':').collect();
    let (hour, minute, rest) = match parts[..] {
        [hour, minute] => (hour, minute, None),
        [hour, minute, second] => (hour, minute, Some(second)),
        _ => return None,
    };
    let (second, fraction) = match rest {
        Some(second) => match second.split_once('.') {
            Some((_, fraction)) if fraction.len() > 12 => return None,
            Some((second, fraction)) => (second, picoseconds(fraction)?),
            None => (second, 0),
        },
        None => ("00", 0),
    };
    Some([up_to(23, hour)?, up_to(59, minute)?, up_to(60, second)?, fraction])
}

/// `durationLiteral`: `"duration" SQUOTE ["-"] "P" [1*DIGIT "D"] ["T" [1*DIGIT "H"] [1*DIGIT "M"]
/// [1*DIGIT ["." 1*DIGIT] "S"]] SQUOTE`, with one component at least, and one behind `T`
fn duration(text: &str) -> Option<Value<'_>> {
    let (prefix, quoted) = text.split_once('\'')?;
    let payload = quoted.strip_suffix('\'').filter(|_| prefix.eq_ignore_ascii_case("duration"))?;
    let upper = payload.to_ascii_uppercase();
    let (sign, unsigned) = match upper.strip_prefix('-') {
        Some(unsigned) => (-1, unsigned),
        None => (1, upper.as_str()),
    };
    let components = unsigned.strip_prefix('P').filter(|components| !components.is_empty())?;
    let (date, time) = match components.split_once('T') {
        Some((_, "")) => return None,
        Some((date, time)) => (date, time),
        None => (components, ""),
    };
    let (days, rest) = component(date, 'D')?;
    let (hours, time) = component(time, 'H')?;
    let (minutes, time) = component(time, 'M')?;
    let (seconds, fraction) = match time.strip_suffix('S') {
        Some(seconds) => match seconds.split_once('.') {
            Some((seconds, fraction)) => (digits(seconds)?, picoseconds(fraction)?),
            None => (digits(seconds)?, 0),
        },
        None if time.is_empty() => (0, 0),
        None => return None,
    };
    let total = [(days, 86_400), (hours, 3_600), (minutes, 60), (seconds, 1)]
        .into_iter()
        .try_fold(fraction, |total, (count, seconds)| {
            total.checked_add(count.checked_mul(seconds * SECOND)?)
        })?;
    rest.is_empty().then_some(Value::Duration(sign * total, payload))
}

/// What stands in front of a designator, zero if it is not there, and what follows it.
fn component(text: &str, designator: char) -> Option<(i128, &str)> {
    match text.split_once(designator) {
        Some((count, rest)) => Some((digits(count)?, rest)),
        None => Some((0, text)),
    }
}

fn split<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    text.split(separator).collect::<Vec<_>>().try_into().ok()
}

/// `1*DIGIT`
fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The number that digits say; none if it is too large.
fn digits(text: &str) -> Option<i128> {
    text.parse().ok().filter(|_| is_digits(text))
}

fn two_digits(text: &str) -> Option<i128> {
    digits(text).filter(|_| text.len() == 2)
}

fn up_to(most: i128, text: &str) -> Option<i128> {
    two_digits(text).filter(|number| *number <= most)
}

/// The digits of a fraction of a second; none if they say more than picoseconds.
fn picoseconds(text: &str) -> Option<i128> {
    let significant = text.trim_end_matches('0');
    let is_fraction = is_digits(text) && significant.len() <= 12;
    is_fraction.then(|| format!("{significant:0<12}").parse().expect("digits"))
}
