//! Every limit: what it says in its documentation, what it lets through and what it refuses.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use odata_query::ast::{Direction, Expr, any_of, lit, prop};
use odata_query::{Error, Limits, Page, Query, Settings};
use serde_json::{Value, json};

/// A limit, how it is set, and a query string and a record that need exactly as much as it allows.
struct Row {
    field: &'static str,
    set: fn(&mut Limits, usize),
    query: fn(usize) -> String,
    record: fn(usize) -> Value,
}

fn none(_: usize) -> Value {
    json!({})
}

fn joined(count: usize, separator: &str, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect::<Vec<_>>().join(separator)
}

fn nested(count: usize, open: &str, inside: &str, close: &str) -> String {
    format!("{}{inside}{}", open.repeat(count), close.repeat(count))
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row {
        field: "text", set: |l, n| l.text = n, record: none,
        query: |n| format!("$filter=a eq '{}'", "x".repeat(n - "$filter=a eq ''".len())),
    },
    Row {
        field: "depth", set: |l, n| l.depth = n, record: none,
        query: |n| format!("$filter={}", nested(n, "(", "a", ")")),
    },
    Row {
        field: "nodes", set: |l, n| l.nodes = n, record: none,
        query: |n| format!("$filter={}", joined(n - 1, " or ", |_| "a".to_owned())),
    },
    Row {
        field: "in_items", set: |l, n| l.in_items = n, record: none,
        query: |n| format!("$filter=a in ({})", joined(n, ",", |i| i.to_string())),
    },
    Row {
        field: "lambda_depth", set: |l, n| l.lambda_depth = n, record: none,
        query: |n| format!("$filter={}", nested(n, "a/any(x:", "true", ")")),
    },
    Row {
        field: "path_segments", set: |l, n| l.path_segments = n, record: none,
        query: |n| format!("$filter={} eq 1", joined(n, "/", |_| "a".to_owned())),
    },
    Row {
        field: "aliases", set: |l, n| l.aliases = n, record: none,
        query: |n| joined(n, "&", |i| format!("@p{i}=1")),
    },
    Row {
        field: "orderby_keys", set: |l, n| l.orderby_keys = n, record: none,
        query: |n| format!("$orderby={}", joined(n, ",", |i| format!("a{i}"))),
    },
    Row {
        field: "expand_depth", set: |l, n| l.expand_depth = n, record: none,
        query: |n| format!("$expand={}", nested(n - 1, "a($expand=", "a", ")")),
    },
    Row {
        field: "search_terms", set: |l, n| l.search_terms = n, record: none,
        query: |n| format!("$search={}", joined(n, " ", |_| "a".to_owned())),
    },
    Row {
        field: "string", set: |l, n| l.string = n,
        query: |_| "$filter=concat(a,'b') ne null".to_owned(),
        record: |n| json!({"a": "a".repeat(n - 1)}),
    },
    Row {
        field: "pattern_depth", set: |l, n| l.pattern_depth = n as u32, record: none,
        query: |n| format!("$filter=matchespattern(a,'{}')", nested(n, "(", "a", ")")),
    },
    Row {
        field: "pattern", set: |l, n| l.pattern = n, record: none,
        query: |n| format!("$filter=matchespattern(a,'{}')", "a".repeat(n)),
    },
];

fn apply(limits: Limits, query: &str, records: &[Value]) -> Result<(), Error> {
    let mut settings = Settings::default();
    settings.limits = limits;
    let query = Query::parse_with(query, &settings)?;
    query.apply(records).map(|_: Page<'_>| ())
}

/// The defaults by the name of their field.
fn defaults() -> Vec<(String, u64)> {
    let text = format!("{:?}", Limits::default());
    let fields = text.trim_start_matches("Limits { ").trim_end_matches(" }").split(", ");
    let field = |field: &str| {
        let (name, value) = field.split_once(": ").unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    fields.map(field).collect()
}

fn default(name: &str) -> usize {
    defaults().into_iter().find(|(field, _)| field == name).unwrap().1 as usize
}

#[test]
fn what_a_limit_allows_passes_and_one_more_does_not() {
    for row in ROWS {
        let usual = default(row.field);
        for allowed in [usual, usual - 3] {
            let mut limits = Limits::default();
            (row.set)(&mut limits, allowed);
            let run = |n| apply(limits, &(row.query)(n), &[(row.record)(n)]);
            if let Err(error) = run(allowed) {
                panic!("{} of {allowed}: {error}", row.field);
            }
            let error = run(allowed + 1).expect_err(row.field);
            assert!(error.is_limit() && error.status() == 413, "{}: {error}", row.field);
            assert!(error.to_string().contains(&allowed.to_string()), "{}: {error}", row.field);
            let help = error.help().unwrap();
            assert!(help.contains(&format!("`Limits::{}`", row.field)), "{}: {help}", row.field);
        }
    }
}

/// Limits of what evaluation uses up, which no query needs exactly.
#[test]
fn evaluation_stops_where_its_budget_ends() {
    let items: Vec<usize> = (0..2_000).collect();
    let nested = "$filter=a/any(x:a/any(y:x add y lt 0))";
    let text = "x".repeat(1 << 20);
    let many: Vec<Value> = (0..200).map(|_| json!({"a": text.as_str()})).collect();
    let long_list = vec![json!({"a": vec![1; 100_000]}); 600];
    let cases: &[(&str, &str, &[Value])] = &[
        ("record_steps", nested, &[json!({"a": items})]),
        (
            "record_steps",
            "$orderby=a/$filter(a/any(x:x lt 0))/$count",
            &[json!({"a": vec![json!({"a": items}); 600]})],
        ),
        ("query_steps", "$filter=a/any(x:x eq 0)", &long_list),
        ("query_steps", "$filter=matchespattern('a',a)", &vec![json!({"a": "a"}); 600]),
        ("query_strings", "$filter=toupper(a) eq 'a'", &many),
        ("query_strings", "$orderby=toupper(a)", &many),
        ("pattern_size", "$filter=matchespattern(a,'([a-z]{500}){80}')", &[json!({})]),
    ];
    for (field, query, records) in cases {
        let error = apply(Limits::default(), query, records).expect_err(query);
        let help = error.help().unwrap_or_default();
        assert!(help.contains(&format!("`Limits::{field}`")), "{query}: {error}; {help}");
        assert!(apply(Limits::unlimited(), query, records.get(..1).unwrap()).is_ok());
    }
}

#[test]
fn built_queries_are_held_to_the_same() {
    let most = default;
    let path = |n: usize| prop(&joined(n, "/", |_| "a".to_owned()));
    let ordered =
        |n| (0..n).fold(Query::new(), |query, _| query.orderby(prop("a"), Direction::Asc));
    let aliased = |n| (0..n).fold(Query::new(), |query, i| query.alias(&format!("p{i}"), lit(1)));
    let lambdas = |n| (0..n).fold(lit(true), |inner: Expr, _| prop("a").any("x", inner));
    let listed = |n: usize| Query::new().filter(prop("a").is_in((0..n).map(|i| i as i64)));
    let alternatives = |n: usize| Query::new().filter(any_of((0..n).map(|_| prop("a"))));
    type Build<'a> = &'a dyn Fn(usize) -> Query;
    let cases: [(&str, usize, Build<'_>); 6] = [
        ("path_segments", most("path_segments"), &|n| Query::new().filter(path(n).eq(1))),
        ("orderby_keys", most("orderby_keys"), &ordered),
        ("aliases", most("aliases"), &aliased),
        ("lambda_depth", most("lambda_depth"), &|n| Query::new().filter(lambdas(n))),
        ("in_items", most("in_items"), &listed),
        ("nodes", most("nodes"), &|n| alternatives(n - 1)),
    ];
    for (field, allowed, build) in cases {
        if let Err(error) = build(allowed).bind() {
            panic!("{field}: {error}");
        }
        let error = build(allowed + 1).bind().expect_err(field);
        assert!(error.help().unwrap().contains(&format!("`Limits::{field}`")), "{field}: {error}");
    }
}

/// `64 KiB by default`, `10,000 by default`
#[test]
fn documented_defaults_are_the_actual_ones() {
    let source = include_str!("../src/limits.rs");
    let mut documented = Vec::new();
    let mut text = String::new();
    for line in source.lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            text.push_str(doc);
        } else if let Some((field, _)) =
            line.strip_prefix("pub ").and_then(|rest| rest.split_once(':'))
        {
            if let Some((before, _)) = text.split_once(" by default") {
                documented.push((field.to_owned(), amount(before)));
            }
            text.clear();
        } else {
            text.clear();
        }
    }
    assert_eq!(documented, defaults());
}

/// The number at the end of a text, maybe with a unit behind it.
fn amount(text: &str) -> u64 {
    let words: Vec<&str> = text.split([' ', '\n']).collect();
    let number = |word: &str| word.replace(',', "").parse::<u64>().ok();
    match words.as_slice() {
        [.., count, "KiB"] => number(count).unwrap() << 10,
        [.., count, "MiB"] => number(count).unwrap() << 20,
        [.., count, "levels"] | [.., count] => number(count).unwrap(),
        [] => panic!("no number"),
    }
}
