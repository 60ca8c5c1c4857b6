//! The object that may stand around the records.

use std::ops::Range;

use super::{Cutter, Place, is_blank};
use crate::error::Error;
use crate::eval::json::{Found, Mode, Scan, check, data, name_before, too_deep};

/// Bytes of a first object that are scanned at once: the records may begin behind any of them.
const PART: usize = 64 << 10;

impl Cutter {
    /// Looks whether a first object has the records, or is one.
    pub(super) fn first(&mut self, text: &[u8]) -> Result<Option<Range<usize>>, Error> {
        let rest = text.get(self.at..).unwrap_or_default();
        loop {
            let upto = self.seen.saturating_add(PART).min(rest.len());
            let part = rest.get(..upto).unwrap_or_default();
            let found = self.scan.look(Mode::Marked, part);
            if let Some(array) = self.records_in(part) {
                return self.open(array, rest).map(|()| None);
            }
            match found {
                Found::More if upto < rest.len() => self.seen = upto,
                Found::More if self.is_over => return Err(self.unfinished(rest)),
                Found::More => {
                    self.seen = upto;
                    return self.wait(rest);
                }
                Found::End(length) => {
                    self.fits(length)?;
                    let record = rest.get(..length).unwrap_or_default();
                    self.look_through(record, self.offset(self.at))?;
                    self.place = Place::Values;
                    return Ok(Some(self.cut(length)));
                }
                Found::TooDeep(at) | Found::Broken(at) => {
                    return Err(too_deep(self.offset(self.at).saturating_add(at)));
                }
            }
        }
    }

    /// Where the array `value` begins, if it does in a part of the first object. Marks that need no second look are dropped.
    fn records_in(&mut self, part: &[u8]) -> Option<usize> {
        let mut done = 0_usize;
        for mark in &self.scan.marks {
            if name_before(part.get(..*mark).unwrap_or_default())
                .is_some_and(|name| name == "value")
            {
                let (colon, blank) = self.blank;
                let from = if colon == *mark { blank } else { mark.saturating_add(1) };
                let after = part.get(from..).unwrap_or_default();
                match after.iter().position(|byte| !is_blank(*byte)) {
                    Some(blanks) if after.get(blanks) == Some(&b'[') => {
                        return Some(from.saturating_add(blanks));
                    }
                    Some(_) => {}
                    // What it is has not arrived.
                    None => {
                        self.blank = (*mark, part.len());
                        break;
                    }
                }
            }
            done = done.saturating_add(1);
        }
        self.scan.forget(done);
        None
    }

    /// Goes into the array of records in the first object.
    fn open(&mut self, array: usize, rest: &[u8]) -> Result<(), Error> {
        let head = rest.get(..array).unwrap_or_default();
        check(&[head, b"[]}"].concat(), self.offset(self.at), &mut self.scan)?;
        self.in_object = true;
        self.at = self.at.saturating_add(array);
        self.step(Place::Items);
        Ok(())
    }

    /// Looks for the end of the object around the array.
    pub(super) fn rest(&mut self, text: &[u8]) -> Result<bool, Error> {
        let rest = text.get(self.at..).unwrap_or_default();
        let start = self.offset(self.at);
        let end = match self.scan.look(Mode::Marked, rest) {
            Found::End(end) => end,
            Found::TooDeep(at) | Found::Broken(at) => {
                return Err(too_deep(start.saturating_add(at)));
            }
            Found::More if !self.is_over => {
                self.seen = rest.len();
                return self.fits(rest.len()).map(|()| false);
            }
            Found::More => rest.len(),
        };
        // In the place of the records stands a member that is none.
        const HEAD: &[u8] = br#"{"":0"#;
        let tail = [HEAD, rest.get(..end).unwrap_or_default()].concat();
        check(&tail, start.saturating_sub(HEAD.len()), &mut Scan::default())?;
        if let Some(at) = self.scan.marks.iter().find(|mark| is_value(rest, **mark)) {
            let what = "a second member `value`".to_owned();
            return Err(data(what, start.saturating_add(*at)));
        }
        self.at = self.at.saturating_add(end);
        self.seen = 0;
        Ok(true)
    }
}

/// Whether the name in front of a colon is that of the records.
fn is_value(text: &[u8], colon: usize) -> bool {
    name_before(text.get(..colon).unwrap_or_default()).is_some_and(|name| name == "value")
}
