//! What no request to a real service brings about: panics.

#![allow(clippy::panic, clippy::unwrap_used)]

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use clap::Parser;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::api::{Api, blocking, odata_error};
use super::load::Set;
use super::log::Log;
use super::options::Options;
use super::page::{Asked, Refused};
use crate::data::Trouble;

struct Shaky;

impl Api for Shaky {
    fn router(self: Arc<Self>) -> Router {
        let at_once = async || -> StatusCode { panic!("at once") };
        let aside = || blocking(|| -> Response { panic!("aside") });
        let fine = async || StatusCode::OK;
        Router::new()
            .route("/once", get(at_once))
            .route("/aside", get(aside))
            .route("/fine", get(fine))
    }

    fn error(&self, status: StatusCode, message: &str) -> Response {
        odata_error(status, message)
    }

    fn load(&self, _: Vec<Set>) -> Result<(), Trouble> {
        Ok(())
    }

    fn reset(&self) {
        panic!("a reset");
    }

    fn sets(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    fn ask(&self, _: &str, _: &str) -> Option<Result<Asked, Refused>> {
        None
    }

    fn greeting(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    options: Options,
}

#[test]
fn a_panic_is_an_error_of_one_request() {
    let options = Line::parse_from(["serve", "x.json", "--quiet"]).options;
    let api: Arc<dyn Api> = Arc::new(Shaky);
    let router = super::router(&api, &options, "", false, &Log::new(true).unwrap());
    let service = TowerToHyperService::new(router);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let status = |method: &str, path: &str| {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        runtime.block_on(service.call(request)).unwrap().status()
    };
    for (method, path) in [("GET", "/once"), ("GET", "/aside"), ("POST", "/__admin/reset")] {
        assert_eq!(status(method, path), StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert_eq!(status("GET", "/fine"), StatusCode::OK);
    }
}
