//! A line on standard error for each request.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::Uri;
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};
use percent_encoding::percent_decode_str;

use super::chaos::Cut;

/// Lines that wait for a slow reader of standard error; what does not fit is counted.
const WAITING: usize = 1024;
/// How long the last lines may take.
const LAST: Duration = Duration::from_millis(500);

/// Query options whose values nobody else should read.
const SECRET: &[&str] = &[
    "access-token",
    "access_token",
    "apikey",
    "api-key",
    "api_key",
    "authorization",
    "client",
    "key",
    "password",
    "password_confirmation",
    "secret",
    "token",
];

/// Where lines go: a thread of its own writes them, so that requests do not wait for it.
#[derive(Clone)]
pub(super) struct Log(Option<Arc<Lines>>);

struct Lines {
    sender: Mutex<Option<SyncSender<String>>>,
    dropped: Mutex<u64>,
    written: Mutex<Receiver<()>>,
}

impl Log {
    pub(super) fn new(quiet: bool) -> io::Result<Self> {
        if quiet {
            return Ok(Log(None));
        }
        let (sender, lines) = sync_channel::<String>(WAITING);
        let (done, written) = sync_channel(1);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || {
            for line in lines {
                // Nothing is left to be done if standard error is closed.
                let _ = io::stderr().write_all(line.as_bytes());
            }
            let _ = done.send(());
        })?;
        Ok(Log(Some(Arc::new(Lines {
            sender: Mutex::new(Some(sender)),
            dropped: Mutex::new(0),
            written: Mutex::new(written),
        }))))
    }

    pub(super) fn line(&self, text: &str) {
        let Some(lines) = &self.0 else {
            return;
        };
        let sender = lines.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = sender.as_ref() else {
            return;
        };
        let mut dropped = lines.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        let time = DateTime::<Utc>::from(SystemTime::now()).format("%H:%M:%S%.3f");
        let before = match *dropped {
            0 => String::new(),
            lines => format!("({lines} lines were lost, since nobody read them)\n"),
        };
        match sender.try_send(format!("{before}{time} {}\n", crate::shown(text))) {
            Err(TrySendError::Full(_)) => *dropped = dropped.saturating_add(1),
            Ok(()) | Err(TrySendError::Disconnected(_)) => *dropped = 0,
        }
    }

    /// Waits until the last line is written, but not for ever.
    pub(super) fn finish(&self) {
        if let Some(lines) = &self.0 {
            lines.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
            let written = lines.written.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = written.recv_timeout(LAST);
        }
    }
}

/// A request that is being answered; dropped before that, its client has gone.
struct Pending {
    log: Log,
    request: Option<String>,
    begun: Instant,
}

impl Pending {
    fn end(&mut self, how: &str) {
        if let Some(request) = self.request.take() {
            let took = self.begun.elapsed().as_secs_f64() * 1000.0;
            self.log.line(&format!("{request} {how}, {took:.1} ms"));
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.end("client gone");
    }
}

/// Logs a request and its response.
pub(super) async fn layer(State(log): State<Log>, request: Request, next: Next) -> Response {
    if log.0.is_none() {
        return next.run(request).await;
    }
    let line = format!("{} {}", request.method(), readable(request.uri()));
    let mut pending = Pending { log, request: Some(line), begun: Instant::now() };
    let response = next.run(request).await;
    match (response.extensions().get::<Cut>(), response.body().size_hint().exact()) {
        (Some(Cut), _) => pending.end("connection cut"),
        (None, Some(bytes)) => {
            pending.end(&format!("{}, {bytes} bytes", response.status().as_u16()));
        }
        (None, None) => pending.end(response.status().as_str()),
    }
    response
}

/// A path and a query, decoded, without what is secret.
fn readable(uri: &Uri) -> String {
    let mut line = decoded(uri.path()).into_owned();
    let options = uri.query().map(|query| query.split('&')).into_iter().flatten();
    for (position, option) in options.enumerate() {
        line.push(if position == 0 { '?' } else { '&' });
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (decoded(name), Some(value)),
            None => (decoded(option), None),
        };
        line.push_str(&name);
        if let Some(value) = value {
            let is_secret = SECRET.iter().any(|secret| name.trim().eq_ignore_ascii_case(secret));
            line.push('=');
            line.push_str(&if is_secret { "…".into() } else { decoded(value) });
        }
    }
    line
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}
