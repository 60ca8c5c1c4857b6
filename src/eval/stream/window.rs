//! `$orderby` over records that pass by: those of the window are kept, and no more than twice as many.

use std::cmp::Ordering;

use crate::ast::Direction;
use crate::error::Error;
use crate::eval::batch::Selection;
use crate::eval::json::held_too_much;
use crate::eval::order::{FEW, compare_keys, drop_losers};
use crate::eval::rows::Evaluator;
use crate::plan::{NodeId, Plan};
use crate::value::{Collation, Value};

/// The first records in an order: what [`First`](super::super::order::First) is to records that stay.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    orderby: Vec<(NodeId, Direction)>,
    collation: Collation,
    kept: Vec<Kept>,
    /// The first key of the last record of the window, once it has been full.
    bound: Option<Value<'static>>,
    /// Bytes of the kept records, and how many there may be of those of the window.
    held: usize,
    most: usize,
    /// Bytes from which on the others are dropped: at least twice those of the window, so that it is not done
    /// for every record.
    enough: usize,
}

/// A record that may be in the window.
#[derive(Debug)]
pub(super) struct Kept {
    keys: Box<[Value<'static>]>,
    /// Breaks ties: that makes the order stable.
    number: usize,
    pub(super) text: Box<[u8]>,
    pub(super) offset: usize,
}

impl Window {
    pub(super) fn new(plan: &Plan, size: usize, most: usize) -> Self {
        Window {
            size,
            orderby: plan.orderby.clone(),
            collation: plan.settings.collation,
            kept: Vec::new(),
            bound: None,
            held: 0,
            most,
            enough: most,
        }
    }

    /// Lets the records of the window have so many bytes.
    pub(super) fn hold(&mut self, most: usize) {
        (self.most, self.enough) = (most, most);
    }

    /// Drops the rows that come after the window whatever the filter says of them.
    pub(super) fn drop_losers(
        &self,
        evaluator: &mut Evaluator<'_>,
        selection: &mut Selection,
    ) -> Result<(), Error> {
        drop_losers(self.bound.as_ref(), evaluator, selection)
    }

    /// Takes the selected rows of a batch, the first of which is the record with a number.
    pub(super) fn add<'t>(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        first: usize,
        selection: &mut Selection,
        text: impl Fn(usize) -> (&'t [u8], usize),
    ) -> Result<(), Error> {
        let limit = self.size.saturating_mul(2).max(FEW);
        while !selection.is_empty() {
            let room = limit.saturating_sub(self.kept.len()).min(selection.len());
            for row in selection.drain(..room) {
                let mut keys = Vec::with_capacity(self.orderby.len());
                evaluator.keys(row, &mut keys)?;
                let keys = keys.into_iter().map(Value::into_owned).collect();
                let (text, offset) = text(row);
                let kept =
                    Kept { keys, number: first.saturating_add(row), text: text.into(), offset };
                self.held = self.held.saturating_add(kept.bytes());
                self.kept.push(kept);
                if self.held > self.enough {
                    self.cut();
                    if self.held > self.most {
                        return Err(held_too_much(self.most));
                    }
                    self.enough = self.held.saturating_mul(2).max(self.most);
                }
            }
            if self.kept.len() >= limit {
                self.cut();
                self.drop_losers(evaluator, selection)?;
            }
        }
        Ok(())
    }

    /// Keeps the records of the window, in no order.
    fn cut(&mut self) {
        let Some(last) = self.size.checked_sub(1) else {
            self.kept.clear();
            self.held = 0;
            return;
        };
        if last >= self.kept.len() {
            return;
        }
        let mut kept = std::mem::take(&mut self.kept);
        let (_, bound, _) =
            kept.select_nth_unstable_by(last, |left, right| self.compare(left, right));
        self.bound = bound.keys.first().cloned();
        kept.truncate(self.size);
        self.held = kept.iter().map(Kept::bytes).sum();
        self.kept = kept;
    }

    fn compare(&self, left: &Kept, right: &Kept) -> Ordering {
        compare_keys(&self.orderby, self.collation, &left.keys, &right.keys)
            .then(left.number.cmp(&right.number))
    }

    /// The records of the window, in order.
    pub(super) fn sorted(&mut self) -> Vec<Kept> {
        self.cut();
        let mut kept = std::mem::take(&mut self.kept);
        kept.sort_unstable_by(|left, right| self.compare(left, right));
        kept
    }
}

impl Kept {
    /// What it takes to keep it.
    fn bytes(&self) -> usize {
        // Keys are made of the record and no longer than it, but for those that are computed.
        let keys: usize = self.keys.iter().map(key_bytes).sum();
        self.text.len().saturating_add(size_of::<Kept>()).saturating_add(keys)
    }
}

fn key_bytes(key: &Value<'_>) -> usize {
    let inside = match key {
        Value::String(text) | Value::Enum(text) => text.len(),
        Value::Binary(bytes) => bytes.len(),
        Value::Collection(items) => items.to_values().iter().map(key_bytes).sum(),
        _ => 0,
    };
    size_of::<Value<'_>>().saturating_add(inside)
}
