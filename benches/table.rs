//! Tables: reading bytes, making the first columns, and queries over columns that are there.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench may fail loudly")]

mod workload;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use odata_query::{Query, Table};
use workload::employees::{Members, employees};
use workload::queries::QUERIES;
use workload::{OURS, short};

fn queries(c: &mut Criterion) {
    let mut group = c.benchmark_group("table");
    for count in [1_000, 100_000] {
        let records = employees(count, Members::InOrder);
        let table = Table::from_json(serde_json::to_vec(&records).unwrap()).unwrap();
        group.throughput(Throughput::Elements(count as u64));
        for query in &QUERIES {
            let plan = Query::parse(query.text).unwrap().bind().unwrap();
            let page = table.query(&plan).unwrap();
            assert_eq!(page.to_json(), plan.apply(&records).unwrap().to_json(), "{}", query.name);
            group.bench_function(BenchmarkId::new(query.with(OURS), count), |b| {
                b.iter(|| table.query(&plan).unwrap());
            });
        }
    }
    group.finish();
}

fn bytes(c: &mut Criterion) {
    let text = serde_json::to_vec(&employees(20_000, Members::InOrder)).unwrap();
    let mut group = c.benchmark_group("table-bytes");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read", |b| b.iter(|| Table::from_json(text.clone()).unwrap()));
    for query in &QUERIES[..8] {
        let plan = Query::parse(query.text).unwrap().bind().unwrap();
        group.bench_function(format!("read and ask {}", query.name), |b| {
            b.iter(|| Table::from_json(text.clone()).unwrap().query(&plan).unwrap());
        });
    }
    group.finish();
}

criterion_group! { name = benches; config = short(); targets = queries, bytes }
criterion_main!(benches);
