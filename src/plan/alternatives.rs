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
    literal: AstNode<'q>,
}

impl<'q> Binder<'q, '_> {
    pub(super) fn or(&mut self, operands: Nodes<'q>, span: Span) -> Result<NodeId, Error> {
        let mut bound = Vec::with_capacity(operands.len());
        let mut rest = operands.iter().peekable();
        while let Some(operand) = rest.next() {
            let is_virtual = self.is_virtual_test(operand)?;
            let another = |next: &AstNode<'q>| {
                let (first, next) = (equality(operand)?, equality(*next)?);
                same_path(first.path, next.path).then_some((first, next))
            };
            let Some((first, _)) = rest.peek().and_then(another).filter(|_| !is_virtual) else {
                bound.push(self.condition(operand, "an operand of `or`")?);
                continue;
            };
            let mut values = vec![first.value()?];
            // Where they stand matters only where they are read as what is declared.
            let mut literals = Vec::new();
            literals.extend(self.has_schema().then_some(first.literal));
            let mut place = operand.place();
            while let Some((_, next)) = rest.peek().and_then(another) {
                values.push(next.value()?);
                literals.extend(self.has_schema().then_some(next.literal));
                place = Span::new(place.range().start, next.literal.place().range().end);
                rest.next();
            }
            let path = self.expr(first.path)?;
            let literal = |position| literals.get(position).copied();
            let what = "the right operand of `eq`";
            let path = self.read_items(path, &mut values, literal, what, place)?;
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
        literal(self.kind, self.text).map_err(|error| error.at(self.literal.place()))
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
    Some(Equality { path, kind, text, literal: right })
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
