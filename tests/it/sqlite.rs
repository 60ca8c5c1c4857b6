//! Queries over flat records, compared with what SQLite selects.
//!
//! A query is made in two languages at once: each row of the tables below is a construct of OData with
//! the SQL that means the same. Where the languages differ, the SQL says what OData means:
//!
//! - Comparisons are never null (5.1.1.1): `eq` and `ne` are `IS` and `IS NOT`, an order with null is
//!   false, and `in` is a chain of `IS`, since SQL's `IN` is null for null.
//! - `divby` of integers has a fraction (5.1.1.2.5), SQL's `/` has not. All divisors are powers of two
//!   where the quotient is no integer, because SQLite computes with binary fractions.
//! - The parts of a point in time are those in its own offset (5.1.1.8), which SQLite drops: they are cut
//!   out of the text.
//!
//! Not compared, because SQLite has another meaning or none: `mod` with fractions (it drops them),
//! `tolower` and `toupper` beyond ASCII, `substring` that starts before the string and has a length
//! (SQLite counts what is not there), division by zero (null instead of an error), overflow (doubles).

use odata_query::Query;
use odata_query::ast::{Direction, Expr};
use proptest::collection::vec;
use proptest::option::{self, of};
use proptest::prelude::*;
use proptest::sample::select;
use rusqlite::Connection;
use serde_json::{Map, Value, json};

use crate::strategies::cases;

/// A construct in both languages; `{0}` to `{2}` stand for operands.
type Row = (&'static str, &'static str);

const TEXT_LEAVES: &[Row] = &[("s", "s"), ("t", "t"), ("null", "NULL")];
const TEXT_OF_TEXT: &[Row] = &[
    ("tolower({0})", "lower({0})"),
    ("toupper({0})", "upper({0})"),
    ("trim({0})", "trim({0})"),
    ("substring({0},0)", "substr({0}, 1)"),
    ("substring({0},2)", "substr({0}, 3)"),
    ("substring({0},-2)", "substr({0}, -2)"),
    ("substring({0},1,2)", "substr({0}, 2, 2)"),
    ("substring({0},0,0)", "substr({0}, 1, 0)"),
];
const TEXT_OF_TEXTS: &[Row] = &[("concat({0},{1})", "({0} || {1})")];

const DAY_LEAVES: &[Row] = &[
    ("d", "d"),
    ("date(at)", "substr(at, 1, 10)"),
    ("2020-02-29", "'2020-02-29'"),
    ("2021-01-01", "'2021-01-01'"),
];
const DAY_OF_DAY: &[Row] = &[
    ("({0} add duration'P1D')", "date({0}, '+1 days')"),
    ("({0} sub duration'P31D')", "date({0}, '-31 days')"),
    ("({0} add duration'P1DT23H59M')", "date({0}, '+1 days', '+23 hours', '+59 minutes')"),
    ("({0} sub duration'PT1S')", "date({0}, '-1 seconds')"),
];

const INSTANT_LEAVES: &[Row] = &[
    ("at", "unixepoch(at)"),
    ("2020-02-29T12:00:00Z", "unixepoch('2020-02-29T12:00:00Z')"),
    ("2021-01-01T01:30:00+03:00", "unixepoch('2021-01-01T01:30:00+03:00')"),
    ("(at add duration'PT90M')", "(unixepoch(at) + 5400)"),
    ("(at sub duration'P1DT0.5S')", "(unixepoch(at) - 86400.5)"),
];

const WHOLE_LEAVES: &[Row] =
    &[("n", "n"), ("m", "m"), ("null", "NULL"), ("hour(at)", "CAST(substr(at, 12, 2) AS INTEGER)")];
const WHOLE_OF_TEXT: &[Row] = &[("length({0})", "length({0})")];
const WHOLE_OF_TEXTS: &[Row] = &[("indexof({0},{1})", "(instr({0}, {1}) - 1)")];
const WHOLE_OF_DAY: &[Row] = &[
    ("year({0})", "CAST(strftime('%Y', {0}) AS INTEGER)"),
    ("month({0})", "CAST(strftime('%m', {0}) AS INTEGER)"),
    ("day({0})", "CAST(strftime('%d', {0}) AS INTEGER)"),
];
const WHOLE_OF_WHOLE: &[Row] = &[
    ("(-({0}))", "(-({0}))"),
    ("({0} div 3)", "({0} / 3)"),
    ("({0} div -2)", "({0} / -2)"),
    ("({0} mod 3)", "({0} % 3)"),
    ("({0} mod -2)", "({0} % -2)"),
];
const ARITHMETIC: &[Row] = &[
    ("({0} add {1})", "({0} + {1})"),
    ("({0} sub {1})", "({0} - {1})"),
    ("({0} mul {1})", "({0} * {1})"),
];

const NUMBER_LEAVES: &[Row] = &[
    ("p", "p"),
    ("-0.75", "-0.75"),
    ("1.0", "1.0"),
    ("2.5", "2.5"),
    (
        "totalseconds(at sub 2020-02-29T12:00:00Z)",
        "(unixepoch(at) - unixepoch('2020-02-29T12:00:00Z'))",
    ),
];
const NUMBER_OF_NUMBER: &[Row] = &[
    ("(-({0}))", "(-({0}))"),
    ("({0} divby 4)", "({0} / 4.0)"),
    ("({0} div -0.5)", "({0} / -0.5)"),
    ("round({0})", "round({0})"),
    ("floor({0})", "(CAST({0} AS INTEGER) - ({0} < CAST({0} AS INTEGER)))"),
    ("ceiling({0})", "(CAST({0} AS INTEGER) + ({0} > CAST({0} AS INTEGER)))"),
];
const CASE: &[Row] = &[
    ("case({0}:{1},true:{2})", "CASE WHEN {0} THEN {1} ELSE {2} END"),
    ("case({0}:{1})", "CASE WHEN {0} THEN {1} END"),
];

const TRUTH_LEAVES: &[Row] = &[("b", "b"), ("true", "1"), ("false", "0"), ("null", "NULL")];
const COMPARISONS: &[Row] = &[
    ("({0} eq {1})", "({0} IS {1})"),
    ("({0} ne {1})", "({0} IS NOT {1})"),
    ("({0} gt {1})", "ifnull({0} > {1}, 0)"),
    ("({0} ge {1})", "ifnull({0} >= {1}, 0)"),
    ("({0} lt {1})", "ifnull({0} < {1}, 0)"),
    ("({0} le {1})", "ifnull({0} <= {1}, 0)"),
];
const TRUTH_OF_WHOLE: &[Row] = &[
    ("({0} in (1,-2,null))", "({0} IS 1 OR {0} IS -2 OR {0} IS NULL)"),
    ("({0} in (0.0,2.5,3))", "({0} IS 0 OR {0} IS 2.5 OR {0} IS 3)"),
    ("({0} in ())", "0"),
];
const TRUTH_OF_TEXT: &[Row] = &[
    ("({0} in ('a','Ab',''))", "({0} IS 'a' OR {0} IS 'Ab' OR {0} IS '')"),
    ("({0} eq null)", "({0} IS NULL)"),
];
const TRUTH_OF_TEXTS: &[Row] = &[
    ("contains({0},{1})", "(instr({0}, {1}) > 0)"),
    ("startswith({0},{1})", "(substr({0}, 1, length({1})) = {1})"),
    ("endswith({0},{1})", "(substr({0}, length({0}) - length({1}) + 1) = {1})"),
];
const TRUTH_OF_TRUTH: &[Row] = &[("not ({0})", "(NOT {0})")];
const TRUTH_OF_TRUTHS: &[Row] = &[
    ("({0} and {1})", "({0} AND {1})"),
    ("({0} or {1})", "({0} OR {1})"),
    ("({0} eq {1})", "({0} IS {1})"),
    ("({0} gt {1})", "ifnull({0} > {1}, 0)"),
];

/// Letters of one case only where they are not ASCII.
const TEXTS: &[&str] = &["", "a", "A", "Ab", "aB", "b", " a ", "漢", "a😀b", "%_", "a''b"];
const DAYS: &[&str] = &["2019-12-31", "2020-02-28", "2020-02-29", "2021-01-01", "2021-03-31"];
const POINTS: &[&str] = &[
    "2020-02-29T12:00:00Z",
    "2020-02-29T23:30:00-05:30",
    "2020-12-31T22:30:00Z",
    "2021-01-01T01:30:00+03:00",
    "2021-01-01T01:30:00+14:00",
];

/// An expression in both languages.
#[derive(Debug, Clone)]
struct Term {
    odata: String,
    sql: String,
}

type Terms = BoxedStrategy<Term>;

fn terms<const N: usize>(rows: &'static [Row], operands: [&Terms; N]) -> Terms {
    let operands = Vec::from(operands.map(Terms::clone));
    (select(rows), operands)
        .prop_map(|((odata, sql), operands)| {
            let mut term = Term { odata: odata.to_owned(), sql: sql.to_owned() };
            for (index, operand) in operands.iter().enumerate() {
                let place = format!("{{{index}}}");
                term.odata = term.odata.replace(&place, &operand.odata);
                term.sql = term.sql.replace(&place, &operand.sql);
            }
            term
        })
        .boxed()
}

fn literals(value: impl Strategy<Value = String> + 'static) -> Terms {
    value.prop_map(|text| Term { odata: text.clone(), sql: text }).boxed()
}

/// Terms of one type, which are made of leaves and of one another.
fn nested(leaves: Vec<Terms>, more: fn(&Terms) -> Vec<Terms>) -> Terms {
    let leaves = prop::strategy::Union::new(leaves);
    leaves
        .prop_recursive(3, 12, 2, move |inner| prop::strategy::Union::new(more(&inner.boxed())))
        .boxed()
}

/// The terms of each type.
struct Language {
    text: Terms,
    number: Terms,
    truth: Terms,
    day: Terms,
}

fn language() -> Language {
    let quoted = literals(select(TEXTS).prop_map(|text| format!("'{text}'")));
    let text = nested(vec![terms(TEXT_LEAVES, []), quoted], |text| {
        vec![terms(TEXT_OF_TEXT, [text]), terms(TEXT_OF_TEXTS, [text, text])]
    });
    let day = nested(vec![terms(DAY_LEAVES, [])], |day| vec![terms(DAY_OF_DAY, [day])]);
    let instant = terms(INSTANT_LEAVES, []);
    let whole = nested(
        vec![
            terms(WHOLE_LEAVES, []),
            literals((-5..=5_i64).prop_map(|number| number.to_string())),
            terms(WHOLE_OF_TEXT, [&text]),
            terms(WHOLE_OF_TEXTS, [&text, &text]),
            terms(WHOLE_OF_DAY, [&day]),
        ],
        |whole| vec![terms(WHOLE_OF_WHOLE, [whole]), terms(ARITHMETIC, [whole, whole])],
    );
    let test = terms(COMPARISONS, [&whole, &whole]);
    let number = nested(
        vec![whole.clone(), terms(NUMBER_LEAVES, []), terms(CASE, [&test, &whole, &whole])],
        |number| vec![terms(NUMBER_OF_NUMBER, [number]), terms(ARITHMETIC, [number, number])],
    );
    let truth = nested(
        vec![
            test,
            terms(TRUTH_LEAVES, []),
            terms(COMPARISONS, [&number, &number]),
            terms(COMPARISONS, [&text, &text]),
            terms(COMPARISONS, [&day, &day]),
            terms(COMPARISONS, [&instant, &instant]),
            terms(TRUTH_OF_WHOLE, [&whole]),
            terms(TRUTH_OF_TEXT, [&text]),
            terms(TRUTH_OF_TEXTS, [&text, &text]),
        ],
        |truth| vec![terms(TRUTH_OF_TRUTH, [truth]), terms(TRUTH_OF_TRUTHS, [truth, truth])],
    );
    Language { text, number, truth, day }
}

fn keys() -> impl Strategy<Value = Vec<(Term, Direction)>> {
    let Language { text, number, truth, day } = language();
    let direction = select(&[Direction::Asc, Direction::Desc][..]);
    vec((prop_oneof![text, number, truth, day], direction), 0..3)
}

fn records() -> impl Strategy<Value = Vec<Value>> {
    let member = |value: BoxedStrategy<Value>| of(value).boxed();
    let small = || member((-5..=5_i64).prop_map(Value::from).boxed());
    let words = |words: &'static [&'static str]| {
        member(select(words).prop_map(|word| word.replace("''", "'").into()).boxed())
    };
    let members = (
        (small(), small(), member((-10..=10_i8).prop_map(|n| json!(f64::from(n) / 4.0)).boxed())),
        (words(TEXTS), words(TEXTS), member(any::<bool>().prop_map(Value::from).boxed())),
        (words(DAYS), words(POINTS)),
    );
    vec(members, 1..16).prop_map(|rows| {
        let records = (0..).zip(rows).map(|(id, ((n, m, p), (s, t, b), (d, at)))| {
            let members =
                [("n", n), ("m", m), ("p", p), ("s", s), ("t", t), ("b", b), ("d", d), ("at", at)];
            let mut record = Map::from_iter([("id".to_owned(), Value::from(id))]);
            // What is null and what is missing are alike.
            record.extend(members.into_iter().filter_map(|(name, value)| {
                let value = value.or((id % 2 == 0).then_some(Value::Null));
                Some((name.to_owned(), value?))
            }));
            Value::Object(record)
        });
        records.collect()
    })
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn agrees(
        filter in language().truth,
        keys in keys(),
        (skip, top) in (0..3_u64, option::weighted(0.3, 0..5_u64)),
        records in records(),
    ) {
        let (selected, sql) = selected(&filter, &keys, skip, top, &records);
        let expr = |term: &Term| {
            let parsed = term.odata.parse::<Expr>();
            parsed.map_err(|error| TestCaseError::fail(error.report()))
        };
        let mut query = Query::new().filter(expr(&filter)?).skip(skip);
        for (key, direction) in &keys {
            query = query.orderby(expr(key)?, *direction);
        }
        query = top.into_iter().fold(query, Query::top);
        let page = query.apply(&records).map_err(|error| TestCaseError::fail(error.report()))?;
        let kept: Vec<i64> = page.records().filter_map(|record| record["id"].as_i64()).collect();
        prop_assert_eq!(kept, selected, "{}\n{}", query, sql);
    }
}

/// The ids that SQLite selects, and how it was asked.
fn selected(
    filter: &Term,
    keys: &[(Term, Direction)],
    skip: u64,
    top: Option<u64>,
    records: &[Value],
) -> (Vec<i64>, String) {
    let table = "CREATE TABLE records AS SELECT value ->> 'id' AS id, value ->> 'n' AS n, \
        value ->> 'm' AS m, value ->> 'p' AS p, value ->> 's' AS s, value ->> 't' AS t, \
        value ->> 'b' AS b, value ->> 'd' AS d, value ->> 'at' AS at FROM json_each(?1)";
    let database = Connection::open_in_memory().unwrap();
    database.execute(table, [Value::from(records).to_string()]).unwrap();

    // As columns with names, so that a literal is not the position of a column.
    let (mut columns, mut order) = (String::new(), String::new());
    for (position, (key, direction)) in keys.iter().enumerate() {
        columns += &format!(", {} AS key{position}", key.sql);
        order += &format!("key{position} {direction:?}, ");
    }
    let limit = top.map_or("-1".to_owned(), |top| top.to_string());
    let sql = format!(
        "SELECT id{columns} FROM records WHERE {} ORDER BY {order}id LIMIT {limit} OFFSET {skip}",
        filter.sql
    );
    let mut statement = database.prepare(&sql).unwrap();
    let ids = statement.query_map([], |row| row.get(0)).unwrap();
    (ids.map(Result::unwrap).collect(), sql)
}
