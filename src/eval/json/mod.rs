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
    data(what, offset.saturating_add(place(text, error)))
}

/// The byte that serde_json speaks of.
fn place(text: &[u8], error: &serde_json::Error) -> usize {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
    match error.is_eof() {
        true => text.trim_ascii_end().len(),
        false => before.saturating_add(error.column().saturating_sub(1)).min(text.len()),
    }
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

/// Why a text that begins at an offset, and goes on maybe, does not begin with a JSON value. What comes first counts;
/// where serde_json has nothing against it, it is the scalar at a place.
pub(super) fn reason(text: &[u8], offset: usize, at: usize) -> Error {
    let syntax = syntax_error(text);
    let end = syntax.as_ref().map_or(at, |error| place(text, error));
    if let Err(error) = std::str::from_utf8(text)
        && error.error_len().is_some()
        && error.valid_up_to() <= end
    {
        return not_utf8(offset.saturating_add(error.valid_up_to()));
    }
    let what = match (syntax, text.get(at)) {
        (Some(error), _) => return broken(text, offset, &error),
        (None, Some(b'\\')) => "lone leading surrogate in hex escape",
        (None, Some(_)) => "number out of range",
        (None, None) => "no JSON value",
    };
    data(what.to_owned(), offset.saturating_add(at))
}

/// What is wrong with the beginning of a value, if something is.
pub(super) fn broken_so_far(text: &[u8], offset: usize) -> Option<Error> {
    syntax_error(text).map(|error| broken(text, offset, &error))
}

fn syntax_error(text: &[u8]) -> Option<serde_json::Error> {
    let read = IgnoredAny::deserialize(&mut Deserializer::from_slice(text));
    read.err().filter(|error| !error.is_eof())
}

/// What is needed of the value that a text is, which begins at an offset; all of it is checked.
pub(super) fn lean(text: &[u8], offset: usize, needed: &Needed) -> Result<Json, Error> {
    let text = utf8(text, offset)?;
    let mut deserializer = Deserializer::from_str(text);
    let lean = Lean(needed).deserialize(&mut deserializer);
    let lean = lean.and_then(|lean| deserializer.end().map(|()| lean));
    lean.map_err(|error| broken(text.as_bytes(), offset, &error))
}
