//! A bound query: names, types, constants and functions settled once, data only.
//!
//! A [`Plan`] keeps its nodes in one vector and refers to them by position, so that nothing about
//! it is recursive but the evaluation, whose height is bounded when the plan is made.

mod alternatives;
mod bind;
mod bounds;
mod call;
mod comparison;
mod compute;
mod declared;
mod explain;
mod level;
mod literal;
mod nodes;
mod operation;
mod paging;
mod path;
mod print;
mod search;
mod selection;
mod set;
mod shape;
mod supported;
mod types;
mod virtually;

pub(crate) use operation::{
    Operation, compare, compare_weight, holds, json_compare_weight, json_weight, look_up_steps,
    member, only, weight,
};
pub(crate) use paging::{After, Paging};
pub(crate) use print::{ITEMS, value_line};
pub(crate) use search::Search;
pub(crate) use shape::{Identity, Item, Link, Part, Shape, no_collection};

use std::fmt;

use crate::ast::{Direction, Operator, Options, SystemOption};
use crate::error::Error;
use crate::functions::{Function, Prepared};
use crate::limits::Settings;
use crate::schema::EntityType;
use crate::span::Span;
use crate::value::{Types, Value};

/// A query that was checked and prepared once, to be applied to many batches of records.
///
/// ```
/// use odata_query::Query;
/// use serde_json::json;
///
/// let plan = Query::parse("$filter=tags/any(t:t in ('new','big'))")?.bind()?;
/// assert_eq!(plan.apply(&[json!({"tags": ["new"]}), json!({"tags": null})])?.len(), 1);
/// assert_eq!(plan.apply(&[])?.len(), 0);
/// # Ok::<(), odata_query::Error>(())
/// ```
///
/// [`Display`](std::fmt::Display) explains it:
///
/// ```
/// # use odata_query::Query;
/// let plan = Query::parse("$filter=Price mul (1 add 1) gt 5&$top=3")?.bind()?;
/// assert_eq!(plan.to_string(), "\
/// filter
///   gt
///     mul
///       member `Price`
///         record
///       constant 2
///     constant 5
/// top 3
/// ");
/// let plan = Query::parse("$select=id,orders($top=1)&$expand=boss/$count")?.bind()?;
/// assert_eq!(plan.to_string(), "\
/// members
///   `id`
///   `orders`
///     top 1
///   `boss`, counted
///     all records
/// ");
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Clone)]
pub struct Plan {
    nodes: Vec<Node>,
    /// The number of variables of lambdas and nested filters.
    pub(crate) variables: usize,
    /// Their names; those of nested filters have none.
    names: Vec<Box<str>>,
    pub(crate) filter: Option<NodeId>,
    pub(crate) orderby: Vec<(NodeId, Direction)>,
    pub(crate) skip: u64,
    pub(crate) top: Option<u64>,
    pub(crate) count: bool,
    /// How the answer is divided into pages.
    pub(crate) paging: Option<Paging>,
    /// What the answer has of each record; all as it is without one.
    pub(crate) shape: Option<Shape>,
    /// The plan of options in parentheses.
    nested: bool,
    /// Whether there are options that only a collection can have.
    pub(crate) of_collection: bool,
    pub(crate) settings: Settings,
    /// The text of the query, for reports.
    text: String,
}

/// The position of a node in its plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeId(u32);

impl NodeId {
    pub(crate) fn position(self) -> usize {
        self.0 as usize
    }
}

/// The position of the value of a variable while a record is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variable(pub(crate) usize);

/// A step of the evaluation and what is known of its value.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) op: Op,
    pub(crate) span: Span,
    /// The types that the value may be of where it is not null.
    pub(crate) types: Types,
    /// Whether a schema says so: a string is then nothing but a string.
    declared: bool,
    /// Steps that one evaluation takes, without those of lambda items.
    pub(crate) cost: u64,
    pub(crate) form: Form,
    height: usize,
}

/// What a node is to an evaluator that takes many records at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// A path of members from the record or from a variable.
    Path,
    /// A condition over nothing but paths and constants; it cannot fail.
    Condition,
    /// Anything else.
    Other,
}

/// What a node does.
#[derive(Debug, Clone)]
pub(crate) enum Op {
    /// A literal, or what was computed from literals.
    Constant(Value<'static>),
    /// The record, or the item that nested options are about: `$this`.
    Record,
    /// The record of the request, seen from nested options: their `$it`.
    Outer,
    /// The value of a variable.
    Variable(Variable),
    /// A member of a structured value: the exact name, else the only one that differs in ASCII case.
    Member(NodeId, Box<str>),
    /// What a navigation property leads to: the member, else what is found in a collection.
    Related(NodeId, Box<Link>),
    /// `eq ne gt ge lt le in`, which are never null.
    Compare(Operator, NodeId, NodeId),
    /// Whether a search finds something in a value.
    Search(NodeId, Search),
    /// A function of a string whose other arguments are constant.
    Test(&'static Function, Prepared, NodeId),
    /// Any other operation, over the values of all its operands.
    Apply(Operation, Box<[NodeId]>),
    /// `and` in three-valued logic, up to the first operand that is false.
    And(Box<[NodeId]>),
    /// `or` in three-valued logic, up to the first operand that is true.
    Or(Box<[NodeId]>),
    /// The result of the first condition that is true.
    Case(Box<[(NodeId, NodeId)]>),
    /// Whether the predicate is true for an item of a collection; without one, whether there is one.
    Any(NodeId, Option<(Variable, NodeId)>),
    /// Whether the predicate is true for all items of a collection.
    All(NodeId, Variable, NodeId),
    /// The items of a collection for which the predicate is true.
    Filter(NodeId, Variable, NodeId),
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Plan({self})")
    }
}

impl Plan {
    /// Binds options with settings; `text` and the places of the options in it are for reports, `link` is
    /// the query string that stays the same from page to page.
    pub(crate) fn bind(
        options: &Options,
        places: &[(SystemOption, Span)],
        settings: Settings,
        text: &str,
        declared: Option<&EntityType>,
        link: impl Fn() -> String,
    ) -> Result<Plan, Error> {
        let bound = level::bind(options, places, settings, text, declared);
        let mut plan = bound.map_err(|error| error.in_text(text))?;
        if let Some(paging) = &mut plan.paging {
            paging.link = link();
        }
        Ok(plan)
    }

    /// Says which option of the query string an error is about.
    pub(crate) fn about(&self, error: Error, option: &str) -> Error {
        if self.nested { error } else { error.with_option(option) }
    }

    /// Whether fewer rows, or in another order, may be left than there are.
    pub(crate) fn narrows_rows(&self) -> bool {
        self.of_collection || self.filter.is_some()
    }

    pub(crate) fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// The text of the query, for reports.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn node(&self, id: NodeId) -> &Node {
        // Every id was made by pushing its node.
        static NOTHING: Node = Node {
            op: Op::Constant(Value::Null),
            span: Span::NOWHERE,
            types: Types::ANY,
            declared: false,
            cost: 0,
            form: Form::Other,
            height: 0,
        };
        self.nodes.get(id.0 as usize).unwrap_or(&NOTHING)
    }
}
