//! EvaTeam: what its document tells of all requests, and two requests of our own to ask queries with.
//!
//! The document has no path, no entity and no body but that of errors. Ours are the entities, both requests,
//! the header of the code, and that everything that fails but is not unauthorised is 500.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::post;
use odata_query::{Query, Settings};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::api::{self, Api, blocking, json};
use super::super::load::Set;
use super::super::options::{Options, Quirk};
use super::super::page::{Asked, Refused};
use super::secret::{Secret, bearer, token};
use super::{embedded, object, place};
use crate::data::Trouble;

/// The header that has the code of an error too.
const CODE: HeaderName = HeaderName::from_static("error-code");

pub(super) struct EvaTeam {
    token: Secret,
    /// The token that was made, to be printed once.
    made: RwLock<Option<String>>,
    modern_status: bool,
    trailing_comma: bool,
    settings: Settings,
    records: RwLock<Records>,
}

struct Records {
    tasks: Vec<Value>,
    persons: Vec<Value>,
}

impl Records {
    fn of(&self, entity: &str) -> Option<&[Value]> {
        match entity {
            "Task" => Some(&self.tasks),
            "Person" => Some(&self.persons),
            _ => None,
        }
    }
}

/// What a list is asked for with.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    filter: Option<String>,
    orderby: Option<String>,
    select: Option<String>,
    skip: Option<u64>,
    top: Option<u64>,
    count: Option<bool>,
}

impl EvaTeam {
    pub(super) fn new(options: &Options) -> Result<Self, Trouble> {
        let (text, made) = match options.vendor.token.clone() {
            Some(given) => (given, false),
            None => (token()?, true),
        };
        Ok(EvaTeam {
            token: Secret::new(&text),
            made: RwLock::new(made.then_some(text)),
            modern_status: options.vendor.modern_status,
            trailing_comma: options.vendor.quirk == Some(Quirk::TrailingComma),
            settings: options.settings(),
            records: RwLock::new(Records {
                tasks: embedded(include_str!("evateam_tasks.json"))?,
                persons: embedded(include_str!("evateam_persons.json"))?,
            }),
        })
    }

    fn answer(&self, entity: &str, query: Result<Query, String>) -> Response {
        let query = match query {
            Ok(query) => query,
            Err(message) => return self.error(StatusCode::BAD_REQUEST, &message),
        };
        let stored = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let Some(records) = stored.of(entity) else {
            let message = format!("no entity is called `{entity}`; there are `Task` and `Person`");
            return self.error(StatusCode::NOT_FOUND, &message);
        };
        match query.apply(records) {
            Ok(page) => json(StatusCode::OK, page.to_json()),
            Err(error) => {
                let status = StatusCode::from_u16(error.status()).unwrap_or_default();
                self.error(status, &error.to_string())
            }
        }
    }

    /// The query of a body of JSON. Its texts are encoded, so that none of them becomes another option.
    fn asked(&self, body: &[u8]) -> Result<Query, String> {
        let asked: Listed = object(body)?;
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let options = [
            ("$filter", asked.filter.as_deref().map(encoded)),
            ("$orderby", asked.orderby.as_deref().map(encoded)),
            ("$select", asked.select.as_deref().map(encoded)),
            ("$skip", asked.skip.map(|skip| skip.to_string())),
            ("$top", asked.top.map(|top| top.to_string())),
            ("$count", asked.count.map(|count| count.to_string())),
        ];
        let options =
            options.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        self.query(&options.collect::<Vec<_>>().join("&"))
    }

    fn query(&self, text: &str) -> Result<Query, String> {
        Query::parse_with(text, &self.settings).map_err(|error| error.to_string())
    }
}

impl Api for EvaTeam {
    fn router(self: Arc<Self>) -> Router {
        let list = |State(eva): State<Arc<Self>>, Path(entity): Path<String>, body: Bytes| {
            blocking(move || eva.answer(&entity, eva.asked(&body)))
        };
        let query = |State(eva): State<Arc<Self>>, Path(entity): Path<String>, body: Bytes| {
            blocking(move || {
                let text = std::str::from_utf8(&body).map_err(|error| error.to_string());
                eva.answer(&entity, text.and_then(|text| eva.query(text.trim())))
            })
        };
        let routes = Router::new()
            .route("/api/{entity}/list", post(list))
            .route("/api/{entity}/$query", post(query))
            .with_state(Arc::clone(&self));
        let api: Arc<dyn Api> = Arc::clone(&self) as Arc<dyn Api>;
        api::with_errors(routes, &api).layer(from_fn_with_state(self, authorize))
    }

    fn error(&self, status: StatusCode, message: &str) -> Response {
        let status = match status {
            StatusCode::UNAUTHORIZED => status,
            _ if self.modern_status => status,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let error = json!({"code": status.as_u16(), "message": message});
        let comma = if self.trailing_comma { "," } else { "" };
        let mut response = json(status, format!("{{\"error\": {error}{comma}}}"));
        response.headers_mut().insert(CODE, HeaderValue::from(status.as_u16()));
        response
    }

    fn load(&self, sets: Vec<Set>) -> Result<(), Trouble> {
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        let Records { tasks, persons } = &mut *records;
        place(sets, [("Task", tasks), ("Person", persons)])
    }

    /// Nothing changes the records.
    fn reset(&self) {}

    fn sets(&self) -> Vec<(String, String)> {
        let url = |name: &str| (name.to_owned(), format!("/api/{name}/$query"));
        ["Task", "Person"].map(url).into()
    }

    fn ask(&self, set: &str, query: &str) -> Option<Result<Asked, Refused>> {
        let stored = self.records.read().unwrap_or_else(PoisonError::into_inner);
        Some(Asked::of(query, &self.settings, None, stored.of(set)?))
    }

    fn greeting(&self, base: &str) -> Vec<String> {
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        let Some(token) = made.take() else {
            return Vec::new();
        };
        vec![
            format!("token, which is not shown again: {token}"),
            "Try:".to_owned(),
            format!(
                "  curl -s '{base}/api/Task/list' -H 'Authorization: Bearer {token}' -d '{}'",
                r#"{"filter":"priority ge 2","orderby":"id desc","top":1,"count":true}"#
            ),
        ]
    }
}

/// Lets through what has the token, and is a POST.
async fn authorize(State(eva): State<Arc<EvaTeam>>, request: Request, next: Next) -> Response {
    if !bearer(request.headers()).is_some_and(|token| eva.token.is(token)) {
        let message = "unauthorized: `Authorization: Bearer {token}` is needed";
        let mut response = eva.error(StatusCode::UNAUTHORIZED, message);
        let scheme = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        return response;
    }
    if request.method() != Method::POST {
        let message = format!("the only method is POST, not {}", request.method());
        let mut response = eva.error(StatusCode::METHOD_NOT_ALLOWED, &message);
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    next.run(request).await
}
