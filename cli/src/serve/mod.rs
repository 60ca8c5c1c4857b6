//! `odata serve`: services over HTTP, from files or as vendors have them.

mod api;
mod body;
mod chaos;
mod files;
mod load;
mod log;
mod options;
mod page;
mod preset;
mod server;
#[cfg(test)]
mod tests;
mod watch;

use std::io::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any_service, post};
use axum::{Router, extract::Request};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;

use self::api::Api;
use self::body::Bounds;
use self::chaos::Chaos;
use self::log::Log;
pub(crate) use self::options::Options;
use crate::data::Trouble;

/// Headers of responses that scripts of other origins may read.
const EXPOSED: [HeaderName; 10] = [
    header::ALLOW,
    header::ETAG,
    header::LOCATION,
    HeaderName::from_static("access-token"),
    HeaderName::from_static("client"),
    HeaderName::from_static("error-code"),
    HeaderName::from_static("odata-entityid"),
    HeaderName::from_static("odata-version"),
    HeaderName::from_static("preference-applied"),
    HeaderName::from_static("uid"),
];

/// Loads, listens, says where, and answers until a signal comes.
pub(crate) fn run(options: &Options, out: &mut impl Write) -> Result<(), Trouble> {
    let api: Arc<dyn Api> = match options.preset {
        Some(preset) => preset::api(preset, options)?,
        None => Arc::new(files::Files::new(options)?),
    };
    if options.preset.is_some() && !options.sources.is_empty() {
        api.load(load::sets(options)?)?;
    }
    let trouble = |what: &str| {
        let what = what.to_owned();
        move |error: std::io::Error| Trouble::new(format!("{what}: {error}"))
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(trouble("cannot start"))?;
    let log = Log::new(options.quiet).map_err(trouble("cannot start"))?;
    let base = options.base.clone().unwrap_or_else(|| api.base().to_owned());
    let place = format!("cannot listen on {}:{}", options.host, options.port);
    let done = runtime.block_on(async {
        let listener =
            server::listen(&options.host, options.port).await.map_err(trouble(&place))?;
        let signals = server::Signals::new().map_err(trouble("cannot start"))?;
        let address = listener.local_addr().map_err(trouble(&place))?;
        let router = router(&api, options, &base, address.ip().is_loopback(), &log);
        let address = format!("http://{address}");
        let mut lines = vec![format!("listening on {address}")];
        lines.extend(api.greeting(&format!("{address}{base}")));
        writeln!(out, "{}", lines.join("\n"))
            .and_then(|()| out.flush())
            .map_err(trouble("cannot write the address"))?;
        if options.watch {
            tokio::spawn(watch::watch(
                options.sources.clone(),
                options.metadata.clone(),
                Arc::clone(&api),
                log.clone(),
            ));
        }
        server::serve(listener, router, options.timeout, signals, &log).await;
        Ok(())
    });
    runtime.shutdown_background();
    log.finish();
    done
}

/// The service within the layers that all of them have.
fn router(api: &Arc<dyn Api>, options: &Options, base: &str, is_local: bool, log: &Log) -> Router {
    let chaos = Arc::new(Chaos::new(options.delay, options.fail, options.seed));
    let bounds = Bounds { bytes: options.max_body, time: options.timeout, api: Arc::clone(api) };
    let service = Arc::clone(api)
        .router()
        .layer(from_fn_with_state((Arc::clone(&chaos), Arc::clone(api)), chaos::layer))
        .layer(from_fn_with_state(bounds, body::layer));
    let routed = match base {
        "" => service,
        // The root of a service ends in a slash, with which nesting does not answer.
        base => {
            let root = Router::new().route(&format!("{base}/"), any_service(service.clone()));
            api::with_errors(root.nest(base, service), api)
        }
    };
    let panicked = Arc::clone(api);
    let panicked = move |_| {
        panicked.error(StatusCode::INTERNAL_SERVER_ERROR, "something in the server went wrong")
    };
    let routed = Router::new()
        .route("/__admin/reset", post(reset))
        .with_state((Arc::clone(api), chaos))
        .merge(routed)
        .layer(CatchPanicLayer::custom(panicked));
    let routed = match options.no_cors {
        true => routed,
        false => routed.layer(CorsLayer::very_permissive().expose_headers(EXPOSED)),
    };
    // The page needs no keys: it is for who sits at this computer, and for no script of another origin.
    let routed = match is_local {
        true => routed.merge(page::router(api)).layer(from_fn(page::layer)),
        false => routed,
    };
    routed.layer(from_fn_with_state(log.clone(), log::layer))
}

/// Takes back all changes, and begins the choices of faults again.
async fn reset(State((api, chaos)): State<(Arc<dyn Api>, Arc<Chaos>)>, _: Request) -> StatusCode {
    chaos.reset();
    match tokio::task::spawn_blocking(move || api.reset()).await {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
