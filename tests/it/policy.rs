//! A policy lets nothing through that it does not allow.

use odata_query::ast::prop;
use odata_query::{Error, Policy, Query};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::shapes;
use crate::strategies::{cases, query, records, shaped_query, shaped_records};

fn check(policy: &Policy, text: &str) -> Result<(), Error> {
    policy.check(&Query::parse(text).unwrap_or_else(|error| panic!("{text}: {}", error.report())))
}

fn hides() -> Policy {
    Policy::new().forbidden(["secret", "address/street", "orders/lines/cost"])
}

/// Every way to look at something forbidden.
#[rustfmt::skip]
const LEAKS: &[&str] = &[
    // By its name, in any option, in any case.
    "$filter=secret eq 1",
    "$filter=SECRET eq 1",
    "$filter=ſecret eq 1",
    "$filter=secret eq null",
    "$filter=not secret",
    "$filter=a eq 1 or b eq 2 and contains(tolower(secret),'x')",
    "$filter=1 in (1,2) and 2 in [secret]",
    "$filter=1 in secret",
    "$filter=case(true:secret) eq 1",
    "$filter=cast(secret,Edm.String) eq 'x'",
    "$filter=isof(secret,Edm.String)",
    "$filter={\"a\":secret} eq {\"a\":1}",
    "$filter=[1,secret] eq [1,2]",
    "$filter=f(x=secret)",
    "$filter=Ns.F(secret)",
    "$filter=-secret eq 1",
    "$orderby=name,secret desc",
    "$orderby=length(secret)",
    "$compute=secret as x",
    "$compute=secret as x&$filter=x eq 1",
    "$compute=1 as secret",
    "$select=secret",
    "$select=name,Secret",
    "$select=address/street",
    "$select=address/Ns.Home/street",
    "$expand=secret",
    "$expand=secret/$count",
    "$expand=boss/secret",
    "$id=People(secret='x')",
    // Through a longer path.
    "$filter=address/street eq 'x'",
    "$filter=address/Ns.Home/street eq 'x'",
    "$filter=Ns.Person/secret eq 1",
    "$filter=boss/secret eq 1",
    "$filter=boss/boss/address/street eq 'x'",
    "$filter=$it/secret eq 1",
    "$filter=$it/Ns.Person/secret eq 1",
    "$filter=$this/secret eq 1",
    "$filter=$root/People/secret eq 1",
    "$filter=$root/People/any(p:p/name eq 'x')",
    "$filter=$root/People/any(p:p eq name)",
    "$filter=cast(Ns.Person)/secret eq 1",
    "$filter=cast(boss,Ns.Person)/secret eq 1",
    "$filter=case(true:boss)/secret eq 1",
    "$filter=Ns.Boss()/secret eq 1",
    "$filter=boss/Ns.Deputy()/address/street eq 'x'",
    "$filter=concat(orders,orders)/lines/any(l:l/cost gt 1)",
    // Its annotations, and those of what it is a part of by its name.
    "$filter=secret/@odata.type eq 'x'",
    "$filter=secret/@Ns.Term#q eq 1",
    "$orderby=address/street/@x",
    // Its items.
    "$filter=secret/any()",
    "$filter=secret/any(x:x eq 1)",
    "$filter=secret/all(x:x eq 1)",
    "$filter=secret/$count gt 1",
    "$filter=secret/$filter($this eq 1)/$count gt 1",
    // Lambda variables and nested filters.
    "$filter=orders/any(o:o/secret eq 1)",
    "$filter=orders/any(o:secret eq 1)",
    "$filter=orders/any(o:o/lines/any(l:l/cost gt 1))",
    "$filter=orders/any(secret:secret/lines/any(l:l/cost gt 1))",
    "$filter=orders/any(o:o/lines/$filter(cost gt 1)/$count gt 1)",
    "$filter=orders/any(o:o/lines/$count($filter=cost gt 1) gt 1)",
    "$filter=orders/$filter(lines/any(l:l/cost gt 1))/any()",
    "$filter=orders/$filter(true)/any(o:o/lines/any(l:l/Cost gt 1))",
    "$filter=orders/$filter(true)(secret=1)/name eq 'x'",
    "$filter=orders/$filter($this/secret eq 1)/$count eq 1",
    "$filter=orders/$filter(true)(1)/name eq 'x'",
    "$filter=$root/People/$count gt 1",
    "$filter=orders/any(o:o/lines/any(l:l eq o))",
    // Where a service ignores the case of variables.
    "$filter=orders/any(o:O/lines/any(l:L/cost gt 1))",
    "$orderby=orders/$count($filter=lines/any(l:L ne name))",
    // The whole of what it is a part of.
    "$filter=$it eq {\"secret\":1}",
    "$filter=$this ne null and $this in [1]",
    "$filter=cast(Ns.Person) eq {\"secret\":1}",
    "$filter=address eq {\"street\":\"x\"}",
    "$filter={\"street\":\"x\"} eq address",
    "$filter=address ne boss",
    "$filter=address in [{\"street\":\"x\"}]",
    "$filter=address/Ns.Home eq {\"street\":\"x\"}",
    "$filter=boss/address eq {\"street\":\"x\"}",
    "$filter=orders/any(o:o eq {\"id\":1})",
    "$filter=orders/any(o:o/lines eq [{\"cost\":1}])",
    "$filter=hassubset(orders,[{\"id\":1}])",
    "$filter=orders/$filter(id eq 1) eq [{\"id\":1}]",
    "$filter=Ns.F(address)",
    "$filter=address/Ns.F() eq 1",
    "$filter=$it/Ns.F() eq 1",
    "$orderby=$it",
    "$orderby=address",
    "$orderby=orders/lines",
    "$orderby=case(true:address)",
    "$compute=address as x",
    "$compute=address as x&$filter=x/street eq 'x'",
    // Parameter aliases, used or not.
    "$filter=@p eq 1&@p=secret",
    "@p=secret",
    "@p=address",
    "$filter=@p eq 1&@p=@q&@q=secret",
    "$filter=@p/secret eq 1&@p=boss",
    "$filter=@p/any(o:o/lines/any(l:l/cost eq 1))&@p=orders",
    "$filter=orders/any(o:o/lines/any(l:@p))&@p=l/cost eq 1",
    "$filter=orders/$filter(@p)/any()&@p=lines/$count($filter=cost eq 1) gt 1",
    "$expand=orders/lines($filter=@p eq 1)&@p=cost",
    "$expand=orders/lines(@p=cost)",
    "$expand=orders/lines(@p=cost;$filter=@p eq 1)",
    // The options of items.
    "$expand=orders($filter=secret eq 1)",
    "$expand=orders($orderby=secret)",
    "$expand=orders($compute=secret as x)",
    "$expand=orders($select=secret)",
    "$expand=orders($expand=lines($filter=cost eq 1))",
    "$expand=orders($expand=lines($select=Cost))",
    "$expand=orders($expand=lines($orderby=$this))",
    "$expand=orders($orderby=lines)",
    "$expand=orders/lines/$count($filter=cost eq 1)",
    "$expand=orders/lines/$ref($filter=cost eq 1)",
    "$expand=orders/lines($filter=$it/secret eq 1)",
    "$expand=lines($filter=$it/cost eq 1;$levels=2)",
    "$expand=orders($search=x)",
    "$expand=orders($filter=$it eq 1)",
    "$expand=orders($filter=$it/address eq 1)",
    "$expand=orders($filter=$it/lines eq 1)",
    "$expand=lines($levels=3;$filter=cost eq 1)",
    "$select=orders($filter=secret eq 1)",
    "$select=address($orderby=street)",
    "$select=orders/lines($select=cost)",
    // What looks at values without their names.
    "$search=x",
    "$filter=orders/$count($search=x) gt 1",
];

/// What is about something else.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "",
    "$filter=name eq 'secret'",
    "$filter=secrets eq 1 and secre eq 2",
    "$filter=tags/any(secret:secret eq 'x')",
    "$filter=address/city eq 'x' and street eq 'x'",
    "$filter=address eq null or null ne boss/address",
    "$filter=orders/any() and orders/$count gt 5",
    "$filter=orders/any(o:o/id eq 1 and o/lines/all(l:l/price gt cost))",
    "$filter=orders/$filter(id eq 1)/$count eq 1",
    "$filter=length(name) gt @p&@p=3",
    "$filter=tags/any(t:t eq @p)&@p='x'",
    "$filter=address/@Ns.Term eq 1",
    "$filter=trim(name)/any()",
    "$orderby=name,address/city desc",
    "$select=*",
    "$select=address,orders/id",
    "$select=address/@Ns.Term",
    "$compute=price mul 2 as double&$orderby=double",
    "$expand=*",
    "$expand=orders($filter=id eq 1;$select=id;$count=true)",
    "$expand=orders($filter=customer eq $it/id)",
    "$expand=boss($levels=max;$filter=name eq 'x')",
    "$top=5&$skip=5&$count=true&$format=json&key=secret",
];

#[test]
fn what_is_forbidden_never_shows() {
    let policy = hides();
    for leak in LEAKS {
        let Err(error) = check(&policy, leak) else {
            panic!("passes: {leak}");
        };
        assert!(error.is_forbidden() && error.status() == 403, "{leak}: {error}");
        if let Some(span) = error.span() {
            assert!(leak.get(span).is_some(), "{leak}");
        }
    }
    for harmless in HARMLESS {
        if let Err(error) = check(&policy, harmless) {
            panic!("{}", error.report());
        }
    }
    for query in LEAKS.iter().chain(HARMLESS) {
        assert!(check(&Policy::new(), query).is_ok(), "{query}");
    }
}

/// What is hidden stays so in what is built, whose names no text could have.
#[test]
fn built_names_say_something_about_properties() {
    for name in ["secret@odata.type", "Secret@x", "address/street@x"] {
        let query = Query::new().filter(prop(name).eq(1));
        assert!(hides().check(&query).is_err(), "{name}");
    }
    let tall = (0..200_000).fold(prop("secret"), |expr, _| odata_query::ast::not(expr));
    assert!(hides().check(&Query::new().filter(tall)).is_err());
}

#[test]
fn a_leading_slash_is_the_record() {
    let policy = Policy::new().forbidden(["/id"]);
    let refused =
        ["$filter=id eq 1", "$filter=$it/ID eq 1", "$orderby=tags/any(t:id eq 1)", "$select=id"];
    for query in refused {
        assert!(check(&policy, query).is_err(), "{query}");
    }
    for query in ["$filter=unit/id eq 1", "$expand=unit($filter=id eq 1)", "$select=unit/id"] {
        assert!(check(&policy, query).is_ok(), "{query}");
    }
}

/// Policies with queries that they refuse and queries that they allow.
#[test]
fn lists_allow_what_they_name() {
    #[rustfmt::skip]
    let cases: &[(Policy, &[&str], &[&str])] = &[
        (
            Policy::new().options(["filter", "$SELECT", "$expand"]),
            &["$top=1", "$expand=a($top=1)", "$select=a($orderby=b)", "$filter=a/$count($search=b) gt 1", "$expand=a($levels=2)"],
            &["$filter=a eq @p&@p=1", "$expand=a($filter=b;$select=c)", "key=1", "$filter=a/$count gt 1"],
        ),
        (Policy::new().options(["$fliter"]), &["$filter=a", "$top=1"], &["", "a=b"]),
        (Policy::new().custom_options(["key"]), &["Key=1", "key=1&debug", "keys"], &["key=1", "$top=1"]),
        (Policy::new().custom_options::<&str>([]), &["key"], &["", "$top=1"]),
        (
            Policy::new().functions(["Contains", "cast"]),
            &["$filter=a eq length(b)", "$filter=isof(a,A.B)", "$filter=case(true:1) eq 1", "@p=now()", "$orderby=trim(a)",
              "$compute=trim(a) as b", "$expand=x($filter=a/any(b:trim(b) eq 'c'))", "$filter=a/A.B() eq 1", "$filter=contains(a,trim(b))"],
            &["$filter=contains(a,'b')", "$filter=cast(a,Edm.String) eq 'b'", "$filter=a/any(b:CONTAINS(b,'c'))"],
        ),
        (
            Policy::new().operators(["eq", "AND", "any", "$count"]),
            &["$filter=a or b", "$filter=not a", "$filter=-a eq 1", "$filter=a ne 1", "$filter=a in (1)", "$orderby=a add 1",
              "$filter=a/all(b:b eq 1)", "$filter=a/$filter(b eq 1)/$count eq 1", "$filter=a/$count($filter=b or c) eq 1", "@p=a or b"],
            &["$filter=a eq 1 and b", "$filter=a/any(b:b eq 1)", "$filter=a/$count eq 1", "$orderby=a"],
        ),
        (
            Policy::new().filterable(["name", "tags/text"]),
            &["$filter=born eq 1", "$filter=tags eq null and tags in [1]", "$filter=tags/any(t:t/id eq 1)", "$filter=tags/any(t:t eq 1)",
              "$filter=@p eq 1&@p=born", "$filter=@p eq 1&@p=@q&@q=born", "$filter=$it eq 1", "$filter=$root/name eq 1", "$filter=x/name eq 1",
              "$filter=tags/any(t:born eq 1)", "$filter=tags/any(t:@p eq 1)&@p=name", "$compute=born as b", "$compute=name as b&$filter=b eq 1",
              "$expand=x($filter=name eq 1)", "$expand=tags($filter=id eq 1)", "$filter=born/any()", "$filter=trim(name)/x eq 1"],
            &["$filter=NAME eq 1 and name/first eq 2", "$filter=tags/any(t:t/text eq name)", "$filter=tags/any() or tags/$count eq 1",
              "$expand=tags($filter=text eq 'a')", "$orderby=born", "$filter=@p eq 1&@p=name", "@unused=born", "$filter=tags/any(t:t/text eq @p)&@p=1",
              "$filter=name/@Ns.Term eq 1", "$compute=name as b", "$filter=trim(name) eq 'x'", "$filter=tags ne null"],
        ),
        (
            Policy::new().sortable(["id"]),
            &["$orderby=name", "$orderby=id,name", "$orderby=length(name)", "$orderby=@p&@p=name", "$compute=name as n", "$expand=x($orderby=id)"],
            &["$orderby=id desc", "$orderby=-id", "$filter=name eq 1", "$orderby=@p&@p=id", "$filter=@p eq 1&@p=name", "$select=name"],
        ),
        (
            Policy::new().filterable(["a"]).sortable(["b"]),
            &["$filter=a eq @p&$orderby=@p&@p=a", "$filter=a eq @p&$orderby=@p&@p=b", "$compute=a as c", "$compute=b as c"],
            &["$filter=a eq @p&$orderby=@q&@p=a&@q=b"],
        ),
        (
            Policy::new().selectable(["id", "address/city", "unit/name"]),
            &["$select=name", "$select=address", "$select=address/zip", "$select=*", "$select=id,name", "$expand=boss", "$expand=*",
              "$expand=unit($select=id)", "$compute=name as id"],
            &["$select=ID,address/city", "$select=id/x", "$expand=unit($select=name)", "$expand=unit", "", "$filter=name eq 1", "$compute=id as other"],
        ),
        (
            Policy::new().expandable(["unit", "unit/boss", "address/country"]),
            &["$expand=boss", "$expand=*", "$expand=*/$ref", "$expand=unit/boss/unit", "$expand=unit($expand=people)", "$expand=unit($expand=*)", "$expand=address", "$expand=boss/$count"],
            &["$expand=Unit($expand=boss)", "$expand=address/country", "$expand=unit/boss", "$expand=unit/$ref", "$select=boss"],
        ),
        (
            Policy::new().max_expand_depth(2),
            &["$expand=a($expand=b($expand=c))", "$expand=a($levels=3)", "$expand=a($levels=max)", "$expand=a($expand=b($levels=2))"],
            &["$expand=a($expand=b),c", "$expand=a($levels=2)"],
        ),
        (Policy::new().max_expand_depth(0), &["$expand=a", "$expand=*"], &["$select=a"]),
        (
            Policy::new().count(false),
            &["$count=true", "$expand=a($count=true)", "$expand=a/$count"],
            &["$count=false", "$filter=a/$count gt 1"],
        ),
        (
            Policy::new().max_top(10),
            &["$top=11", "$top=99999999999999999999", "$expand=a($top=11)", "$select=a($top=11)"],
            &["", "$top=10", "$top=0", "$expand=a($top=10)"],
        ),
        (
            Policy::new().forbidden(["secret"]).searchable(["name", "orders/title"]),
            &["$expand=boss($search=x)", "$filter=secret eq 1"],
            &["$search=x", "$expand=orders($search=x)", "$filter=orders/$count($search=x) gt 1"],
        ),
        (Policy::new().forbidden(["address/street"]).searchable(["address"]), &["$search=x"], &["$top=1"]),
        (Policy::new().forbidden(["address"]).searchable(["address/city"]), &["$search=x"], &["$top=1"]),
        (Policy::new().searchable(["name"]), &[], &["$search=x"]),
        (Policy::new().forbidden(["@odata.etag"]), &["$filter=@odata.etag eq 'x'", "$filter=@etag eq 'x'", "$select=@odata.etag"], &["$filter=@type eq 'x'"]),
    ];
    for (policy, refused, allowed) in cases {
        for query in *refused {
            let error = check(policy, query).expect_err(query);
            assert!(error.is_forbidden() || error.is_limit(), "{query}: {error}");
        }
        for query in *allowed {
            if let Err(error) = check(policy, query) {
                panic!("{policy:?}: {}", error.report());
            }
        }
    }
}

/// What is not on a list and what is forbidden beside it look the same.
#[test]
fn messages_do_not_tell_what_is_forbidden() {
    let policy = Policy::new().filterable(["name"]).forbidden(["secret"]);
    let report = |name: &str| {
        let error = check(&policy, &format!("$filter={name} eq 1")).unwrap_err();
        (error.report().replace(name, "nobody"), error.to_json().replace(name, "nobody"))
    };
    assert_eq!(report("secret"), report("nobody"));
}

#[test]
fn applying_narrows_as_far_as_it_can() {
    let tree = || {
        Policy::new()
            .selectable(["id", "address/city", "unit/name", "unit/boss/id"])
            .expandable(["unit", "unit/boss"])
            .forbidden(["salary"])
    };
    #[rustfmt::skip]
    let cases = [
        (Policy::new().max_top(10), "$top=99", "$top=10"),
        (Policy::new().max_top(10), "", "$top=10"),
        (Policy::new().max_top(10), "$top=3", "$top=3"),
        (Policy::new().max_top(10), "$expand=a($top=99),b", "$top=10&$expand=a($top=10),b"),
        (Policy::new().page_size(5).max_top(10), "$top=9", "$top=5"),
        (Policy::new().page_size(20).max_top(10), "", "$top=10"),
        (tree(), "", "$select=id,address/city"),
        (tree(), "$select=*", "$select=id,address/city"),
        (tree(), "$select=*,id", "$select=id,address/city"),
        (tree(), "$select=id", "$select=id"),
        (tree(), "$expand=*", "$select=id,address/city&$expand=unit($select=name)"),
        (tree(), "$select=id&$expand=unit", "$select=id&$expand=unit($select=name)"),
        (tree(), "$select=id&$expand=unit($expand=*)", "$select=id&$expand=unit($select=name;$expand=boss($select=id))"),
        (tree(), "$select=id&$expand=*/$ref", "$select=id&$expand=unit/$ref"),
        (tree(), "$select=id&$expand=unit($select=name),*", "$select=id&$expand=unit($select=name)"),
        (Policy::new().selectable(["unit"]), "$select=unit&$expand=unit($select=*)", "$select=unit&$expand=unit($select=*)"),
        (Policy::new().selectable(["id", "secret"]).forbidden(["secret"]), "", "$select=id"),
        (Policy::new().selectable(["id", "@odata.etag"]), "", "$select=id,@etag"),
        (Policy::new().max_expand_depth(2), "$expand=a($levels=max),b($levels=9;$expand=c)", "$expand=a($levels=2),b($expand=c;$levels=2)"),
    ];
    for (policy, before, after) in cases {
        let query = Query::parse(before).unwrap();
        match policy.apply(query) {
            Ok(applied) => assert_eq!(applied.to_string(), after, "{before}"),
            // `$levels` multiply with what is expanded inside.
            Err(error) => {
                assert!(error.is_limit() && before.contains("$levels"), "{before}: {error}")
            }
        }
    }
    for refused in ["$select=name", "$orderby=salary", "$expand=boss", "$expand=unit($select=id)"] {
        assert!(tree().apply(Query::parse(refused).unwrap()).is_err(), "{refused}");
    }
    // Where nothing of the record may be selected, nothing would select all of it.
    assert!(Policy::new().selectable::<&str>([]).apply(Query::new()).is_err());
    assert!(
        Policy::new().selectable(["unit/id"]).expandable(["unit"]).apply(Query::new()).is_err()
    );
}

#[test]
fn answers_are_cleaned() {
    #[rustfmt::skip]
    let cases = [
        (hides(), json!({"id": 1, "Secret": 2, "secret@odata.type": "x", "@odata.etag": "e"}), json!({"id": 1, "@odata.etag": "e"})),
        (hides(), json!([{"secret": 1, "a": [[{"SECRET": 1, "b": 2}]]}, 5]), json!([{"a": [[{"b": 2}]]}, 5])),
        (
            hides(),
            json!({"@odata.context": "c", "value": [{"street": 1, "address": {"street": 2, "city": 3}, "orders": [{"lines": [{"cost": 4}], "cost": 5}]}]}),
            json!({"@odata.context": "c", "value": [{"street": 1, "address": {"city": 3}, "orders": [{"lines": [{}], "cost": 5}]}]}),
        ),
        (Policy::new().forbidden(["/id"]), json!({"value": [{"id": 1, "unit": {"id": 2}}]}), json!({"value": [{"unit": {"id": 2}}]})),
        (Policy::new().forbidden(["value"]), json!({"value": [{"value": 1, "a": 2}]}), json!({"value": [{"a": 2}]})),
        (Policy::new().forbidden(["value"]), json!({"id": 1, "value": [1]}), json!({"id": 1})),
        (
            Policy::new().selectable(["id", "address/city"]),
            json!([{"id": {"x": 1}, "id@x": 1, "name": 2, "name@x": 2, "@t": 3, "address": {"city": 4, "zip": 5}}]),
            json!([{"id": {"x": 1}, "id@x": 1, "@t": 3, "address": {"city": 4}}]),
        ),
        (Policy::new().forbidden(["@odata.etag"]), json!([{"@odata.etag": 1, "@etag": 2, "a": 3}]), json!([{"a": 3}])),
        (hides(), json!("secret"), json!("secret")),
    ];
    for (policy, before, after) in cases {
        let mut body = before.clone();
        policy.redact(&mut body);
        assert_eq!(body, after, "{before}");
    }
}

/// Changes every value that a path leads to: through collections, with names in any case.
fn disturb(value: &mut Value, path: &[&str], change: &Value) {
    match (value, path) {
        (Value::Array(items), _) => items.iter_mut().for_each(|item| disturb(item, path, change)),
        (Value::Object(members), [name, rest @ ..]) => {
            for (member, value) in members.iter_mut() {
                if !member.eq_ignore_ascii_case(name) {
                    continue;
                }
                match rest {
                    [] => *value = change.clone(),
                    rest => disturb(value, rest, change),
                }
            }
        }
        _ => {}
    }
}

/// Where the records of the answer stand, and their number.
type Answer = Result<(Vec<Option<usize>>, Option<u64>), String>;

fn answer(query: &Query, records: &[Value]) -> Answer {
    let page = query.apply(records).map_err(|error| error.to_string())?;
    let position = |kept: &Value| records.iter().position(|record| std::ptr::eq(record, kept));
    Ok((page.records().map(position).collect(), page.count()))
}

proptest! {
    #![proptest_config(cases(1500))]

    /// What a policy forbids has no influence on the answer to what it allows: neither on which
    /// records there are, nor on their order and number, nor on errors.
    #[test]
    fn what_is_forbidden_has_no_influence(
        query in query(),
        records in records(),
        path in proptest::sample::select(&["/b", "/items", "items/a", "tags/b", "a/b"][..]),
        change in prop_oneof![
            Just(json!(null)), Just(json!(1)), Just(json!("ab")), Just(json!([1, {"a": 2}])), Just(json!({"a": 1, "b": [0]})),
        ],
    ) {
        let policy = Policy::new().forbidden([path]);
        if policy.check(&query).is_err() {
            return Ok(());
        }
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        let mut disturbed = records.clone();
        disturbed.iter_mut().for_each(|record| disturb(record, &names, &change));
        prop_assert_eq!(answer(&query, &records), answer(&query, &disturbed));
    }
    /// The same where most of what is asked is about what is forbidden, or near it.
    #[test]
    fn nothing_near_what_is_forbidden_shows_it(
        text in shaped_query(),
        records in shaped_records(),
        path in proptest::sample::select(&["s", "/s", "o/s", "l/s"][..]),
        change in prop_oneof![
            (0..3_i64).prop_map(Value::from), Just(json!(null)), Just(json!({"s": 1, "t": 2})),
        ],
    ) {
        let query = Query::parse(&text).map_err(|error| TestCaseError::fail(error.report()))?;
        if Policy::new().forbidden([path]).check(&query).is_err() {
            return Ok(());
        }
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        let mut disturbed = records.clone();
        disturbed.iter_mut().step_by(2).for_each(|record| disturb(record, &names, &change));
        prop_assert_eq!(answer(&query, &records), answer(&query, &disturbed));
    }

    /// What is on no list has no influence either.
    #[test]
    fn what_is_not_listed_has_no_influence(query in query(), records in records(), change in any::<i8>()) {
        let listed = ["a", "b", "items"];
        let policy = Policy::new().filterable(listed).sortable(listed);
        if policy.check(&query).is_err() {
            return Ok(());
        }
        let mut disturbed = records.clone();
        for members in disturbed.iter_mut().filter_map(Value::as_object_mut) {
            for (name, value) in members.iter_mut() {
                if !listed.iter().any(|listed| listed.eq_ignore_ascii_case(name)) {
                    *value = json!([change]);
                }
            }
        }
        prop_assert_eq!(answer(&query, &records), answer(&query, &disturbed));
    }

    /// Nor does the shape of an answer show it, once what is forbidden is removed.
    #[test]
    fn what_is_forbidden_does_not_shape_answers(
        query in shapes::query(),
        records in shapes::records(),
        path in proptest::sample::select(&["/b", "b", "a", "items/a", "items/b", "b/a", "tags", "items/items", "ж"][..]),
        change in prop_oneof![
            Just(json!(null)), Just(json!(1)), Just(json!("ab")), Just(json!([1, {"a": 2}])), Just(json!({"a": 1, "items": [0]})),
        ],
    ) {
        let policy = Policy::new().forbidden([path]);
        let Ok(query) = policy.apply(query) else {
            return Ok(());
        };
        let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
        let mut disturbed = records.clone();
        for record in &mut disturbed {
            match path.starts_with('/') {
                true => disturb(record, &names, &change),
                false => disturb_all(record, &names, &change),
            }
        }
        prop_assert_eq!(body(&policy, &query, &records), body(&policy, &query, &disturbed), "{}", query);
    }
}

/// Changes every value that a path leads to, wherever it begins.
fn disturb_all(value: &mut Value, path: &[&str], change: &Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| disturb_all(item, path, change)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| disturb_all(member, path, change))
        }
        _ => {}
    }
    disturb(value, path, change);
}

/// The body of the response as clients see it.
fn body(policy: &Policy, query: &Query, records: &[Value]) -> Result<Value, String> {
    let page = query.apply(records).map_err(|error| error.to_string())?;
    let mut body: Value = serde_json::from_str(&page.to_json()).unwrap();
    policy.redact(&mut body);
    Ok(body)
}

/// What a policy allows of shaped answers is answered, so that the properties above say something.
#[test]
fn shaped_answers_are_allowed() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let policy = Policy::new().forbidden(["items/b"]);
    let answered = (0..300).filter(|_| {
        let (query, records) =
            (shapes::query(), shapes::records()).new_tree(&mut runner).unwrap().current();
        policy
            .apply(query)
            .is_ok_and(|query| query.apply(&records).is_ok_and(|page| !page.is_empty()))
    });
    let answered = answered.count();
    assert!(answered > 60, "{answered} of 300");
}
