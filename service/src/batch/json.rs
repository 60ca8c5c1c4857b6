//! Batches as JSON (JSON Format 19).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Answer, Item};
use crate::failure::{Failure, Outcome};
use crate::reply::Reply;
use crate::request::Format;

pub(super) fn read(body: &[u8]) -> Outcome<Vec<Item>> {
    let body: Value = serde_json::from_slice(body)
        .map_err(|error| Failure::bad_request(format!("the batch is no JSON: {error}")))?;
    let requests = body.get("requests").and_then(Value::as_array);
    let requests =
        requests.ok_or_else(|| Failure::bad_request("the batch has no array `requests`"))?;
    let items: Vec<Item> = requests.iter().map(item).collect::<Outcome<_>>()?;
    let mut known = std::collections::HashSet::new();
    match items.iter().find(|item| !known.insert(item.id.clone())) {
        Some(twice) => {
            let id = twice.id.as_deref().unwrap_or_default();
            Err(Failure::bad_request(format!("two requests of the batch have the id `{id}`")))
        }
        None => Ok(items),
    }
}

fn item(request: &Value) -> Outcome<Item> {
    let text = |name: &str| request.get(name).and_then(Value::as_str).map(str::to_owned);
    let needed = |name: &str| {
        text(name)
            .ok_or_else(|| Failure::bad_request(format!("a request of the batch has no `{name}`")))
    };
    let method = needed("method")?.to_ascii_uppercase();
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| Failure::bad_request(format!("`{method}` is no method")))?;
    let mut headers = HeaderMap::new();
    for (name, value) in request.get("headers").and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(&value)) {
            headers.append(name, value);
        }
    }
    let is_json =
        headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_none_or(|value| {
            value.split(';').next().is_some_and(|name| name.trim().ends_with("json"))
        });
    let body = match request.get("body") {
        None => Vec::new(),
        Some(Value::String(text)) if !is_json => {
            let is_text = headers
                .get(CONTENT_TYPE)
                .is_some_and(|value| value.as_bytes().starts_with(b"text/"));
            match crate::value::bytes(text) {
                Some(bytes) if !is_text => bytes,
                _ => text.clone().into_bytes(),
            }
        }
        Some(body) => body.to_string().into_bytes(),
    };
    if !body.is_empty() && is_json {
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    }
    let depends_on = request.get("dependsOn").and_then(Value::as_array).into_iter().flatten();
    Ok(Item {
        id: Some(needed("id")?),
        group: text("atomicityGroup"),
        depends_on: depends_on.filter_map(|id| id.as_str().map(str::to_owned)).collect(),
        method,
        url: needed("url")?,
        headers,
        body,
    })
}

pub(super) fn write(answers: Vec<Answer>) -> Reply {
    let responses: Vec<Value> = answers.into_iter().map(response).collect();
    Reply::json(StatusCode::OK, Format::DEFAULT, &json!({ "responses": responses }))
}

fn response(answer: Answer) -> Value {
    let mut out = Map::new();
    if let Some(id) = answer.id {
        out.insert("id".to_owned(), id.into());
    }
    if let Some(group) = answer.group {
        out.insert("atomicityGroup".to_owned(), group.into());
    }
    out.insert("status".to_owned(), answer.reply.status.as_u16().into());
    let mut headers = Map::new();
    headers.insert("odata-version".to_owned(), answer.version.name().into());
    for (name, value) in answer.reply.headers() {
        headers.insert(name.as_str().to_owned(), value.into());
    }
    let content_type =
        headers.get("content-type").and_then(Value::as_str).unwrap_or_default().to_owned();
    out.insert("headers".to_owned(), Value::Object(headers));
    let body = answer.reply.body();
    if !body.is_empty() {
        let json =
            content_type.starts_with("application/json").then(|| serde_json::from_slice(body).ok());
        let text = || match std::str::from_utf8(body) {
            Ok(text) if content_type.starts_with("text/") || content_type.ends_with("xml") => {
                Value::from(text)
            }
            _ => URL_SAFE_NO_PAD.encode(body).into(),
        };
        out.insert("body".to_owned(), json.flatten().unwrap_or_else(text));
    }
    Value::Object(out)
}
