//! Normal forms: one tree for all spellings of one meaning.
//!
//! The trees of a query are read into one [`Forest`], children first. It keeps each tree once, so that
//! trees are equal where their numbers are, and the value of a parameter alias is shared by all that
//! ask for it until trees are written out. What is settled for each kind of node stands in `rules`.

mod literal;
mod rules;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::ast::{Expr, Node, Repr, Visitor};
use crate::span::Span;

/// Levels of an expression that has a normal form: what is higher is not bound either, unless
/// `Limits::depth` is raised that far.
const HIGHEST: usize = 1_000;

impl Expr {
    /// The expression that stands for all spellings of this one: a key for caches, and what to compare
    /// where another program writes the queries.
    ///
    /// Evaluating it gives the same for every record, errors included. These are settled:
    ///
    /// * `and` in `and` and `or` in `or` are flat; what was said before is not said again. The same goes for
    ///   `AND`, `OR` and `NOT` of a search.
    /// * The operands of `and` and `or` are sorted where their evaluation cannot fail; one that can fail
    ///   (arithmetic, `concat`, `substring`, …) stays where it is, and nothing passes it.
    /// * The operands of `eq`, `ne`, `gt`, `ge`, `lt` and `le`: a literal stands on the right. `gt` turns
    ///   into `lt` on the way, and so on. They stay as they are where both can fail.
    /// * `not not x` is `x` where that is a condition by its form and not a property.
    /// * The literals of an `in` list are sorted and not repeated; `[1,2]` to the right of `in` is
    ///   `(1,2)`.
    /// * Literals have one spelling for each value of a type: `1.50` is `1.5`, `duration'PT60M'` is
    ///   `duration'PT1H'`, `12:00` is `12:00:00` and `…+00:00` is `…Z`. `1` and `1.0` stay apart, since
    ///   `div` does so, and the same instant in two time zones too, since `hour` does.
    /// * Canonical functions are in lower case.
    ///
    /// Names of properties and of lambda variables stay as they are, and so do expressions of more than
    /// 1,000 levels. [`Limits`](crate::Limits) are left out of account: evaluating a normal form takes
    /// more or fewer steps. Of several things that are wrong in a query binding may name another one,
    /// and of several places where the same stands an error may show another one.
    ///
    /// ```
    /// use odata_query::ast::Expr;
    ///
    /// let one: Expr = "5 lt Price and (Name eq 'x' and not not (3.50 eq Size))".parse()?;
    /// let other: Expr = "Size eq 3.5 and Price gt 5 and Name eq 'x'".parse()?;
    /// assert_ne!(one, other);
    /// assert_eq!(one.normalized(), other.normalized());
    /// assert_eq!(one.normalized().to_string(), "Name eq 'x' and Size eq 3.5 and Price gt 5");
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn normalized(&self) -> Expr {
        if self.height() > HIGHEST {
            return self.clone();
        }
        let mut forest = Forest::default();
        let tree = forest.read(self);
        forest.write(tree)
    }
}

/// The number of a tree in its forest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tree(usize);

/// Trees in their normal form, each of them once.
#[derive(Default)]
pub(crate) struct Forest<'a> {
    trees: Vec<Data<'a>>,
    known: HashMap<Rc<Shape<'a>>, Tree>,
    /// The values that stand in place of parameter aliases.
    aliases: HashMap<&'a str, Tree>,
    /// The aliases that were replaced somewhere, and those that were left somewhere.
    replaced: HashSet<&'a str>,
    left: HashSet<&'a str>,
}

/// All that makes a tree what it is.
#[derive(PartialEq, Eq, Hash)]
struct Shape<'a> {
    label: Repr,
    text: Cow<'a, str>,
    children: Box<[Tree]>,
}

/// A tree and what is known of it.
struct Data<'a> {
    shape: Rc<Shape<'a>>,
    span: Span,
    height: usize,
    /// Whether its evaluation may be an error.
    can_fail: bool,
    /// Whether its value depends on what unprefixed names are properties of, or on variables.
    relative: bool,
    /// Whether its value may be an object that has a member twice: such are not equal both ways.
    makes_objects: bool,
}

impl<'a> Forest<'a> {
    /// The normal form of an expression.
    pub(crate) fn read(&mut self, expr: &'a Expr) -> Tree {
        let mut reader = Reader { forest: self, read: Vec::new(), open: Vec::new(), scopes: 0 };
        expr.root().walk(&mut reader);
        reader.read.pop().unwrap_or(Tree(0))
    }

    /// Puts a value in place of a parameter alias from now on.
    pub(crate) fn replace(&mut self, alias: &'a str, value: Tree) {
        self.aliases.insert(alias, value);
    }

    /// Whether nothing asks for a parameter alias any more that something asked for.
    pub(crate) fn is_replaced(&self, alias: &str) -> bool {
        self.replaced.contains(alias) && !self.left.contains(alias)
    }

    /// A tree as an expression of its own.
    pub(crate) fn write(&self, tree: Tree) -> Expr {
        enum Step {
            Enter(Tree),
            Leave(Tree),
        }
        let mut out = Expr::empty();
        let (mut work, mut written) = (vec![Step::Enter(tree)], Vec::new());
        while let Some(step) = work.pop() {
            match step {
                Step::Enter(tree) => {
                    work.push(Step::Leave(tree));
                    let children = self.children(tree).iter().rev();
                    work.extend(children.map(|child| Step::Enter(*child)));
                }
                Step::Leave(tree) => {
                    let Some(Data { shape, span, .. }) = self.trees.get(tree.0) else { continue };
                    let below = written.len().saturating_sub(shape.children.len());
                    let children = written.split_off(below);
                    written.push(out.push_parts(shape.label, &shape.text, &children, *span));
                }
            }
        }
        out
    }

    fn get(&self, tree: Tree) -> Option<&Data<'a>> {
        self.trees.get(tree.0)
    }

    fn label(&self, tree: Tree) -> Option<Repr> {
        self.get(tree).map(|data| data.shape.label)
    }

    fn children(&self, tree: Tree) -> &[Tree] {
        self.get(tree).map_or(&[], |data| &data.shape.children)
    }

    /// The tree of a label, a text and children.
    fn grow(
        &mut self,
        label: Repr,
        text: impl Into<Cow<'a, str>>,
        children: Vec<Tree>,
        span: Span,
    ) -> Tree {
        let shape = Rc::new(Shape { label, text: text.into(), children: children.into() });
        if let Some(tree) = self.known.get(&shape) {
            return *tree;
        }
        let below = || shape.children.iter().filter_map(|child| self.get(*child));
        let any = |fact: fn(&Data<'_>) -> bool| below().any(fact);
        let data = Data {
            span,
            height: below().map(|data| data.height).max().unwrap_or(0).saturating_add(1),
            can_fail: any(|data| data.can_fail) || self.fails(&shape),
            relative: any(|data| data.relative) || rules::is_relative(label),
            makes_objects: any(|data| data.makes_objects)
                || matches!(label, Repr::Object(_) | Repr::Alias(_)),
            shape: Rc::clone(&shape),
        };
        let tree = Tree(self.trees.len());
        self.trees.push(data);
        self.known.insert(shape, tree);
        tree
    }

    /// An order of trees by what they are: low ones first. It looks at one child of each at most,
    /// since equal trees have equal numbers.
    fn order(&self, mut left: Tree, mut right: Tree) -> Ordering {
        while left != right {
            let (Some(a), Some(b)) = (self.get(left), self.get(right)) else { break };
            let own = |data: &Data<'a>| (data.height, data.shape.label, data.shape.children.len());
            let order = own(a).cmp(&own(b)).then_with(|| a.shape.text.cmp(&b.shape.text));
            if order.is_ne() {
                return order;
            }
            let mut pairs = a.shape.children.iter().zip(&b.shape.children);
            match pairs.find(|(a, b)| a != b) {
                Some((a, b)) => (left, right) = (*a, *b),
                None => break,
            }
        }
        Ordering::Equal
    }
}

/// Reads an expression, children before their parents.
struct Reader<'f, 'a> {
    forest: &'f mut Forest<'a>,
    read: Vec<Tree>,
    /// The nodes around, outermost first, and where the trees of their children begin.
    open: Vec<(Repr, usize)>,
    /// The lambdas and nested filters around the node.
    scopes: usize,
}

fn is_scope(label: Repr) -> bool {
    matches!(label, Repr::Any(Some(_)) | Repr::All(..) | Repr::Filter(_))
}

impl<'a> Visitor<'a> for Reader<'_, 'a> {
    fn enter(&mut self, node: Node<'a>) {
        let (label, _) = node.parts();
        self.scopes = self.scopes.saturating_add(is_scope(label).into());
        self.open.push((label, self.read.len()));
    }

    fn leave(&mut self, node: Node<'a>) {
        let Some((label, start)) = self.open.pop() else { return };
        self.scopes = self.scopes.saturating_sub(is_scope(label).into());
        // Operands of `and` in `and` are those of the outer one.
        if matches!(label, Repr::And(_) | Repr::Or(_) | Repr::SearchAnd(_) | Repr::SearchOr(_))
            && self.open.last().is_some_and(|(outer, _)| *outer == label)
        {
            return;
        }
        let children = self.read.split_off(start);
        let tree = self.forest.settle(node, children, self.scopes > 0);
        self.read.push(tree);
    }
}
