//! A bound plan over records in memory, against code written by hand for the one query.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a bench may fail loudly")]

mod workload;

use std::cmp::Ordering;
use std::time::Duration;

use chrono::{DateTime, FixedOffset};
use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use odata_query::Query;
use serde_json::Value;
use workload::employees::employees;
use workload::queries::QUERIES;

type ByHand = fn(&[Value]) -> Vec<&Value>;

/// For each query what one would write without a query language.
const BY_HAND: [ByHand; QUERIES.len()] = [
    |records| keep(records, is_active_without_schedule),
    |records| keep(records, |v| v["id"] == 604_876),
    |records| keep(records, |v| v["name"].as_str().is_some_and(|name| name.contains("торен"))),
    |records| keep(records, |v| items(&v["userTags"]).iter().any(|s| s["tagId"] == 150)),
    |records| keep(records, |v| items(&v["phoneNumbers"]).is_empty()),
    |records| {
        keep(records, |v| {
            v["isArchived"] == false && matches!(v["workingScheduleId"].as_i64(), Some(12 | 35))
        })
    },
    |records| {
        let since = timestamp("2021-08-15T15:28:33.4985050Z");
        keep(records, |v| v["updatedAt"].as_str().and_then(timestamp) > since)
    },
    |records| {
        keep(records, |v| {
            items(&v["userTags"]).iter().any(|t| t["tag"]["name"] == "Важное")
                && v["email"].as_str().is_some_and(|email| email.to_lowercase().starts_with('a'))
        })
    },
    |records| {
        let active = records.iter().filter(|v| is_active_without_schedule(v));
        active.max_by_key(|v| v["id"].as_u64()).into_iter().collect()
    },
    |records| {
        let mut active = keep(records, is_active_without_schedule);
        active.sort_by(|a, b| by_name(a, b));
        active.into_iter().skip(100).take(50).collect()
    },
];

fn keep(records: &[Value], keeps: impl Fn(&Value) -> bool) -> Vec<&Value> {
    records.iter().filter(|v| keeps(v)).collect()
}

fn is_active_without_schedule(v: &Value) -> bool {
    v["isArchived"] == false && v["workingScheduleId"].is_null()
}

fn items(v: &Value) -> &[Value] {
    v.as_array().map_or(&[], Vec::as_slice)
}

fn timestamp(text: &str) -> Option<DateTime<FixedOffset>> {
    DateTime::parse_from_rfc3339(text).ok()
}

/// By last name, then by first name descending.
fn by_name(a: &Value, b: &Value) -> Ordering {
    let last_names = a["lastName"].as_str().cmp(&b["lastName"].as_str());
    last_names.then_with(|| b["firstName"].as_str().cmp(&a["firstName"].as_str()))
}

fn rows(c: &mut Criterion) {
    for count in [1_000, 100_000] {
        let records = employees(count);
        for (query, by_hand) in QUERIES.iter().zip(BY_HAND) {
            let plan = Query::parse(query.text).unwrap().bind().unwrap();
            let page = plan.apply(&records).unwrap();
            assert!(page.records().eq(by_hand(&records)), "{} keeps other records", query.name);

            let mut group = c.benchmark_group(query.name);
            group.throughput(Throughput::Elements(count as u64));
            group.warm_up_time(Duration::from_millis(500));
            group.measurement_time(Duration::from_secs(1));
            group.sample_size(10);
            group.sampling_mode(SamplingMode::Flat);
            group.bench_function(BenchmarkId::new("plan", count), |b| {
                b.iter(|| plan.apply(&records).unwrap());
            });
            group.bench_function(BenchmarkId::new("by_hand", count), |b| {
                b.iter(|| by_hand(&records));
            });
            group.finish();
        }
    }
}

criterion_group!(benches, rows);
criterion_main!(benches);
