//! Narrowing the selected rows of a batch, one condition after another: a row that one condition has
//! dropped is not looked at again.

use serde_json::Value as Json;

use super::batch::{BATCH, Level, Selection};
use super::compare::compare_json;
use super::rows::Evaluator;
use crate::ast::Operator;
use crate::error::Error;
use crate::plan::{Form, NodeId, Op, Operation, Variable, holds, json_compare_weight, json_weight};
use crate::value::{Collection, Number, Point, Value};

/// Fewer steps than this are part of the one that every node takes.
const HEAVY: u64 = 64;

/// A lambda over the items that a path leads to.
#[derive(Clone, Copy)]
struct Lambda {
    source: NodeId,
    variable: Variable,
    predicate: NodeId,
    /// `all`, which fails where an item does not pass; `any` holds where one does.
    all: bool,
}

impl<'e> Evaluator<'e> {
    /// Keeps the rows for which a condition has the asked truth.
    pub(super) fn narrow(
        &mut self,
        id: NodeId,
        asked: bool,
        selection: &mut Selection,
    ) -> Result<(), Error> {
        let plan = self.plan;
        let node = plan.node(id);
        match &node.op {
            Op::And(operands) if asked => self.narrow_by_all(operands, asked, selection),
            Op::Or(operands) if !asked => self.narrow_by_all(operands, asked, selection),
            Op::And(operands) | Op::Or(operands) => self.narrow_by_any(operands, asked, selection),
            Op::Apply(Operation::Not, operands) => match **operands {
                [operand] => self.narrow(operand, !asked, selection),
                _ => self.narrow_row_by_row(id, asked, selection),
            },
            _ if node.form == Form::Other => self.narrow_row_by_row(id, asked, selection),
            Op::Apply(Operation::InSet(set), operands) => match **operands {
                [path] => {
                    let collation = self.collation();
                    let steps = |json: &Json| collation.steps(json_weight(json));
                    self.retain_text(path, selection, steps, |json| {
                        set.contains(&Value::from_json(json), collation) == asked
                    })
                }
                _ => self.narrow_row_by_row(id, asked, selection),
            },
            Op::Compare(op, path, constant) => match &plan.node(*constant).op {
                Op::Constant(constant) => {
                    self.retain_compared(*op, *path, constant, asked, selection)
                }
                _ => self.narrow_row_by_row(id, asked, selection),
            },
            Op::Test(_, prepared, path) => {
                let mut scratch = std::mem::take(&mut self.scratch);
                let steps =
                    |json: &Json| json.as_str().map_or(0, |text| prepared.steps(text.len()));
                let tested = self.retain_text(*path, selection, steps, |json| match json {
                    Json::String(subject) => prepared.test(subject, &mut scratch) == asked,
                    _ => false,
                });
                self.scratch = scratch;
                tested
            }
            Op::Any(source, None) => self.retain(*source, selection, |json| {
                json.as_array().is_some_and(|items| !items.is_empty()) == asked
            }),
            Op::Any(source, Some((variable, predicate))) => {
                let (source, variable, predicate) = (*source, *variable, *predicate);
                self.retain_quantified(
                    Lambda { source, variable, predicate, all: false },
                    asked,
                    selection,
                )
            }
            Op::All(source, variable, predicate) => {
                let (source, variable, predicate) = (*source, *variable, *predicate);
                self.retain_quantified(
                    Lambda { source, variable, predicate, all: true },
                    asked,
                    selection,
                )
            }
            _ => self.retain(id, selection, |json| *json == Json::Bool(asked)),
        }
    }

    fn narrow_by_all(
        &mut self,
        operands: &[NodeId],
        asked: bool,
        selection: &mut Selection,
    ) -> Result<(), Error> {
        operands.iter().try_for_each(|operand| self.narrow(*operand, asked, selection))
    }

    fn narrow_by_any(
        &mut self,
        operands: &[NodeId],
        asked: bool,
        selection: &mut Selection,
    ) -> Result<(), Error> {
        let mut accepted = self.batch.marks();
        let mut narrowed = self.batch.selection();
        let mut rest = self.batch.selection();
        rest.extend_from_slice(selection);
        for operand in operands {
            narrowed.clone_from(&rest);
            self.narrow(*operand, asked, &mut narrowed)?;
            mark(&mut accepted, &narrowed);
            rest.retain(|row| !is_marked(&accepted, *row));
        }
        selection.retain(|row| is_marked(&accepted, *row));
        self.batch.recycle_selection(rest);
        self.batch.recycle_selection(narrowed);
        self.batch.recycle_marks(accepted);
        Ok(())
    }

    /// Only records come here: a lambda over conditions of this kind is one of this kind.
    fn narrow_row_by_row(
        &mut self,
        id: NodeId,
        asked: bool,
        selection: &mut Selection,
    ) -> Result<(), Error> {
        let mut failed = Ok(());
        selection.retain(|position| {
            failed.is_ok()
                && match self.truth_for(id, *position) {
                    Ok(truth) => truth == Some(asked),
                    Err(error) => {
                        failed = Err(error);
                        false
                    }
                }
        });
        failed
    }

    /// Keeps the rows where comparing what a path leads to with a constant has the asked truth.
    ///
    /// What is compared most has a loop of its own, without a choice inside.
    fn retain_compared(
        &mut self,
        op: Operator,
        path: NodeId,
        constant: &'e Value<'static>,
        asked: bool,
        selection: &mut Selection,
    ) -> Result<(), Error> {
        let collation = self.collation();
        let compared = |json: &Json| compare_json(op, json, constant, collation);
        let weight = |json: &Json| collation.steps(json_compare_weight(json, constant));
        let asked_equal = if op == Operator::Ne { !asked } else { asked };
        match (op, constant) {
            (Operator::Eq | Operator::Ne, Value::Null) => {
                self.retain(path, selection, |json| json.is_null() == asked_equal)
            }
            (Operator::Eq | Operator::Ne, Value::Boolean(wanted)) => {
                let equal = |json: &Json| matches!(json, Json::Bool(found) if found == wanted);
                self.retain(path, selection, |json| equal(json) == asked_equal)
            }
            (Operator::Eq | Operator::Ne, Value::Number(Number::Integer(wanted))) => {
                let mut read = 0_u64;
                let mut equal = |json: &Json| match json {
                    Json::Number(found) => match found.as_i64() {
                        Some(found) => i128::from(found) == *wanted,
                        None => {
                            read = read.saturating_add(weight(json));
                            compared(json) == (op == Operator::Eq)
                        }
                    },
                    _ => false,
                };
                self.retain(path, selection, |json| equal(json) == asked_equal)?;
                let span = self.plan.node(path).span;
                self.charge_query(read).map_err(|error| error.at(span))
            }
            (Operator::In, Value::Collection(Collection::Owned(items))) => {
                let equal = |json: &Json, item| compare_json(Operator::Eq, json, item, collation);
                self.retain_text(path, selection, weight, |json| {
                    items.iter().any(|item| equal(json, item)) == asked
                })
            }
            (_, Value::DateTimeOffset(point)) => {
                let point = Point::new(*point);
                self.retain_text(path, selection, weight, |json| match json {
                    Json::String(text) => {
                        let order = point.order_of(text);
                        order.map_or(op == Operator::Ne, |order| holds(op, order)) == asked
                    }
                    _ => compared(json) == asked,
                })
            }
            _ => self.retain_text(path, selection, weight, |json| compared(json) == asked),
        }
    }

    /// Keeps the rows where what a path leads to passes a test.
    fn retain(
        &mut self,
        path: NodeId,
        selection: &mut Selection,
        test: impl FnMut(&Json) -> bool,
    ) -> Result<(), Error> {
        let column = self.column(path, selection)?;
        retain(selection, &column, test);
        self.batch.recycle_column(column);
        Ok(())
    }

    /// The same for a test that reads strings, which takes longer the longer they are.
    pub(super) fn retain_text(
        &mut self,
        path: NodeId,
        selection: &mut Selection,
        steps: impl Fn(&Json) -> u64,
        mut test: impl FnMut(&Json) -> bool,
    ) -> Result<(), Error> {
        let column = self.column(path, selection)?;
        fetch_strings(&column);
        let mut values = column.iter();
        let mut charged = Ok(());
        selection.retain(|row| {
            values.next().is_some_and(|json| {
                let steps = steps(json);
                if steps >= HEAVY && charged.is_ok() {
                    charged = self.charge_row(path, *row, steps);
                }
                test(json)
            })
        });
        self.batch.recycle_column(column);
        charged
    }

    /// Keeps the rows for which a lambda has the asked truth.
    fn retain_quantified(
        &mut self,
        lambda: Lambda,
        asked: bool,
        selection: &mut Selection,
    ) -> Result<(), Error> {
        let column = self.column(lambda.source, selection)?;
        let mut decided = self.batch.marks();
        let mut level = self.batch.level(Some(lambda.variable));
        let cost = self.plan.node(lambda.predicate).cost;
        for (row, json) in selection.iter().zip(&column) {
            let Json::Array(items) = json else {
                continue;
            };
            self.charge_row(lambda.predicate, *row, cost.saturating_mul(items.len() as u64))?;
            let mut items = items.as_slice();
            while !items.is_empty() && !is_marked(&decided, *row) {
                let room = BATCH.saturating_sub(level.rows.len()).min(items.len());
                let (now, later) = items.split_at(room);
                level.rows.extend(now);
                level.owners.resize(level.rows.len(), *row);
                items = later;
                if level.rows.len() == BATCH {
                    level = self.decide(lambda, level, &mut decided)?;
                }
            }
        }
        let level = self.decide(lambda, level, &mut decided)?;
        selection.retain(|row| (is_marked(&decided, *row) != lambda.all) == asked);
        self.batch.recycle_level(level);
        self.batch.recycle_marks(decided);
        self.batch.recycle_column(column);
        Ok(())
    }

    /// Marks the owners of items that decide about a lambda: those that pass for `any`, those that do not
    /// for `all`. Gives the level back, empty.
    fn decide(
        &mut self,
        lambda: Lambda,
        level: Level<'e>,
        decided: &mut [bool],
    ) -> Result<Level<'e>, Error> {
        let mut passing = self.batch.selection();
        passing.extend(0..level.rows.len());
        self.batch.levels.push(level);
        self.narrow(lambda.predicate, true, &mut passing)?;
        let mut level = self.batch.levels.pop().unwrap_or_default();
        if lambda.all {
            let mut passing = passing.iter().copied().peekable();
            for (item, owner) in level.owners.iter().enumerate() {
                if passing.next_if_eq(&item).is_none() {
                    mark(decided, &[*owner]);
                }
            }
        } else {
            for item in &passing {
                mark(decided, level.owners.get(*item..=*item).unwrap_or_default());
            }
        }
        self.batch.recycle_selection(passing);
        level.clear();
        Ok(level)
    }
}

fn retain(selection: &mut Selection, column: &[&Json], mut test: impl FnMut(&Json) -> bool) {
    let mut values = column.iter();
    selection.retain(|_| values.next().is_some_and(|json| test(json)));
}

/// Brings strings into the cache: the waits of a loop that does no more than this overlap.
fn fetch_strings(column: &[&Json]) {
    let ends = column.iter().filter_map(|json| match json {
        Json::String(text) => Some(text.bytes().next()? ^ text.bytes().next_back()?),
        _ => None,
    });
    std::hint::black_box(ends.fold(0, |all, end| all ^ end));
}

fn mark(marks: &mut [bool], rows: &[usize]) {
    for row in rows {
        if let Some(mark) = marks.get_mut(*row) {
            *mark = true;
        }
    }
}

fn is_marked(marks: &[bool], row: usize) -> bool {
    marks.get(row).copied().unwrap_or_default()
}
