//! What the normal form of each kind of node is, once its children have theirs.

use std::cmp::{Ordering, Reverse};
use std::collections::HashSet;

use super::literal::spelled;
use super::{Forest, Shape, Tree};
use crate::ast::{Kind, LiteralKind, Node, Nodes, Operator, Repr};
use crate::functions;
use crate::span::Span;

/// Whether a node asks for the current instance or a variable. `$it` is the record everywhere.
pub(super) fn is_relative(label: Repr) -> bool {
    matches!(
        label,
        Repr::This
            | Repr::Name(_)
            | Repr::Alias(_)
            | Repr::TypeCast(_)
            | Repr::Annotation(_)
            | Repr::Count(_)
            | Repr::Filter(_)
            | Repr::Any(_)
            | Repr::All(..)
            | Repr::Cast(None, _)
            | Repr::IsOf(None, _)
    )
}

/// The comparison that says the same of its operands in the other order.
fn mirrored(operator: Operator) -> Option<Operator> {
    Some(match operator {
        Operator::Eq | Operator::Ne => operator,
        Operator::Gt => Operator::Lt,
        Operator::Ge => Operator::Le,
        Operator::Lt => Operator::Gt,
        Operator::Le => Operator::Ge,
        _ => return None,
    })
}

impl<'a> Forest<'a> {
    /// The normal form of a node whose children have theirs. Inside of lambdas and nested filters
    /// names mean something else than in the values of aliases.
    pub(super) fn settle(&mut self, node: Node<'a>, children: Vec<Tree>, scoped: bool) -> Tree {
        let ((label, text), span) = (node.parts(), node.place());
        match node.kind() {
            Kind::And(_) | Kind::Or(_) | Kind::SearchAnd(_) | Kind::SearchOr(_) => {
                self.junction(label, children, span)
            }
            Kind::Not(_) | Kind::SearchNot(_) => self.not(label, children, span),
            Kind::Binary(operator, ..) => self.binary(operator, label, children, span),
            Kind::Literal(kind, text) => self.grow(label, spelled(kind, text), children, span),
            Kind::Call(name, _) => {
                let canonical = functions::find(name).map(|function| function.name);
                self.grow(label, canonical.unwrap_or(name), children, span)
            }
            Kind::Path(segments) => self.path(segments, label, children, scoped, span),
            _ => self.grow(label, text, children, span),
        }
    }

    /// `and` and `or`, those of `$search` too.
    fn junction(&mut self, label: Repr, children: Vec<Tree>, span: Span) -> Tree {
        let mut said = HashSet::new();
        let mut operands = Vec::with_capacity(children.len());
        for child in children {
            match self.label(child) {
                Some(inner) if inner == label => operands.extend_from_slice(self.children(child)),
                _ => operands.push(child),
            }
        }
        operands.retain(|operand| said.insert(*operand));
        if let [only] = *operands {
            if self.is_condition(only) {
                return only;
            }
            // Twice a value that may be no boolean is null where the value alone is not.
            operands.push(only);
        }
        for passable in operands.split_mut(|operand| self.can_fail(*operand)) {
            passable.sort_by(|left, right| self.order(*left, *right));
        }
        self.grow(label, "", operands, span)
    }

    fn not(&mut self, label: Repr, children: Vec<Tree>, span: Span) -> Tree {
        if let [operand] = *children
            && self.label(operand) == Some(label)
            && let [inner] = *self.children(operand)
            && self.is_condition(inner)
        {
            return inner;
        }
        self.grow(label, "", children, span)
    }

    fn binary(
        &mut self,
        operator: Operator,
        label: Repr,
        mut children: Vec<Tree>,
        span: Span,
    ) -> Tree {
        let mut label = label;
        if let [left, right] = *children {
            if operator == Operator::In {
                children = vec![left, self.list(right, span)];
            } else if let Some(mirrored) = mirrored(operator)
                && self.may_swap(operator, left, right)
                && self.side(right, left).then(mirrored.cmp(&operator)).is_lt()
                && let Repr::Binary(_, blank, _) = label
            {
                label = Repr::Binary(mirrored, blank, blank);
                children = vec![right, left];
            }
        }
        self.grow(label, "", children, span)
    }

    /// Whether it makes no difference which operand of a comparison is evaluated and asked first.
    fn may_swap(&self, operator: Operator, left: Tree, right: Tree) -> bool {
        let objects = |tree| self.get(tree).is_some_and(|data| data.makes_objects);
        let one_way = matches!(operator, Operator::Eq | Operator::Ne);
        !(self.can_fail(left) && self.can_fail(right))
            && !(one_way && (objects(left) || objects(right)))
    }

    /// Which operand of a comparison stands on the left: no literal, else the higher one, which needs
    /// no parentheses there.
    fn side(&self, one: Tree, other: Tree) -> Ordering {
        let key = |tree| {
            let height = self.get(tree).map_or(0, |data| data.height);
            (matches!(self.label(tree), Some(Repr::Literal(..))), Reverse(height))
        };
        key(one).cmp(&key(other)).then_with(|| self.order(one, other))
    }

    /// What stands to the right of `in`: literals in one order.
    fn list(&mut self, list: Tree, span: Span) -> Tree {
        let is_list = matches!(self.label(list), Some(Repr::List(_) | Repr::Array(_)));
        let mut items = self.children(list).to_vec();
        let is_literal = |item: &Tree| matches!(self.label(*item), Some(Repr::Literal(..)));
        if !is_list || !items.iter().all(is_literal) {
            return list;
        }
        items.sort_by(|left, right| self.order(*left, *right));
        items.dedup();
        self.grow(Repr::LIST, "", items, span)
    }

    fn path(
        &mut self,
        segments: Nodes<'a>,
        label: Repr,
        mut children: Vec<Tree>,
        scoped: bool,
        span: Span,
    ) -> Tree {
        for segment in segments.iter() {
            let Kind::Alias(name) = segment.kind() else { continue };
            if segments.len() == 1
                && let Some(value) = self.aliases.get(name).copied()
                && !(scoped && self.get(value).is_some_and(|data| data.relative))
            {
                self.replaced.insert(name);
                return value;
            }
            self.left.insert(name);
        }
        // Functions of models are what may be called here, and their names are up to the model.
        for (segment, child) in segments.iter().zip(&mut children).skip(1) {
            if let Kind::Call(name, _) = segment.kind() {
                let arguments = self.children(*child).to_vec();
                *child = self.grow(segment.parts().0, name, arguments, segment.place());
            }
        }
        self.grow(label, "", children, span)
    }

    fn can_fail(&self, tree: Tree) -> bool {
        self.get(tree).is_some_and(|data| data.can_fail)
    }

    /// Whether the evaluation of a node may be an error where that of its children is not.
    pub(super) fn fails(&self, shape: &Shape<'a>) -> bool {
        match shape.label {
            Repr::Call(..) => {
                let is_text = |tree: &Tree| {
                    matches!(self.label(*tree), Some(Repr::Literal(LiteralKind::String, _)))
                };
                functions::find(&shape.text).is_none_or(|function| {
                    // A constant pattern is right or wrong when it is bound.
                    let constant =
                        function.has_pattern() && shape.children.iter().skip(1).all(is_text);
                    function.can_fail() && !constant
                })
            }
            Repr::Binary(operator, ..) => {
                !matches!(operator, Operator::In | Operator::Has) && mirrored(operator).is_none()
            }
            Repr::Negate(_) | Repr::Alias(_) | Repr::Root | Repr::Key(_) => true,
            _ => false,
        }
    }

    /// Whether a tree is true, false or null whatever the record is, and known to be so.
    fn is_condition(&self, tree: Tree) -> bool {
        let Some(data) = self.get(tree) else {
            return false;
        };
        match data.shape.label {
            Repr::And(_) | Repr::Or(_) | Repr::Not(_) | Repr::IsOf(..) => true,
            Repr::Term(_)
            | Repr::Phrase(_)
            | Repr::Incomplete(_)
            | Repr::SearchNot(_)
            | Repr::SearchAnd(_)
            | Repr::SearchOr(_) => true,
            Repr::Literal(LiteralKind::Boolean, _) => true,
            Repr::Binary(operator, ..) => {
                matches!(operator, Operator::In | Operator::Has) || mirrored(operator).is_some()
            }
            Repr::Call(..) => {
                functions::find(&data.shape.text).is_some_and(functions::Function::is_boolean)
            }
            Repr::Path(_) => {
                let last = self.children(tree).last().and_then(|last| self.label(*last));
                matches!(last, Some(Repr::Any(_) | Repr::All(..)))
            }
            _ => false,
        }
    }
}
