//! Cuts the records out of a text that arrives in chunks.

mod envelope;

use std::ops::Range;

use memchr::memchr;
use serde_core::de::IgnoredAny;

use super::scan::{Found, Scan};
use crate::error::{Bound, Error, Found as Count};
use crate::eval::json::{self, broken, data};

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The first value.
    Start,
    /// The rest of a first object, which may be a record or have the records.
    First,
    /// Values one after another.
    Values,
    /// Values, one on each line.
    Lines,
    /// The first record of the array.
    Items,
    /// A record of it behind a comma.
    Item,
    /// A comma, or the end of the array.
    Comma,
    /// The rest of the object that has the array.
    Rest,
    /// Nothing.
    End,
}

/// The text that has arrived and is not done with, and where in it we are.
#[derive(Debug)]
pub(super) struct Cutter {
    place: Place,
    text: Vec<u8>,
    /// Bytes before the text.
    before: usize,
    /// Where what comes next begins.
    at: usize,
    /// What was seen of the value that begins there.
    scan: Scan,
    /// Bytes of it that need no second look.
    seen: usize,
    /// Marks of a first object that need none.
    looked: usize,
    /// A colon of it, and up to where nothing but blanks is behind that.
    blank: (usize, usize),
    in_object: bool,
    is_marked: bool,
    is_over: bool,
    most: usize,
}

impl Cutter {
    pub(super) fn new() -> Self {
        Cutter {
            place: Place::Start,
            text: Vec::new(),
            before: 0,
            at: 0,
            scan: Scan::default(),
            seen: 0,
            looked: 0,
            blank: (0, 0),
            in_object: false,
            is_marked: false,
            is_over: false,
            most: usize::MAX,
        }
    }

    /// Takes each line as a record.
    pub(super) fn by_lines(&mut self) {
        self.place = Place::Lines;
    }

    /// Has the marks of each record.
    pub(super) fn mark(&mut self) {
        self.is_marked = true;
    }

    /// Holds so many bytes of one value at most.
    pub(super) fn hold(&mut self, most: usize) {
        self.most = most;
    }

    pub(super) fn feed(&mut self, chunk: &[u8]) {
        self.text.extend_from_slice(chunk);
    }

    /// Nothing more arrives.
    pub(super) fn close(&mut self) {
        self.is_over = true;
    }

    /// Forgets the text of the records that were cut.
    pub(super) fn forget(&mut self) {
        self.before = self.before.saturating_add(self.at);
        self.text.drain(..self.at.min(self.text.len()));
        self.at = 0;
    }

    pub(super) fn text(&self, record: &Range<usize>) -> &[u8] {
        self.text.get(record.clone()).unwrap_or_default()
    }

    /// What was seen of the record that was cut last.
    pub(super) fn scan(&self) -> &Scan {
        &self.scan
    }

    /// The offset in the whole text.
    pub(super) fn offset(&self, at: usize) -> usize {
        self.before.saturating_add(at)
    }

    /// The next record; nothing where more has to arrive, or nothing is left.
    pub(super) fn next(&mut self) -> Result<Option<Range<usize>>, Error> {
        loop {
            if self.place == Place::Lines {
                return self.line();
            }
            if self.seen == 0 {
                self.skip_blanks();
            }
            let Some(byte) = self.text.get(self.at).copied() else {
                return self.nothing();
            };
            match (self.place, byte) {
                (Place::Start, b'[') => self.step(Place::Items),
                (Place::Start, b'{') => self.enter(Place::First),
                (Place::Start, _) => self.enter(Place::Values),
                (Place::First, _) => {
                    if let Some(record) = self.first()? {
                        return Ok(Some(record));
                    }
                    if self.place == Place::First {
                        return Ok(None);
                    }
                }
                (Place::Items, b']') | (Place::Comma, b']') => {
                    self.step(if self.in_object { Place::Rest } else { Place::End });
                }
                (Place::Comma, b',') => self.step(Place::Item),
                (Place::Comma, _) => return Err(self.expected("`,` or `]`")),
                (Place::Items | Place::Item, _) => {
                    let record = self.value(byte)?;
                    if record.is_some() {
                        self.place = Place::Comma;
                    }
                    return Ok(record);
                }
                (Place::Rest, _) => match self.rest()? {
                    true => self.place = Place::End,
                    false => return Ok(None),
                },
                (Place::Values | Place::Lines, _) => return self.value(byte),
                (Place::End, _) => return Err(self.expected("the end")),
            }
        }
    }

    fn step(&mut self, place: Place) {
        self.at = self.at.saturating_add(1);
        self.enter(place);
    }

    fn enter(&mut self, place: Place) {
        self.place = place;
        self.seen = 0;
        self.scan = if place == Place::Rest { Scan::inside(1) } else { Scan::default() };
    }

    fn skip_blanks(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let blanks = rest.iter().position(|byte| !is_blank(*byte)).unwrap_or(rest.len());
        self.at = self.at.saturating_add(blanks);
    }

    fn expected(&self, what: &str) -> Error {
        data(format!("expected {what}"), self.offset(self.at))
    }

    /// At the end of what has arrived.
    fn nothing(&self) -> Result<Option<Range<usize>>, Error> {
        let what = match self.place {
            _ if !self.is_over => return Ok(None),
            Place::Values | Place::Lines | Place::End => return Ok(None),
            Place::Start => "no JSON value",
            Place::First | Place::Rest => "the end inside an object",
            Place::Items | Place::Item | Place::Comma => "the end inside an array",
        };
        Err(data(what.to_owned(), self.offset(self.text.len())))
    }

    /// The line that comes next, if it is not blank.
    fn line(&mut self) -> Result<Option<Range<usize>>, Error> {
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let found = memchr(b'\n', rest.get(self.seen..).unwrap_or_default());
            let end = match found {
                Some(more) => self.at.saturating_add(self.seen).saturating_add(more),
                None if self.is_over => self.text.len(),
                None => {
                    self.seen = rest.len();
                    return self.wait();
                }
            };
            let line = self.text.get(self.at..end).unwrap_or_default();
            let first = line.iter().position(|byte| !is_blank(*byte));
            let last = line.iter().rposition(|byte| !is_blank(*byte));
            let start = self.at;
            self.seen = 0;
            self.at = end.saturating_add(usize::from(found.is_some()));
            let (Some(first), Some(last)) = (first, last) else {
                if found.is_none() {
                    return Ok(None);
                }
                continue;
            };
            let record = start.saturating_add(first)..start.saturating_add(last).saturating_add(1);
            self.fits(record.len())?;
            self.look_through(&record)?;
            return Ok(Some(record));
        }
    }

    /// Finds the marks of a record that is a line, and how deep it is.
    fn look_through(&mut self, record: &Range<usize>) -> Result<(), Error> {
        self.scan.restart();
        let text = self.text.get(record.clone()).unwrap_or_default();
        let found = match self.is_marked {
            true => self.scan.look::<true>(text),
            false => self.scan.look::<false>(text),
        };
        match found {
            Found::TooDeep(at) => Err(self.too_deep(record.start.saturating_add(at))),
            Found::End(end) if end == text.len() => Ok(()),
            // Whoever reads it will say what is wrong with it.
            _ => {
                self.scan.is_unclear = true;
                Ok(())
            }
        }
    }

    /// The value that begins here with a byte.
    fn value(&mut self, byte: u8) -> Result<Option<Range<usize>>, Error> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if self.seen == 0 {
            self.scan.restart();
        }
        let mut seen_so_far = rest.len();
        let length = match byte {
            b'[' | b'{' => {
                let found = match self.is_marked {
                    true => self.scan.look::<true>(rest),
                    false => self.scan.look::<false>(rest),
                };
                match found {
                    Found::End(length) => Some(length),
                    Found::More => None,
                    Found::TooDeep(at) => return Err(self.too_deep(self.at.saturating_add(at))),
                }
            }
            b'"' => match string(rest, self.seen) {
                Ok(length) => Some(length),
                Err(seen) => {
                    seen_so_far = seen;
                    None
                }
            },
            _ => {
                // Whatever the first byte is, it belongs to the value.
                let from = self.seen.max(1);
                let tail = rest.get(from..).unwrap_or_default();
                let end = tail.iter().position(|byte| is_blank(*byte) || b",]}".contains(byte));
                end.map(|end| from.saturating_add(end))
                    .or_else(|| self.is_over.then_some(rest.len()))
            }
        };
        let Some(length) = length else {
            self.seen = seen_so_far;
            return match self.is_over {
                true => Err(self.unfinished()),
                false => self.wait(),
            };
        };
        self.fits(length)?;
        let start = self.at;
        self.at = start.saturating_add(length);
        self.seen = 0;
        Ok(Some(start..self.at))
    }

    /// What is wrong with a value that does not end.
    fn unfinished(&self) -> Error {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match serde_json::from_slice::<IgnoredAny>(rest) {
            Err(error) if !error.is_eof() => broken(rest, self.offset(self.at), &error),
            _ => data("the end inside a value".to_owned(), self.offset(self.text.len())),
        }
    }

    /// Nothing yet, unless too much would have to be held.
    fn wait(&self) -> Result<Option<Range<usize>>, Error> {
        let held = self.text.len().saturating_sub(self.at);
        match self.fits(held) {
            Err(limit) => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                match serde_json::from_slice::<IgnoredAny>(rest) {
                    Err(error) if !error.is_eof() => {
                        Err(broken(rest, self.offset(self.at), &error))
                    }
                    _ => Err(limit),
                }
            }
            Ok(()) => Ok(None),
        }
    }

    fn fits(&self, length: usize) -> Result<(), Error> {
        if length <= self.most {
            return Ok(());
        }
        Err(held_too_much(self.most))
    }

    fn too_deep(&self, at: usize) -> Error {
        json::too_deep(self.offset(at))
    }
}

/// The error of holding more than allowed.
pub(super) fn held_too_much(most: usize) -> Error {
    Error::limit(Bound::HELD, most, Count::More).with_help("`Stream::hold` sets this limit")
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The length of the string that a text begins with, or where to look on for its end.
fn string(text: &[u8], seen: usize) -> Result<usize, usize> {
    let mut at = seen.max(1);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => return Ok(at.saturating_add(1)),
            b'\\' => at = at.saturating_add(2),
            _ => at = at.saturating_add(1),
        }
    }
    Err(at)
}
