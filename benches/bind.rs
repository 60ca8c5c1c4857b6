//! Syntax tree to plan.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench may fail loudly")]

mod workload;

use criterion::{Criterion, criterion_group, criterion_main};
use odata_query::Query;
use workload::queries::named_texts;
use workload::short;

fn bind(c: &mut Criterion) {
    let mut group = c.benchmark_group("bind");
    for (name, text) in named_texts() {
        let query = Query::parse(&text).unwrap();
        group.bench_function(name, |b| b.iter(|| query.bind().unwrap()));
    }
    group.finish();
}

criterion_group! { name = benches; config = short(); targets = bind }
criterion_main!(benches);
