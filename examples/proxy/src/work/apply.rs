//! Answers that are made of others.

use std::mem;

use odata_query::{Plan, Policy, Stream};
use serde_json::{Deserializer, Map, Value};

use super::{Work, redact, write};
use crate::links::{Links, is_next_link};
use crate::split::Piece;
use crate::trouble::Trouble;

/// Answers a query over the records of an answer to none, as OData JSON.
#[derive(Debug)]
pub(crate) struct Apply {
    plan: Plan,
    /// The records of all pages, as one array.
    stream: Stream,
    links: Links,
    redacts: Option<Policy>,
    /// Members of the object around the records; all of it, where there are none.
    members: Map<String, Value>,
    next_link: Option<String>,
    /// Records that were taken.
    taken: u64,
    written: u64,
    has_records: bool,
    is_later_page: bool,
    /// Whether the answer was begun.
    has_begun: bool,
    /// What the whole answer is, where it is neither an object nor an array.
    scalar: Option<Value>,
    is_object: bool,
}

impl Apply {
    pub(crate) fn new(plan: Plan, links: Links, redacts: Option<Policy>, most: usize) -> Self {
        Apply {
            stream: Stream::new(&plan).to_lines().hold(most),
            plan,
            links,
            redacts,
            members: Map::new(),
            next_link: None,
            taken: 0,
            written: 0,
            has_records: false,
            is_later_page: false,
            has_begun: false,
            scalar: None,
            is_object: false,
        }
    }

    /// Takes a part of the array of all records, and answers what it settles.
    fn take(&mut self, part: &[u8], out: &mut Vec<u8>) -> Result<(), Trouble> {
        let mut lines = Vec::new();
        self.stream.push(part, &mut lines).map_err(Trouble::of_records)?;
        self.lines(&lines, out)
    }

    fn lines(&mut self, lines: &[u8], out: &mut Vec<u8>) -> Result<(), Trouble> {
        for record in Deserializer::from_slice(lines).into_iter() {
            let record = record.map_err(|error| Trouble::unusable(&error.to_string()))?;
            self.record(record, out);
        }
        Ok(())
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if mem::replace(&mut self.has_begun, true) {
            return;
        }
        self.forget();
        out.push(b'{');
        for (name, mut value) in mem::take(&mut self.members) {
            self.links.member(&name, &mut value);
            write(&name, out);
            out.push(b':');
            write(&value, out);
            out.push(b',');
        }
        out.extend_from_slice(b"\"value\":[");
    }

    /// Forgets what else stands beside the records: it is about all that the upstream has.
    fn forget(&mut self) {
        self.members.retain(|name, _| matches!(name.as_str(), "@odata.context" | "@context"));
    }

    fn record(&mut self, mut record: Value, out: &mut Vec<u8>) {
        self.begin(out);
        if self.written > 0 {
            out.push(b',');
        }
        self.written = self.written.saturating_add(1);
        self.shown(&mut record);
        write(&record, out);
    }

    fn shown(&self, record: &mut Value) {
        self.links.all(record);
        if let Some(policy) = &self.redacts {
            redact(policy, record);
        }
    }

    /// An answer that is no collection is the one record that the query is about.
    fn one(&mut self, out: &mut Vec<u8>) -> Result<(), Trouble> {
        let record = match self.scalar.take() {
            None if self.is_object => Value::Object(mem::take(&mut self.members)),
            None => return Err(Trouble::unusable("it is empty")),
            Some(value) => value,
        };
        let records = [record];
        let mut kept = self.plan.apply(&records)?.into_records();
        let Some(record) = kept.next() else {
            return Err(Trouble::no_record());
        };
        let mut record = record.into_owned();
        self.shown(&mut record);
        write(&record, out);
        Ok(())
    }
}

impl Work for Apply {
    fn pieces(&mut self, pieces: Vec<Piece>, out: &mut Vec<u8>) -> Result<(), Trouble> {
        let mut part = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Object => self.is_object = true,
                Piece::Member(name, Value::String(link))
                    if name.starts_with('@') && is_next_link(&name) =>
                {
                    self.next_link = Some(link);
                }
                Piece::Member(name, value) => drop(self.members.insert(name, value)),
                Piece::Open => self.has_records = true,
                Piece::Record(text) => {
                    part.push(if self.taken == 0 { b'[' } else { b',' });
                    part.extend(text);
                    self.taken = self.taken.saturating_add(1);
                }
                Piece::Whole(value) => self.scalar = Some(value),
                Piece::Close | Piece::End => {}
            }
        }
        if self.has_records {
            self.forget();
        }
        self.take(&part, out)
    }

    fn is_done(&self) -> bool {
        self.has_records && self.stream.is_done()
    }

    fn next_page(&mut self) -> Option<String> {
        let link = self.next_link.take().filter(|_| self.has_records && !self.is_done())?;
        (self.has_records, self.is_later_page) = (false, true);
        Some(link)
    }

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Trouble> {
        match (self.has_records, self.is_later_page) {
            (false, false) => return self.one(out),
            (false, true) => return Err(Trouble::unusable("a page of it has no records")),
            _ => {}
        }
        self.take(if self.taken == 0 { b"[]" } else { b"]" }, out)?;
        let mut lines = Vec::new();
        self.stream.finish(&mut lines).map_err(Trouble::of_records)?;
        self.lines(&lines, out)?;
        self.begin(out);
        out.push(b']');
        if let Some(count) = self.stream.count() {
            out.extend_from_slice(b",\"@odata.count\":");
            write(&count, out);
        }
        out.push(b'}');
        Ok(())
    }

    fn links(&self) -> &Links {
        &self.links
    }
}
