//! Why a record is kept or dropped: every step, what decides, and what was not evaluated.

use std::time::{Duration, SystemTime};

use odata_query::ast::{Expr, call, lit, prop};
use odata_query::{Explanation, Limits, Query, Settings};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::strategies::{cases, condition, records};

/// 2021-08-15T12:00:00Z
fn clock() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_629_028_800)
}

fn record() -> Value {
    json!({
        "a": 1, "b": null, "t": true, "f": false, "name": "O'Neil", "day": "2021-08-15",
        "tags": ["x", "y", null], "none": [], "owner": {"id": 7, "tags": ["z"]},
        "parts": [{"n": 1, "tags": ["p"]}, {"n": 2, "tags": ["q", "r"]}, {"n": 2, "tags": []}],
        "big": (0..20).collect::<Vec<_>>(), "@A.b": 5, "owner@A.c": 6, "@odata.type": "#M.Thing",
    })
}

/// A filter and what explains it for [`record`].
const CASES: &[(&str, &str)] = &[
    // One condition.
    ("a eq 1", "kept\n  a eq 1: true <- decides\n    a: 1\n"),
    ("a eq 1 add 1", "dropped\n  a eq 2: false <- decides\n    a: 1\n"),
    ("b", "dropped\n  b: null <- decides\n"),
    ("t", "kept\n  t: true <- decides\n"),
    ("a", "dropped\n  a: 1 <- decides\n"),
    ("true", "kept\n  true: true <- decides\n"),
    ("null", "dropped\n  null: null <- decides\n"),
    ("owner/id gt 6", "kept\n  owner/id gt 6: true <- decides\n    owner/id: 7\n"),
    ("owner eq null", "dropped\n  owner eq null: false <- decides\n    owner: {id,tags}\n"),
    ("contains(name,'''')", "kept\n  contains(name,''''): true <- decides\n    name: 'O''Neil'\n"),
    (
        "startswith(toupper(name),'O')",
        "kept\n  startswith(toupper(name),'O'): true <- decides\n    name: 'O''Neil'\n",
    ),
    (
        "length(concat(name,b)) eq a mul 2",
        "dropped\n  length(concat(name,b)) eq a mul 2: false <- decides\n    length(concat(name,b)): null\n      \
         concat(name,b): null\n        name: 'O''Neil'\n        b: null\n    a mul 2: 2\n      a: 1\n",
    ),
    (
        "day eq 2021-08-15 and now() gt 2021-08-15T12:00:00+01:00",
        "kept\n  day eq 2021-08-15 and now() gt 2021-08-15T12:00:00+01:00: true\n    \
         day eq 2021-08-15: true <- decides\n      day: '2021-08-15'\n    \
         now() gt 2021-08-15T12:00:00+01:00: true <- decides\n      now(): 2021-08-15T12:00:00Z\n",
    ),
    // `in`
    ("a in (1,2)", "kept\n  a in (1,2): true <- decides\n    a: 1\n"),
    ("a eq 2 or a eq 3", "dropped\n  a in (2,3): false <- decides\n    a: 1\n"),
    (
        "a in (9,8,7,6,5,4,3,2,0)",
        "dropped\n  a in (9,8,7,6,5,4,3,2,…): false <- decides\n    a: 1\n",
    ),
    ("a in big", "kept\n  a in big: true <- decides\n    a: 1\n    big: [0,1,2,3,4,5,6,7,…]\n"),
    (
        "b in [a,b]",
        "kept\n  b in [a,b]: true <- decides\n    b: null\n    [a,b]: [1,null]\n      a: 1\n      b: null\n",
    ),
    // Three-valued logic and what is not evaluated.
    (
        "f and a eq 1",
        "dropped\n  f and a eq 1: false\n    f: false <- decides\n    a eq 1: not evaluated\n",
    ),
    (
        "a eq 1 or b",
        "kept\n  a eq 1 or b: true\n    a eq 1: true <- decides\n      a: 1\n    b: not evaluated\n",
    ),
    (
        "t and b and a gt 0",
        "dropped\n  t and b and a gt 0: null\n    t: true\n    b: null <- decides\n    a gt 0: true\n      a: 1\n",
    ),
    (
        "f or b or a",
        "dropped\n  f or b or a: null\n    f: false\n    b: null <- decides\n    a: 1 <- decides\n",
    ),
    ("b and f", "dropped\n  b and f: false\n    b: null\n    f: false <- decides\n"),
    (
        "b or f or t",
        "kept\n  b or f or t: true\n    b: null\n    f: false\n    t: true <- decides\n",
    ),
    ("not b", "dropped\n  not b: null\n    b: null <- decides\n"),
    ("not (a gt 1)", "kept\n  not (a gt 1): true\n    a gt 1: false <- decides\n      a: 1\n"),
    (
        "(t and f) or not (t or b)",
        "dropped\n  t and f or not (t or b): false\n    t and f: false\n      t: true\n      f: false <- decides\n    \
         not (t or b): false\n      t or b: true\n        t: true <- decides\n        b: not evaluated\n",
    ),
    (
        "(a eq 1) eq t",
        "kept\n  a eq 1 eq t: true <- decides\n    a eq 1: true\n      a: 1\n    t: true\n",
    ),
    // `case`
    (
        "case(b:t,a eq 1:f,true:t)",
        "dropped\n  case(b : t,a eq 1 : f,true : t): false\n    b: null <- decides\n    \
         a eq 1: true <- decides\n      a: 1\n    f: false <- decides\n    true: not evaluated\n",
    ),
    // Lambdas.
    (
        "tags/any(v:v eq 'y')",
        "kept\n  tags/any(v:v eq 'y'): true\n    tags: ['x','y',null]\n    \
         item 1: v eq 'y': true <- decides\n      v: 'y'\n",
    ),
    (
        "tags/all(v:v ne 'y')",
        "dropped\n  tags/all(v:v ne 'y'): false\n    tags: ['x','y',null]\n    \
         item 1: v ne 'y': false <- decides\n      v: 'y'\n",
    ),
    (
        "owner/tags/all(v:v eq 'z')",
        "kept\n  owner/tags/all(v:v eq 'z'): true\n    owner/tags: ['z']\n    \
         item 0: v eq 'z': true <- decides\n      v: 'z'\n",
    ),
    (
        "none/any(v:v eq 1) or none/all(v:v eq 1)",
        "kept\n  none/any(v:v eq 1) or none/all(v:v eq 1): true\n    none/any(v:v eq 1): false\n      none: []\n    \
         none/all(v:v eq 1): true <- decides\n      none: []\n",
    ),
    ("b/any()", "dropped\n  b/any(): false <- decides\n    b: null\n"),
    (
        "parts/any(p:p/n eq 2 and p/tags/any(v:v eq 'r' and $it/a eq 1))",
        "kept\n  parts/any(p:p/n eq 2 and p/tags/any(v:v eq 'r' and a eq 1)): true\n    parts: […,…,…]\n    \
         item 1: p/n eq 2 and p/tags/any(v:v eq 'r' and a eq 1): true\n      p/n eq 2: true <- decides\n        p/n: 2\n      \
         p/tags/any(v:v eq 'r' and a eq 1): true\n        p/tags: ['q','r']\n        \
         item 1: v eq 'r' and a eq 1: true\n          v eq 'r': true <- decides\n            v: 'r'\n          \
         a eq 1: true <- decides\n            a: 1\n",
    ),
    (
        "big/any(v:v lt 0)",
        "dropped\n  big/any(v:v lt 0): false\n    big: [0,1,2,3,4,5,6,7,…]\n    \
         item 0: v lt 0: false <- decides\n      v: 0\n    item 1: v lt 0: false <- decides\n      v: 1\n    \
         item 2: v lt 0: false <- decides\n      v: 2\n    item 3: v lt 0: false <- decides\n      v: 3\n    \
         item 4: v lt 0: false <- decides\n      v: 4\n    item 5: v lt 0: false <- decides\n      v: 5\n    \
         item 6: v lt 0: false <- decides\n      v: 6\n    item 7: v lt 0: false <- decides\n      v: 7\n  … and more\n",
    ),
    // Paths that are more than names.
    (
        "parts/$count($filter=n eq 2) eq 2",
        "kept\n  parts/$filter(n eq 2)/$count eq 2: true <- decides\n    parts/$filter(n eq 2)/$count: 2\n      \
         parts/$filter(n eq 2): […,…]\n        parts: […,…,…]\n",
    ),
    (
        "@A.b eq 5 and owner/@A.c eq 6",
        "kept\n  @A.b eq 5 and owner/@A.c eq 6: true\n    @A.b eq 5: true <- decides\n      @A.b: 5\n        \
         $it: {a,b,t,f,name,day,tags,none,owner,parts,big,@A.b,owner@A.c,@odata.type}\n    \
         owner/@A.c eq 6: true <- decides\n      owner/@A.c: 6\n        \
         $it: {a,b,t,f,name,day,tags,none,owner,parts,big,@A.b,owner@A.c,@odata.type}\n",
    ),
    (
        "isof(M.Thing) and cast(a,Edm.String) eq '1' and -a lt 0",
        "kept\n  isof($it,M.Thing) and cast(a,Edm.String) eq '1' and -a lt 0: true\n    \
         isof($it,M.Thing): true <- decides\n      \
         $it: {a,b,t,f,name,day,tags,none,owner,parts,big,@A.b,owner@A.c,@odata.type}\n    \
         cast(a,Edm.String) eq '1': true <- decides\n      cast(a,Edm.String): '1'\n        a: 1\n    \
         -a lt 0: true <- decides\n      -a: -1\n        a: 1\n",
    ),
];

fn explained(filter: &str) -> Explanation {
    let plan = Query::parse(&format!("$filter={filter}")).and_then(|query| query.bind());
    let explained = plan.and_then(|plan| plan.explain_at(&record(), clock()));
    explained.unwrap_or_else(|error| panic!("{filter}: {}", error.report()))
}

#[test]
fn every_step_is_shown() {
    for (filter, expected) in CASES {
        let explanation = explained(filter);
        let found = explanation.to_string();
        assert!(found == *expected, "{filter}\n{found}\nexpected\n{expected}");
        assert_eq!(explanation.is_complete(), !found.ends_with("more\n"));
    }
}

#[test]
fn steps_can_be_read() {
    let explanation = explained("tags/any(v:v eq 'y') or a");
    let steps: Vec<_> = explanation
        .steps()
        .iter()
        .map(|step| (step.depth(), step.text(), step.value(), step.item(), step.decides()))
        .collect();
    assert_eq!(
        steps,
        [
            (0, "tags/any(v:v eq 'y') or a", Some("true"), None, false),
            (1, "tags/any(v:v eq 'y')", Some("true"), None, false),
            (2, "tags", Some("['x','y',null]"), None, false),
            (2, "v eq 'y'", Some("true"), Some(1), true),
            (3, "v", Some("'y'"), None, false),
            (1, "a", None, None, false),
        ]
    );
}

#[test]
fn without_a_filter_all_is_kept() {
    let explanation = Query::new().top(1).bind().unwrap().explain(&Value::Null).unwrap();
    assert!(explanation.is_kept() && explanation.steps().is_empty());
    assert_eq!(explanation.to_string(), "kept\n  there is no filter\n");
}

#[test]
fn texts_are_short_and_harmless() {
    let long = "\u{1b}x".repeat(5000);
    let filter =
        prop("a").eq(long.as_str()).or(call("contains", [prop(&"p".repeat(120)), lit("é")]));
    let filter = filter.or(prop("list").any("v", prop("v").eq(1)));
    let list: Vec<_> = (0..5000).map(|_| json!([long])).collect();
    let record = json!({"a": long, "list": list, long.as_str(): 1});
    let explanation = Query::new().filter(filter).bind().unwrap().explain(&record).unwrap();
    for step in explanation.steps() {
        for text in [step.text(), step.value().unwrap_or_default()] {
            assert!(text.replace("\\u{1b}", "e").chars().count() <= 81, "{text}");
            assert!(!text.contains(char::is_control));
        }
    }
    assert!(explanation.to_string().len() < 10_000);
}

#[test]
fn the_number_of_steps_is_bounded() {
    let filter = (0..900).map(|i| prop(&format!("a{i}")).eq(i).and(prop("b")).or(prop("c")));
    let filter = filter.reduce(Expr::and).unwrap();
    let explanation = Query::new().filter(filter).bind().unwrap().explain(&json!({"c": true}));
    let explanation = explanation.unwrap();
    assert!(explanation.is_kept() && !explanation.is_complete());
    assert_eq!(explanation.steps().len(), 1000);
    assert!(explanation.to_string().ends_with("  … and more\n"));
}

#[test]
fn what_fails_is_an_error_with_its_place() {
    let text = "$top=1&$filter=f or 1 div 0 eq 1";
    let error = Query::parse(text).unwrap().bind().unwrap().explain(&record()).unwrap_err();
    assert_eq!((error.code(), error.option()), ("evaluation", Some("$filter")));
    assert_eq!(error.span().map(|span| &text[span]), Some("1 div 0"));

    let mut settings = Settings::default();
    settings.limits = Limits::default();
    (settings.limits.query_steps, settings.limits.query_steps_per_record) = (100, 0);
    let query = Query::parse_with("$filter=big/all(v:v ge 0 and v lt 50)", &settings).unwrap();
    assert!(query.bind().unwrap().explain(&record()).unwrap_err().is_limit());
}

/// What an answer does not evaluate does not fail an explanation.
#[test]
fn what_is_not_evaluated_does_not_fail() {
    let explain = |filter: &str| {
        let plan = Query::parse(&format!("$filter={filter}")).unwrap().bind().unwrap();
        assert_eq!(plan.apply(&[json!({})]).unwrap().len(), 0, "{filter}");
        plan.explain(&json!({})).unwrap().to_string()
    };
    assert_eq!(
        explain("contains(a,'x') and 1 div 0 eq 1 and b eq null"),
        "dropped\n  contains(a,'x') and 1 div 0 eq 1 and b eq null: null\n    \
         contains(a,'x'): null <- decides\n      a: null\n    1 div 0 eq 1: not evaluated\n    \
         b eq null: not evaluated\n"
    );
    assert_eq!(
        explain("not (contains(a,'x') or 1 div 0 eq 1) or b eq 1"),
        "dropped\n  not (contains(a,'x') or 1 div 0 eq 1) or b eq 1: null\n    \
         not (contains(a,'x') or 1 div 0 eq 1): null\n      contains(a,'x') or 1 div 0 eq 1: null\n        \
         contains(a,'x'): null <- decides\n          a: null\n        1 div 0 eq 1: not evaluated\n    \
         b eq 1: false\n      b: null\n"
    );
}

proptest! {
    #![proptest_config(cases(1000))]

    /// The explanation says what is answered, and something decides.
    #[test]
    fn agrees_with_answers(filter in condition(), records in records()) {
        let plan = Query::new().filter(filter).bind();
        let Ok(plan) = plan else { return Ok(()) };
        for record in &records {
            let kept = plan.apply(std::slice::from_ref(record)).map(|page| page.len() == 1);
            let explained = plan.explain(record);
            match (kept, explained) {
                (Ok(kept), Ok(explanation)) => {
                    prop_assert_eq!(explanation.is_kept(), kept, "{}", explanation);
                    let root = &explanation.steps()[0];
                    prop_assert_eq!(root.value() == Some("true"), kept);
                    let decides = explanation.steps().iter().any(|step| step.decides());
                    prop_assert!(decides || !explanation.is_complete(), "{}", explanation);
                    let depths = explanation.steps().windows(2);
                    prop_assert!(depths.clone().all(|pair| pair[1].depth() <= pair[0].depth() + 1));
                }
                (Err(kept), Err(explained)) => prop_assert_eq!(kept.code(), explained.code()),
                (kept, explained) => prop_assert!(false, "{:?} {:?}", kept, explained),
            }
        }
    }
}
