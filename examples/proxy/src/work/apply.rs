//! Answers that are made of others.

use std::mem;

use odata_query::Policy;
use serde_json::{Map, Value};

use super::{Work, parsed, redact, write};
use crate::ask::Applied;
use crate::links::{Links, is_next_link};
use crate::split::Piece;
use crate::trouble::Trouble;

/// Answers a query over the records of an answer to none, as OData JSON.
#[derive(Debug)]
pub(crate) struct Apply {
    query: Applied,
    links: Links,
    redacts: Option<Policy>,
    /// Bytes of records that may be held.
    most: usize,
    /// Members of the object around the records; all of it, where there are none.
    members: Map<String, Value>,
    next_link: Option<String>,
    /// Records of a chunk, or all of them.
    records: Vec<Value>,
    held: usize,
    matches: u64,
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
    pub(crate) fn new(query: Applied, links: Links, redacts: Option<Policy>, most: usize) -> Self {
        Apply {
            query,
            links,
            redacts,
            most,
            members: Map::new(),
            next_link: None,
            records: Vec::new(),
            held: 0,
            matches: 0,
            written: 0,
            has_records: false,
            is_later_page: false,
            has_begun: false,
            scalar: None,
            is_object: false,
        }
    }

    /// Answers what is there, where each record stands for itself.
    fn batch(&mut self, out: &mut Vec<u8>) -> Result<(), Trouble> {
        let records = mem::take(&mut self.records);
        self.held = 0;
        let page = self.query.each.apply(&records)?;
        for record in page.into_records() {
            self.matches = self.matches.saturating_add(1);
            if self.matches > self.query.skip && !self.is_full() {
                self.record(record.into_owned(), out);
            }
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.query.top.is_some_and(|top| self.written >= top)
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if mem::replace(&mut self.has_begun, true) {
            return;
        }
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
        let is_skipped = self.query.skip > 0 || self.query.top == Some(0);
        let records = [record];
        let mut kept = self.query.each.apply(&records)?.into_records().filter(|_| !is_skipped);
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
                    self.records.push(parsed(&text)?);
                    self.held = self.held.saturating_add(text.len());
                }
                Piece::Whole(value) => self.scalar = Some(value),
                Piece::Close | Piece::End => {}
            }
        }
        if self.has_records {
            // What else stands beside the records is about all that the upstream has.
            self.members.retain(|name, _| matches!(name.as_str(), "@odata.context" | "@context"));
        }
        match &self.query.whole {
            Some(_) if self.held > self.most => Err(Trouble::too_much(self.most)),
            Some(_) => Ok(()),
            None => self.batch(out),
        }
    }

    fn is_done(&self) -> bool {
        self.query.whole.is_none() && !self.query.count && self.has_records && self.is_full()
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
        let mut count = self.query.count.then_some(self.matches);
        if let Some(plan) = &self.query.whole {
            let records = mem::take(&mut self.records);
            let page = plan.apply(&records)?;
            count = page.count();
            for record in page.into_records() {
                self.record(record.into_owned(), out);
            }
        }
        self.begin(out);
        out.push(b']');
        if let Some(count) = count {
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
