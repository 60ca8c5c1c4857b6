//! Evaluating records batch by batch, and writing the answer.

use std::mem;
use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;

use super::Stream;
use super::window::Window;
use crate::error::Error;
use crate::eval::batch::BATCH;
use crate::eval::excerpt::Excerpts;
use crate::eval::json::{Scan, check, held_too_much, lean, read, utf8};
use crate::eval::lean::WHOLE;
use crate::eval::related::Related;
use crate::eval::rows::{Budget, Evaluator, Scope};
use crate::eval::table::Table;
use crate::eval::{Collections, Rows};
use crate::plan::{Form, Plan};
use crate::value::DateTimeOffset;

/// Bytes of the records of a batch from which on what held them is not used again.
const LARGE: usize = 1 << 20;

/// Records that are evaluated at once; what held them is used again.
#[derive(Default)]
pub(super) struct Batch {
    /// Where they are.
    pub(super) records: Vec<Range<usize>>,
    /// What is needed of them, in front of what was of others before.
    pub(super) lean: Vec<Json>,
}

/// What becomes of the records that match.
pub(super) enum Answer {
    /// They are written, but for some that are skipped and those that are too many.
    Written { skip: u64, left: u64 },
    /// The first ones in an order are written at the end.
    Ordered(Window),
    /// They are divided into pages at the end.
    Paged { text: Vec<u8>, places: Vec<Range<usize>> },
}

impl Answer {
    pub(super) fn of(plan: &Plan, most: usize) -> Self {
        let narrow = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        if plan.paging.is_some() {
            Answer::Paged { text: Vec::new(), places: Vec::new() }
        } else if plan.orderby.is_empty() {
            Answer::Written { skip: plan.skip, left: plan.top.unwrap_or(u64::MAX) }
        } else {
            let size = narrow(plan.skip).saturating_add(plan.top.map_or(usize::MAX, narrow));
            Answer::Ordered(Window::new(plan, size, most))
        }
    }
}

impl Stream {
    /// Cuts the records up to the end of a batch, and reads what is needed of them; why the next one is none.
    pub(super) fn fill(&mut self, text: &[u8], batch: &mut Batch) -> Result<(), Error> {
        batch.records.clear();
        let room = BATCH.saturating_sub(self.read.checked_rem(BATCH).unwrap_or_default());
        while batch.records.len() < room {
            let Some(record) = self.cutter.next(text)? else {
                break;
            };
            let own = text.get(record.clone()).unwrap_or_default();
            let offset = self.cutter.offset(record.start);
            if let Some(literal) = &self.literal {
                if !literal.may_be_in(own) {
                    self.budget.add_records(&self.plan, 1);
                    continue;
                }
                self.cutter.mark(own, offset)?;
            }
            if batch.lean.len() == batch.records.len() {
                batch.lean.push(Json::Null);
            }
            if let Some(lean) = batch.lean.get_mut(batch.records.len()) {
                read(own, offset, self.cutter.scan(), &self.needed, lean)?;
            }
            batch.records.push(record);
        }
        // What was of large records is large, and not kept for others.
        let length: usize = batch.records.iter().map(Range::len).sum();
        if length > LARGE {
            batch.lean.truncate(batch.records.len());
        }
        Ok(())
    }

    /// Filters a batch, and writes or keeps what is left of it.
    pub(super) fn evaluate(
        &mut self,
        text: &[u8],
        batch: &Batch,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let records = batch.records.as_slice();
        if records.is_empty() {
            return Ok(());
        }
        let lean = batch.lean.get(..records.len()).unwrap_or_default();
        let plan = Arc::clone(&self.plan);
        let about = |option| {
            let plan = &plan;
            move |error| plan.about(error, option)
        };
        self.budget.add_records(&plan, records.len());
        let related = Related::new(&Collections::new());
        let mut evaluator = Evaluator::new(&plan, scope(self.now, &related), self.budget);
        let mut selection = evaluator.start_batch(Rows::Beside(lean), 0);
        let cannot_fail = plan.filter.is_none_or(|filter| plan.node(filter).form != Form::Other);
        // As for rows, what comes after the window is dropped unfiltered where nothing could tell.
        if let (Answer::Ordered(window), true) = (&self.answer, cannot_fail && !plan.count) {
            window.drop_losers(&mut evaluator, &mut selection).map_err(about("$orderby"))?;
        }
        evaluator.filter(&mut selection).map_err(about("$filter"))?;
        self.count = self.count.saturating_add(selection.len() as u64);
        let first = self.read;
        self.read = first.saturating_add(records.len());
        let cutter = &self.cutter;
        let place = |row: usize| records.get(row).cloned().unwrap_or_default();
        let own = |row: usize| {
            let place = place(row);
            let offset = cutter.offset(place.start);
            (text.get(place).unwrap_or_default(), offset)
        };
        match &mut self.answer {
            Answer::Ordered(window) => {
                window.drop_losers(&mut evaluator, &mut selection).map_err(about("$orderby"))?;
                window
                    .add(&mut evaluator, first, &mut selection, own)
                    .map_err(about("$orderby"))?;
                self.budget = evaluator.budget;
            }
            Answer::Written { skip, left } => {
                self.budget = evaluator.budget;
                let skipped = selection.len().min(usize::try_from(*skip).unwrap_or(usize::MAX));
                *skip = skip.saturating_sub(skipped as u64);
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let wanted = selection.iter().skip(skipped).take(most);
                *left = left.saturating_sub(wanted.len() as u64);
                for (record, offset) in wanted.map(|row| own(*row)) {
                    let (budget, excerpts) = (&mut self.budget, &mut self.excerpts);
                    let made = made(&plan, self.now, budget, excerpts, record, offset)?;
                    let record = made.as_deref().unwrap_or(record);
                    write_record(self.to_lines, self.written, out, record);
                    self.written = self.written.saturating_add(1);
                }
            }
            Answer::Paged { text, places } => {
                self.budget = evaluator.budget;
                for (record, offset) in selection.into_iter().map(own) {
                    let start = text.len();
                    check(record, offset, &mut Scan::default())?;
                    text.extend_from_slice(record);
                    places.push(start..text.len());
                    let held = places.len().saturating_mul(size_of::<Range<usize>>());
                    if held.saturating_add(text.len()) > self.most {
                        return Err(held_too_much(self.most));
                    }
                }
            }
        }
        Ok(())
    }

    /// Begins the answer.
    pub(super) fn begin(&mut self, out: &mut Vec<u8>) {
        let is_written = !matches!(self.answer, Answer::Paged { .. });
        if !mem::replace(&mut self.has_begun, true) && !self.to_lines && is_written {
            out.extend_from_slice(b"{\"value\":[");
        }
    }

    /// Writes what could not be written before the records were over.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) -> Result<(), Error> {
        let plan = Arc::clone(&self.plan);
        self.begin(out);
        match &mut self.answer {
            Answer::Written { .. } => {}
            Answer::Ordered(window) => {
                let skip = usize::try_from(plan.skip).unwrap_or(usize::MAX);
                for kept in window.sorted().into_iter().skip(skip) {
                    // What was kept has been read before.
                    let (budget, excerpts) = (&mut self.budget, &mut self.excerpts);
                    let made = made(&plan, self.now, budget, excerpts, &kept.text, kept.offset)?;
                    let text = made.as_deref().unwrap_or(&kept.text);
                    write_record(self.to_lines, self.written, out, text);
                    self.written = self.written.saturating_add(1);
                }
            }
            Answer::Paged { text, places } => {
                let table = Table::of_text(mem::take(text), mem::take(places));
                let page = table.page(&plan, &Collections::new(), self.now)?;
                if self.to_lines {
                    for (record, number) in page.records().zip(0..) {
                        write_record(true, number, out, record.to_string().as_bytes());
                    }
                } else {
                    out.extend_from_slice(page.to_json().as_bytes());
                }
                return Ok(());
            }
        }
        if !self.to_lines {
            out.push(b']');
            if plan.count {
                out.extend_from_slice(format!(",\"@odata.count\":{}", self.count).as_bytes());
            }
            out.push(b'}');
        }
        Ok(())
    }
}

fn scope<'e>(now: DateTimeOffset, related: &'e Related<'e>) -> Scope<'e> {
    Scope { now, outer: None, related, looked_up: false }
}

/// A record of the answer as JSON, where the plan changes it.
fn made(
    plan: &Plan,
    now: DateTimeOffset,
    budget: &mut Budget,
    excerpts: &mut Excerpts,
    text: &[u8],
    offset: usize,
) -> Result<Option<Vec<u8>>, Error> {
    let Some(shape) = &plan.shape else {
        return Ok(None);
    };
    let related = Related::new(&Collections::new());
    let mut evaluator = Evaluator::new(plan, scope(now, &related), *budget);
    if shape.is_excerpt() {
        let mut made = String::new();
        evaluator.excerpt(excerpts, shape, utf8(text, offset)?, offset, &mut made)?;
        *budget = evaluator.budget;
        return Ok(Some(made.into_bytes()));
    }
    let record = lean(text, offset, &WHOLE)?;
    if !shape.changes(&record) {
        return Ok(None);
    }
    let mut evaluator = Evaluator::new(plan, scope(now, &related), *budget);
    let made = evaluator.shaped(shape, &record)?;
    *budget = evaluator.budget;
    Ok(Some(made.to_string().into_bytes()))
}

/// Writes the text of a record behind others.
fn write_record(is_line: bool, before: u64, out: &mut Vec<u8>, text: &[u8]) {
    if !is_line {
        if before > 0 {
            out.push(b',');
        }
        out.extend_from_slice(text);
        return;
    }
    // Between tokens a line break is but a blank, and nowhere else is there one.
    let start = out.len();
    out.extend_from_slice(text);
    let line = out.get_mut(start..).unwrap_or_default();
    line.iter_mut().filter(|byte| matches!(byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    out.push(b'\n');
}
