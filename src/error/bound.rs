//! What the limits are called.

/// A limit: what it bounds, and the field of [`Limits`](crate::Limits) that sets it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    pub(crate) what: &'static str,
    pub(crate) field: Option<&'static str>,
}

impl Bound {
    pub(crate) const ALIASES: Bound =
        Bound { what: "the number of parameter aliases", field: Some("aliases") };
    pub(crate) const DEPTH: Bound = Bound { what: "nesting depth", field: Some("depth") };
    pub(crate) const EXPAND_DEPTH: Bound =
        Bound { what: "`$expand` nesting", field: Some("expand_depth") };
    pub(crate) const HELD: Bound =
        Bound { what: "the number of bytes that a stream holds", field: None };
    pub(crate) const HEIGHT: Bound =
        Bound { what: "the height of the expression", field: Some("depth") };
    pub(crate) const IN_ITEMS: Bound =
        Bound { what: "the number of items of a list", field: Some("in_items") };
    pub(crate) const LAMBDA_DEPTH: Bound =
        Bound { what: "lambda nesting", field: Some("lambda_depth") };
    pub(crate) const NODES: Bound = Bound { what: "the number of nodes", field: Some("nodes") };
    pub(crate) const ORDERBY_KEYS: Bound =
        Bound { what: "the number of sort keys", field: Some("orderby_keys") };
    pub(crate) const PATH_SEGMENTS: Bound =
        Bound { what: "the number of path segments", field: Some("path_segments") };
    pub(crate) const QUERY_STEPS: Bound =
        Bound { what: "the number of evaluation steps for a query", field: Some("query_steps") };
    pub(crate) const RECORD_STEPS: Bound = Bound {
        what: "the number of evaluation steps for one record",
        field: Some("record_steps"),
    };
    pub(crate) const SEARCH_TERMS: Bound =
        Bound { what: "the number of search terms", field: Some("search_terms") };
    pub(crate) const TEXT: Bound =
        Bound { what: "the length of a query in bytes", field: Some("text") };
    pub(crate) const TOP: Bound = Bound { what: "`$top`", field: None };
    pub(crate) const EXPANDED: Bound = Bound { what: "`$expand` nesting", field: None };
    pub(crate) const STRING: Bound =
        Bound { what: "the length of a made string in bytes", field: Some("string") };
    pub(crate) const NAME: Bound = Bound { what: "the length of a name", field: None };
    pub(crate) const PATTERN: Bound =
        Bound { what: "the length of a regular expression in bytes", field: Some("pattern") };
    pub(crate) const PATTERNS: Bound =
        Bound { what: "the number of regular expressions", field: Some("patterns") };
    pub(crate) const PATTERN_SIZE: Bound = Bound {
        what: "the compiled size of a regular expression in bytes",
        field: Some("pattern_size"),
    };
    pub(crate) const PATTERN_DEPTH: Bound =
        Bound { what: "the nesting of a regular expression", field: Some("pattern_depth") };
    pub(crate) const QUERY_STRINGS: Bound = Bound {
        what: "the length of all strings made for a query in bytes",
        field: Some("query_strings"),
    };
}
