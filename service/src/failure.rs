//! Why a request was refused, as the response says it (Protocol 9.4, JSON Format 21).

use http::StatusCode;
use serde_json::{Value, json};

/// A refusal: its status and the body of the response.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    code: String,
    message: String,
    target: Option<String>,
    /// Methods that the resource has, where the one asked for is none of them.
    pub(crate) allowed: Option<&'static str>,
}

const MISSING: &str = "missing-value";

/// What a step of a request leads to.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Failure {
            status,
            code: code.to_owned(),
            message: message.into(),
            target: None,
            allowed: None,
        }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::BAD_REQUEST, "bad-request", message)
    }

    /// A value that has to be given is not.
    pub(crate) fn missing(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::BAD_REQUEST, MISSING, message)
    }

    /// Whether it is about a value that has to be given.
    pub(crate) fn is_missing(&self) -> bool {
        self.code == MISSING
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::NOT_FOUND, "not-found", message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::CONFLICT, "conflict", message)
    }

    pub(crate) fn not_implemented(what: &str) -> Self {
        Failure::new(
            StatusCode::NOT_IMPLEMENTED,
            "not-supported",
            format!("{what} is not supported"),
        )
    }

    pub(crate) fn precondition_failed(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::PRECONDITION_FAILED, "precondition-failed", message)
    }

    /// The method is none of those that the resource has.
    pub(crate) fn method_not_allowed(what: &str, allowed: &'static str) -> Self {
        let message = format!("{what} can be asked for {allowed} only");
        let failure = Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message);
        Failure { allowed: Some(allowed), ..failure }
    }

    /// Says what part of the request it is about.
    pub(crate) fn about(mut self, target: &str) -> Self {
        self.target.get_or_insert_with(|| target.to_owned());
        self
    }

    /// The body of the response.
    pub(crate) fn body(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some(target), Some(members)) = (&self.target, error.as_object_mut()) {
            members.insert("target".to_owned(), json!(target));
        }
        json!({ "error": error })
    }
}

/// What the query options are refused for.
impl From<odata_query::Error> for Failure {
    fn from(error: odata_query::Error) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let message = match error.help() {
            Some(help) => format!("{error}; {help}"),
            None => error.to_string(),
        };
        let target = error.option().map(str::to_owned);
        Failure { status, code: error.code().to_owned(), message, target, allowed: None }
    }
}
