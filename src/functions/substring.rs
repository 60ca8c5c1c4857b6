use std::ops::Range;

use super::{Context, text};
use crate::value::{Fault, Number, Value};

/// `substring` of a string or a collection (5.1.1.5.7).
pub(super) fn substring<'a>(
    arguments: &[&Value<'a>],
    _context: &Context,
) -> Result<Value<'a>, Fault> {
    let (subject, start, length) = match arguments {
        [subject, Value::Number(Number::Integer(start))] => (subject, *start, None),
        [
            subject,
            Value::Number(Number::Integer(start)),
            Value::Number(Number::Integer(length)),
        ] => (subject, *start, Some(*length)),
        _ => return Ok(Value::Null),
    };
    Ok(match subject {
        Value::String(subject) => {
            let window = window(start, length, subject.chars().count())?;
            Value::String(text::part(subject, |subject| characters(subject, window)))
        }
        Value::Collection(items) => {
            Value::Collection(items.slice(window(start, length, items.len())?))
        }
        _ => Value::Null,
    })
}

/// The positions to select out of `count`; a negative start counts from the end.
fn window(start: i128, length: Option<i128>, count: usize) -> Result<Range<usize>, Fault> {
    let position = |offset: i128| usize::try_from(offset).unwrap_or(usize::MAX).min(count);
    let start = match start {
        ..0 => count.saturating_sub(position(start.saturating_neg())),
        _ => position(start),
    };
    let end = match length {
        None => count,
        Some(..0) => return Err(Fault::NegativeLength),
        Some(length) => start.saturating_add(position(length)).min(count),
    };
    Ok(start..end)
}

/// The characters of a text at the given positions.
fn characters(text: &str, window: Range<usize>) -> &str {
    let tail = skip(text, window.start);
    let rest = skip(tail, window.len());
    tail.strip_suffix(rest).unwrap_or_default()
}

/// The text after a number of characters.
fn skip(text: &str, count: usize) -> &str {
    let mut characters = text.chars();
    if let Some(last) = count.checked_sub(1) {
        characters.nth(last);
    }
    characters.as_str()
}
