//! Upstreams that answer byte by byte as a test says, the proxy, and a client.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use odata_proxy::{Config, Mode, serve};
use odata_query::Query;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::sleep;

/// A part of an upstream's answer.
pub(crate) enum Step {
    Send(Vec<u8>),
    Wait(Duration),
    /// Goes on when the test says so.
    Until(oneshot::Receiver<()>),
}

/// A request as an upstream gets it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    /// The head, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) struct Upstream {
    pub(crate) url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    /// Answers each request with what a function makes of it, and closes the connection then.
    pub(crate) async fn new(answer: impl Fn(&Seen) -> Vec<Step> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (all, answer) = (Arc::clone(&seen), Arc::new(answer));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (all, answer) = (Arc::clone(&all), Arc::clone(&answer));
                tokio::spawn(async move {
                    let Some(seen) = read_request(&mut stream).await else {
                        return;
                    };
                    all.lock().unwrap().push(seen.clone());
                    for step in answer(&seen) {
                        match step {
                            Step::Send(bytes) => {
                                if stream.write_all(&bytes).await.is_err() {
                                    return;
                                }
                            }
                            Step::Wait(time) => sleep(time).await,
                            Step::Until(signal) => drop(signal.await),
                        }
                    }
                    let _ = stream.shutdown().await;
                });
            }
        });
        Upstream { url, seen }
    }

    /// Answers with JSON, whatever it is asked.
    pub(crate) async fn json(body: impl Into<String>) -> Self {
        let body = body.into();
        Upstream::new(move |_| vec![json_answer(&body)]).await
    }

    /// Answers queries over some records.
    pub(crate) async fn filtering(records: Vec<Value>) -> Self {
        Upstream::new(move |seen| {
            let query = seen.target.split_once('?').map_or("", |(_, query)| query);
            let query = format!("{query}&{}", seen.body);
            vec![json_answer(&Query::parse(&query).unwrap().apply(&records).unwrap().to_json())]
        })
        .await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen().pop().unwrap_or_default()
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<Seen> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let (line, _) = head.split_once("\r\n")?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let head = head.to_lowercase();
    let length = head
        .split("content-length: ")
        .nth(1)
        .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
    while bytes.len() < end + length {
        stream.read_buf(&mut bytes).await.ok()?;
    }
    let body = String::from_utf8(bytes[end..].to_vec()).unwrap();
    Some(Seen { method, target, head, body })
}

pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Step {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n",
        body.len()
    );
    Step::Send([head.as_bytes(), body].concat())
}

pub(crate) fn json_answer(body: &str) -> Step {
    answer("200 OK", "Content-Type: application/json\r\n", body.as_bytes())
}

/// The head of an answer whose chunks follow.
pub(crate) fn chunked() -> Step {
    Step::Send(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            .to_vec(),
    )
}

pub(crate) fn chunk(bytes: &[u8]) -> Step {
    Step::Send([format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat())
}

pub(crate) fn last_chunk() -> Step {
    Step::Send(b"0\r\n\r\n".to_vec())
}

pub(crate) fn people() -> Vec<Value> {
    (0..8)
        .map(|id| json!({"id": id, "tenantId": 7 + id % 2, "name": format!("n{id}"), "salary": 100 * id}))
        .collect()
}

pub(crate) struct Proxy {
    pub(crate) url: String,
    /// Ends the proxy.
    pub(crate) end: Option<oneshot::Sender<()>>,
    pub(crate) ended: tokio::task::JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn new(upstream: &str, change: impl FnOnce(Config) -> Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let config = change(Config::new(upstream).unwrap());
        let (end, ends) = oneshot::channel();
        let ended = tokio::spawn(serve(listener, config, async move { drop(ends.await) }));
        Proxy { url, end: Some(end), ended }
    }

    pub(crate) async fn get(&self, target: &str) -> Answer {
        self.send(Request::get(format!("{}{target}", self.url)).body(Full::default()).unwrap())
            .await
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        Answer::read(client().request(request).await.unwrap()).await
    }

    pub(crate) async fn open(&self, target: &str) -> Response<Incoming> {
        client().get(format!("{}{target}", self.url).parse().unwrap()).await.unwrap()
    }
}

pub(crate) fn client() -> Client<HttpConnector, Full<Bytes>> {
    Client::builder(TokioExecutor::new()).build_http()
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) bytes: Bytes,
    /// Whether the body came to its end.
    pub(crate) is_whole: bool,
}

impl Answer {
    pub(crate) async fn read(response: Response<Incoming>) -> Self {
        let (parts, mut body) = response.into_parts();
        let (mut bytes, mut is_whole) = (Vec::new(), true);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Err(_) => is_whole = false,
            }
        }
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            bytes: bytes.into(),
            is_whole,
        }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    #[track_caller]
    pub(crate) fn ids(&self) -> Vec<i64> {
        let body = self.json();
        let records = body["value"].as_array().unwrap_or_else(|| panic!("{body}"));
        records.iter().map(|record| record["id"].as_i64().unwrap()).collect()
    }

    /// The status and the code of an error.
    #[track_caller]
    pub(crate) fn error(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/json");
        (self.status, self.json()["error"]["code"].as_str().unwrap().to_owned())
    }
}

pub(crate) fn forward(config: Config) -> Config {
    config
}

pub(crate) fn apply(mut config: Config) -> Config {
    config.mode = Mode::Apply;
    config
}

pub(crate) fn tenant(config: Config) -> Config {
    config.with_tenant("tenantId eq 7").unwrap()
}
