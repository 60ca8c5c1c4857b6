//! Batch requests (Protocol 11.7): several requests in one, those of a group all or none.

mod json;
mod multipart;

use std::collections::{HashMap, HashSet};

use http::header::{CONTENT_TYPE, HeaderName, LOCATION};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use crate::Service;
use crate::failure::{Failure, Outcome};
use crate::reply::Reply;
use crate::request::{Asked, Preferences, Version};
use crate::store::Data;

/// Requests of one batch at most.
const MOST: usize = 1000;

/// A request of a batch.
struct Item {
    id: Option<String>,
    /// The group whose requests are carried out all or none.
    group: Option<String>,
    depends_on: Vec<String>,
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// The answer to a request of a batch.
struct Answer {
    id: Option<String>,
    group: Option<String>,
    reply: Reply,
    version: Version,
}

/// Answers a batch request in the format that it was sent in.
pub(crate) fn answer(service: &Service, asked: &Asked<'_>) -> Outcome<Reply> {
    if asked.method != Method::POST {
        return Err(Failure::method_not_allowed("`$batch`", "POST"));
    }
    if asked.prefer.returned.is_some() {
        let message = "`Prefer: return` is for single requests of a batch";
        return Err(Failure::bad_request(message));
    }
    let content_type = asked.header(CONTENT_TYPE).unwrap_or_default().to_owned();
    let name = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match name.as_str() {
        "application/json" => {
            let items = json::read(asked.body)?;
            Ok(json::write(run(service, asked, items, true)?))
        }
        "multipart/mixed" => {
            let items = multipart::read(&content_type, asked.body)?;
            Ok(multipart::write(run(service, asked, items, false)?))
        }
        _ => {
            let message = "a batch is multipart/mixed or application/json";
            Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", message))
        }
    }
}

/// What requests of a batch may know of those before them.
#[derive(Default)]
struct Before {
    /// The URLs of what was created or addressed, by the id of the request.
    urls: HashMap<String, String>,
    failed: HashSet<String>,
}

/// Carries the requests out in order.
///
/// `each` says whether every request of a failed group has an answer of its own.
fn run(service: &Service, asked: &Asked<'_>, items: Vec<Item>, each: bool) -> Outcome<Vec<Answer>> {
    if items.len() > MOST {
        return Err(Failure::bad_request(format!("a batch has at most {MOST} requests")));
    }
    let mut before = Before::default();
    let mut answers: Vec<Answer> = Vec::with_capacity(items.len());
    let mut items = items.into_iter().peekable();
    while let Some(first) = items.next() {
        let mut run = vec![first];
        while let Some(next) = items.next_if(|next| {
            next.group.is_some() && run.first().is_some_and(|first| first.group == next.group)
        }) {
            run.push(next);
        }
        let done = match run.first().and_then(|first| first.group.as_ref()) {
            Some(_) => group(service, asked, run, &mut before, each),
            None => run.into_iter().map(|item| single(service, asked, item, &mut before)).collect(),
        };
        let failed = done.iter().any(|answer| is_failure(&answer.reply));
        answers.extend(done);
        if failed && !asked.prefer.continue_on_error {
            break;
        }
    }
    // What is not carried out any more has no answer, but what depends on a failure says so.
    for item in items.filter(|_| each) {
        if item.depends_on.iter().any(|id| before.failed.contains(id)) {
            let reply =
                Reply::failure(&failed_dependency("a request that this one depends on failed"));
            before.remember(&item, &reply);
            answers.push(Answer { id: item.id, group: item.group, reply, version: asked.version });
        }
    }
    Ok(answers)
}

fn failed_dependency(message: &str) -> Failure {
    Failure::new(StatusCode::FAILED_DEPENDENCY, "failed-dependency", message)
}

fn is_failure(reply: &Reply) -> bool {
    reply.status.is_client_error() || reply.status.is_server_error()
}

fn single(service: &Service, asked: &Asked<'_>, item: Item, before: &mut Before) -> Answer {
    let (version, reply) = prepared(asked, &item, before, |asked| service.answer(asked));
    before.remember(&item, &reply);
    Answer { id: item.id, group: item.group, reply, version }
}

/// The requests of a group: what one of them fails at undoes the others.
fn group(
    service: &Service,
    asked: &Asked<'_>,
    items: Vec<Item>,
    before: &mut Before,
    each: bool,
) -> Vec<Answer> {
    let mut data = service.writing();
    let unchanged: Data = data.clone();
    let mut answers = Vec::with_capacity(items.len());
    let mut failed = false;
    for item in items {
        if failed {
            if each {
                let failure = failed_dependency("another request of the group failed");
                let reply = Reply::failure(&failure);
                before.remember(&item, &reply);
                answers.push(Answer {
                    id: item.id,
                    group: item.group,
                    reply,
                    version: asked.version,
                });
            }
            continue;
        }
        let (version, reply) =
            prepared(asked, &item, before, |asked| service.answer_in(&mut data, asked));
        failed = is_failure(&reply);
        if failed {
            *data = unchanged.clone();
            for done in &mut answers {
                let Answer { reply, .. }: &mut Answer = done;
                let failure =
                    failed_dependency("undone, because another request of the group failed");
                *reply = Reply::failure(&failure);
            }
            if !each {
                answers.clear();
            }
        }
        before.remember(&item, &reply);
        answers.push(Answer { id: item.id, group: item.group, reply, version });
    }
    answers
}

/// Makes a request of its own of one in a batch.
fn prepared(
    asked: &Asked<'_>,
    item: &Item,
    before: &Before,
    answer: impl FnOnce(&Asked<'_>) -> Outcome<Reply>,
) -> (Version, Reply) {
    let mut version = asked.version;
    let answered = || {
        if item.depends_on.iter().any(|id| before.failed.contains(id)) {
            return Err(failed_dependency("a request that this one depends on failed"));
        }
        if item.headers.contains_key("odata-maxversion") {
            version = Version::negotiated(&item.headers)?;
        }
        let url = before.resolved(asked, &item.url)?;
        let (path, query) = url.split_once('?').unwrap_or((&url, ""));
        if path.trim_matches('/').eq_ignore_ascii_case("$batch") {
            return Err(Failure::bad_request("a batch cannot contain a batch"));
        }
        let mut headers = item.headers.clone();
        for name in ["accept", "odata-version"] {
            if let (None, Some(value)) = (headers.get(name), asked.headers.get(name))
                && !(name == "accept" && is_of_batch(value))
            {
                headers.insert(HeaderName::from_static(name), value.clone());
            }
        }
        let own = Asked {
            method: item.method.clone(),
            path: format!("/{}", path.trim_start_matches('/')),
            query: query.split('#').next().unwrap_or_default().to_owned(),
            prefer: Preferences::of(&headers),
            headers: &headers,
            body: &item.body,
            root: asked.root.clone(),
            version,
        };
        answer(&own)
    };
    let reply = answered().unwrap_or_else(|failure| Reply::failure(&failure));
    (version, reply)
}

/// Whether what is accepted is a batch response, which no request inside of it is.
fn is_of_batch(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|value| value.contains("multipart"))
}

impl Before {
    fn remember(&mut self, item: &Item, reply: &Reply) {
        if is_failure(reply) {
            self.failed.extend(item.group.clone());
        }
        let Some(id) = &item.id else {
            return;
        };
        if is_failure(reply) {
            self.failed.insert(id.clone());
            return;
        }
        let url = reply.header(&LOCATION).unwrap_or(&item.url);
        self.urls.insert(id.clone(), url.to_owned());
    }

    /// The URL of a request relative to the service root, with what an earlier request led to put in.
    fn resolved(&self, asked: &Asked<'_>, url: &str) -> Outcome<String> {
        let bare = url.trim_start_matches('/');
        let resolved = match bare.strip_prefix('$') {
            Some(rest) => {
                let end = rest.find(['/', '?', '(']).unwrap_or(rest.len());
                let (id, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
                match self.urls.get(id) {
                    Some(url) => format!("{url}{rest}"),
                    None if self.failed.contains(id) => {
                        let message = format!("request `{id}`, which `{url}` refers to, failed");
                        return Err(failed_dependency(&message));
                    }
                    None => url.to_owned(),
                }
            }
            None => url.to_owned(),
        };
        let root_path = asked.root.split_once("://").map_or(asked.root.as_str(), |(_, rest)| {
            rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/")
        });
        let relative = match resolved.strip_prefix(&asked.root) {
            Some(relative) => relative,
            None => match resolved.split_once("://") {
                // Another name of the host.
                Some((_, rest)) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"),
                None => &resolved,
            },
        };
        Ok(relative.strip_prefix(root_path).unwrap_or(relative).to_owned())
    }
}
