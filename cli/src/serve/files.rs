//! The generic OData service, from files.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, State};
use axum::http::{Request, Response, StatusCode, request};
use odata_query::Settings;
use odata_service::Service;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde_json::Value;

use super::api::{self, Api, blocking};
use super::load::{self, Set};
use super::options::Options;
use super::page::{Asked, Refused};
use crate::data::{self, Trouble};

/// The service of the files as they are now, and how it is built of them.
pub(super) struct Files {
    service: RwLock<Arc<Service>>,
    recipe: Recipe,
}

struct Recipe {
    metadata: Option<PathBuf>,
    settings: Settings,
    read_only: bool,
    base: String,
}

impl Recipe {
    fn build(&self, sets: Vec<Set>) -> Result<Service, Trouble> {
        let mut builder = Service::builder()
            .always_count(self.settings.always_count)
            .names(self.settings.names)
            .plus(self.settings.plus)
            .read_only(self.read_only)
            .base(&self.base);
        if let Some(size) = self.settings.page_size {
            builder = builder.page_size(size);
        }
        if let Some(file) = &self.metadata {
            let text = data::read_text(Some(file))?;
            let is_json = text.trim_start().starts_with('{');
            builder =
                if is_json { builder.metadata_json(&text) } else { builder.metadata_xml(&text) };
        }
        let builder =
            sets.into_iter().fold(builder, |builder, set| builder.set(&set.name, set.records));
        builder.build().map_err(|error| {
            Trouble::new(match &self.metadata {
                Some(file) => format!("{}: {error}", file.display()),
                None => error.to_string(),
            })
        })
    }
}

impl Files {
    pub(super) fn new(options: &Options) -> Result<Self, Trouble> {
        let recipe = Recipe {
            metadata: options.metadata.clone(),
            settings: options.settings(),
            read_only: options.read_only,
            base: options.base.clone().unwrap_or_default(),
        };
        let service = RwLock::new(Arc::new(recipe.build(load::sets(options)?)?));
        Ok(Files { service, recipe })
    }

    fn service(&self) -> Arc<Service> {
        Arc::clone(&self.service.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Api for Files {
    fn router(self: Arc<Self>) -> Router {
        let answer = |State(files): State<Arc<Self>>,
                      OriginalUri(uri): OriginalUri,
                      mut parts: request::Parts,
                      body: Bytes| {
            let service = files.service();
            // The service takes its base path off itself.
            parts.uri = uri;
            blocking(move || {
                let request = Request::from_parts(parts, body.to_vec());
                service.handle(&request).map(Body::from)
            })
        };
        Router::new().fallback(answer).with_state(self)
    }

    fn error(&self, status: StatusCode, message: &str) -> Response<Body> {
        api::odata_error(status, message)
    }

    fn load(&self, sets: Vec<Set>) -> Result<(), Trouble> {
        let service = Arc::new(self.recipe.build(sets)?);
        *self.service.write().unwrap_or_else(PoisonError::into_inner) = service;
        Ok(())
    }

    fn reset(&self) {
        self.service().reset();
    }

    fn sets(&self) -> Vec<(String, String)> {
        let service = self.service();
        let url = |name: &str| (name.to_owned(), format!("{}/{}", self.recipe.base, segment(name)));
        service.sets().map(url).collect()
    }

    fn ask(&self, set: &str, query: &str) -> Option<Result<Asked, Refused>> {
        let service = self.service();
        let plan = match service.explain(set, query)? {
            Ok(plan) => plan,
            Err(error) => return Some(Err(error.into())),
        };
        let request = Request::post(format!("{}/{}/$query", self.recipe.base, segment(set)));
        let request = request.body(query.as_bytes().to_vec()).ok()?;
        let response = service.handle(&request);
        let answer: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        match answer.pointer("/error/message").and_then(Value::as_str) {
            Some(message) if !response.status().is_success() => {
                let report = format!("error: {message}\n");
                Some(Err(Refused { status: response.status().as_u16(), report }))
            }
            _ => Some(Ok(Asked { plan, answer })),
        }
    }

    fn greeting(&self, base: &str) -> Vec<String> {
        self.service().sets().map(|set| format!("  {base}/{}", segment(set))).collect()
    }
}

/// The name of a set in a URL: files may be called as no entity set would be.
fn segment(name: &str) -> PercentEncode<'_> {
    const ENCODED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(name, ENCODED)
}
