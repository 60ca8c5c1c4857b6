//! Text to syntax tree.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench may fail loudly")]

mod workload;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use odata_query::Query;
use workload::queries::named_texts;
use workload::short;

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for (name, text) in named_texts() {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |b| b.iter(|| Query::parse(&text).unwrap()));
    }
    group.finish();
}

criterion_group! { name = benches; config = short(); targets = parse }
criterion_main!(benches);
