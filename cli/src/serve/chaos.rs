//! Delays and faults on purpose, for all requests or for one.

use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::api::Api;
use super::options::time;

/// The headers with which one request asks for what the command line asks for all.
pub(super) const DELAY: &str = "x-odata-delay";
pub(super) const FAIL: &str = "x-odata-fail";

/// A time, or a range of times.
#[derive(Clone, Copy)]
pub(super) struct Delay {
    from: Duration,
    to: Duration,
}

/// How many of a million requests fail, and how.
#[derive(Clone, Copy)]
pub(super) struct Fault {
    share: u32,
    /// The status; none where the connection is cut.
    status: Option<StatusCode>,
}

const MILLION: u32 = 1_000_000;

/// Marks the response of a request whose connection is to be cut.
#[derive(Clone)]
pub(super) struct Cut;

impl FromStr for Delay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((from, to)) = text.split_once("..") else {
            let time = time(text)?;
            return Ok(Delay { from: time, to: time });
        };
        let unit = if to.ends_with("ms") { "ms" } else { "s" };
        let bare = from.ends_with(|c: char| c.is_ascii_digit());
        let from = time(&if bare { format!("{from}{unit}") } else { from.to_owned() })?;
        let to = time(to)?;
        if from > to {
            Err("the first time is the shorter one".into())
        } else {
            Ok(Delay { from, to })
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (share, how) = text.split_once(':').unwrap_or(("100%", text));
        let percent = share.strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
        let percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
        let percent = percent.ok_or(format!("`{share}` is not a share like `5%`"))?;
        let status = match how {
            "reset" => None,
            status => Some(
                (status.parse().ok())
                    .filter(|status| (400..600).contains(status))
                    .and_then(|status| StatusCode::from_u16(status).ok())
                    .ok_or(format!("`{how}` is not a status from 400 to 599, nor `reset`"))?,
            ),
        };
        // At most a million, as checked.
        Ok(Fault { share: (percent * 10_000.0).round() as u32, status })
    }
}

/// What happens to requests, and the choices still to come.
pub(super) struct Chaos {
    delay: Option<Delay>,
    fault: Option<Fault>,
    seed: u64,
    random: Mutex<fastrand::Rng>,
}

impl Chaos {
    pub(super) fn new(delay: Option<Delay>, fault: Option<Fault>, seed: u64) -> Self {
        Chaos { delay, fault, seed, random: Mutex::new(fastrand::Rng::with_seed(seed)) }
    }

    /// Begins the choices again.
    pub(super) fn reset(&self) {
        *self.random.lock().unwrap_or_else(PoisonError::into_inner) =
            fastrand::Rng::with_seed(self.seed);
    }

    fn choose(&self, most: u32) -> u32 {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).u32(0..=most)
    }

    fn wait(&self, delay: Delay) -> Duration {
        let span = delay.to.saturating_sub(delay.from);
        match span.is_zero() {
            true => delay.from,
            false => {
                let share = f64::from(self.choose(MILLION)) / f64::from(MILLION);
                delay.from.saturating_add(span.mul_f64(share))
            }
        }
    }

    fn strikes(&self, fault: Fault) -> bool {
        self.choose(MILLION - 1) < fault.share
    }
}

/// Waits and fails as the request says, or else the command line.
pub(super) async fn layer(
    State((chaos, api)): State<(Arc<Chaos>, Arc<dyn Api>)>,
    request: Request,
    next: Next,
) -> Response {
    let asked = (asked(request.headers(), DELAY), asked(request.headers(), FAIL));
    let (delay, fault) = match asked {
        (Ok(delay), Ok(fault)) => (delay.or(chaos.delay), fault.or(chaos.fault)),
        (Err(message), _) | (_, Err(message)) => {
            return api.error(StatusCode::BAD_REQUEST, &message);
        }
    };
    if let Some(delay) = delay {
        tokio::time::sleep(chaos.wait(delay)).await;
    }
    match fault.filter(|fault| chaos.strikes(*fault)).map(|fault| fault.status) {
        None => next.run(request).await,
        Some(Some(status)) => api.error(status, "this request fails on purpose"),
        Some(None) => (StatusCode::BAD_GATEWAY, axum::Extension(Cut)).into_response(),
    }
}

fn asked<T: FromStr<Err = String>>(headers: &HeaderMap, name: &str) -> Result<Option<T>, String> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let text = value.to_str().map_err(|_| format!("{name}: not ASCII"))?;
    text.trim().parse().map(Some).map_err(|error| format!("{name}: {error}"))
}
