//! The rules of OData URL Conventions 5.1.1 and the literal rules of the ABNF as tables.

mod operators;
mod order;
mod temporal;

use serde_json::json;

use super::*;

/// A value written as in a query; anything that is no other literal is a string.
fn value(text: &'static str) -> Value<'static> {
    if let Some(members) = text.strip_prefix("enum:") {
        return Value::Enum(members.into());
    }
    if let Some(text) = text.strip_prefix("string:") {
        return Value::from(text);
    }
    match text {
        "null" => return Value::Null,
        "true" => return Value::Boolean(true),
        "false" => return Value::Boolean(false),
        _ => {}
    }
    Number::parse(text)
        .map(Value::Number)
        .or_else(|| Date::parse(text).map(Value::Date))
        .or_else(|| DateTimeOffset::parse(text).map(Value::DateTimeOffset))
        .or_else(|| TimeOfDay::parse(text).map(Value::TimeOfDay))
        .or_else(|| Duration::parse(text).map(Value::Duration))
        .or_else(|| Guid::parse(text).map(Value::Guid))
        .unwrap_or(Value::from(text))
}

fn text(value: &Value<'_>) -> String {
    value.to_text().map_or("null".to_owned(), |text| text.into_owned())
}

/// ABNF rule `decimalValue`: the payload text, none if unreadable, and the variant.
#[test]
fn number_literals() {
    const CASES: &[(&str, Option<&str>, char)] = &[
        ("0", Some("0"), 'i'),
        ("-12", Some("-12"), 'i'),
        ("+12", Some("12"), 'i'),
        ("003", Some("3"), 'i'),
        ("-128", Some("-128"), 'i'),
        ("18446744073709551615", Some("18446744073709551615"), 'i'),
        ("-9223372036854775808", Some("-9223372036854775808"), 'i'),
        ("18446744073709551616", Some("18446744073709551616"), 'd'),
        ("-9223372036854775809", Some("-9223372036854775809"), 'd'),
        ("79228162514264337593543950336", Some("7.922816251426434e28"), 'f'),
        ("1.50", Some("1.5"), 'd'),
        ("34.95", Some("34.95"), 'd'),
        ("1e3", Some("1000"), 'd'),
        ("1E3", Some("1000"), 'd'),
        ("-0.314e+1", Some("-3.14"), 'd'),
        ("0.31415926535897931e1", Some("3.1415926535897931"), 'd'),
        ("0.00", Some("0"), 'd'),
        ("-0", Some("0"), 'i'),
        ("1e-28", Some("0.0000000000000000000000000001"), 'd'),
        ("1e-29", Some("1e-29"), 'f'),
        ("1e300", Some("1e300"), 'f'),
        ("0e999999999999999999999", Some("0"), 'd'),
        ("1e-999999999999999999999", Some("0"), 'd'),
        ("INF", Some("INF"), 'f'),
        ("-INF", Some("-INF"), 'f'),
        ("NaN", Some("NaN"), 'f'),
        ("1e309", None, ' '),
        ("1e999999999999999999999", None, ' '),
        ("inf", None, ' '),
        ("nan", None, ' '),
        ("infinity", None, ' '),
        ("1.", None, ' '),
        (".5", None, ' '),
        ("1e", None, ' '),
        ("--1", None, ' '),
        ("1_0", None, ' '),
        (" 1", None, ' '),
        ("", None, ' '),
        ("-", None, ' '),
        ("+INF", None, ' '),
        ("0x10", None, ' '),
    ];
    for (literal, expected, variant) in CASES {
        let number = Number::parse(literal);
        assert_eq!(number.map(|number| number.to_string()).as_deref(), *expected, "{literal}");
        let found = match number {
            Some(Number::Integer(_)) => 'i',
            Some(Number::Decimal(_)) => 'd',
            Some(Number::Double(_)) => 'f',
            None => ' ',
        };
        assert_eq!(found, *variant, "{literal}");
    }
}

#[test]
fn json_numbers_count_by_their_decimal_text() {
    let payload =
        json!([0.1, 1.0, 1e2, 19.99, -0.5, 1e-7, 123456789.123456, 5e-324, 1e300, u64::MAX]);
    let Value::Collection(items) = Value::from_json(&payload) else { panic!() };
    let texts: Vec<_> = items.iter().map(|item| text(&item)).collect();
    let expected = [
        "0.1",
        "1",
        "100",
        "19.99",
        "-0.5",
        "0.0000001",
        "123456789.123456",
        "5e-324",
        "1e300",
        "18446744073709551615",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn json_numbers_keep_all_digits_when_serde_json_does() {
    let number: serde_json::Number = serde_json::from_str("0.1000000000000000000001").unwrap();
    let expected = number.to_string();
    assert_eq!(Number::from_json(&number).to_string(), expected);
    let huge: Result<serde_json::Number, _> = serde_json::from_str("1e400");
    if let Ok(huge) = huge {
        assert_eq!(Number::from_json(&huge).to_string(), "INF");
    }
}

/// Spellings of one number have one key; `NaN` has none.
#[test]
fn number_keys() {
    for spelling in ["1.0", "1e0", "0.1e1", "10e-1", "001"] {
        assert_eq!(Number::parse(spelling).unwrap().key(), Number::from(1_i64).key(), "{spelling}");
    }
    assert_ne!(Number::from(1_i64).key(), Number::from(10_i64).key());
    assert_ne!(Number::from(1_i64).key(), Number::from(-1_i64).key());
    assert_eq!(Number::parse("NaN").unwrap().key(), None);
    assert_ne!(Number::parse("INF").unwrap().key(), Number::parse("-INF").unwrap().key());
}

/// 5.1.1.10.1 `cast`: value, type, payload text of the result.
#[test]
fn casts() {
    const CASES: &[(&str, &str, &str)] = &[
        ("null", "Edm.Int32", "null"),
        ("1.5", "Edm.String", "1.5"),
        ("true", "Edm.String", "true"),
        ("2020-01-01", "Edm.String", "2020-01-01"),
        ("enum:Yellow", "Edm.String", "Yellow"),
        ("string:12", "Edm.Int32", "12"),
        ("string:12.0", "Edm.Int32", "null"),
        ("string:TRUE", "Edm.Boolean", "true"),
        ("string:yes", "Edm.Boolean", "null"),
        ("string:0.5", "Edm.Decimal", "0.5"),
        ("string:2020-01-01", "Edm.Date", "2020-01-01"),
        ("string:12:30", "Edm.TimeOfDay", "12:30:00"),
        ("string:PT1H", "Edm.Duration", "PT1H"),
        ("string:T0RhdGE", "Edm.Binary", "T0RhdGE="),
        ("string:T0RhdGE=", "Edm.Binary", "T0RhdGE="),
        ("string:T0RhdGF", "Edm.Binary", "null"),
        ("string:2020-01-01T00:00:00", "Edm.DateTimeOffset", "2020-01-01T00:00:00Z"),
        ("string:2020-01-01T00:00:00+01:00", "Edm.DateTimeOffset", "2020-01-01T00:00:00+01:00"),
        ("2.5", "Edm.Int32", "3"),
        ("-2.5", "Edm.Int32", "-3"),
        ("2.4", "Edm.Byte", "2"),
        ("255.4", "Edm.Byte", "255"),
        ("255.5", "Edm.Byte", "null"),
        ("-1", "Edm.Byte", "null"),
        ("-128", "Edm.SByte", "-128"),
        ("40000", "Edm.Int16", "null"),
        ("1e300", "Edm.Int64", "null"),
        ("NaN", "Edm.Int32", "null"),
        ("16777217", "Edm.Single", "16777216"),
        ("0.1", "Edm.Single", "0.1"),
        ("1e300", "Edm.Single", "null"),
        ("INF", "Edm.Single", "INF"),
        ("0.3333333333333333333333333333", "Edm.Double", "0.3333333333333333"),
        ("enum:32", "Edm.Int32", "32"),
        ("enum:300", "Edm.Byte", "null"),
        ("enum:Yellow", "Edm.Int32", "null"),
        ("true", "Edm.Int32", "null"),
        ("1", "Edm.Date", "null"),
        ("string:SRID=0;Point(1 2)", "Edm.GeographyPoint", "SRID=0;Point(1 2)"),
        ("string:SRID=0;Point(1 2)", "Edm.GeometryPolygon", "null"),
        ("1", "Edm.Stream", "null"),
    ];
    for (input, target, expected) in CASES {
        let target_type = EdmType::parse(target).unwrap();
        assert_eq!(text(&cast(value(input), target_type)), *expected, "{input} as {target}");
    }
    let decimal = cast(value("5"), EdmType::parse("Edm.Decimal").unwrap());
    assert_eq!(text(&arithmetic::div(&decimal, &value("2")).unwrap()), "2.5");
    let items = json!(["1", "x", 3]);
    let target = EdmType::parse("Collection(Edm.Int32)").unwrap();
    let Value::Collection(items) = cast(Value::from_json(&items), target) else { panic!() };
    assert_eq!(items.iter().map(|item| text(&item)).collect::<Vec<_>>(), ["1", "null", "3"]);
    for unknown in ["Edm.Int", "Int32", "edm.Int32", "Collection(Int32)", "Edm.GeographyX", ""] {
        assert_eq!(EdmType::parse(unknown), None, "{unknown}");
    }
}

/// 5.1.1.10.2 `isof`: JSON value, type, result.
#[test]
fn type_tests() {
    let cases = [
        (json!(null), "Edm.Int32", "null"),
        (json!(255), "Edm.Byte", "true"),
        (json!(256), "Edm.Byte", "false"),
        (json!(1.5), "Edm.Int32", "false"),
        (json!(1.0), "Edm.Int32", "true"),
        (json!(1.5), "Edm.Decimal", "true"),
        (json!("a"), "Edm.String", "true"),
        (json!("2020-01-01"), "Edm.Date", "true"),
        (json!("2020-01-01"), "Edm.DateTimeOffset", "false"),
        (json!("PT1H"), "Edm.Duration", "true"),
        (json!("T0RhdGE"), "Edm.Binary", "true"),
        (json!(true), "Edm.Boolean", "true"),
        (json!("true"), "Edm.Boolean", "false"),
        (json!([1, 2]), "Collection(Edm.Int32)", "true"),
        (json!([1, "a"]), "Collection(Edm.Int32)", "false"),
        (json!([1]), "Edm.Int32", "false"),
        (json!(1), "Collection(Edm.Int32)", "false"),
        (json!({"type": "Point", "coordinates": [1, 2]}), "Edm.GeographyPoint", "true"),
        (json!({"type": "Point", "coordinates": [1, 2]}), "Edm.GeographyPolygon", "false"),
        (json!({"a": 1}), "Edm.Geography", "false"),
    ];
    for (input, target, expected) in cases {
        let target_type = EdmType::parse(target).unwrap();
        assert_eq!(
            text(&is_of(&Value::from_json(&input), target_type)),
            expected,
            "{input} {target}"
        );
    }
}

#[test]
fn strings_read_as_the_type_asked_for() {
    let cases = [
        ("string:2020-01-01", Type::Date, true),
        ("string:2020-01-32", Type::Date, false),
        ("string:1", Type::Number, false),
        ("1.0", Type::Integer, true),
        ("1.5", Type::Integer, false),
        ("1e30", Type::Integer, false),
        ("null", Type::Any, false),
        ("true", Type::Any, true),
    ];
    for (input, target, readable) in cases {
        assert_eq!(value(input).read_as(target).is_some(), readable, "{input} as {target:?}");
    }
}

#[test]
fn views_and_owned_copies_are_equal() {
    let payload = json!({"a": [1, "x", null, {"b": 2.5}], "c": true});
    let viewed = Value::from_json(&payload);
    let owned = viewed.clone().into_owned();
    assert!(equals(&viewed, &owned, Collation::Ordinal));
    assert!(equals(&owned.borrowed(), &viewed.borrowed(), Collation::Ordinal));
}
