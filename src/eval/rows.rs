//! Evaluating a plan over one `serde_json` record after another.

use std::borrow::Cow;

use serde_json::Value as Json;

use super::batch::{Batch, Rows, Selection};
use super::compare::compare_json;
use super::item::{Item, NULL, by_name, json_member, keeps_order, member_steps};
use super::related::Related;
use crate::ast::Operator;
use crate::error::{Bound, Error, Found};
use crate::functions::{Context, Prepared};
use crate::limits::Names;
use crate::plan::{
    Link, NodeId, Op, Operation, Plan, Search, Variable, compare, compare_weight,
    json_compare_weight, member, weight,
};
use crate::value::{Collation, Collection, DateTimeOffset, Structured, Value};

/// Reads a plan for one record at a time. `'e` is how long the plan and the records live.
pub(super) struct Evaluator<'e> {
    pub(super) plan: &'e Plan,
    record: &'e Json,
    pub(super) scope: Scope<'e>,
    /// The current values of the variables of lambdas and nested filters.
    variables: Vec<Item<'e>>,
    /// For each node that reads a member, where it was found last.
    hints: Vec<usize>,
    /// Whether members stand in a vector, so that a position finds them.
    pub(super) ordered: bool,
    context: Context,
    pub(super) batch: Batch<'e>,
    /// What a string becomes before it is tested.
    pub(super) scratch: String,
    /// Steps that are left for the record, for each record of the batch, and for the query.
    record_steps: u64,
    batch_steps: Vec<u64>,
    pub(super) budget: Budget,
    /// Steps of looking for members that are not taken off yet.
    unpaid: u64,
}

/// What is the same for all records of a request.
#[derive(Clone, Copy)]
pub(super) struct Scope<'e> {
    pub(super) now: DateTimeOffset,
    /// The record of the request, where the plan is one of nested options: their `$it`.
    pub(super) outer: Option<&'e Json>,
    pub(super) related: &'e Related<'e>,
    /// Whether what is made of records may be more than the records hold: they are looked up.
    pub(super) looked_up: bool,
}

/// What is left for the query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    steps: u64,
    /// Bytes of strings that may still be made.
    strings: u64,
}

impl Budget {
    pub(super) fn new(plan: &Plan, records: usize) -> Self {
        let limits = plan.settings.limits;
        let shared = |all: u64, each: u64| all.saturating_add(each.saturating_mul(records as u64));
        Budget {
            steps: shared(limits.query_steps, limits.query_steps_per_record),
            strings: shared(limits.query_strings, limits.query_strings_per_record),
        }
    }
}

impl Budget {
    /// An equal part of it, one of so many.
    #[cfg(feature = "parallel")]
    pub(super) fn share(self, of: usize) -> Self {
        let part = |all: u64| all.checked_div(of as u64).unwrap_or(all);
        Budget { steps: part(self.steps), strings: part(self.strings) }
    }

    /// Takes off what was spent of a part.
    #[cfg(feature = "parallel")]
    pub(super) fn spend(&mut self, part: Self, left: Self) {
        let rest = |all: u64, part: u64, left: u64| all.saturating_sub(part.saturating_sub(left));
        self.steps = rest(self.steps, part.steps, left.steps);
        self.strings = rest(self.strings, part.strings, left.strings);
    }

    /// Adds the share of further records.
    pub(super) fn add_records(&mut self, plan: &Plan, records: usize) {
        let limits = plan.settings.limits;
        let share = |each: u64| each.saturating_mul(records as u64);
        self.steps = self.steps.saturating_add(share(limits.query_steps_per_record));
        self.strings = self.strings.saturating_add(share(limits.query_strings_per_record));
    }

    /// Takes steps off what is left; the error has no place.
    pub(super) fn charge(&mut self, plan: &Plan, steps: u64) -> Result<(), Error> {
        let Some(left) = self.steps.checked_sub(steps) else {
            let allowed = usize::try_from(plan.settings.limits.query_steps).unwrap_or(usize::MAX);
            return Err(Error::limit(Bound::QUERY_STEPS, allowed, Found::More));
        };
        self.steps = left;
        Ok(())
    }
}

impl<'e> Evaluator<'e> {
    pub(super) fn new(plan: &'e Plan, scope: Scope<'e>, budget: Budget) -> Self {
        let limits = plan.settings.limits;
        Evaluator {
            plan,
            record: &Json::Null,
            scope,
            variables: vec![Item::NULL; plan.variables],
            hints: vec![0; plan.node_count()],
            ordered: keeps_order(),
            context: Context {
                now: scope.now,
                collation: plan.settings.collation,
                names: plan.settings.names,
                limits,
            },
            batch: Batch::default(),
            scratch: String::new(),
            record_steps: 0,
            batch_steps: Vec::new(),
            budget,
            unpaid: 0,
        }
    }

    /// Takes up the batch of records that begins at a position: all of them are selected, and each has
    /// its own steps.
    pub(super) fn start_batch(&mut self, records: Rows<'_, 'e>, start: usize) -> Selection {
        let selection = self.batch.start(records, start);
        self.batch_steps.clear();
        self.batch_steps.resize(selection.len(), self.plan.settings.limits.record_steps);
        selection
    }

    /// Keeps the selected records of the batch for which the filter is true.
    pub(super) fn filter(&mut self, selection: &mut Selection) -> Result<(), Error> {
        let Some(filter) = self.plan.filter else {
            return Ok(());
        };
        let steps = self.plan.node(filter).cost.saturating_mul(selection.len() as u64);
        match self.budget.steps.checked_sub(steps) {
            Some(left) => {
                self.budget.steps = left;
                self.narrow(filter, true, selection)
            }
            None => Err(self.exhausted(filter, false)),
        }
    }

    /// Takes steps for a row of the batch off what is left.
    pub(super) fn charge_row(&mut self, id: NodeId, row: usize, steps: u64) -> Result<(), Error> {
        let record = self.batch.record_of(row);
        let mut unknown = 0;
        let record_steps = self.batch_steps.get_mut(record).unwrap_or(&mut unknown);
        match (record_steps.checked_sub(steps), self.budget.steps.checked_sub(steps)) {
            (Some(record_left), Some(query_left)) => {
                *record_steps = record_left;
                self.budget.steps = query_left;
                Ok(())
            }
            (record_left, _) => Err(self.exhausted(id, record_left.is_none())),
        }
    }

    /// The truth of a condition for a record of the batch.
    pub(super) fn truth_for(&mut self, id: NodeId, position: usize) -> Result<Option<bool>, Error> {
        self.record = self.batch.row(position);
        self.record_steps = self.batch_steps.get(position).copied().unwrap_or_default();
        let truth = self.truth(id);
        if let Some(left) = self.batch_steps.get_mut(position) {
            *left = self.record_steps;
        }
        truth
    }

    pub(super) fn collation(&self) -> Collation {
        self.context.collation
    }

    pub(super) fn names(&self) -> Names {
        self.context.names
    }

    pub(super) fn hint(&self, id: NodeId) -> usize {
        self.hints.get(id.position()).copied().unwrap_or_default()
    }

    pub(super) fn set_hint(&mut self, id: NodeId, hint: usize) {
        if let Some(slot) = self.hints.get_mut(id.position()) {
            *slot = hint;
        }
    }

    /// Adds the sort keys of a record of the batch.
    pub(super) fn keys(&mut self, position: usize, out: &mut Vec<Value<'e>>) -> Result<(), Error> {
        self.add_keys(self.batch.row(position), out)
    }

    /// The sort keys of a record.
    pub(super) fn keys_for(&mut self, record: &'e Json) -> Result<Vec<Value<'e>>, Error> {
        let mut keys = Vec::with_capacity(self.plan.orderby.len());
        self.add_keys(record, &mut keys)?;
        Ok(keys)
    }

    fn add_keys(&mut self, record: &'e Json, out: &mut Vec<Value<'e>>) -> Result<(), Error> {
        self.record = record;
        self.record_steps = self.plan.settings.limits.record_steps;
        for (key, _) in &self.plan.orderby {
            self.charge(*key)?;
            out.push(self.value(*key)?);
        }
        Ok(())
    }

    /// Takes steps off what is left for the query; the error has no place.
    pub(super) fn charge_query(&mut self, steps: u64) -> Result<(), Error> {
        self.budget.charge(self.plan, steps)
    }

    /// The value of a node for a record, with all of a record's steps to itself.
    pub(super) fn value_for(&mut self, id: NodeId, record: &'e Json) -> Result<Value<'e>, Error> {
        self.item_for(id, record).map(Item::into_value)
    }

    /// The same, still as JSON where it is part of the record.
    pub(super) fn item_for(&mut self, id: NodeId, record: &'e Json) -> Result<Item<'e>, Error> {
        self.record = record;
        self.record_steps = self.plan.settings.limits.record_steps;
        self.charge(id)?;
        self.item(id)
    }

    /// Takes the steps of a node off what is left.
    fn charge(&mut self, id: NodeId) -> Result<(), Error> {
        self.charge_steps(id, self.plan.node(id).cost)
    }

    fn charge_steps(&mut self, id: NodeId, steps: u64) -> Result<(), Error> {
        let steps = steps.saturating_add(std::mem::take(&mut self.unpaid));
        match (self.record_steps.checked_sub(steps), self.budget.steps.checked_sub(steps)) {
            (Some(record), Some(query)) => {
                (self.record_steps, self.budget.steps) = (record, query);
                Ok(())
            }
            (record, _) => Err(self.exhausted(id, record.is_none())),
        }
    }

    #[cold]
    fn exhausted(&self, id: NodeId, record: bool) -> Error {
        self.too_many_steps(record).at(self.plan.node(id).span)
    }

    fn too_many_steps(&self, record: bool) -> Error {
        let limits = self.plan.settings.limits;
        let (limit, allowed) = match record {
            true => (Bound::RECORD_STEPS, limits.record_steps),
            false => (Bound::QUERY_STEPS, limits.query_steps),
        };
        Error::limit(limit, usize::try_from(allowed).unwrap_or(usize::MAX), Found::More)
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
            Op::All(source, variable, predicate) => {
                Some(!self.exists(*source, *variable, *predicate, |truth| truth != Some(true))?)
            }
            Op::Compare(op, left, right) => Some(self.compare(id, *op, *left, *right)?),
            Op::Test(_, prepared, subject) => self.test(id, prepared, *subject)?,
            _ => match self.item(id)? {
                Item::Json(Json::Bool(truth)) => Some(*truth),
                Item::Constant(Value::Boolean(truth)) => Some(*truth),
                Item::Value(Value::Boolean(truth)) => Some(truth),
                _ => None,
            },
        })
    }

    /// Where a path of the record leads to; none for what has to be computed.
    fn json(&mut self, id: NodeId) -> Option<&'e Json> {
        let plan = self.plan;
        match &plan.node(id).op {
            Op::Record => Some(self.record),
            Op::Outer => Some(self.outer()),
            Op::Variable(variable) => match self.variables.get(variable.0) {
                Some(Item::Json(json)) => Some(json),
                _ => None,
            },
            Op::Member(of, name) => {
                let of = self.json(*of)?;
                self.unpaid = self.unpaid.saturating_add(member_steps(of));
                let hint = self.hints.get_mut(id.position())?;
                Some(json_member(of, name, hint, self.ordered, plan.settings.names))
            }
            _ => None,
        }
    }

    /// The value of a node.
    fn item(&mut self, id: NodeId) -> Result<Item<'e>, Error> {
        let plan = self.plan;
        Ok(match &plan.node(id).op {
            Op::Constant(value) => Item::Constant(value),
            Op::Record => Item::Json(self.record),
            Op::Outer => Item::Json(self.outer()),
            Op::Search(subject, search) => Item::Value(self.search(id, *subject, search)?.into()),
            Op::Variable(variable) => {
                let item = self.variable(*variable);
                if let Item::Value(value) = &item {
                    // It was copied.
                    self.charge_steps(id, weight(value))?;
                }
                item
            }
            Op::Member(of, name) => match self.json(id) {
                Some(json) => {
                    self.charge_steps(id, 0)?;
                    Item::Json(json)
                }
                None => Item::Value(member(&self.value(*of)?, name, plan.settings.names)),
            },
            Op::Related(of, link) => self.related(id, *of, link)?,
            Op::Apply(operation, operands) => Item::Value(self.apply(id, operation, operands)?),
            Op::Case(pairs) => {
                for (condition, result) in pairs {
                    if self.truth(*condition)? == Some(true) {
                        return self.item(*result);
                    }
                }
                Item::NULL
            }
            Op::Filter(source, variable, predicate) => {
                let mut kept = Vec::new();
                for item in self.item(*source)?.into_items() {
                    self.charge(*predicate)?;
                    self.assign(*variable, item);
                    if self.truth(*predicate)? == Some(true) {
                        kept.push(self.variable(*variable).into_value());
                    }
                }
                Item::Value(Value::Collection(Collection::Owned(kept)))
            }
            Op::And(_) | Op::Or(_) | Op::Compare(..) | Op::Test(..) | Op::Any(..) | Op::All(..) => {
                Item::Value(self.truth(id)?.map_or(Value::Null, Value::Boolean))
            }
        })
    }

    fn value(&mut self, id: NodeId) -> Result<Value<'e>, Error> {
        let item = self.item(id)?;
        self.charge_steps(id, item.steps())?;
        Ok(item.into_value())
    }

    fn compare(
        &mut self,
        id: NodeId,
        op: Operator,
        left: NodeId,
        right: NodeId,
    ) -> Result<bool, Error> {
        let collation = self.context.collation;
        if let Op::Constant(constant) = &self.plan.node(right).op
            && let Some(json) = self.json(left)
        {
            self.charge_steps(id, collation.steps(json_compare_weight(json, constant)))?;
            return Ok(compare_json(op, json, constant, collation));
        }
        let (left, right) = (self.item(left)?, self.item(right)?);
        let read = left.steps().saturating_add(right.steps());
        let (left, right) = (left.view(), right.view());
        let compared = collation.steps(compare_weight(&left, &right));
        self.charge_steps(id, compared.saturating_add(read))?;
        Ok(compare(op, &left, &right, collation))
    }

    /// A prepared test of a string; null for anything else.
    fn test(
        &mut self,
        id: NodeId,
        prepared: &Prepared,
        subject: NodeId,
    ) -> Result<Option<bool>, Error> {
        if let Some(Json::String(subject)) = self.json(subject) {
            self.charge_steps(id, prepared.steps(subject.len()))?;
            return Ok(Some(prepared.test(subject, &mut self.scratch)));
        }
        let subject = self.value(subject)?;
        let length = if let Value::String(text) = &subject { text.len() } else { 0 };
        self.charge_steps(id, prepared.steps(length))?;
        Ok(match subject {
            Value::String(subject) => Some(prepared.test(&subject, &mut self.scratch)),
            _ => None,
        })
    }

    /// An operation over the values of its operands; up to three of them stay on the stack.
    fn apply(
        &mut self,
        id: NodeId,
        operation: &'e Operation,
        operands: &[NodeId],
    ) -> Result<Value<'e>, Error> {
        match *operands {
            [] => self.finish(id, operation, &[]),
            [only] => {
                let values = [self.value(only)?];
                self.finish(id, operation, &values)
            }
            [left, right] => {
                let values = [self.value(left)?, self.value(right)?];
                self.finish(id, operation, &values)
            }
            [first, second, third] => {
                let values = [self.value(first)?, self.value(second)?, self.value(third)?];
                self.finish(id, operation, &values)
            }
            _ => {
                let values: Result<Vec<_>, _> =
                    operands.iter().map(|operand| self.value(*operand)).collect();
                self.finish(id, operation, &values?)
            }
        }
    }

    fn finish(
        &mut self,
        id: NodeId,
        operation: &'e Operation,
        values: &[Value<'e>],
    ) -> Result<Value<'e>, Error> {
        self.charge_steps(id, self.collation().steps(operation.steps(values)))?;
        let span = self.plan.node(id).span;
        let value = operation
            .apply(values, &self.context)
            .map_err(|fault| Error::from_fault(fault).at(span))?;
        if let Value::String(Cow::Owned(made)) = &value {
            let Some(left) = self.budget.strings.checked_sub(made.len() as u64) else {
                let allowed = self.plan.settings.limits.query_strings;
                let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
                return Err(Error::limit(Bound::QUERY_STRINGS, allowed, Found::More).at(span));
            };
            self.budget.strings = left;
        }
        Ok(value)
    }

    fn any(&mut self, source: NodeId, lambda: Option<(Variable, NodeId)>) -> Result<bool, Error> {
        let asked = |truth| truth == Some(true);
        match lambda {
            Some((variable, predicate)) => self.exists(source, variable, predicate, asked),
            None => Ok(self.item(source)?.into_items().next().is_some()),
        }
    }

    /// Whether the predicate has a truth as asked for an item of a collection.
    fn exists(
        &mut self,
        source: NodeId,
        variable: Variable,
        predicate: NodeId,
        asked: impl Fn(Option<bool>) -> bool,
    ) -> Result<bool, Error> {
        for item in self.item(source)?.into_items() {
            self.charge(predicate)?;
            self.assign(variable, item);
            if asked(self.truth(predicate)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn search(&mut self, id: NodeId, subject: NodeId, search: &Search) -> Result<bool, Error> {
        let subject = self.value(subject)?;
        let charged = self.charge_steps(id, search.steps(&subject));
        charged.map_err(|error| match self.is_option(id) {
            true => self.plan.about(error, "$search"),
            false => error,
        })?;
        Ok(search.matches(&subject, &mut self.scratch))
    }

    /// What navigation leads to: what stands in the record, else what is found.
    fn related(&mut self, id: NodeId, of: NodeId, link: &Link) -> Result<Item<'e>, Error> {
        let record = match self.item(of)? {
            Item::Json(Json::Object(members)) => members,
            Item::Value(Value::Structured(Structured::Json(members))) => members,
            _ => return Ok(Item::NULL),
        };
        let own = by_name(record, &link.name, self.names());
        if !std::ptr::eq(own, &NULL) {
            return Ok(Item::Json(own));
        }
        let found = self.scope.related.find(link, record);
        self.charge_query(found.steps())?;
        let records = found.records();
        if !link.many {
            return Ok(records.first().map_or(Item::NULL, |record| Item::Json(record)));
        }
        self.charge_steps(id, records.len() as u64)?;
        let items = records.iter().copied().map(Value::from_json).collect();
        Ok(Item::Value(Value::Collection(Collection::Owned(items))))
    }

    /// Whether a search is the value of `$search`, not inside an expression.
    fn is_option(&self, id: NodeId) -> bool {
        self.plan.filter.is_some_and(|filter| match &self.plan.node(filter).op {
            Op::And(operands) => operands.contains(&id),
            _ => filter == id,
        })
    }

    fn outer(&self) -> &'e Json {
        self.scope.outer.unwrap_or(self.record)
    }

    fn variable(&self, variable: Variable) -> Item<'e> {
        self.variables.get(variable.0).cloned().unwrap_or(Item::NULL)
    }

    pub(super) fn assign(&mut self, variable: Variable, item: Item<'e>) {
        if let Some(slot) = self.variables.get_mut(variable.0) {
            *slot = item;
        }
    }
}
