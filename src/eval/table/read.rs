//! Reading: where the records of a JSON text are. All of it is checked, and otherwise left as it is.

use std::borrow::Cow;
use std::ops::Range;

use memchr::{memchr2_iter, memmem};
use serde_core::Serialize;
use serde_core::de::{Deserializer as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::eval::json::{DEPTH, broken, data, lean, too_deep};
use crate::eval::lean::WHOLE;

/// Bytes of a text at most: there are never more items than a column can count.
const MOST: u64 = 1 << 33;

/// Finds the records of an array, of the array `value` of an object, or else the values one after another.
pub(super) fn read(bytes: Vec<u8>) -> Result<(String, Vec<Range<usize>>), Error> {
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
    check(&text, &places)?;
    Ok((text, places))
}

/// Refuses what can be delimited, but not be read as values.
fn check(text: &str, places: &[Range<usize>]) -> Result<(), Error> {
    if let Some(offset) = places.iter().find_map(|place| deep(text.as_bytes(), place)) {
        return Err(too_deep(offset));
    }
    // Half of a surrogate pair begins so, and may be alone.
    let mut checked = 0_usize;
    for found in memmem::find_iter(text.as_bytes(), b"\\u") {
        let digits = text.as_bytes().get(found.saturating_add(2)..).unwrap_or_default();
        if found < checked
            || !matches!(digits, [b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', ..])
        {
            continue;
        }
        let record = places.partition_point(|place| place.end <= found);
        if let Some(place) = places.get(record) {
            lean(text.get(place.clone()).unwrap_or_default(), place.start, &WHOLE)?;
            checked = place.end;
        }
    }
    Ok(())
}

/// The only value of a text.
pub(super) fn single(text: &str) -> Result<Range<usize>, Error> {
    let places = values(text)?;
    let [place] = &places[..] else {
        let what = match places.len() {
            0 => "no JSON value".to_owned(),
            count => format!("{count} values instead of one"),
        };
        return Err(data(what, 0));
    };
    check(text, &places)?;
    Ok(place.clone())
}

/// Records as JSON, one behind the other.
pub(super) fn written<T: Serialize>(
    records: impl IntoIterator<Item = T>,
) -> Result<(String, Vec<Range<usize>>), Error> {
    let (mut text, mut places) = (Vec::new(), Vec::new());
    for record in records {
        let start = text.len();
        serde_json::to_writer(&mut text, &record)
            .map_err(|error| data(error.to_string(), start))?;
        places.push(start..text.len());
    }
    // JSON is UTF-8.
    let text = String::from_utf8(text).unwrap_or_default();
    check(&text, &places)?;
    Ok((text, places))
}

/// What serde_json says of a whole text.
fn not_json(text: &str, error: &serde_json::Error) -> Error {
    broken(text.as_bytes(), 0, error)
}

/// Where a checked record is nested too deeply to be read.
fn deep(bytes: &[u8], place: &Range<usize>) -> Option<usize> {
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
