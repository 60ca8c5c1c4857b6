//! A server on a port of its own and a client for it.

use axum::Router;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media_type: String,
    pub(crate) body: String,
}

pub(crate) async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

pub(crate) async fn get(url: &str) -> Answer {
    let uri: Uri = url.parse().unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let request = Request::get(uri).body(Full::default()).unwrap();
    let response = client.request(request).await.unwrap();
    let status = response.status().as_u16();
    let media_type = response.headers().get(CONTENT_TYPE).map(|value| value.to_str().unwrap());
    let media_type = media_type.unwrap_or_default().to_owned();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, media_type, body: String::from_utf8(body.to_vec()).unwrap() }
}
