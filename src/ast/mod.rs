//! The syntax tree: faithful, schema-free, owned.
//!
//! An [`Expr`] keeps its nodes in one vector, children before their parents, and all names and
//! literals in one string. Cloning, comparing, hashing and dropping are therefore loops, whatever
//! the nesting, and equal trees are equal vectors: spans stand beside the nodes and take no part.
//! [`Node`] is the way to look at it.

mod build;
mod follow;
pub(crate) mod name;
pub(crate) mod op;
mod options;
mod parts;
mod print;
mod rename;
mod repr;
mod system;
mod visit;

pub(crate) use build::phrase;
pub use build::{all_of, any_of, call, case, lit, not, null, prop};
pub(crate) use follow::{Follower, Run};
pub use op::Operator;
pub use options::{
    Alias, ComputeItem, Direction, ExpandItem, ItemPath, Levels, Options, OrderbyItem, PathSegment,
    PathSuffix, SelectItem,
};
pub(crate) use print::{Escape, Printer, escaped};
pub(crate) use rename::{Renames, Unrenamable};
pub(crate) use repr::Repr;
pub(crate) use system::{Place, SystemOption};
pub use visit::Visitor;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use self::repr::Map;
use crate::span::Span;

/// An expression: what `$filter`, `$orderby`, `$compute`, `$search` and parameter aliases hold.
///
/// Made by parsing or by the builder functions ([`prop`], [`lit`], [`call`], …). [`Display`]
/// prints canonical OData, not percent-encoded, that parses back to an equal expression.
///
/// [`Display`]: fmt::Display
///
/// ```
/// use odata_query::ast::{Expr, prop};
///
/// let parsed: Expr = "(isArchived EQ false)  and id in (1,2)".parse()?;
/// let built = prop("isArchived").eq(false).and(prop("id").is_in([1, 2]));
/// assert_eq!(parsed, built);
/// assert_eq!(built.to_string(), "isArchived eq false and id in (1,2)");
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Clone)]
pub struct Expr {
    nodes: Vec<NodeData>,
    lists: Vec<Id>,
    text: String,
}

/// The position of a node in its expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id(u32);

/// Children of a node: the only one, or a slice of [`Expr::lists`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum List {
    One(Id),
    Many { start: u32, len: u32 },
}

/// A slice of [`Expr::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Text {
    start: u32,
    len: u32,
}

#[derive(Debug, Clone, Copy)]
struct NodeData {
    repr: Repr,
    span: Span,
    height: u32,
    /// The first of the nodes below it, which all stand directly before it; itself for a leaf.
    first: Id,
}

/// What a [`Node`] is.
///
/// ```
/// use odata_query::ast::{Expr, Kind, Operator};
///
/// let expr: Expr = "address/city eq 'Oslo'".parse()?;
/// match expr.root().kind() {
///     Kind::Binary(Operator::Eq, path, literal) => {
///         // A node prints as its part of the expression.
///         assert_eq!(path.to_string(), "address/city");
///         assert_eq!(literal.to_expr(), odata_query::ast::lit("Oslo"));
///     }
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Kind<'a> {
    /// A literal: its kind and its text without prefix and quotes, unescaped. For enumeration
    /// values the text is whole: `Sales.Pattern'Yellow'`.
    Literal(LiteralKind, &'a str),
    /// `not …`
    Not(Node<'a>),
    /// `-…`
    Negate(Node<'a>),
    /// Two or more operands joined by `and`.
    And(Nodes<'a>),
    /// Two or more operands joined by `or`.
    Or(Nodes<'a>),
    /// Any operator but `and` and `or`, with its operands.
    Binary(Operator, Node<'a>, Node<'a>),
    /// `(1,2,3)`, to the right of `in`
    List(Nodes<'a>),
    /// `[…,…]`
    Array(Nodes<'a>),
    /// `{"name":…}`, made of [`Member`](Kind::Member)s
    Object(Nodes<'a>),
    /// A member of an object.
    Member(&'a str, Node<'a>),
    /// A function call: canonical, custom or, inside a path, bound.
    Call(&'a str, Nodes<'a>),
    /// `name=…`, a named argument of a call
    Argument(&'a str, Node<'a>),
    /// `case(condition:result,…)`: conditions and results in turn
    Case(Nodes<'a>),
    /// `cast(operand,Type)`, or `cast(Type)` of the current instance
    Cast(Option<Node<'a>>, &'a str),
    /// `isof(operand,Type)`, or `isof(Type)` of the current instance
    IsOf(Option<Node<'a>>, &'a str),
    /// Segments joined by `/`; each is one of the kinds below or a [`Call`](Kind::Call).
    Path(Nodes<'a>),
    /// `$it`
    It,
    /// `$this`
    This,
    /// `$root`
    Root,
    /// `@name`: a parameter alias or an annotation of the default namespace
    Alias(&'a str),
    /// A property or a lambda variable.
    Name(&'a str),
    /// `Namespace.Type`
    TypeCast(&'a str),
    /// `@Namespace.Term`, with `#qualifier` if there is one; the text is without `@`
    Annotation(&'a str),
    /// `(1)` or `(name=1)` behind `$filter(…)`: a key predicate
    Key(Nodes<'a>),
    /// `$count`, with a [`Filter`](Kind::Filter) and a [`Search`](Kind::Search) in parentheses
    Count(Nodes<'a>),
    /// `$filter(…)`
    Filter(Node<'a>),
    /// `any()` or `any(variable:predicate)`
    Any(Option<(&'a str, Node<'a>)>),
    /// `all(variable:predicate)`
    All(&'a str, Node<'a>),
    /// `$search=…` inside `$count(…)`
    Search(Node<'a>),
    /// A word to search for.
    Term(&'a str),
    /// `"…"`, a phrase to search for
    Phrase(&'a str),
    /// `'…'`, a search expression that is still being typed
    Incomplete(&'a str),
    /// `NOT …` in a search
    SearchNot(Node<'a>),
    /// Two or more operands joined by `AND` or a blank in a search.
    SearchAnd(Nodes<'a>),
    /// Two or more operands joined by `OR` in a search.
    SearchOr(Nodes<'a>),
}

/// The kinds of literals (URL Conventions 5.1.1.14.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LiteralKind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// Digits with an optional sign, fraction and exponent, or `INF`, `-INF`, `NaN`.
    Number,
    /// `'O''Neil'`
    String,
    /// `01234567-89ab-cdef-0123-456789abcdef`
    Guid,
    /// `2021-08-15`
    Date,
    /// `2021-08-15T15:28:33.4985050Z`
    DateTimeOffset,
    /// `15:28:33`
    TimeOfDay,
    /// `duration'PT1H'`
    Duration,
    /// `binary'T0RhdGE'`
    Binary,
    /// `Sales.Pattern'Yellow'`
    Enum,
    /// `geography'SRID=0;Point(142.1 64.1)'`
    Geography,
    /// `geometry'SRID=0;Point(142.1 64.1)'`
    Geometry,
}

/// A node of an [`Expr`], borrowed from it.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    expr: &'a Expr,
    id: Id,
}

/// The children of a node, in order.
#[derive(Clone, Copy)]
pub struct Nodes<'a> {
    expr: &'a Expr,
    ids: &'a [Id],
}

impl Expr {
    /// Without any node yet.
    pub(crate) fn empty() -> Expr {
        Expr { nodes: Vec::new(), lists: Vec::new(), text: String::new() }
    }

    /// Without any node yet, with room for what most texts of a length hold.
    pub(crate) fn with_room(bytes: usize) -> Expr {
        Expr {
            nodes: Vec::with_capacity((bytes / 6).saturating_add(4)),
            lists: Vec::new(),
            text: String::with_capacity(bytes),
        }
    }

    /// The outermost node.
    pub fn root(&self) -> Node<'_> {
        Node { expr: self, id: Id(index(self.nodes.len().saturating_sub(1))) }
    }

    /// The number of nodes.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The number of nodes that `Limits::nodes` is about: names of paths and items of `in` lists have limits
    /// of their own.
    pub(crate) fn counted_nodes(&self) -> usize {
        let uncounted = self.nodes.iter().map(|node| match &node.repr {
            Repr::Name(_) => 1,
            Repr::List(items) => self.ids(items).len(),
            _ => 0,
        });
        self.nodes.len().saturating_sub(uncounted.sum())
    }

    /// The longest way from the root to a leaf, in nodes.
    pub(crate) fn height(&self) -> usize {
        self.nodes.last().map_or(0, |node| node.height as usize)
    }

    /// Adds a node above nodes added before; the last one added is the root.
    pub(crate) fn push(&mut self, repr: Repr, span: Span) -> Id {
        let id = self.mark();
        let mut below = Below { expr: self, height: 0, first: None };
        match repr {
            // What every condition has, told apart at once.
            Repr::Binary(_, left, right) => {
                below.id(left);
                below.id(right);
            }
            Repr::Path(List::One(segment)) => drop(below.id(segment)),
            _ => drop(repr.map(&mut below)),
        }
        let (height, first) = (below.height.saturating_add(1), below.first.unwrap_or(id));
        self.nodes.push(NodeData { repr, span, height, first });
        id
    }

    /// Adds a node without children.
    pub(crate) fn push_leaf(&mut self, repr: Repr, span: Span) -> Id {
        let id = self.mark();
        self.nodes.push(NodeData { repr, span, height: 1, first: id });
        id
    }

    pub(crate) fn push_text(&mut self, text: &str) -> Text {
        let start = index(self.text.len());
        self.text.push_str(text);
        Text { start, len: index(text.len()) }
    }

    pub(crate) fn push_list(&mut self, mut ids: impl ExactSizeIterator<Item = Id>) -> List {
        let len = ids.len();
        match ids.next() {
            Some(only) if len == 1 => List::One(only),
            first => {
                let start = index(self.lists.len());
                self.lists.extend(first.into_iter().chain(ids));
                List::Many { start, len: index(len) }
            }
        }
    }

    /// Where the nodes added from now on begin.
    pub(crate) fn mark(&self) -> Id {
        Id(index(self.nodes.len()))
    }

    /// Where a node with all below it begins.
    pub(crate) fn first(&self, id: Id) -> Id {
        self.nodes.get(id.0 as usize).map_or(id, |node| node.first)
    }

    /// A list of the nodes added since the mark that are not below another one.
    pub(crate) fn list_since(&mut self, mark: Id) -> List {
        let start = self.lists.len();
        let mut end = self.mark();
        while end.0 > mark.0 {
            let id = Id(end.0.saturating_sub(1));
            end = self.first(id);
            if end == mark && self.lists.len() == start {
                return List::One(id);
            }
            self.lists.push(id);
        }
        let ids = self.lists.get_mut(start..).unwrap_or_default();
        ids.reverse();
        List::Many { start: index(start), len: index(ids.len()) }
    }

    pub(crate) fn span(&self, id: Id) -> Span {
        self.nodes.get(id.0 as usize).map_or_else(Span::default, |node| node.span)
    }

    /// Whether a node is a call: of a function, or with a syntax of its own.
    pub(crate) fn is_call(&self, id: Id) -> bool {
        let repr = self.nodes.get(id.0 as usize).map(|node| node.repr);
        matches!(repr, Some(Repr::Call(..) | Repr::Case(_) | Repr::Cast(..) | Repr::IsOf(..)))
    }

    /// Whether nothing may follow a segment.
    pub(crate) fn ends_path(&self, id: Id) -> bool {
        let repr = self.nodes.get(id.0 as usize).map(|node| node.repr);
        matches!(repr, Some(Repr::Count(_) | Repr::Any(_) | Repr::All(..)))
    }

    pub(crate) fn is_filter(&self, id: Id) -> bool {
        matches!(self.nodes.get(id.0 as usize), Some(NodeData { repr: Repr::Filter(_), .. }))
    }

    fn slice(&self, text: Text) -> &str {
        let start = text.start as usize;
        self.text.get(start..start.saturating_add(text.len as usize)).unwrap_or_default()
    }

    fn ids<'a>(&'a self, list: &'a List) -> &'a [Id] {
        match list {
            List::One(id) => std::slice::from_ref(id),
            List::Many { start, len } => {
                let start = *start as usize;
                self.lists.get(start..start.saturating_add(*len as usize)).unwrap_or_default()
            }
        }
    }

    /// All that takes part in comparing.
    fn content(&self) -> (impl Iterator<Item = Repr> + '_, &[Id], &str) {
        (
            self.nodes.iter().map(|NodeData { repr, span: _, height: _, first: _ }| *repr),
            &self.lists,
            &self.text,
        )
    }
}

/// What is below a node: the height of its tallest child, and where its first child begins.
struct Below<'a> {
    expr: &'a Expr,
    height: u32,
    first: Option<Id>,
}

impl Map for Below<'_> {
    fn text(&mut self, text: Text) -> Text {
        text
    }

    fn list(&mut self, list: List) -> List {
        for id in self.expr.ids(&list) {
            self.id(*id);
        }
        list
    }

    fn id(&mut self, id: Id) -> Id {
        if let Some(child) = self.expr.nodes.get(id.0 as usize) {
            self.height = self.height.max(child.height);
            self.first.get_or_insert(child.first);
        }
        id
    }
}

/// Offsets inside an expression fit 32 bits: its text does (see `Limits::text`).
fn index(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        let ((nodes, lists, text), (other_nodes, other_lists, other_text)) =
            (self.content(), other.content());
        text == other_text && lists == other_lists && nodes.eq(other_nodes)
    }
}

impl Eq for Expr {}

impl Hash for Expr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let (nodes, lists, text) = self.content();
        nodes.for_each(|node| node.hash(state));
        (lists, text).hash(state);
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({self})")
    }
}

impl<'a> Node<'a> {
    /// What the node is, with its children.
    #[inline]
    pub fn kind(self) -> Kind<'a> {
        let expr = self.expr;
        let Some(data) = expr.nodes.get(self.id.0 as usize) else {
            return Kind::Literal(LiteralKind::Null, "null");
        };
        let node = |id: &Id| Node { expr, id: *id };
        let nodes = |list| Nodes { expr, ids: expr.ids(list) };
        let text = |text: &Text| expr.slice(*text);
        match &data.repr {
            Repr::Literal(kind, value) => Kind::Literal(*kind, text(value)),
            Repr::Not(operand) => Kind::Not(node(operand)),
            Repr::Negate(operand) => Kind::Negate(node(operand)),
            Repr::And(list) => Kind::And(nodes(list)),
            Repr::Or(list) => Kind::Or(nodes(list)),
            Repr::Binary(op, left, right) => Kind::Binary(*op, node(left), node(right)),
            Repr::List(list) => Kind::List(nodes(list)),
            Repr::Array(list) => Kind::Array(nodes(list)),
            Repr::Object(list) => Kind::Object(nodes(list)),
            Repr::Member(name, value) => Kind::Member(text(name), node(value)),
            Repr::Call(name, list) => Kind::Call(text(name), nodes(list)),
            Repr::Argument(name, value) => Kind::Argument(text(name), node(value)),
            Repr::Case(list) => Kind::Case(nodes(list)),
            Repr::Cast(operand, name) => Kind::Cast(operand.as_ref().map(node), text(name)),
            Repr::IsOf(operand, name) => Kind::IsOf(operand.as_ref().map(node), text(name)),
            Repr::Path(list) => Kind::Path(nodes(list)),
            Repr::It => Kind::It,
            Repr::This => Kind::This,
            Repr::Root => Kind::Root,
            Repr::Alias(name) => Kind::Alias(text(name)),
            Repr::Name(name) => Kind::Name(text(name)),
            Repr::TypeCast(name) => Kind::TypeCast(text(name)),
            Repr::Annotation(name) => Kind::Annotation(text(name)),
            Repr::Key(list) => Kind::Key(nodes(list)),
            Repr::Count(list) => Kind::Count(nodes(list)),
            Repr::Filter(predicate) => Kind::Filter(node(predicate)),
            Repr::Any(None) => Kind::Any(None),
            Repr::Any(Some((variable, id))) => Kind::Any(Some((text(variable), node(id)))),
            Repr::All(variable, predicate) => Kind::All(text(variable), node(predicate)),
            Repr::Search(search) => Kind::Search(node(search)),
            Repr::Term(word) => Kind::Term(text(word)),
            Repr::Phrase(phrase) => Kind::Phrase(text(phrase)),
            Repr::Incomplete(search) => Kind::Incomplete(text(search)),
            Repr::SearchNot(operand) => Kind::SearchNot(node(operand)),
            Repr::SearchAnd(list) => Kind::SearchAnd(nodes(list)),
            Repr::SearchOr(list) => Kind::SearchOr(nodes(list)),
        }
    }

    /// The bytes of the caller's text that the node was read from; empty for built expressions.
    pub fn span(self) -> Range<usize> {
        self.place().range()
    }

    /// Whether both are the same part of the same expression.
    pub(crate) fn is(self, other: Node<'_>) -> bool {
        std::ptr::eq(self.expr, other.expr) && self.id == other.id
    }

    pub(crate) fn place(self) -> Span {
        self.expr.span(self.id)
    }

    /// A copy of this part of the expression.
    pub fn to_expr(self) -> Expr {
        let mut out = Expr::empty();
        out.graft(self);
        out
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({self})")
    }
}

impl<'a> Nodes<'a> {
    /// How many there are.
    pub fn len(self) -> usize {
        self.ids.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.ids.is_empty()
    }

    /// The child at a position.
    pub fn get(self, position: usize) -> Option<Node<'a>> {
        self.ids.get(position).map(|id| Node { expr: self.expr, id: *id })
    }

    /// The children in order.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = Node<'a>> + ExactSizeIterator {
        self.ids.iter().map(move |id| Node { expr: self.expr, id: *id })
    }
}

impl fmt::Debug for Nodes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
