//! JSON: whether bytes are JSON and where values end in them, reading no more of a value than is needed,
//! and errors with the byte that they are about.

mod check;
mod cut;
mod read;
mod scan;

use serde_core::de::{Deserialize, DeserializeSeed, IgnoredAny};
use serde_json::{Deserializer, Value as Json};

pub(super) use self::cut::{Cutter, held_too_much};
pub(super) use self::read::{name_before, read, scan_and_read};
pub(super) use self::scan::{Found, Mode, Scan, may_round};
use super::lean::{Lean, Needed};
use crate::error::{Error, Kind};

/// Levels of nesting that serde_json reads.
pub(super) const DEPTH: usize = 127;

/// The error of what is no record.
pub(super) fn data(what: String, offset: usize) -> Error {
    Error::new(Kind::Data { what, offset })
}

/// What is nested too deeply.
pub(super) fn too_deep(offset: usize) -> Error {
    data(format!("a value nested more than {DEPTH} deep"), offset)
}

/// What serde_json says of a text that begins at an offset.
pub(super) fn broken(text: &[u8], offset: usize, error: &serde_json::Error) -> Error {
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default().to_owned();
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    let at = match error.is_eof() {
        true => text.trim_ascii_end().len(),
        false => before.saturating_add(error.column().saturating_sub(1)).min(text.len()),
    };
    data(what, offset.saturating_add(at))
}

/// Text that begins at an offset, if it is UTF-8.
pub(super) fn utf8(text: &[u8], offset: usize) -> Result<&str, Error> {
    simdutf8::basic::from_utf8(text).map_err(|_| {
        let valid = std::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
        not_utf8(offset.saturating_add(valid))
    })
}

fn not_utf8(offset: usize) -> Error {
    data("a byte that is not UTF-8".to_owned(), offset)
}

/// Text that begins at an offset, if it is one JSON value and nothing else; an array or an object is scanned.
pub(super) fn check<'t>(text: &'t [u8], offset: usize, scan: &mut Scan) -> Result<&'t str, Error> {
    if !matches!(text.first(), Some(b'[' | b'{')) {
        let checked = utf8(text, offset)?;
        let read = serde_json::from_str::<Json>(checked);
        return read.map(|_| checked).map_err(|error| broken(text, offset, &error));
    }
    scan.restart();
    match scan.look(Mode::Checked, text) {
        Found::End(end) if end == text.len() => utf8(text, offset),
        Found::TooDeep(at) => Err(too_deep(offset.saturating_add(at))),
        Found::Broken(at) => Err(reason(text, offset, at)),
        Found::End(_) | Found::More => {
            utf8(text, offset)?;
            let read = serde_json::from_slice::<IgnoredAny>(text);
            match read {
                Err(error) => Err(broken(text, offset, &error)),
                Ok(_) => Err(reason(text, offset, text.len())),
            }
        }
    }
}

/// Why a text that begins at an offset, and goes on maybe, is no JSON at a place.
pub(super) fn reason(text: &[u8], offset: usize, at: usize) -> Error {
    if let Err(error) = std::str::from_utf8(text)
        && error.error_len().is_some()
        && error.valid_up_to() <= at
    {
        return not_utf8(offset.saturating_add(error.valid_up_to()));
    }
    let here = |what: &str| data(what.to_owned(), offset.saturating_add(at));
    match without_value(text.get(at..).unwrap_or_default()) {
        Some(what) => here(what),
        None => broken_so_far(text, offset).unwrap_or_else(|| here("expected a JSON value")),
    }
}

/// Why a text begins with what is JSON and has no value; serde_json skips it.
fn without_value(text: &[u8]) -> Option<&'static str> {
    match text {
        [b'\\', b'u', digits @ ..] => {
            let digits = digits.first_chunk::<4>()?;
            let are_digits = digits.iter().all(u8::is_ascii_hexdigit);
            are_digits.then_some("lone leading surrogate in hex escape")
        }
        [b'-' | b'0'..=b'9', ..] => {
            let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
            let end = text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len());
            let number = text.get(..end).unwrap_or_default();
            let is_number = serde_json::from_slice::<IgnoredAny>(number).is_ok();
            is_number.then_some("number out of range")
        }
        _ => None,
    }
}

/// What is wrong with the beginning of a value, if something is.
pub(super) fn broken_so_far(text: &[u8], offset: usize) -> Option<Error> {
    let read = IgnoredAny::deserialize(&mut Deserializer::from_slice(text));
    let error = read.err().filter(|error| !error.is_eof())?;
    Some(broken(text, offset, &error))
}

/// What is needed of the value that a text is, which begins at an offset; all of it is checked.
pub(super) fn lean(text: &[u8], offset: usize, needed: &Needed) -> Result<Json, Error> {
    let text = utf8(text, offset)?;
    let mut deserializer = Deserializer::from_str(text);
    let lean = Lean(needed).deserialize(&mut deserializer);
    let lean = lean.and_then(|lean| deserializer.end().map(|()| lean));
    lean.map_err(|error| broken(text.as_bytes(), offset, &error))
}
