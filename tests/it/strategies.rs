//! What the property tests draw from: records, expressions that fit them, and any expressions.

use std::env;

use odata_query::Query;
use odata_query::ast::{self, Direction, Expr, lit, prop};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use serde_json::{Map, Value, json};

/// The settings of a property test: its number of cases, unless `PROPTEST_CASES` says otherwise.
pub(crate) fn cases(cases: u32) -> Config {
    let default = Config { failure_persistence: None, ..Config::default() };
    match env::var_os("PROPTEST_CASES") {
        Some(_) => default,
        None => Config { cases, ..default },
    }
}

/// Records whose members have few names, in several cases, and values of every type.
pub(crate) fn records() -> impl Strategy<Value = Vec<Value>> {
    vec(object(value().boxed()), 0..12)
}

/// Member names that differ in case only, and one that is not ASCII.
const NAMES: &[&str] = &["a", "b", "B", "ж"];
/// The same for members that mostly are collections.
const COLLECTIONS: &[&str] = &["tags", "items", "Items"];
/// Names to ask for: also in other cases, and unknown.
const ASKED: &[&str] = &["a", "A", "b", "B", "tags", "items", "ITEMS", "ж", "Ж", "none"];
/// Short strings that overlap and differ in case.
const TEXTS: &[&str] = &["", "a", "A", "ab", "Ab", "b", "жа", "Ж", "😀a", "'", "null"];
/// Lambda variables: one of them is also the name of a member.
const VARIABLES: &[&str] = &["x", "a"];

type Join = fn(Expr, Expr) -> Expr;
const COMPARISONS: &[Join] = &[Expr::eq, Expr::ne, Expr::gt, Expr::ge, Expr::lt, Expr::le];
const TESTS: &[Join] = &[Expr::contains, Expr::startswith, Expr::endswith];
const ARITHMETIC: &[Join] =
    &[Expr::add, Expr::sub, Expr::mul, Expr::div, Expr::divby, Expr::modulo];

fn object(value: BoxedStrategy<Value>) -> impl Strategy<Value = Value> {
    let items = vec(value.clone(), 0..4).prop_map(Value::Array);
    let member = prop_oneof![(select(NAMES), value), (select(COLLECTIONS), items)];
    vec(member, 0..6).prop_map(|members| {
        let members = members.into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(members.collect::<Map<_, _>>())
    })
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5..=5_i64).prop_map(Value::from),
        (-10..=10_i8).prop_map(|quarters| json!(f64::from(quarters) / 4.0)),
        select(TEXTS).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::Array), object(inner.boxed()),]
    })
}

/// A condition whose operands are of types that may fit, so that it binds.
pub(crate) fn condition() -> impl Strategy<Value = Expr> {
    comparison().prop_recursive(4, 24, 3, |inner| {
        let lambda = (collection(), select(VARIABLES), inner.clone());
        prop_oneof![
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| a.and(b)),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| a.or(b)),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| a.eq(b)),
            1 => inner.prop_map(ast::not),
            3 => lambda.clone().prop_map(|(path, x, inner)| path.any(x, inner)),
            3 => lambda.prop_map(|(path, x, inner)| path.all(x, inner)),
        ]
    })
}

fn comparison() -> impl Strategy<Value = Expr> {
    prop_oneof![
        4 => (operand(), select(COMPARISONS), operand()).prop_map(|(a, op, b)| op(a, b)),
        3 => (number(), select(COMPARISONS), number()).prop_map(|(a, op, b)| op(a, b)),
        2 => (text(), select(TESTS), text()).prop_map(|(a, test, b)| test(a, b)),
        2 => (operand(), vec(literal(), 0..12)).prop_map(|(a, list)| a.is_in(list)),
        1 => (operand(), collection()).prop_map(|(a, path)| a.in_collection(path)),
        1 => path(),
        1 => collection().prop_map(Expr::any_item),
        1 => any::<bool>().prop_map(lit),
        1 => Just(ast::null()),
    ]
}

/// What may be compared: anything.
pub(crate) fn operand() -> impl Strategy<Value = Expr> {
    prop_oneof![3 => path(), 2 => literal(), 2 => number(), 2 => text()]
}

fn literal() -> impl Strategy<Value = Expr> {
    prop_oneof![
        Just(ast::null()),
        any::<bool>().prop_map(lit),
        number_literal(),
        select(TEXTS).prop_map(lit),
    ]
}

/// A literal and the JSON that stands for it: few values of each type, so that some are equal.
pub(crate) fn literal_of_any_type() -> impl Strategy<Value = (Expr, Value)> {
    let texts = select(TEXTS).prop_map(|text| (lit(text), Value::from(text)));
    let parsed = select(TYPED).prop_map(|(text, json)| {
        (text.parse().expect(text), serde_json::from_str(json).expect(json))
    });
    prop_oneof![1 => texts, 4 => parsed]
}

/// Literals of every type with their JSON, several of each and in several spellings.
const TYPED: &[(&str, &str)] = &[
    ("null", "null"),
    ("false", "false"),
    ("true", "true"),
    ("0", "0"),
    ("-1", "-1"),
    ("1", "1"),
    ("1.0", "1.0"),
    ("1.5", "1.5"),
    ("15e-1", "15e-1"),
    ("0.1", "0.1"),
    ("9007199254740993", "9007199254740993"),
    ("9007199254740992.0", "9007199254740992.0"),
    ("18446744073709551615", "18446744073709551615"),
    ("1e300", "1e300"),
    ("'1'", r#""1""#),
    ("2020-02-29", r#""2020-02-29""#),
    ("2020-03-01", r#""2020-03-01""#),
    ("2020-02-29T00:00:00Z", r#""2020-02-29T00:00:00Z""#),
    ("2020-02-29T03:00:00.0+03:00", r#""2020-02-29T03:00:00.0+03:00""#),
    ("2020-02-29T00:00:00.000000000001Z", r#""2020-02-29T00:00:00.000000000001Z""#),
    ("12:00", r#""12:00""#),
    ("12:00:00.000", r#""12:00:00.000""#),
    ("duration'PT60M'", r#""PT60M""#),
    ("duration'PT1H'", r#""PT1H""#),
    ("duration'-PT1S'", r#""-PT1S""#),
    ("01234567-89ab-cdef-0123-456789abcdef", r#""01234567-89ab-cdef-0123-456789abcdef""#),
    ("01234567-89AB-CDEF-0123-456789ABCDEF", r#""01234567-89AB-CDEF-0123-456789ABCDEF""#),
    ("[1,'a']", r#"[1,"a"]"#),
    ("[]", "[]"),
    (r#"{"a":1}"#, r#"{"a":1}"#),
];

fn number_literal() -> impl Strategy<Value = Expr> {
    prop_oneof![
        (-5..=5_i64).prop_map(lit),
        (-10..=10_i8).prop_map(|quarters| lit(f64::from(quarters) / 4.0)),
    ]
}

fn number() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        2 => number_literal(),
        2 => path(),
        1 => text().prop_map(|text| ast::call("length", [text])),
        1 => (text(), text()).prop_map(|(text, part)| ast::call("indexof", [text, part])),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            4 => (inner.clone(), select(ARITHMETIC), inner.clone()).prop_map(|(a, op, b)| op(a, b)),
            1 => inner.prop_map(Expr::negate),
        ]
    })
}

fn text() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![path(), select(TEXTS).prop_map(lit)];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|text| ast::call("tolower", [text])),
            (inner.clone(), inner).prop_map(|(a, b)| ast::call("concat", [a, b])),
        ]
    })
}

/// A path that starts at the record or at a variable that may be in scope.
fn path() -> BoxedStrategy<Expr> {
    let first = prop_oneof![select(ASKED), select(VARIABLES)];
    (first, vec(select(ASKED), 0..2))
        .prop_map(|(first, rest)| {
            let rest = rest.iter().map(|name| format!("/{name}"));
            prop(&format!("{first}{}", rest.collect::<String>()))
        })
        .boxed()
}

/// A path that mostly leads to a collection.
fn collection() -> BoxedStrategy<Expr> {
    let likely = ["tags", "items", "ITEMS", "x", "x/tags", "a/items"];
    prop_oneof![4 => select(likely.to_vec()).prop_map(prop), 1 => path()].boxed()
}

/// A whole query over [`records`].
pub(crate) fn query() -> impl Strategy<Value = Query> {
    let key = (operand(), select(&[Direction::Asc, Direction::Desc][..]));
    (
        condition(),
        vec(key, 0..3),
        proptest::option::of(0..5_u64),
        proptest::option::of(0..5_u64),
        any::<bool>(),
    )
        .prop_map(|(filter, keys, skip, top, count)| {
            let mut query = Query::new().filter(filter).count(count);
            for (key, direction) in keys {
                query = query.orderby(key, direction);
            }
            query = skip.into_iter().fold(query, Query::skip);
            top.into_iter().fold(query, Query::top)
        })
}

/// Records of one shape, with few values, so that everything that a query looks at is there and some of
/// it is equal.
pub(crate) fn shaped_records() -> impl Strategy<Value = Vec<Value>> {
    let number = 0..3_i64;
    let item = (number.clone(), number.clone()).prop_map(|(s, t)| json!({ "s": s, "t": t }));
    let record = (number.clone(), number, item.clone(), vec(item, 0..3));
    vec(record.prop_map(|(id, s, o, l)| json!({ "id": id, "s": s, "o": o, "l": l })), 2..6)
}

/// Ways to look at such records: at each property, at what it is a part of, at items, from elsewhere.
#[rustfmt::skip]
const LOOKS: &[&str] = &[
    "id", "s", "S", "o", "o/s", "o/t", "O/S", "l", "$it", "$it/s", "$it/o", "$this/s", "$this/o/s", "@p", "@p/s",
    "l/$count", "l/$count($filter=s gt 1)", "l/$filter(t ge s)/$count", "l/$filter(s eq 1)", "case(true:o)/s",
    "case(s eq 1:o,true:l)", "1 div s", "2 div id", "s add id", "-id", "cast(s,Edm.String)", "concat(l,l)", "isof(s,Edm.Int32)",
    "[s,id]", "[o]", "{\"s\":1,\"t\":2}", "{\"s\":s}", "0", "1", "2", "null",
];
/// The same where `x` is an item.
const ITEM_LOOKS: &[&str] =
    &["x", "x/s", "x/t", "X/s", "$it/s", "id", "s", "o/t", "1", "2", "null"];

fn comparison_of(looks: &'static [&'static str]) -> impl Strategy<Value = String> {
    let look = || select(looks);
    prop_oneof![
        4 => (look(), select(&["eq", "ne", "gt", "le"][..]), look()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
        1 => (look(), look(), look()).prop_map(|(a, b, c)| format!("{a} in [{b},{c}]")),
    ]
}

/// The text of a condition over [`shaped_records`], which may not bind.
pub(crate) fn shaped_condition() -> impl Strategy<Value = String> {
    let item = comparison_of(ITEM_LOOKS);
    let lambda =
        (select(&["l", "L", "$it/l", "l/$filter(s ge 1)"][..]), select(&["any", "all"][..]), item);
    let leaf = prop_oneof![
        4 => comparison_of(LOOKS),
        3 => lambda.prop_map(|(path, word, item)| format!("{path}/{word}(x:{item})")),
        1 => select(&["l/any()", "hassubset(l,[o])", "@q", "contains(cast(s,Edm.String),'1')"][..]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(2, 4, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

/// The text of a query over them.
pub(crate) fn shaped_query() -> impl Strategy<Value = String> {
    let keys = vec((select(LOOKS), select(&["", " desc"][..])), 0..3);
    (shaped_condition(), keys, select(LOOKS), shaped_condition(), any::<bool>()).prop_map(
        |(filter, keys, p, q, paged)| {
            let keys: Vec<String> =
                keys.into_iter().map(|(key, direction)| format!("{key}{direction}")).collect();
            let orderby = if keys.is_empty() {
                String::new()
            } else {
                format!("&$orderby={}", keys.join(","))
            };
            let page = if paged { "&$skip=1&$top=2&$count=true" } else { "" };
            // An alias that refers to itself binds to nothing.
            let (p, q) = (p.replace("@p", "id"), q.replace("@q", "true"));
            let used = |alias: &str, value: String| {
                if filter.contains(alias) || orderby.contains(alias) || q.contains(alias) {
                    format!("&{alias}={value}")
                } else {
                    String::new()
                }
            };
            let (p, q) = (used("@p", p), used("@q", q.clone()));
            format!("$filter={filter}{orderby}{page}{p}{q}")
        },
    )
}

/// Any expression that the builder makes of names and literals, whether it binds or not.
pub(crate) fn expr() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        any_literal(),
        vec(name(), 1..4).prop_map(|names| prop(&names.join("/"))),
        name().prop_map(|name| prop(&name).any_item()),
        name().prop_map(|name| prop(&name).count()),
    ];
    let operators = [COMPARISONS, ARITHMETIC, &[Expr::and, Expr::or, Expr::in_collection]].concat();
    leaf.prop_recursive(5, 40, 3, move |inner| {
        let pair = (inner.clone(), inner.clone());
        let lambda = (name(), name(), inner.clone());
        let function = select(&["contains", "now", "geo.distance", "f", "A.Б"][..]);
        prop_oneof![
            6 => (pair.clone(), select(operators.clone())).prop_map(|((a, b), op)| op(a, b)),
            1 => inner.clone().prop_map(ast::not),
            1 => inner.clone().prop_map(Expr::negate),
            1 => vec(pair, 1..3).prop_map(ast::case),
            1 => (function, vec(inner.clone(), 0..4)).prop_map(|(name, list)| ast::call(name, list)),
            1 => (inner.clone(), vec(inner, 0..4)).prop_map(|(item, list)| item.is_in(list)),
            1 => lambda.clone().prop_map(|(path, x, inner)| prop(&path).any(&x, inner)),
            1 => lambda.prop_map(|(path, x, inner)| prop(&path).all(&x, inner)),
        ]
    })
}

/// A name: a word of the language, or made of any letters.
pub(crate) fn name() -> BoxedStrategy<String> {
    let words = select(WORDS).prop_map(str::to_owned);
    let names = prop_oneof![words, "[a-zA-Z_][a-zA-Z0-9_]{0,6}", "[а-яё一-龥][а-яё_0-9]{0,4}"];
    names.boxed()
}

/// The words of the language, and words that begin with them.
pub(crate) const WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "eq",
    "ne",
    "gt",
    "ge",
    "lt",
    "le",
    "add",
    "sub",
    "mul",
    "div",
    "divby",
    "mod",
    "has",
    "in",
    "any",
    "all",
    "case",
    "cast",
    "isof",
    "asc",
    "desc",
    "true",
    "false",
    "null",
    "INF",
    "NaN",
    "duration",
    "binary",
    "geography",
    "now",
    "contains",
    "notes",
    "order",
    "inStock",
    "nullable",
    "True",
    "NOT",
    "Edm",
    "x",
    "e1",
];

fn any_literal() -> impl Strategy<Value = Expr> {
    let parsed = [
        "2021-08-15",
        "-0044-03-15",
        "2021-08-15T15:28:33.4985050+03:00",
        "15:28:33.25",
        "15:28",
        "duration'-P1DT2H30M5.5S'",
        "01234567-89ab-CDEF-0123-456789abcdef",
        "binary'T0RhdGE='",
        "Sales.Pattern'Solid,Yellow'",
        "geography'SRID=0;Point(142.1 64.1)'",
        "1e-7",
        "00.50",
        "NaN",
        "-INF",
        "[1,'a']",
        "[]",
        "{\"a\\\"б\":[null,x]}",
        "cast(x,Edm.String)",
        "isof(A.B)",
        "$it",
        "$this/x",
        "@p",
        "a/@A.B#q",
        "a/$filter(b eq 1)/$count",
        "a/$count($filter=b)",
    ];
    prop_oneof![
        literal(),
        any::<i64>().prop_map(lit),
        any::<u64>().prop_map(lit),
        any::<f64>().prop_map(lit),
        any::<String>().prop_map(lit),
        select(parsed.to_vec()).prop_map(|text| text.parse().expect(text)),
    ]
}
