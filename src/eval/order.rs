//! `$orderby` (Protocol 11.2.6.2): stable, null first ascending and last descending.

use std::cmp::Ordering;

use super::batch::Selection;
use super::rows::Evaluator;
use crate::ast::Direction;
use crate::error::Error;
use crate::plan::{After, Form, NodeId, Plan, json_weight};
use crate::value::{Collation, Value, total_order};

/// Candidates are not compared before there are this many.
pub(super) const FEW: usize = 32;

/// The first records in an order, as many as the window wants.
///
/// No more than twice as many candidates are kept. Once the window has been full, the last record in it
/// bounds what can still be a candidate.
pub(super) struct First<'e> {
    window: usize,
    orderby: &'e [(NodeId, Direction)],
    collation: Collation,
    candidates: Vec<Candidate>,
    /// The keys of the candidates, those of one beside each other.
    keys: Vec<Value<'e>>,
    /// The first key of the last record of the window.
    bound: Option<Value<'e>>,
    /// What all candidates come after.
    after: Option<&'e After>,
    /// How many records with the keys of `after` were met.
    met: u64,
}

struct Candidate {
    /// The position of the record, which breaks ties: that makes the order stable.
    position: usize,
    /// Where its keys begin.
    keys: usize,
}

impl<'e> First<'e> {
    pub(super) fn new(plan: &'e Plan, window: usize) -> Self {
        First {
            window,
            orderby: &plan.orderby,
            collation: plan.settings.collation,
            candidates: Vec::new(),
            keys: Vec::new(),
            bound: None,
            after: plan.paging.as_ref().and_then(|paging| paging.after.as_ref()),
            met: 0,
        }
    }

    /// Drops the rows that come after the window whatever the filter says of them.
    pub(super) fn drop_losers(
        &self,
        evaluator: &mut Evaluator<'e>,
        selection: &mut Selection,
    ) -> Result<(), Error> {
        drop_losers(self.bound.as_ref(), evaluator, selection)
    }

    /// Takes the selected rows of a batch as candidates; `start` is the position of its first record.
    pub(super) fn add(
        &mut self,
        evaluator: &mut Evaluator<'e>,
        start: usize,
        selection: &mut Selection,
    ) -> Result<(), Error> {
        let limit = self.window.saturating_mul(2).max(FEW);
        while !selection.is_empty() {
            let room = limit.saturating_sub(self.candidates.len()).min(selection.len());
            for row in selection.drain(..room) {
                let keys = self.keys.len();
                evaluator.keys(row, &mut self.keys)?;
                if self.is_before(keys) {
                    self.keys.truncate(keys);
                    continue;
                }
                self.candidates.push(Candidate { position: start.saturating_add(row), keys });
            }
            if self.candidates.len() >= limit {
                self.cut();
                self.drop_losers(evaluator, selection)?;
            }
        }
        Ok(())
    }

    /// Keeps the candidates of the window, in no order.
    fn cut(&mut self) {
        let Some(last) = self.window.checked_sub(1) else {
            self.candidates.clear();
            self.keys.clear();
            return;
        };
        if last >= self.candidates.len() {
            return;
        }
        let mut candidates = std::mem::take(&mut self.candidates);
        let (_, bound, _) =
            candidates.select_nth_unstable_by(last, |left, right| self.compare(left, right));
        self.bound = self.keys.get(bound.keys).cloned();
        candidates.truncate(self.window);
        let count = self.orderby.len();
        let mut keys = Vec::with_capacity(self.keys.capacity());
        for candidate in &mut candidates {
            let own =
                self.keys.get_mut(candidate.keys..).unwrap_or_default().iter_mut().take(count);
            candidate.keys = keys.len();
            keys.extend(own.map(|key| std::mem::replace(key, Value::Null)));
        }
        self.keys = keys;
        self.candidates = candidates;
    }

    /// The positions of the records of the window, in order.
    pub(super) fn into_positions(mut self) -> Vec<usize> {
        self.cut();
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.sort_unstable_by(|left, right| self.compare(left, right));
        candidates.into_iter().map(|candidate| candidate.position).collect()
    }

    fn compare(&self, left: &Candidate, right: &Candidate) -> Ordering {
        let keys = |candidate: &Candidate| self.keys.get(candidate.keys..).unwrap_or_default();
        let order = self.compare_keys(keys(left), keys(right));
        order.then_with(|| left.position.cmp(&right.position))
    }

    fn compare_keys(&self, left: &[Value<'_>], right: &[Value<'_>]) -> Ordering {
        compare_keys(self.orderby, self.collation, left, right)
    }

    /// Whether the record whose keys begin at a place was on a page before.
    fn is_before(&mut self, keys: usize) -> bool {
        let Some(after) = self.after else {
            return false;
        };
        let own = self.keys.get(keys..).unwrap_or_default();
        match self.compare_keys(own, &after.keys) {
            Ordering::Less => true,
            Ordering::Equal => {
                self.met = self.met.saturating_add(1);
                self.met <= after.seen
            }
            Ordering::Greater => false,
        }
    }
}

/// Drops the rows of which the first sort key tells that they come after the last record of a full window, whose
/// first key is the bound.
pub(super) fn drop_losers(
    bound: Option<&Value<'_>>,
    evaluator: &mut Evaluator<'_>,
    selection: &mut Selection,
) -> Result<(), Error> {
    let plan = evaluator.plan;
    let (Some(bound), Some((key, direction))) = (bound, plan.orderby.first()) else {
        return Ok(());
    };
    if plan.node(*key).form != Form::Path {
        return Ok(());
    }
    let last_key = plan.orderby.len() == 1;
    evaluator.retain_text(*key, selection, json_weight, |json| {
        let order = total_order(&Value::from_json(json), bound, plan.settings.collation);
        match directed(order, *direction) {
            Ordering::Less => true,
            Ordering::Equal => !last_key,
            Ordering::Greater => false,
        }
    })
}

/// The order of two records by their sort keys.
pub(super) fn compare_keys(
    orderby: &[(NodeId, Direction)],
    collation: Collation,
    left: &[Value<'_>],
    right: &[Value<'_>],
) -> Ordering {
    let mut orders = left.iter().zip(right).zip(orderby).map(|((left, right), (_, direction))| {
        directed(total_order(left, right, collation), *direction)
    });
    orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

fn directed(order: Ordering, direction: Direction) -> Ordering {
    match direction {
        Direction::Asc => order,
        Direction::Desc => order.reverse(),
    }
}
