//! A rewritten query asks for what it should.

use odata_query::ast::{self, Expr, lit, prop};
use odata_query::{Error, Query};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::strategies::{
    cases, condition, expr, operand, query, records, shaped_condition, shaped_query, shaped_records,
};

fn parse(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{text}: {}", error.report()))
}

/// The filters that clients try, all of them with what they become.
#[test]
fn nothing_escapes_a_predicate() {
    let records = [json!({"id": 1, "tenant": 7, "a": []}), json!({"id": 2, "tenant": 8, "a": [1]})];
    #[rustfmt::skip]
    let cases = [
        ("", "$filter=tenant eq 7"),
        ("$filter=true", "$filter=tenant eq 7 and true"),
        ("$filter=false or true", "$filter=tenant eq 7 and (false or true)"),
        ("$filter=id gt 0 and id lt 9", "$filter=tenant eq 7 and id gt 0 and id lt 9"),
        ("$filter=not false", "$filter=tenant eq 7 and not false"),
        ("$filter=tenant eq 8 or tenant ne 8", "$filter=tenant eq 7 and (tenant eq 8 or tenant ne 8)"),
        ("$filter=a/all(tenant:tenant eq 1)", "$filter=tenant eq 7 and a/all(tenant:tenant eq 1)"),
        ("$filter=@p&@p=true or tenant eq 8", "$filter=tenant eq 7 and @p&@p=true or tenant eq 8"),
        ("@tenant=7&$filter=true or @tenant eq 7", "$filter=tenant eq 7 and (true or @tenant eq 7)&@tenant=7"),
        ("tenant=8", "$filter=tenant eq 7&tenant=8"),
        // Where it could fail for a record of somebody else, it is not evaluated.
        ("$filter=1 div (tenant sub 8) ne 0", "$filter=tenant eq 7 and 1 div (tenant sub 8) ne 0"),
    ];
    for (before, after) in cases {
        let query = parse(before).and_filter(prop("tenant").eq(7)).unwrap();
        assert_eq!(query.to_string(), after, "{before}");
        for query in [&query, &parse(&format!("{query:#}"))] {
            let page = query.apply(&records).unwrap();
            assert_eq!(page.records().collect::<Vec<_>>(), [&records[0]], "{before}");
        }
    }
}

#[test]
fn what_would_change_a_predicate_is_refused() {
    for compute in ["7 as tenant", "7 as TENANT", "1 as x,7 as tenant"] {
        let query = parse(&format!("$compute={compute}"));
        assert!(query.clone().and_filter(prop("tenant").eq(7)).is_err(), "{compute}");
        assert!(query.clone().and_filter(prop("$it/tenant").eq(7)).is_err(), "{compute}");
        assert!(query.and_filter(prop("id").eq(7)).is_ok(), "{compute}");
    }
    let own = |text: &str| text.parse::<Expr>().unwrap();
    for predicate in [own("tenant eq @t"), own("@t"), prop("@t").eq(7), own("a/any(x:x eq @t)")] {
        assert!(parse("@t=1").and_filter(predicate.clone()).is_err(), "{predicate}");
    }
    assert!(parse("@t=1").and_filter(own("a/@odata.type eq 'x'")).is_ok());
}

/// What was added has no place in the caller's text.
#[test]
fn errors_point_into_the_callers_text() {
    let predicate: Expr = "nothingOfTheKind(tenant) and 12345 eq 7".parse().unwrap();
    for (text, at) in [("$top=1&$filter=a eq 1", "$filter"), ("$top=1", "")] {
        let error = parse(text).and_filter(predicate.clone()).unwrap().bind().unwrap_err();
        assert_eq!(error.span().map(|span| &text[span]), Some(at), "{}", error.report());
    }
    let text = "$filter=nothing(a) and b eq 1";
    let query = parse(text).and_filter(prop("tenant").eq(7)).unwrap();
    let error = query.renamed([("a", "another")]).unwrap().bind().unwrap_err();
    assert_eq!(&text[error.span().unwrap()], "nothing");
}

/// Names before and after.
type Names = &'static [(&'static str, &'static str)];

#[test]
fn properties_get_other_names() {
    #[rustfmt::skip]
    let cases: &[(Names, &str, &str)] = &[
        (&[("a", "b")], "$filter=a eq A and a/a eq 'a' and c/a", "$filter=b eq b and b/a eq 'a' and c/a"),
        (&[("a", "b"), ("b", "a")], "$filter=a gt b&$orderby=a,b desc", "$filter=b gt a&$orderby=b,a desc"),
        (&[("a", "x"), ("A", "y")], "$filter=a eq A", "$filter=x eq y"),
        (&[("a", "x"), ("a/b", "y/z")], "$filter=a eq a/b/c", "$filter=x eq y/z/c"),
        (&[("a/b", "c")], "$filter=a/b/d eq 1&$select=a/b,a", "$filter=c/d eq 1&$select=c,a"),
        (&[("c", "a/b")], "$filter=c/d eq c&$select=c/d", "$filter=a/b/d eq a/b&$select=a/b/d"),
        (&[("a/b", "x/y")], "$filter=a/N.T/b eq 1&$select=a/N.T/b", "$filter=x/N.T/y eq 1&$select=x/N.T/y"),
        (&[("a", "b")], "$filter=$it/a eq $this/a and N.T/a eq a/@x", "$filter=$it/b eq $this/b and N.T/b eq b/@x"),
        (&[("a", "b")], "$filter=$root/a/a eq 1 and f(a)/a eq f(a=a)", "$filter=$root/a/a eq 1 and f(b)/a eq f(a=b)"),
        (&[("a", "b")], "$filter=a/any(a:a eq 1 or a/a eq 2)", "$filter=b/any(a:a eq 1 or a/a eq 2)"),
        (&[("t/a", "t/b")], "$filter=t/any(x:x/a eq x/c and a)", "$filter=t/any(x:x/b eq x/c and a)"),
        (&[("t/a", "u/b"), ("t", "u")], "$filter=t/any(x:x/a eq x/c)", "$filter=u/any(x:x/b eq x/c)"),
        (&[("t/u/a", "t/u/b")], "$filter=t/any(x:x/u/any(y:y/a))", "$filter=t/any(x:x/u/any(y:y/b))"),
        (&[("t/a", "t/b")], "$filter=t/$filter(a eq $it/a)/$count($filter=a) gt 1", "$filter=t/$filter(b eq $it/a)/$count($filter=b) gt 1"),
        (&[("t/a", "t/b")], "$filter=t/$filter(c)(a=1)/a eq 1", "$filter=t/$filter(c)(b=1)/b eq 1"),
        // A name that would become that of a variable, or a literal.
        (&[("a", "x")], "$filter=t/any(x:x/b eq a/c)", "$filter=t/any(x:x/b eq $it/x/c)"),
        (&[("t/a", "t/x")], "$filter=t/$filter(u/any(x:x eq a))/any()", "$filter=t/$filter(u/any(x:x eq $this/x))/any()"),
        (&[("t/a", "t/x")], "$expand=t($filter=u/any(x:x eq a))", "$expand=t($filter=u/any(x:x eq $this/x))"),
        (&[("a", "null")], "$filter=a eq 1 and b/any(c:a)", "$filter=$it/null eq 1 and b/any(c:$it/null)"),
        (&[("a", "true")], "$filter=a", "$filter=$it/true"),
        (&[("a", "not")], "$filter=not a", "$filter=not (not)"),
        (&[("a", "eq")], "$filter=a eq a", "$filter=eq eq eq"),
        // Everywhere.
        (&[("a", "b")], "$compute=a add 1 as c&$filter=@p&@p=a", "$filter=@p&$compute=b add 1 as c&@p=b"),
        (&[("a", "b")], "$search=a&$format=a/a&$id=a&$skiptoken=a&a=a&$select=*,N.*,a", "$search=a&$select=*,N.*,b&$format=a/a&$skiptoken=a&$id=a&a=a"),
        (&[("a/c", "b/d"), ("a", "b")], "$expand=a/$ref($filter=c),a($orderby=c,e;$select=c),*", "$expand=b/$ref($filter=d),b($orderby=d,e;$select=d),*"),
        (&[("a/c", "a/d")], "$select=a($filter=c;@p=c;$select=c)", "$select=a($filter=d;$select=d;@p=d)"),
        (&[("a", "b")], "$filter=case(a:a,true:cast(a,N.T)) in [a] and isof(a,N.T)", "$filter=case(b : b,true : cast(b,N.T)) in [b] and isof(b,N.T)"),
        (&[], "$filter=a/any(x:x eq 1)", "$filter=a/any(x:x eq 1)"),
    ];
    for (names, before, after) in cases {
        let renamed = parse(before).renamed(names.iter().copied()).unwrap_or_else(|error| {
            panic!("{before}: {}", error.report());
        });
        assert_eq!(renamed.to_string(), *after, "{before}");
        assert_eq!(parse(&format!("{renamed:#}")), renamed, "{after}");
    }
}

#[test]
fn what_cannot_be_renamed_is_refused() {
    #[rustfmt::skip]
    let cases = [
        (("a", "b"), "$compute=1 as a&$filter=a eq 1"),
        (("tenant", "tenantId"), "$compute=7 as TenantId"),
        (("a", "b"), "$expand=c($compute=1 as b)"),
        (("a", "b"), "$filter=c eq {\"a\":1}"),
        (("a/b", "c"), "$filter=a/any(x:x/b eq 1)"),
        (("a/b", "c"), "$expand=a($filter=b eq 1)"),
        (("a/b", "c"), "$filter=a/N.T/b eq 1"),
        (("a", "x.y"), ""),
        (("a", ""), ""),
        (("a", "b c"), ""),
        (("a", "b/"), ""),
        (("a", "b)or(true"), ""),
    ];
    for (names, text) in cases {
        let error = parse(text).renamed([names]).expect_err(text);
        assert!(error.is_not_supported(), "{text}: {error}");
        assert!(error.help().is_some(), "{text}: {error}");
    }
}

#[test]
fn options_are_taken_off() {
    let all = "$filter=a&$search=a&$compute=a as b&$orderby=a&$skip=1&$top=1&$count=true&$select=a&$expand=a\
        &$index=1&$format=json&$schemaversion=1&$skiptoken=a&$deltatoken=a&$id=a&@p=1&key=1&key=2&Key=3";
    let query = parse(all);
    assert_eq!(query.to_string(), all);
    for option in all.split('&') {
        let (name, _) = option.split_once('=').unwrap();
        let rest: Vec<&str> = all
            .split('&')
            .filter(|other| other.split_once('=').is_some_and(|(other, _)| other != name))
            .collect();
        assert_eq!(query.clone().without(name).to_string(), rest.join("&"));
        let shouted = query.clone().without(&name.trim_start_matches('$').to_uppercase());
        assert_eq!(shouted == query, !name.starts_with('$'), "{name}");
    }
    assert_eq!(query.clone().without("nothing").without("$levels").without(""), query);
    assert_eq!(Query::new().with_max_top(5), Query::new().top(5));
    assert_eq!(Query::new().top(3).with_max_top(5), Query::new().top(3));
    assert_eq!(Query::new().top(9).with_max_top(5), Query::new().top(5));
}

/// The query without its window.
fn unpaged(query: &Query) -> Query {
    query.clone().without("$skip").without("$top")
}

fn positions(query: &Query, records: &[Value]) -> Result<Vec<usize>, Error> {
    let page = query.apply(records)?;
    let position = |kept: &Value| records.iter().position(|record| std::ptr::eq(record, kept));
    Ok(page.records().filter_map(position).collect())
}

fn refused(error: Error) -> TestCaseError {
    TestCaseError::fail(error.report())
}

/// A predicate that is true or false.
fn predicate() -> impl Strategy<Value = Expr> {
    (condition(), operand(), operand(), any::<bool>())
        .prop_map(|(a, b, c, whole)| if whole { a.eq(lit(true)) } else { b.eq(c) })
}

/// Records with the members of some names renamed that lie on the record itself.
fn renamed(records: &[Value], names: &[(&str, &str)]) -> Vec<Value> {
    let new_name = |name: &String| {
        let renamed = names.iter().find(|(from, _)| from == name);
        renamed.map_or_else(|| name.clone(), |(_, to)| (*to).to_owned())
    };
    let record = |record: &Value| match record {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| (new_name(name), value.clone()));
            Value::Object(members.collect::<Map<_, _>>())
        }
        other => other.clone(),
    };
    records.iter().map(record).collect()
}

proptest! {
    #![proptest_config(cases(600))]

    /// A restricted query selects of what the query selects exactly what the predicate is true for, in
    /// the same order, and the same when another service reads it.
    #[test]
    fn a_restricted_query_selects_a_subset(
        query in query(),
        predicate in predicate(),
        records in records(),
    ) {
        let query = unpaged(&query);
        let restricted = query.clone().and_filter(predicate.clone()).map_err(refused)?;
        let again = Query::parse(&format!("{restricted:#}")).map_err(refused)?;
        prop_assert_eq!(&again, &restricted);
        let (Ok(all), Ok(allowed)) = (
            positions(&query, &records),
            positions(&Query::new().filter(predicate), &records),
        ) else {
            return Ok(());
        };
        let expected: Vec<usize> = all.into_iter().filter(|row| allowed.contains(row)).collect();
        prop_assert_eq!(&positions(&restricted, &records).map_err(refused)?, &expected);
        prop_assert_eq!(&positions(&again, &records).map_err(refused)?, &expected);
        let page = restricted.clone().count(true).apply(&records).map_err(refused)?;
        prop_assert_eq!(page.count(), Some(expected.len() as u64));
    }

    /// Records that the predicate is false for have no influence at all, not even by errors.
    #[test]
    fn records_of_others_have_no_influence(text in shaped_query(), records in shaped_records(), tenant in 0..3_i64) {
        let query = Query::parse(&text).map_err(refused)?;
        let own: Vec<Value> = records.iter().filter(|record| record["id"] == tenant).cloned().collect();
        let restricted = query.and_filter(prop("id").eq(tenant)).map_err(refused)?;
        let answer = |records: &[Value]| {
            restricted.apply(records).map(|page| page.to_json()).map_err(|error| error.to_string())
        };
        prop_assert_eq!(answer(&records), answer(&own));
    }

    /// The same for what looks at everything in the records.
    #[test]
    fn a_restricted_look_selects_a_subset(
        text in shaped_query(),
        predicate in shaped_condition(),
        records in shaped_records(),
    ) {
        let predicate: Expr = predicate.parse().map_err(refused)?;
        let query = unpaged(&Query::parse(&text).map_err(refused)?);
        let Ok(restricted) = query.clone().and_filter(predicate.clone()) else {
            prop_assert!(predicate.to_string().contains('@'), "{}", predicate);
            return Ok(());
        };
        let again = Query::parse(&format!("{restricted:#}")).map_err(refused)?;
        let (Ok(all), Ok(allowed)) = (
            positions(&query, &records),
            positions(&Query::new().filter(predicate), &records),
        ) else {
            return Ok(());
        };
        let expected: Vec<usize> = all.into_iter().filter(|row| allowed.contains(row)).collect();
        prop_assert_eq!(positions(&again, &records).map_err(refused)?, expected);
    }

    /// Any expression is a part of the filter that it becomes, as text too.
    #[test]
    fn any_filter_is_restricted(filter in expr(), predicate in condition()) {
        let query = Query::new().filter(filter.clone());
        let restricted = query.and_filter(predicate.clone()).map_err(refused)?;
        prop_assert_eq!(Query::parse(&format!("{restricted:#}")).map_err(refused)?, restricted.clone());
        let Some(ast::Kind::And(operands)) =
            restricted.options().filter.as_ref().map(|filter| filter.root().kind())
        else {
            return Err(TestCaseError::fail(restricted.to_string()));
        };
        let whole = ast::all_of(operands.iter().map(|operand| operand.to_expr()));
        prop_assert_eq!(&whole, restricted.options().filter.as_ref().unwrap());
        for part in [&filter, &predicate] {
            let parts = match part.root().kind() {
                ast::Kind::And(parts) => parts.iter().map(|part| part.to_expr()).collect(),
                _ => vec![part.clone()],
            };
            for part in parts {
                prop_assert!(operands.iter().any(|operand| operand.to_expr() == part), "{}", part);
            }
        }
    }

    /// Renaming there and back gives the query again, and what is renamed asks the same of records
    /// whose members are renamed.
    #[test]
    fn renaming_is_reversible(
        query in query(),
        records in records(),
        name in proptest::sample::select(&["ж", "none", "tags"][..]),
        new in proptest::sample::select(&["другое", "eq", "not", "z"][..]),
    ) {
        let there = query.clone().renamed([(name, new)]).map_err(refused)?;
        prop_assert!(there.to_string() == query.to_string() || query.to_string().contains(name));
        let back = there.clone().renamed([(new, name)]).map_err(refused)?;
        prop_assert_eq!(&back, &query);
        prop_assert_eq!(back.to_string(), query.to_string());
        let (Ok(before), Ok(after)) = (
            positions(&query, &records),
            positions(&there, &renamed(&records, &[(name, new)])),
        ) else {
            return Ok(());
        };
        prop_assert_eq!(before, after, "{}", there);
    }

    /// So does renaming to the name of a variable, or to the names that others had.
    #[test]
    fn renaming_captures_nothing(text in shaped_query(), records in shaped_records()) {
        for names in [&[("id", "x")][..], &[("id", "s"), ("s", "id")], &[("o", "x"), ("id", "null")]] {
            let query = Query::parse(&text).map_err(refused)?;
            let Ok(there) = query.clone().renamed(names.iter().copied()) else {
                prop_assert!(text.contains('{'), "{}", text);
                continue;
            };
            prop_assert_eq!(&Query::parse(&format!("{there:#}")).map_err(refused)?, &there);
            // The whole of a record has the names of its members, and `X` was nobody's name before.
            let rest = text.replace("$it/", "");
            if ["{", "$it", "X"].iter().any(|whole| rest.contains(whole)) {
                continue;
            }
            let answer = |query: &Query, records: &[Value]| {
                positions(query, records).map_err(|error| error.to_string())
            };
            let renamed = renamed(&records, names);
            prop_assert_eq!(answer(&query, &records), answer(&there, &renamed), "{}", there);
        }
    }
}
