//! Numbers of all numeric primitive types, exact wherever 28 decimal digits hold them.

mod arithmetic;
mod scientific;

use std::cmp::Ordering;
use std::fmt::{self, Write as _};
use std::sync::LazyLock;

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use self::scientific::{DecimalText, Scientific};

/// A numeric value (5.1.1.18 Numeric Promotion).
///
/// `Double` holds only what `Decimal` cannot hold exactly, so each number has one form among
/// the two; whole numbers written with a fraction or exponent are decimals.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    /// An integer within `i64::MIN..=u64::MAX`.
    Integer(i128),
    /// A decimal number.
    Decimal(Decimal),
    /// `INF`, `-INF`, `NaN`, or a number out of the range or precision of a decimal.
    Double(f64),
}

/// A number to hash by: the same for all spellings of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum NumberKey {
    /// `-INF`
    NegativeInfinity,
    /// `INF`
    Infinity,
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Finite(Scientific),
}

/// Whether `serde_json` keeps the text of a number, which its own features decide.
static JSON_KEEPS_TEXT: LazyLock<bool> = LazyLock::new(|| {
    serde_json::from_str::<serde_json::Number>("1.00").is_ok_and(|one| one.to_string() == "1.00")
});

impl Number {
    /// Zero, as an integer.
    pub(crate) const ZERO: Self = Self::Integer(0);

    /// The integer, if it is within the range of integers.
    pub(crate) fn from_i128(integer: i128) -> Option<Self> {
        (i128::from(i64::MIN)..=i128::from(u64::MAX))
            .contains(&integer)
            .then_some(Self::Integer(integer))
    }

    /// A number of a JSON payload; beyond the range of doubles it is infinite.
    pub(crate) fn from_json(number: &serde_json::Number) -> Self {
        if let Some(integer) = number.as_i64() {
            return Self::from(integer);
        }
        if let Some(integer) = number.as_u64() {
            return Self::from(integer);
        }
        if !*JSON_KEEPS_TEXT && let Some(double) = number.as_f64() {
            return Self::from_f64(double);
        }
        Self::from_text(&number.to_string()).unwrap_or(Self::Double(f64::NAN))
    }

    /// Evaluation steps of reading a number of a JSON payload, beyond those of any: `serde_json` may keep
    /// texts of any length.
    pub(crate) fn json_steps(number: &serde_json::Number) -> u64 {
        /// Counts what is written.
        struct Length(usize);
        impl fmt::Write for Length {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.0 = self.0.saturating_add(text.len());
                Ok(())
            }
        }
        let mut length = Length(0);
        // Counting does not fail.
        let _ = if *JSON_KEEPS_TEXT { write!(length, "{number}") } else { Ok(()) };
        (length.0 as u64 / 64).saturating_mul(8)
    }

    /// The number with the shortest decimal text that reads back as `double`.
    pub(crate) fn from_f64(double: f64) -> Self {
        if is_beyond_decimals(double) {
            return Self::Double(double);
        }
        short_decimal(double)
            .or_else(|| Scientific::shortest(double).and_then(Scientific::to_decimal))
            .map_or(Self::Double(double), Self::Decimal)
    }

    /// The decimal `mantissa × 10^-scale`.
    pub(crate) fn from_fixed(mantissa: i128, scale: u32) -> Self {
        Scientific::from_fixed(mantissa, scale).and_then(Scientific::to_decimal).map_or_else(
            || Self::from_f64(mantissa as f64 / 10_f64.powf(f64::from(scale))),
            Self::Decimal,
        )
    }

    /// Reads the ABNF rule `decimalValue`; none when malformed or beyond the range of doubles.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "INF" => Some(Self::Double(f64::INFINITY)),
            "-INF" => Some(Self::Double(f64::NEG_INFINITY)),
            "NaN" => Some(Self::Double(f64::NAN)),
            _ => Self::from_text(text)
                .filter(|number| !matches!(number, Self::Double(double) if double.is_infinite())),
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        let literal = DecimalText::parse(text)?;
        let integer = literal
            .value
            .filter(|_| literal.is_integer)
            .and_then(|value| Self::from_i128(value.scaled(0)?));
        integer
            .or_else(|| literal.value.and_then(Scientific::to_decimal).map(Self::Decimal))
            .or_else(|| text.parse().ok().map(Self::from_f64))
    }

    /// The value as a whole number of the integer range; none if it has a fraction.
    pub(crate) fn to_integer(self) -> Option<i128> {
        match self {
            Self::Integer(integer) => Some(integer),
            Self::Decimal(decimal) if decimal.is_integer() => {
                decimal.to_i128().filter(|&integer| Self::from_i128(integer).is_some())
            }
            Self::Decimal(_) | Self::Double(_) => None,
        }
    }

    /// The value as a decimal; none for doubles.
    pub(crate) fn to_decimal(self) -> Option<Decimal> {
        match self {
            Self::Integer(integer) => Decimal::from_i128(integer),
            Self::Decimal(decimal) => Some(decimal),
            Self::Double(_) => None,
        }
    }

    /// The nearest double.
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Decimal(decimal) => decimal.to_string().parse().unwrap_or(f64::NAN),
            Self::Double(double) => double,
        }
    }

    /// The nearest `Edm.Single`; none beyond its range.
    pub(crate) fn to_single(self) -> Option<Self> {
        if let Self::Double(double) = self
            && !double.is_finite()
        {
            return Some(self);
        }
        let single: f32 = self.to_string().parse().ok()?;
        Self::from_text(&format!("{single:e}"))
    }

    /// The value times `10^places`, rounded half away from zero; none outside `i128`.
    pub(crate) fn scaled(self, places: u32) -> Option<i128> {
        self.scientific()?.scaled(i32::try_from(places).ok()?)
    }

    /// Whether the value is zero.
    pub(crate) fn is_zero(self) -> bool {
        match self {
            Self::Integer(integer) => integer == 0,
            Self::Decimal(decimal) => decimal.is_zero(),
            Self::Double(double) => double == 0.0,
        }
    }

    /// Whether the value is `NaN`.
    pub(crate) fn is_nan(self) -> bool {
        matches!(self, Self::Double(double) if double.is_nan())
    }

    /// Compares exactly; none if either is `NaN` (5.1.1.1.3).
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(left), Self::Integer(right)) => Some(left.cmp(&right)),
            (Self::Double(left), Self::Double(right)) => left.partial_cmp(&right),
            (Self::Double(left), right) => compare_double(left, right),
            (left, Self::Double(right)) => compare_double(right, left).map(Ordering::reverse),
            (left, right) => Some(left.to_decimal()?.cmp(&right.to_decimal()?)),
        }
    }

    /// Whether both are the same number; `NaN` equals nothing (5.1.1.1.1).
    pub(crate) fn equals(self, other: Self) -> bool {
        self.compare(other) == Some(Ordering::Equal)
    }

    /// A total order: `NaN` follows all other numbers.
    pub(crate) fn total_order(self, other: Self) -> Ordering {
        self.compare(other).unwrap_or_else(|| self.is_nan().cmp(&other.is_nan()))
    }

    /// The key to hash by; none for `NaN`, which equals nothing.
    pub(crate) fn key(self) -> Option<NumberKey> {
        match self {
            Self::Double(f64::INFINITY) => Some(NumberKey::Infinity),
            Self::Double(f64::NEG_INFINITY) => Some(NumberKey::NegativeInfinity),
            Self::Integer(integer) => Some(NumberKey::Integer(integer)),
            Self::Decimal(decimal) if decimal.is_integer() => {
                decimal.trunc().to_i128().map(NumberKey::Integer)
            }
            _ => self.scientific().map(NumberKey::Finite),
        }
    }

    fn scientific(self) -> Option<Scientific> {
        match self {
            Self::Integer(integer) => Scientific::from_fixed(integer, 0),
            Self::Decimal(decimal) => Scientific::from_fixed(decimal.mantissa(), decimal.scale()),
            Self::Double(double) => Scientific::shortest(double),
        }
    }
}

impl From<i64> for Number {
    fn from(integer: i64) -> Self {
        Self::Integer(integer.into())
    }
}

impl From<u64> for Number {
    fn from(integer: u64) -> Self {
        Self::Integer(integer.into())
    }
}

/// Payload text: no exponent unless the number is a double, no trailing zeros.
impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(formatter),
            Self::Decimal(decimal) => decimal.normalize().fmt(formatter),
            Self::Double(f64::INFINITY) => formatter.write_str("INF"),
            Self::Double(f64::NEG_INFINITY) => formatter.write_str("-INF"),
            Self::Double(double) if double.is_nan() => formatter.write_str("NaN"),
            Self::Double(double) => write!(formatter, "{double:e}"),
        }
    }
}

/// Whether a double is too large or too small for any decimal but zero: those reach from `10^-28` to
/// `2^96`.
fn is_beyond_decimals(double: f64) -> bool {
    double != 0.0 && !(1e-28..8e28).contains(&double.abs())
}

/// The order of a double and an integer or a decimal.
fn compare_double(double: f64, other: Number) -> Option<Ordering> {
    if is_beyond_decimals(double) && !double.is_nan() {
        // A small one is between zero and the others.
        return match double.abs() < 1.0 && !other.is_zero() {
            true => Number::ZERO.compare(other),
            false => double.partial_cmp(&0.0),
        };
    }
    match Scientific::shortest(double) {
        Some(finite) => Some(finite.cmp(&other.scientific()?)),
        None => double.partial_cmp(&0.0),
    }
}

/// The shortest decimal of a double with few digits, found without formatting it.
///
/// Different decimals of at most 15 digits read as different doubles, so the one that reads
/// back as `double` is its shortest; the division is exact to the last bit because both
/// operands are exact.
fn short_decimal(double: f64) -> Option<Decimal> {
    const POWERS: [(u32, f64); 7] =
        [(0, 1e0), (1, 1e1), (2, 1e2), (3, 1e3), (4, 1e4), (5, 1e5), (6, 1e6)];
    POWERS.iter().find_map(|&(scale, power)| {
        let mantissa = (double * power).round();
        (mantissa.abs() < 1e15 && mantissa / power == double)
            .then(|| Decimal::new(mantissa as i64, scale))
    })
}
