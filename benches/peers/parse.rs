//! Filters parsed by this library and by others.

#[path = "../workload/mod.rs"]
mod workload;

mod parsers;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use parsers::{PARSERS, filters};
use workload::short;

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("peers-parse");
    for (name, query) in filters() {
        group.throughput(Throughput::Bytes(query.len() as u64));
        for (parser, parse) in PARSERS {
            if parse(&query) {
                group.bench_function(format!("{name}/{parser}"), |b| b.iter(|| parse(&query)));
            } else {
                println!("{parser} cannot parse {name}: {query}");
            }
        }
    }
    group.finish();
}

criterion_group! { name = benches; config = short(); targets = parse }
criterion_main!(benches);
