//! What the parser holds a text to, for options that were built.

use crate::ast::{Expr, Options};
use crate::error::{Bound, Error, Found};
use crate::limits::Limits;

pub(super) fn check(options: &Options, limits: &Limits) -> Result<(), Error> {
    let keys = options.orderby.iter().map(|item| &item.expr);
    let values = options.aliases.iter().map(|alias| &alias.value);
    let exprs = options.filter.iter().chain(keys).chain(values);
    check_count(Bound::ALIASES, limits.aliases, options.aliases.len())?;
    check_count(Bound::ORDERBY_KEYS, limits.orderby_keys, options.orderby.len())?;
    // Those that do not count are not looked for where all together are few enough.
    if exprs.clone().map(Expr::node_count).sum::<usize>() <= limits.nodes {
        return Ok(());
    }
    check_count(Bound::NODES, limits.nodes, exprs.map(Expr::counted_nodes).sum())
}

pub(super) fn check_count(bound: Bound, most: usize, found: usize) -> Result<(), Error> {
    if found <= most {
        return Ok(());
    }
    Err(Error::limit(bound, most, Found::Exactly(found as u64)))
}
