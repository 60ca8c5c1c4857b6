//! Date and time functions (5.1.1.8).

use super::kernel::Kernel;
use super::{Context, Function, Overload};
use crate::value::{Date, DateTimeOffset, Duration, Number, TimeOfDay, Type, Value};

pub(super) static TABLE: &[Function] = &[
    Function {
        name: "date",
        section: "5.1.1.8.1",
        overloads: &[part_of_date_time(Type::Date, |point| Value::Date(point.date()))],
    },
    Function {
        name: "day",
        section: "5.1.1.8.2",
        overloads: &date_component(|date| date.day().into()),
    },
    Function {
        name: "fractionalseconds",
        section: "5.1.1.8.3",
        overloads: &time_component(Type::Number, TimeOfDay::fractional_seconds),
    },
    Function {
        name: "hour",
        section: "5.1.1.8.4",
        overloads: &time_component(Type::Integer, |time| Number::Integer(time.hour().into())),
    },
    Function {
        name: "maxdatetime",
        section: "5.1.1.8.5",
        overloads: &[point_in_time(|_| DateTimeOffset::MAX)],
    },
    Function {
        name: "mindatetime",
        section: "5.1.1.8.6",
        overloads: &[point_in_time(|_| DateTimeOffset::MIN)],
    },
    Function {
        name: "minute",
        section: "5.1.1.8.7",
        overloads: &time_component(Type::Integer, |time| Number::Integer(time.minute().into())),
    },
    Function {
        name: "month",
        section: "5.1.1.8.8",
        overloads: &date_component(|date| date.month().into()),
    },
    Function {
        name: "now",
        section: "5.1.1.8.9",
        overloads: &[point_in_time(|context| context.now)],
    },
    Function {
        name: "second",
        section: "5.1.1.8.10",
        overloads: &time_component(Type::Integer, |time| Number::Integer(time.second().into())),
    },
    Function {
        name: "time",
        section: "5.1.1.8.11",
        overloads: &[part_of_date_time(Type::TimeOfDay, |point| Value::TimeOfDay(point.time()))],
    },
    Function {
        name: "totaloffsetminutes",
        section: "5.1.1.8.12",
        overloads: &[part_of_date_time(Type::Integer, |point| {
            Value::Number(Number::Integer(point.total_offset_minutes().into()))
        })],
    },
    Function {
        name: "totalseconds",
        section: "5.1.1.8.13",
        overloads: &[Overload {
            params: &[Type::Duration],
            result: Type::Number,
            kernel: Kernel::DurationToNumber(Duration::total_seconds),
        }],
    },
    Function {
        name: "year",
        section: "5.1.1.8.14",
        overloads: &date_component(|date| date.year().into()),
    },
];

const fn date_component(component: fn(Date) -> i64) -> [Overload; 2] {
    let kernel = Kernel::DateToInteger(component);
    [
        Overload { params: &[Type::Date], result: Type::Integer, kernel },
        Overload { params: &[Type::DateTimeOffset], result: Type::Integer, kernel },
    ]
}

const fn time_component(result: Type, component: fn(TimeOfDay) -> Number) -> [Overload; 2] {
    let kernel = Kernel::TimeToNumber(component);
    [
        Overload { params: &[Type::DateTimeOffset], result, kernel },
        Overload { params: &[Type::TimeOfDay], result, kernel },
    ]
}

const fn part_of_date_time(result: Type, part: fn(DateTimeOffset) -> Value<'static>) -> Overload {
    Overload { params: &[Type::DateTimeOffset], result, kernel: Kernel::DateTimeToValue(part) }
}

const fn point_in_time(point: fn(&Context) -> DateTimeOffset) -> Overload {
    Overload { params: &[], result: Type::DateTimeOffset, kernel: Kernel::PointInTime(point) }
}
