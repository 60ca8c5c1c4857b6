//! Streams: bytes to bytes, beside reading all of them as values.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench may fail loudly")]

mod workload;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use odata_query::{Plan, Query, Stream};
use serde_json::Value;
use workload::employees::{Members, employees};
use workload::queries::QUERIES;
use workload::{OURS, short};

/// Bytes that arrive at once.
const CHUNK: usize = 256 << 10;

/// The answer, which is forgotten as it comes; its length.
fn stream(mut stream: Stream, text: &[u8]) -> usize {
    let (mut out, mut written) = (Vec::new(), 0_usize);
    for chunk in text.chunks(CHUNK) {
        stream.push(chunk, &mut out).unwrap();
        written = written.saturating_add(black_box(&out).len());
        out.clear();
    }
    stream.finish(&mut out).unwrap();
    written.saturating_add(out.len())
}

/// What one does without a stream.
fn by_values(plan: &Plan, text: &[u8]) -> usize {
    let records: Vec<Value> = serde_json::from_slice(text).unwrap();
    plan.apply(&records).unwrap().to_json().len()
}

fn streams(c: &mut Criterion) {
    let records = employees(20_000, Members::InOrder);
    let array = serde_json::to_vec(&records).unwrap();
    let lines: Vec<u8> = records.iter().flat_map(|r| format!("{r}\n").into_bytes()).collect();
    let mut group = c.benchmark_group("stream");
    group.throughput(Throughput::Bytes(array.len() as u64));
    for query in &QUERIES[..3] {
        let plan = Query::parse(query.text).unwrap().bind().unwrap();
        let checked = || Stream::new(&plan);
        let trusting = || Stream::new(&plan).trusting();
        assert_eq!(stream(checked(), &array), by_values(&plan, &array), "{}", query.name);
        let mut measure = |name: &str, run: &dyn Fn() -> usize| {
            group.bench_function(query.with(name), |b| b.iter(run));
        };
        measure(&format!("array {OURS}"), &|| stream(checked(), &array));
        measure(&format!("array {OURS} trusting"), &|| stream(trusting(), &array));
        measure(&format!("lines {OURS}"), &|| stream(checked().from_lines(), &lines));
        measure(&format!("lines {OURS} trusting"), &|| stream(trusting().from_lines(), &lines));
        measure("array by_hand values", &|| by_values(&plan, &array));
    }
    group.finish();
}

criterion_group! { name = benches; config = short(); targets = streams }
criterion_main!(benches);
