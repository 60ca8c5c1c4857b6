//! Feature `wiremock`: a double of an OData service, and a matcher that knows what queries mean.
//!
//! ```
//! use odata_query_adapters::wiremock::{ODataResponder, same_query};
//! use serde_json::json;
//! use wiremock::matchers::path;
//! use wiremock::{Mock, MockServer, ResponseTemplate};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), odata_query::Error> {
//! let server = MockServer::start().await;
//! let employees = ODataResponder::new([json!({"id": 1, "name": "Анна"}), json!({"id": 2})]);
//! Mock::given(path("/Employees")).respond_with(employees).mount(&server).await;
//!
//! // Another mock answers one question only, however a client spells it.
//! let question = same_query("$filter=unit in (7,9) and isArchived eq false")?;
//! Mock::given(question).respond_with(ResponseTemplate::new(204)).mount(&server).await;
//! # Ok(())
//! # }
//! ```

use std::borrow::Cow;
use std::fmt;

use odata_query::{Collections, EntityType, Error, Page, Policy, Query, Settings};
use serde_json::Value;
use wiremock::http::Method;
use wiremock::{Match, Request, Respond, ResponseTemplate};

/// Answers the queries of requests over records, as OData JSON; a query that is wrong gets the OData error body
/// with its status.
///
/// Options may stand in the URL and, of `POST …/$query`, in the body.
#[derive(Clone, Default)]
pub struct ODataResponder {
    records: Vec<Value>,
    entity_type: Option<EntityType>,
    collections: Vec<(String, Vec<Value>)>,
    policy: Policy,
    settings: Settings,
}

impl ODataResponder {
    /// A collection of these records.
    pub fn new(records: impl IntoIterator<Item = Value>) -> Self {
        ODataResponder { records: records.into_iter().collect(), ..ODataResponder::default() }
    }

    /// Names, types and literals of queries are held to a declared type.
    pub fn entity_type(mut self, entity_type: EntityType) -> Self {
        self.entity_type = Some(entity_type);
        self
    }

    /// Adds the records of another entity set, for navigation to lead to.
    pub fn collection(mut self, set: &str, records: impl IntoIterator<Item = Value>) -> Self {
        self.collections.push((set.to_owned(), records.into_iter().collect()));
        self
    }

    /// Queries are held to a policy: the answer of a service that does not allow everything.
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Queries are read and answered with these settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        self.settings = settings;
        self
    }

    fn answer(&self, request: &Request) -> Result<String, Error> {
        let query = Query::parse_with(&query_text(request), &self.settings)?;
        let query = self.policy.apply(query)?;
        let plan = match &self.entity_type {
            Some(entity_type) => query.bind_to(entity_type)?,
            None => query.bind()?,
        };
        let collections = self
            .collections
            .iter()
            .fold(Collections::new(), |all, (set, records)| all.with(set, records));
        plan.apply_with(&self.records, &collections).map(|page: Page<'_>| page.to_json())
    }
}

impl Respond for ODataResponder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let (status, body) = match self.answer(request) {
            Ok(body) => (200, body),
            Err(error) => (error.status(), error.to_json()),
        };
        // The format is that of 4.0 too, so that clients of either version read it.
        ResponseTemplate::new(status)
            .insert_header("OData-Version", "4.0")
            .set_body_raw(body, "application/json")
    }
}

impl fmt::Debug for ODataResponder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.collections.iter().map(|(set, _)| set).collect();
        f.debug_struct("ODataResponder")
            .field("records", &self.records.len())
            .field("collections", &names)
            .field("policy", &self.policy)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Matches requests that ask what `query` asks, whatever the order, the spelling and the encoding.
///
/// # Errors
///
/// Where `query` itself is wrong.
pub fn same_query(query: &str) -> Result<SameQuery, Error> {
    query.parse().map(SameQuery::new)
}

/// Matches requests whose query has the same normal form ([`Query::normalized`]).
///
/// Custom options count; a request whose query is wrong matches nothing.
#[derive(Debug, Clone)]
pub struct SameQuery {
    normalized: Query,
    settings: Settings,
    ignored: Vec<String>,
}

impl SameQuery {
    /// Matches what asks the same as a query, read with the settings that it has.
    pub fn new(query: Query) -> Self {
        let settings = *query.settings();
        SameQuery { normalized: query.normalized(), settings, ignored: Vec::new() }
    }

    /// Takes no notice of an option: `$top`, `ApiKey`.
    pub fn ignoring(mut self, option: &str) -> Self {
        self.normalized = self.normalized.without(option);
        self.ignored.push(option.to_owned());
        self
    }
}

impl Match for SameQuery {
    fn matches(&self, request: &Request) -> bool {
        let Ok(query) = Query::parse_with(&query_text(request), &self.settings) else {
            return false;
        };
        let query = self.ignored.iter().fold(query, |query, option| query.without(option));
        query.normalized() == self.normalized
    }
}

/// The query options of the URL and, of `POST …/$query`, those of the body behind them (URL Conventions 4.17).
fn query_text(request: &Request) -> Cow<'_, str> {
    let in_url = request.url.query().unwrap_or_default();
    let path = request.url.path();
    let is_query = ["/$query", "/%24query"].iter().any(|resource| path.ends_with(resource));
    if request.method != Method::POST || !is_query {
        return Cow::Borrowed(in_url);
    }
    let in_body = String::from_utf8_lossy(&request.body);
    let media_type = request.headers.get("Content-Type").and_then(|value| value.to_str().ok());
    let is_form =
        media_type.is_some_and(|text| text.starts_with("application/x-www-form-urlencoded"));
    let in_body = if is_form { in_body.replace('+', "%20") } else { in_body.into_owned() };
    Cow::Owned(format!("{in_url}&{in_body}"))
}
