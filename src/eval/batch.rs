//! Rows that conditions are evaluated for at once, and the columns of JSON that paths lead to.
//!
//! A plan is read step by step for a whole batch instead of row by row. Every step is a short loop,
//! in which the waits for memory overlap.

use serde_json::Value as Json;

use super::item::{NULL, by_name, elsewhere, member_steps, same};
use super::rows::Evaluator;
use crate::error::Error;
use crate::limits::Names;
use crate::plan::{NodeId, Op, Variable};

/// Rows of one batch: enough for waits to overlap, few enough to stay in the cache between steps.
pub(super) const BATCH: usize = 512;

/// Rows of the innermost level, ascending.
pub(super) type Selection = Vec<usize>;

/// What a plan is applied to: records side by side, or picked from others.
#[derive(Clone, Copy)]
pub(super) enum Rows<'r, 'e> {
    Beside(&'e [Json]),
    Picked(&'r [&'e Json]),
}

impl<'e> Rows<'_, 'e> {
    pub(super) fn len(self) -> usize {
        match self {
            Rows::Beside(rows) => rows.len(),
            Rows::Picked(rows) => rows.len(),
        }
    }

    pub(super) fn get(self, position: usize) -> Option<&'e Json> {
        match self {
            Rows::Beside(rows) => rows.get(position),
            Rows::Picked(rows) => rows.get(position).copied(),
        }
    }

    /// The rows of the batch that begins at a position.
    fn batch(self, start: usize) -> Self {
        match self {
            Rows::Beside(rows) => {
                let rest = rows.get(start..).unwrap_or_default();
                Rows::Beside(rest.get(..BATCH).unwrap_or(rest))
            }
            Rows::Picked(rows) => {
                let rest = rows.get(start..).unwrap_or_default();
                Rows::Picked(rest.get(..BATCH).unwrap_or(rest))
            }
        }
    }
}

/// The records of a batch, or the items of their collections that a lambda is asked about.
#[derive(Default)]
pub(super) struct Level<'e> {
    /// What stands for the item in the lambda; none for the records.
    variable: Option<Variable>,
    pub(super) rows: Vec<&'e Json>,
    /// For each item the row of the level outside that has it.
    pub(super) owners: Vec<usize>,
}

/// The levels of a batch, the records first, and vectors to be used again.
#[derive(Default)]
pub(super) struct Batch<'e> {
    pub(super) levels: Vec<Level<'e>>,
    spare_levels: Vec<Level<'e>>,
    spare_columns: Vec<Vec<&'e Json>>,
    spare_selections: Vec<Selection>,
    spare_marks: Vec<Vec<bool>>,
    /// Where the members of the current step are expected.
    expected: Vec<Option<(&'e String, &'e Json)>>,
}

impl<'e> Batch<'e> {
    /// Starts with the records of the batch that begins at a position.
    pub(super) fn start(&mut self, records: Rows<'_, 'e>, start: usize) -> Selection {
        self.spare_levels.append(&mut self.levels);
        let mut level = self.level(None);
        match records.batch(start) {
            Rows::Beside(rows) => level.rows.extend(rows),
            Rows::Picked(rows) => level.rows.extend(rows),
        }
        let len = level.rows.len();
        self.levels.push(level);
        let mut selection = self.selection();
        selection.extend(0..len);
        selection
    }

    /// The row of the innermost level.
    pub(super) fn row(&self, row: usize) -> &'e Json {
        self.levels.last().and_then(|level| level.rows.get(row)).copied().unwrap_or(&NULL)
    }

    /// The number of rows of the innermost level.
    pub(super) fn len(&self) -> usize {
        self.levels.last().map_or(0, |level| level.rows.len())
    }

    /// The record that a row of the innermost level belongs to.
    pub(super) fn record_of(&self, row: usize) -> usize {
        self.owner(row, 0)
    }

    /// The row of an outer level that a row of the innermost level belongs to.
    fn owner(&self, row: usize, level: usize) -> usize {
        let inside = self.levels.iter().skip(level).skip(1).rev();
        inside.fold(row, |row, inside| inside.owners.get(row).copied().unwrap_or_default())
    }

    /// An empty level.
    pub(super) fn level(&mut self, variable: Option<Variable>) -> Level<'e> {
        let mut level = self.spare_levels.pop().unwrap_or_default();
        level.variable = variable;
        level.clear();
        level
    }

    pub(super) fn recycle_level(&mut self, level: Level<'e>) {
        self.spare_levels.push(level);
    }

    /// An empty selection.
    pub(super) fn selection(&mut self) -> Selection {
        let mut selection = self.spare_selections.pop().unwrap_or_default();
        selection.clear();
        selection
    }

    pub(super) fn recycle_selection(&mut self, selection: Selection) {
        self.spare_selections.push(selection);
    }

    /// A mark for every row of the innermost level, not set.
    pub(super) fn marks(&mut self) -> Vec<bool> {
        let mut marks = self.spare_marks.pop().unwrap_or_default();
        marks.clear();
        marks.resize(self.len(), false);
        marks
    }

    pub(super) fn recycle_marks(&mut self, marks: Vec<bool>) {
        self.spare_marks.push(marks);
    }

    pub(super) fn recycle_column(&mut self, column: Vec<&'e Json>) {
        self.spare_columns.push(column);
    }

    /// What the record or a variable is for the selected rows of the innermost level.
    fn roots(&mut self, variable: Option<Variable>, selection: &Selection) -> Vec<&'e Json> {
        let mut column = self.spare_columns.pop().unwrap_or_default();
        column.clear();
        let Some(level) = self.levels.iter().rposition(|level| level.variable == variable) else {
            column.resize(selection.len(), &NULL);
            return column;
        };
        let rows = self.levels.get(level).map_or(&[][..], |level| &level.rows);
        let json = |row: usize| rows.get(row).copied().unwrap_or(&NULL);
        if level.saturating_add(1) == self.levels.len() {
            column.extend(selection.iter().map(|row| json(*row)));
        } else {
            column.extend(selection.iter().map(|row| json(self.owner(*row, level))));
        }
        column
    }

    /// Replaces every value of a column by its member where members stand in a vector.
    ///
    /// Records share their shape: the member is expected where the last record had it. The places are
    /// computed before any of them is read.
    fn step_by_position(
        &mut self,
        column: &mut [&'e Json],
        name: &str,
        hint: &mut usize,
        names: Names,
    ) {
        if let Some(Json::Object(first)) = column.first() {
            elsewhere(first, name, hint, names);
        }
        let position = *hint;
        self.expected.clear();
        self.expected.extend(column.iter().map(|json| match json {
            Json::Object(members) => members.iter().nth(position),
            _ => None,
        }));
        for (slot, expected) in column.iter_mut().zip(&self.expected) {
            *slot = match (expected, *slot) {
                (Some((key, value)), _) if same(key, name) => value,
                (_, Json::Object(members)) => elsewhere(members, name, hint, names),
                _ => &NULL,
            };
        }
    }
}

impl Level<'_> {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.owners.clear();
    }
}

impl<'e> Evaluator<'e> {
    /// Where a path leads to from the selected rows.
    pub(super) fn column(
        &mut self,
        path: NodeId,
        selection: &Selection,
    ) -> Result<Vec<&'e Json>, Error> {
        let plan = self.plan;
        Ok(match &plan.node(path).op {
            Op::Member(of, name) => {
                let mut column = self.column(*of, selection)?;
                self.charge_look_ups(path, selection, &column)?;
                self.step(path, name, &mut column);
                column
            }
            Op::Variable(variable) => self.batch.roots(Some(*variable), selection),
            _ => self.batch.roots(None, selection),
        })
    }

    fn charge_look_ups(
        &mut self,
        member: NodeId,
        selection: &Selection,
        column: &[&Json],
    ) -> Result<(), Error> {
        if column.iter().map(|json| member_steps(json)).fold(0, u64::max) > 0 {
            for (row, json) in selection.iter().zip(column) {
                self.charge_row(member, *row, member_steps(json))?;
            }
        }
        Ok(())
    }

    /// Replaces every value of a column by its member.
    fn step(&mut self, member: NodeId, name: &str, column: &mut [&'e Json]) {
        let names = self.plan.settings.names;
        if self.ordered {
            let mut hint = self.hint(member);
            self.batch.step_by_position(column, name, &mut hint, names);
            self.set_hint(member, hint);
            return;
        }
        for slot in column {
            *slot = match slot {
                Json::Object(members) => by_name(members, name, names),
                _ => &NULL,
            };
        }
    }
}
