//! Nesting up to the limit works on a small stack, and one level more is a limit error.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::thread;

use odata_query::ast::{Expr, not, prop};
use odata_query::{Error, Query};
use serde_json::json;

/// Bytes of stack that are promised to be enough.
const STACK: usize = if cfg!(debug_assertions) { 2 << 20 } else { 512 << 10 };

/// Everything that nests: what opens a level, what stands inside, what closes it.
const NESTING: &[(&str, &str, &str, &str)] = &[
    ("parentheses", "(", "a", ")"),
    ("grouped or", "(b or ", "a", ")"),
    ("not", "not ", "a", ""),
    ("not and parentheses", "not (", "a", ")"),
    ("negation", "-", "a", ""),
    ("negation and parentheses", "-(1 add ", "a", ")"),
    ("calls", "concat('x',", "a", ")"),
    ("case", "case(a:", "a", ")"),
    ("arrays", "[", "a", "]"),
    ("objects", "{\"a\":", "a", "}"),
    ("casts", "cast(", "a", ",Edm.String)"),
    ("filter segments", "a/$filter(", "a", ")"),
    ("counts", "a/$count($filter=1 eq ", "a", ")"),
    ("lists", "a in (", "a", ")"),
    ("named arguments", "f(x=", "a", ")"),
];

fn on_small_stack(run: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(STACK).spawn(run).unwrap().join().unwrap();
}

fn nested(open: &str, inside: &str, close: &str, depth: usize) -> String {
    format!("{}{inside}{}", open.repeat(depth), close.repeat(depth))
}

/// Runs all that recurses; binding may refuse the types.
fn exercise(text: &str) -> Result<(), Error> {
    let query = Query::parse(text)?;
    let again = Query::parse(&query.to_string())?;
    assert_eq!(query.clone(), again);
    let records = [json!({"a": true, "b": [1, {"a": false}]}), json!({"a": [{"a": [1]}]})];
    match query.bind() {
        Ok(plan) => {
            let _ = plan.to_string();
            let _ = plan.apply(&records);
            let _ = plan.explain(&records[0]).map(|explanation| explanation.to_string());
        }
        Err(error) => assert!(!error.report().is_empty()),
    }
    Ok(())
}

#[test]
fn every_kind_of_nesting_is_bounded() {
    on_small_stack(|| {
        for (name, open, inside, close) in NESTING {
            for option in ["$filter", "$orderby", "@p"] {
                for depth in [1, 32] {
                    let text = format!("{option}={}", nested(open, inside, close, depth));
                    exercise(&text)
                        .unwrap_or_else(|error| panic!("{name} {depth}: {}", error.report()));
                }
                for depth in [64, 65, 1000, 10_000] {
                    let text = format!("{option}={}", nested(open, inside, close, depth));
                    match exercise(&text) {
                        Ok(()) => assert!(depth <= 64, "{name} {depth} was accepted"),
                        Err(error) => {
                            assert!(error.is_limit(), "{name} {depth}: {}", error.report())
                        }
                    }
                }
            }
        }
    });
}

#[test]
fn lambdas_and_nested_options_are_bounded() {
    on_small_stack(|| {
        let lambdas = |depth| format!("$filter={}", nested("a/any(x:", "a", ")", depth));
        let expands = |depth| format!("$expand={}", nested("a($expand=", "a", ")", depth));
        let selects = |depth| format!("$select={}", nested("a($select=", "a", ")", depth));
        exercise(&lambdas(8)).unwrap();
        assert!(exercise(&lambdas(9)).unwrap_err().is_limit());
        exercise(&expands(7)).unwrap();
        assert!(exercise(&expands(8)).unwrap_err().is_limit());
        exercise(&selects(60)).unwrap();
        assert!(exercise(&selects(1000)).unwrap_err().is_limit());
        let search = nested("(", "a", ")", 5000);
        assert!(exercise(&format!("$search={search}")).unwrap_err().is_limit());
        assert!(exercise(&format!("$search={}a", "NOT ".repeat(5000))).unwrap_err().is_limit());
        let shapes = nested("GeometryCollection(", "Point(1 2)", ")", 5000);
        assert!(exercise(&format!("$filter=a eq geography'SRID=0;{shapes}'")).is_err());
    });
}

/// Shapes are evaluated as deep as they are parsed, over records as deep as JSON may be.
#[test]
fn shapes_of_deep_records_are_bounded() {
    on_small_stack(|| {
        let objects = (0..126).fold(json!(1), |inside, _| json!({ "a": inside }));
        let arrays = (0..63).fold(json!({"a": 1}), |inside, _| json!({ "a": [inside] }));
        let path = |segments: usize| vec!["a"; segments].join("/");
        let asked = |name: &str, segments: usize, depth: usize| {
            format!("{name}={}", nested(&format!("{}({name}=", path(segments)), "a", ")", depth))
        };
        let mut refused = 0;
        #[rustfmt::skip]
        let queries = [
            format!("$select={}", path(100)),
            format!("$expand={}", path(100)),
            format!("$expand={}/$count", path(99)),
            asked("$select", 1, 60),
            asked("$select", 2, 60),
            asked("$select", 3, 60),
            asked("$select", 100, 1),
            asked("$select", 100, 60),
            asked("$expand", 12, 7),
            asked("$expand", 100, 7),
            "$select=".to_owned() + &nested("a($compute=a as x;$orderby=a;$search=NOT b;$select=x,", "a", ")", 60),
            "$select=".to_owned() + &nested("a($filter=a ne 1;$count=true;$select=", "a", ")", 60),
            "$expand=".to_owned() + &nested("a($levels=max;$expand=", "a", ")", 1),
            "$expand=a($levels=max;$select=".to_owned() + &nested("a($select=", "a", ")", 50) + ")",
            format!("$search={}", nested("(NOT ", "a", ")", 30)),
            format!("$compute={} as x", path(100)),
        ];
        for query in queries {
            for record in [&objects, &arrays] {
                let applied = exercise(&query).and_then(|()| {
                    Query::parse(&query)?
                        .bind()?
                        .apply(std::slice::from_ref(record))
                        .map(|page| page.to_json())
                });
                match applied {
                    Ok(answer) => assert!(!answer.is_empty()),
                    Err(error) => {
                        let is_known = error.is_limit()
                            || ["type-mismatch", "duplicate"].contains(&error.code());
                        assert!(is_known, "{}", error.report());
                        refused += 1;
                    }
                }
            }
        }
        assert!(refused < 20, "{refused} are refused");
    });
}

#[test]
fn long_chains_are_flat_or_refused() {
    on_small_stack(|| {
        for operator in ["and", "or"] {
            exercise(&format!("$filter=a{}", format!(" {operator} a").repeat(2000))).unwrap();
        }
        exercise(&format!("$filter=a{} eq 1", " add 1".repeat(64))).unwrap();
        for operator in ["add", "sub", "mul", "eq", "lt", "in", "has 'x' has"] {
            let text = format!("$filter=a{}", format!(" {operator} 'b'").repeat(3000));
            let error = exercise(&text).unwrap_err();
            assert!(error.is_limit() || error.is_syntax(), "{operator}: {}", error.report());
        }
    });
}

#[test]
fn aliases_count_as_nesting_and_cost() {
    on_small_stack(|| {
        let chain = |link: &str, length: usize| -> String {
            let links = (0..length)
                .map(|i| format!("&@a{i}={}", link.replace('#', &format!("@a{}", i + 1))));
            format!("$filter=@a0 eq 1{}&@a{length}=b", links.collect::<String>())
        };
        Query::parse(&chain("#", 90)).unwrap().bind().unwrap();
        let steep = chain("(# add b add b add b)", 90);
        assert!(Query::parse(&steep).unwrap().bind().unwrap_err().is_limit());
        let wide = chain("# add #", 60);
        assert!(Query::parse(&wide).unwrap().bind().unwrap_err().is_limit());
    });
}

#[test]
fn built_trees_of_any_height_are_safe() {
    on_small_stack(|| {
        let tall: Expr = (0..100_000).fold(prop("a"), |expr, _| not(expr));
        assert_eq!(tall.clone(), tall);
        assert!(tall.to_string().ends_with("not a"));
        let query = Query::new().filter(tall);
        assert!(query.bind().unwrap_err().is_limit());
        let long = (0..4000).fold(prop("a"), |expr, _| expr.and(prop("b")));
        assert_eq!(long.to_string().parse::<Expr>().unwrap(), long);
    });
}
