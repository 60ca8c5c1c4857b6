//! Answers that are handed on.

use std::{mem, slice};

use odata_query::Policy;
use serde_json::{Map, Value};

use super::{Work, parsed, redact, write};
use crate::config::Tenant;
use crate::links::Links;
use crate::split::{Form, Piece};
use crate::trouble::Trouble;

/// Hands on all records, without what must not show and with links through the proxy.
#[derive(Debug)]
pub(crate) struct Relay {
    form: Form,
    links: Links,
    redacts: Option<Policy>,
    tenant: Option<Tenant>,
    /// Whether records have all that the predicate asks about: nothing was selected.
    are_whole: bool,
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
        are_whole: bool,
    ) -> Self {
        let (in_object, held, follows) = (false, None, false);
        Relay { form, links, redacts, tenant, are_whole, in_object, held, follows }
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
        if self.is_admitted(record)? { Ok(()) } else { Err(Trouble::no_record()) }
    }

    fn is_admitted(&self, record: &Value) -> Result<bool, Trouble> {
        match &self.tenant {
            Some(tenant) => Ok(tenant.plan.apply(slice::from_ref(record))?.len() == 1),
            None => Ok(true),
        }
    }

    /// A record of a list that the tenant's predicate was sent for: an upstream that takes no notice of it is found out.
    fn check(&self, record: &Value) -> Result<(), Trouble> {
        if self.are_whole && record.is_object() && !self.is_admitted(record)? {
            return Err(Trouble::unusable("it has records that `$filter` should have left out"));
        }
        Ok(())
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
        let changes = self.redacts.is_some() || self.links.may_be_in(&text);
        let checks = self.tenant.is_some() && self.are_whole;
        let mut record = if changes || checks { Some(parsed(&text)?) } else { None };
        record.iter().try_for_each(|record| self.check(record))?;
        match &mut record {
            Some(record) if changes => {
                self.links.all(record);
                self.redact(record);
                write(record, out);
            }
            _ => out.extend_from_slice(&text),
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
        if mem::replace(&mut self.follows, true) {
            out.push(b',');
        }
    }
}

impl Work for Relay {
    fn pieces(&mut self, pieces: Vec<Piece>, out: &mut Vec<u8>) -> Result<(), Trouble> {
        pieces.into_iter().try_for_each(|piece| self.piece(piece, out))
    }

    fn links(&self) -> &Links {
        &self.links
    }
}
