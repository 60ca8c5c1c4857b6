//! Responses before they are HTTP.

use http::header::{ALLOW, CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use crate::failure::Failure;
use crate::request::Format;

/// A response without what all responses have.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: StatusCode) -> Self {
        Reply { status, headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn no_content() -> Self {
        Reply::new(StatusCode::NO_CONTENT)
    }

    pub(crate) fn json(status: StatusCode, format: Format, body: &Value) -> Self {
        Reply::new(status).with_body(&format.content_type(), body.to_string().into_bytes())
    }

    pub(crate) fn text(body: String) -> Self {
        Reply::new(StatusCode::OK).with_body("text/plain;charset=utf-8", body.into_bytes())
    }

    pub(crate) fn failure(failure: &Failure) -> Self {
        let reply = Reply::json(failure.status, Format::DEFAULT, &failure.body());
        match failure.allowed {
            Some(allowed) => reply.with(ALLOW, allowed),
            None => reply,
        }
    }

    pub(crate) fn with_body(mut self, content_type: &str, body: Vec<u8>) -> Self {
        self.body = body;
        self.with(CONTENT_TYPE, content_type)
    }

    /// Adds a header. What cannot stand in one is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(crate) fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = (&HeaderName, &str)> {
        self.headers.iter().map(|(name, value)| (name, value.as_str()))
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn into_response(self) -> Response<Vec<u8>> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}
