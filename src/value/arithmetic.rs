//! The arithmetic operators (5.1.1.2) on values.
//!
//! A null operand, and operands that an operator does not combine, give null.

use super::{Date, DateTimeOffset, Duration, Fault, Number, Type, Value};

/// An arithmetic operator: the types that it combines, each with the type of the result, and what
/// computes it. Numeric types are one here.
#[derive(Debug)]
pub(crate) struct Arithmetic {
    pub(crate) signatures: &'static [(Type, Type, Type)],
    pub(crate) apply: fn(&Value<'_>, &Value<'_>) -> Result<Value<'static>, Fault>,
}

const NUMBERS: (Type, Type, Type) = (Type::Number, Type::Number, Type::Number);
const DURATIONS: (Type, Type, Type) = (Type::Duration, Type::Duration, Type::Duration);
const DATE_AND_DURATION: (Type, Type, Type) = (Type::Date, Type::Duration, Type::Date);
const POINT_AND_DURATION: (Type, Type, Type) =
    (Type::DateTimeOffset, Type::Duration, Type::DateTimeOffset);
const PART_OF_DURATION: (Type, Type, Type) = (Type::Duration, Type::Number, Type::Duration);

/// `add` (5.1.1.2.1)
pub(crate) static ADD: Arithmetic = Arithmetic {
    signatures: &[NUMBERS, DATE_AND_DURATION, POINT_AND_DURATION, DURATIONS],
    apply: add,
};

/// `sub` (5.1.1.2.2)
pub(crate) static SUB: Arithmetic = Arithmetic {
    signatures: &[
        NUMBERS,
        DATE_AND_DURATION,
        POINT_AND_DURATION,
        DURATIONS,
        (Type::Date, Type::Date, Type::Duration),
        (Type::DateTimeOffset, Type::DateTimeOffset, Type::Duration),
    ],
    apply: sub,
};

/// `mul` (5.1.1.2.4)
pub(crate) static MUL: Arithmetic = Arithmetic {
    signatures: &[NUMBERS, PART_OF_DURATION, (Type::Number, Type::Duration, Type::Duration)],
    apply: mul,
};

/// `div` (5.1.1.2.5)
pub(crate) static DIV: Arithmetic =
    Arithmetic { signatures: &[NUMBERS, PART_OF_DURATION], apply: div };

/// `divby` (5.1.1.2.5)
pub(crate) static DIVBY: Arithmetic =
    Arithmetic { signatures: &[NUMBERS, PART_OF_DURATION], apply: divby };

/// `mod` (5.1.1.2.6)
pub(crate) static MOD: Arithmetic = Arithmetic { signatures: &[NUMBERS], apply: modulo };

/// Evaluation steps beyond one: only that of integers takes no longer than a comparison.
pub(crate) fn steps(left: &Value<'_>, right: &Value<'_>) -> u64 {
    let integer = |value: &Value<'_>| matches!(value, Value::Number(Number::Integer(_)));
    if integer(left) && integer(right) { 0 } else { 8 }
}

/// A value that takes part in arithmetic.
#[derive(Clone, Copy)]
enum Operand {
    Number(Number),
    Date(Date),
    DateTimeOffset(DateTimeOffset),
    Duration(Duration),
}

/// `add` (5.1.1.2.1)
pub(crate) fn add(left: &Value<'_>, right: &Value<'_>) -> Result<Value<'static>, Fault> {
    use Operand::{Date, DateTimeOffset, Duration, Number};
    match operands(left, right) {
        Some((Number(left), Number(right))) => left.add(right).map(Value::Number),
        Some((Date(left), Duration(right))) => found(left.checked_add(right), Value::Date),
        Some((DateTimeOffset(left), Duration(right))) => {
            found(left.checked_add(right), Value::DateTimeOffset)
        }
        Some((Duration(left), Duration(right))) => found(left.checked_add(right), Value::Duration),
        _ => Ok(Value::Null),
    }
}

/// `sub` (5.1.1.2.2)
pub(crate) fn sub(left: &Value<'_>, right: &Value<'_>) -> Result<Value<'static>, Fault> {
    use Operand::{Date, DateTimeOffset, Duration, Number};
    match operand(left).zip(operand(right)) {
        Some((Number(left), Number(right))) => left.sub(right).map(Value::Number),
        Some((Date(left), Duration(right))) => {
            found(right.checked_neg().and_then(|right| left.checked_add(right)), Value::Date)
        }
        Some((DateTimeOffset(left), Duration(right))) => found(
            right.checked_neg().and_then(|right| left.checked_add(right)),
            Value::DateTimeOffset,
        ),
        Some((Duration(left), Duration(right))) => found(left.checked_sub(right), Value::Duration),
        Some((Date(left), Date(right))) => found(left.since(right), Value::Duration),
        Some((DateTimeOffset(left), DateTimeOffset(right))) => {
            found(left.since(right), Value::Duration)
        }
        _ => Ok(Value::Null),
    }
}

/// `mul` (5.1.1.2.4)
pub(crate) fn mul(left: &Value<'_>, right: &Value<'_>) -> Result<Value<'static>, Fault> {
    use Operand::{Duration, Number};
    match operands(left, right) {
        Some((Number(left), Number(right))) => left.mul(right).map(Value::Number),
        Some((Duration(duration), Number(number)) | (Number(number), Duration(duration))) => {
            seconds(duration.total_seconds().mul(number)?)
        }
        _ => Ok(Value::Null),
    }
}

/// `div` (5.1.1.2.5)
pub(crate) fn div(left: &Value<'_>, right: &Value<'_>) -> Result<Value<'static>, Fault> {
    divide(left, right, Number::div)
}

/// `divby` (5.1.1.2.5)
pub(crate) fn divby(left: &Value<'_>, right: &Value<'_>) -> Result<Value<'static>, Fault> {
    divide(left, right, |left, right| Ok(left.divby(right)))
}

/// `mod` (5.1.1.2.6)
pub(crate) fn modulo(left: &Value<'_>, right: &Value<'_>) -> Result<Value<'static>, Fault> {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.modulo(*right).map(Value::Number),
        _ => Ok(Value::Null),
    }
}

/// The negation operator (5.1.1.2.3)
pub(crate) fn negate(value: &Value<'_>) -> Result<Value<'static>, Fault> {
    match operand(value) {
        Some(Operand::Number(number)) => number.negate().map(Value::Number),
        Some(Operand::Duration(duration)) => found(duration.checked_neg(), Value::Duration),
        _ => Ok(Value::Null),
    }
}

fn divide(
    left: &Value<'_>,
    right: &Value<'_>,
    quotient: fn(Number, Number) -> Result<Number, Fault>,
) -> Result<Value<'static>, Fault> {
    match operands(left, right) {
        Some((Operand::Number(left), Operand::Number(right))) => {
            quotient(left, right).map(Value::Number)
        }
        Some((Operand::Duration(left), Operand::Number(right))) => {
            seconds(left.total_seconds().div(right)?)
        }
        _ => Ok(Value::Null),
    }
}

/// The operands; none for two strings, since neither says how to read the other.
fn operands(left: &Value<'_>, right: &Value<'_>) -> Option<(Operand, Operand)> {
    match (left, right) {
        (Value::String(_), Value::String(_)) => None,
        _ => operand(left).zip(operand(right)),
    }
}

/// The value as an operand; a string is whichever temporal value it reads as.
fn operand(value: &Value<'_>) -> Option<Operand> {
    match value {
        Value::Number(number) => Some(Operand::Number(*number)),
        Value::Date(date) => Some(Operand::Date(*date)),
        Value::DateTimeOffset(point) => Some(Operand::DateTimeOffset(*point)),
        Value::Duration(duration) => Some(Operand::Duration(*duration)),
        Value::String(text) => DateTimeOffset::parse(text)
            .map(Operand::DateTimeOffset)
            .or_else(|| Date::parse(text).map(Operand::Date))
            .or_else(|| Duration::parse(text).map(Operand::Duration)),
        _ => None,
    }
}

fn seconds(seconds: Number) -> Result<Value<'static>, Fault> {
    found(Duration::from_seconds(seconds), Value::Duration)
}

fn found<T>(result: Option<T>, value: fn(T) -> Value<'static>) -> Result<Value<'static>, Fault> {
    result.map(value).ok_or(Fault::Overflow)
}
