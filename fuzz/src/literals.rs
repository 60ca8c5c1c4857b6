//! Literals are accepted, and compare, as a reader says that is written from the ABNF alone.

mod reader;

use std::cmp::Ordering;

use odata_query::Query;
use odata_query::ast::{Expr, Kind, LiteralKind, null, prop};
use serde_json::{Value as Json, json};

use self::reader::{Value, read};

/// Two literals, each on a line.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (left, right) = text.split_once('\n').unwrap_or((&text, &text));
    if let (Some((left, left_expr)), Some((right, right_expr))) = (accepted(left), accepted(right))
    {
        let Some(order) = left.order(&right) else { return };
        compares(left_expr, right_expr.clone(), &Json::Null, order);
        if let Some(json) = left.json() {
            compares(prop("member"), right_expr, &json!({ "member": json }), order);
        }
    }
}

/// The literal that a text is, where reader and library agree that it is one.
fn accepted(text: &str) -> Option<(Value<'_>, Expr)> {
    let value = read(text);
    let expression = text.parse::<Expr>().ok().filter(|expression| {
        let query = Query::new().filter(expression.clone().eq(null()));
        is_literal(expression) && query.bind().is_ok()
    });
    // Blanks and parentheses around a literal are none of its own.
    let is_bare = !text.starts_with([' ', '\t', '(']) && !text.ends_with([' ', '\t', ')']);
    assert!(value.is_none() || expression.is_some(), "{text:?} is {value:?}");
    assert!(value.is_some() || expression.is_none() || !is_bare, "{text:?} is not a literal");
    Some((value?, expression?))
}

fn is_literal(expression: &Expr) -> bool {
    use LiteralKind::*;
    matches!(
        expression.root().kind(),
        Kind::Literal(Number | String | Guid | Date | DateTimeOffset | TimeOfDay | Duration, _)
    )
}

fn compares(left: Expr, right: Expr, record: &Json, order: Option<Ordering>) {
    let is_in = |left: Expr, right: Expr| left.is_in([right.clone(), null(), right]);
    for (operator, orders) in [
        (is_in as fn(Expr, Expr) -> Expr, &[Ordering::Equal][..]),
        (Expr::eq, &[Ordering::Equal]),
        (Expr::lt, &[Ordering::Less]),
        (Expr::ge, &[Ordering::Equal, Ordering::Greater]),
    ] {
        let query = Query::new().filter(operator(left.clone(), right.clone()));
        let page = query.apply(std::slice::from_ref(record));
        let holds = !page.unwrap_or_else(|error| panic!("{query}: {error}")).is_empty();
        let expected = order.is_some_and(|order| orders.contains(&order));
        assert_eq!(holds, expected, "{query} of {record}");
    }
}
