//! Cuts the records out of a text, which may arrive in chunks.

mod envelope;

use std::mem;
use std::ops::Range;

use memchr::memchr;

use super::scan::{Found, Mode, Scan};
use super::{broken_so_far, check, data, reason, too_deep, utf8};
use crate::error::{Bound, Error, Found as Count};

/// What some programs put in front of UTF-8. It means nothing.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

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

/// Where we are in a text. What has arrived of it and is not done with is given anew each time.
#[derive(Debug)]
pub(in crate::eval) struct Cutter {
    place: Place,
    mode: Mode,
    /// Bytes in front of what is given.
    before: usize,
    /// Where what comes next begins.
    at: usize,
    /// What was seen of the value that begins there.
    scan: Scan,
    /// Bytes of it that need no second look.
    seen: usize,
    /// A colon of a first object, and up to where nothing but blanks is behind that.
    blank: (usize, usize),
    in_object: bool,
    is_over: bool,
    most: usize,
}

impl Cutter {
    /// Looks at records in a mode.
    pub(in crate::eval) fn new(mode: Mode) -> Self {
        Cutter {
            place: Place::Start,
            mode,
            before: 0,
            at: 0,
            scan: Scan::default(),
            seen: 0,
            blank: (0, 0),
            in_object: false,
            is_over: false,
            most: usize::MAX,
        }
    }

    /// Takes each line as a record.
    pub(in crate::eval) fn by_lines(&mut self) {
        self.place = Place::Lines;
    }

    /// Looks at records in another mode.
    pub(in crate::eval) fn look_by(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// Lets one value have so many bytes at most.
    pub(in crate::eval) fn hold(&mut self, most: usize) {
        self.most = most;
    }

    /// Nothing more arrives.
    pub(in crate::eval) fn close(&mut self) {
        self.is_over = true;
    }

    /// Leaves what is done with behind: so many bytes are not given any more.
    pub(in crate::eval) fn leave(&mut self) -> usize {
        self.before = self.before.saturating_add(self.at);
        mem::take(&mut self.at)
    }

    /// What was seen of the record that was cut or marked last.
    pub(in crate::eval) fn scan(&self) -> &Scan {
        &self.scan
    }

    /// The offset in the whole text.
    pub(in crate::eval) fn offset(&self, at: usize) -> usize {
        self.before.saturating_add(at)
    }

    /// The next record of a text; nothing where more has to arrive, or nothing is left.
    pub(in crate::eval) fn next(&mut self, text: &[u8]) -> Result<Option<Range<usize>>, Error> {
        if self.offset(self.at) == 0 {
            if text.starts_with(BYTE_ORDER_MARK) {
                self.at = BYTE_ORDER_MARK.len();
            } else if !self.is_over && BYTE_ORDER_MARK.starts_with(text) {
                return Ok(None);
            }
        }
        loop {
            if self.place == Place::Lines {
                return self.line(text);
            }
            if self.seen == 0 {
                self.skip_blanks(text);
            }
            let Some(byte) = text.get(self.at).copied() else {
                return self.nothing(text);
            };
            match (self.place, byte) {
                (Place::Start, b'[') => self.step(Place::Items),
                (Place::Start, b'{') => self.enter(Place::First),
                (Place::Start, _) => self.enter(Place::Values),
                (Place::First, _) => {
                    if let Some(record) = self.first(text)? {
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
                    let record = self.value(byte, text)?;
                    if record.is_some() {
                        self.place = Place::Comma;
                    }
                    return Ok(record);
                }
                (Place::Rest, _) => match self.rest(text)? {
                    true => self.place = Place::End,
                    false => return Ok(None),
                },
                (Place::Values | Place::Lines, _) => return self.value(byte, text),
                (Place::End, _) => {
                    let help = "`from_lines` takes each line as a record";
                    return Err(self.expected("the end").with_help(help));
                }
            }
        }
    }

    /// Marks a record that begins at an offset, if it was only delimited.
    pub(in crate::eval) fn mark(&mut self, record: &[u8], offset: usize) -> Result<(), Error> {
        if self.mode != Mode::Delimited {
            return Ok(());
        }
        self.find_marks(record, offset)
    }

    fn find_marks(&mut self, record: &[u8], offset: usize) -> Result<(), Error> {
        self.scan.restart();
        match self.scan.look(Mode::Marked, record) {
            Found::End(end) if end == record.len() => Ok(()),
            Found::TooDeep(at) => Err(too_deep(offset.saturating_add(at))),
            _ => check(record, offset, &mut self.scan).map(|_| ()),
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

    fn skip_blanks(&mut self, text: &[u8]) {
        let rest = text.get(self.at..).unwrap_or_default();
        let blanks = rest.iter().position(|byte| !is_blank(*byte)).unwrap_or(rest.len());
        self.at = self.at.saturating_add(blanks);
    }

    fn expected(&self, what: &str) -> Error {
        data(format!("expected {what}"), self.offset(self.at))
    }

    /// At the end of what has arrived.
    fn nothing(&self, text: &[u8]) -> Result<Option<Range<usize>>, Error> {
        let what = match self.place {
            _ if !self.is_over => return Ok(None),
            Place::Values | Place::Lines | Place::End => return Ok(None),
            Place::Start => "no JSON value",
            Place::First | Place::Rest => "the end inside an object",
            Place::Items | Place::Item | Place::Comma => "the end inside an array",
        };
        Err(data(what.to_owned(), self.offset(text.len())))
    }

    /// The line that comes next, if it is not blank.
    fn line(&mut self, text: &[u8]) -> Result<Option<Range<usize>>, Error> {
        loop {
            let rest = text.get(self.at..).unwrap_or_default();
            let found = memchr(b'\n', rest.get(self.seen..).unwrap_or_default());
            let length = match found {
                Some(more) => self.seen.saturating_add(more),
                None if self.is_over => rest.len(),
                None => {
                    self.seen = rest.len();
                    return self.fits(rest.len()).map(|()| None);
                }
            };
            let line = rest.get(..length).unwrap_or_default();
            let first = line.iter().position(|byte| !is_blank(*byte));
            let last = line.iter().rposition(|byte| !is_blank(*byte));
            let start = self.at;
            self.seen = 0;
            self.at = start.saturating_add(length).saturating_add(usize::from(found.is_some()));
            let (Some(first), Some(last)) = (first, last) else {
                if found.is_none() {
                    return Ok(None);
                }
                continue;
            };
            let place = start.saturating_add(first)..start.saturating_add(last).saturating_add(1);
            self.fits(place.len())?;
            let record = text.get(place.clone()).unwrap_or_default();
            self.look_through(record, self.offset(place.start))?;
            return Ok(Some(place));
        }
    }

    /// The value that begins here with a byte.
    fn value(&mut self, byte: u8, text: &[u8]) -> Result<Option<Range<usize>>, Error> {
        let rest = text.get(self.at..).unwrap_or_default();
        if self.seen == 0 {
            self.scan.restart();
        }
        let found = match byte {
            b'[' | b'{' => match self.scan.look(self.mode, rest) {
                Found::End(length) => Ok(length),
                Found::More => Err(rest.len()),
                Found::TooDeep(at) => {
                    return Err(too_deep(self.offset(self.at.saturating_add(at))));
                }
                Found::Broken(at) => return Err(reason(rest, self.offset(self.at), at)),
            },
            b'"' => string(rest, self.seen),
            _ => word(rest, self.seen, self.is_over),
        };
        match found {
            Ok(length) => {
                self.fits(length)?;
                if self.mode == Mode::Checked {
                    let (value, offset) =
                        (rest.get(..length).unwrap_or_default(), self.offset(self.at));
                    match byte {
                        b'[' | b'{' => utf8(value, offset)?,
                        _ => check(value, offset, &mut self.scan)
                            .map_err(|error| broken_so_far(rest, offset).unwrap_or(error))?,
                    };
                }
                Ok(Some(self.cut(length)))
            }
            Err(_) if self.is_over => Err(self.unfinished(rest)),
            Err(seen) => {
                self.seen = seen;
                self.wait(rest)
            }
        }
    }

    /// Cuts off so many bytes.
    fn cut(&mut self, length: usize) -> Range<usize> {
        let start = self.at;
        self.at = start.saturating_add(length);
        self.seen = 0;
        start..self.at
    }

    /// Looks at a record that is delimited.
    fn look_through(&mut self, record: &[u8], offset: usize) -> Result<(), Error> {
        match self.mode {
            Mode::Delimited => Ok(()),
            Mode::Marked => self.find_marks(record, offset),
            Mode::Checked => check(record, offset, &mut self.scan).map(|_| ()),
        }
    }

    /// What is wrong with a value that does not end.
    fn unfinished(&self, rest: &[u8]) -> Error {
        let start = self.offset(self.at);
        let end = data("the end inside a value".to_owned(), start.saturating_add(rest.len()));
        broken_so_far(rest, start).unwrap_or(end)
    }

    /// Nothing yet, unless too much would have to be held.
    fn wait(&self, rest: &[u8]) -> Result<Option<Range<usize>>, Error> {
        let limit = self.fits(rest.len()).map(|()| None);
        limit.map_err(|limit| broken_so_far(rest, self.offset(self.at)).unwrap_or(limit))
    }

    fn fits(&self, length: usize) -> Result<(), Error> {
        if length <= self.most { Ok(()) } else { Err(held_too_much(self.most)) }
    }
}

/// The error of holding more than allowed.
pub(in crate::eval) fn held_too_much(most: usize) -> Error {
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

/// The same for a number or a word, and whatever else is none of the others: the first byte belongs to it.
fn word(text: &[u8], seen: usize, is_over: bool) -> Result<usize, usize> {
    let from = seen.max(1);
    let tail = text.get(from..).unwrap_or_default();
    let end = tail.iter().position(|byte| is_blank(*byte) || b",]}".contains(byte));
    match end {
        Some(end) => Ok(from.saturating_add(end)),
        None if is_over => Ok(text.len()),
        None => Err(text.len()),
    }
}
