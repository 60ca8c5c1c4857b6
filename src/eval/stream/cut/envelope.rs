//! The object that may stand around the records.

use std::collections::BTreeMap;
use std::ops::Range;

use memchr::memrchr;
use serde_core::de::IgnoredAny;

use super::{Cutter, Place, held_too_much, is_blank};
use crate::error::Error;
use crate::eval::json::{broken, data, utf8};
use crate::eval::stream::scan::{Found, MARKS};

impl Cutter {
    /// Looks whether a first object has the records, or is one.
    pub(super) fn first(&mut self) -> Result<Option<Range<usize>>, Error> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = self.scan.look::<true>(rest);
        let (marks, sure) = (&self.scan.marks, self.scan.sure);
        for (mark, number) in marks.iter().zip(0..).skip(self.looked) {
            if is_value(rest.get(..*mark).unwrap_or_default()) {
                let (colon, blank) = self.blank;
                let from = if colon == *mark { blank } else { mark.saturating_add(1) };
                let after = rest.get(from..).unwrap_or_default();
                match after.iter().position(|byte| !is_blank(*byte)) {
                    Some(blanks) if after.get(blanks) == Some(&b'[') => {
                        return self.open(from.saturating_add(blanks)).map(|()| None);
                    }
                    Some(_) => {}
                    // What it is has not arrived.
                    None => {
                        self.blank = (*mark, rest.len());
                        break;
                    }
                }
            }
            if number < sure {
                self.looked = self.looked.max(number.saturating_add(1));
            }
        }
        if marks.len() >= MARKS {
            return Err(held_too_much(self.most));
        }
        self.seen = rest.len();
        match found {
            Found::TooDeep(at) => Err(self.too_deep(self.at.saturating_add(at))),
            Found::More if self.is_over => Err(self.unfinished()),
            Found::More => self.wait(),
            Found::End(length) => {
                self.fits(length)?;
                let start = self.at;
                self.at = start.saturating_add(length);
                (self.place, self.seen) = (Place::Values, 0);
                Ok(Some(start..self.at))
            }
        }
    }

    /// Goes into the array of records in the first object.
    fn open(&mut self, array: usize) -> Result<(), Error> {
        let head = self.text.get(self.at..).and_then(|rest| rest.get(..array)).unwrap_or_default();
        check(&[head, b"[]}"].concat(), self.offset(self.at))?;
        self.in_object = true;
        self.at = self.at.saturating_add(array);
        self.step(Place::Items);
        Ok(())
    }

    /// Looks for the end of the object around the array.
    pub(super) fn rest(&mut self) -> Result<bool, Error> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = match self.scan.look::<false>(rest) {
            Found::End(end) => end,
            Found::TooDeep(at) => return Err(self.too_deep(self.at.saturating_add(at))),
            Found::More if !self.is_over => {
                self.seen = rest.len();
                return self.wait().map(|_| false);
            }
            Found::More => rest.len(),
        };
        // In the place of the records stands a member that is none.
        const HEAD: &[u8] = br#"{"":0"#;
        let tail = [HEAD, rest.get(..end).unwrap_or_default()].concat();
        let start = self.offset(self.at);
        utf8(rest.get(..end).unwrap_or_default(), start)?;
        let members: BTreeMap<String, IgnoredAny> = serde_json::from_slice(&tail)
            .map_err(|error| broken(&tail, start.saturating_sub(HEAD.len()), &error))?;
        if members.contains_key("value") {
            return Err(data("a second member `value`".to_owned(), start));
        }
        self.at = self.at.saturating_add(end);
        self.seen = 0;
        Ok(true)
    }
}

/// Whether a text ends with the name `value`, however it is written.
fn is_value(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    let Some(mut name) = text.strip_suffix(b"\"") else {
        return false;
    };
    // A quote behind an odd number of backslashes is part of the name.
    loop {
        let Some(start) = memrchr(b'"', name) else {
            return false;
        };
        name = name.get(..start).unwrap_or_default();
        let backslashes = name.iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes.is_multiple_of(2) {
            let name = text.get(start..).unwrap_or_default();
            return name == br#""value""#
                || name.contains(&b'\\')
                    && serde_json::from_slice(name).is_ok_and(|name: String| name == "value");
        }
    }
}

/// Refuses what is no JSON.
fn check(text: &[u8], offset: usize) -> Result<(), Error> {
    utf8(text, offset)?;
    serde_json::from_slice::<IgnoredAny>(text)
        .map(|_| ())
        .map_err(|error| broken(text, offset, &error))
}
