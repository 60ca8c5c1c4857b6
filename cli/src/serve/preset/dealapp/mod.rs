//! DealApp: users, units and roles of an organisation, as JSON:API.
//!
//! What its document leaves open is decided here and said in the README: how signing in answers, errors, paging,
//! how filters go together, what has to be unique, and how files of CSV are sent.

mod commands;
mod document;
mod failure;
mod import;
mod query;
mod records;
mod session;

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{MethodRouter, any, get, post, put};
use odata_query::{Schema, Settings};
use serde_json::{Value, json};

use self::failure::{Failed, Failure};
use self::query::Asked as List;
use self::records::{Of, Records};
use self::session::Sessions;
use crate::data::Trouble;
use crate::serve::api::{self, Api, blocking};
use crate::serve::load::Set;
use crate::serve::options::Options;
use crate::serve::page::{Asked, Refused};

pub(super) struct DealApp {
    sessions: Sessions,
    schema: Schema,
    page_size: Option<u64>,
    read_only: bool,
    records: RwLock<Kept>,
}

/// The records as they are, and as a reset makes them.
struct Kept {
    now: Records,
    initial: Records,
}

type Read = fn(&str, Option<u64>) -> Result<List, Failed>;
type Create = fn(&mut Records, &[u8]) -> Result<Value, Failed>;
type Update = fn(&mut Records, &str, &[u8]) -> Result<Value, Failed>;

impl DealApp {
    pub(super) fn new(options: &Options) -> Result<Self, Trouble> {
        let initial = Records::new()?;
        Ok(DealApp {
            sessions: Sessions::new(options.vendor.login.clone()),
            schema: records::schema().map_err(|error| Trouble::new(error.to_string()))?,
            page_size: options.page_size,
            read_only: options.read_only,
            records: RwLock::new(Kept { now: initial.clone(), initial }),
        })
    }

    fn list(&self, of: Of, read: Read, query: &str) -> Result<Value, Failed> {
        let asked = read(query, self.page_size)?;
        let stored = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let found = stored.now.query(of, &asked.query, &self.schema)?;
        Ok(document::list(of, &found, &asked.pages, &asked.include))
    }

    /// Runs a command that changes records; one that fails changes none.
    fn change<T>(
        &self,
        command: impl FnOnce(&mut Records) -> Result<T, Failed>,
    ) -> Result<T, Failed> {
        let mut stored = self.records.write().unwrap_or_else(PoisonError::into_inner);
        command(&mut stored.now)
    }
}

impl Api for DealApp {
    fn router(self: Arc<Self>) -> Router {
        let list = |of: Of, read: Read| {
            get(move |State(app): State<Arc<Self>>, uri: Uri| {
                blocking(move || {
                    let query = uri.query().unwrap_or_default();
                    answer(StatusCode::OK, app.list(of, read, query))
                })
            })
        };
        let create = |of: Of, create: Create| {
            post(move |State(app): State<Arc<Self>>, body: Bytes| {
                blocking(move || {
                    let created = app.change(|records| create(records, &body));
                    answer(StatusCode::CREATED, created.map(|record| document::single(of, &record)))
                })
            })
        };
        let update = |of: Of, update: Update| {
            put(move |State(app): State<Arc<Self>>, Path(id): Path<String>, body: Bytes| {
                blocking(move || {
                    let updated = app.change(|records| update(records, &id, &body));
                    answer(StatusCode::OK, updated.map(|record| document::single(of, &record)))
                })
            })
        };
        let api: Arc<dyn Api> = Arc::clone(&self) as Arc<dyn Api>;
        let changing = |routes: MethodRouter<Arc<Self>>| match self.read_only {
            true => any(api::read_only).with_state(Arc::clone(&api)),
            false => routes,
        };
        // What a path of lists takes beside GET.
        let listed = |list: MethodRouter<Arc<Self>>, create: MethodRouter<Arc<Self>>| {
            if self.read_only {
                list.fallback_service(any(api::read_only).with_state(Arc::clone(&api)))
            } else {
                list.merge(create)
            }
        };
        let users = listed(list(Of::Users, query::users), create(Of::Users, commands::create_user));
        let units = listed(list(Of::Units, query::units), create(Of::Units, commands::create_unit));
        let signed_in = Router::new()
            .route("/api/v1/users", users)
            .route("/api/v1/users/import", changing(post(import_users)))
            .route("/api/v1/users/{id}", changing(update(Of::Users, commands::update_user)))
            .route("/api/v1/organization/units", units)
            .route(
                "/api/v1/organization/units/{id}",
                changing(update(Of::Units, commands::update_unit)),
            )
            .route("/api/v1/organization/roles", list(Of::Roles, query::roles))
            .route_layer(from_fn_with_state(Arc::clone(&self), authorize));
        let routes = signed_in.route("/auth/sign_in", post(sign_in)).with_state(self);
        api::with_errors(routes, &api)
    }

    fn error(&self, status: StatusCode, message: &str) -> Response {
        Failed::from(Failure::new(status, message)).response()
    }

    fn load(&self, sets: Vec<Set>) -> Result<(), Trouble> {
        let mut stored = self.records.write().unwrap_or_else(PoisonError::into_inner);
        let mut initial = stored.initial.clone();
        initial.load(sets)?;
        *stored = Kept { now: initial.clone(), initial };
        Ok(())
    }

    fn reset(&self) {
        let mut stored = self.records.write().unwrap_or_else(PoisonError::into_inner);
        stored.now = stored.initial.clone();
    }

    fn sets(&self) -> Vec<(String, String)> {
        let url = |of: Of| (of.set().to_owned(), of.path().to_owned());
        Of::ALL.map(url).into()
    }

    fn ask(&self, set: &str, query: &str) -> Option<Result<Asked, Refused>> {
        let of = Of::ALL.into_iter().find(|of| of.set() == set)?;
        let declared = self.schema.entity_set(set)?;
        let stored = self.records.read().unwrap_or_else(PoisonError::into_inner);
        Some(Asked::of(query, &Settings::default(), Some(&declared), stored.now.of(of)))
    }

    fn greeting(&self, base: &str) -> Vec<String> {
        let Some((email, password)) = self.sessions.shown() else {
            return Vec::new();
        };
        vec![
            format!("sign in: {email} / {password}"),
            "Try:".to_owned(),
            format!(
                "  curl -s -o /dev/null -D dealapp.headers '{base}/auth/sign_in' -d '{}'",
                json!({"email": email, "password": password})
            ),
            "  grep -E '^(uid|access-token|client):' dealapp.headers > dealapp.session".to_owned(),
            format!(
                "  curl -s -H @dealapp.session '{base}/api/v1/users?search=petr&include=unit,role'"
            ),
        ]
    }
}

fn answer(status: StatusCode, result: Result<Value, Failed>) -> Response {
    match result {
        Ok(document) => document::response(status, &document),
        Err(failed) => failed.response(),
    }
}

async fn import_users(
    State(app): State<Arc<DealApp>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type.is_some_and(|media_type| media_type.starts_with("multipart/")) {
        let message = "the file itself is the body: `--data-binary @users.csv`";
        return app.error(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
    }
    blocking(move || {
        let imported = app.change(|records| import::import(records, &body));
        let meta = imported.map(
            |imported| json!({"meta": {"created": imported.created, "updated": imported.updated}}),
        );
        answer(StatusCode::OK, meta)
    })
    .await
}

async fn sign_in(State(app): State<Arc<DealApp>>, body: Bytes) -> Response {
    match app.sessions.sign_in(&body) {
        Ok((headers, document)) => {
            let mut response = document::response(StatusCode::OK, &document);
            response.headers_mut().extend(headers);
            response
        }
        Err(failed) => failed.response(),
    }
}

/// Lets through who has signed in.
async fn authorize(State(app): State<Arc<DealApp>>, request: Request, next: Next) -> Response {
    if app.sessions.knows(request.headers()) {
        return next.run(request).await;
    }
    let message = "sign in with `POST /auth/sign_in`, and send back its headers `uid`, `access-token` and `client`";
    app.error(StatusCode::UNAUTHORIZED, message)
}
