//! Records in and answers out.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use odata_query::Page;
use serde_json::{Deserializer, Value};

/// Reads a JSON array, an object with a `value` array, or one JSON value after another.
pub(crate) fn read(file: Option<&Path>) -> Result<Vec<Value>, String> {
    let name = file.map_or("standard input".into(), |file| file.display().to_string());
    let bytes = read_bytes(file).map_err(|error| format!("cannot read {name}: {error}"))?;
    records(&bytes).map_err(|error| format!("{name} is not JSON: {error}"))
}

fn read_bytes(file: Option<&Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match file {
        Some(file) => File::open(file)?.read_to_end(&mut bytes)?,
        None => io::stdin().lock().read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

fn records(bytes: &[u8]) -> serde_json::Result<Vec<Value>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut values: Vec<Value> =
        Deserializer::from_slice(bytes).into_iter().collect::<Result<_, _>>()?;
    if let [only] = values.as_mut_slice() {
        match only {
            Value::Array(records) => return Ok(std::mem::take(records)),
            Value::Object(members) => {
                if let Some(Value::Array(records)) = members.get_mut("value") {
                    return Ok(std::mem::take(records));
                }
            }
            _ => {}
        }
    }
    Ok(values)
}

/// Writes an answer indented.
pub(crate) fn write_pretty(page: &Page<'_>, out: impl Write) -> io::Result<()> {
    let mut answer = serde_json::Map::new();
    if let Some(count) = page.count() {
        answer.insert("@odata.count".to_owned(), count.into());
    }
    answer.insert("value".to_owned(), page.records().cloned().collect());
    Ok(serde_json::to_writer_pretty(out, &answer)?)
}
