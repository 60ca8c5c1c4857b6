//! The records of a JSON text: where they are, checked, and otherwise left as they are.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2_iter;
use serde_core::de::{
    DeserializeSeed, Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use serde_json::{Deserializer, Value as Json};

use crate::error::{Error, Kind};
use crate::eval::lean::{Lean, Needed};

/// Bytes of a text at most: there are never more items than a column can count.
const MOST: u64 = 1 << 33;
/// Levels of nesting that serde_json reads.
const DEPTH: usize = 127;

/// A text and the places of its records.
#[derive(Debug)]
pub(super) struct Records {
    text: String,
    places: Vec<Range<usize>>,
}

impl Records {
    /// Finds the records of an array, of the array `value` of an object, or else the values one after another.
    pub(super) fn read(bytes: Vec<u8>) -> Result<Self, Error> {
        let text = String::from_utf8(bytes).map_err(|error| {
            data("a byte that is not UTF-8".to_owned(), error.utf8_error().valid_up_to())
        })?;
        if text.len() as u64 > MOST {
            return Err(data(format!("more than {MOST} bytes"), 0));
        }
        let places = match text.trim_ascii_start().bytes().next() {
            None => return Err(data("no JSON value".to_owned(), text.len())),
            Some(b'[') => array(&text, 0)?,
            Some(b'{') => envelope(&text)?,
            Some(_) => values(&text)?,
        };
        let deep = places.iter().find_map(|place| too_deep(text.as_bytes(), place));
        match deep {
            Some(offset) => Err(data(format!("a value nested more than {DEPTH} deep"), offset)),
            None => Ok(Records { text, places }),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The text of a record.
    pub(super) fn text(&self, row: usize) -> &str {
        self.places.get(row).and_then(|place| self.text.get(place.clone())).unwrap_or_default()
    }

    /// What is needed of a record.
    pub(super) fn lean(&self, row: usize, needed: &Needed) -> Result<Json, Error> {
        let mut deserializer = Deserializer::from_str(self.text(row));
        Lean(needed).deserialize(&mut deserializer).map_err(|error| {
            let start = self.places.get(row).map_or(0, |place| place.start);
            data(what(&error), start.saturating_add(error.column().saturating_sub(1)))
        })
    }
}

fn data(what: String, offset: usize) -> Error {
    Error::new(Kind::Data { what, offset })
}

/// What serde_json says, without its place.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn not_json(text: &str, error: &serde_json::Error) -> Error {
    let lines = text.split_inclusive('\n');
    let before: usize = lines.take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = match error.is_eof() {
        true => text.trim_ascii_end().len(),
        false => before.saturating_add(error.column().saturating_sub(1)).min(text.len()),
    };
    data(what(error), offset)
}

/// Where a checked record is nested too deeply to be read.
fn too_deep(bytes: &[u8], place: &Range<usize>) -> Option<usize> {
    let record = bytes.get(place.clone()).filter(|record| record.len() > DEPTH)?;
    // Few records have so many brackets at all.
    memchr2_iter(b'[', b'{', record).nth(DEPTH)?;
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (byte, offset) in record.iter().zip(place.start..) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth = depth.saturating_add(1);
                if depth > DEPTH {
                    return Some(offset);
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Where a part of a text is.
fn place(text: &str, part: &RawValue) -> Range<usize> {
    let start = part.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start.saturating_add(part.get().len())
}

/// The places of the items of the array that a text is, which begins at an offset.
fn array(text: &str, offset: usize) -> Result<Vec<Range<usize>>, Error> {
    struct Items<'t>(&'t str, usize);
    impl<'de> Visitor<'de> for Items<'de> {
        type Value = Vec<Range<usize>>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an array of records")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut places = Vec::new();
            while let Some(record) = items.next_element::<&'de RawValue>()? {
                let place = place(self.0, record);
                places.push(place.start.saturating_add(self.1)..place.end.saturating_add(self.1));
            }
            Ok(places)
        }
    }
    let mut deserializer = Deserializer::from_str(text);
    let found = deserializer.deserialize_seq(Items(text, offset));
    let found = found.and_then(|places| deserializer.end().map(|()| places));
    found.or_else(|error| match values(text) {
        // Several arrays, one after another, are records themselves.
        Ok(values) if values.len() > 1 && offset == 0 => Ok(values),
        _ => Err(not_json(text, &error)),
    })
}

/// The records in the array `value` of the only object, else the values one after another.
fn envelope(text: &str) -> Result<Vec<Range<usize>>, Error> {
    struct Value<'t>(&'t str);
    impl<'de> Visitor<'de> for Value<'de> {
        type Value = Option<Range<usize>>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut found = None;
            while let Some(name) = members.next_key::<Cow<'_, str>>()? {
                if name == "value" {
                    found = Some(place(self.0, members.next_value::<&'de RawValue>()?));
                } else {
                    members.next_value::<IgnoredAny>()?;
                }
            }
            Ok(found)
        }
    }
    let mut deserializer = Deserializer::from_str(text);
    let found = deserializer.deserialize_map(Value(text));
    match found.and_then(|found| deserializer.end().map(|()| found)) {
        Ok(Some(place)) => match text.get(place.clone()) {
            Some(inside) if inside.starts_with('[') => array(inside, place.start),
            _ => values(text),
        },
        _ => values(text),
    }
}

/// One value after another.
fn values(text: &str) -> Result<Vec<Range<usize>>, Error> {
    let stream = Deserializer::from_str(text).into_iter::<&RawValue>();
    let found = stream.map(|record| record.map(|record| place(text, record)));
    found.collect::<Result<_, _>>().map_err(|error| not_json(text, &error))
}
