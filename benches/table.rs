//! Tables: reading bytes, making the first columns, queries over columns that are there, changes, and all cores.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench may fail loudly"
)]

mod workload;

use std::io::Write;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use odata_query::{Plan, Query, Table};
use serde_json::{Value, json};
use workload::by_columns::Plain;
use workload::employees::{Members, employees};
use workload::queries::QUERIES;
use workload::{OURS, short};

fn plan(text: &str) -> Plan {
    Query::parse(text).unwrap().bind().unwrap()
}

fn table(records: &[Value]) -> Table {
    Table::from_json(serde_json::to_vec(records).unwrap()).unwrap()
}

/// Against code by hand over vectors of the very values, which is the limit.
fn queries(c: &mut Criterion) {
    let mut group = c.benchmark_group("table");
    for count in [1_000, 100_000] {
        let records = employees(count, Members::InOrder);
        let (table, plain) = (table(&records), Plain::of(&records));
        group.throughput(Throughput::Elements(count as u64));
        for query in &QUERIES {
            let plan = plan(query.text);
            let page = table.query(&plan).unwrap();
            assert_eq!(
                page.positions().collect::<Vec<_>>(),
                plain.ask(query.name).rows(),
                "{}",
                query.name
            );
            group.bench_function(BenchmarkId::new(query.with(OURS), count), |b| {
                b.iter(|| table.query(&plan).unwrap());
            });
            group.bench_function(BenchmarkId::new(query.with("by_columns"), count), |b| {
                b.iter(|| plain.ask(query.name));
            });
        }
        // Once it was asked often, `eq` has an index. This has none.
        let scan = plan("$filter=id ne 604876");
        group.bench_function(BenchmarkId::new("scan/odata-query", count), |b| {
            b.iter(|| table.query(&scan).unwrap());
        });
    }
    group.finish();
}

/// JSON in, JSON out: records as they are, and two members of each.
fn answers(c: &mut Criterion) {
    let table = table(&employees(20_000, Members::InOrder));
    let mut group = c.benchmark_group("table-answers");
    for (name, text) in [
        ("whole", QUERIES[0].text.to_owned()),
        ("select", format!("{}&$select=id,name", QUERIES[0].text)),
    ] {
        let plan = plan(&text);
        let len = table.query(&plan).unwrap().len();
        group.throughput(Throughput::Elements(len as u64));
        group.bench_function(name, |b| b.iter(|| table.query(&plan).unwrap().to_json()));
    }
    group.finish();
}

fn bytes(c: &mut Criterion) {
    let text = serde_json::to_vec(&employees(20_000, Members::InOrder)).unwrap();
    let mut group = c.benchmark_group("table-bytes");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read", |b| b.iter(|| Table::from_json(text.clone()).unwrap()));
    for query in &QUERIES[..8] {
        let plan = plan(query.text);
        group.bench_function(format!("read and ask {}", query.name), |b| {
            b.iter(|| Table::from_json(text.clone()).unwrap().query(&plan).unwrap());
        });
    }
    group.finish();
}

/// Changes of a table that has the columns of all queries, while somebody else reads it.
fn changes(c: &mut Criterion) {
    let records = employees(100_000, Members::InOrder);
    let mut table = table(&records);
    for query in &QUERIES {
        table.query(&plan(query.text)).unwrap();
    }
    let ids: Vec<Value> = (0..1000).map(|at| records[at * 97]["id"].clone()).collect();
    let mut group = c.benchmark_group("table-changes");
    let mut next = (0..).map(|at: usize| &ids[at % ids.len()]);
    group.bench_function("find by key", |b| {
        b.iter(|| table.positions_of("id", next.next().unwrap()).unwrap());
    });
    let mut next = 0;
    group.bench_function("replace by key", |b| {
        b.iter(|| {
            next += 1;
            let mut record = records[next % 1000].clone();
            record["name"] = json!(format!("Новый {next} "));
            let position = table.positions_of("id", &record["id"]).unwrap()[0];
            table.replace(position, &record.to_string()).unwrap()
        });
    });
    group.bench_function("replace while another one reads", |b| {
        b.iter(|| {
            next += 1;
            let reader = table.clone();
            table.replace(next % 1000, &records[next % 1000].to_string()).unwrap();
            reader.len()
        });
    });
    group.bench_function("append and remove the first", |b| {
        b.iter(|| {
            next += 1;
            table.append(records[next % 1000].to_string()).unwrap();
            table.remove(0)
        });
    });
    group.finish();
}

/// Small records, many of them: what a record costs must not depend on how many there are. With the feature
/// `parallel` it is done by all cores.
fn many(c: &mut Criterion) {
    let mut group = c.benchmark_group("table-many");
    for count in [100_000, 1_000_000, 10_000_000_usize] {
        let mut text = Vec::with_capacity(count * 64);
        for at in 0..count {
            let id = at.wrapping_mul(7_919) % count;
            writeln!(
                text,
                "{{\"id\":{id},\"name\":\"n{}\",\"group\":{},\"rate\":{}.5}}",
                id / 2,
                at % 40,
                at % 1000
            )
            .unwrap();
        }
        let table = Table::from_json(text).unwrap();
        table.positions_of("id", &json!(1)).unwrap();
        group.throughput(Throughput::Elements(count as u64));
        for (name, text) in [
            ("group", "$filter=group eq 7&$count=true&$top=0"),
            ("contains", "$filter=contains(name,'99999')"),
            ("order", "$filter=group ne 7&$orderby=id desc&$top=10"),
            ("key", "$filter=id eq 77777"),
        ] {
            let plan = plan(text);
            table.query(&plan).unwrap();
            group.bench_function(BenchmarkId::new(name, count), |b| {
                b.iter(|| table.query(&plan).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group! { name = benches; config = short(); targets = queries, answers, bytes, changes, many }
criterion_main!(benches);
