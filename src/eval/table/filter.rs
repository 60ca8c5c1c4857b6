//! Filters over columns: sets of rows, narrowed by one condition after another.
//!
//! What no column can answer is asked of lean records, for the rows that are still undecided.

use memchr::memmem::Finder;
use serde_json::Value as Json;

use super::bits::Bits;
use super::column::{Column, Form, Lists, Texts, part};
use super::columns::Columns;
use super::question::Question;
use super::segment::Records;
use super::wanted::{Leaf, Wanted, leaf};
use crate::ast::Operator;
use crate::error::Error;
use crate::eval::batch::{BATCH, Rows};
use crate::eval::json::Scan;
use crate::eval::lean::Needed;
use crate::eval::related::{Collections, Related};
use crate::eval::rows::{Budget, Evaluator, Scope};
use crate::plan::{Form as NodeForm, NodeId, Op, Operation, Plan};
use crate::value::{DateTimeOffset, Number, Value};

/// Lean records that are held at once.
pub(super) const LEAN: usize = 8 * BATCH;
/// Fewer steps than this for a text are part of the one that every node takes, as they are for rows.
const HEAVY: u64 = 64;

/// Evaluates conditions for all rows of a segment.
pub(super) struct Filter<'f> {
    pub(super) plan: &'f Plan,
    pub(super) wanted: &'f Wanted,
    pub(super) columns: &'f Columns,
    pub(super) records: &'f Records,
    pub(super) collections: &'f Collections<'f>,
    pub(super) now: DateTimeOffset,
    pub(super) budget: Budget,
}

/// What the rows are that a condition is about.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Records,
    /// Items of collections: columns answer all that is asked of them, and whoever asks has been charged for it.
    Items,
}

impl Filter<'_> {
    /// The rows that pass a filter.
    pub(super) fn passing(&mut self, id: NodeId) -> Result<Bits, Error> {
        let budget = self.budget;
        let rows = self.looked_up(id).unwrap_or_else(|| Bits::all(self.records.len()));
        self.narrow(id, true, rows, Of::Records).or_else(|_| {
            // Rows are asked in another order: they tell what fails first, or pass where steps are few.
            self.budget = budget;
            self.row_by_row(id, true, &Bits::all(self.records.len()))
        })
    }

    /// The only rows that may pass, where an index tells which.
    fn looked_up(&self, id: NodeId) -> Option<Bits> {
        match &self.plan.node(id).op {
            Op::And(operands) if operands.iter().all(|operand| self.is_sure(*operand)) => {
                operands.iter().find_map(|operand| self.looked_up(*operand))
            }
            Op::Compare(Operator::Eq, ..) => {
                let column = self.columns.column(self.wanted.answer(id)?)?;
                match leaf(self.plan, id)? {
                    (Leaf::Compared(_, constant), _) if column.lookup.is_made() => {
                        column.equal(constant, self.plan.settings.collation)
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The rows of some for which a condition has the asked truth.
    fn narrow(&mut self, id: NodeId, asked: bool, rows: Bits, of: Of) -> Result<Bits, Error> {
        let plan = self.plan;
        match &plan.node(id).op {
            Op::And(operands) if asked => self.narrow_by_all(operands, asked, rows, of),
            Op::Or(operands) if !asked => self.narrow_by_all(operands, asked, rows, of),
            Op::And(operands) | Op::Or(operands) => {
                let (mut accepted, mut rest) = (Bits::none(rows.len()), rows);
                for operand in operands {
                    let passing = self.narrow(*operand, asked, rest.clone(), of)?;
                    rest.drop_all(&passing);
                    accepted.join(&passing);
                }
                Ok(accepted)
            }
            Op::Apply(Operation::Not, operands) => match **operands {
                [operand] => self.narrow(operand, !asked, rows, of),
                _ => Ok(Bits::none(rows.len())),
            },
            _ => match self.wanted.answer(id) {
                Some(path) => {
                    if of == Of::Records {
                        self.charge(id, plan.node(id).cost.saturating_mul(rows.count() as u64))?;
                    }
                    self.by_columns(id, path, asked, rows)
                }
                None => self.row_by_row(id, asked, &rows),
            },
        }
    }

    fn narrow_by_all(
        &mut self,
        operands: &[NodeId],
        asked: bool,
        rows: Bits,
        of: Of,
    ) -> Result<Bits, Error> {
        // What cannot fail is asked the cheapest first, but never before what can.
        let mut operands = operands.to_vec();
        let runs = operands.chunk_by_mut(|left, right| self.is_sure(*left) && self.is_sure(*right));
        runs.for_each(|run| run.sort_by_key(|id| self.expense(*id)));
        operands.iter().try_fold(rows, |rows, operand| match rows.is_empty() {
            true => Ok(rows),
            false => self.narrow(*operand, asked, rows, of),
        })
    }

    fn is_sure(&self, id: NodeId) -> bool {
        self.plan.node(id).form != NodeForm::Other
    }

    /// How much a condition takes, compared with others.
    fn expense(&self, id: NodeId) -> u8 {
        let column = self.wanted.answer(id).and_then(|path| self.columns.column(path));
        match (column, &self.plan.node(id).op) {
            (Some(column), Op::Compare(Operator::Eq, ..)) if column.lookup.is_made() => 0,
            (Some(column), _) => match column.form {
                Form::Coded(_) => 1,
                Form::Integers(_) => 2,
                Form::Texts(_) => 4,
                Form::Mixed(_) => 5,
            },
            (None, _) => {
                if self.is_sure(id) {
                    3
                } else {
                    6
                }
            }
        }
    }

    /// What a column, or the lists, of a path answer.
    fn by_columns(
        &mut self,
        id: NodeId,
        path: usize,
        asked: bool,
        mut rows: Bits,
    ) -> Result<Bits, Error> {
        let columns = self.columns;
        match (&self.plan.node(id).op, columns.lists(path)) {
            (Op::Any(_, None), Some(lists)) => rows.split(&lists.filled, asked),
            (Op::Any(_, Some((_, predicate))), Some(lists)) => {
                let passing = self.owners(lists, *predicate, true, &rows)?;
                rows.split(&passing, asked);
            }
            (Op::All(_, _, predicate), Some(lists)) => {
                let failing = self.owners(lists, *predicate, false, &rows)?;
                rows.split(&failing, !asked);
            }
            _ => return self.by_column(id, path, asked, rows),
        }
        Ok(rows)
    }

    /// The rows that have items for which a predicate is true, or for which it is not.
    fn owners(
        &mut self,
        lists: &Lists,
        predicate: NodeId,
        passing: bool,
        rows: &Bits,
    ) -> Result<Bits, Error> {
        let items = items_of(lists, rows);
        let steps = self.plan.node(predicate).cost.saturating_mul(items.count() as u64);
        self.charge(predicate, steps)?;
        let mut found = self.narrow(predicate, true, items.clone(), Of::Items)?;
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
        path: usize,
        asked: bool,
        mut rows: Bits,
    ) -> Result<Bits, Error> {
        let (Some((leaf, _)), Some(column)) = (leaf(self.plan, id), self.columns.column(path))
        else {
            return Ok(Bits::none(rows.len()));
        };
        let collation = self.plan.settings.collation;
        let question = Question::new(leaf, asked, collation);
        if let Some(equal) = question.equal().and_then(|wanted| column.equal(wanted, collation)) {
            rows.keep(&equal);
            return Ok(rows);
        }
        // Where few rows are left, only these are asked.
        let are_few = match &column.form {
            Form::Texts(texts) if self.steps(&question.leaf, texts.longest) >= HEAVY => {
                let read = self.charge_texts(id, &question.leaf, texts, &rows)?;
                read < texts.text.len() / 2
            }
            Form::Texts(_) | Form::Mixed(_) => rows.count() < column.len() / 8,
            Form::Coded(_) | Form::Integers(_) => rows.count() < column.len() / 256,
        };
        if are_few {
            let mut passing = Bits::none(rows.len());
            for row in rows.rows().filter(|row| question.of_value(&column.value(*row))) {
                passing.add(row);
            }
            return Ok(passing);
        }
        match of_form(&question.leaf, asked, column) {
            Some(passing) => rows.keep(&passing),
            None => rows.keep(&column.rows_where(&question)),
        }
        Ok(rows)
    }

    /// The steps that one text takes.
    fn steps(&self, leaf: &Leaf<'_>, len: usize) -> u64 {
        match leaf {
            Leaf::Tested(prepared) => prepared.steps(len),
            Leaf::Compared(
                Operator::Eq | Operator::Ne,
                Value::Null | Value::Boolean(_) | Value::Number(Number::Integer(_)),
            )
            | Leaf::Truth => 0,
            Leaf::Compared(..) | Leaf::OneOf(_) => {
                self.plan.settings.collation.steps(len as u64 / 64)
            }
        }
    }

    /// Takes off the steps that the texts of some rows take, and says how many bytes they have.
    fn charge_texts(
        &mut self,
        id: NodeId,
        leaf: &Leaf<'_>,
        texts: &Texts,
        rows: &Bits,
    ) -> Result<usize, Error> {
        let (mut read, mut steps) = (0_usize, 0_u64);
        for row in rows.rows() {
            let len = part(&texts.ends, row..row.saturating_add(1)).len();
            read = read.saturating_add(len);
            let own = self.steps(leaf, len);
            steps = steps.saturating_add(if own < HEAVY { 0 } else { own });
        }
        self.charge(id, steps)?;
        Ok(read)
    }

    /// What columns do not answer is asked of lean records.
    fn row_by_row(&mut self, id: NodeId, asked: bool, rows: &Bits) -> Result<Bits, Error> {
        let needed = Needed::of(self.plan, [id]);
        let mut passing = Bits::none(rows.len());
        let mut rows = rows.rows().peekable();
        while rows.peek().is_some() {
            let positions: Vec<usize> = rows.by_ref().take(LEAN).collect();
            let mut scan = Scan::default();
            let lean = positions.iter().map(|row| self.records.lean(*row, &needed, &mut scan));
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
        }
        // What goes on behind the end of a text does so from any later place in it.
        from = end;
    }
    Some(rows)
}
