//! A second evaluator, as plain as can be, written from the specification alone.
//!
//! It evaluates every operand of the built tree, while the library parses the printed text, binds
//! and evaluates that. Where the answer is not settled (division by zero and by what leaves no finite
//! decimal, collections that are not one) it has none and nothing is compared.

use std::cmp::Ordering;

use odata_query::Query;
use odata_query::ast::{
    ComputeItem, Direction, Expr, Kind, LiteralKind, Node, Nodes, Operator, Options, lit, null,
};
use serde_json::{Map, Value as Json};

/// Whether the library answers as this evaluator does; else how they differ.
pub(crate) fn compare(query: &Query, records: &[Json]) -> Result<(), String> {
    let text = query.to_string();
    let Some((expected, count)) = answer(query, records) else {
        return Ok(());
    };
    match Query::parse(&text).and_then(|query| query.bind()) {
        // Constants are evaluated while binding, even where no record needs them.
        Err(error) if error.is_evaluation() => Ok(()),
        Err(error) => Err(error.report()),
        Ok(plan) => {
            let page = plan.apply(records).map_err(|error| error.report())?;
            let found: Vec<&Json> = page.records().collect();
            if found == expected && page.count() == count {
                return Ok(());
            }
            let (found, counted, expected) = (found.len(), page.count(), expected.len());
            Err(format!("{text}: {found} ({counted:?}) instead of {expected} ({count:?}) records"))
        }
    }
}

/// Whether what an expression is by this evaluator, it equals in the library.
pub(crate) fn compare_values(operand: &Expr, records: &[Json]) -> Result<(), String> {
    for record in records {
        let scope = Scope::of(record, None);
        let Some(value) = scope.eval(operand.root()).and_then(|value| value.literal()) else {
            continue;
        };
        let query = Query::new().filter(operand.clone().eq(value)).to_string();
        match Query::parse(&query).and_then(|query| query.bind()) {
            Err(error) if error.is_evaluation() => {}
            Err(error) => return Err(error.report()),
            Ok(plan) => {
                let page = plan.apply(std::slice::from_ref(record));
                if page.map_err(|error| error.report())?.is_empty() {
                    return Err(format!("{query} of {record}"));
                }
            }
        }
    }
    Ok(())
}

/// The records that a query selects and their count before paging, where both are settled.
pub(crate) fn answer<'a>(
    query: &Query,
    records: &'a [Json],
) -> Option<(Vec<&'a Json>, Option<u64>)> {
    window(query.options(), records, None)
}

/// The same for options, those in parentheses too: `outer` is the record of the request then.
pub(crate) fn window<'a>(
    options: &Options,
    records: &'a [Json],
    outer: Option<&'a Json>,
) -> Option<(Vec<&'a Json>, Option<u64>)> {
    let mut kept = Vec::new();
    for record in records {
        let scope = Scope { compute: &options.compute, ..Scope::of(record, outer) };
        computed(options, record, outer)?;
        let keeps = match &options.filter {
            Some(filter) => scope.eval(filter.root())? == Value::Bool(true),
            None => true,
        };
        let is_found = |search: &Expr| finds(search.root(), record);
        if keeps && options.search.as_ref().is_none_or(is_found) {
            let keys = options.orderby.iter().map(|item| scope.eval(item.expr.root()));
            kept.push((keys.collect::<Option<Vec<_>>>()?, record));
        }
    }
    let count = (options.count == Some(true)).then_some(kept.len() as u64);
    kept.sort_by(|(left, _), (right, _)| {
        let keys = left.iter().zip(right).zip(&options.orderby);
        keys.map(|((left, right), item)| match item.direction {
            Direction::Asc => left.rank(right),
            Direction::Desc => right.rank(left),
        })
        .fold(Ordering::Equal, Ordering::then)
    });
    let skip = options.skip.unwrap_or(0) as usize;
    let top = options.top.map_or(usize::MAX, |top| top as usize);
    let page = kept.into_iter().map(|(_, record)| record).skip(skip).take(top);
    Some((page.collect(), count))
}

/// Computed properties in the order of the query.
pub(crate) fn computed(
    options: &Options,
    record: &Json,
    outer: Option<&Json>,
) -> Option<Vec<(String, Value)>> {
    Scope { compute: &options.compute, ..Scope::of(record, outer) }.all_computed()
}

/// Whether a search finds its terms in the strings of a value, in any case.
fn finds(search: Node<'_>, value: &Json) -> bool {
    match search.kind() {
        Kind::Term(text) | Kind::Phrase(text) | Kind::Incomplete(text) => holds(text, value),
        Kind::SearchNot(operand) => !finds(operand, value),
        Kind::SearchAnd(operands) => operands.iter().all(|operand| finds(operand, value)),
        Kind::SearchOr(operands) => operands.iter().any(|operand| finds(operand, value)),
        other => panic!("no search is made of {other:?}"),
    }
}

fn holds(text: &str, value: &Json) -> bool {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
    match value {
        Json::String(string) => lower(string).contains(&lower(text)),
        Json::Array(items) => items.iter().any(|item| holds(text, item)),
        Json::Object(members) => {
            members.iter().any(|(name, value)| !name.contains('@') && holds(text, value))
        }
        _ => false,
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    Items(Vec<Value>),
    Members(Vec<(String, Value)>),
}

/// A fraction in lowest terms with a positive denominator, and whether its type is an integer's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Number {
    numerator: i128,
    denominator: i128,
    integer: bool,
}

/// What names mean.
#[derive(Clone)]
struct Scope<'a> {
    record: &'a Json,
    /// The record of the request, seen from options in parentheses.
    outer: Option<&'a Json>,
    compute: &'a [ComputeItem],
    /// Computed properties whose values are being worked out.
    computing: Vec<&'a str>,
    /// Innermost last.
    variables: Vec<(&'a str, Value)>,
}

impl<'a> Scope<'a> {
    fn of(record: &'a Json, outer: Option<&'a Json>) -> Self {
        Scope { record, outer, compute: &[], computing: Vec::new(), variables: Vec::new() }
    }

    fn all_computed(&self) -> Option<Vec<(String, Value)>> {
        let value = |item: &'a ComputeItem| Some((item.name.clone(), self.computed(item)?));
        self.compute.iter().map(value).collect()
    }

    fn computed(&self, item: &'a ComputeItem) -> Option<Value> {
        let mut scope = Scope { variables: Vec::new(), ..self.clone() };
        scope.computing.push(&item.name);
        scope.eval(item.expr.root())
    }

    /// The computed property of a name, where that is not the one whose value asks for it; an inner none
    /// where one asks for itself by way of others.
    fn computed_by_name(&self, name: &str) -> Option<Option<Value>> {
        let pairs: Vec<_> = self.compute.iter().map(|item| (item.name.clone(), item)).collect();
        let item = *named(&pairs, name)?;
        if self.computing.last() == Some(&item.name.as_str()) {
            return None;
        }
        let is_cyclic = self.computing.contains(&item.name.as_str());
        Some(if is_cyclic { None } else { self.computed(item) })
    }

    /// The value of an expression; none where it is not settled.
    fn eval(&self, node: Node<'_>) -> Option<Value> {
        Some(match node.kind() {
            Kind::Literal(LiteralKind::Null, _) => Value::Null,
            Kind::Literal(LiteralKind::Boolean, text) => Value::Bool(text == "true"),
            Kind::Literal(LiteralKind::Number, text) => Value::Number(Number::parse(text)),
            Kind::Literal(LiteralKind::String, text) => Value::Text(text.to_owned()),
            Kind::List(items) | Kind::Array(items) => Value::Items(self.all(items)?),
            Kind::Not(operand) => match self.eval(operand)? {
                Value::Bool(truth) => Value::Bool(!truth),
                _ => Value::Null,
            },
            // False (true) decides `and` (`or`), else null does.
            Kind::And(operands) => junction(self.all(operands)?, false),
            Kind::Or(operands) => junction(self.all(operands)?, true),
            Kind::Negate(operand) => match self.eval(operand)? {
                Value::Number(number) => Value::Number(Number::whole(0).combine(
                    number,
                    number.integer,
                    |zero, number| zero - number,
                )),
                _ => Value::Null,
            },
            Kind::Binary(operator, left, right) => {
                binary(operator, self.eval(left)?, self.eval(right)?)?
            }
            Kind::Call(name, arguments) => call(name, &self.all(arguments)?)?,
            Kind::Path(segments) => self.path(segments)?,
            other => panic!("the strategies do not make {other:?}"),
        })
    }

    fn all(&self, nodes: Nodes<'_>) -> Option<Vec<Value>> {
        nodes.iter().map(|node| self.eval(node)).collect()
    }

    fn path(&self, segments: Nodes<'_>) -> Option<Value> {
        let mut value = Value::from(self.record);
        let mut is_record = true;
        for (position, segment) in segments.iter().enumerate() {
            value = match segment.kind() {
                Kind::It => match self.outer {
                    Some(outer) => Value::from(outer),
                    None => continue,
                },
                Kind::Name(name) => {
                    let variable = self.variable(name).filter(|_| position == 0).map(Some);
                    let computed = || self.computed_by_name(name).filter(|_| is_record);
                    match variable.or_else(computed) {
                        Some(value) => value?,
                        None => value.member(name),
                    }
                }
                Kind::Any(None) => Value::Bool(!value.items().is_empty()),
                Kind::Any(Some((variable, predicate))) => {
                    let truths = self.truths(value.items(), variable, predicate)?;
                    Value::Bool(truths.contains(&Value::Bool(true)))
                }
                Kind::All(variable, predicate) => {
                    let truths = self.truths(value.items(), variable, predicate)?;
                    Value::Bool(truths.iter().all(|truth| *truth == Value::Bool(true)))
                }
                other => panic!("the strategies do not make {other:?}"),
            };
            is_record = false;
        }
        Some(value)
    }

    fn variable(&self, name: &str) -> Option<Value> {
        let mut variables = self.variables.iter().rev();
        variables.find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    fn truths(&self, items: &[Value], variable: &str, predicate: Node<'_>) -> Option<Vec<Value>> {
        let with = |item: &Value| {
            let mut scope = self.clone();
            scope.variables.push((variable, item.clone()));
            scope.eval(predicate)
        };
        items.iter().map(with).collect()
    }
}

fn junction(operands: Vec<Value>, deciding: bool) -> Value {
    if operands.contains(&Value::Bool(deciding)) {
        Value::Bool(deciding)
    } else if operands.iter().all(|operand| *operand == Value::Bool(!deciding)) {
        Value::Bool(!deciding)
    } else {
        Value::Null
    }
}

fn binary(operator: Operator, left: Value, right: Value) -> Option<Value> {
    let order = left.order(&right);
    Some(Value::Bool(match operator {
        Operator::Eq => left == right,
        Operator::Ne => left != right,
        Operator::Gt => order == Some(Ordering::Greater),
        Operator::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        Operator::Lt => order == Some(Ordering::Less),
        Operator::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Operator::In => match right {
            Value::Items(items) => items.contains(&left),
            _ => return None,
        },
        arithmetic => {
            let (Value::Number(left), Value::Number(right)) = (left, right) else {
                return Some(Value::Null);
            };
            return left.calculate(arithmetic, right).map(Value::Number);
        }
    }))
}

fn call(name: &str, arguments: &[Value]) -> Option<Value> {
    let index = |index: Option<usize>| {
        Value::Number(index.map_or(Number::whole(-1), |index| Number::whole(index as i128)))
    };
    Some(match (name, arguments) {
        ("length", [Value::Text(text)]) => index(Some(text.chars().count())),
        ("length", [Value::Items(items)]) => index(Some(items.len())),
        ("tolower", [Value::Text(text)]) => Value::Text(text.to_lowercase()),
        ("concat", [Value::Text(a), Value::Text(b)]) => Value::Text(format!("{a}{b}")),
        ("concat", [Value::Items(a), Value::Items(b)]) => Value::Items([&a[..], b].concat()),
        (name, [Value::Text(text), Value::Text(part)]) => {
            let characters = |text: &str| text.chars().collect::<Vec<_>>();
            search(name, &characters(text), &characters(part), index)
        }
        (name, [Value::Items(items), Value::Items(part)]) => search(name, items, part, index),
        _ => Value::Null,
    })
}

fn search<T: PartialEq>(
    name: &str,
    whole: &[T],
    part: &[T],
    index: impl Fn(Option<usize>) -> Value,
) -> Value {
    let found = (0..=whole.len()).find(|from| whole[*from..].starts_with(part));
    match name {
        "contains" => Value::Bool(found.is_some()),
        "startswith" => Value::Bool(found == Some(0)),
        "endswith" => Value::Bool(whole.ends_with(part)),
        "indexof" => index(found),
        _ => panic!("the strategies do not call {name}"),
    }
}

impl Value {
    /// The member of this name, else the only one of this name in any ASCII case.
    fn member(&self, name: &str) -> Value {
        let Value::Members(members) = self else {
            return Value::Null;
        };
        named(members, name).cloned().unwrap_or(Value::Null)
    }

    /// The value as a literal, if it is primitive.
    fn literal(&self) -> Option<Expr> {
        Some(match self {
            Value::Null => null(),
            Value::Bool(truth) => lit(*truth),
            Value::Number(number) => number.digits()?.parse().expect("a number"),
            Value::Text(text) => lit(text.as_str()),
            Value::Items(_) | Value::Members(_) => return None,
        })
    }

    fn items(&self) -> &[Value] {
        match self {
            Value::Items(items) => items,
            _ => &[],
        }
    }

    /// The order for `gt`, `ge`, `lt` and `le`.
    fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
            (Value::Number(left), Value::Number(right)) => Some(left.order(*right)),
            (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }

    /// The order for `$orderby`: null, booleans, numbers, strings, structures, collections.
    fn rank(&self, other: &Value) -> Ordering {
        let kind = |value: &Value| match value {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Number(_) => 2,
            Value::Text(_) => 3,
            Value::Members(_) => 4,
            Value::Items(_) => 5,
        };
        match (self, other) {
            (Value::Items(left), Value::Items(right)) => {
                let pairs = left.iter().zip(right).map(|(left, right)| left.rank(right));
                pairs.fold(Ordering::Equal, Ordering::then).then(left.len().cmp(&right.len()))
            }
            (Value::Members(left), Value::Members(right)) => {
                let pairs = left.iter().zip(right);
                pairs
                    .map(|(left, right)| left.0.cmp(&right.0).then(left.1.rank(&right.1)))
                    .fold(Ordering::Equal, Ordering::then)
                    .then(left.len().cmp(&right.len()))
            }
            _ => self.order(other).unwrap_or_else(|| kind(self).cmp(&kind(other))),
        }
    }
}

/// The value of this name, else the only one of this name in any ASCII case.
pub(crate) fn named<'a, T>(pairs: &'a [(String, T)], name: &str) -> Option<&'a T> {
    let exact = pairs.iter().find(|(known, _)| known == name);
    let alike = || {
        let mut alike = pairs.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        alike.next().filter(|_| alike.next().is_none())
    };
    exact.or_else(alike).map(|(_, value)| value)
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Number(number) => Value::Number(Number::parse(&number.to_string())),
            Json::String(text) => Value::Text(text.clone()),
            Json::Array(items) => Value::Items(items.iter().map(Value::from).collect()),
            Json::Object(members) => Value::Members(sorted(members)),
        }
    }
}

/// The members by name, so that their own order does not matter.
fn sorted(members: &Map<String, Json>) -> Vec<(String, Value)> {
    let pairs = members.iter().map(|(name, value)| (name.clone(), Value::from(value)));
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_by(|left, right| left.0.cmp(&right.0));
    pairs
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.order(*other).is_eq()
    }
}

impl Number {
    fn whole(numerator: i128) -> Self {
        Number { numerator, denominator: 1, integer: true }
    }

    /// Reads digits with an optional sign, fraction and exponent.
    fn parse(text: &str) -> Self {
        if let Some((digits, exponent)) = text.split_once('e') {
            let number = Number::parse(digits);
            let exponent: i32 = exponent.parse().expect(text);
            let scale = 10_i128.pow(exponent.unsigned_abs());
            return match exponent < 0 {
                true => Number::fraction(number.numerator, number.denominator * scale, false),
                false => Number::fraction(number.numerator * scale, number.denominator, false),
            };
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let numerator = format!("{whole}{fraction}").parse().expect(text);
        let denominator = 10_i128.pow(fraction.len() as u32);
        Number::fraction(numerator, denominator, fraction.is_empty())
    }

    fn fraction(numerator: i128, denominator: i128, integer: bool) -> Self {
        let divisor = common_divisor(numerator, denominator) * denominator.signum();
        Number { numerator: numerator / divisor, denominator: denominator / divisor, integer }
    }

    /// Applies an operation to the numerators over the common denominator.
    fn combine(self, other: Self, integer: bool, join: impl Fn(i128, i128) -> i128) -> Self {
        let (left, right) = self.aligned(other);
        Number::fraction(join(left, right), self.denominator * other.denominator, integer)
    }

    fn aligned(self, other: Self) -> (i128, i128) {
        (self.numerator * other.denominator, other.numerator * self.denominator)
    }

    fn order(self, other: Self) -> Ordering {
        let (left, right) = self.aligned(other);
        left.cmp(&right)
    }

    fn calculate(self, operator: Operator, other: Self) -> Option<Self> {
        let integer = self.integer && other.integer;
        let (left, right) = self.aligned(other);
        match operator {
            Operator::Add => Some(self.combine(other, integer, |left, right| left + right)),
            Operator::Sub => Some(self.combine(other, integer, |left, right| left - right)),
            Operator::Mul => Some(Number::fraction(
                self.numerator * other.numerator,
                self.denominator * other.denominator,
                integer,
            )),
            _ if right == 0 => None,
            Operator::Mod => Some(self.combine(other, integer, |left, right| left % right)),
            Operator::Div if integer => Some(Number::whole(left / right)),
            Operator::Div | Operator::Divby => {
                Some(Number::fraction(left, right, false)).filter(|quotient| quotient.is_decimal())
            }
            other => panic!("the strategies do not make {other:?}"),
        }
    }

    /// The number as decimal text, if 18 digits behind the point are enough.
    fn digits(self) -> Option<String> {
        let scale = 10_i128.pow(18);
        if scale % self.denominator != 0 {
            return None;
        }
        let scaled = self.numerator * (scale / self.denominator);
        let sign = if scaled < 0 { "-" } else { "" };
        Some(format!("{sign}{}.{:018}", scaled.abs() / scale, scaled.abs() % scale))
    }

    /// Whether finitely many digits write the number, and few.
    fn is_decimal(self) -> bool {
        10_i128.pow(9) % self.denominator == 0
    }
}

fn common_divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a.abs().max(1) } else { common_divisor(b, a % b) }
}
