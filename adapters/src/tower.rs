//! Feature `tower`: a guard that looks at the query of every request before a service does.

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::Either;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use odata_query::{Error, Policy, Query, Settings};
use percent_encoding::percent_decode_str;
use tower_layer::Layer;
use tower_service::Service;

/// Puts a [`Guard`] around services.
///
/// It looks at queries, not at answers: of a property that is [forbidden](Policy::forbidden) nobody can ask, but a
/// service that shows it without being asked still does. [`Policy::redact`] removes it from an answer, and with
/// [`narrowing`](GuardLayer::narrowing) a [`selectable`](Policy::selectable) list keeps it out of the question.
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use odata_query::Policy;
/// use odata_query_adapters::tower::GuardLayer;
///
/// let policy = Policy::new().options(["$filter", "$top"]).forbidden(["salary"]).max_top(100);
/// let app: Router = Router::new()
///     .route("/Employees", get(|| async { "whatever is behind it" }))
///     .layer(GuardLayer::new(policy));
/// ```
#[derive(Debug, Clone)]
pub struct GuardLayer {
    rules: Arc<Rules>,
}

#[derive(Debug, Clone)]
struct Rules {
    policy: Policy,
    settings: Settings,
    narrows: bool,
}

impl GuardLayer {
    /// Requests are held to a policy and to the default settings, whose limits are the ones in force.
    pub fn new(policy: Policy) -> Self {
        let rules = Rules { policy, settings: Settings::default(), narrows: false };
        GuardLayer { rules: Arc::new(rules) }
    }

    /// Requests are read with these settings.
    pub fn settings(mut self, settings: Settings) -> Self {
        Arc::make_mut(&mut self.rules).settings = settings;
        self
    }

    /// The service gets the query that [`Policy::apply`] makes of the one that was asked, in its canonical
    /// spelling: `$top` is lowered or set, and nothing but what may be selected is.
    pub fn narrowing(mut self) -> Self {
        Arc::make_mut(&mut self.rules).narrows = true;
        self
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = Guard<S>;

    fn layer(&self, inner: S) -> Guard<S> {
        Guard { inner, rules: Arc::clone(&self.rules) }
    }
}

/// A service that gets no request whose query is wrong, beyond a limit or not allowed: the guard
/// answers it with the status of the error and the OData error body, as `application/json`.
///
/// It reads the query of the URI. Requests whose options are somewhere else, those to `…/$query` and
/// `…/$batch`, are refused with status 501.
#[derive(Debug, Clone)]
pub struct Guard<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl<S, B, R> Service<Request<B>> for Guard<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response<R>, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        match self.rules.checked(request.uri()) {
            Ok(narrowed) => {
                if let Some(uri) = narrowed {
                    *request.uri_mut() = uri;
                }
                Either::Left(self.inner.call(request))
            }
            Err(refusal) => Either::Right(ready(Ok(refusal.into_response()))),
        }
    }
}

impl Rules {
    /// What to ask the service for instead, if anything.
    fn checked(&self, uri: &Uri) -> Result<Option<Uri>, Refusal> {
        if let Some(resource) = unseen_options(uri.path()) {
            return Err(Refusal::unseen(resource));
        }
        let query = Query::parse_with(uri.query().unwrap_or_default(), &self.settings)?;
        if !self.narrows {
            self.policy.check(&query)?;
            return Ok(None);
        }
        let asked = format!("{:#}", self.policy.apply(query)?);
        with_query(uri, &asked).map(Some).ok_or_else(Refusal::too_long)
    }
}

/// The answer to a request that the service does not get.
struct Refusal {
    status: StatusCode,
    body: String,
}

impl Refusal {
    /// Where the guard itself says no: the words need no escaping in JSON.
    fn own(status: StatusCode, code: &str, message: &str) -> Self {
        let body = format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#);
        Refusal { status, body }
    }

    fn unseen(resource: &str) -> Self {
        let message = format!(
            "query options in the body of a request to `{resource}` are not supported; send them in the URL"
        );
        Refusal::own(StatusCode::NOT_IMPLEMENTED, "not-supported", &message)
    }

    fn too_long() -> Self {
        let message =
            "the query is too long for a URL once it is narrowed; select fewer properties";
        Refusal::own(StatusCode::URI_TOO_LONG, "limit", message)
    }

    fn into_response<R: From<String>>(self) -> Response<R> {
        let mut response = Response::new(R::from(self.body));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        Refusal { status, body: error.to_json() }
    }
}

/// The resource at the end of a path to which requests carry query options in their body, however it is spelt.
fn unseen_options(path: &str) -> Option<&'static str> {
    let last = path.rsplit('/').find(|segment| !segment.is_empty())?;
    let last = percent_decode_str(last).decode_utf8().ok()?;
    ["$query", "$batch"].into_iter().find(|resource| last.eq_ignore_ascii_case(resource))
}

/// The same URI with another query.
fn with_query(uri: &Uri, query: &str) -> Option<Uri> {
    let path = uri.path();
    let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}
