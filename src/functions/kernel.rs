use std::borrow::Cow;

use super::Context;
use crate::value::{
    Collation, Collection, Date, DateTimeOffset, Duration, Fault, Number, TimeOfDay, Value,
};

/// What computes an overload, by the shape of its parameters and result.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kernel {
    /// A text made from a text.
    TextToText(for<'a> fn(&Cow<'a, str>) -> Cow<'a, str>),
    /// A count within a text.
    TextToCount(fn(&str) -> usize),
    /// A test of two texts.
    TextsToBoolean(fn(Collation, &str, &str) -> bool),
    /// The position of the second text in the first.
    TextsToPosition(fn(Collation, &str, &str) -> Option<usize>),
    /// A text made from two texts.
    TextsToText(fn(&str, &str, &Context) -> Result<String, Fault>),
    /// A count within a collection.
    CollectionToCount(fn(&Collection<'_>) -> usize),
    /// A test of two collections.
    CollectionsToBoolean(fn(Collation, &Collection<'_>, &Collection<'_>) -> bool),
    /// The position of the second collection in the first.
    CollectionsToPosition(fn(Collation, &Collection<'_>, &Collection<'_>) -> Option<usize>),
    /// A collection made from two collections.
    CollectionsToCollection(for<'a> fn(&Collection<'a>, &Collection<'a>) -> Collection<'a>),
    /// A component of a date, or of the date of a date-time.
    DateToInteger(fn(Date) -> i64),
    /// A component of a time, or of the time of a date-time.
    TimeToNumber(fn(TimeOfDay) -> Number),
    /// A part of a date-time.
    DateTimeToValue(fn(DateTimeOffset) -> Value<'static>),
    /// A number made from a duration.
    DurationToNumber(fn(Duration) -> Number),
    /// A point in time.
    PointInTime(fn(&Context) -> DateTimeOffset),
    /// A number made from a number.
    NumberToNumber(fn(Number) -> Number),
    /// Any other computation.
    Any(for<'a> fn(&[&Value<'a>], &Context) -> Result<Value<'a>, Fault>),
}

impl Kernel {
    /// Whether the computation may be a fault.
    pub(super) fn can_fail(self) -> bool {
        matches!(self, Self::TextsToText(_) | Self::Any(_))
    }

    /// The result for arguments of the shape; null for any others.
    pub(super) fn run<'a>(
        self,
        arguments: &[&Value<'a>],
        context: &Context,
    ) -> Result<Value<'a>, Fault> {
        let collation = context.collation;
        Ok(match (self, arguments) {
            (Self::TextToText(f), [Value::String(text)]) => Value::String(f(text)),
            (Self::TextToCount(f), [Value::String(text)]) => count(f(text)),
            (Self::TextsToBoolean(f), [Value::String(left), Value::String(right)]) => {
                Value::Boolean(f(collation, left, right))
            }
            (Self::TextsToPosition(f), [Value::String(left), Value::String(right)]) => {
                position(f(collation, left, right))
            }
            (Self::TextsToText(f), [Value::String(left), Value::String(right)]) => {
                Value::String(Cow::Owned(f(left, right, context)?))
            }
            (Self::CollectionToCount(f), [Value::Collection(items)]) => count(f(items)),
            (
                Self::CollectionsToBoolean(f),
                [Value::Collection(left), Value::Collection(right)],
            ) => Value::Boolean(f(collation, left, right)),
            (
                Self::CollectionsToPosition(f),
                [Value::Collection(left), Value::Collection(right)],
            ) => position(f(collation, left, right)),
            (
                Self::CollectionsToCollection(f),
                [Value::Collection(left), Value::Collection(right)],
            ) => Value::Collection(f(left, right)),
            (Self::DateToInteger(f), [Value::Date(date)]) => Number::from(f(*date)).into(),
            (Self::DateToInteger(f), [Value::DateTimeOffset(point)]) => {
                Number::from(f(point.date())).into()
            }
            (Self::TimeToNumber(f), [Value::TimeOfDay(time)]) => f(*time).into(),
            (Self::TimeToNumber(f), [Value::DateTimeOffset(point)]) => f(point.time()).into(),
            (Self::DateTimeToValue(f), [Value::DateTimeOffset(point)]) => f(*point),
            (Self::DurationToNumber(f), [Value::Duration(duration)]) => f(*duration).into(),
            (Self::PointInTime(f), []) => Value::DateTimeOffset(f(context)),
            (Self::NumberToNumber(f), [Value::Number(number)]) => f(*number).into(),
            (Self::Any(f), arguments) => f(arguments, context)?,
            _ => Value::Null,
        })
    }
}

fn count(count: usize) -> Value<'static> {
    Number::from(count as u64).into()
}

/// A zero-based position, or -1 for none (5.1.1.5.4).
fn position(position: Option<usize>) -> Value<'static> {
    position.map_or(Number::from(-1_i64).into(), count)
}
