//! What the benches measure: the records of a staff directory, the queries put to it, and code written
//! by hand for each of the queries.

#![allow(dead_code, reason = "each bench uses its part")]

pub(crate) mod by_columns;
pub(crate) mod by_hand;
pub(crate) mod employees;
pub(crate) mod queries;

use std::time::Duration;

use criterion::Criterion;

/// What ours is reported as where there is something to compare with.
pub(crate) const OURS: &str = "odata-query";

/// Short measurements: there are hundreds of them.
pub(crate) fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(500))
        .sample_size(10)
}
