//! The system query options of a query or of a nested item (URL Conventions 5.1).

use super::name::is_qualified;
use super::{Expr, SystemOption};
use crate::span::Span;

/// The system query options given for a query, an expanded or a selected item.
///
/// An option that is absent is `None` or empty. Which options a nested item may have is up to the
/// grammar; [`levels`](Self::levels) occurs only inside `$expand`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Options {
    /// `$filter`
    pub filter: Option<Expr>,
    /// `$search`: an expression of terms, phrases, `AND`, `OR` and `NOT`
    pub search: Option<Expr>,
    /// `$compute`
    pub compute: Vec<ComputeItem>,
    /// `$orderby`
    pub orderby: Vec<OrderbyItem>,
    /// `$skip`
    pub skip: Option<u64>,
    /// `$top`
    pub top: Option<u64>,
    /// `$count`
    pub count: Option<bool>,
    /// `$select`
    pub select: Vec<SelectItem>,
    /// `$expand`
    pub expand: Vec<ExpandItem>,
    /// `$levels`
    pub levels: Option<Levels>,
    /// `$format`
    pub format: Option<String>,
    /// `$index`
    pub index: Option<i64>,
    /// `$schemaversion`
    pub schemaversion: Option<String>,
    /// `$skiptoken`
    pub skiptoken: Option<String>,
    /// `$deltatoken`
    pub deltatoken: Option<String>,
    /// `$id`
    pub id: Option<String>,
    /// Parameter aliases: `@name=value`
    pub aliases: Vec<Alias>,
}

impl Options {
    /// The system query options that are given.
    pub(crate) fn given(&self) -> impl Iterator<Item = SystemOption> {
        SystemOption::ALL.iter().copied().filter(|option| self.has(*option))
    }

    /// Whether an option is given.
    pub(crate) fn has(&self, option: SystemOption) -> bool {
        match option {
            SystemOption::Filter => self.filter.is_some(),
            SystemOption::Search => self.search.is_some(),
            SystemOption::Compute => !self.compute.is_empty(),
            SystemOption::Orderby => !self.orderby.is_empty(),
            SystemOption::Skip => self.skip.is_some(),
            SystemOption::Top => self.top.is_some(),
            SystemOption::Count => self.count.is_some(),
            SystemOption::Select => !self.select.is_empty(),
            SystemOption::Expand => !self.expand.is_empty(),
            SystemOption::Levels => self.levels.is_some(),
            SystemOption::Format => self.format.is_some(),
            SystemOption::Index => self.index.is_some(),
            SystemOption::Schemaversion => self.schemaversion.is_some(),
            SystemOption::Skiptoken => self.skiptoken.is_some(),
            SystemOption::Deltatoken => self.deltatoken.is_some(),
            SystemOption::Id => self.id.is_some(),
        }
    }

    /// Takes an option off.
    pub(crate) fn clear(&mut self, option: SystemOption) {
        match option {
            SystemOption::Filter => self.filter = None,
            SystemOption::Search => self.search = None,
            SystemOption::Compute => self.compute.clear(),
            SystemOption::Orderby => self.orderby.clear(),
            SystemOption::Skip => self.skip = None,
            SystemOption::Top => self.top = None,
            SystemOption::Count => self.count = None,
            SystemOption::Select => self.select.clear(),
            SystemOption::Expand => self.expand.clear(),
            SystemOption::Levels => self.levels = None,
            SystemOption::Format => self.format = None,
            SystemOption::Index => self.index = None,
            SystemOption::Schemaversion => self.schemaversion = None,
            SystemOption::Skiptoken => self.skiptoken = None,
            SystemOption::Deltatoken => self.deltatoken = None,
            SystemOption::Id => self.id = None,
        }
    }
}

/// One sort key of `$orderby`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderbyItem {
    /// What to sort by.
    pub expr: Expr,
    /// Which way.
    pub direction: Direction,
}

/// The direction of a sort key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Direction {
    /// Ascending, null first.
    #[default]
    Asc,
    /// Descending, null last.
    Desc,
}

/// `expression as name` of `$compute`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ComputeItem {
    /// What to compute.
    pub expr: Expr,
    /// The name of the computed property.
    pub name: String,
}

/// A parameter alias and its value (URL Conventions 5.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Alias {
    /// The name, without `@`.
    pub name: String,
    /// The value.
    pub value: Expr,
}

/// An item of `$select`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SelectItem {
    /// What to select.
    pub path: ItemPath,
    /// Options in parentheses.
    pub options: Options,
}

/// An item of `$expand`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ExpandItem {
    /// What to expand.
    pub path: ItemPath,
    /// Whether to expand to references or to a count.
    pub suffix: Option<PathSuffix>,
    /// Options in parentheses.
    pub options: Options,
}

/// The path of a selected or expanded item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ItemPath {
    /// The segments, at least one.
    pub segments: Vec<PathSegment>,
    pub(crate) span: Span,
}

impl ItemPath {
    /// The path of a text, its segments joined by `/`.
    pub(crate) fn new(path: &str) -> Self {
        let segment = |text: &str| match text {
            "*" => PathSegment::Star,
            "$value" => PathSegment::Value,
            _ => match text.strip_prefix('@') {
                Some(term) => PathSegment::Annotation(term.to_owned()),
                None if is_qualified(text) && text.contains('.') => {
                    PathSegment::Qualified(text.to_owned())
                }
                None => PathSegment::Name(text.to_owned()),
            },
        };
        ItemPath { segments: path.split('/').map(segment).collect(), span: Span::NOWHERE }
    }

    /// The bytes of the caller's text that the path was read from.
    pub fn span(&self) -> std::ops::Range<usize> {
        self.span.range()
    }
}

/// A segment of an [`ItemPath`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathSegment {
    /// A property, or the unqualified name of a type or an operation.
    Name(String),
    /// The qualified name of a type or an operation: `Model.Customer`.
    Qualified(String),
    /// An annotation, without `@`.
    Annotation(String),
    /// `*`: all properties
    Star,
    /// `Namespace.*`: all operations of a schema, here the namespace
    AllOperations(String),
    /// A function with the names of its parameters: `Model.Price(Currency,Day)`.
    Function(String, Vec<String>),
    /// `$value`: the media stream
    Value,
}

/// How an expanded path ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PathSuffix {
    /// `/$ref`
    Ref,
    /// `/$count`
    Count,
}

impl PathSuffix {
    /// How a path ends, and what is before that.
    pub(crate) fn split(path: &str) -> (&str, Option<Self>) {
        let suffixes = [("/$ref", PathSuffix::Ref), ("/$count", PathSuffix::Count)];
        let ends = |(text, suffix)| Some((path.strip_suffix(text)?, Some(suffix)));
        suffixes.into_iter().find_map(ends).unwrap_or((path, None))
    }
}

/// `$levels`: how often an expansion is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Levels {
    /// A positive number.
    Exactly(u64),
    /// As deep as the limits allow.
    Max,
}
