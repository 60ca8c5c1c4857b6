//! Connections: taking them, answering on them, and letting the last ones finish.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_io_timeout::TimeoutStream;

use super::chaos::Cut;
use super::log::Log;

/// How long requests may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);
/// Connections that wait to be taken.
const BACKLOG: u32 = 1024;
/// The pause after a connection could not be taken, as when there are no file descriptors left.
const PAUSE: Duration = Duration::from_millis(50);

/// Listens on the first address of a name that can be listened on.
pub(super) async fn listen(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in tokio::net::lookup_host((host, port)).await? {
        let bound = || {
            let socket = match address.is_ipv4() {
                true => TcpSocket::new_v4()?,
                false => TcpSocket::new_v6()?,
            };
            #[cfg(unix)]
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            socket.listen(BACKLOG)
        };
        match bound() {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Answers until a signal comes, and then what has begun.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    timeout: Duration,
    mut signals: Signals,
    log: &Log,
) {
    let graceful = GracefulShutdown::new();
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            () = signals.next() => break,
        };
        match taken {
            Ok((stream, _)) => answer(stream, router.clone(), timeout, &graceful),
            Err(error) => {
                log.line(&format!("a connection was not taken: {error}"));
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    log.line("stopping when the requests that have begun are answered");
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(GRACE) => log.line("stopping although some are not"),
        () = signals.next() => log.line("stopping at once"),
    }
}

fn answer(stream: TcpStream, router: Router, timeout: Duration, graceful: &GracefulShutdown) {
    // Answers are written whole; without it small ones may wait.
    let _ = stream.set_nodelay(true);
    let router = Arc::new(TowerToHyperService::new(router));
    let service = service_fn(move |request: Request<Incoming>| {
        let router = Arc::clone(&router);
        async move { uncut(hyper::service::Service::call(&*router, request).await) }
    });
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(timeout));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeout)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // What goes wrong with one connection is its client's to notice.
        let _ = connection.await;
    });
}

/// A response, or the error that makes hyper drop the connection.
fn uncut(response: Result<Response, Infallible>) -> io::Result<Response> {
    let Ok(response) = response;
    match response.extensions().get::<Cut>() {
        Some(Cut) => Err(io::ErrorKind::ConnectionReset.into()),
        None => Ok(response),
    }
}

/// The signals that ask the process to stop. Those that came while nobody waited are not lost.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(not(unix))]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    #[cfg(unix)]
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let (interrupt, terminate) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(Signals { interrupt, terminate })
    }

    #[cfg(not(unix))]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Signals { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for the next one.
    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! { _ = self.interrupt.recv() => {}, _ = self.terminate.recv() => {} }
        #[cfg(not(unix))]
        self.interrupt.recv().await;
    }
}
