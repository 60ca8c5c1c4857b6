//! Taking nodes apart and putting them together again, for what makes other trees of a tree.

use super::repr::Map;
use super::{Expr, Id, List, Node, Repr, Text};
use crate::span::Span;

/// Takes out of a node what differs between nodes of one label.
#[derive(Default)]
struct Blank {
    text: Option<Text>,
}

impl Map for Blank {
    fn text(&mut self, text: Text) -> Text {
        self.text = Some(text);
        Text { start: 0, len: 0 }
    }

    fn list(&mut self, _: List) -> List {
        Repr::NO_LIST
    }

    fn id(&mut self, _: Id) -> Id {
        Id(0)
    }
}

/// Puts text and children where a label has none.
struct Fill<'a> {
    expr: &'a mut Expr,
    text: &'a str,
    children: std::slice::Iter<'a, Id>,
}

impl Map for Fill<'_> {
    fn text(&mut self, _: Text) -> Text {
        self.expr.push_text(self.text)
    }

    fn list(&mut self, _: List) -> List {
        self.expr.push_list(self.children.by_ref().copied().collect::<Vec<_>>().into_iter())
    }

    fn id(&mut self, id: Id) -> Id {
        self.children.next().copied().unwrap_or(id)
    }
}

impl Repr {
    /// The list of a label.
    const NO_LIST: List = List::Many { start: 0, len: 0 };

    /// The label of `(…)` to the right of `in`.
    pub(crate) const LIST: Repr = Repr::List(Repr::NO_LIST);
}

impl<'a> Node<'a> {
    /// What the node is apart from its text and its children, and the text: no node has more than
    /// one. The children are those that [`for_each_child`](Self::for_each_child) shows.
    pub(crate) fn parts(self) -> (Repr, &'a str) {
        let mut blank = Blank::default();
        let label = match self.expr.nodes.get(self.id.0 as usize) {
            Some(data) => data.repr.map(&mut blank),
            None => Repr::Path(Repr::NO_LIST),
        };
        (label, blank.text.map_or("", |text| self.expr.slice(text)))
    }
}

impl Expr {
    /// Adds the node of a label, a text and children that were added before.
    pub(crate) fn push_parts(
        &mut self,
        label: Repr,
        text: &str,
        children: &[Id],
        span: Span,
    ) -> Id {
        let repr = label.map(&mut Fill { expr: self, text, children: children.iter() });
        self.push(repr, span)
    }
}
