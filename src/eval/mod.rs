//! Applying a plan to records: filter, count, order, skip, top.

mod batch;
mod compare;
mod explain;
mod item;
mod narrow;
mod order;
mod page;
mod rows;
#[cfg(test)]
mod tests;

pub use explain::{Explanation, Step};
pub use page::Page;

use std::time::SystemTime;

use crate::error::Error;
use crate::plan::{Form, Plan};
use crate::value::DateTimeOffset;
use batch::BATCH;
use order::First;
use rows::Evaluator;

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
        let now = DateTimeOffset::from_system_time(now);
        page(self, records, now).map_err(|error| error.in_text(self.text()))
    }
}

fn page<'a>(
    plan: &Plan,
    records: &'a [serde_json::Value],
    now: DateTimeOffset,
) -> Result<Page<'a>, Error> {
    let mut evaluator = Evaluator::new(plan, records.len(), now);
    let skip = usize::try_from(plan.skip).unwrap_or(usize::MAX);
    let top = plan.top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX));
    let window = skip.saturating_add(top);

    let mut count = 0_usize;
    let mut kept = Vec::new();
    let mut first = First::new(plan, window);
    let ordered = !plan.orderby.is_empty();
    // Records after the window are dropped unfiltered where neither a count nor an error could tell.
    let cannot_fail = plan.filter.is_none_or(|filter| plan.node(filter).form != Form::Other);
    let orders_first = ordered && !plan.count && cannot_fail;
    for (batch, start) in records.chunks(BATCH).zip((0..).step_by(BATCH)) {
        // Without an order the window is known to be full before the end.
        if !ordered && !plan.count && kept.len() >= window {
            break;
        }
        let mut selection = evaluator.start_batch(batch);
        if orders_first {
            first.drop_losers(&mut evaluator, &mut selection)?;
        }
        evaluator.filter(&mut selection)?;
        count = count.saturating_add(selection.len());
        if ordered {
            if !orders_first {
                first.drop_losers(&mut evaluator, &mut selection)?;
            }
            first.add(&mut evaluator, start, &mut selection)?;
        } else {
            let room = window.saturating_sub(kept.len());
            kept.extend(selection.iter().take(room).map(|row| start.saturating_add(*row)));
        }
        evaluator.batch.recycle_selection(selection);
    }
    if ordered {
        kept = first.into_positions();
    }
    let window = kept.into_iter().skip(skip).take(top);
    let records = window.filter_map(|position| records.get(position)).collect();
    Ok(Page { count: plan.count.then_some(count as u64), records })
}
