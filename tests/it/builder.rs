//! What is built in code stays what it is, whatever the names are.

use odata_query::Query;
use odata_query::ast::{Expr, call, prop};
use serde_json::json;

/// Names that OData cannot write.
const UNWRITABLE: &[&str] = &[
    "1",
    "1.5",
    "x.y",
    "a-b",
    "a b",
    "",
    "2021-08-15",
    "a#b",
    "$count",
    "x eq 1 or true",
    "a,b",
    "'",
    "a(b)",
];

#[test]
fn names_never_turn_into_syntax() {
    for name in UNWRITABLE {
        let expr = prop(name).eq(1);
        assert!(expr.to_string().parse::<Expr>().is_err(), "{name} prints as {expr}");
        let lambda = prop("a").any(name, prop("b").eq(1));
        assert!(lambda.to_string().parse::<Expr>().is_err(), "{name} prints as {lambda}");
        for text in [
            Query::new().filter(expr.clone()).to_string(),
            format!("{:#}", Query::new().filter(expr)),
        ] {
            assert!(Query::parse(&text).is_err(), "{text}");
        }
    }
    for name in UNWRITABLE.iter().filter(|name| **name != "x.y") {
        assert!(call(name, [prop("a")]).to_string().parse::<Expr>().is_err(), "{name}");
    }
}

#[test]
fn names_that_read_as_literals_stay_names() {
    for name in ["null", "true", "FALSE", "INF", "NaN", "not", "any", "eq"] {
        let expr = prop(name).eq(1);
        assert_eq!(expr.to_string().parse::<Expr>().unwrap(), expr, "{name}");
        let page = Query::new().filter(expr);
        assert_eq!(page.apply(&[json!({ name: 1 })]).unwrap().len(), 1, "{name}");
    }
}

#[test]
fn names_that_cannot_be_written_are_found_in_records() {
    for name in ["a-b", "a b", "x.y", "1"] {
        let query = Query::new().filter(prop(name).eq(1));
        assert_eq!(query.apply(&[json!({ name: 1 }), json!({})]).unwrap().len(), 1, "{name}");
    }
}

#[test]
fn custom_options_and_aliases_stay_what_they_are() {
    let tenant = || Query::new().filter(prop("tenant").eq(7));
    for name in ["$filter", "filter", "TOP", "@p", "", " $top"] {
        let query = tenant().custom(name, Some("true"));
        for text in [query.to_string(), format!("{query:#}")] {
            let Ok(again) = Query::parse(&text) else {
                continue;
            };
            assert_eq!(again.options(), query.options(), "{name} prints as {text}");
        }
    }
    assert_eq!(tenant().alias("@p", 1), tenant().alias("p", 1));
    for name in ["p&x", "", "p=1"] {
        let text = tenant().alias(name, 1).to_string();
        assert!(Query::parse(&text).is_err(), "{text}");
    }
}
