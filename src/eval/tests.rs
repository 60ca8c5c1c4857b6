//! What is quick has to be the same as what is plain.

use serde_json::{Value as Json, json};

use super::batch::BATCH;
use super::compare::compare_json;
use super::item::json_member;
use crate::Query;
use crate::ast::Operator;
use crate::limits::Names;
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
                let found = json_member(object, name, &mut hint, ordered, Names::IgnoreCase);
                let plain = member(&Value::from_json(object), name, Names::IgnoreCase);
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

/// A collection with more items than a batch has rows, and what decides about it in any place.
#[test]
fn lambdas_over_long_collections() {
    let items =
        |odd: usize| -> Vec<usize> { (0..3 * BATCH).map(|i| usize::from(i == odd)).collect() };
    for odd in [0, BATCH - 1, BATCH, 2 * BATCH + 7, 3 * BATCH - 1, usize::MAX] {
        let records =
            [json!({"a": [1]}), json!({"a": items(odd), "b": [1, 2]}), json!({"a": []}), json!({})];
        let found = odd < 3 * BATCH;
        for (filter, kept) in [
            ("a/any(x:x eq 1)", if found { vec![0, 1] } else { vec![0] }),
            ("not a/any(x:x eq 1)", if found { vec![2, 3] } else { vec![1, 2, 3] }),
            ("a/all(x:x eq 0)", if found { vec![2, 3] } else { vec![1, 2, 3] }),
            ("not a/all(x:x eq 0)", if found { vec![0, 1] } else { vec![0] }),
            ("a/any(x:x eq 1 and $it/b/any(y:y eq 2))", if found { vec![1] } else { vec![] }),
        ] {
            let plan = Query::parse(&format!("$filter={filter}")).unwrap().bind().unwrap();
            let page = plan.apply(&records).unwrap();
            let expected: Vec<&Json> = kept.iter().map(|at: &usize| &records[*at]).collect();
            assert_eq!(page.records().collect::<Vec<_>>(), expected, "{filter}, odd one at {odd}");
        }
    }
}
