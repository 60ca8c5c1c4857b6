//! How often memory is asked for: not for each record, and seldom for each node.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "../benches/workload/mod.rs"]
mod workload;

use allocation_counter::measure;
use odata_query::ast::Expr;
use odata_query::{Query, Table};
use workload::employees::{Members, employees};
use workload::queries::{QUERIES, or_chain};

const FEW: usize = 200;
const MANY: usize = 20_000;

/// A vector that grows from few to many items by doubling moves seven times; there are three: what a
/// filter keeps, the sort keys, the page.
const GROWTH: u64 = 3 * 7;

/// An expression has three buffers: nodes, lists, text.
const BUFFERS: u64 = 3;

#[test]
fn evaluating_a_record_allocates_nothing() {
    let records = employees(MANY, Members::InOrder);
    let mut wrong = Vec::new();
    for query in &QUERIES[..9] {
        let plan = Query::parse(query.text).unwrap().bind().unwrap();
        let allocations =
            |count: usize| measure(|| drop(plan.apply(&records[..count]).unwrap())).count_total;
        let (few, many) = (allocations(FEW), allocations(MANY));
        if many > few + GROWTH {
            wrong.push(format!("{}: {few} for {FEW} records, {many} for {MANY}", query.name));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Columns of all that the queries ask about, beside the records themselves.
#[test]
fn columns_take_a_part_of_the_records() {
    let text = serde_json::to_vec(&employees(MANY, Members::InOrder)).unwrap();
    let bytes = text.len() as i64;
    let mut table = None;
    let records = measure(|| table = Some(Table::from_json(text.clone()).unwrap())).bytes_current;
    let table = table.unwrap();
    let columns = measure(|| {
        for query in &QUERIES[..8] {
            drop(table.query(&Query::parse(query.text).unwrap().bind().unwrap()).unwrap());
        }
    });
    let columns = columns.bytes_current;
    // Segments of debug builds are small, and what they share is not.
    let share = if cfg!(debug_assertions) { 4 } else { 5 };
    assert!(columns * share <= bytes, "{columns} bytes of columns for {bytes}");
    assert!(records <= bytes + MANY as i64 * 48, "{records} bytes of records for {bytes}");
}

/// Whoever asks for ever other names does not fill the memory.
#[test]
fn columns_of_many_names_are_bounded() {
    let text = serde_json::to_vec(&employees(FEW, Members::InOrder)).unwrap();
    let table = Table::from_json(text).unwrap();
    let ask = |from: usize, to: usize| {
        for name in from..to {
            let text = format!("$filter=m{name} eq 1 or m{name}/any()");
            drop(table.query(&Query::parse(&text).unwrap().bind().unwrap()).unwrap());
        }
    };
    let first = measure(|| ask(0, 200)).bytes_current;
    let others = measure(|| ask(200, 2_000)).bytes_current;
    assert!(first < 200 * 1_500, "{first} bytes for names that no record has");
    assert!(others < first, "{others} bytes more");
}

#[test]
fn parsing_allocates_once_for_three_nodes() {
    let mut filters: Vec<String> =
        QUERIES.iter().filter_map(|query| Some(query.filter()?.to_owned())).collect();
    filters.extend([
        or_chain(100),
        or_chain(2_000),
        format!("id in ({}0)", "12,".repeat(1_000)),
        format!("{}a{}", "(".repeat(30), " eq 1)".repeat(30)),
        format!("concat(a,'b'){}", " add length(c) mul 2".repeat(20)),
        ["tags/any(t:t/id eq 1 and t/name ne 'a''b')"; 50].join(" and "),
        ["@a le 2021-08-15T15:28:33Z", "not contains(name,'x')", "-b gt duration'PT1H'"]
            .join(" or "),
    ]);
    let mut wrong = Vec::new();
    for filter in &filters {
        let nodes = filter.parse::<Expr>().unwrap().node_count() as u64;
        let allocations = measure(|| drop(filter.parse::<Expr>().unwrap())).count_total;
        if allocations > BUFFERS.max(nodes / 3) {
            let start: String = filter.chars().take(60).collect();
            wrong.push(format!("{allocations} for {nodes} nodes: {start}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
