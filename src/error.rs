//! The one error type: what is wrong, where, what was expected, what to do.

mod bound;
mod report;

pub(crate) use bound::Bound;

use std::fmt;
use std::ops::Range;

use crate::span::Span;
use crate::value::Fault;

/// Why a query was refused or could not be evaluated.
///
/// An error knows the option it is about, the place in the caller's own text, a stable code for
/// programs, an HTTP status for hosts and a report with a caret for people.
///
/// ```
/// use odata_query::Query;
///
/// let error = Query::parse("$top=5&$filter=price eqq 20").unwrap_err();
/// assert!(error.is_syntax());
/// assert_eq!(error.option(), Some("$filter"));
/// assert_eq!(error.span(), Some(21..24));
/// assert_eq!(error.status(), 400);
/// assert_eq!(
///     error.report(),
///     "error: expected an operator (`eq`, `and`, …) or the end of the option, found `eqq`\n  \
///      |\n  \
///      | $top=5&$filter=price eqq 20\n  \
///      |                      ^^^\n  \
///      = help: did you mean `eq`?\n"
/// );
/// ```
#[derive(Clone)]
pub struct Error(Box<Detail>);

#[derive(Clone)]
struct Detail {
    kind: Kind,
    option: Option<String>,
    span: Option<Span>,
    text: Option<String>,
    help: Option<String>,
}

/// What went wrong. Each variant names an input that causes it.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Kind {
    /// `$filter=name eq '%4'`
    #[error("{0}")]
    Encoding(&'static str),
    /// `$fliter=a eq 1`
    #[error("unknown query option `{0}`")]
    UnknownOption(String),
    /// `$top=5&top=6`
    #[error("query option `{0}` is given more than once")]
    DuplicateOption(String),
    /// `$filter`
    #[error("query option `{0}` has no value")]
    MissingValue(String),
    /// `$filter=(a`
    #[error("expected {}, found {found}", report::alternatives(expected))]
    Syntax { expected: Vec<&'static str>, found: String },
    /// `$filter=a eq 2021-02-29`
    #[error("`{text}` is not {what}")]
    InvalidLiteral { text: String, what: &'static str },
    /// `$filter=nmae(x)`
    #[error("unknown function `{0}`")]
    UnknownFunction(String),
    /// `$filter=contains(name)`
    #[error("function `{name}` takes {expected}, found {found}")]
    ArgumentCount { name: String, expected: String, found: usize },
    /// `$compute=a as x,b as x`
    #[error("{0} is given twice")]
    Duplicate(String),
    /// `$filter=length(5) eq 1`
    #[error("{what} must be {expected}, found {found}")]
    TypeMismatch { what: String, expected: String, found: String },
    /// `$filter=a eq @p&@p=@p`
    #[error("parameter alias `@{0}` refers to itself")]
    AliasCycle(String),
    /// `$compute=b as a,a as b`
    #[error("computed property `{0}` refers to itself")]
    ComputeCycle(String),
    /// `$filter=((((…))))`
    #[error("{} is limited to {allowed}, found {found}", limit.what)]
    Limit { limit: Bound, allowed: u64, found: Found },
    /// `$format=xml`
    #[error("{0} is not supported")]
    NotSupported(String),
    /// `$filter=secret eq 1`, where a policy forbids `secret`
    #[error("{0} is not allowed")]
    Forbidden(String),
    /// `$filter=1 div 0 eq 1`
    #[error("{0}")]
    Evaluation(Fault),
    /// `$filter=nmae eq 'x'` of a closed type
    #[error("`{of}` has no property `{name}`")]
    UnknownProperty { name: String, of: String },
    /// `$filter=isof(Sales.Cutomer)` with a schema
    #[error("unknown type `{0}`")]
    UnknownType(String),
    /// A schema with a type that is declared twice.
    #[error("{0}")]
    Schema(String),
    /// A table of the records `[{"a": 1},`
    #[error("{what} at byte {offset} of the data")]
    Data { what: String, offset: usize },
}

/// How much was found where a limit was reached: reading stops there, so often only a lower bound.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found {
    Exactly(u64),
    More,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Exactly(count) => write!(f, "{count}"),
            Found::More => f.write_str("more"),
        }
    }
}

impl Kind {
    /// The stable code, the HTTP status and what the predicates go by.
    fn class(&self) -> (&'static str, u16) {
        match self {
            Kind::Encoding(_) => ("encoding", 400),
            Kind::UnknownOption(_) => ("unknown-option", 400),
            Kind::DuplicateOption(_) => ("duplicate-option", 400),
            Kind::MissingValue(_) => ("missing-value", 400),
            Kind::Syntax { .. } => ("syntax", 400),
            Kind::InvalidLiteral { .. } => ("invalid-literal", 400),
            Kind::UnknownFunction(_) => ("unknown-function", 400),
            Kind::ArgumentCount { .. } => ("argument-count", 400),
            Kind::Duplicate(_) => ("duplicate", 400),
            Kind::TypeMismatch { .. } => ("type-mismatch", 400),
            Kind::AliasCycle(_) => ("alias-cycle", 400),
            Kind::ComputeCycle(_) => ("compute-cycle", 400),
            Kind::Limit { .. } => ("limit", 413),
            Kind::NotSupported(_) => ("not-supported", 501),
            Kind::Forbidden(_) => ("forbidden", 403),
            Kind::Evaluation(_) => ("evaluation", 400),
            Kind::UnknownProperty { .. } => ("unknown-property", 400),
            Kind::UnknownType(_) => ("unknown-type", 400),
            Kind::Schema(_) => ("schema", 500),
            Kind::Data { .. } => ("data", 500),
        }
    }
}

impl Error {
    #[cold]
    pub(crate) fn new(kind: Kind) -> Self {
        Error(Box::new(Detail { kind, option: None, span: None, text: None, help: None }))
    }

    /// The error of a value operation.
    #[cold]
    pub(crate) fn from_fault(fault: Fault) -> Self {
        match fault {
            Fault::NotSupported(what) => Error::new(Kind::NotSupported(what)),
            Fault::StringTooLong { limit } => Error::limit(Bound::STRING, limit, Found::More),
            Fault::PatternTooLong { limit } => Error::limit(Bound::PATTERN, limit, Found::More),
            Fault::PatternTooLarge { limit } => {
                Error::limit(Bound::PATTERN_SIZE, limit, Found::More)
            }
            Fault::PatternTooDeep { limit } => {
                Error::limit(Bound::PATTERN_DEPTH, limit, Found::More)
            }
            fault => Error::new(Kind::Evaluation(fault)),
        }
    }

    #[cold]
    pub(crate) fn limit(limit: Bound, allowed: usize, found: Found) -> Self {
        let error = Error::new(Kind::Limit { limit, allowed: allowed as u64, found });
        match limit.field {
            Some(field) => error.with_help(format!("`Limits::{field}` sets this limit")),
            None => error,
        }
    }

    /// Says which declaration of a schema it is about.
    pub(crate) fn in_declaration(mut self, name: &str) -> Self {
        self.0.kind = Kind::Schema(format!("{name}: {}", self.0.kind));
        self
    }

    /// Says where, unless a more precise place is known already.
    pub(crate) fn at(mut self, span: Span) -> Self {
        self.0.span.get_or_insert(span);
        self
    }

    /// Says where, whatever was known.
    pub(crate) fn moved_to(mut self, span: Span) -> Self {
        self.0.span = Some(span);
        self
    }

    pub(crate) fn with_option(mut self, option: &str) -> Self {
        self.0.option.get_or_insert_with(|| option.to_owned());
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help.get_or_insert_with(|| help.into());
        self
    }

    /// Keeps the caller's text for the report; a built query has none.
    pub(crate) fn in_text(mut self, text: &str) -> Self {
        if !text.is_empty() {
            self.0.text.get_or_insert_with(|| text.to_owned());
        }
        self
    }

    /// A stable word for the kind of error: `encoding`, `unknown-option`, `duplicate-option`,
    /// `missing-value`, `syntax`, `invalid-literal`, `unknown-function`, `argument-count`,
    /// `duplicate`, `type-mismatch`, `alias-cycle`, `compute-cycle`, `limit`, `not-supported` or `evaluation`;
    /// with a declared type also `unknown-property` or `unknown-type`, with a [policy](crate::Policy)
    /// `forbidden`, and `schema` for declarations that contradict themselves.
    ///
    /// ```
    /// # use odata_query::Query;
    /// assert_eq!(Query::parse("$top=1&top=2").unwrap_err().code(), "duplicate-option");
    /// ```
    pub fn code(&self) -> &'static str {
        self.0.kind.class().0
    }

    /// The HTTP status for a host to answer with: 400, 403 for what a [policy](crate::Policy)
    /// forbids, 413 for a limit, 501 for what is valid OData but not supported, 500 for the host's own
    /// declarations.
    pub fn status(&self) -> u16 {
        self.0.kind.class().1
    }

    /// The query option the error is about, by its canonical name.
    pub fn option(&self) -> Option<&str> {
        self.0.option.as_deref()
    }

    /// The bytes of the caller's text that the error is about, before percent-decoding.
    pub fn span(&self) -> Option<Range<usize>> {
        self.0.span.map(Span::range)
    }

    /// What to do about it, where that is known.
    ///
    /// ```
    /// # use odata_query::Query;
    /// let error = Query::parse("$fliter=a eq 1").unwrap_err();
    /// assert_eq!(error.help(), Some("did you mean `$filter`?"));
    /// ```
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Whether the text does not follow the grammar.
    ///
    /// ```
    /// # use odata_query::Query;
    /// assert!(Query::parse("$filter=(a").unwrap_err().is_syntax());
    /// ```
    pub fn is_syntax(&self) -> bool {
        matches!(self.0.kind, Kind::Syntax { .. } | Kind::MissingValue(_))
    }

    /// Whether a [limit](crate::Limits) was reached.
    ///
    /// ```
    /// # use odata_query::Query;
    /// let error = Query::parse(&format!("$filter={}a", "not ".repeat(99))).unwrap_err();
    /// assert!(error.is_limit());
    /// ```
    pub fn is_limit(&self) -> bool {
        matches!(self.0.kind, Kind::Limit { .. })
    }

    /// Whether the query is valid OData that this library does not evaluate.
    ///
    /// ```
    /// # use odata_query::Query;
    /// let query = Query::parse("$format=xml")?;
    /// assert!(query.apply(&[]).unwrap_err().is_not_supported());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn is_not_supported(&self) -> bool {
        matches!(self.0.kind, Kind::NotSupported(_))
    }

    /// Whether a [policy](crate::Policy) forbids what the query asks for.
    ///
    /// ```
    /// # use odata_query::{Policy, Query};
    /// let query = Query::parse("$filter=salary gt 5000")?;
    /// assert!(Policy::new().forbidden(["salary"]).check(&query).unwrap_err().is_forbidden());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn is_forbidden(&self) -> bool {
        matches!(self.0.kind, Kind::Forbidden(_))
    }

    /// Whether the query is well formed but its evaluation failed.
    ///
    /// ```
    /// # use odata_query::Query;
    /// let query = Query::parse("$filter=1 div 0 eq 1")?;
    /// assert!(query.apply(&[serde_json::json!({})]).unwrap_err().is_evaluation());
    /// # Ok::<(), odata_query::Error>(())
    /// ```
    pub fn is_evaluation(&self) -> bool {
        matches!(self.0.kind, Kind::Evaluation(_))
    }
}

impl fmt::Display for Error {
    /// One line: what is wrong, with the option where it is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(option) = &self.0.option {
            write!(f, "{option}: ")?;
        }
        write!(f, "{}", report::one_line(&self.0.kind.to_string()))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.code())
            .field("message", &self.to_string())
            .field("span", &self.span())
            .field("help", &self.0.help)
            .finish()
    }
}

impl std::error::Error for Error {}
