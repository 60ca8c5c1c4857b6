//! The rules of OData URL Conventions 5.1.1.5 to 5.1.1.11 as tables.

mod geo;
mod pattern;

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::*;
use crate::value::{Number, TimeOfDay};

const CONTEXT: Context = Context {
    now: DateTimeOffset::MIN,
    collation: Collation::Ordinal,
    names: Names::IgnoreCase,
    limits: Limits { string: 32, ..Limits::DEFAULT },
};

fn call(name: &str, arguments: &[Value<'_>], context: &Context) -> Result<String, Fault> {
    let result = find(name).unwrap().call(arguments, context)?;
    Ok(match &result {
        Value::Collection(items) => {
            let texts: Vec<_> =
                items.iter().map(|item| item.to_text().unwrap_or_default().into_owned()).collect();
            format!("[{}]", texts.join(","))
        }
        other => other.to_text().map_or("null".to_owned(), Cow::into_owned),
    })
}

fn check(cases: Vec<(&str, Json, &str)>, context: &Context) {
    for (name, arguments, expected) in cases {
        let values: Vec<_> = arguments.as_array().unwrap().iter().map(Value::from_json).collect();
        assert_eq!(call(name, &values, context).as_deref(), Ok(expected), "{name} {arguments}");
    }
}

/// 5.1.1.5 String and Collection Functions
#[test]
fn string_and_collection_functions() {
    let cases = vec![
        ("concat", json!(["Berlin", ", "]), "Berlin, "),
        ("concat", json!(["Berlin, ", "Germany"]), "Berlin, Germany"),
        ("concat", json!([[1, 2], [3]]), "[1,2,3]"),
        ("concat", json!([[1], "a"]), "null"),
        ("contains", json!(["Alfreds Futterkiste", "Alfreds"]), "true"),
        ("contains", json!(["Alfreds Futterkiste", "alfreds"]), "false"),
        ("contains", json!(["a", ""]), "true"),
        ("contains", json!([[1, 2, 3, 4], [2, 3]]), "true"),
        ("contains", json!([[1, 2, 3, 4], [2, 4]]), "false"),
        ("contains", json!([[1], []]), "true"),
        ("contains", json!([[], [1]]), "false"),
        ("endswith", json!(["Alfreds Futterkiste", "Futterkiste"]), "true"),
        ("endswith", json!(["a", "ba"]), "false"),
        ("endswith", json!([[1, 2, 3], [2, 3]]), "true"),
        ("endswith", json!([[1, 2, 3], [1, 2]]), "false"),
        ("endswith", json!([[3], [2, 3]]), "false"),
        ("indexof", json!(["Alfreds Futterkiste", "lfreds"]), "1"),
        ("indexof", json!(["Äß😀x", "x"]), "3"),
        ("indexof", json!(["abc", "x"]), "-1"),
        ("indexof", json!(["abc", ""]), "0"),
        ("indexof", json!([[1, 2, 1, 3], [1, 3]]), "2"),
        ("indexof", json!([[1, 2], [3]]), "-1"),
        ("length", json!(["Alfreds Futterkiste"]), "19"),
        ("length", json!(["Äß😀"]), "3"),
        ("length", json!([[1, 2, null]]), "3"),
        ("length", json!([1]), "null"),
        ("startswith", json!(["Alfreds Futterkiste", "Alfr"]), "true"),
        ("startswith", json!(["Alfreds", "alfr"]), "false"),
        ("startswith", json!([[1, 2, 3], [1, 2]]), "true"),
        ("startswith", json!([[1], [1, 2]]), "false"),
        ("substring", json!(["Alfreds Futterkiste", 1]), "lfreds Futterkiste"),
        ("substring", json!(["Alfreds Futterkiste", 1, 2]), "lf"),
        ("substring", json!(["Äß😀x", 1, 2]), "ß😀"),
        ("substring", json!(["abc", 3]), ""),
        ("substring", json!(["abc", 4]), ""),
        ("substring", json!(["abc", 1, 99]), "bc"),
        ("substring", json!(["abc", 1, 0]), ""),
        ("substring", json!(["abc", -2]), "bc"),
        ("substring", json!(["abc", -2, 1]), "b"),
        ("substring", json!(["abc", -99]), "abc"),
        ("substring", json!(["abc", i64::MIN, u64::MAX]), "abc"),
        ("substring", json!(["abc", u64::MAX, u64::MAX]), ""),
        ("substring", json!(["abc", 1.0]), "bc"),
        ("substring", json!(["abc", 1.5]), "null"),
        ("substring", json!([[1, 2, 3], 1]), "[2,3]"),
        ("substring", json!([[1, 2, 3], 1, 1]), "[2]"),
        ("substring", json!([[1, 2, 3], -1]), "[3]"),
        ("substring", json!([[1, 2, 3], 9]), "[]"),
        ("hassubset", json!([[4, 1, 3], [4, 1, 3]]), "true"),
        ("hassubset", json!([[4, 1, 3], [1, 3, 4]]), "true"),
        ("hassubset", json!([[4, 1, 3], [3, 1]]), "true"),
        ("hassubset", json!([[4, 1, 3], [4, 3]]), "true"),
        ("hassubset", json!([[4, 1, 3, 1], [1, 1]]), "true"),
        ("hassubset", json!([[1, 2], [1, 1, 2]]), "false"),
        ("hassubsequence", json!([[4, 1, 3], [4, 1, 3]]), "true"),
        ("hassubsequence", json!([[4, 1, 3], [4, 1]]), "true"),
        ("hassubsequence", json!([[4, 1, 3], [4, 3]]), "true"),
        ("hassubsequence", json!([[4, 1, 3, 1], [1, 1]]), "true"),
        ("hassubsequence", json!([[4, 1, 3], [1, 3, 4]]), "false"),
        ("hassubsequence", json!([[4, 1, 3], [3, 1]]), "false"),
        ("hassubsequence", json!([[1, 2], [1, 1, 2]]), "false"),
    ];
    check(cases, &CONTEXT);
}

/// 5.1.1.7 String Functions
#[test]
fn string_functions() {
    let cases = vec![
        ("tolower", json!(["Alfreds FUTTERKISTE"]), "alfreds futterkiste"),
        ("tolower", json!(["ΑΣ"]), "ας"),
        ("toupper", json!(["Straße"]), "STRASSE"),
        ("trim", json!(["\u{2003} a b \u{a0}\n"]), "a b"),
        ("trim", json!([1]), "null"),
    ];
    check(cases, &CONTEXT);
}

/// 5.1.1.8 Date and Time Functions
#[test]
fn date_and_time_functions() {
    let point = "2012-12-03T07:16:23.250+01:30";
    let cases = vec![
        ("date", json!([point]), "2012-12-03"),
        ("time", json!([point]), "07:16:23.25"),
        ("year", json!([point]), "2012"),
        ("year", json!(["1971-05-08"]), "1971"),
        ("month", json!([point]), "12"),
        ("month", json!(["1971-05-08"]), "5"),
        ("day", json!([point]), "3"),
        ("day", json!(["1971-05-08"]), "8"),
        ("hour", json!([point]), "7"),
        ("hour", json!(["04:40"]), "4"),
        ("minute", json!([point]), "16"),
        ("minute", json!(["04:40"]), "40"),
        ("second", json!([point]), "23"),
        ("second", json!(["23:59:60"]), "60"),
        ("fractionalseconds", json!([point]), "0.25"),
        ("fractionalseconds", json!(["00:00:00"]), "0"),
        ("totaloffsetminutes", json!([point]), "90"),
        ("totaloffsetminutes", json!(["2012-12-03T07:16:23-00:30"]), "-30"),
        ("totalseconds", json!(["P1DT1.5S"]), "86401.5"),
        ("totalseconds", json!(["-PT1M"]), "-60"),
        ("mindatetime", json!([]), "0001-01-01T00:00:00Z"),
        ("maxdatetime", json!([]), "9999-12-31T23:59:59.999999999999Z"),
        ("now", json!([]), "0001-01-01T00:00:00Z"),
        ("year", json!(["yesterday"]), "null"),
        ("hour", json!(["1971-05-08"]), "null"),
        ("year", json!(["04:40"]), "null"),
        ("date", json!(["1971-05-08"]), "null"),
    ];
    check(cases, &CONTEXT);
    let time = Value::TimeOfDay(TimeOfDay::parse("04:40").unwrap());
    assert_eq!(call("hour", &[time], &CONTEXT).as_deref(), Ok("4"));
}

/// 5.1.1.9 Arithmetic Functions
#[test]
fn arithmetic_functions() {
    let cases = vec![
        ("ceiling", json!([31.1]), "32"),
        ("ceiling", json!([-31.9]), "-31"),
        ("ceiling", json!([32]), "32"),
        ("floor", json!([32.9]), "32"),
        ("floor", json!([-0.5]), "-1"),
        ("round", json!([31.5]), "32"),
        ("round", json!([32.49]), "32"),
        ("round", json!([0.5]), "1"),
        ("round", json!([-0.5]), "-1"),
        ("round", json!([-0.4]), "0"),
        ("round", json!([2.5]), "3"),
        ("ceiling", json!([1e-40]), "1"),
        ("round", json!([1e300]), "1e300"),
        ("round", json!(["1"]), "null"),
    ];
    check(cases, &CONTEXT);
    let infinite = Value::Number(Number::Double(f64::INFINITY));
    assert_eq!(call("round", &[infinite], &CONTEXT).as_deref(), Ok("INF"));
}

/// 5.1.1.5: a null parameter gives null, whatever the others are.
#[test]
fn null_arguments_give_null() {
    for function in functions() {
        for arity in function.arities().into_iter().filter(|&arity| arity > 0) {
            let nulls = vec![Value::Null; arity];
            assert_eq!(call(function.name, &nulls, &CONTEXT).as_deref(), Ok("null"));
        }
    }
}

#[test]
fn case_can_be_ignored() {
    let context = Context { collation: Collation::IgnoreCase, ..CONTEXT };
    let cases = vec![
        ("contains", json!(["Alfreds", "FRED"]), "true"),
        ("startswith", json!(["Ärger", "äR"]), "true"),
        ("endswith", json!(["Alfreds", "EDS"]), "true"),
        ("endswith", json!(["Alfreds", "xs"]), "false"),
        ("indexof", json!(["İİx", "X"]), "2"),
        ("indexof", json!(["abc", ""]), "0"),
        ("contains", json!([["A", "b"], ["B"]]), "true"),
    ];
    check(cases, &context);
}

#[test]
fn faults() {
    let long = "x".repeat(20);
    let cases = [
        ("concat", json!([long, long]), Fault::StringTooLong { limit: 32 }),
        ("substring", json!(["abc", 0, -1]), Fault::NegativeLength),
        ("substring", json!([[1], 0, -1]), Fault::NegativeLength),
    ];
    for (name, arguments, fault) in cases {
        let values: Vec<_> = arguments.as_array().unwrap().iter().map(Value::from_json).collect();
        assert_eq!(call(name, &values, &CONTEXT), Err(fault), "{name}");
    }
}

#[test]
fn results_borrow_from_the_record() {
    let cases = [
        ("trim", vec![Value::from(" a ")]),
        ("tolower", vec![Value::from("äb1")]),
        ("toupper", vec![Value::from("ÄB1")]),
        ("substring", vec![Value::from("abc"), Number::from(1_i64).into()]),
    ];
    for (name, arguments) in cases {
        let result = find(name).unwrap().call(&arguments, &CONTEXT).unwrap();
        assert!(matches!(result, Value::String(Cow::Borrowed(_))), "{name}");
    }
}

#[test]
fn every_row_is_found_and_runs_on_its_parameter_types() {
    let samples = |parameter: &Type| match parameter {
        Type::String => Value::from("a"),
        Type::Number | Type::Integer => Number::from(1_i64).into(),
        Type::Collection => Value::Collection(crate::value::Collection::Owned(Vec::new())),
        Type::Date => Value::from("2020-01-01"),
        Type::DateTimeOffset => Value::from("2020-01-01T00:00:00Z"),
        Type::TimeOfDay => Value::from("00:00"),
        Type::Duration => Value::from("PT0S"),
        Type::Geo => Value::Structured(crate::value::Structured::Owned(Vec::new())),
        other => panic!("{other:?}"),
    };
    for function in functions() {
        let found = find(&function.name.to_ascii_uppercase()).unwrap();
        assert_eq!(found.name, function.name);
        for overload in function.overloads {
            let arguments: Vec<_> = overload.params.iter().map(samples).collect();
            let result = function.call(&arguments, &CONTEXT);
            let is_skipped = overload.params.contains(&Type::Geo)
                || matches!(result, Err(Fault::NotSupported(_) | Fault::Pattern(_)));
            assert!(
                is_skipped || !result.unwrap().is_null(),
                "{} {:?}",
                function.name,
                overload.params
            );
        }
    }
}

#[test]
fn names_and_arities() {
    assert!(find("Contains").is_some());
    assert!(find("case").is_none());
    assert!(find("geo.distance").is_some());
    assert_eq!(find("substring").unwrap().arities(), [2, 3]);
    assert_eq!(find("now").unwrap().arities(), [0]);
    let cases = [
        ("contain", Some("contains")),
        ("startWith", Some("startswith")),
        ("toLowerCase", None),
        ("casst", Some("cast")),
        ("isoff", Some("isof")),
        ("geo.lenght", Some("geo.length")),
        ("completelyunknown", None),
        ("", None),
    ];
    for (word, expected) in cases {
        assert_eq!(suggest(word), expected, "{word}");
    }
}

#[test]
fn prepared_calls_after_others_agree_with_calls() {
    let subjects = ["", "AbC", "abc", "ИВАН", "Straße", "ΟΔΟΣ", "ΟΔΟΣ Σ", "İx", "ǅ", "ﬃ"];
    for inner in ["tolower", "toupper"] {
        for subject in subjects {
            let changed = call(inner, &[subject.into()], &CONTEXT).unwrap();
            let mut scratch = String::from("left over");
            for name in ["contains", "startswith", "endswith"] {
                let prepared = prepare(find(name).unwrap(), &[&changed], &CONTEXT);
                let prepared =
                    prepared.unwrap().unwrap().after(Case::of(find(inner).unwrap()).unwrap());
                assert!(prepared.test(subject, &mut scratch), "{name} {inner} {subject}");
                assert_eq!(prepared.test("x", &mut scratch), changed.is_empty());
            }
        }
    }
    assert!(Case::of(find("trim").unwrap()).is_none());
}

#[test]
fn prepared_calls_agree_with_calls() {
    let subjects = ["", "Alfreds Futterkiste", "Alfr", "kiste", "ärger"];
    let constants = ["", "Alfr", "kiste", "är", "x"];
    for name in ["contains", "startswith", "endswith"] {
        for constant in constants {
            let prepared = prepare(find(name).unwrap(), &[constant], &CONTEXT).unwrap().unwrap();
            for subject in subjects {
                let called = call(name, &[subject.into(), constant.into()], &CONTEXT).unwrap();
                assert_eq!(
                    prepared.test(subject, &mut String::new()).to_string(),
                    called,
                    "{name} {subject} {constant}"
                );
            }
        }
        let ignoring = prepare(
            find(name).unwrap(),
            &["a"],
            &Context { collation: Collation::IgnoreCase, ..CONTEXT },
        )
        .unwrap();
        assert!(ignoring.is_none());
    }
    assert!(prepare(find("length").unwrap(), &[], &CONTEXT).unwrap().is_none());
}
