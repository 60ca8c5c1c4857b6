//! Which headers go on, and which are between two neighbours only (RFC 9110, 7.6.1).

use hyper::HeaderMap;
use hyper::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_TYPE, ETAG, EXPECT, HOST, HeaderName, HeaderValue, IF_RANGE, LOCATION,
    PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, RANGE, TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};

use crate::links::Links;
use crate::split::Form;

const BETWEEN_NEIGHBOURS: [HeaderName; 10] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    CONTENT_LENGTH,
];

/// What the proxy says itself of its own request, and what would make another request of it.
const NOT_ASKED: [HeaderName; 8] = [
    HOST,
    EXPECT,
    RANGE,
    IF_RANGE,
    CONTENT_TYPE,
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-method-override"),
];

/// What is true of the bytes of a body that others take the place of.
const OF_BODY: [HeaderName; 6] = [
    ETAG,
    ACCEPT_RANGES,
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
];

/// The headers of a request that go on. Where the answer is to be read, it must not be encoded.
pub(crate) fn of_request(mut headers: HeaderMap, reads: bool) -> HeaderMap {
    remove_hops(&mut headers);
    NOT_ASKED.iter().for_each(|name| drop(headers.remove(name)));
    if reads {
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    headers.append(VIA, HeaderValue::from_static("1.1 odata-proxy"));
    headers
}

/// Leaves the headers of an answer that go on with a body as it is.
pub(crate) fn of_response(headers: &mut HeaderMap, links: &Links) {
    let length = headers.get(CONTENT_LENGTH).cloned();
    remove_hops(headers);
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, length);
    }
    for name in [LOCATION, CONTENT_LOCATION, HeaderName::from_static("odata-entityid")] {
        let link = headers.get(&name).and_then(|link| link.to_str().ok());
        let rewritten = link.and_then(|link| links.rewritten(link));
        if let Some(link) = rewritten.and_then(|link| HeaderValue::try_from(link).ok()) {
            headers.insert(name, link);
        }
    }
    headers.append(VIA, HeaderValue::from_static("1.1 odata-proxy"));
}

/// Takes off what is not true of a changed body.
pub(crate) fn of_changed_body(headers: &mut HeaderMap) {
    headers.remove(CONTENT_LENGTH);
    OF_BODY.iter().for_each(|name| drop(headers.remove(name)));
}

/// How the records of an answer are written, if there may be any to read.
pub(crate) fn form(headers: &HeaderMap) -> Option<Form> {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if !text(CONTENT_ENCODING)
        .is_none_or(|encoding| encoding.trim().eq_ignore_ascii_case("identity"))
    {
        return None;
    }
    let media_type =
        text(CONTENT_TYPE)?.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonlines" => Some(Form::Lines),
        "application/json" | "text/json" => Some(Form::Json),
        other => other.ends_with("+json").then_some(Form::Json),
    }
}

fn remove_hops(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    BETWEEN_NEIGHBOURS.iter().chain(&named).for_each(|name| drop(headers.remove(name)));
}
