//! How an expression stores its nodes.

use super::{Expr, Id, Kind, List, LiteralKind, Node, NodeData, Operator, Text, index};
use crate::span::Span;

/// A node as stored; [`Kind`] is the same with its children resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Repr {
    Literal(LiteralKind, Text),
    Not(Id),
    Negate(Id),
    And(List),
    Or(List),
    Binary(Operator, Id, Id),
    List(List),
    Array(List),
    Object(List),
    Member(Text, Id),
    Call(Text, List),
    Argument(Text, Id),
    Case(List),
    Cast(Option<Id>, Text),
    IsOf(Option<Id>, Text),
    Path(List),
    It,
    This,
    Root,
    Alias(Text),
    Name(Text),
    TypeCast(Text),
    Annotation(Text),
    Key(List),
    Count(List),
    Filter(Id),
    Any(Option<(Text, Id)>),
    All(Text, Id),
    Search(Id),
    Term(Text),
    Phrase(Text),
    Incomplete(Text),
    SearchNot(Id),
    SearchAnd(List),
    SearchOr(List),
}

/// What to do with the parts of a node, in the order in which they are stored.
pub(super) trait Map {
    fn text(&mut self, text: Text) -> Text;
    fn list(&mut self, list: List) -> List;
    fn id(&mut self, id: Id) -> Id;
}

impl Repr {
    /// The same node with its parts replaced.
    pub(super) fn map(self, with: &mut impl Map) -> Repr {
        match self {
            Repr::Literal(kind, text) => Repr::Literal(kind, with.text(text)),
            Repr::Not(id) => Repr::Not(with.id(id)),
            Repr::Negate(id) => Repr::Negate(with.id(id)),
            Repr::And(list) => Repr::And(with.list(list)),
            Repr::Or(list) => Repr::Or(with.list(list)),
            Repr::Binary(op, left, right) => Repr::Binary(op, with.id(left), with.id(right)),
            Repr::List(list) => Repr::List(with.list(list)),
            Repr::Array(list) => Repr::Array(with.list(list)),
            Repr::Object(list) => Repr::Object(with.list(list)),
            Repr::Member(text, id) => Repr::Member(with.text(text), with.id(id)),
            Repr::Call(text, list) => Repr::Call(with.text(text), with.list(list)),
            Repr::Argument(text, id) => Repr::Argument(with.text(text), with.id(id)),
            Repr::Case(list) => Repr::Case(with.list(list)),
            Repr::Cast(id, text) => Repr::Cast(id.map(|id| with.id(id)), with.text(text)),
            Repr::IsOf(id, text) => Repr::IsOf(id.map(|id| with.id(id)), with.text(text)),
            Repr::Path(list) => Repr::Path(with.list(list)),
            Repr::It | Repr::This | Repr::Root | Repr::Any(None) => self,
            Repr::Alias(text) => Repr::Alias(with.text(text)),
            Repr::Name(text) => Repr::Name(with.text(text)),
            Repr::TypeCast(text) => Repr::TypeCast(with.text(text)),
            Repr::Annotation(text) => Repr::Annotation(with.text(text)),
            Repr::Key(list) => Repr::Key(with.list(list)),
            Repr::Count(list) => Repr::Count(with.list(list)),
            Repr::Filter(id) => Repr::Filter(with.id(id)),
            Repr::Any(Some((text, id))) => Repr::Any(Some((with.text(text), with.id(id)))),
            Repr::All(text, id) => Repr::All(with.text(text), with.id(id)),
            Repr::Search(id) => Repr::Search(with.id(id)),
            Repr::Term(text) => Repr::Term(with.text(text)),
            Repr::Phrase(text) => Repr::Phrase(with.text(text)),
            Repr::Incomplete(text) => Repr::Incomplete(with.text(text)),
            Repr::SearchNot(id) => Repr::SearchNot(with.id(id)),
            Repr::SearchAnd(list) => Repr::SearchAnd(with.list(list)),
            Repr::SearchOr(list) => Repr::SearchOr(with.list(list)),
        }
    }
}

/// Copies nodes of one expression behind those of another.
struct Graft<'a> {
    source: &'a Expr,
    /// How many places further a node is in the target, modulo 2³².
    shift: u32,
    target: &'a mut Expr,
}

impl Map for Graft<'_> {
    fn text(&mut self, text: Text) -> Text {
        self.target.push_text(self.source.slice(text))
    }

    fn list(&mut self, list: List) -> List {
        let shift = self.shift;
        let moved = |id: &Id| Id(id.0.wrapping_add(shift));
        self.target.push_list(self.source.ids(&list).iter().map(moved))
    }

    fn id(&mut self, id: Id) -> Id {
        Id(id.0.wrapping_add(self.shift))
    }
}

impl Expr {
    /// All of them joined by `and`, as one flat list; the first was read from no text, and `place` is
    /// where it takes effect.
    pub(crate) fn restricted(first: &Expr, place: Span, second: Option<&Expr>) -> Expr {
        let mut out = Expr::empty();
        let mut ids = Vec::new();
        for operand in operands(first) {
            ids.push(out.graft(operand));
        }
        for node in &mut out.nodes {
            node.span = place;
        }
        for operand in second.into_iter().flat_map(operands) {
            ids.push(out.graft(operand));
        }
        if ids.len() > 1 {
            let span = second.map_or(place, |second| second.root().place());
            let list = out.push_list(ids.into_iter());
            out.push(Repr::And(list), span);
        }
        out
    }

    /// Copies a node with everything below it and returns its new place.
    ///
    /// A node and what is below it are neighbours, so this is one loop.
    pub(crate) fn graft(&mut self, node: Node<'_>) -> Id {
        let source = node.expr;
        let first = source.first(node.id);
        let offset = index(self.nodes.len());
        let nodes = source.nodes.get(first.0 as usize..=node.id.0 as usize).unwrap_or_default();
        let mut graft = Graft { source, shift: offset.wrapping_sub(first.0), target: self };
        let mut last = Id(offset);
        for NodeData { repr, span, height: _, first: _ } in nodes {
            let repr = repr.map(&mut graft);
            last = graft.target.push(repr, *span);
        }
        last
    }
}

/// The operands of `and`, or the expression itself.
fn operands(expr: &Expr) -> Vec<Node<'_>> {
    match expr.root().kind() {
        Kind::And(operands) => operands.iter().collect(),
        _ => vec![expr.root()],
    }
}
