//! Over any records, a query of any tree keeps what the naive evaluator keeps, tight limits refuse it or change
//! nothing, and a table and streams answer the same.

use std::time::SystemTime;

use odata_query::{Collections, Query, Settings, Stream, Table};
use serde_json::Value;

use super::choices::Choices;
use super::{generate, naive};

/// The query is made from the front of the input and the records from its back, so that the fuzzer
/// can change one without the other.
pub fn check(data: &[u8]) {
    let query = generate::query(&mut Choices::new(data.iter().copied()));
    let records = generate::records(&mut Choices::new(data.iter().rev().copied()));
    agrees(naive::compare(&query, &records), &query);
    for key in &query.options().orderby {
        agrees(naive::compare_values(&key.expr, &records[..records.len().min(8)]), &query);
    }
    table_agrees(&query, &records);
    streams_agree(&query, &records, data.len());
    limits_change_nothing(query, &records);
}

fn table_agrees(query: &Query, records: &[Value]) {
    let Ok(plan) = query.bind() else {
        return;
    };
    let table = Table::from_json(serde_json::to_vec(records).unwrap()).unwrap();
    let now = SystemTime::UNIX_EPOCH;
    let rows = plan.apply_at(records, now).map(|page| page.to_json());
    let table = table.query_with_at(&plan, &Collections::new(), now).map(|page| page.to_json());
    let code = |error: odata_query::Error| error.code();
    assert_eq!(table.map_err(code), rows.map_err(code), "{query}");
}

fn streams_agree(query: &Query, records: &[Value], length: usize) {
    let Ok(plan) = query.bind() else {
        return;
    };
    let now = SystemTime::UNIX_EPOCH;
    let code = |error: odata_query::Error| error.code();
    let rows = plan.apply_at(records, now).map_err(code).map(|page| page.to_json());
    let rows = rows.map(|rows| serde_json::from_str::<Value>(&rows).unwrap());
    let array = serde_json::to_vec(records).unwrap();
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    let stream = || Stream::new(&plan).at(now);
    for (mut stream, text) in [
        (stream(), array.as_slice()),
        (stream().trusting(), array.as_slice()),
        (stream().from_lines(), lines.as_bytes()),
        (stream().from_lines().trusting(), lines.as_bytes()),
    ] {
        let mut out = Vec::new();
        let mut chunks = text.chunks(1 + length % 100);
        let answer = chunks.try_for_each(|chunk| stream.push(chunk, &mut out));
        let answer = answer.and_then(|()| stream.finish(&mut out)).map_err(code);
        let answer = answer.map(|()| serde_json::from_slice::<Value>(&out).unwrap());
        assert_eq!(answer, rows, "{query}");
    }
}

fn agrees(result: Result<(), String>, query: &Query) {
    if let Err(difference) = result {
        panic!("{query}: {difference}");
    }
}

fn limits_change_nothing(query: Query, records: &[Value]) {
    let mut tight = Settings::default();
    tight.limits.depth = 16;
    tight.limits.nodes = 24;
    tight.limits.in_items = 4;
    tight.limits.lambda_depth = 2;
    tight.limits.record_steps = 64;
    tight.limits.query_steps = 0;
    tight.limits.query_steps_per_record = 16;
    tight.limits.string = 4;
    let free = query.apply(records).map(|page| page.to_json());
    match (query.with_settings(tight).apply(records), free) {
        (Ok(page), Ok(free)) => assert_eq!(page.to_json(), free),
        (Err(error), _) if error.is_limit() => {}
        (Err(error), Err(free)) => assert_eq!(error.code(), free.code()),
        (tight, free) => panic!("{:?} instead of {free:?}", tight.map(|page| page.to_json())),
    }
}
