//! Normal forms: what is settled and what is not, and that nothing changes for records.

use std::borrow::Cow;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use odata_query::ast::{Expr, lit, not, prop};
use odata_query::{Error, Limits, Query, Settings};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::strategies::{cases, condition, expr, literal_of_any_type, operand, query, records};

/// Spellings of one query, and its normal form.
const SAME: &[(&[&str], &str)] = &[
    // Order and repetition.
    (&["$filter=b eq 2 and a eq 1", "$filter=a eq 1 and b eq 2"], "$filter=a eq 1 and b eq 2"),
    (&["$filter=c or (b or a)", "$filter=(a or c) or b"], "$filter=a or b or c"),
    (
        &["$filter=(a or b) and (c and (b or a))", "$filter=c and (b or a)"],
        "$filter=c and (a or b)",
    ),
    (&["$filter=a eq 1 and a eq 1", "$filter=1 eq a"], "$filter=a eq 1"),
    (&["$filter=a and b and a"], "$filter=a and b"),
    (&["$filter=a and a and a", "$filter=a and a"], "$filter=a and a"),
    (&["$filter=(a or (b or c)) or a"], "$filter=a or b or c"),
    (&["$filter=(a eq 1 and a eq 1) or b eq 1"], "$filter=a eq 1 or b eq 1"),
    (&["$filter=((p or q) and (p or q)) or r", "$filter=r or q or p"], "$filter=p or q or r"),
    // What can fail stays where it is, and nothing passes it.
    (
        &[
            "$filter=c and b and 1 div a eq 1 and e and d",
            "$filter=b and c and 1 eq 1 div a and d and e",
        ],
        "$filter=b and c and 1 div a eq 1 and d and e",
    ),
    (&["$filter=1 div a eq 1 or b or 1 div a eq 1"], "$filter=1 div a eq 1 or b"),
    (&["$filter=matchespattern(b,'x') or a"], "$filter=a or matchespattern(b,'x')"),
    (&["$filter=contains(b,'x') or a"], "$filter=a or contains(b,'x')"),
    // Comparisons.
    (&["$filter=1 eq a", "$filter=a eq 1"], "$filter=a eq 1"),
    (&["$filter=b eq a", "$filter=a eq b"], "$filter=a eq b"),
    (&["$filter=a/b ne c", "$filter=c ne a/b"], "$filter=c ne a/b"),
    (&["$filter=1 lt a", "$filter=a gt 1"], "$filter=a gt 1"),
    (&["$filter=1 le a", "$filter=a ge 1"], "$filter=a ge 1"),
    (&["$filter=1 gt a", "$filter=a lt 1"], "$filter=a lt 1"),
    (&["$filter=1 ge a", "$filter=a le 1"], "$filter=a le 1"),
    (&["$filter=null ne a"], "$filter=a ne null"),
    (&["$filter=1 eq a add 1"], "$filter=a add 1 eq 1"),
    (&["$filter=b eq (a gt 1)", "$filter=1 lt a eq b"], "$filter=a gt 1 eq b"),
    // `not not`
    (&["$filter=not not (a eq 1)", "$filter=not not not not (1 eq a)"], "$filter=a eq 1"),
    (&["$filter=not not not a"], "$filter=not a"),
    (&["$filter=not not tags/any()"], "$filter=tags/any()"),
    (&["$filter=not not contains(a,'x')"], "$filter=contains(a,'x')"),
    // Searches.
    (&["$search=b a", "$search=a AND (b AND a)", "$search= NOT NOT b a"], "$search=a AND b"),
    (
        &["$search=c NOT b OR \"a b\"", "$search=\"a b\" OR (NOT b c)"],
        "$search=\"a b\" OR c AND NOT b",
    ),
    (&["$search=a OR a"], "$search=a"),
    (&["$filter=t/$count($search=b a) gt 1 or a"], "$filter=a or t/$count($search=a AND b) gt 1"),
    (&["$expand=t($search=b OR a)"], "$expand=t($search=a OR b)"),
    // Lists.
    (&["$filter=a in (3,1,2,1)", "$filter=a in [1,2,3]"], "$filter=a in (1,2,3)"),
    (&["$filter=a in ('b',null,1)"], "$filter=a in (null,1,'b')"),
    (&["$filter=a in (1.0,1,1.00)"], "$filter=a in (1,1.0)"),
    (&["$filter=a in []", "$filter=a in ()"], "$filter=a in ()"),
    // Literals.
    (&["$filter=a eq +01", "$filter=a eq 1"], "$filter=a eq 1"),
    (&["$filter=a eq 1.50", "$filter=a eq 15e-1", "$filter=a eq 0.15E1"], "$filter=a eq 1.5"),
    (&["$filter=a eq 1.00", "$filter=a eq 1e0", "$filter=a eq 100e-2"], "$filter=a eq 1.0"),
    (
        &["$filter=a eq 100000000000000000000", "$filter=a eq 1e20"],
        "$filter=a eq 100000000000000000000.0",
    ),
    (&["$filter=a eq 1e300", "$filter=a eq 10.0E299"], "$filter=a eq 1e300"),
    (&["$filter=a eq -0.0", "$filter=a eq 0e5"], "$filter=a eq 0.0"),
    (
        &["$filter=a eq duration'PT60M'", "$filter=a eq duration'P0DT1H'"],
        "$filter=a eq duration'PT1H'",
    ),
    (&["$filter=a eq duration'-PT0S'"], "$filter=a eq duration'PT0S'"),
    (&["$filter=a eq 12:00", "$filter=a eq 12:00:00.000"], "$filter=a eq 12:00:00"),
    (
        &["$filter=a eq 2020-01-01T00:00Z", "$filter=a eq 2020-01-01t00:00:00.0-00:00"],
        "$filter=a eq 2020-01-01T00:00:00Z",
    ),
    (
        &["$filter=a eq 01234567-89AB-cdef-0123-456789abcdef"],
        "$filter=a eq 01234567-89ab-cdef-0123-456789abcdef",
    ),
    (
        &["$filter=a eq binary'T0RhdGE='", "$filter=a eq binary'T0RhdGE'"],
        "$filter=a eq binary'T0RhdGE='",
    ),
    // Words.
    (
        &["$filter=CONTAINS(tolower(a),'x')", "$filter=contains(ToLower(a),'x')"],
        "$filter=contains(tolower(a),'x')",
    ),
    (&["filter=A EQ null", "$filter=null eq A"], "$filter=A eq null"),
    // Options.
    (&["$count=false&$skip=0&$top=1", "?top=1"], "$top=1"),
    (&["$orderby=b asc,a desc", "$orderby=b,a desc"], "$orderby=b,a desc"),
    (&["$select=b,a,b", "$select=a,b"], "$select=a,b"),
    (&["z=1&a=2&z=0", "a=2&z=1&z=0"], "a=2&z=1&z=0"),
    // Aliases.
    (&["$filter=a eq @p&@p=1", "$filter=@q eq a&@q=+1"], "$filter=a eq 1"),
    (&["$filter=@p and b&@p=c and a"], "$filter=a and b and c"),
    (&["$filter=a in @p&@p=[2,1]"], "$filter=a in (1,2)"),
    (&["$filter=@p&@p=@q eq 1&@q=a"], "$filter=a eq 1"),
    (&["$filter=tags/any(t:t eq @p)&@p='x'"], "$filter=tags/any(t:t eq 'x')"),
    (&["$filter=tags/any(t:t eq @p)&@p=$it"], "$filter=tags/any(t:$it eq t)"),
    (&["$orderby=@p desc&@p=a"], "$orderby=a desc"),
    // Those that stay.
    (&["$filter=a eq 1&@q=1&@p=2.0"], "$filter=a eq 1&@p=2.0&@q=1"),
    (&["$filter=tags/any(t:t eq @p)&@p=id"], "$filter=tags/any(t:t eq @p)&@p=id"),
    (&["$filter=id eq tags/any(t:t eq @p)&@p=id"], "$filter=id eq tags/any(t:t eq @p)&@p=id"),
    (&["$filter=@p/city eq 'x'&@p=address"], "$filter=@p/city eq 'x'&@p=address"),
    (&["$filter=a eq @p&@p=@q&@q=@p"], "$filter=a eq @p&@p=@q&@q=@p"),
    (
        &["$filter=a eq @p&$expand=b($filter=c eq @p)&@p=1"],
        "$filter=a eq 1&$expand=b($filter=c eq @p)&@p=1",
    ),
    (&["$filter=a/@p eq 1 and b eq @p&@p=2"], "$filter=b eq 2 and a/@p eq 1"),
];

/// Queries that mean something else, or may do so.
const DIFFERENT: &[(&str, &str)] = &[
    ("$filter=a eq 1", "$filter=A eq 1"),
    ("$filter=a eq 1", "$filter=a eq 1.0"),
    ("$filter=a div 2 eq 1", "$filter=a div 2.0 eq 1"),
    ("$filter=a sub b eq 1", "$filter=b sub a eq 1"),
    ("$filter=a gt b", "$filter=a lt b"),
    ("$filter=a gt 1", "$filter=a ge 1"),
    ("$filter=not (a gt 1)", "$filter=a le 1"),
    ("$filter=a eq 1 or 1 div 0 eq 1", "$filter=1 div 0 eq 1 or a eq 1"),
    ("$filter=concat(a,'x') eq 'x' and b", "$filter=b and concat(a,'x') eq 'x'"),
    ("$filter=1 div a eq -b", "$filter=-b eq 1 div a"),
    ("$filter=a and b", "$filter=a or b"),
    ("$filter=(a and a) eq 5", "$filter=a eq 5"),
    ("$filter=(not not a) eq 5", "$filter=a eq 5"),
    ("$filter=a in [b,c]", "$filter=a in [c,b]"),
    ("$filter=a eq [1,2]", "$filter=a eq [2,1]"),
    (r#"$filter=a eq {"a":1,"a":1}"#, r#"$filter={"a":1,"a":1} eq a"#),
    ("$filter=a eq 2020-01-01T00:00:00Z", "$filter=a eq 2020-01-01T03:00:00+03:00"),
    ("$filter=a eq 'X'", "$filter=a eq 'x'"),
    ("$filter=a eq '1.0'", "$filter=a eq '1.00'"),
    ("$filter=tags/any(t:t eq 1)", "$filter=tags/any(x:x eq 1)"),
    ("$filter=contains(a,b)", "$filter=contains(b,a)"),
    ("$filter=a/B.Contains(x=1)", "$filter=a/B.contains(x=1)"),
    ("$orderby=a,b", "$orderby=b,a"),
    ("$orderby=a", "$orderby=a desc"),
    ("$select=a($top=1)", "$select=a"),
    ("$count=true", ""),
    ("$skip=1", ""),
    ("$top=0", ""),
    ("z=1&z=0", "z=0&z=1"),
    ("$filter=a&@p=1", "$filter=a"),
];

fn hash(query: &Query) -> u64 {
    let mut hasher = DefaultHasher::new();
    query.hash(&mut hasher);
    hasher.finish()
}

fn parsed(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{}", error.report()))
}

#[test]
fn spellings_of_one_meaning() {
    for (spellings, expected) in SAME {
        for text in spellings.iter().chain([expected]) {
            let normal = parsed(text).normalized();
            assert_eq!(normal.to_string(), *expected, "{text}");
            assert_eq!(normal, parsed(expected), "{text}");
            assert_eq!(hash(&normal), hash(&parsed(expected)), "{text}");
        }
    }
}

#[test]
fn different_meanings() {
    for (one, other) in DIFFERENT {
        assert_ne!(parsed(one).normalized(), parsed(other).normalized(), "{one}   {other}");
    }
}

/// Aliases double from one to the next: 2⁶⁰ nodes, and a tree too high for the parser.
#[test]
fn aliases_that_explode_stay() {
    let chain = |link: &str, length: usize| -> String {
        let links = (0..length)
            .map(|i| format!("&@a{i:02}={}", link.replace('#', &format!("@a{:02}", i + 1))));
        format!("$filter=@a00 eq 1{}&@a{length:02}=b", links.collect::<String>())
    };
    for link in ["# add #", "concat(#,#)", "not #", "# in [#,#]"] {
        let query = parsed(&chain(link, 60));
        assert_eq!(query.normalized(), query, "{link}");
        let mut settings = Settings::default();
        settings.limits = Limits::unlimited();
        let query = query.with_settings(settings);
        assert_eq!(query.normalized(), query, "{link}");
    }
    let long = format!("$filter={}&@p='{}'", vec!["a eq @p"; 99].join(" and "), "x".repeat(5000));
    assert!(parsed(&long).normalized().to_string().starts_with("$filter=a eq 'xxx"));
    let many: Vec<_> = (0..99).map(|i| format!("a{i} eq @p")).collect();
    let long = format!("$filter={}&@p='{}'", many.join(" and "), "x".repeat(5000));
    assert!(parsed(&long).normalized().to_string().ends_with("xxx'"));
}

#[test]
fn any_size_is_safe() {
    let negated = |levels| (0..levels).fold("a eq 1".parse().unwrap(), |expr: Expr, _| not(expr));
    assert_eq!(negated(900).normalized().to_string(), "a eq 1");
    assert_eq!(negated(100_000).normalized(), negated(100_000));
    let nested = (0..900).fold(lit(true), |expr, i| prop(&format!("a{i}")).and(expr));
    assert!(nested.normalized().to_string().starts_with("true and a0 and a1 and a10 and a100 and"));
    let long = (0..2000).rev().map(|i| format!("a{i:04} eq 1")).collect::<Vec<_>>();
    let normal = long.join(" or ").parse::<Expr>().unwrap().normalized();
    assert!(normal.to_string().starts_with("a0000 eq 1 or a0001 eq 1"));
}

/// What a query answers: records and count, or the code of its error.
type Answer<'r> = Result<(Vec<Cow<'r, Value>>, Option<u64>), &'static str>;

fn answer<'r>(query: &Query, records: &'r [Value]) -> Answer<'r> {
    let page = query.apply(records).map_err(|error: Error| error.code())?;
    let count = page.count();
    Ok((page.into_records().collect(), count))
}

/// Spreads literals over aliases, as many as are given.
fn with_aliases(query: &Query, count: usize) -> Query {
    let mut aliased = query.clone();
    let Some(filter) = &query.options().filter else {
        return aliased;
    };
    let mut text = filter.to_string();
    for (position, literal) in ["1", "null", "'a'", "0.25", "true"].iter().take(count).enumerate() {
        // Literals that are arguments or operands of their own; not those of lists.
        let (from, to) = (format!(" {literal}"), format!(" @p{position}"));
        let ends = |rest: &str| rest.is_empty() || rest.starts_with([' ', ')']);
        let mut replaced = String::new();
        for (number, part) in text.split(&from).enumerate() {
            if number > 0 {
                replaced.push_str(if ends(part) { &to } else { &from });
            }
            replaced.push_str(part);
        }
        if let Ok(expr) = replaced.parse::<Expr>() {
            text = replaced;
            aliased = aliased
                .filter(expr)
                .alias(&format!("p{position}"), literal.parse::<Expr>().unwrap());
        }
    }
    aliased
}

proptest! {
    #![proptest_config(cases(1000))]

    /// The normal form answers the same, errors included, and is its own normal form.
    #[test]
    fn answers_stay(query in query(), records in records(), aliases in 0..6_usize) {
        let query = with_aliases(&query, aliases);
        let normal = query.normalized();
        prop_assert_eq!(answer(&normal, &records), answer(&query, &records), "{}\n{}", query, normal);
        prop_assert_eq!(&normal.normalized(), &normal);
        prop_assert_eq!(parsed(&normal.to_string()), normal);
    }

    /// The same with what may not bind, parts of it in an order that matters.
    #[test]
    fn any_expression_has_one(parts in vec(expr(), 1..4), records in records()) {
        let all = parts.into_iter().reduce(Expr::or).unwrap();
        let normal = all.normalized();
        prop_assert_eq!(&normal.normalized(), &normal);
        let again = normal.to_string().parse::<Expr>().map_err(|e| TestCaseError::fail(e.report()))?;
        prop_assert_eq!(&again, &normal);
        let answers = |expr: &Expr| answer(&Query::new().filter(expr.clone()), &records).ok();
        prop_assert_eq!(answers(&normal), answers(&all), "{}\n{}", all, normal);
    }

    /// Comparisons of all types in both directions.
    #[test]
    fn comparisons_turn((one, one_json) in literal_of_any_type(), (other, json) in literal_of_any_type()) {
        let records = [json!({"a": one_json, "b": json})];
        for operator in ["eq", "ne", "gt", "ge", "lt", "le"] {
            for pair in [(&one, "b"), (&other, "a")] {
                let text = format!("{} {operator} {}", pair.0, pair.1);
                let expr: Expr = text.parse().unwrap();
                let answers = |expr: Expr| answer(&Query::new().filter(expr), &records);
                prop_assert_eq!(answers(expr.normalized()), answers(expr), "{}", text);
            }
        }
    }

    /// The order of operands that cannot fail is settled.
    #[test]
    fn order_is_irrelevant(conditions in vec(condition(), 1..6), value in operand()) {
        let fails = |expr: &Expr| {
            let text = expr.to_string();
            [" add ", " sub ", " mul ", " div", " mod ", "concat", "-"].iter().any(|word| text.contains(word))
        };
        let mut conditions: Vec<Expr> = conditions.into_iter().filter(|it| !fails(it)).collect();
        conditions.extend(["b".parse::<Expr>().unwrap(), "b eq 1".parse().unwrap()]);
        let value = if fails(&value) { lit(1) } else { value };
        let joined = |join: fn(Expr, Expr) -> Expr, parts: &mut dyn Iterator<Item = Expr>| {
            parts.reduce(join).unwrap().normalized()
        };
        for join in [Expr::and, Expr::or] {
            let forward = joined(join, &mut conditions.iter().cloned());
            prop_assert_eq!(&joined(join, &mut conditions.iter().rev().cloned()), &forward);
            prop_assert_eq!(&join(forward.clone(), conditions[0].clone()).normalized(), &forward);
        }
        for (join, mirrored) in [
            (Expr::eq as fn(Expr, Expr) -> Expr, Expr::eq as fn(Expr, Expr) -> Expr),
            (Expr::ne, Expr::ne),
            (Expr::gt, Expr::lt),
            (Expr::ge, Expr::le),
        ] {
            let condition = conditions[0].clone();
            prop_assert_eq!(
                join(condition.clone(), value.clone()).normalized(),
                mirrored(value.clone(), condition).normalized()
            );
        }
    }
}
