//! The parsers of filters that are compared.

use odata_query::ast::Expr;

use crate::workload::OURS;
use crate::workload::queries::{QUERIES, or_chain};

/// Parses a query string that is only a `$filter`; whether it can.
pub(crate) type Parse = fn(&str) -> bool;

pub(crate) const PARSERS: [(&str, Parse); 4] = [
    (OURS, |query| filter(query).parse::<Expr>().is_ok()),
    ("odata-params", |query| odata_params::filters::parse_str(filter(query)).is_ok()),
    ("odatav4-parser", |query| odatav4_parser::parse(query).is_ok()),
    ("cf-modkit-odata", |query| modkit_odata::parse_filter_string(filter(query)).is_ok()),
];

/// The names and texts of the queries that are only a `$filter`.
pub(crate) fn filters() -> Vec<(&'static str, String)> {
    let queries = QUERIES.iter().filter(|query| query.filter().is_some());
    let queries = queries.map(|query| (query.name, query.text.to_owned()));
    queries.chain([("or-100", format!("$filter={}", or_chain(100)))]).collect()
}

fn filter(query: &str) -> &str {
    query.strip_prefix("$filter=").unwrap()
}
