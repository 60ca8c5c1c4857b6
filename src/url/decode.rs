//! Percent-decoding that remembers where every byte came from.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::{Error, Kind};
use crate::limits::Plus;
use crate::span::Span;

/// A decoded part of the caller's text and the way back to the raw offsets.
#[derive(Debug)]
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Raw offset of the first byte.
    start: usize,
    /// Decoded offsets of the bytes that were escaped, ascending; each took two more raw bytes.
    escaped: Vec<u32>,
}

impl<'a> Decoded<'a> {
    /// Decodes `raw`, which starts at offset `start` of the caller's text.
    pub(crate) fn new(raw: &'a str, start: usize, plus: Plus) -> Result<Self, Error> {
        let space = plus == Plus::Space;
        if !raw.bytes().any(|byte| byte == b'%' || (space && byte == b'+')) {
            return Ok(Decoded { text: Cow::Borrowed(raw), start, escaped: Vec::new() });
        }
        let mut bytes = Vec::with_capacity(raw.len());
        let mut escaped = Vec::new();
        let mut rest = raw.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            let (byte, after) = match (byte, after) {
                (b'%', [high, low, after @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                    escaped.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
                    (hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0), after)
                }
                (b'%', _) => {
                    let at = start.saturating_add(raw.len().saturating_sub(rest.len()));
                    return Err(bad_escape(Span::new(at, at.saturating_add(1))));
                }
                (b'+', after) if space => (b' ', after),
                (byte, after) => (byte, after),
            };
            bytes.push(byte);
            rest = after;
        }
        let decoded = |text| Decoded { text: Cow::Owned(text), start, escaped };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(decoded(text)),
            Err(error) => {
                let bad = error.utf8_error();
                let from = bad.valid_up_to();
                let to = from.saturating_add(bad.error_len().unwrap_or(1));
                let span = decoded(String::new()).span(from..to);
                Err(Error::new(Kind::Encoding("percent-escapes must decode to UTF-8")).at(span))
            }
        }
    }

    /// Text that is not percent-encoded.
    pub(crate) fn plain(text: &'a str) -> Self {
        Decoded { text: Cow::Borrowed(text), start: 0, escaped: Vec::new() }
    }

    /// The raw span of a range of decoded bytes.
    #[inline]
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.raw_offset(range.start), self.raw_offset(range.end))
    }

    /// Whether the byte at a decoded offset was written as a percent-escape.
    pub(crate) fn is_escaped(&self, offset: usize) -> bool {
        self.escaped.binary_search_by(|escaped| (*escaped as usize).cmp(&offset)).is_ok()
    }

    #[expect(clippy::arithmetic_side_effects, reason = "it is an offset in the caller's text")]
    #[inline]
    fn raw_offset(&self, offset: usize) -> usize {
        if self.escaped.is_empty() {
            return self.start + offset;
        }
        let escapes = self.escaped.partition_point(|escaped| (*escaped as usize) < offset);
        self.start + offset + 2 * escapes
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn bad_escape(span: Span) -> Error {
    Error::new(Kind::Encoding("`%` must be followed by two hexadecimal digits"))
        .at(span)
        .with_help("write `%25` for a percent sign")
}
