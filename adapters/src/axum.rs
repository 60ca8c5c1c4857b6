//! Feature `axum`: the query of a request as an argument of its handler.

use std::error::Error as StdError;
use std::fmt;

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use odata_query::{Error, Query, Settings};

/// The OData query of a request; one that is wrong is [answered](ODataRejection) before the handler is called.
///
/// A request without a query asks for everything. [`Settings`] are an extension of the request, as the
/// layer `axum::Extension(settings)` adds it to those of a router.
///
/// ```
/// use axum::routing::get;
/// use axum::{Extension, Router};
/// use odata_query::{Plus, Settings};
/// use odata_query_adapters::axum::{OData, ODataRejection};
/// use serde_json::json;
///
/// async fn employees(OData(query): OData) -> Result<String, ODataRejection> {
///     let records = [json!({"id": 1}), json!({"id": 2})];
///     Ok(query.apply(&records)?.to_json())
/// }
///
/// let mut settings = Settings::default();
/// settings.plus = Plus::Space;
/// let app: Router = Router::new().route("/Employees", get(employees)).layer(Extension(settings));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OData(pub Query);

impl<S: Sync> FromRequestParts<S> for OData {
    type Rejection = ODataRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ODataRejection> {
        let settings = parts.extensions.get::<Settings>().copied().unwrap_or_default();
        let query = Query::parse_with(parts.uri.query().unwrap_or_default(), &settings)?;
        Ok(OData(query))
    }
}

/// An error as the answer to a request: its status and the OData error body, as `application/json`.
///
/// What fails later than the query's text, such as binding and evaluating it, becomes one by `?`.
#[derive(Debug, Clone)]
pub struct ODataRejection(pub Error);

impl IntoResponse for ODataRejection {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status());
        let json = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (status.unwrap_or(StatusCode::BAD_REQUEST), json, self.0.to_json()).into_response()
    }
}

impl From<Error> for ODataRejection {
    fn from(error: Error) -> Self {
        ODataRejection(error)
    }
}

impl fmt::Display for ODataRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for ODataRejection {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}
