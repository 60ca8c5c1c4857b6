//! A bound plan over records in memory, against code written by hand for the one query.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench may fail loudly")]

mod workload;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use odata_query::Query;
use serde_json::json;
use workload::by_hand::by_hand;
use workload::employees::{Members, employees};
use workload::queries::QUERIES;
use workload::{OURS, short};

/// The name of the group, how the members of its records stand, how many records there are.
type Batches = (&'static str, Members, &'static [usize]);

const VECTOR_MAPS: [Batches; 2] = [
    ("rows", Members::InOrder, &[100, 1_000, 100_000]),
    ("rows-mixed", Members::Mixed, &[1_000, 100_000]),
];

/// serde_json's own maps sort their members.
const DEFAULT_MAPS: [Batches; 1] = [("rows-default-maps", Members::InOrder, &[1_000, 100_000])];

/// Those of the kind of maps that serde_json was built with.
fn batches() -> &'static [Batches] {
    if json!({"b": 0, "a": 0}).to_string().starts_with(r#"{"b""#) {
        &VECTOR_MAPS
    } else {
        &DEFAULT_MAPS
    }
}

fn rows(c: &mut Criterion) {
    for &(name, members, counts) in batches() {
        let mut group = c.benchmark_group(name);
        for &count in counts {
            let records = employees(count, members);
            group.throughput(Throughput::Elements(count as u64));
            for query in &QUERIES {
                let plan = Query::parse(query.text).unwrap().bind().unwrap();
                let page = plan.apply(&records).unwrap();
                group.bench_function(BenchmarkId::new(query.with(OURS), count), |b| {
                    b.iter(|| plan.apply(&records).unwrap());
                });
                for (code, keep) in by_hand(query.name) {
                    assert!(page.records().eq(keep(&records)), "{} keeps others", query.name);
                    group.bench_function(BenchmarkId::new(query.with(code), count), |b| {
                        b.iter(|| keep(&records));
                    });
                }
            }
        }
        group.finish();
    }
}

criterion_group! { name = benches; config = short(); targets = rows }
criterion_main!(benches);
