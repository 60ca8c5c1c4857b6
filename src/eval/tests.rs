//! What is quick has to be the same as what is plain.

use serde_json::{Value as Json, json};

use super::compare::compare_json;
use super::item::json_member;
use crate::ast::Operator;
use crate::plan::{compare, member};
use crate::value::{Collation, Value};

#[test]
fn members_are_found_alike_wherever_they_stand() {
    let wide: Json = (0..100).map(|i| (format!("m{i}"), json!(i))).collect();
    let objects = [
        json!({"id": 1, "Name": "a", "city": null}),
        json!({"Name": "a", "id": 1}),
        json!({"NAME": "a", "name": "b", "Name": "c"}),
        json!({"NAME": "a", "Name": "c"}),
        json!({"other": 1}),
        json!({}),
        json!([{"id": 1}]),
        json!("id"),
        wide,
    ];
    for name in ["id", "ID", "Name", "name", "nAME", "city", "m7", "M99", "missing", ""] {
        for ordered in [true, false] {
            let mut hint = 0;
            for object in objects.iter().chain(objects.iter().rev()) {
                let found = json_member(object, name, &mut hint, ordered);
                let plain = member(&Value::from_json(object), name);
                let same = format!("{:?}", Value::from_json(found)) == format!("{plain:?}");
                assert!(same, "{name} of {object}, ordered: {ordered}: {found}");
            }
        }
    }
}

#[test]
fn comparing_json_is_comparing_values() {
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(5),
        json!(-5),
        json!(5.0),
        json!(5.5),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("a"),
        json!("B"),
        json!("b"),
        json!("2021-08-15T15:28:33.4985050Z"),
        json!("2021-08-15T18:28:33.498505+03:00"),
        json!("2021-08-15"),
        json!("soon"),
        json!([5]),
        json!({"a": 5}),
    ];
    let operators = [
        Operator::Eq,
        Operator::Ne,
        Operator::Gt,
        Operator::Ge,
        Operator::Lt,
        Operator::Le,
        Operator::In,
    ];
    let constants = values.iter().map(|value| Value::from_json(value).into_owned());
    let point = Value::from("2021-08-15T15:28:33.498505Z");
    let point =
        point.read_as(crate::value::Type::DateTimeOffset).unwrap().into_owned().into_owned();
    for constant in constants.chain([point]) {
        for json in &values {
            for op in operators {
                for collation in [Collation::Ordinal, Collation::IgnoreCase] {
                    let expected = compare(op, &Value::from_json(json), &constant, collation);
                    let found = compare_json(op, json, &constant, collation);
                    assert_eq!(found, expected, "{json} {op:?} {constant:?} {collation:?}");
                }
            }
        }
    }
}
