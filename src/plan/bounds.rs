//! What the parser holds a text to, for options that were built.

use crate::ast::{Alias, Expr, Options};
use crate::error::{Bound, Error, Found};
use crate::limits::Limits;

pub(super) fn check(options: &Options, limits: &Limits) -> Result<(), Error> {
    let mut aliases: Vec<&Alias> = Vec::new();
    let mut levels = vec![options];
    let mut exprs: Vec<&Expr> = Vec::new();
    while let Some(options) = levels.pop() {
        check_count(Bound::ORDERBY_KEYS, limits.orderby_keys, options.orderby.len())?;
        aliases.extend(&options.aliases);
        levels.extend(options.select.iter().map(|item| &item.options));
        levels.extend(options.expand.iter().map(|item| &item.options));
        exprs.extend(options.filter.iter().chain(&options.search));
        exprs.extend(options.orderby.iter().map(|item| &item.expr));
        exprs.extend(options.compute.iter().map(|item| &item.expr));
    }
    exprs.extend(aliases.iter().map(|alias| &alias.value));
    if let Some(first) = aliases.get(limits.aliases) {
        let limit = check_count(Bound::ALIASES, limits.aliases, aliases.len());
        limit.map_err(|error| error.at(first.value.root().place()))?;
    }
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
