//! Applying a plan to records: filter, count, order, skip, top, and the shape of what is left.

mod batch;
mod compare;
mod excerpt;
mod explain;
mod item;
mod json;
mod lean;
mod narrow;
mod order;
mod page;
mod related;
mod rows;
mod shape;
mod stream;
mod table;
#[cfg(test)]
mod tests;

pub use explain::{Explanation, Step};
pub use page::Page;
pub(crate) use page::Record;
pub use related::{Collections, Relations};
pub use stream::{Stream, StreamError};
pub use table::Table;

use std::time::SystemTime;

use crate::error::Error;
use crate::plan::{Form, Plan, Shape};
use crate::value::{DateTimeOffset, Value};
use batch::{BATCH, Rows};
use order::{First, compare_keys};
use page::{Positions, Records};
use related::Related;
use rows::{Budget, Evaluator, Scope};

impl Plan {
    /// Applies the query to records; `now()` is the time of the call.
    ///
    /// The records are borrowed, not cloned.
    ///
    /// # Errors
    ///
    /// Where the evaluation of a record fails (division by zero, overflow) or takes more than the
    /// limits allow.
    pub fn apply<'a>(&self, records: &'a [serde_json::Value]) -> Result<Page<'a>, Error> {
        self.apply_at(records, SystemTime::now())
    }

    /// Applies the query to records with a clock of the caller's: `now()` is `now`.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    ///
    /// ```
    /// use odata_query::Query;
    /// use serde_json::json;
    /// use std::time::SystemTime;
    ///
    /// let plan = Query::parse("$filter=due lt now()")?.bind()?;
    /// let records = [json!({"due": "1969-07-20T20:17:40Z"}), json!({"due": "2021-08-15T00:00:00Z"})];
    /// assert_eq!(plan.apply_at(&records, SystemTime::UNIX_EPOCH)?.len(), 1);
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn apply_at<'a>(
        &self,
        records: &'a [serde_json::Value],
        now: SystemTime,
    ) -> Result<Page<'a>, Error> {
        self.apply_with_at(records, &Collections::new(), now)
    }

    /// Applies the query to records; navigation leads to the collections.
    ///
    /// Related records are looked up by hash. What stands in a record already is taken from there.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    pub fn apply_with<'a>(
        &self,
        records: &'a [serde_json::Value],
        collections: &Collections<'a>,
    ) -> Result<Page<'a>, Error> {
        self.apply_with_at(records, collections, SystemTime::now())
    }

    /// Applies the query to records and collections with a clock of the caller's.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    pub fn apply_with_at<'a>(
        &self,
        records: &'a [serde_json::Value],
        collections: &Collections<'a>,
        now: SystemTime,
    ) -> Result<Page<'a>, Error> {
        let now = DateTimeOffset::from_system_time(now);
        page(self, records, collections, now).map_err(|error| error.in_text(self.text()))
    }
}

fn page<'a>(
    plan: &Plan,
    records: &'a [serde_json::Value],
    collections: &Collections<'a>,
    now: DateTimeOffset,
) -> Result<Page<'a>, Error> {
    let related = Related::new(collections);
    let scope = Scope { now, outer: None, related: &related, looked_up: false };
    let mut evaluator = Evaluator::new(plan, scope, Budget::new(plan, records.len()));
    let window = window(&mut evaluator, Rows::Beside(records))?;
    let next_link = next_link(&mut evaluator, records, &window)?;
    let kept = window.positions.iter().filter_map(|position| records.get(*position));
    let kept: Vec<_> = kept.collect();
    let changes = |shape: &&Shape| kept.iter().any(|record| shape.changes(record));
    let records = match plan.shape.as_ref().filter(changes) {
        None => Records::Borrowed(kept),
        Some(shape) => Records::Made(
            kept.into_iter()
                .map(|record| evaluator.shaped(shape, record))
                .collect::<Result<_, _>>()?,
        ),
    };
    let positions = Positions::List(window.positions);
    Ok(Page { count: window.count, next_link, positions, records })
}

/// The link to what follows the records of a page, if something does.
fn next_link<'e>(
    evaluator: &mut Evaluator<'e>,
    records: &'e [serde_json::Value],
    Window { skipped, positions, more, .. }: &Window,
) -> Result<Option<String>, Error> {
    let plan = evaluator.plan;
    let Some(paging) = plan.paging.as_ref().filter(|_| *more) else {
        return Ok(None);
    };
    let backwards = positions.iter().rev().chain(skipped.iter().rev());
    let mut backwards = backwards.filter_map(|position| records.get(*position));
    let Some(last) = backwards.next() else {
        return Ok(None);
    };
    let keys = evaluator.keys_for(last)?;
    let is_last = |other: &[Value<'_>]| {
        compare_keys(&plan.orderby, plan.settings.collation, other, &keys).is_eq()
    };
    let before = paging.after.as_ref().filter(|after| is_last(&after.keys));
    let mut seen = before.map_or(1, |after| after.seen.saturating_add(1));
    for record in backwards {
        if !is_last(&evaluator.keys_for(record)?) {
            break;
        }
        seen = seen.saturating_add(1);
    }
    let top = plan.top.map(|top| top.saturating_sub(positions.len() as u64));
    paging.next_link(keys, seen, top, &plan.settings.limits).map(Some)
}

/// The rows of an answer.
struct Window {
    /// How many match, where that was asked for.
    count: Option<u64>,
    /// Where those are that `$skip` passes over, in order.
    skipped: Vec<usize>,
    /// Where those of the window are, in order.
    positions: Vec<usize>,
    /// Whether the page ends where more are wanted.
    more: bool,
}

/// Filters, counts and orders rows, and leaves those of the window.
fn window<'e>(evaluator: &mut Evaluator<'e>, rows: Rows<'_, 'e>) -> Result<Window, Error> {
    let plan = evaluator.plan;
    let narrow = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let paging = plan.paging.as_ref();
    // A page that follows another one skips nothing.
    let is_next = paging.is_some_and(|paging| paging.after.is_some());
    let skip = if is_next { 0 } else { narrow(plan.skip) };
    let top = plan.top.map_or(usize::MAX, narrow);
    let size = paging.and_then(|paging| paging.size).map_or(usize::MAX, narrow).max(1);
    // One more than a page holds tells whether there is another one.
    let wanted = top.min(size.saturating_add(1));
    let window = skip.saturating_add(wanted);

    let mut count = 0_usize;
    let mut kept = Vec::new();
    let mut first = First::new(plan, window);
    let ordered = !plan.orderby.is_empty();
    // Records after the window are dropped unfiltered where neither a count nor an error could tell.
    let cannot_fail = plan.filter.is_none_or(|filter| plan.node(filter).form != Form::Other);
    let orders_first = ordered && !plan.count && cannot_fail;
    for start in (0..rows.len()).step_by(BATCH) {
        // Without an order the window is known to be full before the end.
        if !ordered && !plan.count && kept.len() >= window {
            break;
        }
        let mut selection = evaluator.start_batch(rows, start);
        if orders_first {
            first.drop_losers(evaluator, &mut selection).map_err(|e| plan.about(e, "$orderby"))?;
        }
        evaluator.filter(&mut selection).map_err(|error| plan.about(error, "$filter"))?;
        count = count.saturating_add(selection.len());
        if ordered {
            if !orders_first {
                first
                    .drop_losers(evaluator, &mut selection)
                    .map_err(|e| plan.about(e, "$orderby"))?;
            }
            first.add(evaluator, start, &mut selection).map_err(|e| plan.about(e, "$orderby"))?;
        } else {
            let room = window.saturating_sub(kept.len());
            kept.extend(selection.iter().take(room).map(|row| start.saturating_add(*row)));
        }
        evaluator.batch.recycle_selection(selection);
    }
    if ordered {
        kept = first.into_positions();
    }
    let mut positions = kept.split_off(skip.min(kept.len()));
    positions.truncate(wanted);
    let more = positions.len() > size;
    positions.truncate(size);
    let count = plan.count.then_some(count as u64);
    Ok(Window { count, skipped: kept, positions, more })
}
