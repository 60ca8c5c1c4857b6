//! Queries and data that mean harm: an answer or an error, in bounded memory, and a message
//! that can be shown.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]

use allocation_counter::measure;
use odata_query::ast::{Expr, call, not, prop};
use odata_query::schema::{Navigation, Schema, TypeBuilder};
use odata_query::{Collation, Error, Policy, Query, Settings};
use serde_json::{Value, json};

/// What one query may take.
const MEMORY: u64 = 200 << 20;
/// Bytes of a report at most: a message, an excerpt and what to do.
const REPORT: usize = 1500;

/// Parses, prints, explains and applies a query within the bounds.
fn answer(query: &str, records: &[Value]) -> Result<usize, Error> {
    let begin: String = query.chars().take(60).collect();
    let mut answer = Ok(0);
    let allocated = measure(|| {
        answer = Query::parse(query).and_then(|parsed| {
            assert!(Query::parse(&parsed.to_string()).unwrap() == parsed, "{begin}");
            pass_on(&parsed, &begin);
            Ok(parsed.bind()?.apply(records)?.len())
        });
    });
    assert!(allocated.bytes_max < MEMORY, "{begin}: {} MB", allocated.bytes_max >> 20);
    if let Err(error) = &answer {
        let report = error.report();
        assert!(report.len() < REPORT, "{begin}: {} bytes", report.len());
        assert!(!report.replace('\n', "").contains(char::is_control), "{begin}: {report:?}");
        let span = error.span().unwrap_or_else(|| panic!("{begin}: no place in {report}"));
        assert!(query.get(span).is_some(), "{begin}: a place outside the text");
    }
    answer
}

/// Does what a proxy does with a query.
fn pass_on(query: &Query, begin: &str) {
    let paths = ["secret", "a/b", "/b", "a/a/a"];
    let policy = Policy::new().forbidden(paths).filterable(["a", "b/c"]).selectable(["a/b"]);
    for checked in [policy.check(query), policy.apply(query.clone()).map(|_| ())] {
        if let Err(error) = checked {
            assert!(error.is_forbidden() || error.is_limit(), "{begin}: {error}");
            assert!(error.report().len() < REPORT, "{begin}");
        }
    }
    let renamed = query.clone().renamed([("a", "x"), ("a/b", "y/z/w"), ("b", "a")]);
    let restricted = query.clone().and_filter(prop("tenant").eq(7));
    for rewritten in [renamed, restricted].into_iter().flatten() {
        match Query::parse(&rewritten.to_string()) {
            Ok(again) => assert!(again == rewritten, "{begin}"),
            Err(error) => assert!(error.is_limit(), "{begin}: {error}"),
        }
    }
}

/// `@name0=link&@name1=link…`: each `#` of the link is the next alias, and that of the last is `end`.
fn aliases(name: &str, length: usize, link: &str, end: &str) -> String {
    let value = |i| link.replace('#', &format!("@{name}{i}"));
    let links: String = (0..length).map(|i| format!("&@{name}{i}={}", value(i + 1))).collect();
    format!("{links}&@{name}{length}={end}")
}

/// The part again and again with its position for `#`.
fn joined(count: usize, part: &str, separator: &str) -> String {
    let parts: Vec<String> = (0..count).map(|i| part.replace('#', &i.to_string())).collect();
    parts.join(separator)
}

#[rustfmt::skip]
const TOKENS: &[&str] = &[
    "(", ")", "not ", "-", "- ", "'", "''", "'a' ", "a", "a/", "a eq ", "and ", "a and ", "1 ", "1.",
    "1e", "-1 ", "1-", "null ", "true ", "INF ", "@a", "@a.b", "$it/", "$this", "$root/", "[", "{",
    "{\"a\":", "a(", "concat(", "case(", "cast(", "isof(", "any(x:", "a/any(x:", "a/any(", "a/$count",
    "a/$count(", "a/$filter(", "a/$count($filter=", "a($expand=", "a($select=", "a($levels=max),",
    "a($expand=b;", "a($search=", "/", "%", "%2", "%27", "%20", "%28", "%C3", "%FF", "%00", "\0", "&",
    "=", "&a", "&@a=1", "&$", "?", "+", "a in (", "(1,", "1,", "a,", "*,", "a desc,", "duration'",
    "geography'", "binary'", "POINT(", "x:", "_", "é", "%D0%BF", "𝕏", "\u{202e}", "\n", "\t", "a.b/",
    "a.b.", "a add ", "a has ", "2020-01-01", "T", "00:00:00", "00000000-0000-0000-0000-000000000000 ",
    "\\", "\"", "\"a\" ", "NOT ", "a OR ", "#", "$filter", ";",
];

const OPTIONS: &[&str] = &[
    "$filter", "$orderby", "$expand", "$select", "$compute", "$search", "$top", "$format", "@a",
    "x",
];

#[test]
fn any_token_many_times() {
    for option in OPTIONS {
        for token in TOKENS {
            let _ = answer(&format!("{option}={}", token.repeat(4000 / token.len())), &[]);
        }
    }
}

#[test]
fn any_two_tokens_in_turn() {
    for first in TOKENS {
        for second in TOKENS {
            let _ = answer(&format!("$filter={}", [*first, second].concat().repeat(100)), &[]);
        }
    }
}

/// The ends of numbers, calendars and texts: what is true, and the code of what fails.
const ENDS: &[(&str, &str)] = &[
    ("-9223372036854775808 div -1 eq 9223372036854775808", ""),
    ("-9223372036854775808 mod -1 eq 0", ""),
    ("-(-9223372036854775808) eq 9223372036854775808", ""),
    ("-9223372036854775808 sub 1 eq a", "evaluation"),
    ("18446744073709551615 add 1 eq a", "evaluation"),
    ("9223372036854775807 mul 9223372036854775807 eq a", "evaluation"),
    ("1 div 0 eq a", "evaluation"),
    ("1.5 mod 0 eq a", "evaluation"),
    ("-1 divby 0 eq -INF", ""),
    ("0 divby 0 ne NaN", ""),
    ("1e308 mul 10 eq INF", ""),
    ("1e-28 div 10 gt 0", ""),
    ("5e-324 div 2 eq 0", ""),
    ("79228162514264337593543950335 add 1 gt 79228162514264337593543950335", ""),
    ("substring('abc',-9223372036854775808) eq 'abc'", ""),
    ("substring('abc',18446744073709551615,18446744073709551615) eq ''", ""),
    ("substring('abc',1,9223372036854775807) eq 'bc'", ""),
    ("substring('abc',0,-1) eq ''", "evaluation"),
    ("262142-12-31 add duration'P1D' eq a", "evaluation"),
    ("-262143-01-01 sub duration'P1D' eq a", "evaluation"),
    ("262143-01-01 eq a", "invalid-literal"),
    ("9999-12-31 add duration'P1D' eq 10000-01-01", ""),
    ("maxdatetime() add duration'PT1S' gt maxdatetime()", ""),
    ("2020-01-01T00:00:00-23:59 lt 2020-01-02T00:00:00Z", ""),
    ("duration'P99999999999999D' mul 1e300 eq a", "evaluation"),
    ("duration'PT1S' mul NaN eq a", "evaluation"),
    ("duration'PT1S' div 0 eq a", "evaluation"),
    ("year(-262143-01-01) eq -262143", ""),
    ("round(1e308) eq 1e308", ""),
    ("floor(-1e-28) eq -1", ""),
    ("cast(1e300,Edm.Int64) eq null", ""),
    ("cast(1e39,Edm.Single) eq null", ""),
    ("'x' lt '\u{10ffff}'", ""),
    ("length(toupper('ΐ')) eq 3", ""),
    ("matchespattern('a','a{1000000}')", "limit"),
    ("matchespattern('a','(((a{100}){100}){100})')", "limit"),
    ("matchespattern('a','%00%1B[31m(')", "evaluation"),
    ("matchespattern(a,'(a*)*b') or true", ""),
];

#[test]
fn the_ends_of_every_range() {
    for (expression, code) in ENDS {
        // An expression that depends on the record is not folded.
        for text in [expression.to_string(), format!("case(a eq 1:({expression}))")] {
            let answer = answer(&format!("$filter={text}"), &[json!({"a": 1})]);
            let found = answer.map_err(|error| error.code());
            assert_eq!(found, if code.is_empty() { Ok(1) } else { Err(*code) }, "{text}");
        }
    }
    for option in ["", "&$orderby=a"] {
        let window = format!("$skip={0}&$top={0}&$count=true{option}", u64::MAX);
        assert_eq!(answer(&window, &[json!({"a": 1})]).ok(), Some(0));
    }
    assert_eq!(answer("$top=18446744073709551616", &[json!(1)]).ok(), Some(1));
}

/// Data that makes a query long: what is refused, and what is answered all the same.
#[test]
fn hostile_records() {
    let many = json!({"c": (0..1_000_000).collect::<Vec<_>>()});
    let some = json!({"c": (0..1000).collect::<Vec<_>>()});
    let deep = (0..127).fold(json!(1), |inside, _| json!([inside]));
    let mixed = json!([1, "x", null, true, [1], {"a": 1}, 1e300, -0.0, "2020-01-01", u64::MAX]);
    #[rustfmt::skip]
    let cases = [
        ("$filter=c/any(x:x eq -1)", &many, Err("limit")),
        ("$filter=c/any(x:x add 1 eq -1)", &many, Err("limit")),
        ("$filter=c/$filter($it gt -1)/$count eq 0", &many, Err("limit")),
        ("$filter=c/any(x:c/any(y:x eq y add 5000))", &some, Err("limit")),
        ("$filter=hassubset(c,concat(c,c))", &some, Err("limit")),
        ("$filter=contains(concat(c,c),concat(c,[-1]))", &some, Err("limit")),
        ("$filter=c/any(x:x eq 999)", &some, Ok(1)),
        ("$filter=$it eq $it&$orderby=$it", &deep, Ok(1)),
        ("$orderby=$it,$it desc&$filter=$it/any(x:x eq 1e300)", &mixed, Ok(1)),
        ("$filter=a lt nope/nope/nope or a eq null", &some, Ok(1)),
    ];
    for (query, record, expected) in cases {
        let found = answer(query, std::slice::from_ref(record)).map_err(|error| error.code());
        assert_eq!(found, expected, "{query}");
    }
    let rows = vec![mixed.as_array().unwrap().clone(); 500].concat();
    assert_eq!(answer("$orderby=$it desc", &rows).ok(), Some(5000));
}

/// What costs more than it looks like: copies of collections, pairs of long items, strings that are
/// read character by character, points of lines.
#[test]
fn all_work_is_charged() {
    let numbers = json!({"c": (0..500_000).collect::<Vec<_>>()});
    let texts = |end: &str| vec!["x".repeat(50_000) + end; 100];
    let pairs = json!({"c": texts("c"), "d": texts("d")});
    let text = json!({"s": "я".repeat(250_000), "t": "я".repeat(250_000)});
    let line: Vec<[u32; 2]> = (0..20_000).map(|i| [i % 180, i % 90]).collect();
    let line = json!({"a": {"type": "LineString", "coordinates": line}});
    let points = json!({"a": {"type": "Point", "coordinates": [5, 1]}, "c": vec![1; 100]});
    let mut cases = vec![
        (joined(1000, "hassubset(c,[])", " and "), &numbers, Collation::Ordinal),
        (joined(1000, "concat(c,[])/$count ne #", " and "), &numbers, Collation::Ordinal),
        (
            format!("@a/any(x:{})&@a=[concat(c,[1])]", joined(1500, "x/any()", " and ")),
            &numbers,
            Collation::Ordinal,
        ),
        (joined(1000, "hassubset(c,d)", " or "), &pairs, Collation::Ordinal),
        (joined(100, "tolower(s) ne concat(t,'#')", " and "), &text, Collation::Ordinal),
        (joined(100, "s eq t", " and "), &text, Collation::IgnoreCase),
        (joined(100, "contains(s,'#') ne true", " and "), &text, Collation::IgnoreCase),
    ];
    if cfg!(feature = "geo") {
        let ring = joined(8000, "# 1", ",");
        let polygon = format!("geography'SRID=4326;Polygon(({ring},0 1))'");
        let again = format!("c/all(x:@a/any(g:geo.intersects(a,g)))&@a=[{polygon}]");
        cases.push((joined(10, "geo.length(a) ne #", " and "), &line, Collation::Ordinal));
        cases.push((again, &points, Collation::Ordinal));
        // A constant is read when it is bound.
        let query = Query::parse(&format!("$filter=geo.intersects(a,{polygon})")).unwrap();
        assert_eq!(query.apply(&vec![points.clone(); 20_000]).unwrap().len(), 20_000);
    }
    for (filter, record, collation) in cases {
        let mut settings = Settings::default();
        settings.collation = collation;
        let query = Query::parse_with(&format!("$filter={filter}"), &settings).unwrap();
        let answer = query.apply(std::slice::from_ref(record)).map(|page| page.len());
        assert_eq!(answer.unwrap_err().code(), "limit", "{}", &filter[..20]);
    }
}

/// What multiplies, and the code of its error.
#[test]
fn what_multiplies_is_bounded() {
    let record = [json!({"a": 1, "b": "x", "c": [1, 2]})];
    #[rustfmt::skip]
    let cases = [
        (format!("$filter=@a0{}", aliases("a", 60, "# and #", "a eq 1")), "limit"),
        (format!("$filter=length(@a0) eq 1{}", aliases("a", 30, "concat(#,#)", "'x'")), "limit"),
        (format!("$filter={}&@a=[{}]", joined(1500, "b in @a", " or "), joined(5000, "#", ",")), "limit"),
        (format!("$filter={}&@a=[{1}]&@b=[{1}]", joined(1400, "@a ne @b", " or "), joined(5000, "#", ",")), "limit"),
        (format!("$filter=@a0 eq 1{}", aliases("a", 100, "#", "a")), "limit"),
        (format!("$filter=@a0{}", aliases("a", 9, "#", "@a3")), "alias-cycle"),
        (format!("$filter=a in ({})", joined(10_001, "#", ",")), "limit"),
        (format!("$filter={}", joined(4000, "a ne #", " and ")), "limit"),
        (format!("$filter={} eq 1", "a".repeat(129)), "limit"),
        (format!("$filter={} eq 1", ["a"; 101].join("/")), "limit"),
        (format!("$filter={}", "9".repeat(60_000)), "invalid-literal"),
        (format!("$filter=a eq 1e{}", "9".repeat(60_000)), "invalid-literal"),
        (format!("$filter=a eq duration'P{}D'", "9".repeat(60_000)), "invalid-literal"),
        (format!("$filter=a eq {}-01-01", "9".repeat(60_000)), "invalid-literal"),
        (format!("$filter={}", "a".repeat(70_000)), "limit"),
    ];
    for (query, code) in &cases[..14] {
        assert_eq!(answer(query, &record).unwrap_err().code(), *code, "{}", &query[..60]);
    }
    // The text as a whole has no place.
    assert_eq!(Query::parse(&cases[14].0).unwrap_err().code(), cases[14].1);
}

/// Shapes that multiply: copies, levels, and items over wide records.
#[test]
fn shapes_are_bounded() {
    let objects = json!({"a": (0..100_000).map(|i| json!([i, null])).collect::<Vec<_>>()});
    let text = json!({"a": "x".repeat(10 << 20)});
    let numbered = |count: usize, name: &str| -> Value {
        (0..count).map(|i| (name.replace('#', &i.to_string()), json!(1))).collect()
    };
    let noted = numbered(40_000, "k#@x");
    let wide = numbered(100_000, "k#");
    let some = numbered(60, "k#");
    let deep = (0..120).fold(json!(1), |inside, _| json!({ "a": inside }));
    let items = json!({"l": (0..3000).map(|i| json!({ "i": i })).collect::<Vec<_>>()});
    let names = joined(7000, "a#", ",");
    let nested = |inside: &str| {
        let levels = "abcd".chars().map(|name| format!("{name}($levels=max;$expand="));
        format!("$expand={}e($select={inside})))))", levels.collect::<String>())
    };
    #[rustfmt::skip]
    let cases = [
        // One large value many times.
        (format!("$compute={}", joined(4000, "a as b#", ",")), vec![objects.clone()], Err("limit")),
        (format!("$compute={}", joined(4000, "a as b#", ",")), vec![text.clone()], Err("limit")),
        (format!("$compute={}", joined(4000, "$it as b#", ",")), vec![text], Err("limit")),
        ("$select=l($compute=$it as all)".to_owned(), vec![items], Err("limit")),
        (format!("$compute={}", joined(4000, "1 as b#", ",")), vec![json!({})], Ok(1)),
        // Many items.
        (format!("$select={names}"), vec![json!({"a1": 1})], Ok(1)),
        (format!("$compute={}&$select={}", joined(3000, "1 as b#", ","), joined(3000, "b#", ",")), vec![json!({})], Ok(1)),
        (format!("$expand={}", joined(3000, "a#", ",")), vec![json!({"a1": []})], Ok(1)),
        (format!("$expand={}", joined(10_050, "a#", ",")), vec![json!({"a1": []})], Err("limit")),
        (format!("$select={}", joined(8000, "k#", ",")), vec![wide; 2], Err("limit")),
        (format!("$select={}", joined(8000, "k#", ",")), vec![some; 1000], Err("limit")),
        ("$select=a,b/c".to_owned(), vec![noted; 2], Err("limit")),
        // Many plans.
        (format!("$expand=a($levels=max;$select={names})"), vec![deep.clone()], Err("limit")),
        (nested(&names), vec![deep.clone()], Err("limit")),
        (nested("a"), vec![deep.clone()], Ok(1)),
        (format!("$expand={}", joined(2000, "a#($levels=max)", ",")), vec![deep.clone()], Err("limit")),
        (format!("$select={}", joined(500, &format!("x#/{}", ["a"; 50].join("/")), ",")), vec![deep.clone()], Err("limit")),
        (format!("$select={}", joined(500, &format!("{}/x#", ["a"; 50].join("/")), ",")), vec![deep], Ok(1)),
        // Much to search.
        (format!("$search={}", joined(100, "z#", " OR ")), vec![json!({"s": "ab".repeat(500_000)}); 20], Err("limit")),
        (format!("$search={}", joined(100, "z#", " OR ")), vec![json!({"s": vec!["ab"; 100_000]}); 20], Err("limit")),
        (format!("$search={}", joined(100, "NOT z#", " ")), vec![json!({"s": "ab".repeat(500)}); 20], Ok(20)),
    ];
    for (query, records, expected) in &cases {
        let found = answer(query, records).map_err(|error| error.code());
        assert_eq!(found, *expected, "{}", query.chars().take(60).collect::<String>());
    }
}

/// Names that are left out of every level.
#[test]
fn wide_types_are_bounded() {
    let lead = |own: TypeBuilder, i| own.navigation(Navigation::to_one(&format!("n{i}"), "T"));
    let expand = |width: usize| {
        let declared = (0..width).fold(TypeBuilder::new("T"), lead);
        let schema = Schema::builder().entity_type(declared).build().unwrap();
        let own = schema.entity_type("T").unwrap();
        let bound = Query::parse("$expand=*").unwrap().bind_to(&own);
        bound.map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(expand(400), Ok(()));
    assert_eq!(expand(3000), Err("limit"));
}

#[test]
fn folded_constants_are_bounded() {
    let half = aliases("a", 19, "concat(#,#)", "'X'");
    let items = aliases("a", 16, "concat(#,#)", "[1]");
    #[rustfmt::skip]
    let queries = [
        format!("$filter=@a0 eq null{}", aliases("a", 22, "[#,#]", "1")),
        format!("$filter=@a0 eq null{}", aliases("a", 22, r##"{"x":#,"y":#}"##, "1")),
        format!("$filter=@a0/$count eq 1{}", aliases("a", 23, "concat(#,#)", "[1]")),
        format!("$filter=contains(concat(@a0,@a0),concat(@a0,[2])){items}"),
        format!("$filter={}{half}", joined(1400, "tolower(@a0) ne b", " and ")),
        format!("$filter={}{half}", joined(1400, "concat(@a0,'#') ne b", " and ")),
        format!("$filter={}{half}", joined(1400, "[@a0] ne b", " and ")),
        format!("$filter={}{}", joined(1500, "b in @a0", " and "), aliases("a", 14, "concat(#,#)", "[1]")),
        format!("$filter='{}b' has '{}'", "a,".repeat(15_000), "b,".repeat(15_000)),
        format!("$filter={}", joined(1700, r"matchespattern('x','%5Cp{L}{20}')", " or ")),
        format!("$filter={}", joined(1700, r"matchespattern(b,'%5Cp{L}{20}')", " or ")),
    ];
    for query in queries {
        let _ = answer(&query, &[]);
    }
}

#[test]
fn steps_tell_what_evaluation_takes() {
    let rows = |count, record: Value| vec![record; count];
    let long = aliases("a", 19, "concat(#,#)", "'x'");
    let greek = aliases("a", 17, "concat(#,#)", "'ΐΐ'");
    let digits = aliases("a", 17, "concat(#,#)", "'0101'");
    let flags: Vec<String> = (0..11_000).map(|i| i.to_string()).collect();
    let turned: Vec<&str> = flags.iter().rev().map(String::as_str).collect();
    let line: Vec<[u32; 2]> = (0..10_000).map(|i| [i % 180, i % 90]).collect();
    #[rustfmt::skip]
    let cases = [
        (format!("$orderby=concat(b,@a0){long}"), rows(1000, json!({"b": "b"}))),
        (format!("$filter=toupper(concat(b,@a0)) eq 'a'{greek}"), rows(3000, json!({"b": "b"}))),
        (format!("$filter=matchespattern(concat(b,@a0),'[01]*1[01]{{300}}y'){digits}"), rows(3000, json!({"b": "b"}))),
        (format!("$filter={}", joined(100, "matchespattern(b,concat(p,'#'))", " or ")), rows(1000, json!({"b": "b", "p": r"\p{L}{20}"}))),
        (format!("$filter={}", joined(2000, "c eq d", " and ")), rows(1, json!({"c": [vec![1; 300_000]], "d": [vec![1; 300_000]]}))),
        ("$filter=matchespattern(b,p)".to_owned(), rows(10_000, json!({"b": "b", "p": r"\p{L}{20}"}))),
        (format!("$filter={}", joined(900, "isof(c,Collection(Edm.Date))", " or ")), rows(10, json!({"c": ([vec!["2020-01-01"; 20_000], vec!["x"]].concat())}))),
        (format!("$filter={}", joined(900, "cast(b,Edm.Binary) eq null", " or ")), rows(10, json!({"b": "A".repeat(1_000_000)}))),
        (format!("$filter=a in ({})", joined(2000, "N.E'#'", ",")), rows(40_000, json!({"a": "x"}))),
        (format!("$filter=a eq N.E'{}'", flags.join(",")), rows(50, json!({"a": turned.join(",")}))),
        (format!("$filter=@a0 eq null{}", aliases("a", 17, "[#,#]", "a")), rows(100, json!({"a": 1}))),
        (format!("$filter={}", joined(2400, "nope# lt 1", " or ")), rows(1, (0..300_000).map(|i| (format!("k{i}"), json!(i))).collect())),
        (format!("$filter={}", joined(1000, "geo.length(a) lt #", " or ")), rows(3, json!({"a": {"type": "LineString", "coordinates": line}}))),
    ];
    for (query, records) in &cases {
        let _ = answer(query, records);
    }
}

/// What a proxy looks at grows no faster than the query: each use of an alias, a variable or a long
/// path stands for what it leads to.
#[test]
fn policies_look_at_everything_once() {
    let long = joined(90, "a", "/");
    let queries = [
        format!("$filter={}", joined(2000, "b/any(x:x eq @a0)", " or "))
            + &aliases("a", 90, "# or #", "b"),
        format!("$filter={long}/any(x:{})", joined(3000, "x/c eq #", " or ")),
        format!("$filter=a/$filter({})/any()", joined(3000, "@a0", " or "))
            + &aliases("a", 90, "#", "b"),
        format!("$expand={}{}", "a($filter=a;$levels=9;$expand=".repeat(7), "b") + &")".repeat(7),
        format!("$expand={}", joined(2000, "a($filter=@a#;@a#=@b)", ",")),
        format!(
            "$filter=a/$filter({}b{})/any()",
            format!("{}/$filter(", joined(90, "a", "/")).repeat(20),
            ")/any()".repeat(20)
        ),
        format!("$expand=a({})", joined(4000, "@a#=@b", ";")),
    ];
    for query in queries {
        let _ = answer(&query, &[]);
    }
}

#[test]
fn explanations_are_bounded() {
    let shared = aliases("a", 16, "not (not (not (# and #)))", "a eq 1");
    let long = aliases("a", 19, "concat(#,#)", "'x'");
    for query in [
        format!("$filter=@a0{shared}"),
        format!("$filter={}{long}", joined(2000, "b ne @a0", " and ")),
    ] {
        let plan = Query::parse(&query).unwrap().bind().unwrap();
        assert!(plan.to_string().len() < 10 << 20, "{}", &query[..60]);
    }
}

#[test]
fn built_trees_of_any_width() {
    let wide = call("concat", (0..200_000).map(|_| prop("b")));
    let listed = prop("a").is_in(0..200_000);
    let tall: Expr = (0..200_000).fold(prop("a"), |expr, _| not(expr));
    let long = prop("a").eq("'\u{1}".repeat(1 << 20));
    for expr in [wide, listed, tall, long] {
        assert_eq!(expr.clone(), expr);
        assert!(!expr.to_string().is_empty());
        if let Err(error) = Query::new().filter(expr).bind() {
            assert!(error.report().len() < REPORT);
        }
    }
}
