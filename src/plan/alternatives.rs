//! `or` over comparisons of one path with constants, as programs write it, is `in`: the path is followed
//! once, and the constants can be hashed.

use super::bind::Binder;
use super::literal::literal;
use super::{NodeId, Op};
use crate::ast::{Kind, LiteralKind, Node as AstNode, Nodes, Operator};
use crate::error::Error;
use crate::span::Span;
use crate::value::{Type, Value};

/// `path eq literal`
#[derive(Clone, Copy)]
struct Equality<'q> {
    path: AstNode<'q>,
    kind: LiteralKind,
    text: &'q str,
    literal: Span,
}

impl<'q> Binder<'q, '_> {
    pub(super) fn or(&mut self, operands: Nodes<'q>, span: Span) -> Result<NodeId, Error> {
        let mut bound = Vec::with_capacity(operands.len());
        let mut rest = operands.iter().peekable();
        while let Some(operand) = rest.next() {
            let another = |next: &AstNode<'q>| {
                let (first, next) = (equality(operand)?, equality(*next)?);
                same_path(first.path, next.path).then_some((first, next))
            };
            let Some((first, _)) = rest.peek().and_then(another) else {
                bound.push(self.condition(operand, "an operand of `or`")?);
                continue;
            };
            let mut values = vec![first.value()?];
            let mut place = operand.place();
            while let Some((_, next)) = rest.peek().and_then(another) {
                values.push(next.value()?);
                place = Span::new(place.range().start, next.literal.range().end);
                rest.next();
            }
            let path = self.expr(first.path)?;
            bound.push(self.is_one_of(path, values, place)?);
        }
        match *bound {
            [only] => Ok(only),
            _ => self.push(Op::Or(bound.into()), span, Type::Boolean),
        }
    }
}

impl Equality<'_> {
    fn value(&self) -> Result<Value<'static>, Error> {
        literal(self.kind, self.text).map_err(|error| error.at(self.literal))
    }
}

/// An operand that compares a path of properties with a literal.
fn equality(operand: AstNode<'_>) -> Option<Equality<'_>> {
    let Kind::Binary(Operator::Eq, path, right) = operand.kind() else {
        return None;
    };
    let Kind::Literal(kind, text) = right.kind() else {
        return None;
    };
    Some(Equality { path, kind, text, literal: right.place() })
}

fn same_path(left: AstNode<'_>, right: AstNode<'_>) -> bool {
    let (Kind::Path(left), Kind::Path(right)) = (left.kind(), right.kind()) else {
        return false;
    };
    let same = |(left, right): (AstNode<'_>, AstNode<'_>)| match (left.kind(), right.kind()) {
        (Kind::Name(left), Kind::Name(right)) => left == right,
        _ => false,
    };
    left.len() == right.len() && left.iter().zip(right.iter()).all(same)
}
