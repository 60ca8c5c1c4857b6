//! Tables: records as the bytes they came in, with columns for the paths that plans ask about.

mod bits;
mod column;
mod columns;
mod filter;
mod order;
mod records;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value as Json;

use self::bits::Bits;
use self::columns::{Cache, Columns};
use self::filter::{Filter, Level, wanted};
use self::order::Key;
use self::records::Records;
use super::lean::{Needed, Step, WHOLE};
use super::related::Related;
use super::rows::{Budget, Evaluator, Scope};
use super::{Collections, Rows, Window, page, window};
use crate::error::Error;
use crate::plan::{Form, NodeId, Op, Operation, Plan};
use crate::value::DateTimeOffset;

/// Records that many queries are asked of: their JSON text, and columns of values that are made when a plan
/// asks about them first.
///
/// Answers are those that [`Plan::apply`] gives for the same records, and records of the answer have the bytes that they
/// came in. A table is cheap to clone and can be shared among threads.
///
/// ```
/// use odata_query::{Query, Table};
///
/// let table = Table::from_json(r#"{"value": [{"id": 1, "tags": ["new"]}, {"id": 2}, {"id":3,"tags":["new"]}]}"#)?;
/// let plan = Query::parse("$filter=tags/any(t:t eq 'new')&$orderby=id desc&$top=1&$count=true")?.bind()?;
/// let page = table.query(&plan)?;
/// assert_eq!(page.to_json(), r#"{"@odata.count":2,"value":[{"id":3,"tags":["new"]}]}"#);
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Clone)]
pub struct Table(Arc<Inner>);

struct Inner {
    records: Records,
    columns: Cache,
}

impl Table {
    /// Reads an array of records, an object with an array `value`, or one record after another (NDJSON).
    ///
    /// All of the text is checked; nothing but the places of the records is kept beside it.
    ///
    /// # Errors
    ///
    /// Where the text is no JSON, not UTF-8, or nested more than 127 deep, with the offset of the byte.
    ///
    /// ```
    /// use odata_query::Table;
    ///
    /// let error = Table::from_json(r#"[{"id": 1}, {"id": }]"#).unwrap_err();
    /// assert_eq!(error.to_string(), "expected value at byte 19 of the data");
    /// assert_eq!(Table::from_json("{\"id\":1}\n{\"id\":2}\n")?.len(), 2);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn from_json(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let records = Records::read(bytes.into())?;
        Ok(Table(Arc::new(Inner { records, columns: Cache::default() })))
    }

    /// The number of records.
    pub fn len(&self) -> usize {
        self.0.records.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Applies a plan to the records; `now()` is the time of the call.
    ///
    /// # Errors
    ///
    /// As [`Plan::apply`].
    pub fn query(&self, plan: &Plan) -> Result<TablePage, Error> {
        self.query_with_at(plan, &Collections::new(), SystemTime::now())
    }

    /// Applies a plan to the records with collections for navigation to lead to, and a clock of the caller's.
    ///
    /// # Errors
    ///
    /// As [`Plan::apply`].
    pub fn query_with_at(
        &self,
        plan: &Plan,
        collections: &Collections<'_>,
        now: SystemTime,
    ) -> Result<TablePage, Error> {
        let now = DateTimeOffset::from_system_time(now);
        let asked = Asked { table: self, plan, collections, now };
        asked.page().map_err(|error| error.in_text(plan.text()))
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({} records)", self.len())
    }
}

/// A query of a table.
struct Asked<'a> {
    table: &'a Table,
    plan: &'a Plan,
    collections: &'a Collections<'a>,
    now: DateTimeOffset,
}

impl Asked<'_> {
    fn records(&self) -> &Records {
        &self.table.0.records
    }

    fn page(&self) -> Result<TablePage, Error> {
        let plan = self.plan;
        let mut paths = Vec::new();
        if let Some(filter) = plan.filter {
            self.want(filter, &mut paths);
        }
        let keys: Option<Vec<Vec<Step>>> =
            plan.orderby.iter().map(|(key, _)| Level::records().column(plan, *key)).collect();
        paths.extend(keys.iter().flatten().cloned());
        let mut budget = Budget::new(plan, self.records().len());
        let may_fail = plan.filter.is_some_and(|filter| plan.node(filter).form == Form::Other);
        let ends_early = plan.orderby.is_empty() && plan.top.is_some() && !plan.count && may_fail;
        let Some(keys) = keys.filter(|_| !ends_early || plan.paging.is_some()) else {
            if plan.paging.is_some() {
                return self.server_page(&Bits::all(self.records().len()));
            }
            let window = self.by_rows(&mut budget)?;
            let made = self.shaped(&window.positions, budget)?;
            let rows = Picked::List(window.positions);
            return Ok(TablePage::new(self.table, rows, made, window.count));
        };
        let columns = self.table.0.columns.get(self.records(), paths, plan.settings.names)?;
        let passing = self.passing(&columns, &mut budget)?;
        if plan.paging.is_some() {
            return self.server_page(&passing);
        }
        let count = passing.count();
        let narrow = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let (skip, top) = (narrow(plan.skip), plan.top.map_or(usize::MAX, narrow));
        let counted = plan.count.then_some(count as u64);
        if keys.is_empty() && skip == 0 && top >= count && plan.shape.is_none() {
            return Ok(TablePage::new(self.table, Picked::Set(passing), None, counted));
        }
        let rows: Vec<usize> = match keys.is_empty() {
            true => passing.rows().skip(skip).take(top).collect(),
            false => {
                let window = skip.saturating_add(top);
                let sorted = self.by_columns(&columns, &keys, &passing, window);
                sorted.into_iter().skip(skip).collect()
            }
        };
        let made = self.shaped(&rows, budget)?;
        Ok(TablePage::new(self.table, Picked::List(rows), made, counted))
    }

    /// Collects the columns that answer parts of the filter.
    fn want(&self, id: NodeId, paths: &mut Vec<Vec<Step>>) {
        if let Some(wanted) = wanted(self.plan, id, &Level::records()) {
            paths.extend(wanted);
            return;
        }
        if let Op::And(operands) | Op::Or(operands) | Op::Apply(Operation::Not, operands) =
            &self.plan.node(id).op
        {
            operands.iter().for_each(|operand| self.want(*operand, paths));
        }
    }

    fn passing(&self, columns: &Columns, budget: &mut Budget) -> Result<Bits, Error> {
        let all = Bits::all(self.records().len());
        let Some(id) = self.plan.filter else {
            return Ok(all);
        };
        let mut filter = Filter {
            plan: self.plan,
            columns,
            records: self.records(),
            collections: self.collections,
            now: self.now,
            budget: *budget,
        };
        let passing = filter.narrow(id, true, all, &Level::records());
        let passing = passing.map_err(|error| self.plan.about(error, "$filter"))?;
        *budget = filter.budget;
        Ok(passing)
    }

    fn by_columns(
        &self,
        columns: &Columns,
        paths: &[Vec<Step>],
        rows: &Bits,
        window: usize,
    ) -> Vec<usize> {
        let keys = paths.iter().zip(&self.plan.orderby).filter_map(|(path, (_, direction))| {
            Some(Key { column: columns.column(path)?, direction: *direction })
        });
        let keys: Vec<_> = keys.collect();
        order::first(&keys, rows.rows(), window, self.plan.settings.collation)
    }

    /// The window that the evaluator of rows finds, over records that have what filter and order need: it is exact
    /// about which of them are never looked at, and so about what fails.
    fn by_rows(&self, budget: &mut Budget) -> Result<Window, Error> {
        let plan = self.plan;
        let keys = plan.orderby.iter().map(|(key, _)| *key);
        let needed = Needed::of(plan, plan.filter.into_iter().chain(keys));
        let lean = (0..self.records().len()).map(|row| self.records().lean(row, &needed));
        let lean: Vec<Json> = lean.collect::<Result<_, _>>()?;
        let related = Related::new(self.collections);
        let scope = Scope { now: self.now, outer: None, related: &related, looked_up: false };
        let mut evaluator = Evaluator::new(plan, scope, *budget);
        let window = window(&mut evaluator, Rows::Beside(&lean))?;
        *budget = evaluator.budget;
        Ok(window)
    }

    /// Whole records of some rows.
    fn whole(&self, rows: impl Iterator<Item = usize>) -> Result<Vec<Json>, Error> {
        rows.map(|row| self.records().lean(row, &WHOLE)).collect()
    }

    /// The records of the answer, where they are not as they were.
    fn shaped(&self, rows: &[usize], budget: Budget) -> Result<Option<Vec<Json>>, Error> {
        let Some(shape) = &self.plan.shape else {
            return Ok(None);
        };
        let records = self.whole(rows.iter().copied())?;
        if !records.iter().any(|record| shape.changes(record)) {
            return Ok(None);
        }
        let related = Related::new(self.collections);
        let scope = Scope { now: self.now, outer: None, related: &related, looked_up: false };
        let mut evaluator = Evaluator::new(self.plan, scope, budget);
        records
            .iter()
            .map(|record| evaluator.shaped(shape, record))
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A page of a service, which goes on behind keys.
    fn server_page(&self, passing: &Bits) -> Result<TablePage, Error> {
        let positions: Vec<usize> = passing.rows().collect();
        let records = self.whole(positions.iter().copied())?;
        let page = page(self.plan, &records, self.collections, self.now)?;
        let rows = page.positions().filter_map(|at| positions.get(at).copied()).collect();
        let made = self.plan.shape.is_some().then(|| page.records().cloned().collect());
        let answer = TablePage::new(self.table, Picked::List(rows), made, page.count());
        Ok(TablePage { next_link: page.next_link().map(str::to_owned), ..answer })
    }
}

/// The answer of a [`Table`]: records as the bytes they came in, or made anew where `$select`, `$expand` or `$compute`
/// changes them.
#[derive(Debug, Clone)]
pub struct TablePage {
    table: Table,
    rows: Picked,
    made: Option<Vec<Json>>,
    count: Option<u64>,
    next_link: Option<String>,
}

/// The rows of an answer.
#[derive(Debug, Clone)]
enum Picked {
    /// All of a set, as they stand in the table.
    Set(Bits),
    List(Vec<usize>),
}

impl Picked {
    fn rows(&self) -> impl Iterator<Item = usize> {
        let (set, list) = match self {
            Picked::Set(rows) => (Some(rows), &[][..]),
            Picked::List(rows) => (None, rows.as_slice()),
        };
        set.into_iter().flat_map(Bits::rows).chain(list.iter().copied())
    }
}

impl TablePage {
    fn new(table: &Table, rows: Picked, made: Option<Vec<Json>>, count: Option<u64>) -> Self {
        TablePage { table: table.clone(), rows, made, count, next_link: None }
    }

    /// The number of records on this page.
    pub fn len(&self) -> usize {
        match &self.rows {
            Picked::Set(rows) => rows.count(),
            Picked::List(rows) => rows.len(),
        }
    }

    /// Whether there are no records on this page.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As [`Page::count`](crate::Page::count).
    pub fn count(&self) -> Option<u64> {
        self.count
    }

    /// As [`Page::next_link`](crate::Page::next_link).
    pub fn next_link(&self) -> Option<&str> {
        self.next_link.as_deref()
    }

    /// Where each record stands in the table.
    pub fn positions(&self) -> impl Iterator<Item = usize> {
        self.rows.rows()
    }

    /// The records in order, each made of its bytes.
    pub fn records(&self) -> impl Iterator<Item = Json> {
        self.written().map(|record| match record {
            TableRecord::Made(record) => record.clone(),
            // What the table was made of is JSON.
            TableRecord::Kept(text) => serde_json::from_str(text).unwrap_or_default(),
        })
    }

    pub(crate) fn written(&self) -> impl Iterator<Item = TableRecord<'_>> {
        self.rows.rows().enumerate().map(|(at, row)| {
            match self.made.as_ref().and_then(|made| made.get(at)) {
                Some(record) => TableRecord::Made(record),
                None => TableRecord::Kept(self.table.0.records.text(row)),
            }
        })
    }
}

/// A record of a [`TablePage`].
pub(crate) enum TableRecord<'a> {
    Made(&'a Json),
    /// The bytes it came in.
    Kept(&'a str),
}
