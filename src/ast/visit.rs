//! Walking an expression.

use super::{Kind, Node, Nodes};

/// Sees every node of an expression, parents before and after their children.
///
/// The walk keeps its own work list, so any nesting is safe.
///
/// A guard that looks for properties has to know: names are matched ignoring case, a name may also
/// be a lambda variable, and expressions also stand in `$orderby`, `$compute`, parameter aliases and
/// the options of expanded items. A [`Policy`](crate::Policy) is such a guard.
///
/// ```
/// use odata_query::ast::{Expr, Kind, Node, Visitor};
///
/// #[derive(Default)]
/// struct Names(Vec<String>);
///
/// impl<'a> Visitor<'a> for Names {
///     fn enter(&mut self, node: Node<'a>) {
///         if let Kind::Name(name) = node.kind() {
///             self.0.push(name.to_owned());
///         }
///     }
/// }
///
/// let expr: Expr = "price gt 5 and contains(name,'x')".parse()?;
/// let mut names = Names::default();
/// expr.root().walk(&mut names);
/// assert_eq!(names.0, ["price", "name"]);
/// # Ok::<(), odata_query::Error>(())
/// ```
pub trait Visitor<'a> {
    /// Called before the children of a node.
    fn enter(&mut self, node: Node<'a>);

    /// Called after the children of a node.
    fn leave(&mut self, node: Node<'a>) {
        let _ = node;
    }
}

impl<'a> Node<'a> {
    /// Shows the node and all below it to a visitor, in the order of the text.
    pub fn walk(self, visitor: &mut impl Visitor<'a>) {
        enum Step<'a> {
            Enter(Node<'a>),
            Leave(Node<'a>),
        }
        let mut work = vec![Step::Enter(self)];
        while let Some(step) = work.pop() {
            match step {
                Step::Leave(node) => visitor.leave(node),
                Step::Enter(node) => {
                    visitor.enter(node);
                    work.push(Step::Leave(node));
                    let children = work.len();
                    node.for_each_child(|child| work.push(Step::Enter(child)));
                    if let Some(children) = work.get_mut(children..) {
                        children.reverse();
                    }
                }
            }
        }
    }

    /// Calls `visit` with the children of the node, in order.
    pub fn for_each_child(self, mut visit: impl FnMut(Node<'a>)) {
        let mut all = |nodes: Nodes<'a>| nodes.iter().for_each(&mut visit);
        match self.kind() {
            Kind::And(list)
            | Kind::Or(list)
            | Kind::List(list)
            | Kind::Array(list)
            | Kind::Object(list)
            | Kind::Call(_, list)
            | Kind::Case(list)
            | Kind::Path(list)
            | Kind::Key(list)
            | Kind::Count(list)
            | Kind::SearchAnd(list)
            | Kind::SearchOr(list) => all(list),
            Kind::Binary(_, left, right) => {
                visit(left);
                visit(right);
            }
            Kind::Not(child)
            | Kind::Negate(child)
            | Kind::Member(_, child)
            | Kind::Argument(_, child)
            | Kind::Cast(Some(child), _)
            | Kind::IsOf(Some(child), _)
            | Kind::Filter(child)
            | Kind::Any(Some((_, child)))
            | Kind::All(_, child)
            | Kind::Search(child)
            | Kind::SearchNot(child) => visit(child),
            Kind::Literal(..)
            | Kind::Cast(None, _)
            | Kind::IsOf(None, _)
            | Kind::It
            | Kind::This
            | Kind::Root
            | Kind::Alias(_)
            | Kind::Name(_)
            | Kind::TypeCast(_)
            | Kind::Annotation(_)
            | Kind::Any(None)
            | Kind::Term(_)
            | Kind::Phrase(_)
            | Kind::Incomplete(_) => {}
        }
    }
}
