//! Text to syntax tree, and syntax tree to plan.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench may fail loudly")]

mod workload;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use odata_query::Query;
use odata_query::ast::Expr;
use workload::queries::{QUERIES, or_chain};

const CHAIN_LENGTHS: [usize; 2] = [100, 2_000];

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    for query in &QUERIES {
        match query.filter() {
            Some(filter) => {
                group.throughput(Throughput::Bytes(filter.len() as u64));
                group.bench_function(query.name, |b| b.iter(|| filter.parse::<Expr>().unwrap()));
            }
            None => {
                group.throughput(Throughput::Bytes(query.text.len() as u64));
                group.bench_function(query.name, |b| b.iter(|| Query::parse(query.text).unwrap()));
            }
        }
    }
    for terms in CHAIN_LENGTHS {
        let filter = or_chain(terms);
        group.throughput(Throughput::Bytes(filter.len() as u64));
        group.bench_function(BenchmarkId::new("or", terms), |b| {
            b.iter(|| filter.parse::<Expr>().unwrap());
        });
    }
    group.finish();
}

fn bind(c: &mut Criterion) {
    let mut group = c.benchmark_group("bind");
    for query in &QUERIES {
        let parsed = Query::parse(query.text).unwrap();
        group.bench_function(query.name, |b| b.iter(|| parsed.bind().unwrap()));
    }
    for terms in CHAIN_LENGTHS {
        let parsed = Query::parse(&format!("$filter={}", or_chain(terms))).unwrap();
        group.bench_function(BenchmarkId::new("or", terms), |b| b.iter(|| parsed.bind().unwrap()));
    }
    group.finish();
}

criterion_group!(benches, parse, bind);
criterion_main!(benches);
