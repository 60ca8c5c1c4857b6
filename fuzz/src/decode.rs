//! Percent-decoding agrees with a plain decoder, and escapes that need not be there change neither
//! what is asked nor where an error is.

use std::fmt::Write;
use std::ops::Range;

use odata_query::Query;

/// Four bytes say which characters are escaped, the others are the query string.
pub fn check(data: &[u8]) {
    let Some((mask, text)) = data.split_first_chunk() else { return };
    let text = String::from_utf8_lossy(text);
    decodes_like_the_plain_decoder(&text);
    escapes_change_nothing(&text, u32::from_le_bytes(*mask));
}

fn decodes_like_the_plain_decoder(text: &str) {
    // Names that are nobody else's.
    let text: Vec<String> = text.split('&').map(|part| format!("x.{part}")).collect();
    let text = text.join("&");
    let mut start = 0;
    let mut expected = Vec::new();
    for part in text.split('&') {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (part, None),
        };
        let value_start = start + name.len() + 1;
        expected.push(decoded(name, start).and_then(|name| {
            Ok((name, value.map(|value| decoded(value, value_start)).transpose()?))
        }));
        start += part.len() + 1;
    }
    let expected: Result<Vec<_>, usize> = expected.into_iter().collect();
    match Query::parse(&text) {
        Ok(query) => {
            let options = query.custom_options();
            let found = options.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
            assert_eq!(Ok(found.collect()), expected, "{text:?}");
        }
        Err(error) => {
            let span = error.span().expect("a place");
            assert!(text.get(span.clone()).is_some(), "{text:?}: {span:?}");
            if error.code() == "encoding" {
                assert_eq!(Err(span.start), expected, "{text:?}");
            }
        }
    }
}

/// The decoded text, or where the first thing is that cannot be decoded.
fn decoded(text: &str, start: usize) -> Result<String, usize> {
    let mut bytes = Vec::new();
    let mut places = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let place = start + text.len() - rest.len();
        let length = if first == '%' {
            let digits =
                rest.get(1..3).filter(|digits| digits.chars().all(|c| c.is_ascii_hexdigit()));
            bytes.push(u8::from_str_radix(digits.ok_or(place)?, 16).expect("two digits"));
            3
        } else {
            bytes.extend(&rest.as_bytes()[..first.len_utf8()]);
            first.len_utf8()
        };
        places.resize(bytes.len(), place);
        rest = &rest[length..];
    }
    String::from_utf8(bytes).map_err(|error| places[error.utf8_error().valid_up_to()])
}

fn escapes_change_nothing(text: &str, mask: u32) {
    let (escaped, places) = escape_some(text, mask);
    match (Query::parse(text), Query::parse(&escaped)) {
        (Ok(plain), Ok(other)) => assert_eq!(plain, other, "{text:?} and {escaped:?}"),
        (Err(plain), Err(other)) => {
            let place = |span: Range<usize>| places[span.start]..places[span.end];
            assert_eq!(plain.to_string(), other.to_string(), "{text:?} and {escaped:?}");
            assert_eq!(plain.span().map(place), other.span(), "{text:?} and {escaped:?}: {plain}");
        }
        (plain, other) => panic!("{text:?} is {plain:?}, {escaped:?} is {other:?}"),
    }
}

/// The text with some characters escaped, and where each byte of it has gone. What are escapes already
/// stays, and so does what means something else escaped: what separates options, blanks in names, `;`
/// and `#` in a search.
fn escape_some(text: &str, mask: u32) -> (String, Vec<usize>) {
    let mut out = String::new();
    let mut places = Vec::new();
    let mut in_name = true;
    let mut kept = usize::from(text.starts_with('?'));
    for (position, c) in text.chars().enumerate() {
        let is_separator = c == '&' || c == '=' && in_name;
        let is_chosen = mask >> (position % 32) & 1 == 1;
        places.resize(places.len() + c.len_utf8(), out.len());
        if c == '%' {
            kept = 3;
        }
        let is_kept = is_separator || kept > 0 || if in_name { " \t" } else { ";#" }.contains(c);
        if is_kept || !is_chosen {
            out.push(c);
        } else {
            escape(c, &mut out);
        }
        kept = kept.saturating_sub(1);
        in_name = c == '&' || in_name && !is_separator;
    }
    places.push(out.len());
    (out, places)
}

/// Writes a character as percent-escapes.
pub(crate) fn escape(c: char, out: &mut String) {
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        write!(out, "%{byte:02X}").expect("a string takes everything");
    }
}
