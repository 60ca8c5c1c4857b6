//! Filtering a batch of records, one condition after another.
//!
//! Most of a condition is reading one member of every record and comparing it. Done for a batch at
//! once that is a short loop, in which the waits for memory overlap; a record that one condition
//! has dropped is not looked at again.

use serde_json::Value as Json;

use super::compare::compare_json;
use super::item::json_member;
use super::rows::Evaluator;
use crate::ast::Operator;
use crate::error::Error;
use crate::plan::{NodeId, Op, Operation};
use crate::value::{Number, Value};

/// Records of one batch: few enough to stay in the cache from one condition to the next.
const BATCH: usize = 128;

/// Positions in a batch, ascending.
type Selection = Vec<usize>;

impl<'e> Evaluator<'e> {
    /// The records for which the filter is true, at most `enough` or a batch more.
    pub(super) fn filter<'a: 'e>(
        &mut self,
        records: &'a [Json],
        enough: usize,
    ) -> Result<Vec<&'a Json>, Error> {
        let Some(filter) = self.plan.filter else {
            return Ok(records.iter().take(enough).collect());
        };
        let mut kept = Vec::new();
        let mut selection = Selection::with_capacity(BATCH);
        for batch in records.chunks(BATCH) {
            if kept.len() >= enough {
                break;
            }
            selection.clear();
            selection.extend(0..batch.len());
            self.start_batch(filter, batch.len())
                .and_then(|()| self.narrow(filter, true, batch, &mut selection))
                .map_err(|error| error.with_option("$filter"))?;
            kept.extend(selection.iter().filter_map(|position| batch.get(*position)));
        }
        Ok(kept)
    }

    /// Keeps the records for which a condition has the asked truth.
    fn narrow(
        &mut self,
        id: NodeId,
        asked: bool,
        batch: &'e [Json],
        selection: &mut Selection,
    ) -> Result<(), Error> {
        let plan = self.plan;
        match &plan.node(id).op {
            Op::And(operands) if asked => self.all(operands, asked, batch, selection),
            Op::Or(operands) if !asked => self.all(operands, asked, batch, selection),
            Op::And(operands) | Op::Or(operands) => self.any_of(operands, asked, batch, selection),
            Op::Apply(Operation::Not, operands) => match **operands {
                [operand] => self.narrow(operand, !asked, batch, selection),
                _ => self.each(id, asked, batch, selection),
            },
            Op::Compare(op, path, constant) => match &plan.node(*constant).op {
                Op::Constant(constant) if self.is_path_from(*path, &Op::Record) => {
                    self.retain_compared(*op, *path, constant, asked, batch, selection);
                    Ok(())
                }
                _ => self.each(id, asked, batch, selection),
            },
            Op::Test(_, prepared, path) if self.is_path_from(*path, &Op::Record) => {
                self.retain(*path, batch, selection, |json| match json {
                    Json::String(subject) => prepared.test(subject) == asked,
                    _ => false,
                });
                Ok(())
            }
            Op::Any(path, None) if self.is_path_from(*path, &Op::Record) => {
                self.retain(*path, batch, selection, |json| {
                    json.as_array().is_some_and(|items| !items.is_empty()) == asked
                });
                Ok(())
            }
            _ => self.each(id, asked, batch, selection),
        }
    }

    /// All operands have the asked truth.
    fn all(
        &mut self,
        operands: &[NodeId],
        asked: bool,
        batch: &'e [Json],
        selection: &mut Selection,
    ) -> Result<(), Error> {
        operands.iter().try_for_each(|operand| self.narrow(*operand, asked, batch, selection))
    }

    /// One of the operands has the asked truth.
    fn any_of(
        &mut self,
        operands: &[NodeId],
        asked: bool,
        batch: &'e [Json],
        selection: &mut Selection,
    ) -> Result<(), Error> {
        let mut accepted = Selection::new();
        for operand in operands {
            let mut narrowed = selection.clone();
            self.narrow(*operand, asked, batch, &mut narrowed)?;
            selection.retain(|position| narrowed.binary_search(position).is_err());
            accepted.append(&mut narrowed);
        }
        accepted.sort_unstable();
        *selection = accepted;
        Ok(())
    }

    /// Evaluates a condition for one record after another.
    fn each(
        &mut self,
        id: NodeId,
        asked: bool,
        batch: &'e [Json],
        selection: &mut Selection,
    ) -> Result<(), Error> {
        let mut kept = Selection::with_capacity(selection.len());
        for position in selection.iter().copied() {
            let Some(record) = batch.get(position) else {
                continue;
            };
            if self.truth_for(id, record, position)? == Some(asked) {
                kept.push(position);
            }
        }
        *selection = kept;
        Ok(())
    }

    /// Keeps the records where comparing what a path leads to with a constant has the asked truth.
    ///
    /// Equality with a constant of a common type has a loop of its own, without a choice inside.
    fn retain_compared(
        &mut self,
        op: Operator,
        path: NodeId,
        constant: &'e Value<'static>,
        asked: bool,
        batch: &'e [Json],
        selection: &mut Selection,
    ) {
        let collation = self.collation();
        let compared = |json: &Json| compare_json(op, json, constant, collation);
        let asked_equal = if op == Operator::Ne { !asked } else { asked };
        match (op, constant) {
            (Operator::Eq | Operator::Ne, Value::Null) => {
                self.retain(path, batch, selection, |json| json.is_null() == asked_equal);
            }
            (Operator::Eq | Operator::Ne, Value::Boolean(wanted)) => {
                let equal = |json: &Json| matches!(json, Json::Bool(found) if found == wanted);
                self.retain(path, batch, selection, |json| equal(json) == asked_equal);
            }
            (Operator::Eq | Operator::Ne, Value::Number(Number::Integer(wanted))) => {
                let equal = |json: &Json| match json {
                    Json::Number(found) => match found.as_i64() {
                        Some(found) => i128::from(found) == *wanted,
                        None => compared(json) == (op == Operator::Eq),
                    },
                    _ => false,
                };
                self.retain(path, batch, selection, |json| equal(json) == asked_equal);
            }
            _ => self.retain(path, batch, selection, |json| compared(json) == asked),
        }
    }

    /// Keeps the records where what a path leads to passes a test.
    fn retain(
        &mut self,
        path: NodeId,
        batch: &'e [Json],
        selection: &mut Selection,
        test: impl Fn(&Json) -> bool,
    ) {
        let plan = self.plan;
        match &plan.node(path).op {
            Op::Member(of, name) if matches!(plan.node(*of).op, Op::Record) => {
                let ordered = self.ordered;
                let mut hint = self.hint(path);
                selection.retain(|position| {
                    batch
                        .get(*position)
                        .is_some_and(|record| test(json_member(record, name, &mut hint, ordered)))
                });
                self.set_hint(path, hint);
            }
            _ => selection.retain(|position| {
                batch.get(*position).is_some_and(|record| test(self.walk(path, record)))
            }),
        }
    }
}
