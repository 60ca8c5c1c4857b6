//! The one spelling of a literal.

use std::borrow::Cow;

use crate::ast::LiteralKind;
use crate::value::{DateTimeOffset, Duration, Guid, Number, TimeOfDay, Value, parse_binary};

/// The text that all literals of the same type and value have in common; the text itself where there
/// is no value, so that the error stays the same.
pub(super) fn spelled(kind: LiteralKind, text: &str) -> Cow<'_, str> {
    let value = match kind {
        LiteralKind::Number => return number(text).map_or(Cow::Borrowed(text), Cow::Owned),
        LiteralKind::Guid => Guid::parse(text).map(Value::Guid),
        LiteralKind::DateTimeOffset => DateTimeOffset::parse(text).map(Value::DateTimeOffset),
        LiteralKind::TimeOfDay => TimeOfDay::parse(text).map(Value::TimeOfDay),
        LiteralKind::Duration => Duration::parse(text).map(Value::Duration),
        LiteralKind::Binary => parse_binary(text).map(Value::Binary),
        // A date has one spelling. The others are compared as they are written.
        _ => None,
    };
    let spelled = value.and_then(|value| value.to_text().map(Cow::into_owned));
    spelled.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// An integer stays one and a decimal too: `div` tells them apart.
fn number(text: &str) -> Option<String> {
    let number = Number::parse(text)?;
    let mut spelled = number.to_string();
    if matches!(number, Number::Decimal(_)) && !spelled.contains('.') {
        spelled.push_str(".0");
    }
    let again = Number::parse(&spelled)?;
    let same_class = std::mem::discriminant(&number) == std::mem::discriminant(&again);
    (same_class && number.equals(again)).then_some(spelled)
}
