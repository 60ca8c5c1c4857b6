//! `$select`, `$expand`, `$compute` and `$search`: the library agrees with the naive evaluator, and with
//! what the specification makes of two queries at once.

use odata_query::Query;
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};

use crate::naive_shape::{Why, answer, compare};
use crate::strategies::{cases, condition, operand};

/// Members that are single values, and those that are collections, of records and of what they hold.
const SINGLE: &[&str] = &["a", "b", "ж", "A", "none"];
const MANY: &[&str] = &["tags", "items", "ITEMS", "Items"];
const COMPUTED: &[&str] = &["n1", "n2", "N2", "a"];
const TERMS: &[&str] =
    &["a", "A", "b", "ж", "Ж", "x", "\"ab\"", "\"😀a\"", "NOT a", "NOT b", "(a OR ж)", "(a b)"];
/// Conditions about computed properties and about the record of the request.
const FURTHER: &[&str] = &[
    "n1 gt 0",
    "N2 eq n1",
    "n2 eq null",
    "$it/n1 eq 1",
    "$it/a eq b",
    "a ne $it/b",
    "items/any(i:i/a eq n1)",
    "$it/items/any(i:i/b eq a)",
];

/// Records of few names that hold one another, with annotations.
pub(crate) fn records() -> impl Strategy<Value = Vec<Value>> {
    vec(record(3), 1..5)
}

fn record(depth: u32) -> BoxedStrategy<Value> {
    let leaf = || {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-2..=3_i64).prop_map(Value::from),
            Just(json!(1.5)),
            select(&["", "a", "Ab", "b", "жа", "Ж", "😀a"][..]).prop_map(Value::from),
        ]
    };
    let annotation = select(
        &[
            "@odata.id",
            "@odata.type",
            "a@x.y",
            "A@x.y",
            "b@odata.type",
            "tags@odata.count",
            "items@odata.count",
            "items@x.y",
            "none@x.y",
        ][..],
    );
    let single = (select(&["a", "b", "B", "ж"][..]), leaf()).boxed();
    let texts = (select(&["tags", "items"][..]), vec(leaf(), 0..4).prop_map(Value::Array)).boxed();
    let noted = (annotation, leaf()).boxed();
    let member = match depth.checked_sub(1) {
        None => prop_oneof![4 => single, 1 => texts, 1 => noted].boxed(),
        Some(left) => {
            let inner = || record(left);
            prop_oneof![
                3 => single,
                1 => texts,
                2 => noted,
                3 => (select(&["a", "b", "B"][..]), inner()),
                4 => (select(&["items", "Items", "b"][..]), vec(inner(), 0..4).prop_map(Value::Array)),
            ]
            .boxed()
        }
    };
    let members = vec(member, 1..7).prop_map(|members| {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(members.collect::<Map<_, _>>())
    });
    members.boxed()
}

/// Where options stand, which says what they may be.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Query,
    Expand,
    Select,
    Count,
}

/// The text of a query with options that shape its answer, and nested ones.
pub(crate) fn query() -> impl Strategy<Value = Query> {
    options(2, Place::Query, true).prop_map(|options| parse(&options.join("&")))
}

fn parse(text: &str) -> Query {
    Query::parse(text).unwrap_or_else(|error| panic!("{}", error.report()))
}

/// Options as `$name=value`; of a collection, or of a single value.
fn options(depth: u32, place: Place, many: bool) -> BoxedStrategy<Vec<String>> {
    let chance = if many { 0.18 } else { 0.01 };
    let rows = if place == Place::Count { 0.0 } else { chance };
    let condition = prop_oneof![
        2 => condition().prop_map(|condition| condition.to_string()),
        2 => select(FURTHER).prop_map(str::to_owned),
    ];
    let key = prop_oneof![
        operand().prop_map(|key| key.to_string()),
        select(COMPUTED).prop_map(str::to_owned)
    ];
    let narrowing = (
        maybe(chance, condition.prop_map(|filter| format!("$filter={filter}"))),
        maybe(chance, search().prop_map(|search| format!("$search={search}"))),
        maybe(rows, key.prop_map(|key| format!("$orderby={key} desc"))),
        maybe(rows, (0..3_u64).prop_map(|skip| format!("$skip={skip}"))),
        maybe(rows, (0..4_u64).prop_map(|top| format!("$top={top}"))),
        maybe(rows, any::<bool>().prop_map(|count| format!("$count={count}"))),
    );
    let narrowing = narrowing.prop_map(|(a, b, c, d, e, f)| {
        [a, b, c, d, e, f].into_iter().flatten().collect::<Vec<_>>()
    });
    if place == Place::Count {
        return narrowing.boxed();
    }
    let computed = vec((computed_value(), select(COMPUTED)), 1..3).prop_map(|items| {
        let items = items.into_iter().map(|(value, name)| format!("{value} as {name}"));
        format!("$compute={}", items.collect::<Vec<_>>().join(","))
    });
    let selects =
        vec(select_item(depth), 1..5).prop_map(|items| format!("$select={}", items.join(",")));
    let expands =
        vec(expand_item(depth), 1..4).prop_map(|items| format!("$expand={}", items.join(",")));
    let nests = if depth == 0 { 0.0 } else { 0.5 };
    let expands = maybe(if place == Place::Select { 0.0 } else { nests }, expands);
    let shaping = (maybe(0.3, computed), maybe(0.6, selects), expands);
    (narrowing, shaping)
        .prop_map(|(mut options, (computed, selects, expands))| {
            options.extend([computed, selects, expands].into_iter().flatten());
            options
        })
        .boxed()
}

fn computed_value() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => operand().prop_map(|value| value.to_string()),
        1 => select(&["n1 add 1", "n2", "$it/a", "$it/n1", "n1 eq 2", "items", "$it/b"][..]).prop_map(str::to_owned),
    ]
}

fn search() -> impl Strategy<Value = String> {
    (vec(select(TERMS), 1..4), select(&[" ", " OR ", " AND "][..]))
        .prop_map(|(terms, join)| terms.join(join))
}

/// A path with a name at its end, and whether that is mostly a collection.
fn path() -> impl Strategy<Value = (String, bool)> {
    let way = vec(select(&["items", "b", "a", "Items"][..]), 0..2);
    let end = prop_oneof![
        select(SINGLE).prop_map(|name| (name, false)),
        select(MANY).prop_map(|name| (name, true))
    ];
    (way, end).prop_map(|(mut way, (name, many))| {
        way.push(name);
        (way.join("/"), many)
    })
}

fn select_item(depth: u32) -> BoxedStrategy<String> {
    let plain = prop_oneof![
        6 => path().prop_map(|(path, _)| path),
        1 => select(COMPUTED).prop_map(str::to_owned),
        1 => select(&["*", "items/*", "a@", "items/@x.y", "a/@x.y", "items/a/@x.y", "@x.y", "A.B", "n1/a", "n2($top=1)"][..])
            .prop_map(|item| item.trim_end_matches('@').to_owned()),
    ];
    let Some(left) = depth.checked_sub(1) else {
        return plain.boxed();
    };
    prop_oneof![3 => plain, 2 => with_options(left, Place::Select)].boxed()
}

fn expand_item(depth: u32) -> BoxedStrategy<String> {
    let plain = prop_oneof![
        5 => path().prop_map(|(path, _)| path),
        1 => select(&["*", "items/*", "*/$ref", "*($levels=2)"][..]).prop_map(str::to_owned),
    ];
    let counted = (path(), options(0, Place::Count, true))
        .prop_map(|((path, _), options)| format!("{path}/$count{}", in_parentheses(&options)));
    let Some(left) = depth.checked_sub(1) else {
        return prop_oneof![3 => plain, 1 => counted].boxed();
    };
    prop_oneof![2 => plain, 1 => counted, 4 => with_options(left, Place::Expand)].boxed()
}

fn with_options(depth: u32, place: Place) -> impl Strategy<Value = String> {
    let levels = maybe(
        if place == Place::Expand { 0.3 } else { 0.0 },
        select(&["$levels=1", "$levels=2", "$levels=3", "$levels=max"][..]).prop_map(str::to_owned),
    );
    (path(), levels).prop_flat_map(move |((path, many), levels)| {
        options(depth, place, many).prop_map(move |mut options| {
            options.extend(levels.clone());
            format!("{path}{}", in_parentheses(&options))
        })
    })
}

/// An option that is given with some probability, which may be none.
fn maybe(
    probability: f64,
    option: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<Option<String>> {
    match probability > 0.0 {
        true => weighted(probability, option).boxed(),
        false => Just(None).boxed(),
    }
}

fn in_parentheses(options: &[String]) -> String {
    if options.is_empty() { String::new() } else { format!("({})", options.join(";")) }
}

/// `a` is the number wherever it is computed, which no record decides.
#[test]
fn computed_constants_have_a_type() {
    let query = parse("$filter=x/any(x:a in a and a eq a)&$compute=0 as a");
    assert_eq!(query.bind().unwrap_err().code(), "type-mismatch");
    compare(&query, &[json!({"a": null})]).unwrap();
}

/// No record gets there.
#[test]
fn circles_in_collections_that_are_not_there() {
    let query = parse("$expand=b($expand=a/tags($compute=a as n1,n1 eq 2 as a))");
    assert_eq!(query.bind().unwrap_err().code(), "compute-cycle");
    compare(&query, &[json!({"a": null})]).unwrap();
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn agrees(query in query(), records in records()) {
        compare(&query, &records).map_err(TestCaseError::fail)?;
    }

    /// Normal forms, printed or not, answer the same.
    #[test]
    fn spellings_agree(query in query(), records in records()) {
        let asked = query.apply(&records).map(|page| (page.count(), sorted(page.records())));
        for text in [query.to_string(), format!("{query:#}")] {
            prop_assert_eq!(&parse(&text), &query);
        }
        let normal = query.normalized();
        let found = normal.apply(&records).map(|page| (page.count(), sorted(page.records())));
        match (asked, found) {
            (Ok(asked), Ok(found)) => prop_assert_eq!(asked, found, "{}", normal),
            (Err(_), Err(_)) => {}
            (asked, found) => prop_assert!(false, "{:?}, normally {:?}", asked, found),
        }
    }
}

/// The records with their members by name: items of a normal form are sorted.
fn sorted<'a>(records: impl Iterator<Item = &'a Value>) -> Vec<Value> {
    records
        .map(|record| {
            let mut record = record.clone();
            record.sort_all_objects();
            record
        })
        .collect()
}

/// Most random queries have an answer, and options do something.
#[test]
fn has_answers() {
    let mut runner = TestRunner::deterministic();
    let (mut answered, mut refused, mut changed) = (0, 0, 0);
    for _ in 0..500 {
        let (query, records) = (query(), records()).new_tree(&mut runner).unwrap().current();
        match answer(&query, &records) {
            Ok((_, left)) => {
                answered += 1;
                let plain: Vec<_> = records.iter().map(crate::naive::Value::from).collect();
                changed += u32::from(left != plain && !left.is_empty());
            }
            Err(why) => refused += u32::from(why == Why::Refused),
        }
    }
    assert!(answered > 280, "{answered} of 500 have an answer, {refused} are refused");
    assert!(changed > 130, "{changed} of {answered} are changed");
    assert!(refused > 10, "{refused} are refused");
}

/// What a query answers, its records with their members by name.
fn ask(query: &str, records: &[Value]) -> Result<Vec<Value>, &'static str> {
    parse(query).apply(records).map(|page| sorted(page.records())).map_err(|error| error.code())
}

/// What both have: members of both, items at the same places.
fn union(left: &Value, right: &Value) -> Value {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            let mut all = right.clone();
            for (name, value) in left {
                let both = right.get(name).map_or(value.clone(), |other| union(value, other));
                all.insert(name.clone(), both);
            }
            all.sort_keys();
            Value::Object(all)
        }
        (Value::Array(left), Value::Array(right)) => {
            assert_eq!(left.len(), right.len());
            left.iter().zip(right).map(|(left, right)| union(left, right)).collect()
        }
        _ => {
            assert_eq!(left, right);
            left.clone()
        }
    }
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn star_is_everything(records in records(), computed in computed_value()) {
        prop_assert_eq!(ask("$select=*", &records), ask("", &records));
        let computed = format!("$compute={computed} as n3");
        prop_assert_eq!(ask(&format!("{computed}&$select=*"), &records), ask(&computed, &records));
    }

    /// Several items select what each of them does, in any order; the second time nothing changes.
    #[test]
    fn selections_add_up(paths in vec(path(), 2..4), records in records()) {
        let paths: Vec<String> = paths.into_iter().map(|(path, _)| path).collect();
        let Ok(all) = ask(&format!("$select={}", paths.join(",")), &records) else {
            return Ok(());
        };
        let each = paths.iter().map(|path| ask(&format!("$select={path}"), &records).unwrap());
        let united = each.reduce(|left, right| {
            left.iter().zip(&right).map(|(left, right)| union(left, right)).collect()
        });
        prop_assert_eq!(Some(&all), united.as_ref());
        let turned: Vec<&str> = paths.iter().rev().map(String::as_str).collect();
        let turned = ask(&format!("$select={}", turned.join(",")), &records);
        prop_assert_eq!(turned.as_ref(), Ok(&all));
        let again = ask(&format!("$select={}", paths.join(",")), &all);
        prop_assert_eq!(again.as_ref(), Ok(&all));
    }

    #[test]
    fn not_found_is_the_complement(search in search(), records in records()) {
        let mut both = ask(&format!("$search=({search})"), &records).unwrap();
        both.extend(ask(&format!("$search=NOT ({search})"), &records).unwrap());
        let mut all = sorted(records.iter());
        let by_text = |value: &Value| value.to_string();
        both.sort_by_key(by_text);
        all.sort_by_key(by_text);
        prop_assert_eq!(both, all);
    }

    /// `/$count` is the number of what is expanded without it.
    #[test]
    fn counts_are_lengths(name in select(MANY), options in options(0, Place::Count, true), records in records()) {
        let options = in_parentheses(&options);
        let counts = ask(&format!("$select=none&$expand={name}/$count{options}"), &records);
        let items = ask(&format!("$select=none&$expand={name}{options}"), &records);
        let (Ok(counts), Ok(items)) = (counts, items) else {
            return Ok(());
        };
        for (counts, items) in counts.iter().zip(&items) {
            for name in ["items", "Items", "tags"] {
                let length = items.get(name).map(|items| items.as_array().map_or(0, Vec::len));
                if let Some(length) = length {
                    prop_assert_eq!(&counts[format!("{name}@odata.count")], &json!(length));
                }
                prop_assert_eq!(counts.get(name), None);
            }
        }
    }

    /// A nested `$filter` leaves an item exactly where `any` finds one.
    #[test]
    fn filters_keep_what_any_finds(
        condition in select(&["#a eq 1", "#b ne null", "contains(#b,'a')", "#a ge #b", "not (#items/any())", "#a in (1,'a',null)", "#a eq $it/a"][..]),
        records in records(),
    ) {
        let kept = ask(&format!("$select=items($filter={})", condition.replace('#', "")), &records);
        let any = format!("items/any(i:{})", condition.replace('#', "i/"));
        let any = ask(&format!("$compute={any} as any&$select=any"), &records);
        let (Ok(kept), Ok(any)) = (kept, any) else {
            return Ok(());
        };
        for (record, (kept, any)) in records.iter().zip(kept.iter().zip(&any)) {
            // Where names differ in case only, both mean the same member.
            let found = ["items", "Items"].iter().find_map(|name| kept.get(name)).and_then(Value::as_array);
            let found = found.is_some_and(|items| !items.is_empty());
            prop_assert_eq!(&any["any"], &json!(found), "{}", record);
        }
    }
}
