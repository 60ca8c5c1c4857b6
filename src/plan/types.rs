//! What is known of types before evaluation: only what can never fit is refused.

use super::{Node, Op};
use crate::error::{Error, Kind};
use crate::functions::Function;
use crate::value::Type;

/// Whether the value of a node may be of a type.
fn may_be(node: &Node, wanted: Type) -> bool {
    match (&node.op, node.value_type) {
        (Op::Constant(value), _) => value.is_null() || value.read_as(wanted).is_some(),
        (_, None) => true,
        (_, Some(known)) => {
            known == wanted
                || wanted == Type::Any
                || matches!((known, wanted), (Type::Number, Type::Integer))
                || (known == Type::String
                    && matches!(
                        wanted,
                        Type::Date
                            | Type::DateTimeOffset
                            | Type::TimeOfDay
                            | Type::Duration
                            | Type::Guid
                    ))
        }
    }
}

fn found(node: &Node) -> &'static str {
    node.value_type.map_or("null", Type::name)
}

/// Refuses a node that can be of none of the types.
pub(super) fn expect(node: &Node, types: &[Type], what: &str, expected: &str) -> Result<(), Error> {
    if types.iter().any(|wanted| may_be(node, *wanted)) {
        return Ok(());
    }
    Err(Error::new(Kind::TypeMismatch {
        what: what.to_owned(),
        expected: expected.to_owned(),
        found: found(node),
    })
    .at(node.span))
}

/// Refuses what no arithmetic operator takes.
pub(super) fn arithmetic(node: &Node, operator: &str) -> Result<(), Error> {
    let types = [Type::Number, Type::Duration, Type::Date, Type::DateTimeOffset];
    let what = if operator == "-" {
        "the operand of `-`".to_owned()
    } else {
        format!("an operand of `{operator}`")
    };
    expect(node, &types, &what, "a number, date or duration")
}

/// Refuses arguments that no overload takes.
pub(super) fn arguments(function: &Function, arguments: &[&Node]) -> Result<(), Error> {
    let overloads =
        || function.overloads.iter().filter(|overload| overload.params.len() == arguments.len());
    let fits =
        |params: &[Type]| params.iter().zip(arguments).all(|(wanted, node)| may_be(node, *wanted));
    if overloads().any(|overload| fits(overload.params)) {
        return Ok(());
    }
    // The first argument that is wrong for every overload, else the first that is wrong for one.
    let wrong =
        |position: usize, params: &[Type]| match (params.get(position), arguments.get(position)) {
            (Some(wanted), Some(node)) => !may_be(node, *wanted),
            _ => false,
        };
    let positions = || 0..arguments.len();
    let position = positions()
        .find(|position| overloads().all(|overload| wrong(*position, overload.params)))
        .or_else(|| {
            positions()
                .find(|position| overloads().any(|overload| wrong(*position, overload.params)))
        });
    let Some((position, node)) =
        position.and_then(|position| arguments.get(position).map(|node| (position, node)))
    else {
        return Ok(());
    };
    let mut names = Vec::new();
    for wanted in overloads().filter_map(|overload| overload.params.get(position)) {
        if !names.contains(&wanted.name()) {
            names.push(wanted.name());
        }
    }
    let what = format!("argument {} of `{}`", position + 1, function.name);
    let expected = names.join(" or ");
    Err(Error::new(Kind::TypeMismatch { what, expected, found: found(node) }).at(node.span))
}
