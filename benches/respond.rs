//! The text of a query to the text of its answer, against code written by hand for the one query that
//! writes its answer with serde_json.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench may fail loudly")]

mod workload;

use std::collections::BTreeMap;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use odata_query::Query;
use serde_json::Value;
use workload::by_hand::{ByHand, by_hand};
use workload::employees::{Members, employees};
use workload::queries::QUERIES;
use workload::{OURS, short};

fn answer(text: &str, records: &[Value]) -> String {
    Query::parse(text).unwrap().apply(records).unwrap().to_json()
}

fn answer_by_hand(keep: ByHand, records: &[Value]) -> String {
    serde_json::to_string(&BTreeMap::from([("value", keep(records))])).unwrap()
}

/// The code by hand does not count.
fn without_count(answer: &str) -> &str {
    answer.split_once(r#""value":"#).unwrap().1
}

fn respond(c: &mut Criterion) {
    let mut group = c.benchmark_group("respond");
    for count in [1_000, 100_000] {
        let records = employees(count, Members::InOrder);
        group.throughput(Throughput::Elements(count as u64));
        for query in &QUERIES {
            let ours = answer(query.text, &records);
            group.bench_function(BenchmarkId::new(query.with(OURS), count), |b| {
                b.iter(|| answer(query.text, &records));
            });
            for (code, keep) in by_hand(query.name) {
                let same = without_count(&ours) == without_count(&answer_by_hand(keep, &records));
                assert!(same, "{} answers otherwise", query.name);
                group.bench_function(BenchmarkId::new(query.with(code), count), |b| {
                    b.iter(|| answer_by_hand(keep, &records));
                });
            }
        }
    }
    group.finish();
}

criterion_group! { name = benches; config = short(); targets = respond }
criterion_main!(benches);
