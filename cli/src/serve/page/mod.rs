//! The page at `/`: a person types a query and sees the rows, the plan, or the error with its caret.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use odata_query::{EntityType, Query, Settings};
use serde_json::{Value, json};

use super::api::{Api, blocking, json as of_json};

const PAGE: &str = include_str!("page.html");

/// What the page is answered: the plan of a query and its answer, as clients of the service get it.
pub(super) struct Asked {
    pub(super) plan: String,
    pub(super) answer: Value,
}

/// Why the page is not answered, as it is shown.
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) report: String,
}

impl From<odata_query::Error> for Refused {
    fn from(error: odata_query::Error) -> Self {
        Refused { status: error.status(), report: error.report() }
    }
}

impl Asked {
    /// Asks records that are all there is to a set.
    pub(super) fn of(
        query: &str,
        settings: &Settings,
        declared: Option<&EntityType>,
        records: &[Value],
    ) -> Result<Asked, Refused> {
        let query = Query::parse_with(query, settings)?;
        let plan = match declared {
            Some(declared) => query.bind_to(declared)?,
            None => query.bind()?,
        };
        let answer = plan.apply(records)?.to_json();
        Ok(Asked {
            plan: plan.to_string(),
            answer: serde_json::from_str(&answer).unwrap_or(Value::String(answer)),
        })
    }
}

/// What the page asks for; none of it needs the keys and tokens of the service.
pub(super) fn router(api: &Arc<dyn Api>) -> Router {
    Router::new()
        .route("/__admin/sets", get(sets))
        .route("/__admin/ask/{set}", post(ask))
        .with_state(Arc::clone(api))
}

/// Shows the page to who asks the root for HTML: browsers do, clients of services do not.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    let accepts = request.headers().get_all(header::ACCEPT).iter();
    let wants_html =
        accepts.filter_map(|value| value.to_str().ok()).any(|accept| accept.contains("text/html"));
    if request.method() == Method::GET && request.uri().path() == "/" && wants_html {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        return ([(header::CONTENT_TYPE, html)], PAGE).into_response();
    }
    next.run(request).await
}

async fn sets(State(api): State<Arc<dyn Api>>) -> Response {
    let sets = api.sets().into_iter().map(|(name, url)| json!({"name": name, "url": url}));
    of_json(StatusCode::OK, sets.collect::<Value>().to_string())
}

async fn ask(State(api): State<Arc<dyn Api>>, Path(set): Path<String>, query: String) -> Response {
    blocking(move || {
        let (status, body) = match api.ask(&set, &query) {
            Some(Ok(asked)) => (200, json!({"plan": asked.plan, "answer": asked.answer})),
            Some(Err(refused)) => (refused.status, json!({"report": refused.report})),
            None => (404, json!({"report": format!("error: there is no entity set `{set}`\n")})),
        };
        of_json(StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), body.to_string())
    })
    .await
}
