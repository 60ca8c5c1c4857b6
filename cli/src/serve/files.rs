//! The generic OData service, from files.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Request, Response, StatusCode, request};

use super::api::{self, Api, blocking};
use super::load::{self, Set};
use super::options::Options;
use crate::data::Trouble;

type Handle = dyn Fn(Request<Vec<u8>>) -> Response<Vec<u8>> + Send + Sync;

/// A service that is built.
struct Service {
    handle: Box<Handle>,
    reset: Box<dyn Fn() + Send + Sync>,
}

/// Builds the service of entity sets.
fn build(sets: Vec<Set>) -> Result<Service, Trouble> {
    let lines: Vec<String> =
        sets.iter().map(|set| format!("{}: {} records", set.name, set.records.len())).collect();
    let text = lines.join("\n");
    let handle = move |_: Request<Vec<u8>>| {
        let mut response = Response::new(text.clone().into_bytes());
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        response
    };
    Ok(Service { handle: Box::new(handle), reset: Box::new(|| {}) })
}

/// The service of the files as they are now.
pub(super) struct Files(RwLock<Arc<Service>>);

impl Files {
    pub(super) fn new(options: &Options) -> Result<Self, Trouble> {
        let service = build(load::sets(options)?)?;
        Ok(Files(RwLock::new(Arc::new(service))))
    }

    fn service(&self) -> Arc<Service> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Api for Files {
    fn router(self: Arc<Self>) -> Router {
        let answer = |State(files): State<Arc<Self>>, parts: request::Parts, body: Bytes| {
            let service = files.service();
            blocking(move || {
                let request = Request::from_parts(parts, body.to_vec());
                (service.handle)(request).map(Body::from)
            })
        };
        Router::new().fallback(answer).with_state(self)
    }

    fn error(&self, status: StatusCode, message: &str) -> Response<Body> {
        api::odata_error(status, status.as_str(), message)
    }

    fn load(&self, sets: Vec<Set>) -> Result<(), Trouble> {
        let service = Arc::new(build(sets)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = service;
        Ok(())
    }

    fn reset(&self) {
        (self.service().reset)();
    }

    fn greeting(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}
