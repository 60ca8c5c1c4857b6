//! What a client asks: what of it goes on to the upstream, and what the proxy does with the answer.

use odata_query::ast::Expr;
use odata_query::{Plan, Query};

use crate::config::{Config, Mode};
use crate::trouble::Trouble;

/// What the proxy evaluates where the upstream does not.
const APPLIED: [&str; 9] =
    ["$filter", "$search", "$compute", "$orderby", "$skip", "$top", "$count", "$select", "$expand"];

/// A query that is allowed.
#[derive(Debug)]
pub(crate) struct Asked {
    /// What the upstream is asked.
    pub(crate) forwarded: Query,
    /// What the proxy itself evaluates, if anything.
    pub(crate) applied: Option<Plan>,
    /// The client's own filter, where the upstream gets another one.
    pub(crate) own_filter: Option<Option<Expr>>,
}

impl Asked {
    /// Reads a query, and refuses what it must not ask.
    pub(crate) fn new(text: &str, config: &Config) -> Result<Self, Trouble> {
        let query = Query::parse_with(text, &config.rules.settings)?;
        let query = config.rules.policy.apply(query)?;
        let own = query.options().filter.clone();
        let restricted = match &config.tenant {
            Some(tenant) => query.clone().and_filter(tenant.predicate.clone())?,
            None => query.clone(),
        };
        if config.mode == Mode::Forward {
            let own_filter = config.tenant.is_some().then_some(own);
            return Ok(Asked { forwarded: restricted, applied: None, own_filter });
        }
        let forwarded = without(query.clone(), &APPLIED);
        let applied =
            without(restricted, &["$skiptoken", "$deltatoken", "$index", "$schemaversion", "$id"]);
        let applies = config.tenant.is_some() || forwarded != query;
        let applied = if applies { Some(applied.bind()?) } else { None };
        Ok(Asked { forwarded, applied, own_filter: None })
    }
}

fn without(query: Query, options: &[&str]) -> Query {
    options.iter().fold(query, |query, option| query.without(option))
}
