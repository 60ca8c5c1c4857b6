//! Why a filter keeps a record or drops it.

use std::fmt::{self, Display, Formatter};
use std::time::SystemTime;

use serde_json::Value as Json;

use super::related::{Collections, Related};
use super::rows::{Budget, Evaluator, Scope};
use crate::error::Error;
use crate::plan::{ITEMS, NodeId, Op, Operation, Plan, Variable, value_line};
use crate::value::{DateTimeOffset, Value};

/// Steps that are shown at most.
const STEPS: usize = 1_000;

/// Why the filter of a plan keeps a record or drops it: [`Plan::explain`].
///
/// The steps are the parts of the filter that were looked at, each before those below it. Texts are what
/// is evaluated, not what was written: constants are computed, and alternatives of one path are an `in`
/// list, as [`Plan`]'s own explanation shows. Texts and values have 80 characters at most, control
/// characters are escaped. Of the items of a collection the one that decides is shown, or the first eight
/// where none does so alone, and there are no more than 1,000 steps.
///
/// ```
/// use odata_query::Query;
/// use serde_json::json;
///
/// let plan = Query::parse(
///     "$filter=price gt 20 and (tags/any(t:t eq 'new') or name eq null) and contains(name,'x')",
/// )?
/// .bind()?;
/// let record = json!({"price": 25, "name": "desk", "tags": ["old", "big"]});
/// let explanation = plan.explain(&record)?;
/// assert!(!explanation.is_kept());
/// assert_eq!(explanation.to_string(), "\
/// dropped
///   price gt 20 and (tags/any(t:t eq 'new') or name eq null) and contains(name,'x'): false
///     price gt 20: true
///       price: 25
///     tags/any(t:t eq 'new') or name eq null: false
///       tags/any(t:t eq 'new'): false
///         tags: ['old','big']
///         item 0: t eq 'new': false <- decides
///           t: 'old'
///         item 1: t eq 'new': false <- decides
///           t: 'big'
///       name eq null: false <- decides
///         name: 'desk'
///     contains(name,'x'): not evaluated
/// ");
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Explanation {
    kept: bool,
    steps: Vec<Step>,
    complete: bool,
}

/// A part of a filter and what it is for a record.
///
/// ```
/// use odata_query::Query;
/// use serde_json::json;
///
/// let plan = Query::parse("$filter=a gt 1 or b gt 1 or c gt 1")?.bind()?;
/// let explanation = plan.explain(&json!({"a": 0, "b": 2}))?;
/// let decisive: Vec<_> = explanation.steps().iter().filter(|step| step.decides()).collect();
/// assert_eq!((decisive.len(), decisive[0].text()), (1, "b gt 1"));
/// assert_eq!(explanation.steps().last().map(|step| step.value()), Some(None));
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Step {
    depth: usize,
    text: String,
    value: Option<String>,
    item: Option<usize>,
    decides: bool,
}

impl Explanation {
    /// Whether the filter keeps the record; without a filter every record is kept.
    pub fn is_kept(&self) -> bool {
        self.kept
    }

    /// The parts of the filter, each before those below it; none without a filter.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether there was room for all steps and items.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}

impl Step {
    /// How far below the filter as a whole the part stands.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// What is evaluated, in the words of queries.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value as text: `true`, `false`, `null`, `25`, `'desk'`, `['old','big']`, or the names of the
    /// members of a structured value; none for what was not evaluated, because what stands before it
    /// had decided.
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// The position of the item that a predicate of `any` or `all` was evaluated for.
    pub fn item(&self) -> Option<usize> {
        self.item
    }

    /// Whether the filter is what it is because of this condition, alone or with others like it. Of
    /// conditions inside one another the innermost decide.
    pub fn decides(&self) -> bool {
        self.decides
    }
}

/// One line for each step, two more blanks for each level.
impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.kept { "kept" } else { "dropped" })?;
        for step in &self.steps {
            let indent = step.depth.saturating_add(1).saturating_mul(2);
            writeln!(f, "{:indent$}{step}", "")?;
        }
        if self.steps.is_empty() {
            writeln!(f, "  there is no filter")?;
        }
        f.write_str(if self.complete { "" } else { "  … and more\n" })
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(item) = self.item {
            write!(f, "item {item}: ")?;
        }
        write!(f, "{}: {}", self.text, self.value.as_deref().unwrap_or("not evaluated"))?;
        f.write_str(if self.decides { " <- decides" } else { "" })
    }
}

impl Plan {
    /// Says why the filter keeps a record or drops it; `now()` is the time of the call.
    ///
    /// Parts are evaluated again for each level that they stand at, so this is for looking at single
    /// records and not for answering queries.
    ///
    /// # Errors
    ///
    /// Where the evaluation of the record fails, as with [`apply`](Self::apply), and where all that is
    /// evaluated takes more steps than the limits allow for a query.
    ///
    /// ```
    /// use odata_query::Query;
    /// use serde_json::json;
    ///
    /// let plan = Query::parse("$filter=not (size gt 5)")?.bind()?;
    /// assert_eq!(
    ///     plan.explain(&json!({"size": null}))?.to_string(),
    ///     "kept\n  not (size gt 5): true\n    size gt 5: false <- decides\n      size: null\n"
    /// );
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn explain(&self, record: &Json) -> Result<Explanation, Error> {
        self.explain_at(record, SystemTime::now())
    }

    /// The same with a clock of the caller's: `now()` is `now`.
    ///
    /// # Errors
    ///
    /// As [`explain`](Self::explain).
    ///
    /// ```
    /// use odata_query::Query;
    /// use serde_json::json;
    /// use std::time::SystemTime;
    ///
    /// let plan = Query::parse("$filter=due lt now()")?.bind()?;
    /// let record = json!({"due": "2021-08-15T00:00:00Z"});
    /// assert_eq!(
    ///     plan.explain_at(&record, SystemTime::UNIX_EPOCH)?.to_string(),
    ///     "dropped\n  due lt now(): false <- decides\n    \
    ///      due: '2021-08-15T00:00:00Z'\n    now(): 1970-01-01T00:00:00Z\n"
    /// );
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn explain_at(&self, record: &Json, now: SystemTime) -> Result<Explanation, Error> {
        let now = DateTimeOffset::from_system_time(now);
        explain(self, record, now)
            .map_err(|error| error.with_option("$filter").in_text(self.text()))
    }
}

fn explain(plan: &Plan, record: &Json, now: DateTimeOffset) -> Result<Explanation, Error> {
    let related = Related::new(&Collections::new());
    let scope = Scope { now, outer: None, related: &related, looked_up: false };
    let mut explainer = Explainer {
        plan,
        record,
        evaluator: Evaluator::new(plan, scope, Budget::new(plan, 1)),
        steps: Vec::new(),
        complete: true,
    };
    let mut kept = true;
    if let Some(filter) = plan.filter {
        let place = Place { depth: 0, item: None, decides: true, asked: Some(true) };
        kept = truth(&explainer.show(filter, place)?) == Some(true);
    }
    let Explainer { steps, complete, .. } = explainer;
    Ok(Explanation { kept, steps, complete })
}

/// What a value is as a condition.
fn truth(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Boolean(truth) => Some(*truth),
        _ => None,
    }
}

struct Explainer<'e> {
    plan: &'e Plan,
    record: &'e Json,
    evaluator: Evaluator<'e>,
    steps: Vec<Step>,
    complete: bool,
}

/// Where a step stands, for which item, and whether the whole is what it is because of it.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    item: Option<usize>,
    decides: bool,
    /// The truth that a record is kept for, as far as the filter asks for one.
    asked: Option<bool>,
}

impl Place {
    fn below(self, decides: bool) -> Place {
        let depth = self.depth.saturating_add(1);
        Place { depth, item: None, decides: self.decides && decides, asked: None }
    }

    fn asking(self, asked: Option<bool>) -> Place {
        Place { asked, ..self }
    }

    fn for_item(self, item: usize) -> Place {
        Place { item: Some(item), ..self.below(true) }
    }
}

impl<'e> Explainer<'e> {
    /// Evaluates a node and shows it with what is below it.
    fn show(&mut self, id: NodeId, place: Place) -> Result<Value<'e>, Error> {
        let value = self.asked_value(id, place.asked)?;
        self.show_value(id, &value, place)?;
        Ok(value)
    }

    /// The value of a node; null for what fails behind an operand that has dropped the record already,
    /// as it is not evaluated for an answer.
    fn asked_value(&mut self, id: NodeId, asked: Option<bool>) -> Result<Value<'e>, Error> {
        let (value, plan) = (self.evaluator.value_for(id, self.record), self.plan);
        let (Err(error), Some(asked)) = (&value, asked) else {
            return value;
        };
        if !error.is_evaluation() {
            return value;
        }
        let (operands, all) = match &plan.node(id).op {
            Op::And(operands) => (operands, asked),
            Op::Or(operands) => (operands, !asked),
            Op::Apply(Operation::Not, operands) => match **operands {
                [operand] => {
                    let value = truth(&self.asked_value(operand, Some(!asked))?);
                    return Ok(value.map_or(Value::Null, |truth| Value::Boolean(!truth)));
                }
                _ => return value,
            },
            _ => return value,
        };
        for operand in operands {
            let own = truth(&self.asked_value(*operand, Some(asked))?);
            match all {
                true if own != Some(asked) => return Ok(Value::Null),
                false if own == Some(asked) => return Ok(Value::Boolean(asked)),
                _ => {}
            }
        }
        Ok(if all { Value::Boolean(asked) } else { Value::Null })
    }

    /// Shows a node whose value is known with what is below it.
    fn show_value(&mut self, id: NodeId, value: &Value<'e>, place: Place) -> Result<(), Error> {
        let Some(position) = self.push(id, Some(value_line(value)), place) else {
            return Ok(());
        };
        let plan = self.plan;
        let asked = truth(value);
        let shown = self.steps.len();
        match &plan.node(id).op {
            Op::And(operands) => self.show_operands(operands, asked, false, place)?,
            Op::Or(operands) => self.show_operands(operands, asked, true, place)?,
            Op::Apply(Operation::Not, operands) => {
                for operand in operands {
                    let asked = place.asked.map(|asked| !asked);
                    self.show(*operand, place.below(true).asking(asked))?;
                }
            }
            Op::Case(pairs) => self.show_case(pairs, place)?,
            Op::Any(source, Some((variable, predicate))) => {
                self.show(*source, place.below(false))?;
                self.show_items(*source, *variable, *predicate, true, place)?;
            }
            Op::All(source, variable, predicate) => {
                self.show(*source, place.below(false))?;
                self.show_items(*source, *variable, *predicate, false, place)?;
            }
            Op::Any(source, None) | Op::Filter(source, ..) | Op::Test(_, _, source) => {
                self.show_operand(*source, place)?;
            }
            Op::Compare(_, left, right) => {
                self.show_operand(*left, place)?;
                self.show_operand(*right, place)?;
            }
            Op::Apply(_, operands) => {
                for operand in operands {
                    self.show_operand(*operand, place)?;
                }
            }
            Op::Constant(_)
            | Op::Record
            | Op::Outer
            | Op::Variable(_)
            | Op::Member(..)
            | Op::Related(..)
            | Op::Search(..) => {}
        }
        // Nothing below it decides: it does so itself.
        let below = self.steps.get(shown..).unwrap_or_default();
        if place.decides
            && !below.iter().any(|step| step.decides)
            && let Some(step) = self.steps.get_mut(position)
        {
            step.decides = true;
        }
        Ok(())
    }

    /// Adds a line; none where there is no room left.
    fn push(&mut self, id: NodeId, value: Option<String>, place: Place) -> Option<usize> {
        let position = self.steps.len();
        if position >= STEPS {
            self.complete = false;
            return None;
        }
        let Place { depth, item, .. } = place;
        self.steps.push(Step { depth, text: self.plan.line(id), value, item, decides: false });
        Some(position)
    }

    /// What a comparison or a function is given; constants stand in its text.
    fn show_operand(&mut self, id: NodeId, place: Place) -> Result<(), Error> {
        if !matches!(self.plan.node(id).op, Op::Constant(_)) {
            self.show(id, place.below(false))?;
        }
        Ok(())
    }

    /// The operands of `and` and `or` up to the first one that is as wanted.
    fn show_operands(
        &mut self,
        operands: &[NodeId],
        whole: Option<bool>,
        wanted: bool,
        place: Place,
    ) -> Result<(), Error> {
        // Where all have to be as asked, one that is not has dropped the record.
        let all = place.asked.filter(|asked| *asked != wanted);
        let (mut decided, mut dropped) = (false, false);
        for operand in operands {
            if decided {
                self.push(*operand, None, place.below(false));
                continue;
            }
            let value = match self.asked_value(*operand, place.asked) {
                Err(error) if dropped && error.is_evaluation() => {
                    self.push(*operand, None, place.below(false));
                    decided = true;
                    continue;
                }
                value => value?,
            };
            let own = truth(&value);
            // Null is due to those that are null, the other one of true and false to all.
            let place = place.below(own == whole).asking(place.asked);
            self.show_value(*operand, &value, place)?;
            decided = own == Some(wanted);
            dropped |= all.is_some() && own != all;
        }
        Ok(())
    }

    /// The conditions of `case` up to the first one that is true, and its result.
    fn show_case(&mut self, pairs: &[(NodeId, NodeId)], place: Place) -> Result<(), Error> {
        let mut decided = false;
        for (condition, result) in pairs {
            if decided {
                self.push(*condition, None, place.below(false));
                continue;
            }
            decided = truth(&self.show(*condition, place.below(true))?) == Some(true);
            if decided {
                self.show(*result, place.below(true))?;
            }
        }
        Ok(())
    }

    /// The first item for which a predicate is true, or is not true, as wanted; the first few of all
    /// where there is none such.
    fn show_items(
        &mut self,
        source: NodeId,
        variable: Variable,
        predicate: NodeId,
        wanted: bool,
        place: Place,
    ) -> Result<(), Error> {
        let mut first = Vec::new();
        let items = self.evaluator.item_for(source, self.record)?.into_items();
        for (position, item) in items.enumerate() {
            self.evaluator.assign(variable, item.clone());
            let value = self.evaluator.value_for(predicate, self.record)?;
            if (truth(&value) == Some(true)) == wanted {
                return self.show_value(predicate, &value, place.for_item(position));
            }
            if first.len() < ITEMS {
                first.push((position, item, value));
            } else {
                self.complete = false;
            }
        }
        for (position, item, value) in first {
            self.evaluator.assign(variable, item);
            self.show_value(predicate, &value, place.for_item(position))?;
        }
        Ok(())
    }
}
