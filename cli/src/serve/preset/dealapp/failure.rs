//! Errors, as JSON:API has them.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::document;

/// One thing that is wrong with a request.
pub(super) struct Failure {
    status: StatusCode,
    detail: String,
    /// `pointer` to a member of the body, or `parameter` of the query.
    source: Option<(&'static str, String)>,
}

/// All that is wrong with a request.
pub(super) struct Failed(pub(super) Vec<Failure>);

impl Failure {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Failure { status, detail: detail.into(), source: None }
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Failure::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub(super) fn internal() -> Self {
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "something in the server went wrong")
    }

    pub(super) fn of_member(name: &str, detail: impl Into<String>) -> Self {
        Failure { source: Some(("pointer", format!("/{name}"))), ..Failure::invalid(detail) }
    }

    pub(super) fn of_parameter(name: &str, detail: impl Into<String>) -> Self {
        Failure { source: Some(("parameter", name.to_owned())), ..Failure::invalid(detail) }
    }

    fn to_value(&self) -> Value {
        let mut error = Map::new();
        error.insert("status".to_owned(), self.status.as_str().into());
        error.insert("title".to_owned(), self.status.canonical_reason().into());
        error.insert("detail".to_owned(), self.detail.as_str().into());
        if let Some((kind, place)) = &self.source {
            error.insert("source".to_owned(), json!({*kind: place}));
        }
        Value::Object(error)
    }
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Failed(vec![failure])
    }
}

impl Failed {
    /// Nothing, or what went wrong.
    pub(super) fn unless_empty(failures: Vec<Failure>) -> Result<(), Failed> {
        if failures.is_empty() { Ok(()) } else { Err(Failed(failures)) }
    }

    pub(super) fn response(&self) -> Response {
        let status = self.0.first().map_or(StatusCode::BAD_REQUEST, |first| first.status);
        let errors: Value = self.0.iter().map(Failure::to_value).collect();
        document::response(status, &json!({"errors": errors}))
    }
}
