//! Every bound that input is held to, and the switches a host can set.

use crate::error::{Bound, Error, Found};

/// The bounds that a query is held to while it is parsed, bound and evaluated.
///
/// Going over a limit is an [`Error`](crate::Error) that names the limit, what it allows and what
/// was found ([`Error::is_limit`](crate::Error::is_limit)); it never changes a result.
///
/// ```
/// use odata_query::{Limits, Query, Settings};
///
/// let mut settings = Settings::default();
/// settings.limits.depth = 4;
/// let error = Query::parse_with("$filter=((((((a))))))", &settings).unwrap_err();
/// assert!(error.is_limit());
/// assert_eq!(Limits::default().depth, 64);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of query text, 64 KiB by default and at most 4 GiB.
    pub text: usize,
    /// Nesting of parentheses, operators, calls, lambdas, lists and nested options, 64 by default.
    pub depth: usize,
    /// Nodes of all expressions of a query together, 10,000 by default. Names of paths and items of
    /// `in` lists are not counted; they have limits of their own.
    pub nodes: usize,
    /// Items of one `in` list, 10,000 by default.
    pub in_items: usize,
    /// Lambda operators inside one another, 8 by default.
    pub lambda_depth: usize,
    /// Segments of one path, 100 by default.
    pub path_segments: usize,
    /// Parameter aliases of a query, 100 by default.
    pub aliases: usize,
    /// Sort keys of one `$orderby`, 32 by default.
    pub orderby_keys: usize,
    /// Levels of `$expand` inside one another, 8 by default.
    pub expand_depth: usize,
    /// Terms and phrases of one `$search`, 100 by default.
    pub search_terms: usize,
    /// Evaluation steps spent on one record, 1,000,000 by default.
    pub record_steps: u64,
    /// Evaluation steps spent on one query, 50,000,000 by default, before the share of each record.
    pub query_steps: u64,
    /// Evaluation steps added to [`query_steps`](Self::query_steps) for each record, 1,000 by default.
    pub query_steps_per_record: u64,
    /// Bytes of one string made by an expression, 1 MiB by default.
    pub string: usize,
    /// Bytes of all strings made for one query, 64 MiB by default, before the share of each
    /// record.
    pub query_strings: u64,
    /// Bytes added to [`query_strings`](Self::query_strings) for each record, 1,024 by default.
    pub query_strings_per_record: u64,
    /// Regular expressions of one query, 50 by default.
    pub patterns: usize,
    /// Bytes of one regular expression, 1,000 by default.
    pub pattern: usize,
    /// Bytes of one compiled regular expression, 1 MiB by default.
    pub pattern_size: usize,
    /// Groups and classes of a regular expression inside one another, 50 by default.
    pub pattern_depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits::DEFAULT
    }
}

impl Limits {
    pub(crate) const DEFAULT: Limits = Limits {
        text: 64 << 10,
        depth: 64,
        nodes: 10_000,
        in_items: 10_000,
        lambda_depth: 8,
        path_segments: 100,
        aliases: 100,
        orderby_keys: 32,
        expand_depth: 8,
        search_terms: 100,
        record_steps: 1_000_000,
        query_steps: 50_000_000,
        query_steps_per_record: 1_000,
        string: 1 << 20,
        query_strings: 64 << 20,
        query_strings_per_record: 1 << 10,
        patterns: 50,
        pattern: 1_000,
        pattern_size: 1 << 20,
        pattern_depth: 50,
    };

    /// No bounds but those of the format: for queries and records of the caller's own only. Deep
    /// nesting can then overflow the stack.
    ///
    /// ```
    /// use odata_query::{Limits, Query, Settings};
    ///
    /// let long = format!("$filter=a in (0{})", ",1".repeat(100_000));
    /// assert!(Query::parse(&long).unwrap_err().is_limit());
    /// let mut settings = Settings::default();
    /// settings.limits = Limits::unlimited();
    /// assert!(Query::parse_with(&long, &settings).is_ok());
    /// ```
    pub fn unlimited() -> Self {
        Limits {
            text: usize::MAX,
            depth: usize::MAX,
            nodes: usize::MAX,
            in_items: usize::MAX,
            lambda_depth: usize::MAX,
            path_segments: usize::MAX,
            aliases: usize::MAX,
            orderby_keys: usize::MAX,
            expand_depth: usize::MAX,
            search_terms: usize::MAX,
            record_steps: u64::MAX,
            query_steps: u64::MAX,
            query_steps_per_record: u64::MAX,
            string: usize::MAX,
            query_strings: u64::MAX,
            query_strings_per_record: u64::MAX,
            patterns: usize::MAX,
            pattern: usize::MAX,
            pattern_size: usize::MAX,
            pattern_depth: u32::MAX,
        }
    }

    /// The height of the tallest tree that nesting of `depth` makes: a nested `$filter` or
    /// `$count` is a path, a segment and an expression.
    pub(crate) fn height(&self) -> usize {
        self.depth.saturating_mul(3).saturating_add(4)
    }

    /// Refuses a text that is too long.
    pub(crate) fn check_text(&self, text: &str) -> Result<(), Error> {
        let most = self.text.min(u32::MAX as usize);
        if text.len() <= most {
            return Ok(());
        }
        Err(Error::limit(Bound::TEXT, most, Found::Exactly(text.len() as u64)))
    }
}

/// What a raw `+` in a query string stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Plus {
    /// A plus sign, as RFC 3986 and OData say.
    #[default]
    Literal,
    /// A blank, as clients that encode queries like HTML forms mean it.
    Space,
}

/// Which names of properties are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Names {
    /// The exact name, else the only one that differs in ASCII case.
    #[default]
    IgnoreCase,
    /// The exact name only, as OData says.
    Exact,
}

pub use crate::value::Collation;

/// The switches that a host sets once and a [`Query`](crate::Query) keeps.
///
/// ```
/// use odata_query::{Collation, Plus, Query, Settings};
/// use serde_json::json;
///
/// let mut settings = Settings::default();
/// settings.plus = Plus::Space;
/// settings.collation = Collation::IgnoreCase;
/// let query = Query::parse_with("$filter=city+eq+'ОСЛО'", &settings)?;
/// assert_eq!(query.apply(&[json!({"city": "Осло"})])?.len(), 1);
/// # Ok::<(), odata_query::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Settings {
    /// The bounds in force.
    pub limits: Limits,
    /// What a raw `+` stands for.
    pub plus: Plus,
    /// How strings are compared.
    pub collation: Collation,
    /// How names of properties are matched.
    pub names: Names,
    /// Records of one answer at most: the rest is behind [`Page::next_link`](crate::Page::next_link)
    /// (server-driven paging, Protocol 11.2.6.7). At least one; without a size, all. It needs
    /// a declared key.
    pub page_size: Option<u64>,
    /// Whether answers have a count that was not asked for, as those of some services do.
    pub always_count: bool,
}
