use std::cmp::Ordering::{Equal, Greater, Less};

use super::super::*;
use super::{text, value};

type Operator = fn(&Value<'_>, &Value<'_>) -> Result<Value<'static>, Fault>;

/// 5.1.1.2 Arithmetic operators: left, operator, right, result or fault.
#[test]
fn arithmetic_operators() {
    use arithmetic::{add, div, divby, modulo, mul, sub};
    let overflow = || Err(Fault::Overflow);
    let by_zero = || Err(Fault::DivisionByZero);
    let cases: &[(&str, Operator, &str, Result<&str, Fault>)] = &[
        ("2.55", add, "2.45", Ok("5")),
        ("2.55", sub, "0.55", Ok("2")),
        ("2.55", mul, "2.0", Ok("5.1")),
        ("2.55", div, "2.55", Ok("1")),
        ("5", div, "2", Ok("2")),
        ("4", div, "2", Ok("2")),
        ("-5", div, "2", Ok("-2")),
        ("5.0", div, "2", Ok("2.5")),
        ("5", divby, "2", Ok("2.5")),
        ("1", divby, "3", Ok("0.3333333333333333333333333333")),
        ("10", modulo, "5", Ok("0")),
        ("9", modulo, "3", Ok("0")),
        ("-5", modulo, "3", Ok("-2")),
        ("5", modulo, "-3", Ok("2")),
        ("5.5", modulo, "2", Ok("1.5")),
        ("-5.0", modulo, "5", Ok("0")),
        ("0.1", add, "0.2", Ok("0.3")),
        ("1", div, "0", by_zero()),
        ("1.5", div, "0", by_zero()),
        ("1", modulo, "0", by_zero()),
        ("INF", div, "0", Ok("INF")),
        ("-INF", div, "0", Ok("-INF")),
        ("NaN", modulo, "0", Ok("NaN")),
        ("1", divby, "0", Ok("INF")),
        ("-1", divby, "0", Ok("-INF")),
        ("0", divby, "0", Ok("NaN")),
        ("-0.5", divby, "0.0", Ok("-INF")),
        ("18446744073709551615", add, "1", overflow()),
        ("-9223372036854775808", sub, "1", overflow()),
        ("18446744073709551615", mul, "18446744073709551615", overflow()),
        ("-9223372036854775808", div, "-1", Ok("9223372036854775808")),
        ("18446744073709551615.0", add, "1", Ok("18446744073709551616")),
        ("79228162514264337593543950335", add, "1.0", Ok("7.922816251426434e28")),
        ("1e300", mul, "1e300", Ok("INF")),
        ("1e-20", mul, "1e-20", Ok("1e-40")),
        ("1e-28", div, "1e20", Ok("1e-48")),
        ("INF", sub, "INF", Ok("NaN")),
        ("null", add, "1", Ok("null")),
        ("1", add, "null", Ok("null")),
        ("null", div, "0", Ok("null")),
        ("1", add, "string:1", Ok("null")),
        ("true", add, "1", Ok("null")),
        ("2020-01-01T00:00:00+01:00", add, "P1DT1H", Ok("2020-01-02T01:00:00+01:00")),
        ("2020-01-01T00:00:00Z", sub, "PT0.000000000001S", Ok("2019-12-31T23:59:59.999999999999Z")),
        ("2020-01-01", add, "PT23H59M", Ok("2020-01-01")),
        ("2020-01-01", sub, "PT1S", Ok("2019-12-31")),
        ("2020-02-28", add, "P1D", Ok("2020-02-29")),
        ("PT1H", add, "PT30M", Ok("PT1H30M")),
        ("PT1H", sub, "PT90M", Ok("-PT30M")),
        ("2020-03-01", sub, "2020-02-01", Ok("P29D")),
        ("2020-01-01T00:00:00+01:00", sub, "2020-01-01T00:00:00Z", Ok("-PT1H")),
        ("PT1H", mul, "1.5", Ok("PT1H30M")),
        ("2", mul, "PT1H", Ok("PT2H")),
        ("PT1H", div, "2", Ok("PT30M")),
        ("PT1S", divby, "3", Ok("PT0.333333333333S")),
        ("PT1H", div, "0", by_zero()),
        ("PT1H", divby, "0", by_zero()),
        ("PT1H", mul, "INF", overflow()),
        ("P10000000000D", mul, "1e30", overflow()),
        ("2020-01-01", add, "P1000000000000D", overflow()),
        ("PT1H", add, "2020-01-01", Ok("null")),
        ("2020-01-01", sub, "2020-01-01T00:00:00Z", Ok("null")),
        ("12:00", add, "PT1H", Ok("null")),
        ("2", div, "PT1H", Ok("null")),
        ("string:2020-01-01", add, "P1D", Ok("2020-01-02")),
        ("2020-01-01", add, "string:P1D", Ok("2020-01-02")),
        ("string:PT1H", mul, "2", Ok("PT2H")),
        ("string:2020-01-02", sub, "string:2020-01-01", Ok("P1D")),
        ("string:2020-01-02T00:00:00Z", sub, "string:2020-01-01T00:00:00Z", Ok("P1D")),
        ("string:PT1H", sub, "string:PT1H", Ok("PT0S")),
        ("string:PT1H", add, "string:PT1H", Ok("null")),
        ("string:x", sub, "string:PT1H", Ok("null")),
    ];
    for (index, (left, operator, right, expected)) in cases.iter().enumerate() {
        let result = operator(&value(left), &value(right)).map(|result| text(&result));
        assert_eq!(result.as_deref().map_err(Fault::clone), *expected, "{index}: {left} {right}");
    }
}

/// 5.1.1.2.3 Negation
#[test]
fn negation() {
    let cases = [
        ("5", Ok("-5")),
        ("-9223372036854775808", Ok("9223372036854775808")),
        ("18446744073709551615", Err(Fault::Overflow)),
        ("0.5", Ok("-0.5")),
        ("0.0", Ok("0")),
        ("INF", Ok("-INF")),
        ("PT1H", Ok("-PT1H")),
        ("string:PT1H", Ok("-PT1H")),
        ("null", Ok("null")),
        ("2020-01-01", Ok("null")),
        ("true", Ok("null")),
    ];
    for (input, expected) in cases {
        let result = arithmetic::negate(&value(input)).map(|result| text(&result));
        assert_eq!(result.as_deref().map_err(Fault::clone), expected, "{input}");
    }
}

/// 5.1.1.1.1 to 5.1.1.1.6: left, right, whether equal, their order.
#[test]
fn comparison_operators() {
    let cases = [
        ("null", "null", true, None),
        ("null", "1", false, None),
        ("null", "false", false, None),
        ("1", "1.0", true, Some(Equal)),
        ("1", "1.5", false, Some(Less)),
        ("9007199254740993", "9007199254740992.0", false, Some(Greater)),
        ("0.1", "0.10", true, Some(Equal)),
        ("INF", "INF", true, Some(Equal)),
        ("-INF", "-INF", true, Some(Equal)),
        ("INF", "1e300", false, Some(Greater)),
        ("-INF", "-18446744073709551616", false, Some(Less)),
        ("NaN", "NaN", false, None),
        ("NaN", "1", false, None),
        ("1e-40", "0", false, Some(Greater)),
        ("1e-40", "1e-28", false, Some(Less)),
        ("-1e300", "-1", false, Some(Less)),
        ("1e300", "79228162514264337593543950335", false, Some(Greater)),
        ("true", "false", false, Some(Greater)),
        ("true", "1", false, None),
        ("string:Milk", "string:Milk", true, Some(Equal)),
        ("string:Milk", "string:milk", false, Some(Less)),
        ("string:\u{ffff}", "string:\u{10000}", false, Some(Less)),
        ("string:1", "1", false, None),
        ("2020-01-01", "2020-01-02", false, Some(Less)),
        ("2020-01-01", "2020-01-01T00:00:00Z", false, None),
        ("2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00Z", true, Some(Equal)),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", false, Some(Greater)),
        ("string:2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00Z", true, Some(Equal)),
        ("string:2020-01-01", "2020-01-02", false, Some(Less)),
        ("2020-01-02", "string:2020-01-01", false, Some(Greater)),
        ("string:today", "2020-01-02", false, None),
        ("string:PT60M", "PT1H", true, Some(Equal)),
        ("string:12:00", "12:00:00", true, Some(Equal)),
        (
            "string:01234567-89AB-CDEF-0123-456789ABCDEF",
            "01234567-89ab-cdef-0123-456789abcdef",
            true,
            Some(Equal),
        ),
        ("enum:Solid,Yellow", "enum:Yellow, Solid", true, None),
        ("enum:Solid,Yellow", "string:Yellow,Solid", true, None),
        ("enum:Solid", "string:Solid,Yellow", false, None),
        ("enum:32", "32", true, Some(Equal)),
        ("enum:32", "enum:33", false, Some(Less)),
        ("enum:Solid", "32", false, None),
        ("enum:2.5", "2.5", false, None),
    ];
    for (left_text, right_text, equal, expected) in cases {
        let (left, right) = (value(left_text), value(right_text));
        let label = format!("{left_text} {right_text}");
        assert_eq!(equals(&left, &right, Collation::Ordinal), equal, "{label}");
        assert_eq!(equals(&right, &left, Collation::Ordinal), equal, "{label}");
        assert_eq!(order(&left, &right, Collation::Ordinal), expected, "{label}");
        let reversed = expected.map(std::cmp::Ordering::reverse);
        assert_eq!(order(&right, &left, Collation::Ordinal), reversed, "{label}");
    }
}

#[test]
fn strings_compare_ignoring_case() {
    let collation = Collation::IgnoreCase;
    let cases = [
        ("string:MILK", "string:milk", true),
        ("string:Ärger", "string:äRGER", true),
        ("string:Milk", "string:Silk", false),
    ];
    for (left, right, equal) in cases {
        assert_eq!(equals(&value(left), &value(right), collation), equal, "{left} {right}");
    }
    assert_eq!(order(&value("string:B"), &value("string:a"), collation), Some(Greater));
    assert_eq!(total_order(&value("string:B"), &value("string:b"), collation), Equal);
}

/// 5.1.1.1.1: collections item by item, structured values regardless of member order.
#[test]
fn collections_and_structures_compare_by_content() {
    use serde_json::json;
    let cases = [
        (json!([1, 2]), json!([1, 2.0]), true),
        (json!([1, 2]), json!([2, 1]), false),
        (json!([1]), json!([1, 1]), false),
        (json!([]), json!([]), true),
        (json!({"a": 1, "b": [2]}), json!({"b": [2], "a": 1}), true),
        (json!({"a": 1}), json!({"a": 1, "b": null}), false),
        (json!({"a": 1}), json!({"b": 1}), false),
        (json!({"a": 1}), json!([1]), false),
    ];
    for (left_json, right_json, equal) in cases {
        let (left, right) = (Value::from_json(&left_json), Value::from_json(&right_json));
        assert_eq!(equals(&left, &right, Collation::Ordinal), equal, "{left_json} {right_json}");
        assert_eq!(order(&left, &right, Collation::Ordinal), None);
    }
}
