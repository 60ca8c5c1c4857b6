//! What is done with the pieces of an answer, one after another.

use odata_query::Policy;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::ask::Applied;
use crate::config::Tenant;
use crate::links::{Links, is_next_link};
use crate::split::{Form, Piece};
use crate::trouble::Trouble;

/// Makes an answer out of the pieces of another one.
#[derive(Debug)]
pub(crate) enum Work {
    Relay(Relay),
    Apply(Apply),
}

impl Work {
    /// Takes what was cut out of one chunk.
    pub(crate) fn pieces(&mut self, pieces: Vec<Piece>, out: &mut Vec<u8>) -> Result<(), Trouble> {
        match self {
            Work::Relay(relay) => pieces.into_iter().try_for_each(|piece| relay.piece(piece, out)),
            Work::Apply(apply) => apply.pieces(pieces, out),
        }
    }

    /// Whether no more pieces are wanted.
    pub(crate) fn is_done(&self) -> bool {
        match self {
            Work::Relay(_) => false,
            Work::Apply(apply) => apply.is_done(),
        }
    }

    /// Where the next page is, if it is wanted.
    pub(crate) fn next_page(&mut self) -> Option<String> {
        match self {
            Work::Relay(_) => None,
            Work::Apply(apply) => apply.next_page(),
        }
    }

    /// Where a link of the answer leads to at the upstream.
    pub(crate) fn followed(&self, link: &str, from: &str) -> Option<String> {
        match self {
            Work::Relay(relay) => relay.links.followed(link, from),
            Work::Apply(apply) => apply.links.followed(link, from),
        }
    }

    /// Writes what is left when all pieces were there.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Trouble> {
        match self {
            Work::Relay(_) => Ok(()),
            Work::Apply(apply) => apply.finish(out),
        }
    }
}

/// Hands on all records, without what must not show and with links through the proxy.
#[derive(Debug)]
pub(crate) struct Relay {
    form: Form,
    links: Links,
    redacts: Option<Policy>,
    tenant: Option<Tenant>,
    in_object: bool,
    /// Members of an object that may be around records, or a record.
    held: Option<Map<String, Value>>,
    /// Whether what comes next in the array or object is not the first.
    follows: bool,
}

impl Relay {
    pub(crate) fn new(
        form: Form,
        links: Links,
        redacts: Option<Policy>,
        tenant: Option<Tenant>,
    ) -> Self {
        Relay { form, links, redacts, tenant, in_object: false, held: None, follows: false }
    }

    fn piece(&mut self, piece: Piece, out: &mut Vec<u8>) -> Result<(), Trouble> {
        match piece {
            Piece::Object => {
                self.in_object = true;
                self.held = Some(Map::new());
            }
            Piece::Member(name, value) => match &mut self.held {
                Some(held) => drop(held.insert(name, value)),
                None => self.member(name, value, out),
            },
            Piece::Open if self.form == Form::Json => {
                if self.in_object {
                    self.release(out);
                    self.comma(out);
                    out.extend_from_slice(b"\"value\":");
                }
                out.push(b'[');
                self.follows = false;
            }
            Piece::Record(text) => self.record(text, out)?,
            Piece::Close => {
                out.push(b']');
                self.follows = true;
            }
            Piece::End => {
                if let Some(members) = &self.held {
                    self.admit(&Value::Object(members.clone()))?;
                }
                self.release(out);
                out.push(b'}');
            }
            Piece::Open => {}
            Piece::Whole(value) => {
                self.admit(&value)?;
                write(&value, out);
            }
        }
        Ok(())
    }

    /// `$filter` is about collections: the upstream takes no notice of it where there is one record.
    fn admit(&self, record: &Value) -> Result<(), Trouble> {
        let Some(tenant) = &self.tenant else {
            return Ok(());
        };
        let is_admitted = tenant.plan.apply(std::slice::from_ref(record))?.len() == 1;
        if is_admitted { Ok(()) } else { Err(Trouble::no_record()) }
    }

    /// Begins the object.
    fn release(&mut self, out: &mut Vec<u8>) {
        let Some(members) = self.held.take() else {
            return;
        };
        out.push(b'{');
        for (name, value) in members {
            self.member(name, value, out);
        }
    }

    fn member(&mut self, name: String, mut value: Value, out: &mut Vec<u8>) {
        self.links.member(&name, &mut value);
        let mut members = Value::Object(Map::from_iter([(name, value)]));
        self.redact(&mut members);
        for (name, value) in members.as_object().into_iter().flatten() {
            self.comma(out);
            write(name, out);
            out.push(b':');
            write(value, out);
        }
    }

    /// What has nothing to change stays as it was written.
    fn record(&mut self, text: Vec<u8>, out: &mut Vec<u8>) -> Result<(), Trouble> {
        if self.form == Form::Json {
            self.comma(out);
        }
        if self.redacts.is_some() || self.links.may_be_in(&text) {
            let mut record = parsed(&text)?;
            self.links.all(&mut record);
            self.redact(&mut record);
            write(&record, out);
        } else {
            out.extend_from_slice(&text);
        }
        if self.form == Form::Lines {
            out.push(b'\n');
        }
        Ok(())
    }

    fn redact(&self, record: &mut Value) {
        if let Some(policy) = &self.redacts {
            redact(policy, record);
        }
    }

    fn comma(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.follows, true) {
            out.push(b',');
        }
    }
}

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

    /// Answers what is there, where each record stands for itself.
    fn batch(&mut self, out: &mut Vec<u8>) -> Result<(), Trouble> {
        let records = std::mem::take(&mut self.records);
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

    fn next_page(&mut self) -> Option<String> {
        let link = self.next_link.take().filter(|_| self.has_records && !self.is_done())?;
        (self.has_records, self.is_later_page) = (false, true);
        Some(link)
    }

    fn is_full(&self) -> bool {
        self.query.top.is_some_and(|top| self.written >= top)
    }

    fn is_done(&self) -> bool {
        self.query.whole.is_none() && !self.query.count && self.has_records && self.is_full()
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.has_begun, true) {
            return;
        }
        out.push(b'{');
        for (name, mut value) in std::mem::take(&mut self.members) {
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

    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Trouble> {
        match (self.has_records, self.is_later_page) {
            (false, false) => return self.one(out),
            (false, true) => return Err(Trouble::unusable("a page of it has no records")),
            _ => {}
        }
        let mut count = self.query.count.then_some(self.matches);
        if let Some(plan) = &self.query.whole {
            let records = std::mem::take(&mut self.records);
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

    /// An answer that is no collection is the one record that the query is about.
    fn one(&mut self, out: &mut Vec<u8>) -> Result<(), Trouble> {
        let record = match self.scalar.take() {
            None if self.is_object => Value::Object(std::mem::take(&mut self.members)),
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

/// A record may look like an object around records; in an array it is one of them.
fn redact(policy: &Policy, record: &mut Value) {
    let mut records = Value::Array(vec![record.take()]);
    policy.redact(&mut records);
    *record = records.as_array_mut().and_then(Vec::pop).unwrap_or_default();
}

fn parsed(text: &[u8]) -> Result<Value, Trouble> {
    serde_json::from_slice(text)
        .map_err(|error| Trouble::unusable(&format!("a record in it: {error}")))
}

fn write(value: &(impl Serialize + ?Sized), out: &mut Vec<u8>) {
    // Writing to memory does not fail, nor has JSON keys that are not strings.
    let _ = serde_json::to_writer(out, value);
}
