//! The test cases of the OASIS ABNF, read from beside the project where they are present.
//!
//! Positive cases must be accepted, negative ones refused at the offset that they name. What
//! differs is listed in [`DIFFERENCES`] with the reason.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use crate::Query;
use crate::ast::Expr;
use crate::limits::{Limits, Plus};
use crate::syntax::grammar::{Grammar, Parsed};
use crate::syntax::lexical::{self, Lexed, Stop};
use crate::syntax::wkt;
use crate::url::Decoded;

/// Cases whose outcome differs on purpose: rule, input, reason.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    ("filter", "$filter= true", "DEVIATION: blanks around the value of an option are accepted"),
    (
        "boolCommonExpr",
        "Products/all()",
        "refused one character earlier, at the `)` where a variable is expected",
    ),
    (
        "queryOptions",
        "$search=more&more",
        "`more` is a custom option; the cases know only some names of them",
    ),
    ("skiptoken", "$skiptoken=Not&this", "likewise: read as a query, `this` is a custom option"),
    (
        "queryOptions",
        "$format=json&$Format=atom&$format=xml&$format=text/html",
        "URL Conventions 5.1: no option twice",
    ),
    ("queryOptions", "$format=JSON&$format=Atom&$format=XML&$format=text/html", "likewise"),
];

/// One case of the file.
#[derive(Debug, Default)]
struct Case {
    rule: String,
    input: String,
    fail_at: Option<usize>,
}

/// Where a text was refused, or nothing where it was accepted.
type Outcome = Option<usize>;

/// What reads a rule: a whole query, a rule of the grammar or a lexical rule.
enum Reader {
    Query,
    Grammar(for<'t> fn(&mut Grammar<'t>, &'t str) -> Parsed<'t, ()>),
    Lexical(for<'t> fn(&'t str) -> Lexed<'t, ()>),
    /// A lexical rule of a URL: the text is percent-decoded first.
    Decoded(for<'t> fn(&'t str) -> Lexed<'t, ()>),
}

fn reader(rule: &str) -> Option<Reader> {
    fn expression<'t>(g: &mut Grammar<'t>, i: &'t str) -> Parsed<'t, ()> {
        let (rest, _) = g.separate(i, Grammar::expression)?;
        Ok((rest, ()))
    }
    fn member<'t>(g: &mut Grammar<'t>, i: &'t str) -> Parsed<'t, ()> {
        let (rest, _) = g.separate(i, Grammar::path)?;
        Ok((rest, ()))
    }
    fn any<'t>(g: &mut Grammar<'t>, i: &'t str) -> Parsed<'t, ()> {
        let (rest, _) = g.separate(i, Grammar::segment)?;
        Ok((rest, ()))
    }
    fn search<'t>(g: &mut Grammar<'t>, i: &'t str) -> Parsed<'t, ()> {
        let (rest, _) = g.separate(i, Grammar::search)?;
        Ok((rest, ()))
    }
    fn literal<'t>(g: &mut Grammar<'t>, i: &'t str) -> Parsed<'t, ()> {
        let (rest, _) = g.separate(i, Grammar::operand)?;
        Ok((rest, ()))
    }
    fn unit<'t, T>(parsed: Lexed<'t, T>) -> Lexed<'t, ()> {
        parsed.map(|(rest, _)| (rest, ()))
    }
    fn number(i: &str) -> Lexed<'_, ()> {
        match lexical::nan_infinity(i) {
            Ok((rest, _)) => Ok((rest, ())),
            Err(_) => unit(lexical::number(i)),
        }
    }
    fn geo(i: &str) -> Lexed<'_, ()> {
        unit(wkt::geo(i))
    }
    Some(match rule {
        "queryOptions" | "systemQueryOption" | "filter" | "orderby" | "orderBy" | "select"
        | "expand" | "search" | "compute" | "skiptoken" | "deltatoken" | "customQueryOption" => {
            Reader::Query
        }
        "commonExpr" | "boolCommonExpr" | "boolcommonExpr" | "isofExpr" | "notExpr" => {
            Reader::Grammar(expression)
        }
        "firstMemberExpr" | "propertyPathExpr" => Reader::Grammar(member),
        "anyExpr" => Reader::Grammar(any),
        "searchExpr" => Reader::Grammar(search),
        "primitiveLiteral"
        | "durationLiteral"
        | "dateTimeOffsetLiteral"
        | "dateTimeOffsetValueInUrl"
        | "geographyCollection"
        | "geographyLineString"
        | "geographyMultiLineString"
        | "geographyMultiPoint"
        | "geographyMultiPolygon"
        | "geographyPoint"
        | "geographyPolygon"
        | "geometryCollection"
        | "geometryLineString"
        | "geometryMultiLineString"
        | "geometryMultiPoint"
        | "geometryMultiPolygon"
        | "geometryPoint"
        | "geometryPolygon"
        | "enumLiteral"
        | "binaryLiteral" => Reader::Grammar(literal),
        "functionParameter" => Reader::Grammar(|g, i| {
            let (rest, _) = g.separate(i, Grammar::argument)?;
            Ok((rest, ()))
        }),
        "stringInUrl" => Reader::Decoded(|i| unit(lexical::json_string(i))),
        "stringLiteral" => Reader::Decoded(|i| unit(lexical::string(i))),
        "timeOfDayLiteral" => Reader::Decoded(|i| unit(lexical::time_of_day(i))),
        "null" => Reader::Decoded(|i| unit(nom::bytes::complete::tag("null")(i))),
        "boolean" => Reader::Decoded(|i| unit(lexical::boolean(i))),
        "guid" => Reader::Decoded(|i| unit(lexical::guid(i))),
        "date" => Reader::Decoded(|i| unit(lexical::date(i))),
        "odataIdentifier" | "entitySetName" => Reader::Decoded(|i| unit(lexical::identifier(i))),
        "decimalLiteral" | "doubleLiteral" | "singleLiteral" | "sbyteLiteral" | "int16Literal"
        | "int32Literal" | "int64Literal" => Reader::Decoded(number),
        "decimalValue" | "doubleValue" | "singleValue" | "byteValue" | "sbyteValue"
        | "int16Value" | "int32Value" | "int64Value" => Reader::Lexical(number),
        "dateValue" => Reader::Lexical(|i| unit(lexical::date(i))),
        "dateTimeOffsetValue" => Reader::Lexical(|i| unit(lexical::date_time_offset(i))),
        "timeOfDayValue" => Reader::Lexical(|i| unit(lexical::time_of_day(i))),
        "durationValue" => Reader::Lexical(|i| unit(lexical::duration_value(i))),
        "enumValue" => Reader::Lexical(|i| unit(lexical::enum_value(i))),
        "fullPointLiteral" => Reader::Lexical(geo),
        _ => return None,
    })
}

fn outcome(reader: &Reader, text: &str) -> Outcome {
    match reader {
        Reader::Query => {
            Query::parse(text).err().map(|error| error.span().map_or(0, |span| span.start))
        }
        Reader::Grammar(rule) => {
            let (limits, mut nodes) = (Limits::default(), 1000);
            let decoded = Decoded::new(text, 0, Plus::Literal).unwrap();
            let read = Grammar::new(&decoded, &limits, &mut nodes).whole(rule);
            read.err().map(|error| error.span().map_or(0, |span| span.start))
        }
        Reader::Lexical(rule) => stopped(rule, text),
        Reader::Decoded(rule) => {
            let decoded = Decoded::new(text, 0, Plus::Literal).unwrap();
            stopped(rule, &decoded.text).map(|offset| decoded.span(offset..offset).range().start)
        }
    }
}

fn stopped(rule: &for<'t> fn(&'t str) -> Lexed<'t, ()>, text: &str) -> Outcome {
    match rule(text) {
        Ok(("", ())) => None,
        Ok((rest, ())) => Some(text.len() - rest.len()),
        Err(nom::Err::Error(Stop(rest)) | nom::Err::Failure(Stop(rest))) => {
            Some(text.len() - rest.len())
        }
        Err(nom::Err::Incomplete(_)) => Some(text.len()),
    }
}

/// Reads the subset of YAML that the file uses: plain scalars folded over lines, quoted scalars.
fn cases(yaml: &str) -> Vec<Case> {
    let mut fields: Vec<BTreeMap<&str, String>> = Vec::new();
    let mut last = "";
    for line in yaml.lines().skip_while(|line| !line.starts_with("TestCases:")).skip(1) {
        let entry = line.strip_prefix("  - ").map(|entry| (true, entry));
        let entry = entry.or_else(|| line.strip_prefix("    ").map(|entry| (false, entry)));
        let key_value = entry.and_then(|(new, entry)| {
            let (key, value) = entry.split_once(':')?;
            let is_key = ["Name", "Rule", "FailAt", "Input", "Expect"].contains(&key);
            is_key.then_some((new, key, value.trim()))
        });
        match key_value {
            Some((new, key, value)) => {
                if new {
                    fields.push(BTreeMap::new());
                }
                fields.last_mut().unwrap().insert(key, value.to_owned());
                last = key;
            }
            None if line.trim().is_empty() || line.trim_start().starts_with('#') => {}
            None => {
                let value = fields.last_mut().unwrap().get_mut(last).unwrap();
                match value.strip_suffix('\\') {
                    Some(start) if value.starts_with('"') => {
                        *value = format!("{start}{}", line.trim().trim_start_matches('\\'))
                    }
                    _ => *value = format!("{value} {}", line.trim()).trim().to_owned(),
                }
            }
        }
    }
    fields
        .into_iter()
        .map(|mut case| Case {
            rule: scalar(&case.remove("Rule").unwrap_or_default()),
            input: scalar(&case.remove("Input").unwrap_or_default()),
            fail_at: case.remove("FailAt").map(|offset| offset.parse().unwrap()),
        })
        .collect()
}

fn scalar(text: &str) -> String {
    let quoted = |quote: char| text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote));
    match (quoted('"'), quoted('\'')) {
        (Some(inside), _) => inside
            .replace("\\\"", "\"")
            .replace("\\\\", "\\")
            .replace("\\t", "\t")
            .replace("\\r", "\r"),
        (_, Some(inside)) => inside.replace("''", "'"),
        _ => text.to_owned(),
    }
}

fn file() -> PathBuf {
    let beside = "../shared/conformance/oasis/odata-abnf-testcases.yaml";
    std::env::var_os("ODATA_ABNF_TESTCASES")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(beside), PathBuf::from)
}

#[test]
fn the_cases_of_the_abnf() {
    let Ok(yaml) = fs::read_to_string(file()) else {
        return;
    };
    let cases = cases(&yaml);
    assert!(cases.len() >= 800, "only {} cases were read", cases.len());
    let (mut run, mut agreed, mut wrong) = (0, 0, Vec::new());
    for case in &cases {
        let Some(reader) = reader(&case.rule) else {
            continue;
        };
        run += 1;
        let found = outcome(&reader, &case.input);
        let listed =
            DIFFERENCES.iter().any(|(rule, input, _)| *rule == case.rule && *input == case.input);
        match (found == case.fail_at, listed) {
            (true, false) => agreed += 1,
            (false, true) => {}
            (true, true) => wrong.push(format!("{case:?} agrees but is listed as different")),
            (false, false) => wrong.push(format!("{case:?}: found {found:?}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {run} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(agreed + DIFFERENCES.len(), run);
}

/// Every accepted expression prints as text that reads as an equal expression.
#[test]
fn the_expressions_of_the_abnf_print_and_read_back() {
    let Ok(yaml) = fs::read_to_string(file()) else {
        return;
    };
    for case in cases(&yaml).iter().filter(|case| case.fail_at.is_none()) {
        match reader(&case.rule) {
            Some(Reader::Query) => {
                let Ok(query) = Query::parse(&case.input) else {
                    continue;
                };
                for text in [query.to_string(), format!("{query:#}")] {
                    assert_eq!(Query::parse(&text).unwrap(), query, "{case:?} printed as {text}");
                }
            }
            Some(Reader::Grammar(_)) if case.rule.to_lowercase().ends_with("commonexpr") => {
                let decoded = Decoded::new(&case.input, 0, Plus::Literal).unwrap();
                let expr: Expr = decoded.text.parse().unwrap();
                let text = expr.to_string();
                assert_eq!(text.parse::<Expr>().unwrap(), expr, "{case:?} printed as {text}");
            }
            _ => {}
        }
    }
}
