//! The generic OData service, from files.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::http::StatusCode;
use axum::response::Response;

use super::api::{self, Api};
use super::load::{self, Set};
use super::options::Options;
use crate::data::Trouble;

pub(super) struct Files {
    sets: RwLock<Vec<Set>>,
}

impl Files {
    pub(super) fn new(options: &Options) -> Result<Self, Trouble> {
        Ok(Files { sets: RwLock::new(load::sets(options)?) })
    }
}

impl Api for Files {
    fn router(self: Arc<Self>) -> Router {
        let api: Arc<dyn Api> = self;
        api::with_errors(Router::new(), &api)
    }

    fn error(&self, status: StatusCode, message: &str) -> Response {
        api::odata_error(status, status.as_str(), message)
    }

    fn load(&self, sets: Vec<Set>) -> Result<(), Trouble> {
        *self.sets.write().unwrap_or_else(PoisonError::into_inner) = sets;
        Ok(())
    }

    fn reset(&self) {}

    fn greeting(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}
