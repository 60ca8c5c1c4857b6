//! Records in and answers out.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::string::FromUtf8Error;

use odata_query::Page;
use serde_json::{Deserializer, Value};

/// Bytes of one file at most, so that an endless one is an error before memory is full.
const MOST: u64 = 1 << 30;

/// What to do about what serde_json says, by how that begins.
const HELP: &[(&str, &str)] = &[
    ("EOF while parsing", "the data ends inside a value: was it cut short?"),
    ("control character", "inside a string it is written as an escape: `\\n`, `\\t`, `\\u0000`"),
    (
        "expected value",
        "the data is JSON: an array, an object with a `value` array, or one value after another",
    ),
    ("invalid escape", "a backslash inside a string is doubled: `\\\\`"),
    ("invalid type", "each record is an object: `{\"id\": 1}`"),
    ("invalid number", "a number is written like -12, 0.5 or 1e9"),
    ("key must be a string", "the names of members stand in double quotes"),
    ("lone leading surrogate", SURROGATES),
    ("recursion limit exceeded", "arrays and objects may nest 127 levels deep"),
    ("trailing comma", "there is no comma behind the last one"),
    ("unexpected end of hex escape", SURROGATES),
];
const SURROGATES: &str = "`\\ud800` to `\\udfff` are halves of a character and stand in pairs";

/// Why a file is not read or an answer not written, and what to do.
pub(crate) struct Trouble {
    pub(crate) message: String,
    pub(crate) help: Option<&'static str>,
}

impl Trouble {
    pub(crate) fn new(message: String) -> Self {
        Trouble { message, help: None }
    }
}

/// Reads a JSON array, an object with a `value` array, or one JSON value after another.
pub(crate) fn read(file: Option<&Path>) -> Result<Vec<Value>, Trouble> {
    values(file, &read_text(file)?).map(records)
}

/// The JSON values of a text, one after another.
pub(crate) fn values(file: Option<&Path>, text: &str) -> Result<Vec<Value>, Trouble> {
    if text.trim_ascii().is_empty() {
        let message = format!("{} is empty", name(file));
        return Err(Trouble { message, help: Some("no records at all are `[]`") });
    }
    let values = Deserializer::from_str(text).into_iter().collect::<Result<_, _>>();
    values.map_err(|error| not_json(file, text, &error))
}

/// The first record whose key has a value, and how many there are.
pub(crate) fn find<'r>(
    records: &'r [Value],
    key: &str,
    value: &str,
) -> Result<(&'r Value, usize), Trouble> {
    let json: Option<Value> = serde_json::from_str(value).ok();
    let is = |record: &&Value| match record.get(key) {
        Some(Value::String(text)) => text == value,
        other => other.is_some() && other == json.as_ref(),
    };
    let mut found = records.iter().filter(is);
    let record = found.next().ok_or_else(|| Trouble {
        message: format!("none of {} records has the value {value} in `{key}`", records.len()),
        help: Some("`--key` names the member; its name and the value are taken as they are"),
    })?;
    Ok((record, found.count().saturating_add(1)))
}

/// The text of a file, or of standard input.
pub(crate) fn read_text(file: Option<&Path>) -> Result<String, Trouble> {
    let name = name(file);
    let bytes =
        read_bytes(file).map_err(|error| Trouble::new(format!("cannot read {name}: {error}")))?;
    if bytes.len() as u64 > MOST {
        let message = format!("{name} is larger than {MOST} bytes");
        return Err(Trouble { message, help: Some("query its parts one by one") });
    }
    if let [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0, ..] | [_, 0, ..] = *bytes {
        let help = Some("convert it to UTF-8: `iconv -f UTF-16 -t UTF-8`");
        return Err(Trouble { message: format!("{name} is UTF-16 or binary, not UTF-8"), help });
    }
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(&name, &error))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The bytes of a file, or of standard input, as they come.
pub(crate) fn open(file: Option<&Path>) -> Result<Box<dyn Read>, Trouble> {
    let Some(path) = file else {
        return Ok(Box::new(io::stdin().lock()));
    };
    match File::open(path) {
        Ok(opened) => Ok(Box::new(opened)),
        Err(error) => Err(Trouble::new(format!("cannot read {}: {error}", name(file)))),
    }
}

pub(crate) fn name(file: Option<&Path>) -> String {
    file.map_or("standard input".into(), |file| file.display().to_string())
}

fn read_bytes(file: Option<&Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    match file {
        Some(file) => File::open(file)?.take(MOST + 1).read_to_end(&mut bytes)?,
        None => io::stdin().lock().take(MOST + 1).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}

fn not_utf8(name: &str, error: &FromUtf8Error) -> Trouble {
    let offset = error.utf8_error().valid_up_to();
    let place = place(error.as_bytes(), offset);
    Trouble {
        message: format!("{name}, {place}: the byte at offset {offset} is not UTF-8"),
        help: Some("convert it to UTF-8, for example: `iconv -f ISO-8859-1 -t UTF-8`"),
    }
}

/// What serde_json says of a text, with its place.
pub(crate) fn not_json(file: Option<&Path>, text: &str, error: &serde_json::Error) -> Trouble {
    let name = name(file);
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default();
    let end = text.trim_ascii_end().len();
    let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1));
    let offset =
        lines.map(str::len).sum::<usize>().saturating_add(error.column().saturating_sub(1));
    let place = place(text.as_bytes(), if error.is_eof() { end } else { offset.min(end) });
    let help = HELP.iter().find(|(known, _)| what.starts_with(known)).map(|(_, help)| *help);
    Trouble { message: format!("{name}, {place}: {what}"), help }
}

/// Line and column of an offset, in characters.
fn place(bytes: &[u8], offset: usize) -> String {
    let before = String::from_utf8_lossy(bytes.get(..offset).unwrap_or(bytes));
    let (line, column) = (before.split('\n').count(), before.rsplit('\n').next());
    format!(
        "line {line}, column {}",
        column.map_or(1, |column| column.chars().count().saturating_add(1))
    )
}

/// The records that an array or an envelope holds, or else the values themselves.
pub(crate) fn records(mut values: Vec<Value>) -> Vec<Value> {
    if let [only] = values.as_mut_slice() {
        match only {
            Value::Array(records) => return std::mem::take(records),
            Value::Object(members) => {
                if let Some(Value::Array(records)) = members.get_mut("value") {
                    return std::mem::take(records);
                }
            }
            _ => {}
        }
    }
    values
}

/// Writes an answer indented.
pub(crate) fn write_pretty(page: &Page<'_>, out: impl Write) -> io::Result<()> {
    let mut answer = serde_json::Map::new();
    if let Some(count) = page.count() {
        answer.insert("@odata.count".to_owned(), count.into());
    }
    answer.insert("value".to_owned(), page.records().cloned().collect());
    if let Some(link) = page.next_link() {
        answer.insert("@odata.nextLink".to_owned(), link.into());
    }
    Ok(serde_json::to_writer_pretty(out, &answer)?)
}
