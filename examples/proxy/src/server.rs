//! Connections: taken, served, and ended when it is time.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use crate::config::Config;
use crate::proxy::Proxy;

/// How long connections have to end once the proxy is to end.
const GRACE: Duration = Duration::from_secs(10);

/// Serves clients until `end` is there, and then those that are being answered for ten seconds more.
pub async fn serve(listener: TcpListener, config: Config, end: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(config.timeout);
    let proxy = Arc::new(Proxy::new(config));
    let graceful = GracefulShutdown::new();
    let mut end = pin!(end);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut end => break,
        };
        // Out of file descriptors, most likely: others have to end first.
        let Ok((stream, _)) = accepted else {
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let proxy = Arc::clone(&proxy);
        let service = service_fn(move |request| {
            let proxy = Arc::clone(&proxy);
            async move { Ok::<_, Infallible>(proxy.answer(request).await) }
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        // How a connection ends is between it and its client.
        tokio::spawn(async move { connection.await.unwrap_or_default() });
    }
    drop(listener);
    let _ = timeout(GRACE, graceful.shutdown()).await;
}
