//! Operations over values: what a node computes once its operands are known.
//!
//! Binding folds constants with the same code that evaluation runs.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Map;

use super::set::Set;
use crate::ast::Operator;
use crate::functions::{Context, Function, Shapes};
use crate::limits::Names;
use crate::schema::EnumType;
use crate::value::arithmetic::{self, Arithmetic};
use crate::value::{
    Collation, Collection, EdmType, Fault, Number, Structured, Type, Types, Value, cast, equals,
    is_of, order,
};

/// Evaluation steps of reading a value as another type, beyond the one of every node.
const CAST: u64 = 8;

/// An operation that needs the values of all its operands.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    /// An annotation of a structured value, or of one of its members.
    Annotation { property: Option<Box<str>>, term: Box<str> },
    /// The structured value if it is of the type, else null.
    TypeCast(Box<TypeTest>),
    /// Whether a structured value is of the type.
    HasType(Box<TypeTest>),
    /// The number of an enumeration value.
    EnumValue(Arc<EnumType>),
    /// Whether all bits of the right number are set in the left one: `has` of declared flags.
    HasFlags,
    /// The number of items of a collection.
    Count,
    /// `not`
    Not,
    /// `-`
    Negate,
    /// A binary operator that may be null: arithmetic and `has`.
    Binary(Operator),
    /// `in` a constant collection.
    InSet(Box<Set>),
    /// A canonical function.
    Call(&'static Function),
    /// A geo function whose constant arguments are read once.
    Geo(&'static Function, Box<Shapes>),
    /// `cast` to a primitive type
    Cast(EdmType),
    /// `isof` of a primitive type
    IsOf(EdmType),
    /// `[…]`
    Array,
    /// `{…}` with these member names.
    Object(Box<[Box<str>]>),
}

/// Asks for the type that a structured value states.
#[derive(Debug, Clone)]
pub(crate) struct TypeTest {
    /// The name of the type; behind it those of the types that are derived from it.
    pub(crate) names: Vec<Box<str>>,
    /// The answer where nothing is stated.
    pub(crate) otherwise: bool,
}

impl TypeTest {
    /// The name of the type that is asked for.
    pub(super) fn name(&self) -> &str {
        self.names.first().map_or("", AsRef::as_ref)
    }

    /// Whether a structured value says that it is of the type, by a qualified or unqualified name.
    pub(crate) fn holds(&self, value: &Value<'_>) -> bool {
        match value {
            Value::Structured(Structured::Json(members)) => self.holds_for(members),
            _ => false,
        }
    }

    /// The same for an object.
    pub(crate) fn holds_for(&self, members: &Map<String, serde_json::Value>) -> bool {
        let stated = members.get("@odata.type").or_else(|| members.get("@type"));
        stated.and_then(|stated| stated.as_str()).map_or(self.otherwise, |stated| {
            let stated = stated.rsplit_once('#').map_or(stated, |(_, name)| name);
            let unqualified = stated.rsplit_once('.').map_or(stated, |(_, name)| name);
            self.names.iter().any(|name| **name == *stated || **name == *unqualified)
        })
    }
}

impl Operation {
    /// Whether the result depends on nothing but the operands.
    pub(super) fn is_pure(&self) -> bool {
        !matches!(self, Operation::Call(function) if function.name == "now")
    }

    /// The types of the result, where they do not depend on the operands.
    pub(super) fn types(&self) -> Types {
        match self {
            Operation::Not
            | Operation::HasType(_)
            | Operation::HasFlags
            | Operation::InSet(_)
            | Operation::IsOf(_) => Type::Boolean.into(),
            Operation::Binary(Operator::Has) => Type::Boolean.into(),
            Operation::Count | Operation::EnumValue(_) => Type::Number.into(),
            Operation::Array => Type::Collection.into(),
            Operation::Object(_) | Operation::TypeCast(_) => Type::Structured.into(),
            Operation::Cast(target) => target.value_type().into(),
            Operation::Annotation { .. }
            | Operation::Negate
            | Operation::Binary(_)
            | Operation::Call(_)
            | Operation::Geo(..) => Types::ANY,
        }
    }

    /// Evaluation steps beyond one that are known without operands.
    pub(super) fn static_steps(&self) -> u64 {
        match self {
            Operation::Call(function) | Operation::Geo(function, _) => function.steps(),
            Operation::InSet(set) => set.steps(),
            Operation::Cast(_) | Operation::IsOf(_) => CAST,
            Operation::TypeCast(test) | Operation::HasType(test) => test.names.len() as u64 / 16,
            _ => 0,
        }
    }

    /// Evaluation steps beyond one, for what takes longer the longer the operands are.
    pub(crate) fn steps(&self, operands: &[Value<'_>]) -> u64 {
        match (self, operands) {
            // Each item of one collection may be compared with all of the other.
            (
                Operation::Call(_),
                [left @ Value::Collection(lefts), right @ Value::Collection(rights)],
            ) => {
                let (left, right) = (weight(left), weight(right));
                let (lefts, rights) = (lefts.len() as u64, rights.len() as u64);
                let pairs = left.saturating_mul(rights).min(right.saturating_mul(lefts));
                pairs.saturating_add(left).saturating_add(right)
            }
            (Operation::Call(function), _) => {
                operands.iter().map(weight).sum::<u64>().saturating_mul(function.steps_by_weight())
            }
            (Operation::Geo(function, shapes), _) => {
                let each = function.steps_by_weight();
                let steps = operands.iter().zip(shapes.reads()).map(|(value, reads)| {
                    weight(value).saturating_mul(if reads { each } else { 1 })
                });
                steps.fold(0, u64::saturating_add)
            }
            (Operation::Binary(op), [left, right]) => {
                let own =
                    if arithmetic(*op).is_some() { arithmetic::steps(left, right) } else { 0 };
                own.saturating_add(weight(left)).saturating_add(weight(right))
            }
            (
                Operation::InSet(_)
                | Operation::EnumValue(_)
                | Operation::Array
                | Operation::Object(_)
                | Operation::Cast(_)
                | Operation::IsOf(_),
                _,
            ) => operands.iter().map(weight).sum(),
            (Operation::Annotation { .. }, [Value::Structured(members)]) => {
                look_up_steps(members.len())
            }
            _ => 0,
        }
    }

    /// The value for operands.
    pub(crate) fn apply<'a>(
        &'a self,
        operands: &[Value<'a>],
        context: &Context,
    ) -> Result<Value<'a>, Fault> {
        Ok(match (self, operands) {
            (Operation::Annotation { property, term }, [value]) => {
                annotation(value, property.as_deref(), term, context.names)
            }
            (Operation::TypeCast(test), [value]) if test.holds(value) => value.clone(),
            (Operation::HasType(_), [Value::Null]) => Value::Null,
            (Operation::HasType(test), [value]) => Value::Boolean(test.holds(value)),
            (Operation::EnumValue(declared), [value]) => enum_value(value, declared),
            (
                Operation::HasFlags,
                [Value::Number(Number::Integer(set)), Value::Number(Number::Integer(flags))],
            ) => Value::Boolean(set & flags == *flags),
            (Operation::Count, [Value::Collection(items)]) => {
                Number::from(items.len() as u64).into()
            }
            (Operation::Count, [Value::Null]) => Number::from(0_u64).into(),
            (Operation::Not, [Value::Boolean(value)]) => Value::Boolean(!value),
            (Operation::Negate, [value]) => arithmetic::negate(value)?,
            (Operation::Binary(op), [left, right]) => binary(*op, left, right)?,
            (Operation::InSet(set), [value]) => {
                Value::Boolean(set.contains(value, context.collation))
            }
            (Operation::Call(function), arguments) => function.call(arguments, context)?,
            (Operation::Geo(function, shapes), arguments) => shapes.call(function, arguments),
            (Operation::Cast(target), [value]) => cast(value.clone(), *target),
            (Operation::IsOf(target), [value]) => is_of(value, *target),
            (Operation::Array, items) => Value::Collection(Collection::Owned(items.to_vec())),
            (Operation::Object(names), values) => {
                let names = names.iter().map(|name| Cow::Borrowed(name.as_ref()));
                Value::Structured(Structured::Owned(names.zip(values.iter().cloned()).collect()))
            }
            _ => Value::Null,
        })
    }
}

fn binary<'a>(op: Operator, left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Fault> {
    match arithmetic(op) {
        Some(row) => (row.apply)(left, right),
        None => Ok(has(left, right)),
    }
}

/// The row of an arithmetic operator.
pub(super) fn arithmetic(op: Operator) -> Option<&'static Arithmetic> {
    match op {
        Operator::Add => Some(&arithmetic::ADD),
        Operator::Sub => Some(&arithmetic::SUB),
        Operator::Mul => Some(&arithmetic::MUL),
        Operator::Div => Some(&arithmetic::DIV),
        Operator::Divby => Some(&arithmetic::DIVBY),
        Operator::Mod => Some(&arithmetic::MOD),
        _ => None,
    }
}

/// The steps that reading a value as a whole takes.
pub(crate) fn weight(value: &Value<'_>) -> u64 {
    match value {
        Value::String(text) | Value::Enum(text) => text.len() as u64 / 64,
        Value::Geo(geo) => geo.text.len() as u64 / 64,
        Value::Collection(Collection::Json(items)) => items_weight(items),
        Value::Structured(Structured::Json(members)) => members_weight(members),
        Value::Collection(items) => items.iter().map(|item| part(weight(&item))).sum(),
        Value::Structured(members) => members.iter().map(|(_, member)| part(weight(&member))).sum(),
        _ => 0,
    }
}

/// The steps that looking for one of many members takes: a name in another case is looked for among
/// all of them.
pub(crate) fn look_up_steps(members: usize) -> u64 {
    if members > 64 { members as u64 / 16 } else { 0 }
}

/// The steps that comparing two values takes: what has parts is read only against its like.
pub(crate) fn compare_weight(left: &Value<'_>, right: &Value<'_>) -> u64 {
    match (left, right) {
        (Value::Collection(_), Value::Collection(_))
        | (Value::Structured(_), Value::Structured(_))
        | (_, Value::Collection(_)) => weight(left).saturating_add(weight(right)),
        (Value::Collection(_) | Value::Structured(_), _) | (_, Value::Structured(_)) => 0,
        _ => weight(left).saturating_add(weight(right)),
    }
}

/// The same for JSON of a record and a constant, whose own weight is bounded with the query.
pub(crate) fn json_compare_weight(json: &serde_json::Value, constant: &Value<'_>) -> u64 {
    match (json, constant) {
        (serde_json::Value::String(_), _)
        | (serde_json::Value::Number(_), Value::Number(_))
        | (_, Value::Collection(_) | Value::Structured(_)) => json_weight(json),
        _ => 0,
    }
}

/// The same for JSON of a record as a whole.
pub(crate) fn json_weight(json: &serde_json::Value) -> u64 {
    match json {
        serde_json::Value::String(text) => text.len() as u64 / 64,
        serde_json::Value::Number(number) => Number::json_steps(number),
        serde_json::Value::Array(items) => items_weight(items),
        serde_json::Value::Object(members) => members_weight(members),
        _ => 0,
    }
}

fn items_weight(items: &[serde_json::Value]) -> u64 {
    items.iter().map(|item| part(json_weight(item))).sum()
}

fn members_weight(members: &Map<String, serde_json::Value>) -> u64 {
    members.values().map(|member| part(json_weight(member))).sum()
}

/// A part of a value takes a step of its own.
fn part(weight: u64) -> u64 {
    weight.saturating_add(1)
}

/// A comparison, which is never null (URL Conventions 5.1.1.1).
pub(crate) fn compare(
    op: Operator,
    left: &Value<'_>,
    right: &Value<'_>,
    collation: Collation,
) -> bool {
    match op {
        Operator::Eq => equals(left, right, collation),
        Operator::Ne => !equals(left, right, collation),
        Operator::In => match right {
            Value::Collection(items) => items.iter().any(|item| equals(left, &item, collation)),
            _ => false,
        },
        _ => order(left, right, collation).is_some_and(|order| holds(op, order)),
    }
}

/// Whether an order is what a comparison asks for.
pub(crate) fn holds(op: Operator, order: Ordering) -> bool {
    match op {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Gt => order.is_gt(),
        Operator::Ge => order.is_ge(),
        Operator::Lt => order.is_lt(),
        Operator::Le => order.is_le(),
        _ => false,
    }
}

/// `has`: whether all flags of the right operand are set on the left one (5.1.1.1.10).
fn has(left: &Value<'_>, right: &Value<'_>) -> Value<'static> {
    let (Value::Enum(flags) | Value::String(flags)) = right else {
        return Value::Null;
    };
    match left {
        Value::Enum(set) | Value::String(set) => {
            let set: HashSet<&str> = set.split(',').map(str::trim).collect();
            Value::Boolean(flags.split(',').all(|flag| set.contains(flag.trim())))
        }
        Value::Number(Number::Integer(set)) => match flags.trim().parse::<i128>() {
            Ok(flags) => Value::Boolean(set & flags == flags),
            Err(_) => Value::Null,
        },
        _ => Value::Null,
    }
}

/// The value of a member; null where there is none.
pub(crate) fn member<'a>(value: &Value<'a>, name: &str, names: Names) -> Value<'a> {
    let Value::Structured(structured) = value else {
        return Value::Null;
    };
    match structured {
        Structured::Json(members) => {
            let similar = || only(members.iter(), name).filter(|_| names == Names::IgnoreCase);
            let found = members.get(name).or_else(similar);
            found.map_or(Value::Null, Value::from_json)
        }
        Structured::Members(members) => {
            let members = members.iter().map(|(name, value)| (name.as_ref(), value));
            find(members, name, names).map_or(Value::Null, Value::borrowed)
        }
        Structured::Owned(members) => {
            let members = members.iter().map(|(name, value)| (name.as_ref(), value));
            find(members, name, names).cloned().unwrap_or(Value::Null)
        }
    }
}

fn find<'m, T>(
    members: impl Iterator<Item = (&'m str, T)> + Clone,
    name: &str,
    names: Names,
) -> Option<T> {
    let exact = members.clone().find(|(member, _)| *member == name).map(|(_, value)| value);
    exact.or_else(|| only(members, name).filter(|_| names == Names::IgnoreCase))
}

/// The only member whose name differs at most in ASCII case.
pub(crate) fn only<'m, K: AsRef<str> + ?Sized + 'm, T>(
    members: impl Iterator<Item = (&'m K, T)>,
    name: &str,
) -> Option<T> {
    let mut candidates = members.filter(|(member, _)| member.as_ref().eq_ignore_ascii_case(name));
    let (_, value) = candidates.next()?;
    candidates.next().is_none().then_some(value)
}

/// The annotation of a structured value stands in it, that of another member beside the member
/// (JSON Format 4.6).
fn annotation<'a>(
    value: &Value<'a>,
    property: Option<&str>,
    term: &str,
    names: Names,
) -> Value<'a> {
    let exact = |value: &Value<'a>, name: &str| match value {
        Value::Structured(Structured::Json(members)) => members.get(name).map(Value::from_json),
        _ => None,
    };
    let inside = match property {
        Some(property) => exact(&member(value, property, names), &format!("@{term}")),
        None => exact(value, &format!("@{term}")),
    };
    inside.or_else(|| exact(value, &format!("{}@{term}", property?))).unwrap_or(Value::Null)
}

/// The number of an enumeration value, which payloads hold as the names of its members, or as a number.
fn enum_value(value: &Value<'_>, declared: &EnumType) -> Value<'static> {
    match value {
        Value::String(text) | Value::Enum(text) => {
            declared.value(text).map_or(Value::Null, |value| Number::from(value).into())
        }
        Value::Number(number @ Number::Integer(_)) => (*number).into(),
        _ => Value::Null,
    }
}
