//! What the parser holds a text to, for options that were built.

use crate::ast::{Expr, Options};
use crate::error::{Bound, Error, Found};
use crate::limits::Limits;

pub(super) fn check(options: &Options, limits: &Limits) -> Result<(), Error> {
    let mut aliases = 0_usize;
    let mut levels = vec![options];
    let mut exprs: Vec<&Expr> = Vec::new();
    while let Some(options) = levels.pop() {
        check_count(Bound::ORDERBY_KEYS, limits.orderby_keys, options.orderby.len())?;
        aliases = aliases.saturating_add(options.aliases.len());
        levels.extend(options.select.iter().map(|item| &item.options));
        levels.extend(options.expand.iter().map(|item| &item.options));
        exprs.extend(options.filter.iter().chain(&options.search));
        exprs.extend(options.orderby.iter().map(|item| &item.expr));
        exprs.extend(options.compute.iter().map(|item| &item.expr));
        exprs.extend(options.aliases.iter().map(|alias| &alias.value));
    }
    check_count(Bound::ALIASES, limits.aliases, aliases)?;
    // Those that do not count are not looked for where all together are few enough.
    if exprs.iter().map(|expr| expr.node_count()).sum::<usize>() <= limits.nodes {
        return Ok(());
    }
    check_count(Bound::NODES, limits.nodes, exprs.iter().map(|expr| expr.counted_nodes()).sum())
}

pub(super) fn check_count(bound: Bound, most: usize, found: usize) -> Result<(), Error> {
    if found <= most {
        return Ok(());
    }
    Err(Error::limit(bound, most, Found::Exactly(found as u64)))
}
