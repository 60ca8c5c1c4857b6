//! Bodies that are made while the upstream's are read.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::HeaderMap;
use hyper::body::{Frame, Incoming};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::proxy::Proxy;
use crate::split::Splitter;
use crate::trouble::Trouble;
use crate::work::Work;

/// A body whose error breaks the connection off, so that nobody takes it for a whole one.
pub(crate) type Body = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// Pages of an answer at most.
const PAGES: usize = 10_000;

/// The answer to a request in the making.
pub(crate) struct Making {
    pub(crate) proxy: Arc<Proxy>,
    pub(crate) splitter: Splitter,
    pub(crate) work: Box<dyn Work>,
    /// What is still to come of the upstream's answer.
    pub(crate) rest: Option<Incoming>,
    /// What the upstream was asked, and the headers to ask it for further pages with.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    /// The pages asked for.
    pub(crate) pages: HashSet<String>,
}

impl Making {
    /// The body, once its beginning is there: what fails until then is an answer of its own.
    pub(crate) async fn body(mut self) -> Result<Body, Trouble> {
        let Some((first, rest)) = self.step().await? else {
            return Ok(full(Bytes::new()));
        };
        self = rest;
        let all = stream::unfold((Some(first), Some(self)), |(first, making)| async move {
            if let Some(first) = first {
                return Some((Ok(Frame::data(first)), (None, making)));
            }
            match making?.step().await {
                Ok(Some((bytes, making))) => Some((Ok(Frame::data(bytes)), (None, Some(making)))),
                Ok(None) => None,
                Err(trouble) => Some((Err(trouble.into()), (None, None))),
            }
        });
        Ok(StreamBody::new(all).boxed_unsync())
    }

    /// Goes on until there is something to send; none at the end.
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, Trouble> {
        let mut out = Vec::new();
        while out.is_empty() {
            let Some(rest) = &mut self.rest else {
                return Ok(None);
            };
            let mut pieces = Vec::new();
            match timeout(self.proxy.config.timeout, rest.frame()).await {
                Err(_) => return Err(Trouble::late()),
                Ok(Some(Err(_))) => return Err(Trouble::gone()),
                Ok(Some(Ok(frame))) => {
                    let chunk = frame.into_data().unwrap_or_default();
                    self.splitter.feed(&chunk, &mut pieces)?;
                    self.work.pieces(pieces, &mut out)?;
                    if self.work.is_done() {
                        self = self.finish(&mut out).await?;
                    }
                }
                Ok(None) => {
                    self.splitter.finish(&mut pieces)?;
                    self.work.pieces(pieces, &mut out)?;
                    match self.work.next_page() {
                        Some(link) => self.turn(&link).await?,
                        None => self = self.finish(&mut out).await?,
                    }
                }
            }
        }
        Ok(Some((out.into(), self)))
    }

    /// What takes all records may take a while, and keeps nobody else waiting.
    async fn finish(mut self, out: &mut Vec<u8>) -> Result<Self, Trouble> {
        self.rest = None;
        let made = spawn_blocking(move || {
            let mut end = Vec::new();
            self.work.finish(&mut end).map(|()| (self, end))
        });
        let (made, end) = made.await.map_err(|_| Trouble::gone())??;
        out.extend_from_slice(&end);
        Ok(made)
    }

    /// Goes on with the next page of the upstream's answer.
    async fn turn(&mut self, link: &str) -> Result<(), Trouble> {
        let target = self.work.links().followed(link, &self.target);
        let target = target.ok_or_else(|| Trouble::unusable("its next page is somewhere else"))?;
        if self.pages.len() >= PAGES || !self.pages.insert(target.clone()) {
            return Err(Trouble::unusable("its pages have no end"));
        }
        let response = self.proxy.get(&target, self.headers.clone()).await?;
        let form =
            crate::headers::form(response.headers()).filter(|_| response.status().is_success());
        let form = form.ok_or_else(|| Trouble::unusable("a page of it is not JSON"))?;
        self.splitter = self.proxy.splitter(form);
        self.rest = Some(response.into_body());
        self.target = target;
        Ok(())
    }
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

pub(crate) fn as_it_is(body: Incoming) -> Body {
    body.map_err(Into::into).boxed_unsync()
}
