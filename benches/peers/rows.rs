//! Records filtered by this library and by interpreters of other languages.
//!
//! Programs are compiled once, and records are converted to what an interpreter reads before anything is
//! measured; this library reads them as serde_json made them.

#[path = "../workload/mod.rs"]
mod workload;

use std::sync::Arc;

use cel::common::value::{CowVal, Val as CelVal};
use cel::context::VariableResolver;
use cel::{Context, Env, Program, Value as CelValue};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars, data::JustLut};
use jaq_json::Val as JaqVal;
use odata_query::Query;
use serde_json::Value;
use workload::employees::{Members, employees};
use workload::queries::QUERIES;
use workload::{OURS, short};

/// Q1 to Q8 in CEL, over the record `r`. `since` is the timestamp of Q7.
const CEL: [&str; 8] = [
    "r.isArchived == false && r.workingScheduleId == null",
    "r.id == 604876u",
    "r.name.contains('торен')",
    "r.userTags.exists(s, s.tagId == 150u)",
    "r.phoneNumbers.size() == 0",
    "r.isArchived == false && (r.workingScheduleId == 12u || r.workingScheduleId == 35u)",
    "timestamp(r.updatedAt) > since",
    "r.userTags.exists(t, t.tag.name == 'Важное') && r.email.lowerAscii().startsWith('a')",
];

/// Q1 to Q8 in jq, over an array of records. Q7 compares text, as one would there.
const JQ: [&str; 8] = [
    ".[] | select(.isArchived == false and .workingScheduleId == null)",
    ".[] | select(.id == 604876)",
    r#".[] | select(.name | contains("торен"))"#,
    ".[] | select(any(.userTags[]; .tagId == 150))",
    ".[] | select(.phoneNumbers == [])",
    ".[] | select(.isArchived == false and (.workingScheduleId == 12 or .workingScheduleId == 35))",
    r#".[] | select(.updatedAt > "2021-08-15T15:28:33.4985050Z")"#,
    r#".[] | select(any(.userTags[]; .tag.name == "Важное") and (.email | ascii_downcase | startswith("a")))"#,
];

/// A record as the variable `r`.
struct CelRecord(Box<dyn CelVal>);

impl VariableResolver for CelRecord {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        (variable == "r").then_some(CowVal::Borrowed(&*self.0))
    }
}

fn cel_record(record: &Value) -> CelRecord {
    CelRecord(cel::to_value(record).unwrap().try_into().unwrap())
}

fn cel_env() -> Arc<Env> {
    let mut env = Env::stdlib();
    env.add_extension(cel::extensions::strings).unwrap();
    Arc::new(env)
}

fn cel_count(program: &Program, context: &Context, records: &[CelRecord]) -> usize {
    let keeps = |record: &&CelRecord| {
        let mut scope = context.new_inner_scope();
        scope.set_variable_resolver(*record);
        program.execute(&scope).unwrap() == CelValue::Bool(true)
    };
    records.iter().filter(keeps).count()
}

fn jaq_filter(code: &str) -> Filter<JustLut<JaqVal>> {
    let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let modules = Loader::new(defs).load(&arena, File { code, path: () }).unwrap();
    Compiler::default().with_funs(funs).compile(modules).unwrap()
}

fn jaq_count(filter: &Filter<JustLut<JaqVal>>, records: &JaqVal) -> usize {
    let context = Ctx::<JustLut<JaqVal>>::new(&filter.lut, Vars::new([]));
    filter.id.run((context, records.clone())).map(Result::unwrap).count()
}

fn rows(c: &mut Criterion) {
    let env = cel_env();
    let mut cel_context = Context::with_env(env.clone());
    let since = env.compile("timestamp('2021-08-15T15:28:33.4985050Z')").unwrap();
    cel_context.add_variable_from_value("since", since.execute(&cel_context).unwrap());

    let mut group = c.benchmark_group("peers-rows");
    for count in [1_000, 100_000] {
        let records = employees(count, Members::InOrder);
        let cel_records: Vec<CelRecord> = records.iter().map(cel_record).collect();
        let text = serde_json::to_string(&records).unwrap();
        let jaq_records: JaqVal = serde_json::from_str(&text).unwrap();
        group.throughput(Throughput::Elements(count as u64));
        for ((query, cel), jq) in QUERIES.iter().zip(CEL).zip(JQ) {
            let plan = Query::parse(query.text).unwrap().bind().unwrap();
            let program = env.compile(cel).unwrap();
            let filter = jaq_filter(jq);
            let found = plan.apply(&records).unwrap().len();
            assert_eq!(found, cel_count(&program, &cel_context, &cel_records), "{cel}");
            assert_eq!(found, jaq_count(&filter, &jaq_records), "{jq}");
            group.bench_function(BenchmarkId::new(query.with(OURS), count), |b| {
                b.iter(|| plan.apply(&records).unwrap());
            });
            group.bench_function(BenchmarkId::new(query.with("cel"), count), |b| {
                b.iter(|| cel_count(&program, &cel_context, &cel_records));
            });
            group.bench_function(BenchmarkId::new(query.with("jaq"), count), |b| {
                b.iter(|| jaq_count(&filter, &jaq_records));
            });
        }
    }
    group.finish();
}

criterion_group! { name = benches; config = short(); targets = rows }
criterion_main!(benches);
