//! The grammar of OData 4.01 query options: text to tree.
//!
//! Follows the OASIS ABNF rule by rule and names its methods after the rules. It knows no schema
//! and no function names. Every parser is predictive: what comes next decides which rule applies,
//! so that time is linear and the furthest failure is the real one. Deviations from the ABNF are
//! marked `DEVIATION`.

mod expression;
mod grammar;
mod items;
mod lexical;
mod literal;
mod options;
mod path;
mod search;
mod wkt;

use std::str::FromStr;

use crate::ast::{Expr, Options, Place, SystemOption};
use crate::error::Error;
use crate::limits::Limits;
use crate::url::Decoded;
use grammar::{Grammar, WHOLE};

/// Reads the value of an option into `out`. `nodes_left` is what the query may still use.
pub(crate) fn option(
    option: SystemOption,
    value: &Decoded<'_>,
    limits: &Limits,
    nodes_left: &mut usize,
    out: &mut Options,
) -> Result<(), Error> {
    Grammar::new(value, limits, nodes_left)
        .whole(|g, i| g.option_value(i, option, Place::Query, out))
}

/// Reads an expression, such as the value of a parameter alias.
pub(crate) fn expression(
    value: &Decoded<'_>,
    limits: &Limits,
    nodes_left: &mut usize,
) -> Result<Expr, Error> {
    Grammar::new(value, limits, nodes_left)
        .whole(|g, i| g.separate_in(WHOLE, i, Grammar::expression))
}

impl FromStr for Expr {
    type Err = Error;

    /// Reads the text of an expression, not percent-encoded, within the default limits.
    fn from_str(text: &str) -> Result<Self, Error> {
        let limits = Limits::default();
        limits.check_text(text)?;
        let mut nodes_left = limits.nodes;
        expression(&Decoded::plain(text), &limits, &mut nodes_left)
            .map_err(|error| error.in_text(text))
    }
}

#[cfg(test)]
mod tests;
