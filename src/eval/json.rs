//! Reading JSON: no more of a value than is needed, and errors with the byte that they are about.

use serde_core::de::DeserializeSeed;
use serde_json::{Deserializer, Value as Json};

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
        data("a byte that is not UTF-8".to_owned(), offset.saturating_add(valid))
    })
}

/// What is needed of the value that a text is, which begins at an offset; all of it is checked.
pub(super) fn lean(text: &str, offset: usize, needed: &Needed) -> Result<Json, Error> {
    let mut deserializer = Deserializer::from_str(text);
    let lean = Lean(needed).deserialize(&mut deserializer);
    let lean = lean.and_then(|lean| deserializer.end().map(|()| lean));
    lean.map_err(|error| broken(text.as_bytes(), offset, &error))
}
