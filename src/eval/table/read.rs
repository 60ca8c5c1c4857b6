//! Reading: where the records of a JSON text are. All of it is checked, and otherwise left as it is.

use std::ops::Range;

use serde_core::Serialize;

use crate::error::Error;
use crate::eval::json::{Cutter, Mode, Scan, check, data};

/// Bytes of a text at most: there are never more items than a column can count.
const MOST: u64 = 1 << 33;

/// Cuts the records out of a text, as a stream does.
pub(super) fn read(bytes: Vec<u8>, by_lines: bool) -> Result<(Vec<u8>, Vec<Range<usize>>), Error> {
    if bytes.len() as u64 > MOST {
        return Err(data(format!("more than {MOST} bytes"), 0));
    }
    let (mut cutter, mut places) = (Cutter::new(Mode::Checked), Vec::new());
    if by_lines {
        cutter.by_lines();
    }
    cutter.close();
    while let Some(place) = cutter.next(&bytes)? {
        places.push(place);
    }
    Ok((bytes, places))
}

/// The only value of a text.
pub(super) fn single(text: &str) -> Result<Range<usize>, Error> {
    let start = text.len().saturating_sub(text.trim_ascii_start().len());
    let record = text.trim_ascii();
    check(record.as_bytes(), start, &mut Scan::default())?;
    Ok(start..start.saturating_add(record.len()))
}

/// Records as JSON, one behind the other.
pub(super) fn written<T: Serialize>(
    records: impl IntoIterator<Item = T>,
) -> Result<(Vec<u8>, Vec<Range<usize>>), Error> {
    let (mut text, mut places, mut scan) = (Vec::new(), Vec::new(), Scan::default());
    for record in records {
        let start = text.len();
        serde_json::to_writer(&mut text, &record)
            .map_err(|error| data(error.to_string(), start))?;
        check(text.get(start..).unwrap_or_default(), start, &mut scan)?;
        places.push(start..text.len());
    }
    Ok((text, places))
}
