//! The library and the naive evaluator agree over random queries and records.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;

use crate::naive::{answer, compare, compare_values};
use crate::strategies::{cases, operand, query, records};

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn agrees(query in query(), records in records()) {
        compare(&query, &records).map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(cases(30))]

    /// The library takes records and items of collections in batches: there is more than one of both
    /// here, and shapes change within a batch.
    #[test]
    fn agrees_over_batches(
        query in query(),
        kinds in records().prop_filter("no records", |records| !records.is_empty()),
        picks in vec(any::<Index>(), 1100),
    ) {
        let records: Vec<Json> = picks.iter().map(|pick| pick.get(&kinds).clone()).collect();
        compare(&query, &records).map_err(TestCaseError::fail)?;
    }
}

proptest! {
    #![proptest_config(cases(3000))]

    /// What an expression is by the oracle, it equals in the library.
    #[test]
    fn values_agree(operand in operand(), records in records()) {
        compare_values(&operand, &records).map_err(TestCaseError::fail)?;
    }
}

/// Most random queries have an answer, and some but not all records are kept.
#[test]
fn has_answers() {
    let mut runner = TestRunner::deterministic();
    let (mut answered, mut some, mut all) = (0, 0, 0);
    for _ in 0..500 {
        let (query, records) = (query(), records()).new_tree(&mut runner).unwrap().current();
        let Some((_, Some(count))) = answer(&query.count(true), &records) else {
            continue;
        };
        answered += 1;
        some += u32::from(count > 0);
        all += u32::from(count == records.len() as u64);
    }
    assert!(answered > 300, "{answered} of 500 have an answer");
    assert!(some > 100 && all < answered - 100, "{some} keep some, {all} keep all");
}
