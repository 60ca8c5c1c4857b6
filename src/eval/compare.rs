//! Comparing JSON of a record with a constant: the commonest step of all, without values between.

use serde_json::Value as Json;

use crate::ast::Operator;
use crate::plan::{compare, holds};
use crate::value::{Collation, Collection, DateTimeOffset, Number, Value};

/// Whether `json op constant` holds: the same as comparing the values.
#[inline]
pub(super) fn compare_json(
    op: Operator,
    json: &Json,
    constant: &Value<'_>,
    collation: Collation,
) -> bool {
    let order = match (json, constant) {
        (Json::Bool(left), Value::Boolean(right)) => left.cmp(right),
        (Json::String(left), Value::String(right)) if collation == Collation::Ordinal => match op {
            Operator::Eq => return left == right,
            Operator::Ne => return left != right,
            _ => left.as_str().cmp(right),
        },
        (Json::Number(left), Value::Number(Number::Integer(right))) => match left.as_i64() {
            Some(left) => i128::from(left).cmp(right),
            None => return compare(op, &Value::from_json(json), constant, collation),
        },
        (Json::String(left), Value::DateTimeOffset(right)) => match DateTimeOffset::parse(left) {
            Some(left) => left.cmp(right),
            None => return op == Operator::Ne,
        },
        (_, Value::Collection(Collection::Owned(items))) if op == Operator::In => {
            return items.iter().any(|item| compare_json(Operator::Eq, json, item, collation));
        }
        (Json::Null, Value::Null) => return op == Operator::Eq,
        (_, Value::Null) | (Json::Null, _) => return op == Operator::Ne,
        _ => return compare(op, &Value::from_json(json), constant, collation),
    };
    holds(op, order)
}
