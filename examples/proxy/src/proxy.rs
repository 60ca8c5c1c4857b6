//! One request: asked, sent on, answered.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HOST, HeaderValue};
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;

use crate::ask::Asked;
use crate::body::{Body, Making, as_it_is, full};
use crate::config::{Config, Mode};
use crate::headers;
use crate::links::Links;
use crate::split::{Form, Splitter};
use crate::trouble::Trouble;
use crate::work::{Apply, Relay, Work};

/// Between clients and an upstream.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) config: Config,
    client: Client<HttpConnector, Full<Bytes>>,
}

/// A request as the proxy understands it.
struct Wanted {
    /// The path, without `/$query`.
    path: String,
    query: String,
    /// Whether the query came in the body.
    is_posted: bool,
    is_head: bool,
    public: String,
}

impl Proxy {
    pub(crate) fn new(config: Config) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(config.timeout));
        connector.set_nodelay(true);
        let client =
            Client::builder(TokioExecutor::new()).pool_timer(TokioTimer::new()).build(connector);
        Proxy { config, client }
    }

    /// Answers a request, whatever happens.
    pub(crate) async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Body> {
        self.answered(request).await.unwrap_or_else(|trouble| refusal(&trouble))
    }

    async fn answered(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Trouble> {
        let (parts, body) = request.into_parts();
        let wanted = self.wanted(&parts, body).await?;
        let rules = &self.config.rules;
        if climbs(&wanted.path) || !rules.admits(&wanted.path) {
            return Err(Trouble::new(404, "not-found", "there is no such resource"));
        }
        if let Some(property) = rules.forbidden_in(&wanted.path) {
            let message = format!("property `{property}` is not allowed");
            return Err(Trouble::new(403, "forbidden", &message));
        }
        let asked = Asked::new(&wanted.query, &self.config)?;
        let reads = self.reads(&asked);
        let headers = headers::of_request(parts.headers, reads);

        let resource = format!("{}{}", self.config.upstream.path, wanted.path);
        let text = format!("{:#}", asked.forwarded);
        let (method, target, body) = match (self.config.mode, text.as_str()) {
            (Mode::Forward, _) if wanted.is_posted => {
                (Method::POST, format!("{resource}/$query"), Bytes::from(text))
            }
            (_, "") => (Method::GET, resource, Bytes::new()),
            _ => (Method::GET, format!("{resource}?{text}"), Bytes::new()),
        };
        let method = if wanted.is_head { Method::HEAD } else { method };
        let response = self.send(method, &target, headers.clone(), body).await?;
        self.made(response, wanted, asked, target, headers).await
    }

    /// Whether something has to be seen to in the answer, other than links.
    fn reads(&self, asked: &Asked) -> bool {
        asked.applied.is_some() || self.config.rules.redacts || self.config.tenant.is_some()
    }

    /// What of an answer the client gets.
    async fn made(
        self: Arc<Self>,
        response: Response<Incoming>,
        wanted: Wanted,
        asked: Asked,
        target: String,
        asking: HeaderMap,
    ) -> Result<Response<Body>, Trouble> {
        let rules = &self.config.rules;
        let must_read = self.reads(&asked);
        let links = Links {
            upstream: self.config.upstream.clone(),
            public: wanted.public,
            filter: asked.own_filter,
            settings: rules.settings,
        };
        let (mut parts, body) = response.into_parts();
        let form = headers::form(&parts.headers);
        headers::of_response(&mut parts.headers, &links);
        if !parts.status.is_success() || parts.status == StatusCode::NO_CONTENT {
            return Ok(Response::from_parts(parts, as_it_is(body)));
        }
        let Some(form) = form else {
            if must_read && !holds_no_records(&wanted.path, self.config.mode) {
                return Err(Trouble::unusable(
                    "it is not plain JSON, so the query and the rules cannot be held to it",
                ));
            }
            return Ok(Response::from_parts(parts, as_it_is(body)));
        };
        headers::of_changed_body(&mut parts.headers);
        if wanted.is_head {
            return Ok(Response::from_parts(parts, full(Bytes::new())));
        }
        let redacts = rules.redacts.then(|| rules.policy.clone());
        let work: Box<dyn Work> = match asked.applied {
            None => {
                let are_whole = asked.forwarded.options().select.is_empty();
                Box::new(Relay::new(form, links, redacts, self.config.tenant.clone(), are_whole))
            }
            Some(applied) => {
                parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                parts.headers.entry("OData-Version").or_insert(HeaderValue::from_static("4.0"));
                Box::new(Apply::new(applied, links, redacts, self.config.max_body))
            }
        };
        let splitter = self.splitter(form);
        let pages = HashSet::from([target.clone()]);
        let making = Making {
            proxy: self,
            splitter,
            work,
            rest: Some(body),
            target,
            headers: asking,
            pages,
        };
        Ok(Response::from_parts(parts, making.body().await?))
    }

    /// Reads what a request wants; what changes anything is refused.
    async fn wanted(&self, parts: &Parts, body: Incoming) -> Result<Wanted, Trouble> {
        let path = parts.uri.path();
        let mut wanted = Wanted {
            path: path.to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            is_posted: false,
            is_head: parts.method == Method::HEAD,
            public: self.public(parts),
        };
        if [Method::GET, Method::HEAD].contains(&parts.method) {
            return Ok(wanted);
        }
        let resource = path.strip_suffix("/$query").or_else(|| path.strip_suffix("/%24query"));
        let Some(resource) = resource.filter(|_| parts.method == Method::POST) else {
            let message = "only GET, HEAD and POST to a path that ends in `/$query` are allowed";
            return Err(Trouble::new(405, "method-not-allowed", message));
        };
        let text = self.posted(&parts.headers, body).await?;
        (wanted.path, wanted.is_posted) = (resource.to_owned(), true);
        wanted.query = format!("{}&{text}", wanted.query);
        Ok(wanted)
    }

    /// The query options in a body (URL Conventions 4.17).
    async fn posted(&self, headers: &HeaderMap, body: Incoming) -> Result<String, Trouble> {
        let most = self.config.rules.settings.limits.text;
        let too_long = |_| Trouble::new(413, "limit", "the query options in the body are too long");
        let late = |_| Trouble::new(408, "timeout", "the body of the request does not arrive");
        let body = timeout(self.config.timeout, Limited::new(body, most).collect());
        let body = body.await.map_err(late)?.map_err(too_long)?.to_bytes();
        let text = String::from_utf8(body.to_vec()).map_err(|_| {
            Trouble::new(400, "encoding", "the query options in the body must be UTF-8")
        })?;
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        match media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim() {
            "text/plain" => Ok(text),
            "application/x-www-form-urlencoded" => Ok(text.replace('+', "%20")),
            _ => {
                let message =
                    "query options in a body are text/plain or application/x-www-form-urlencoded";
                Err(Trouble::new(415, "media-type", message))
            }
        }
    }

    /// The URL that the client knows the proxy by.
    fn public(&self, parts: &Parts) -> String {
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        match (&self.config.public, host) {
            (Some(public), _) => public.trim_end_matches('/').to_owned(),
            (None, Some(host)) => format!("http://{host}"),
            (None, None) => String::new(),
        }
    }

    pub(crate) async fn get(
        &self,
        target: &str,
        headers: HeaderMap,
    ) -> Result<Response<Incoming>, Trouble> {
        self.send(Method::GET, target, headers, Bytes::new()).await
    }

    async fn send(
        &self,
        method: Method,
        target: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Incoming>, Trouble> {
        let has_body = method == Method::POST;
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{target}", self.config.upstream.origin))
            .body(Full::new(body));
        let mut request = request.map_err(|_| {
            Trouble::new(
                414,
                "limit",
                "the URL for the upstream service is too long; use POST and `/$query`",
            )
        })?;
        *request.headers_mut() = headers;
        if has_body {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        }
        match timeout(self.config.timeout, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) => Err(Trouble::gone()),
            Err(_) => Err(Trouble::late()),
        }
    }

    pub(crate) fn splitter(&self, form: Form) -> Splitter {
        Splitter::new(form, self.config.max_body)
    }
}

/// Whether a path leads out of what is below the upstream's own.
fn climbs(path: &str) -> bool {
    path.split('/').any(|segment| {
        matches!(percent_decode_str(segment).decode_utf8_lossy().as_ref(), "." | "..")
    })
}

/// Whether a path leads to what is not made of records: `$metadata`, and the number of those that an upstream
/// that filters has counted.
fn holds_no_records(path: &str, mode: Mode) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    let last = percent_decode_str(last).decode_utf8_lossy();
    last == "$metadata" || (last == "$count" && mode == Mode::Forward)
}

fn refusal(trouble: &Trouble) -> Response<Body> {
    let mut response = Response::new(full(trouble.body.clone()));
    *response.status_mut() =
        StatusCode::from_u16(trouble.status).unwrap_or(StatusCode::BAD_GATEWAY);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if trouble.status == 405 {
        headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD, POST"));
    }
    response
}
