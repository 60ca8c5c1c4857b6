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
    pub(crate) applied: Option<Applied>,
    /// The client's own filter, where the upstream gets another one.
    pub(crate) own_filter: Option<Option<Expr>>,
}

/// A query for the proxy to evaluate.
#[derive(Debug)]
pub(crate) struct Applied {
    /// All of it, where that takes all records at once.
    pub(crate) whole: Option<Plan>,
    /// What it does with each record on its own.
    pub(crate) each: Plan,
    pub(crate) skip: u64,
    pub(crate) top: Option<u64>,
    pub(crate) count: bool,
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
        let applied = if applies { Some(Applied::new(applied)?) } else { None };
        Ok(Asked { forwarded, applied, own_filter: None })
    }
}

impl Applied {
    fn new(query: Query) -> Result<Self, Trouble> {
        let options = query.options();
        let (skip, top) = (options.skip.unwrap_or(0), options.top);
        let count = options.count == Some(true);
        let whole = if options.orderby.is_empty() { None } else { Some(query.bind()?) };
        // Records come in batches of a chunk, each with steps of its own: what one record may take.
        let mut settings = *query.settings();
        settings.limits.query_steps = settings.limits.query_steps.min(settings.limits.record_steps);
        let each = without(query, &["$orderby", "$skip", "$top", "$count"]);
        let each = each.with_settings(settings).bind()?;
        Ok(Applied { whole, each, skip, top, count })
    }
}

fn without(query: Query, options: &[&str]) -> Query {
    options.iter().fold(query, |query, option| query.without(option))
}
