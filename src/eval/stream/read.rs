//! Reading what is needed of a record from its bytes.

use serde_core::de::DeserializeSeed;
use serde_json::{Deserializer, Map, Value as Json};

use super::scan::Scan;
use crate::error::{Error, Kind};
use crate::eval::lean::{Lean, Needed};

/// The error of what is no record.
pub(super) fn data(what: String, offset: usize) -> Error {
    Error::new(Kind::Data { what, offset })
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
pub(super) fn is_utf8(text: &[u8], offset: usize) -> Result<&str, Error> {
    simdutf8::basic::from_utf8(text).map_err(|_| {
        let valid = std::str::from_utf8(text).map_or_else(|error| error.valid_up_to(), str::len);
        data("a byte that is not UTF-8".to_owned(), offset.saturating_add(valid))
    })
}

/// Reads what is needed of a record that begins at an offset; all of it is checked.
pub(super) fn checked(text: &[u8], offset: usize, needed: &Needed) -> Result<Json, Error> {
    let mut deserializer = Deserializer::from_str(is_utf8(text, offset)?);
    let lean = Lean(needed).deserialize(&mut deserializer);
    let lean = lean.and_then(|lean| deserializer.end().map(|()| lean));
    lean.map_err(|error| broken(text, offset, &error))
}

/// Reads the needed members of a record by the marks of its colons, and looks at nothing else. What
/// was read of another record is used again where that has the same members.
pub(super) fn marked(
    text: &[u8],
    offset: usize,
    scan: &Scan,
    needed: &Needed,
    lean: &mut Json,
) -> Result<(), Error> {
    if !lean.is_object() {
        *lean = Json::Object(Map::new());
    }
    let is_read = match lean {
        Json::Object(members) if !needed.is_whole() => {
            // A bit for each of them that is read anew.
            let mut anew = 0_u64;
            let is_object = each_member(text, offset, scan, needed, |name, value| {
                let known = members.iter_mut().zip(0..).find(|((known, _), _)| *known == name);
                if let Some(((_, before), number)) = known {
                    *before = value;
                    anew |= 1_u64.unbounded_shl(number);
                } else {
                    members.insert(name.to_owned(), value);
                }
            })?;
            if is_object && anew.count_ones() as usize != members.len() {
                members.clear();
                each_member(text, offset, scan, needed, |name, value| {
                    members.insert(name.to_owned(), value);
                })?;
            }
            is_object
        }
        _ => false,
    };
    if !is_read {
        *lean = checked(text, offset, needed)?;
    }
    Ok(())
}

/// Reads the needed members one by one, unless marks are not enough to find them.
fn each_member(
    text: &[u8],
    offset: usize,
    scan: &Scan,
    needed: &Needed,
    mut take: impl FnMut(&str, Json),
) -> Result<bool, Error> {
    // With escapes, what looks like the end of a name may be that of another one.
    if text.first() != Some(&b'{') || scan.is_unclear {
        return Ok(false);
    }
    for colon in &scan.marks {
        let before = text.get(..*colon).unwrap_or_default().trim_ascii_end();
        let Some((name, inside)) = before.strip_suffix(b"\"").and_then(|text| needed.last(text))
        else {
            continue;
        };
        let start = colon.saturating_add(1);
        let value = text.get(start..).unwrap_or_default();
        let read = Lean(inside).deserialize(&mut Deserializer::from_slice(value));
        let read = read.map_err(|error| broken(value, offset.saturating_add(start), &error))?;
        take(std::str::from_utf8(name).unwrap_or_default(), read);
    }
    Ok(true)
}
