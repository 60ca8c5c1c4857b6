//! Reading what is needed of a record from its bytes.

use serde_core::de::DeserializeSeed;
use serde_json::{Deserializer, Map, Value as Json};

use super::scan::Scan;
use crate::error::Error;
use crate::eval::json::{broken, lean, utf8};
use crate::eval::lean::{Lean, Needed};

/// Reads what is needed of a record that begins at an offset; all of it is checked.
pub(super) fn checked(text: &[u8], offset: usize, needed: &Needed) -> Result<Json, Error> {
    lean(utf8(text, offset)?, offset, needed)
}

/// Reads the needed members of a record by the marks of its colons, and looks at nothing else. What
/// was read of another record is used again where that has the same members.
pub(super) fn marked(
    text: &[u8],
    offset: usize,
    scan: &Scan,
    needed: &Needed,
    slot: &mut Json,
) -> Result<(), Error> {
    if !slot.is_object() {
        *slot = Json::Object(Map::new());
    }
    let is_read = match slot {
        Json::Object(members) if !needed.is_whole() => {
            // A bit for each of them that is read anew; where one is new, the others may have moved.
            let (mut anew, mut has_new) = (0_u64, false);
            let is_object = each_member(text, offset, scan, needed, |name, value| {
                let known = members.iter_mut().zip(0..).find(|((known, _), _)| *known == name);
                if let Some(((_, before), number)) = known {
                    *before = value;
                    anew |= 1_u64.unbounded_shl(number);
                } else {
                    members.insert(name.to_owned(), value);
                    has_new = true;
                }
            })?;
            if is_object && (has_new || anew.count_ones() as usize != members.len()) {
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
        *slot = checked(text, offset, needed)?;
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
