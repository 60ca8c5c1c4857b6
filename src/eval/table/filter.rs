//! Filters over columns: sets of rows, narrowed by one condition after another.
//!
//! What no column can answer is asked of lean records, for the rows that are still undecided.

use std::cell::RefCell;

use memchr::memmem::Finder;
use serde_json::Value as Json;

use super::bits::Bits;
use super::column::{Column, Form, Lists, Texts};
use super::columns::Columns;
use super::segment::Records;
use crate::ast::Operator;
use crate::error::Error;
use crate::eval::batch::{BATCH, Rows};
use crate::eval::lean::{Needed, Step};
use crate::eval::related::{Collections, Related};
use crate::eval::rows::{Budget, Evaluator, Scope};
use crate::functions::Prepared;
use crate::plan::{Form as NodeForm, NodeId, Op, Operation, Plan, Variable, compare};
use crate::value::{DateTimeOffset, Number, Value};

/// Lean records that are held at once.
const LEAN: usize = 8 * BATCH;

/// What a node asks of one value, for an evaluator of columns.
enum Leaf<'p> {
    Compared(Operator, &'p Value<'static>),
    Tested(&'p Prepared),
    OneOf(&'p Operation),
    /// The value itself.
    Truth,
}

/// The rows that conditions are about: records, or items of collections that paths lead to.
#[derive(Clone)]
pub(super) struct Level {
    /// The variable that stands for an item; none for records.
    variable: Option<Variable>,
    /// The path from a record to the rows.
    path: Vec<Step>,
}

impl Level {
    pub(super) fn records() -> Self {
        Level { variable: None, path: Vec::new() }
    }

    /// Where a path of the plan leads from a record; none where it begins elsewhere.
    fn path(&self, plan: &Plan, id: NodeId) -> Option<Vec<Step>> {
        match &plan.node(id).op {
            Op::Record if self.variable.is_none() => Some(self.path.clone()),
            Op::Variable(variable) if self.variable == Some(*variable) => Some(self.path.clone()),
            Op::Member(of, name) => {
                let mut path = self.path(plan, *of)?;
                path.push(Step::Member(name.clone()));
                Some(path)
            }
            _ => None,
        }
    }

    /// The same where it leads to something that may have a column: records as a whole have none.
    pub(super) fn column(&self, plan: &Plan, id: NodeId) -> Option<Vec<Step>> {
        self.path(plan, id).filter(|path| !path.is_empty())
    }

    /// The level of the items of a collection, which a variable stands for.
    fn inside(&self, plan: &Plan, source: NodeId, variable: Variable) -> Option<Level> {
        let mut path = self.column(plan, source)?;
        path.push(Step::Items);
        Some(Level { variable: Some(variable), path })
    }

    /// The lists of a collection.
    fn lists(&self, plan: &Plan, source: NodeId) -> Option<Vec<Step>> {
        let mut path = self.column(plan, source)?;
        path.push(Step::Lists);
        Some(path)
    }
}

/// What a node asks of the value of a path.
fn leaf<'p>(plan: &'p Plan, id: NodeId) -> Option<(Leaf<'p>, NodeId)> {
    match &plan.node(id).op {
        Op::Compare(op, path, constant) => match &plan.node(*constant).op {
            Op::Constant(constant) => Some((Leaf::Compared(*op, constant), *path)),
            _ => None,
        },
        Op::Test(_, prepared, path) => Some((Leaf::Tested(prepared), *path)),
        Op::Apply(set @ Operation::InSet(_), operands) => match **operands {
            [path] => Some((Leaf::OneOf(set), path)),
            _ => None,
        },
        Op::Record | Op::Variable(_) | Op::Member(..) => Some((Leaf::Truth, id)),
        _ => None,
    }
}

/// The columns and lists that a condition wants; none where columns cannot answer it.
pub(super) fn wanted(plan: &Plan, id: NodeId, level: &Level) -> Option<Vec<Vec<Step>>> {
    if plan.node(id).form == NodeForm::Other {
        return None;
    }
    let all = |operands: &[NodeId]| {
        let wanted = operands.iter().map(|operand| wanted(plan, *operand, level));
        wanted.collect::<Option<Vec<_>>>().map(|wanted| wanted.concat())
    };
    match &plan.node(id).op {
        Op::And(operands) | Op::Or(operands) | Op::Apply(Operation::Not, operands) => all(operands),
        Op::Any(source, None) => Some(vec![level.lists(plan, *source)?]),
        Op::Any(source, Some((variable, predicate))) | Op::All(source, variable, predicate) => {
            let inside = level.inside(plan, *source, *variable)?;
            let mut paths = wanted(plan, *predicate, &inside)?;
            paths.push(level.lists(plan, *source)?);
            Some(paths)
        }
        _ => leaf(plan, id).and_then(|(_, path)| level.column(plan, path)).map(|path| vec![path]),
    }
}

/// Evaluates conditions for all rows of a table.
pub(super) struct Filter<'f> {
    pub(super) plan: &'f Plan,
    pub(super) columns: &'f Columns,
    pub(super) records: &'f Records,
    pub(super) collections: &'f Collections<'f>,
    pub(super) now: DateTimeOffset,
    pub(super) budget: Budget,
}

impl Filter<'_> {
    /// The rows of some for which a condition has the asked truth.
    pub(super) fn narrow(
        &mut self,
        id: NodeId,
        asked: bool,
        rows: Bits,
        level: &Level,
    ) -> Result<Bits, Error> {
        let plan = self.plan;
        match &plan.node(id).op {
            Op::And(operands) if asked => self.narrow_by_all(operands, asked, rows, level),
            Op::Or(operands) if !asked => self.narrow_by_all(operands, asked, rows, level),
            Op::And(operands) | Op::Or(operands) => {
                let (mut accepted, mut rest) = (Bits::none(rows.len()), rows);
                for operand in operands {
                    let passing = self.narrow(*operand, asked, rest.clone(), level)?;
                    rest.drop_all(&passing);
                    accepted.join(&passing);
                }
                Ok(accepted)
            }
            Op::Apply(Operation::Not, operands) => match **operands {
                [operand] => self.narrow(operand, !asked, rows, level),
                _ => Ok(Bits::none(rows.len())),
            },
            // Columns answer all that is asked of items, and `owners` has charged for it.
            _ if level.variable.is_some() => self.by_columns(id, asked, rows, level),
            _ if wanted(plan, id, level).is_some() => {
                let steps = plan.node(id).cost.saturating_mul(rows.count() as u64);
                self.charge(id, steps)?;
                self.by_columns(id, asked, rows, level)
            }
            _ => self.row_by_row(id, asked, &rows),
        }
    }

    fn narrow_by_all(
        &mut self,
        operands: &[NodeId],
        asked: bool,
        rows: Bits,
        level: &Level,
    ) -> Result<Bits, Error> {
        // What cannot fail is asked the cheapest first, but never before what can.
        let mut operands = operands.to_vec();
        let runs = operands.chunk_by_mut(|left, right| self.is_sure(*left) && self.is_sure(*right));
        runs.for_each(|run| run.sort_by_key(|id| self.expense(*id, level)));
        operands.iter().try_fold(rows, |rows, operand| match rows.is_empty() {
            true => Ok(rows),
            false => self.narrow(*operand, asked, rows, level),
        })
    }

    fn is_sure(&self, id: NodeId) -> bool {
        self.plan.node(id).form != NodeForm::Other
    }

    /// How much a condition takes, compared with others.
    fn expense(&self, id: NodeId, level: &Level) -> u8 {
        let found = leaf(self.plan, id).and_then(|(leaf, path)| {
            let path = level.column(self.plan, path)?;
            Some((leaf, self.columns.column(&path)?))
        });
        match found.map(|(leaf, column)| (leaf, column, &column.form)) {
            Some((Leaf::Compared(Operator::Eq, _), column, _)) if column.lookup.is_made() => 0,
            Some((.., Form::Coded(_))) => 1,
            Some((.., Form::Integers(_))) => 2,
            Some((.., Form::Texts(_))) => 4,
            Some((.., Form::Mixed(_))) => 5,
            None if self.is_sure(id) => 3,
            None => 6,
        }
    }

    /// What columns answer of a condition that combines no others.
    fn by_columns(
        &mut self,
        id: NodeId,
        asked: bool,
        mut rows: Bits,
        level: &Level,
    ) -> Result<Bits, Error> {
        let plan = self.plan;
        match &plan.node(id).op {
            Op::Any(source, None) => {
                let lists = level.lists(plan, *source);
                if let Some(lists) = lists.and_then(|path| self.columns.lists(&path)) {
                    match asked {
                        true => rows.keep(&lists.filled),
                        false => rows.drop_all(&lists.filled),
                    }
                }
                Ok(rows)
            }
            Op::Any(source, Some((variable, predicate))) => {
                let passing = self.owners(*source, *variable, *predicate, true, &rows, level)?;
                match asked {
                    true => rows.keep(&passing),
                    false => rows.drop_all(&passing),
                }
                Ok(rows)
            }
            Op::All(source, variable, predicate) => {
                let failing = self.owners(*source, *variable, *predicate, false, &rows, level)?;
                match asked {
                    true => rows.drop_all(&failing),
                    false => rows.keep(&failing),
                }
                Ok(rows)
            }
            _ => self.by_column(id, asked, rows, level),
        }
    }

    /// The rows that have items for which a predicate is true, or for which it is not.
    fn owners(
        &mut self,
        source: NodeId,
        variable: Variable,
        predicate: NodeId,
        passing: bool,
        rows: &Bits,
        level: &Level,
    ) -> Result<Bits, Error> {
        let (inside, lists) =
            (level.inside(self.plan, source, variable), level.lists(self.plan, source));
        let (Some(inside), Some(lists)) =
            (inside, lists.and_then(|path| self.columns.lists(&path)))
        else {
            return Ok(Bits::none(rows.len()));
        };
        let items = items_of(lists, rows);
        let steps = self.plan.node(predicate).cost.saturating_mul(items.count() as u64);
        self.charge(predicate, steps)?;
        let mut found = self.narrow(predicate, true, items.clone(), &inside)?;
        if !passing {
            let passed = found;
            found = items;
            found.drop_all(&passed);
        }
        Ok(lists.owners(&found))
    }

    /// What one column answers.
    fn by_column(
        &mut self,
        id: NodeId,
        asked: bool,
        mut rows: Bits,
        level: &Level,
    ) -> Result<Bits, Error> {
        let plan = self.plan;
        let found = leaf(plan, id);
        let column = found.as_ref().and_then(|(_, path)| level.column(plan, *path));
        let column = column.and_then(|path| self.columns.column(&path));
        let (Some((leaf, _)), Some(column)) = (found, column) else {
            return Ok(Bits::none(rows.len()));
        };
        if let Form::Texts(texts) = &column.form {
            self.charge(id, texts.text.len() as u64 / 64)?;
        }
        let collation = plan.settings.collation;
        let scratch = RefCell::new(String::new());
        let test = |value: &Value<'_>| match &leaf {
            Leaf::Compared(op, constant) => compare(*op, value, constant, collation) == asked,
            Leaf::Tested(prepared) => match value {
                Value::String(text) => prepared.test(text, &mut scratch.borrow_mut()) == asked,
                _ => false,
            },
            Leaf::OneOf(Operation::InSet(set)) => set.contains(value, collation) == asked,
            Leaf::OneOf(_) => false,
            Leaf::Truth => matches!(value, Value::Boolean(truth) if *truth == asked),
        };
        if let (Leaf::Compared(Operator::Eq, constant), true) = (&leaf, asked)
            && let Some(equal) = column.equal(constant, collation)
        {
            rows.keep(&equal);
            return Ok(rows);
        }
        // Where few rows are left, only these are asked.
        let few = match column.form {
            Form::Texts(_) | Form::Mixed(_) => column.len() / 8,
            Form::Coded(_) | Form::Integers(_) => column.len() / 256,
        };
        if rows.count() < few {
            let mut passing = Bits::none(rows.len());
            for row in rows.rows().filter(|row| test(&column.value(*row))) {
                passing.add(row);
            }
            return Ok(passing);
        }
        match of_form(&leaf, asked, column) {
            Some(passing) => rows.keep(&passing),
            None => rows.keep(&column.rows_where(test)),
        }
        Ok(rows)
    }

    /// What columns do not answer is asked of lean records.
    fn row_by_row(&mut self, id: NodeId, asked: bool, rows: &Bits) -> Result<Bits, Error> {
        let needed = Needed::of(self.plan, [id]);
        let mut passing = Bits::none(rows.len());
        let mut rows = rows.rows().peekable();
        while rows.peek().is_some() {
            let positions: Vec<usize> = rows.by_ref().take(LEAN).collect();
            let lean = positions.iter().map(|row| self.records.lean(*row, &needed));
            let lean: Vec<Json> = lean.collect::<Result<_, _>>()?;
            let related = Related::new(self.collections);
            let scope = Scope { now: self.now, outer: None, related: &related, looked_up: false };
            let mut evaluator = Evaluator::new(self.plan, scope, self.budget);
            for start in (0..lean.len()).step_by(BATCH) {
                let mut selection = evaluator.start_batch(Rows::Beside(&lean), start);
                let steps = self.plan.node(id).cost.saturating_mul(selection.len() as u64);
                evaluator.charge_query(steps).map_err(|error| error.at(self.plan.node(id).span))?;
                evaluator.narrow(id, asked, &mut selection)?;
                let found =
                    selection.iter().filter_map(|row| positions.get(start.saturating_add(*row)));
                found.for_each(|row| passing.add(*row));
            }
            self.budget = evaluator.budget;
        }
        Ok(passing)
    }

    fn charge(&mut self, id: NodeId, steps: u64) -> Result<(), Error> {
        self.budget.charge(self.plan, steps).map_err(|error| error.at(self.plan.node(id).span))
    }
}

/// All items of some rows.
fn items_of(lists: &Lists, rows: &Bits) -> Bits {
    if rows.count() == rows.len() {
        return Bits::all(lists.len());
    }
    let mut items = Bits::none(lists.len());
    rows.rows().for_each(|row| items.add_range(lists.items(row..row.saturating_add(1))));
    items
}

/// What the form of a column answers without looking at values one by one.
fn of_form(leaf: &Leaf<'_>, asked: bool, column: &Column) -> Option<Bits> {
    let truth = match (leaf, &column.form) {
        (Leaf::Compared(op @ (Operator::Eq | Operator::Ne), Value::Null), _) => match op {
            Operator::Eq => column.known.others(),
            _ => column.known.clone(),
        },
        (Leaf::Compared(op, Value::Number(Number::Integer(wanted))), Form::Integers(values)) => {
            ordered(*op, i64::try_from(*wanted).ok()?, values, &column.known)?
        }
        (Leaf::Compared(op, Value::DateTimeOffset(point)), Form::Texts(texts)) => {
            ordered(*op, point.nanoseconds()?, texts.points(&column.known)?, &column.known)?
        }
        (Leaf::Tested(prepared), Form::Texts(texts)) => {
            let mut containing = containing(prepared.contained()?, texts)?;
            containing.keep(&column.known);
            if asked {
                return Some(containing);
            }
            // Of null it is neither.
            let mut others = column.known.clone();
            others.drop_all(&containing);
            return Some(others);
        }
        _ => return None,
    };
    Some(if asked { truth } else { truth.others() })
}

/// The rows whose integer compares so with one.
fn ordered(op: Operator, wanted: i64, values: &[i64], known: &Bits) -> Option<Bits> {
    let mut rows = match op {
        Operator::Eq => Bits::of(values, |value| *value == wanted),
        Operator::Ne => {
            let mut rows = Bits::of(values, |value| *value != wanted);
            rows.join(&known.others());
            return Some(rows);
        }
        Operator::Gt => Bits::of(values, |value| *value > wanted),
        Operator::Ge => Bits::of(values, |value| *value >= wanted),
        Operator::Lt => Bits::of(values, |value| *value < wanted),
        Operator::Le => Bits::of(values, |value| *value <= wanted),
        _ => return None,
    };
    rows.keep(known);
    Some(rows)
}

/// The rows whose text contains a part: it is looked for in all texts at once.
fn containing(finder: &Finder<'static>, texts: &Texts) -> Option<Bits> {
    let part = Some(finder.needle()).filter(|part| !part.is_empty())?;
    let all = texts.text.as_bytes();
    let mut rows = Bits::none(texts.ends.len());
    let mut from = 0_usize;
    while let Some(found) = all.get(from..).and_then(|rest| finder.find(rest)) {
        let start = from.saturating_add(found);
        let row = texts.ends.partition_point(|end| *end as usize <= start);
        let end = texts.ends.get(row).copied().unwrap_or_default() as usize;
        if start.saturating_add(part.len()) <= end {
            rows.add(row);
            from = end;
        } else {
            from = start.saturating_add(1);
        }
    }
    Some(rows)
}
