//! The steps that evaluation counts grow in proportion to what there is to do.

use std::fmt::Write as _;

use odata_query::{Query, Settings};
use serde_json::{Value, json};

/// One condition of each family, over the members of [`record`].
const CONDITIONS: &[&str] = &[
    "n eq 5",
    "s gt 'm'",
    "n lt m",
    "at ge 2021-08-15T12:00:00Z",
    "n mul 3 add m div 2 sub n mod 7 gt -n",
    "length(concat(s,tolower(s))) gt indexof(s,'z')",
    "contains(s,'b')",
    "startswith(toupper(s),'B')",
    "matchespattern(s,'^a.*z$')",
    "n in (1,2,3)",
    "n in (1,2,3,4,5,6,7,8,9,10,11,12)",
    "n in values",
    "year(at) eq 2021 and at sub duration'P1D' lt now()",
    "round(n divby 3) eq 1",
    "cast(n,Edm.String) eq '1' or isof(n,Edm.String)",
    "case(n gt 5:1,s eq 'x':2,true:3) eq 4",
    "values/any(v:v gt 99)",
    "values/all(v:v mul 2 lt 99)",
    "items/any(i:i/n gt 99 or i/values/any(v:v gt 99))",
    "values/$count gt 5",
    "items/$count($filter=n gt 2) gt 5",
    "items/$filter(n gt 2)/any(i:i/n gt 99)",
    "hassubset(values,[1,2])",
];

/// Conditions whose work lies in the items of one collection.
const OVER_ITEMS: &[&str] = &[
    "values/any(v:v gt 99)",
    "values/all(v:v lt 99)",
    "values/any(v:v mul 2 gt 99)",
    "items/any(i:i/n gt 99)",
    "items/any(i:i/values/any(v:v gt 99))",
    "items/$count gt 0",
    "items/$count($filter=n gt 99) gt 0",
    "items/$filter(n mul 2 lt 99)/all(i:i/n lt 99)",
    "case(values/any(v:v gt 99):1,values/all(v:v lt 99):2) eq 1",
    "99 in values",
    "values eq [1,2,3]",
    "length(values) gt 99",
    "contains(values,[1,2])",
    "hassubset(values,[1,2])",
    "hassubsequence(values,[1,2])",
];

/// Conditions that ask about every pair of items, or compare two collections of one size.
const OVER_PAIRS: &[&str] = &[
    "values/any(v:values/any(w:v gt w add 99))",
    "values/any(v:v gt 99 or values/any(w:w gt 99))",
    "values/all(v:values/$filter($it gt 99)/$count eq 0)",
    "hassubset(values,values)",
];

/// Conditions whose work lies in the length of a string.
const OVER_TEXT: &[&str] = &[
    "s eq 'x'",
    "s lt m",
    "contains(s,'z')",
    "contains(s,concat('z','z'))",
    "tolower(s) eq 'x'",
    "length(concat(s,s)) eq 0",
    "indexof(substring(s,1),'z') eq 1",
    "matchespattern(s,'^[ab]*z$')",
    "s in ('x','y')",
];

#[test]
fn steps_are_linear_in_records() {
    for condition in CONDITIONS {
        for option in ["$filter", "$orderby"] {
            let query = format!("{option}={condition}");
            let [first, second] = growth(|n| (query.clone(), vec![record(3, 10); 20 * n]));
            assert!(first >= 20 && second == 2 * first, "{query}: {first} steps, then {second}");
        }
    }
}

#[test]
fn steps_are_linear_in_terms() {
    for condition in CONDITIONS {
        for junction in [" and ", " or "] {
            is_linear(condition, |n| {
                let terms = vec![format!("({condition})"); 10 * n];
                (format!("$filter={}", terms.join(junction)), vec![record(3, 10)])
            });
        }
    }
    is_linear("$orderby", |n| {
        (format!("$orderby={}", vec!["n mul m"; 8 * n].join(",")), vec![record(3, 10); 2])
    });
    is_linear("long lists", |n| {
        let mut query = String::from("$filter=n in (0");
        (1..100 * n).for_each(|item| write!(query, ",{item}").unwrap());
        (query + ")", vec![record(3, 10)])
    });
}

#[test]
fn steps_are_linear_in_items() {
    for condition in OVER_ITEMS {
        is_linear(condition, |n| (format!("$filter={condition}"), vec![record(100 * n, 10)]));
    }
}

/// Nesting a lambda in another over the same items multiplies, which the limits then bound.
#[test]
fn steps_are_quadratic_in_pairs_of_items() {
    for condition in OVER_PAIRS {
        let [first, second] =
            growth(|n| (format!("$filter={condition}"), vec![record(70 * n, 10)]));
        assert!(second > 3 * first, "{condition}: {first} steps, then {second}");
        assert!(second <= 4 * first, "{condition}: {first} steps, then {second}");
    }
}

#[test]
fn steps_are_linear_in_text() {
    for condition in OVER_TEXT {
        is_linear(condition, |n| (format!("$filter={condition}"), vec![record(3, 8192 * n)]));
    }
}

/// What shapes an answer, as a part for each position and a join, with options around it.
const SHAPES: &[(&str, &str, &str)] = &[
    ("$select=", "n#", ","),
    ("$select=", "items/n#", ","),
    ("$select=", "x#/n/m", ","),
    ("$expand=", "n#/$count", ","),
    ("$expand=", "n#($top=#)", ","),
    ("$compute=", "n mul m as c#", ","),
    ("$compute=", "items as c#", ","),
    ("$search=", "z#", " OR "),
    ("$search=", "NOT \"a z#\"", " "),
];

#[test]
fn steps_of_shapes_are_linear_in_items() {
    for (option, part, join) in SHAPES {
        is_linear(part, |n| {
            let one = |i: usize| part.replace('#', &i.to_string());
            let parts: Vec<String> = (0..10 * n).map(one).collect();
            (format!("{option}{}", parts.join(join)), vec![record(3, 10); 2])
        });
    }
}

/// Over records, over their members, over their items and over their text.
#[test]
fn steps_of_shapes_are_linear_in_records() {
    #[rustfmt::skip]
    let queries = [
        "$select=n,s,k1", "$select=items/n,k1", "$select=*,items($top=1)", "$select=items($filter=n gt 1;$orderby=n;$select=n)",
        "$select=values($filter=$this gt 1;$count=true)", "$expand=items($expand=values/$count;$select=n)", "$expand=items/$count($filter=n gt 1)",
        "$compute=n mul m as p,items as all", "$compute=s as t&$select=t", "$search=zz OR NOT ab", "$select=s&$search=\"ab ab\"",
        "$select=items($search=z;$compute=n add 1 as p)",
    ];
    for query in queries {
        let with_records = growth(|n| (query.to_owned(), vec![record(3, 10); 20 * n]));
        assert_eq!(with_records[1], 2 * with_records[0], "{query}: {with_records:?}");
        is_linear(&format!("{query} over items"), |n| (query.to_owned(), vec![record(70 * n, 10)]));
        is_linear(&format!("{query} over text"), |n| (query.to_owned(), vec![record(3, 8192 * n)]));
        is_linear(&format!("{query} over members"), |n| {
            let mut wide = record(3, 10);
            (0..50 * n).for_each(|i| wide[format!("k{i}")] = json!(1));
            (query.to_owned(), vec![wide])
        });
    }
}

/// A record with collections of some items and strings of some length.
fn record(items: usize, length: usize) -> Value {
    let values: Vec<usize> = (0..items).map(|item| item % 7).collect();
    let items: Vec<Value> = values.iter().map(|n| json!({ "n": n, "values": [1, 2] })).collect();
    let text = "ab".repeat(length / 2);
    json!({
        "n": 7, "m": 5, "s": text, "at": "2021-08-15T12:00:00Z", "values": values, "items": items,
    })
}

/// Twice the size takes twice the steps and no more, beside what does not depend on the size.
fn is_linear(name: &str, sized: impl Fn(usize) -> (String, Vec<Value>)) {
    let [first, second] = growth(sized);
    assert!(second * 100 <= first * 201, "{name}: {first} steps, then {second}");
}

/// The steps that are added from size 1 to 2, and from size 2 to 4: twice as many if steps grow in
/// proportion, four times as many if they grow with the square.
fn growth(sized: impl Fn(usize) -> (String, Vec<Value>)) -> [u64; 2] {
    let [one, two, four] = [1, 2, 4].map(|size| {
        let (query, records) = sized(size);
        steps(&query, &records)
    });
    [two - one, four - two]
}

/// The least limit under which a query is answered.
fn steps(query: &str, records: &[Value]) -> u64 {
    let is_enough = |steps: u64| {
        let mut settings = Settings::default();
        settings.limits.record_steps = u64::MAX;
        settings.limits.query_steps = steps;
        settings.limits.query_steps_per_record = 0;
        match Query::parse_with(query, &settings).and_then(|query| query.apply(records).map(drop)) {
            Ok(()) => true,
            Err(error) if error.is_limit() => false,
            Err(error) => panic!("{}", error.report()),
        }
    };
    let (mut least, mut most) = (0, 1 << 20);
    assert!(is_enough(most), "{query}");
    while least < most {
        let middle = u64::midpoint(least, most);
        if is_enough(middle) { most = middle } else { least = middle + 1 }
    }
    most
}
