//! What holds for every query: printing and parsing agree, nothing panics, spelling is irrelevant.

use odata_query::ast::{Direction, Expr};
use odata_query::{Error, Query};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::strategies::{WORDS, cases, expr, name};

proptest! {
    #![proptest_config(cases(1000))]

    /// An expression is read from its text again, which is a fixed point.
    #[test]
    fn expressions_print_as_they_parse(expr in expr()) {
        let text = expr.to_string();
        let again: Expr = text.parse().map_err(refused)?;
        prop_assert_eq!(&again, &expr);
        prop_assert_eq!(again.to_string(), text);
    }

    /// So is a query, with the escapes that are needed or with all.
    #[test]
    fn queries_print_as_they_parse(
        (filter, keys) in (expr(), vec((expr(), any::<bool>()), 0..3)),
        (alias, alias_value) in (name(), expr()),
        (custom, custom_value) in ("[a-z][^@$]{0,5}", proptest::option::of(any::<String>())),
        (skip, top, count) in (any::<u64>(), any::<u64>(), any::<bool>()),
    ) {
        prop_assume!(is_custom(&custom));
        let mut query = Query::new()
            .filter(filter)
            .skip(skip)
            .top(top)
            .count(count)
            .alias(&alias, alias_value)
            .custom(&custom, custom_value.as_deref());
        for (key, descending) in keys {
            let direction = if descending { Direction::Desc } else { Direction::Asc };
            query = query.orderby(key, direction);
        }
        for text in [query.to_string(), format!("{query:#}")] {
            let again = Query::parse(&text).map_err(refused)?;
            prop_assert_eq!(&again, &query, "{}", text);
            prop_assert_eq!(again.to_string(), query.to_string());
        }
        let escaped = format!("{query:#}");
        prop_assert!(escaped.bytes().all(|byte| byte.is_ascii_graphic()), "{}", escaped);
    }

    /// Any text is answered or refused.
    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answered(&text)?;
        for option in OPTIONS {
            answered(&format!("{option}={text}"))?;
        }
    }

    /// So is any sequence of what the language is made of.
    #[test]
    fn any_tokens_are_answered(
        option in select(OPTIONS),
        tokens in vec(prop_oneof![select(TOKENS), select(WORDS)], 0..24),
        blank in select(&["", " "][..]),
    ) {
        answered(&format!("{option}={}", tokens.join(blank)))?;
    }

    /// Keywords in any case, any number of blanks and escapes do not change what is asked.
    #[test]
    fn spelling_is_irrelevant(sentence in sentence(), taste in vec(any::<u8>(), 64)) {
        let plain = format!("$filter={}", spelled(&sentence, &mut Taste::plain()));
        let mut taste = Taste { choices: &taste, position: 0 };
        let name = ["filter", "$filter", "FILTER", "$Filter", "%24filter", "f%69lter"];
        let name = name[taste.choose(name.len())];
        let other = format!("{name}={}", spelled(&sentence, &mut taste));
        let plain_query = Query::parse(&plain).map_err(refused)?;
        let other_query = Query::parse(&other).map_err(refused)?;
        prop_assert_eq!(plain_query, other_query, "{}\n{}", plain, other);
    }
}

const OPTIONS: &[&str] = &[
    "$filter", "$orderby", "$top", "$count", "$select", "$expand", "$search", "$compute", "@p",
    "$format",
];

const TOKENS: &[&str] = &[
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    "/",
    "'",
    "\"",
    "=",
    "&",
    "$",
    "@",
    "-",
    "+",
    ".",
    "*",
    "%",
    "%20",
    "%27",
    "%zz",
    "#",
    "?",
    " ",
    "\t",
    "a",
    "b",
    "x:",
    "0",
    "1",
    "2.5",
    "1e9",
    "99999999999999999999",
    "'text'",
    "''",
    "'",
    "2021-08-15",
    "T12:00:00Z",
    "12:30",
    "01234567-89ab-cdef-0123-456789abcdef",
    "$it",
    "$this",
    "$root",
    "$count",
    "$filter(",
    "any(",
    "all(",
    "case(",
    "cast(",
    "isof(",
    "contains(",
    "substring(",
    "length(",
    "a/b",
    "A.B",
    "A.B'c'",
    "duration'P1D'",
    "duration'",
    "geometry'SRID=0;Point(1 2)'",
    "a eq 1",
    "a in (1,2)",
    " and ",
    " or ",
    " not ",
    "AND",
    "OR",
    "NOT",
    "as",
    "max",
    "$levels=",
    "$ref",
    "$filter=",
    "я",
    "😀",
    "\u{301}",
    "\u{0}",
];

/// Parses, prints, binds and applies, whatever comes of it; an error must be fit to show.
fn answered(text: &str) -> Result<(), TestCaseError> {
    let records =
        [json!({"a": 1, "b": [1, {"a": "x"}]}), json!({"a": "x"}), Value::Null, json!([1])];
    let query = match Query::parse(text) {
        Ok(query) => query,
        Err(error) => return is_shown(&error, text),
    };
    for printed in [query.to_string(), format!("{query:#}")] {
        let again = Query::parse(&printed).map_err(refused)?;
        prop_assert_eq!(&again, &query, "{:?} printed as {:?}", text, printed);
    }
    match query.apply(&records) {
        Ok(page) => prop_assert!(page.len() <= records.len()),
        Err(error) => is_shown(&error, text)?,
    }
    Ok(())
}

/// The span lies in the text, the messages have no control characters.
fn is_shown(error: &Error, text: &str) -> Result<(), TestCaseError> {
    if let Some(span) = error.span() {
        prop_assert!(text.get(span.clone()).is_some(), "{span:?} of {text:?}");
    }
    for line in error.report().lines().chain([error.to_string().as_str()]) {
        prop_assert!(!line.contains(char::is_control), "{line:?}");
    }
    prop_assert!(serde_json::from_str::<Value>(&error.to_json()).is_ok());
    Ok(())
}

/// Whether a name is read as that of a custom option.
fn is_custom(name: &str) -> bool {
    Query::parse(&format!("{:#}", Query::new().custom(name, None)))
        .is_ok_and(|query| query.custom_options().eq([(name, None)]))
}

fn refused(error: Error) -> TestCaseError {
    TestCaseError::fail(error.report())
}

/// A part of an expression that may be spelled in several ways, or not.
#[derive(Debug, Clone)]
enum Part {
    Keyword(&'static str),
    Blank,
    Gap,
    Exact(String),
}

fn sentence() -> impl Strategy<Value = Vec<Part>> {
    let exact = |text: &str| Part::Exact(text.to_owned());
    let keyword = |words: &'static [&'static str]| select(words).prop_map(Part::Keyword);
    let values = ["a", "имя", "5", "-1.5", "'a b'", "'О''Нил'", "null", "2021-08-15", "$it/b"];
    let value = select(values.to_vec()).prop_map(exact);
    let compare = keyword(&["eq", "ne", "gt", "ge", "lt", "le"]);
    let comparison = (value.clone(), compare, value.clone())
        .prop_map(|(a, op, b)| vec![a, Part::Blank, op, Part::Blank, b]);
    let list =
        (value.clone(), vec(select(vec!["1", "'x'", "true"]), 0..4)).prop_map(move |(a, items)| {
            let mut parts =
                vec![a, Part::Blank, Part::Keyword("in"), Part::Blank, exact("("), Part::Gap];
            for (position, item) in items.into_iter().enumerate() {
                if position > 0 {
                    parts.extend([exact(","), Part::Gap]);
                }
                parts.extend([exact(item), Part::Gap]);
            }
            parts.push(exact(")"));
            parts
        });
    let call = (value.clone(), value).prop_map(move |(a, b)| {
        let (open, comma, close) = (exact("contains("), exact(","), exact(")"));
        vec![open, Part::Gap, a, Part::Gap, comma, Part::Gap, b, Part::Gap, close]
    });
    prop_oneof![comparison, list, call].prop_recursive(4, 24, 2, move |inner| {
        let joined = (inner.clone(), select(&["and", "or"][..]), inner.clone());
        let lambda = (select(&["any", "all"][..]), inner.clone());
        prop_oneof![
            joined.prop_map(|(a, op, b)| {
                [a, vec![Part::Blank, Part::Keyword(op), Part::Blank], b].concat()
            }),
            inner.clone().prop_map(move |inner| {
                [vec![exact("("), Part::Gap], inner, vec![Part::Gap, exact(")")]].concat()
            }),
            inner.prop_map(move |inner| {
                let not = vec![Part::Keyword("not"), Part::Blank, exact("("), Part::Gap];
                [not, inner, vec![Part::Gap, exact(")")]].concat()
            }),
            lambda.prop_map(move |(operator, inner)| {
                let open = vec![exact("tags/"), Part::Keyword(operator), exact("("), Part::Gap];
                let variable = vec![exact("x"), Part::Gap, exact(":"), Part::Gap];
                [open, variable, inner, vec![Part::Gap, exact(")")]].concat()
            }),
        ]
    })
}

/// The choices of one spelling, over and over.
struct Taste<'a> {
    choices: &'a [u8],
    position: usize,
}

impl Taste<'_> {
    /// Always the first choice.
    fn plain() -> Self {
        Taste { choices: &[0], position: 0 }
    }

    fn choose(&mut self, count: usize) -> usize {
        self.position += 1;
        usize::from(self.choices[self.position % self.choices.len()]) % count
    }
}

fn spelled(sentence: &[Part], taste: &mut Taste<'_>) -> String {
    let mut out = String::new();
    for part in sentence {
        let text = match part {
            Part::Keyword(word) => match taste.choose(3) {
                0 => (*word).to_owned(),
                1 => word.to_uppercase(),
                _ => word[..1].to_uppercase() + &word[1..],
            },
            Part::Blank => [" ", "  ", "\t", " \t "][taste.choose(4)].to_owned(),
            Part::Gap => ["", " ", "\t"][taste.choose(3)].to_owned(),
            Part::Exact(text) => text.clone(),
        };
        for c in text.chars() {
            let mut buffer = [0; 4];
            match taste.choose(4) {
                1 => out
                    .extend(c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02X}"))),
                2 => out
                    .extend(c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%{byte:02x}"))),
                _ => out.push(c),
            }
        }
    }
    out
}
