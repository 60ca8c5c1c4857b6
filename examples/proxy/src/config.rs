//! What a host sets once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper::http::uri::Scheme;
use odata_query::ast::Expr;
use odata_query::{Limits, Plan, Policy, Query, Settings};
use percent_encoding::percent_decode_str;
use serde::Deserialize;

/// Who evaluates the queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The upstream: the rewritten query goes on to it. That its lists keep to `$filter`, and so to the tenant, is
    /// taken on trust.
    Forward,
    /// The proxy, over what the upstream answers without one.
    Apply,
}

/// What a proxy does, and before which upstream.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) upstream: Upstream,
    pub(crate) rules: Rules,
    pub(crate) tenant: Option<Tenant>,
    /// Who evaluates the queries.
    pub mode: Mode,
    /// Bytes of a body that are held at once, at most.
    pub max_body: usize,
    /// How long the upstream may keep the proxy waiting for a connection, an answer, or more of one.
    pub timeout: Duration,
    /// The URL that clients know the proxy by; without one, that of the request's `Host`.
    pub public: Option<String>,
}

impl Config {
    /// A proxy that forwards what the default limits allow.
    ///
    /// # Errors
    ///
    /// Where the upstream is no `http` URL.
    pub fn new(upstream: &str) -> Result<Self, BadConfig> {
        Ok(Config {
            upstream: Upstream::new(upstream)?,
            rules: Rules::default(),
            mode: Mode::Forward,
            tenant: None,
            max_body: 16 << 20,
            timeout: Duration::from_secs(30),
            public: None,
        })
    }

    /// The same with a predicate that is true for all records that anybody gets to see.
    ///
    /// # Errors
    ///
    /// Where it is none.
    pub fn with_tenant(mut self, predicate: &str) -> Result<Self, odata_query::Error> {
        let predicate: Expr = predicate.parse()?;
        let plan = Query::new().and_filter(predicate.clone())?.bind()?;
        self.tenant = Some(Tenant { predicate, plan: Arc::new(plan) });
        Ok(self)
    }

    /// The same with the rules of a JSON text.
    ///
    /// # Errors
    ///
    /// Where it is none, or has members that are no rules.
    pub fn with_rules(mut self, json: &str) -> Result<Self, BadConfig> {
        if !json.trim_start().starts_with('{') {
            return Err(BadConfig(
                "the rules are an object of JSON; `--help` shows one".to_owned(),
            ));
        }
        let read: RulesFile =
            serde_json::from_str(json).map_err(|error| BadConfig(error.to_string()))?;
        self.rules = Rules::new(read)?;
        Ok(self)
    }
}

/// Why a configuration makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadConfig(String);

impl fmt::Display for BadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadConfig {}

/// What is true for all records that anybody gets to see.
#[derive(Debug, Clone)]
pub(crate) struct Tenant {
    pub(crate) predicate: Expr,
    pub(crate) plan: Arc<Plan>,
}

/// Where an upstream is.
#[derive(Debug, Clone)]
pub(crate) struct Upstream {
    /// `http://host:port`
    pub(crate) origin: String,
    /// The path that all resources are below, without a slash at its end.
    pub(crate) path: String,
}

impl Upstream {
    fn new(text: &str) -> Result<Self, BadConfig> {
        let bad = |why: &str| BadConfig(format!("`{text}` as the upstream: {why}"));
        let uri: Uri = text
            .parse()
            .map_err(|_| bad("expected a URL such as http://127.0.0.1:8080/service"))?;
        let authority = match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority)) if *scheme == Scheme::HTTP => authority,
            (Some(scheme), _) if *scheme == Scheme::HTTPS => {
                return Err(bad("only http is spoken; put what ends TLS between the two"));
            }
            _ => return Err(bad("expected a URL that begins with http://")),
        };
        if uri.query().is_some() {
            return Err(bad("a query cannot be part of it"));
        }
        let path = uri.path().trim_end_matches('/').to_owned();
        Ok(Upstream { origin: format!("http://{authority}"), path })
    }
}

/// What clients may ask for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    pub(crate) policy: Policy,
    pub(crate) settings: Settings,
    /// Whether there is something that answers must not show.
    pub(crate) redacts: bool,
    /// What must not be asked for by a path either.
    forbidden: Policy,
    /// The paths that may be asked for; all without a list.
    pub(crate) resources: Option<Vec<String>>,
}

/// Names, of which there may be none.
type List = Option<Vec<String>>;
/// What they are allowed for.
type Allow = fn(Policy, Vec<String>) -> Policy;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
struct RulesFile {
    resources: List,
    options: List,
    custom_options: List,
    functions: List,
    operators: List,
    filterable: List,
    sortable: List,
    selectable: List,
    expandable: List,
    searchable: List,
    forbidden: Vec<String>,
    max_top: Option<u64>,
    page_size: Option<u64>,
    max_expand_depth: Option<usize>,
    count: Option<bool>,
    limits: BTreeMap<String, u64>,
}

impl Rules {
    /// Whether a path may be asked for, as far as rules are about paths.
    pub(crate) fn admits(&self, path: &str) -> bool {
        self.resources.as_ref().is_none_or(|listed| listed.iter().any(|listed| listed == path))
    }

    /// The property that a path leads to and that is forbidden: `salary` of `/People(1)/salary/$value`. Where the
    /// record ends and its properties begin is not known, but that a set comes first.
    pub(crate) fn forbidden_in(&self, path: &str) -> Option<String> {
        let decoded =
            path.split('/').map(|segment| percent_decode_str(segment).decode_utf8_lossy());
        let names = decoded.map(|segment| segment.split('(').next().unwrap_or_default().to_owned());
        let names: Vec<String> =
            names.filter(|name| !name.is_empty() && !name.starts_with('$')).collect();
        let is_forbidden = |names: &&[String]| {
            self.forbidden.check(&Query::new().select(&names.join("/"))).is_err()
        };
        let tails = (1..names.len()).filter_map(|start| names.get(start..));
        tails.filter(is_forbidden).find_map(|names| names.last().cloned())
    }

    fn new(read: RulesFile) -> Result<Self, BadConfig> {
        let resources = read.resources.iter().flatten();
        if let Some(wrong) = resources.into_iter().find(|path| !path.starts_with('/')) {
            let message = format!("`{wrong}` in `resources`: a path begins with `/`");
            return Err(BadConfig(message));
        }
        let redacts = read.selectable.is_some() || !read.forbidden.is_empty();
        let forbidden = Policy::new().forbidden(read.forbidden);
        let mut policy = forbidden.clone();
        let lists: [(List, Allow); 9] = [
            (read.options, Policy::options),
            (read.custom_options, Policy::custom_options),
            (read.functions, Policy::functions),
            (read.operators, Policy::operators),
            (read.filterable, Policy::filterable),
            (read.sortable, Policy::sortable),
            (read.selectable, Policy::selectable),
            (read.expandable, Policy::expandable),
            (read.searchable, Policy::searchable),
        ];
        for (list, set) in lists {
            policy = list.into_iter().fold(policy, set);
        }
        policy = read.max_top.into_iter().fold(policy, Policy::max_top);
        policy = read.page_size.into_iter().fold(policy, Policy::page_size);
        policy = read.max_expand_depth.into_iter().fold(policy, Policy::max_expand_depth);
        policy = read.count.into_iter().fold(policy, Policy::count);
        let mut settings = Settings::default();
        for (name, value) in read.limits {
            set_limit(&mut settings.limits, &name, value)?;
        }
        Ok(Rules { policy, settings, redacts, forbidden, resources: read.resources })
    }
}

macro_rules! limits {
    ($($field:ident $name:literal)*) => {
        fn set_limit(limits: &mut Limits, name: &str, value: u64) -> Result<(), BadConfig> {
            match name {
                $($name => limits.$field = value.try_into().map_err(|_| BadConfig(format!("limit `{name}`: {value} is too large")))?,)*
                _ => {
                    let known = [$($name),*].join("`, `");
                    return Err(BadConfig(format!("unknown limit `{name}`, expected one of `{known}`")));
                }
            }
            Ok(())
        }
    };
}

limits! {
    text "text"
    depth "depth"
    nodes "nodes"
    in_items "inItems"
    lambda_depth "lambdaDepth"
    path_segments "pathSegments"
    aliases "aliases"
    orderby_keys "orderbyKeys"
    expand_depth "expandDepth"
    search_terms "searchTerms"
    record_steps "recordSteps"
    query_steps "querySteps"
    query_steps_per_record "queryStepsPerRecord"
    string "string"
    query_strings "queryStrings"
    query_strings_per_record "queryStringsPerRecord"
    patterns "patterns"
    pattern "pattern"
    pattern_size "patternSize"
    pattern_depth "patternDepth"
}
