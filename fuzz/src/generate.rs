//! Queries and records that are likely to have to do with one another.

use odata_query::Query;
use odata_query::ast::{self, Direction, Expr, lit, prop};
use serde_json::{Map, Value, json};

use super::choices::Choices;

/// Names of members, some of them in several cases, and one that is not ASCII.
const MEMBERS: &[&str] = &["id", "name", "Name", "owner", "ID", "имя", "nested"];
/// Names of members that mostly are collections.
const LISTS: &[&str] = &["tags", "Tags", "parts"];
/// Paths to ask for; one begins with a name that may be a variable or a member.
const PATHS: &[&str] = &[
    "id",
    "name",
    "NAME",
    "owner",
    "имя",
    "ИМЯ",
    "none",
    "x",
    "x/id",
    "x/Name",
    "owner/id",
    "owner/name",
    "nested/nested",
    "owner/tags",
    "tags",
    "x/x",
];
const LIST_PATHS: &[&str] = &["tags", "parts", "PARTS", "x", "x/tags", "owner/parts", "id"];
const VARIABLES: &[&str] = &["x", "id", "y"];
/// Short texts that are parts of one another and differ in case.
const TEXTS: &[&str] = &["", "a", "A", "aB", "ab", "b", "ба", "Б", "😀b", "'", "null", "ß"];

type Join = fn(Expr, Expr) -> Expr;
const COMPARISONS: &[Join] = &[Expr::eq, Expr::ne, Expr::gt, Expr::ge, Expr::lt, Expr::le];
const TESTS: &[Join] = &[Expr::contains, Expr::startswith, Expr::endswith];
const JUNCTIONS: &[Join] = &[Expr::and, Expr::or, Expr::eq];
const ARITHMETIC: &[Join] =
    &[Expr::add, Expr::sub, Expr::mul, Expr::div, Expr::divby, Expr::modulo];

pub(crate) fn query(choices: &mut Choices) -> Query {
    let mut query = Query::new().filter(condition(choices, 4)).count(choices.flip());
    for key in choices.several(2, operand) {
        query = query.orderby(key, choices.pick(&[Direction::Asc, Direction::Desc]));
    }
    if choices.flip() {
        query = query.skip(choices.below(5) as u64);
    }
    if choices.flip() {
        query = query.top(choices.below(700) as u64);
    }
    query
}

/// A few records, or seldom more than a batch of them whose shapes change on the way.
pub(crate) fn records(choices: &mut Choices) -> Vec<Value> {
    let is_batch = choices.below(32) == 31;
    let order = choices.several(8, |choices| choices.below(256));
    let kinds = choices.several(8, |choices| object(choices, 3));
    if !is_batch || order.is_empty() || kinds.is_empty() {
        return kinds;
    }
    order.iter().cycle().take(600).map(|pick| kinds[pick % kinds.len()].clone()).collect()
}

fn object(choices: &mut Choices, depth: usize) -> Value {
    let members = choices.several(5, |choices| {
        let (name, value) = match choices.below(3) {
            0 => (choices.pick(MEMBERS), value(choices, depth)),
            1 => (choices.pick(MEMBERS), value(choices, 0)),
            _ => (choices.pick(LISTS), array(choices, depth)),
        };
        (name.to_owned(), value)
    });
    Value::Object(members.into_iter().collect::<Map<_, _>>())
}

fn array(choices: &mut Choices, depth: usize) -> Value {
    choices.several(4, |choices| value(choices, depth.saturating_sub(1))).into()
}

fn value(choices: &mut Choices, depth: usize) -> Value {
    match choices.below(if depth == 0 { 5 } else { 7 }) {
        0 => Value::Null,
        1 => choices.flip().into(),
        2 => integer(choices).into(),
        3 => json!(quarters(choices)),
        4 => choices.pick(TEXTS).into(),
        5 => array(choices, depth),
        _ => object(choices, depth - 1),
    }
}

fn integer(choices: &mut Choices) -> i64 {
    choices.below(11) as i64 - 5
}

fn quarters(choices: &mut Choices) -> f64 {
    (choices.below(21) as f64 - 10.0) / 4.0
}

/// A condition whose operands are of types that may fit, so that it binds.
fn condition(choices: &mut Choices, depth: usize) -> Expr {
    let shallower = depth.saturating_sub(1);
    match choices.below(if depth == 0 { 7 } else { 14 }) {
        0 => path(choices),
        1 => joined(choices, COMPARISONS, operand),
        2 => joined(choices, COMPARISONS, |choices| number(choices, 2)),
        3 => joined(choices, TESTS, |choices| text(choices, 1)),
        4 => operand(choices).is_in(choices.several(12, literal)),
        5 => operand(choices).in_collection(list(choices)),
        6 => list(choices).any_item(),
        7 => lit(choices.flip()),
        8 => ast::not(condition(choices, shallower)),
        9..=11 => joined(choices, JUNCTIONS, |choices| condition(choices, shallower)),
        12 => list(choices).any(choices.pick(VARIABLES), condition(choices, shallower)),
        _ => list(choices).all(choices.pick(VARIABLES), condition(choices, shallower)),
    }
}

/// Two operands of one kind, joined by one of the operators.
fn joined(
    choices: &mut Choices,
    operators: &[Join],
    operand: impl Fn(&mut Choices) -> Expr,
) -> Expr {
    let join = choices.pick(operators);
    join(operand(choices), operand(choices))
}

/// What may be compared: anything.
pub(crate) fn operand(choices: &mut Choices) -> Expr {
    match choices.below(5) {
        0 | 1 => path(choices),
        2 => literal(choices),
        3 => number(choices, 2),
        _ => text(choices, 1),
    }
}

fn literal(choices: &mut Choices) -> Expr {
    match choices.below(4) {
        0 => ast::null(),
        1 => lit(choices.flip()),
        2 => number_literal(choices),
        _ => lit(choices.pick(TEXTS)),
    }
}

fn number_literal(choices: &mut Choices) -> Expr {
    if choices.flip() { lit(integer(choices)) } else { lit(quarters(choices)) }
}

fn number(choices: &mut Choices, depth: usize) -> Expr {
    match choices.below(if depth == 0 { 4 } else { 8 }) {
        0 => path(choices),
        1 => number_literal(choices),
        2 => ast::call("length", [text(choices, 1)]),
        3 => ast::call("indexof", [text(choices, 1), text(choices, 1)]),
        4 => number(choices, depth - 1).negate(),
        _ => joined(choices, ARITHMETIC, |choices| number(choices, depth - 1)),
    }
}

fn text(choices: &mut Choices, depth: usize) -> Expr {
    match choices.below(if depth == 0 { 2 } else { 4 }) {
        0 => path(choices),
        1 => lit(choices.pick(TEXTS)),
        2 => ast::call("tolower", [text(choices, depth - 1)]),
        _ => ast::call("concat", [text(choices, depth - 1), text(choices, depth - 1)]),
    }
}

fn path(choices: &mut Choices) -> Expr {
    prop(choices.pick(PATHS))
}

/// A path that mostly leads to a collection.
fn list(choices: &mut Choices) -> Expr {
    prop(choices.pick(LIST_PATHS))
}
