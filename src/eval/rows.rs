//! Evaluating a plan over one `serde_json` record after another.

use serde_json::Value as Json;

use crate::error::{Error, Found};
use crate::functions::Context;
use crate::plan::{NodeId, Op, Operation, Plan, Variable, compare};
use crate::value::{Collection, DateTimeOffset, Value};

/// Reads a plan for one record at a time. `'e` is how long the plan and the records live.
pub(super) struct Evaluator<'e> {
    pub(super) plan: &'e Plan,
    record: Value<'e>,
    /// The current values of the variables of lambdas and nested filters.
    variables: Vec<Value<'e>>,
    context: Context,
    /// Steps that are left for the record and for the query.
    record_steps: u64,
    query_steps: u64,
}

impl<'e> Evaluator<'e> {
    pub(super) fn new(plan: &'e Plan, records: usize, now: DateTimeOffset) -> Self {
        let limits = plan.settings.limits;
        let share = limits.query_steps_per_record.saturating_mul(records as u64);
        Evaluator {
            plan,
            record: Value::Null,
            variables: vec![Value::Null; plan.variables],
            context: Context { now, collation: plan.settings.collation, max_string: limits.string },
            record_steps: 0,
            query_steps: limits.query_steps.saturating_add(share),
        }
    }

    /// Whether the filter is true for a record.
    pub(super) fn keeps(&mut self, record: &'e Json) -> Result<bool, Error> {
        let Some(filter) = self.plan.filter else {
            return Ok(true);
        };
        self.start(record);
        let truth = self.charge(filter).and_then(|()| self.truth(filter));
        truth.map(|truth| truth == Some(true)).map_err(|error| error.with_option("$filter"))
    }

    /// Adds the sort keys of a record.
    pub(super) fn keys(&mut self, record: &'e Json, out: &mut Vec<Value<'e>>) -> Result<(), Error> {
        self.start(record);
        for (key, _) in &self.plan.orderby {
            let value = self.charge(*key).and_then(|()| self.value(*key));
            out.push(value.map_err(|error| error.with_option("$orderby"))?);
        }
        Ok(())
    }

    fn start(&mut self, record: &'e Json) {
        self.record = Value::from_json(record);
        self.record_steps = self.plan.settings.limits.record_steps;
    }

    /// Takes the steps of a node off what is left.
    fn charge(&mut self, id: NodeId) -> Result<(), Error> {
        self.charge_steps(id, self.plan.node(id).cost)
    }

    fn charge_steps(&mut self, id: NodeId, steps: u64) -> Result<(), Error> {
        match (self.record_steps.checked_sub(steps), self.query_steps.checked_sub(steps)) {
            (Some(record), Some(query)) => {
                (self.record_steps, self.query_steps) = (record, query);
                Ok(())
            }
            (record, _) => Err(self.exhausted(id, record.is_none())),
        }
    }

    #[cold]
    fn exhausted(&self, id: NodeId, record: bool) -> Error {
        let limits = self.plan.settings.limits;
        let (limit, allowed) = match record {
            true => ("evaluation steps for one record", limits.record_steps),
            false => ("evaluation steps for a query", limits.query_steps),
        };
        Error::limit(limit, usize::try_from(allowed).unwrap_or(usize::MAX), Found::More)
            .at(self.plan.node(id).span)
    }

    /// The truth of a condition: none where it is null or not a boolean.
    fn truth(&mut self, id: NodeId) -> Result<Option<bool>, Error> {
        let plan = self.plan;
        Ok(match &plan.node(id).op {
            Op::And(operands) => {
                let mut all = Some(true);
                for operand in operands {
                    match self.truth(*operand)? {
                        Some(true) => {}
                        Some(false) => return Ok(Some(false)),
                        None => all = None,
                    }
                }
                all
            }
            Op::Or(operands) => {
                let mut any = Some(false);
                for operand in operands {
                    match self.truth(*operand)? {
                        Some(false) => {}
                        Some(true) => return Ok(Some(true)),
                        None => any = None,
                    }
                }
                any
            }
            Op::Any(source, lambda) => Some(self.any(*source, *lambda)?),
            Op::All(source, variable, predicate) => Some(
                self.first_where(*source, *variable, *predicate, |truth| truth != Some(true))?
                    .is_none(),
            ),
            _ => match self.value(id)? {
                Value::Boolean(truth) => Some(truth),
                _ => None,
            },
        })
    }

    fn value(&mut self, id: NodeId) -> Result<Value<'e>, Error> {
        let plan = self.plan;
        Ok(match &plan.node(id).op {
            Op::Constant(value) => value.borrowed(),
            Op::Record => self.record.clone(),
            Op::Variable(Variable(position)) => {
                self.variables.get(*position).cloned().unwrap_or(Value::Null)
            }
            Op::And(_) | Op::Or(_) | Op::Any(..) | Op::All(..) => {
                self.truth(id)?.map_or(Value::Null, Value::Boolean)
            }
            Op::Case(pairs) => {
                for (condition, result) in pairs {
                    if self.truth(*condition)? == Some(true) {
                        return self.value(*result);
                    }
                }
                Value::Null
            }
            Op::Filter(source, variable, predicate) => {
                let mut kept = Vec::new();
                for item in self.items(*source)? {
                    self.charge(*predicate)?;
                    self.assign(*variable, item);
                    if self.truth(*predicate)? == Some(true) {
                        kept.push(self.variables.get(variable.0).cloned().unwrap_or(Value::Null));
                    }
                }
                Value::Collection(Collection::Owned(kept))
            }
            Op::Apply(operation, operands) => self.apply(id, operation, operands)?,
        })
    }

    /// An operation over the values of its operands, which stay on the stack.
    fn apply(
        &mut self,
        id: NodeId,
        operation: &'e Operation,
        operands: &'e [NodeId],
    ) -> Result<Value<'e>, Error> {
        match operands {
            [] => self.finish(id, operation, &[]),
            [only] => {
                let value = self.value(*only)?;
                self.finish(id, operation, &[value])
            }
            [left, right] => {
                let (left, right) = (self.value(*left)?, self.value(*right)?);
                match operation {
                    Operation::Compare(op) => {
                        Ok(Value::Boolean(compare(*op, &left, &right, self.context.collation)))
                    }
                    _ => self.finish(id, operation, &[left, right]),
                }
            }
            [first, second, third] => {
                let values = [self.value(*first)?, self.value(*second)?, self.value(*third)?];
                self.finish(id, operation, &values)
            }
            many => {
                let values = many
                    .iter()
                    .map(|operand| self.value(*operand))
                    .collect::<Result<Vec<_>, _>>()?;
                self.finish(id, operation, &values)
            }
        }
    }

    fn finish(
        &mut self,
        id: NodeId,
        operation: &'e Operation,
        values: &[Value<'e>],
    ) -> Result<Value<'e>, Error> {
        let steps = operation.steps(values);
        if steps > 0 {
            self.charge_steps(id, steps)?;
        }
        operation
            .apply(values, &self.context)
            .map_err(|fault| Error::from_fault(fault).at(self.plan.node(id).span))
    }

    fn any(&mut self, source: NodeId, lambda: Option<(Variable, NodeId)>) -> Result<bool, Error> {
        match lambda {
            Some((variable, predicate)) => {
                let found =
                    self.first_where(source, variable, predicate, |truth| truth == Some(true))?;
                Ok(found.is_some())
            }
            None => match self.value(source)? {
                Value::Collection(items) => Ok(items.len() > 0),
                _ => Ok(false),
            },
        }
    }

    /// The position of the first item for which the predicate has a truth as asked.
    fn first_where(
        &mut self,
        source: NodeId,
        variable: Variable,
        predicate: NodeId,
        asked: impl Fn(Option<bool>) -> bool,
    ) -> Result<Option<usize>, Error> {
        for (position, item) in self.items(source)?.enumerate() {
            self.charge(predicate)?;
            self.assign(variable, item);
            if asked(self.truth(predicate)?) {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// The items of a collection; none of what is not one.
    fn items(
        &mut self,
        source: NodeId,
    ) -> Result<impl Iterator<Item = Value<'e>> + use<'e>, Error> {
        Ok(match self.value(source)? {
            Value::Collection(items) => items.into_items(),
            _ => Collection::Json(&[]).into_items(),
        })
    }

    fn assign(&mut self, variable: Variable, value: Value<'e>) {
        if let Some(slot) = self.variables.get_mut(variable.0) {
            *slot = value;
        }
    }
}
