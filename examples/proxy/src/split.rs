//! One record at a time out of a JSON text that arrives in chunks.
//!
//! The text is cut where its outermost array has its commas. Whether a piece is JSON is for a parser to say, which
//! also bounds its nesting; what is held here is one piece of bounded size.

use std::mem;

use memchr::{memchr, memchr2};
use serde_json::Value;

/// What a text is cut into, in the order of the text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    /// An object begins, around the records or without any.
    Object,
    /// A member of it that is not the records.
    Member(String, Value),
    /// The records begin.
    Open,
    /// The text of a record.
    Record(Vec<u8>),
    /// The records are over.
    Close,
    /// The object is over.
    End,
    /// A value that is neither an array nor an object.
    Whole(Value),
}

/// Why a text cannot be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is not JSON.
    Malformed,
    /// It ends where it must go on.
    Truncated,
    /// One piece of it is longer than allowed.
    TooLong,
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `[…]`, or an object with `value`
    Json,
    /// One on each line.
    Lines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Start,
    /// In the array of records.
    Element,
    /// In the object around it, before a colon.
    Name,
    /// Behind one.
    Value,
    /// Behind the array of records.
    After,
    Whole,
    Line,
    End,
}

#[derive(Debug)]
pub(crate) struct Splitter {
    place: Place,
    /// The piece so far.
    text: Vec<u8>,
    /// Brackets that are open in it.
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// Whether nothing came before the piece in its array or object.
    is_first: bool,
    /// The name of the member that the piece is the value of.
    name: String,
    /// Whether there is an object around the records.
    in_object: bool,
    has_value: bool,
    /// Bytes of members, as long as they may be all there is.
    held: usize,
    most: usize,
}

impl Splitter {
    /// Holds no more than `most` bytes.
    pub(crate) fn new(form: Form, most: usize) -> Self {
        Splitter {
            place: if form == Form::Lines { Place::Line } else { Place::Start },
            text: Vec::new(),
            depth: 0,
            in_string: false,
            is_escaped: false,
            is_first: true,
            name: String::new(),
            in_object: false,
            has_value: false,
            held: 0,
            most,
        }
    }

    /// Cuts what can be cut once a chunk is there.
    pub(crate) fn feed(&mut self, mut chunk: &[u8], out: &mut Vec<Piece>) -> Result<(), Flaw> {
        while let Some((run, rest)) = chunk.split_at_checked(self.run(chunk)) {
            self.push(run)?;
            let Some((byte, rest)) = rest.split_first() else {
                return Ok(());
            };
            self.byte(*byte, out)?;
            chunk = rest;
        }
        Ok(())
    }

    /// How many bytes at the beginning of a chunk are nothing but part of the piece.
    fn run(&self, chunk: &[u8]) -> usize {
        let end = match self.place {
            Place::Line => memchr(b'\n', chunk),
            Place::Whole => None,
            _ if self.in_string && !self.is_escaped => memchr2(b'"', b'\\', chunk),
            _ => Some(0),
        };
        end.unwrap_or(chunk.len())
    }

    /// Cuts what is left at the end of the text.
    pub(crate) fn finish(&mut self, out: &mut Vec<Piece>) -> Result<(), Flaw> {
        match self.place {
            Place::Line => self.line(out),
            Place::Whole => out.push(Piece::Whole(self.parsed().map_err(|_| Flaw::Truncated)?)),
            Place::Start | Place::End => {}
            _ => return Err(Flaw::Truncated),
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<Piece>) -> Result<(), Flaw> {
        match (self.place, byte) {
            (Place::Start | Place::After | Place::End, b' ' | b'\t' | b'\r' | b'\n') => Ok(()),
            (Place::Start, b'[') => {
                self.open(out);
                Ok(())
            }
            (Place::Start, b'{') => {
                (self.place, self.in_object) = (Place::Name, true);
                out.push(Piece::Object);
                Ok(())
            }
            (Place::Start, _) => {
                self.place = Place::Whole;
                self.push(&[byte])
            }
            (Place::Line, b'\n') => {
                self.line(out);
                Ok(())
            }
            (Place::Line | Place::Whole, _) => self.push(&[byte]),
            (Place::After, b',') => {
                self.place = Place::Name;
                Ok(())
            }
            (Place::After, b'}') => {
                self.end(out);
                Ok(())
            }
            (Place::After | Place::End, _) => Err(Flaw::Malformed),
            (Place::Element | Place::Name | Place::Value, _) => self.nested(byte, out),
        }
    }

    /// A byte in an array or an object.
    fn nested(&mut self, byte: u8, out: &mut Vec<Piece>) -> Result<(), Flaw> {
        if self.in_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return self.push(&[byte]);
        }
        match (byte, self.depth) {
            (b',' | b':' | b']' | b'}', 0) => return self.cut(byte, out),
            (b'[', 0) if self.place == Place::Value && self.is_blank() && self.name == "value" => {
                if mem::replace(&mut self.has_value, true) {
                    return Err(Flaw::Malformed);
                }
                self.text.clear();
                self.open(out);
                return Ok(());
            }
            (b'"', _) => self.in_string = true,
            (b'[' | b'{', _) => self.depth = self.depth.saturating_add(1),
            (b']' | b'}', _) => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.push(&[byte])
    }

    /// The end of a piece.
    fn cut(&mut self, byte: u8, out: &mut Vec<Piece>) -> Result<(), Flaw> {
        let is_empty = self.is_first && self.is_blank();
        match (self.place, byte) {
            (Place::Element, b']') if is_empty => self.close(out),
            (Place::Element, b',' | b']') if !self.is_blank() => {
                out.push(Piece::Record(mem::take(&mut self.text)));
                self.is_first = false;
                if byte == b']' {
                    self.close(out);
                }
            }
            (Place::Name, b'}') if is_empty => self.end(out),
            (Place::Name, b':') => {
                self.name = serde_json::from_slice(&self.text).map_err(|_| Flaw::Malformed)?;
                self.text.clear();
                self.place = Place::Value;
            }
            (Place::Value, b',' | b'}') => {
                self.held = self.held.saturating_add(self.text.len());
                if self.held > self.most {
                    return Err(Flaw::TooLong);
                }
                let value = self.parsed()?;
                if self.name == "value" && mem::replace(&mut self.has_value, true) {
                    return Err(Flaw::Malformed);
                }
                out.push(Piece::Member(mem::take(&mut self.name), value));
                (self.place, self.is_first) = (Place::Name, false);
                if byte == b'}' {
                    self.end(out);
                }
            }
            _ => return Err(Flaw::Malformed),
        }
        Ok(())
    }

    fn open(&mut self, out: &mut Vec<Piece>) {
        (self.place, self.is_first, self.held) = (Place::Element, true, 0);
        out.push(Piece::Open);
    }

    fn close(&mut self, out: &mut Vec<Piece>) {
        out.push(Piece::Close);
        self.text.clear();
        self.is_first = false;
        self.place = if self.in_object { Place::After } else { Place::End };
    }

    fn end(&mut self, out: &mut Vec<Piece>) {
        out.push(Piece::End);
        self.text.clear();
        self.place = Place::End;
    }

    fn line(&mut self, out: &mut Vec<Piece>) {
        if mem::take(&mut self.is_first) {
            out.push(Piece::Open);
        }
        if self.is_blank() {
            self.text.clear();
        } else {
            out.push(Piece::Record(mem::take(&mut self.text)));
        }
    }

    fn parsed(&mut self) -> Result<Value, Flaw> {
        let value = serde_json::from_slice(&self.text).map_err(|_| Flaw::Malformed);
        self.text.clear();
        value
    }

    fn is_blank(&self) -> bool {
        self.text.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
    }

    fn push(&mut self, bytes: &[u8]) -> Result<(), Flaw> {
        if self.text.len().saturating_add(bytes.len()) > self.most {
            return Err(Flaw::TooLong);
        }
        self.text.extend_from_slice(bytes);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
