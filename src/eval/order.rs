//! `$orderby` (Protocol 11.2.6.2): stable, null first ascending and last descending.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::rows::Evaluator;
use crate::ast::Direction;
use crate::error::Error;
use crate::value::{Value, total_order};

/// The first `window` records in the order of the plan.
///
/// The keys of every record are computed once. Where the window is smaller than the number of
/// records, only what falls into it is sorted.
pub(super) fn first<'e, 'a: 'e>(
    evaluator: &mut Evaluator<'e>,
    records: Vec<&'a Json>,
    window: usize,
) -> Result<Vec<&'a Json>, Error> {
    let directions: Vec<Direction> =
        evaluator.plan.orderby.iter().map(|(_, direction)| *direction).collect();
    let collation = evaluator.plan.settings.collation;
    let mut keys = Vec::with_capacity(records.len() * directions.len());
    for record in &records {
        evaluator.keys(record, &mut keys)?;
    }
    let compare = |left: &usize, right: &usize| {
        let (left_keys, right_keys) =
            (keys_of(&keys, *left, directions.len()), keys_of(&keys, *right, directions.len()));
        let mut pairs = left_keys.iter().zip(right_keys).zip(&directions);
        let different = pairs.find_map(|((left, right), direction)| {
            let order = total_order(left, right, collation);
            let order = if *direction == Direction::Desc { order.reverse() } else { order };
            Some(order).filter(|order| order.is_ne())
        });
        // The position breaks ties, which makes the order stable.
        different.unwrap_or(Ordering::Equal).then(left.cmp(right))
    };
    let mut positions: Vec<usize> = (0..records.len()).collect();
    if window == 0 {
        positions.clear();
    } else if window < positions.len() {
        positions.select_nth_unstable_by(window - 1, compare);
        positions.truncate(window);
    }
    positions.sort_unstable_by(compare);
    Ok(positions.into_iter().filter_map(|position| records.get(position).copied()).collect())
}

fn keys_of<'k, 'v>(keys: &'k [Value<'v>], position: usize, count: usize) -> &'k [Value<'v>] {
    keys.get(position * count..(position + 1) * count).unwrap_or_default()
}
