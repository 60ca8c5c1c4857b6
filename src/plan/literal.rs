//! The values of literals.

use crate::ast::LiteralKind;
use crate::error::{Error, Kind};
use crate::value::{
    Date, DateTimeOffset, Duration, Geo, GeoSystem, Guid, Number, TimeOfDay, Value, parse_binary,
};

/// The value of a literal.
pub(super) fn literal(kind: LiteralKind, text: &str) -> Result<Value<'static>, Error> {
    let invalid = |what| Error::new(Kind::InvalidLiteral { text: text.to_owned(), what });
    let owned = || text.to_owned();
    Ok(match kind {
        LiteralKind::Null => Value::Null,
        LiteralKind::Boolean => Value::Boolean(text == "true"),
        LiteralKind::Number => {
            let integer = text.parse().ok().map(|integer: i64| integer.into());
            let number = integer.or_else(|| Number::parse(text));
            Value::Number(number.ok_or_else(|| invalid("a number in range"))?)
        }
        LiteralKind::String => Value::String(owned().into()),
        LiteralKind::Guid => Value::Guid(Guid::parse(text).ok_or_else(|| invalid("a guid"))?),
        LiteralKind::Date => {
            Value::Date(Date::parse(text).ok_or_else(|| invalid("a date of the calendar"))?)
        }
        LiteralKind::DateTimeOffset => {
            let parsed = DateTimeOffset::parse(text);
            Value::DateTimeOffset(
                parsed.ok_or_else(|| invalid("a date of the calendar with a time"))?,
            )
        }
        LiteralKind::TimeOfDay => {
            Value::TimeOfDay(TimeOfDay::parse(text).ok_or_else(|| invalid("a time of day"))?)
        }
        LiteralKind::Duration => Value::Duration(
            Duration::parse(text).ok_or_else(|| invalid("a duration such as P1DT2H30M5.5S"))?,
        ),
        LiteralKind::Binary => {
            Value::Binary(parse_binary(text).ok_or_else(|| invalid("base64url"))?)
        }
        LiteralKind::Enum => {
            let members =
                text.split_once('\'').map_or(text, |(_, members)| members.trim_end_matches('\''));
            Value::Enum(members.to_owned().into())
        }
        LiteralKind::Geography => {
            Value::Geo(Geo { system: GeoSystem::Geography, text: owned().into() })
        }
        LiteralKind::Geometry => {
            Value::Geo(Geo { system: GeoSystem::Geometry, text: owned().into() })
        }
    })
}
