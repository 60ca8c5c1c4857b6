//! What every service is to the server, whatever it serves.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

use super::load::Set;
use super::page::{Asked, Refused};
use crate::data::Trouble;

/// A service behind the common layers.
pub(super) trait Api: Send + Sync {
    /// What answers requests, the base path taken off.
    fn router(self: Arc<Self>) -> Router;

    /// The path that all others begin with unless the command line says another.
    fn base(&self) -> &'static str {
        ""
    }

    /// An error in the shape that the service gives its errors.
    fn error(&self, status: StatusCode, message: &str) -> Response;

    /// Serves other records, from now on and after a reset.
    fn load(&self, sets: Vec<Set>) -> Result<(), Trouble>;

    /// Takes back all changes of the records.
    fn reset(&self);

    /// The entity sets by name, and the URL that clients ask each of them at.
    fn sets(&self) -> Vec<(String, String)>;

    /// Answers a query of the page over an entity set; none where there is no such set.
    fn ask(&self, set: &str, query: &str) -> Option<Result<Asked, Refused>>;

    /// What is printed below the address: keys, and requests to try.
    fn greeting(&self, base: &str) -> Vec<String>;
}

/// Answers off the threads that carry the connections.
pub(super) async fn blocking(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        // The layer for panics answers.
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// A response of JSON.
pub(super) fn json(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let value = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

/// The error body of OData JSON.
pub(super) fn odata_error(status: StatusCode, message: &str) -> Response {
    let reason = status.canonical_reason().unwrap_or("error");
    let code = reason.to_ascii_lowercase().replace(' ', "-");
    let body: Value = serde_json::json!({"error": {"code": code, "message": message}});
    json(status, body.to_string())
}

/// What a query was refused for, as an OData error.
pub(super) fn refused(error: &odata_query::Error) -> Response {
    let status = StatusCode::from_u16(error.status());
    json(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error.to_json())
}

/// Answers, in the service's own shape, what has no route and methods that a path has not.
pub(super) fn with_errors(router: Router, api: &Arc<dyn Api>) -> Router {
    let (missing, wrong) = (Arc::clone(api), Arc::clone(api));
    let not_found = async move |OriginalUri(uri): OriginalUri| {
        missing.error(StatusCode::NOT_FOUND, &format!("nothing is at `{}`", uri.path()))
    };
    let not_allowed = async move |method: Method| {
        let message = format!("`{method}` is not a method of this path");
        wrong.error(StatusCode::METHOD_NOT_ALLOWED, &message)
    };
    router.fallback(not_found).method_not_allowed_fallback(not_allowed)
}

/// Answers what would change the records of a service that is only read.
pub(super) async fn read_only(State(api): State<Arc<dyn Api>>) -> Response {
    api.error(StatusCode::FORBIDDEN, "the service is read-only")
}
