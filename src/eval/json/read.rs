//! Reading the members of a record that are needed, by the marks of its colons.

use std::borrow::Cow;

use memchr::memrchr;
use serde_core::de::DeserializeSeed;
use serde_json::{Deserializer, Map, Value as Json};

use super::scan::{Mode, Scan};
use super::{broken, lean};
use crate::error::Error;
use crate::eval::lean::{Lean, Needed};

/// Members at most that are used again.
const FEW: usize = 64;

/// Reads what is needed of a record that was checked.
pub(in crate::eval) fn scan_and_read(
    text: &[u8],
    offset: usize,
    scan: &mut Scan,
    needed: &Needed,
    slot: &mut Json,
) -> Result<(), Error> {
    if !needed.is_whole() {
        scan.restart();
        scan.look(Mode::Marked, text);
    }
    read(text, offset, scan, needed, slot)
}

/// Reads what is needed of a record that was scanned, and looks at nothing else. What was read of
/// another record is used again where that has the same members.
pub(in crate::eval) fn read(
    text: &[u8],
    offset: usize,
    scan: &Scan,
    needed: &Needed,
    slot: &mut Json,
) -> Result<(), Error> {
    if needed.is_whole() || text.first() != Some(&b'{') {
        *slot = lean(text, offset, needed)?;
        return Ok(());
    }
    if !slot.is_object() {
        *slot = Json::Object(Map::new());
    }
    let Json::Object(members) = slot else {
        return Ok(());
    };
    // A bit for each of them that is read anew; where one is new, the others may have moved.
    let (mut anew, mut has_new) = (0_u64, members.len() > FEW);
    each_member(text, offset, scan, needed, |name, value| {
        let known = match has_new {
            false => members.iter_mut().zip(0..).find(|((known, _), _)| *known == name),
            true => None,
        };
        if let Some(((_, before), number)) = known {
            *before = value;
            anew |= 1_u64.unbounded_shl(number);
        } else {
            members.insert(name.to_owned(), value);
            has_new = true;
        }
    })?;
    if has_new || anew.count_ones() as usize != members.len() {
        members.clear();
        each_member(text, offset, scan, needed, |name, value| {
            members.insert(name.to_owned(), value);
        })?;
    }
    Ok(())
}

/// Reads the needed members one by one.
fn each_member(
    text: &[u8],
    offset: usize,
    scan: &Scan,
    needed: &Needed,
    mut take: impl FnMut(&str, Json),
) -> Result<(), Error> {
    for colon in &scan.marks {
        let before = text.get(..*colon).unwrap_or_default();
        let found = match scan.has_escapes {
            false => before.trim_ascii_end().strip_suffix(b"\"").and_then(|before| {
                let (name, inside) = needed.last(before)?;
                Some((Cow::Borrowed(std::str::from_utf8(name).ok()?), inside))
            }),
            true => name_before(before).and_then(|name| {
                let inside = needed.member(name.as_bytes())?;
                Some((name, inside))
            }),
        };
        let Some((name, inside)) = found else {
            continue;
        };
        let start = colon.saturating_add(1);
        let value = text.get(start..).unwrap_or_default();
        let read = Lean(inside).deserialize(&mut Deserializer::from_slice(value));
        take(&name, read.map_err(|error| broken(value, offset.saturating_add(start), &error))?);
    }
    Ok(())
}

/// The name at the end of a text, however it is written.
pub(in crate::eval) fn name_before(text: &[u8]) -> Option<Cow<'_, str>> {
    let text = text.trim_ascii_end();
    let mut name = text.strip_suffix(b"\"")?;
    // A quote behind an odd number of backslashes is part of the name.
    loop {
        let start = memrchr(b'"', name)?;
        name = name.get(..start).unwrap_or_default();
        let backslashes = name.iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes.is_multiple_of(2) {
            let name = text.get(start..)?;
            return match name.contains(&b'\\') {
                true => serde_json::from_slice(name).ok().map(Cow::Owned),
                false => {
                    let inside = name.get(1..name.len().saturating_sub(1))?;
                    std::str::from_utf8(inside).ok().map(Cow::Borrowed)
                }
            };
        }
    }
}
