//! What is known of types before evaluation: only what can never fit is refused.

use super::{Node, NodeId, Op, Plan};
use crate::ast::Operator;
use crate::error::{Error, Kind};
use crate::functions::{Function, Overload};
use crate::span::Span;
use crate::value::arithmetic::Arithmetic;
use crate::value::{Type, Types};

/// Whether the value of a node may be of a type, or be read as one; null fits everywhere.
pub(super) fn may_be(node: &Node, wanted: Type) -> bool {
    if node.types == Types::NONE {
        return true;
    }
    if let Op::Constant(value) = &node.op {
        return value.read_as(wanted).is_some();
    }
    node.types.iter().any(|known| match (known, wanted) {
        (_, Type::Any) | (Type::Number, Type::Integer) => true,
        (
            Type::String,
            Type::Date | Type::DateTimeOffset | Type::TimeOfDay | Type::Duration | Type::Guid,
        ) => !node.declared,
        (Type::Structured, Type::Geo) => true,
        _ => known == wanted,
    })
}

pub(super) fn mismatch(what: String, expected: String, found: String, span: Span) -> Error {
    Error::new(Kind::TypeMismatch { what, expected, found }).at(span)
}

/// Refuses a node that can be of none of the types.
pub(super) fn expect(node: &Node, types: &[Type], what: &str, expected: &str) -> Result<(), Error> {
    if types.iter().any(|wanted| may_be(node, *wanted)) {
        return Ok(());
    }
    Err(mismatch(what.to_owned(), expected.to_owned(), node.types.names(), node.span))
}

/// The types of the result of an arithmetic operator; refuses operands that it never combines.
pub(super) fn arithmetic(
    operator: Operator,
    arithmetic: &Arithmetic,
    left: &Node,
    right: &Node,
    span: Span,
) -> Result<Types, Error> {
    let fits = |(of_left, of_right, _): &&(Type, Type, Type)| {
        may_be(left, *of_left) && may_be(right, *of_right)
    };
    let results: Types =
        arithmetic.signatures.iter().filter(fits).map(|(_, _, result)| *result).collect();
    if results != Types::NONE {
        return Ok(results);
    }
    let keyword = operator.keyword();
    for (node, side) in [(left, "left"), (right, "right")] {
        let types = arithmetic.signatures.iter().map(|(of_left, of_right, _)| match side {
            "left" => *of_left,
            _ => *of_right,
        });
        let types: Types = types.collect();
        let wanted: Vec<Type> = types.iter().collect();
        expect(node, &wanted, &format!("the {side} operand of `{keyword}`"), &types.names())?;
    }
    let pair = |left: &str, right: &str| format!("{left} and {right}");
    let expected =
        arithmetic.signatures.iter().map(|(left, right, _)| pair(left.name(), right.name()));
    let expected = expected.collect::<Vec<_>>().join(", or ");
    let found = pair(&left.types.names(), &right.types.names());
    Err(mismatch(format!("the operands of `{keyword}`"), expected, found, span))
}

/// The types of the result of a function; refuses arguments that no overload takes.
pub(super) fn call(function: &Function, arguments: &[NodeId], plan: &Plan) -> Result<Types, Error> {
    let overloads =
        || function.overloads.iter().filter(|overload| overload.params.len() == arguments.len());
    let fits = |overload: &&Overload| {
        overload.params.iter().zip(arguments).all(|(wanted, id)| may_be(plan.node(*id), *wanted))
    };
    let results: Types = overloads().filter(fits).map(|overload| overload.result).collect();
    if results != Types::NONE {
        return Ok(results);
    }
    // The first argument that is wrong for every overload, else the first that is wrong for one.
    let wrong = |position: usize, overload: &Overload| {
        let argument = overload.params.get(position).zip(arguments.get(position));
        argument.is_some_and(|(wanted, id)| !may_be(plan.node(*id), *wanted))
    };
    let positions = || 0..arguments.len();
    let position = positions()
        .find(|position| overloads().all(|overload| wrong(*position, overload)))
        .or_else(|| {
            positions().find(|position| overloads().any(|overload| wrong(*position, overload)))
        });
    let Some((position, node)) =
        position.and_then(|position| Some((position, plan.node(*arguments.get(position)?))))
    else {
        return Ok(Types::ANY);
    };
    let mut wanted: Vec<&str> = Vec::new();
    for name in overloads().filter_map(|overload| overload.params.get(position)).map(|of| of.name())
    {
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let what = format!("argument {} of `{}`", position.saturating_add(1), function.name);
    Err(mismatch(what, wanted.join(" or "), node.types.names(), node.span))
}
