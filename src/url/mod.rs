//! The query string of a URL, split and decoded once (URL Conventions 2.2 and 5).

mod decode;

pub(crate) use decode::Decoded;

use crate::error::Error;
use crate::limits::Plus;

/// One `name=value` of a query string. `value` is none where there is no `=`.
#[derive(Debug)]
pub(crate) struct RawOption<'a> {
    pub(crate) name: Decoded<'a>,
    pub(crate) value: Option<Decoded<'a>>,
}

/// Splits on raw `&` and the first raw `=`, then decodes each part once.
///
/// A leading `?` and empty parts (`a=1&&b=2`) are skipped.
pub(crate) fn split(text: &str, plus: Plus) -> impl Iterator<Item = Result<RawOption<'_>, Error>> {
    let (mut offset, query): (usize, _) = match text.strip_prefix('?') {
        Some(query) => (1, query),
        None => (0, text),
    };
    query.split('&').filter_map(move |part| {
        let start = offset;
        offset = offset.saturating_add(part.len()).saturating_add(1);
        (!part.is_empty()).then(|| decode(part, start, plus))
    })
}

fn decode(part: &str, start: usize, plus: Plus) -> Result<RawOption<'_>, Error> {
    let (name, value) = match part.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (part, None),
    };
    let value_start = start.saturating_add(name.len()).saturating_add(1);
    Ok(RawOption {
        name: Decoded::new(name, start, plus)?,
        value: value.map(|value| Decoded::new(value, value_start, plus)).transpose()?,
    })
}

#[cfg(test)]
mod tests;
