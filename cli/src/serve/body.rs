//! Bodies of requests, read whole before anything answers: of a bounded length and in a bounded time.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use super::api::Api;

/// What bodies are allowed.
#[derive(Clone)]
pub(super) struct Bounds {
    pub(super) bytes: usize,
    pub(super) time: Duration,
    pub(super) api: Arc<dyn Api>,
}

/// Times the bound that is read and dropped of a body that is too large, so that its client gets to read why.
const DRAINED: usize = 8;

enum Unread {
    TooLarge,
    Broken,
}

/// Reads the body.
pub(super) async fn layer(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let error = |status, message: &str| bounds.api.error(status, message);
    match tokio::time::timeout(bounds.time, read(body, bounds.bytes)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(Unread::TooLarge)) => error(
            StatusCode::PAYLOAD_TOO_LARGE,
            &format!("the body has more than {} bytes; `--max-body` allows more", bounds.bytes),
        ),
        Ok(Err(Unread::Broken)) => error(StatusCode::BAD_REQUEST, "the body broke off"),
        Err(_) => {
            let seconds = bounds.time.as_secs_f64();
            let message = format!("the body did not arrive within {seconds} s");
            error(StatusCode::REQUEST_TIMEOUT, &message)
        }
    }
}

async fn read(mut body: Body, most: usize) -> Result<Bytes, Unread> {
    let mut bytes = Vec::new();
    let mut length: usize = 0;
    let drained = most.saturating_mul(DRAINED);
    let announced = body.size_hint().lower();
    if announced > drained as u64 {
        return Err(Unread::TooLarge);
    }
    while let Some(frame) = frame(&mut body).await {
        let frame = frame.map_err(|_| Unread::Broken)?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length = length.saturating_add(data.len());
        if length <= most {
            bytes.extend_from_slice(&data);
        } else if length > drained {
            break;
        } else {
            bytes = Vec::new();
        }
    }
    if length > most { Err(Unread::TooLarge) } else { Ok(bytes.into()) }
}

async fn frame(body: &mut Body) -> Option<Result<hyper::body::Frame<Bytes>, axum::Error>> {
    std::future::poll_fn(|context| std::pin::Pin::new(&mut *body).poll_frame(context)).await
}
