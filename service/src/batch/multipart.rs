//! Batches as MIME messages (Protocol 11.7.7).

use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::{Answer, Item};
use crate::failure::{Failure, Outcome};
use crate::path::shown;
use crate::reply::Reply;

const BOUNDARY: &str = "batchresponse";
const GROUP_BOUNDARY: &str = "changesetresponse";

pub(super) fn read(content_type: &str, body: &[u8]) -> Outcome<Vec<Item>> {
    let mut items = Vec::new();
    for (number, part) in parts(content_type, body)?.into_iter().enumerate() {
        let (headers, content) = head(part)?;
        let content_type = header(&headers, "content-type").unwrap_or_default();
        if !content_type.to_ascii_lowercase().starts_with("multipart/mixed") {
            items.push(request(&headers, content, None)?);
            continue;
        }
        for part in parts(content_type, content)? {
            let (headers, content) = head(part)?;
            items.push(request(&headers, content, Some(format!("{number}")))?);
        }
    }
    Ok(items)
}

/// What stands between the boundaries of a body.
fn parts<'b>(content_type: &str, body: &'b [u8]) -> Outcome<Vec<&'b [u8]>> {
    let boundary = content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    });
    let boundary = boundary.filter(|boundary| !boundary.is_empty());
    let boundary = boundary
        .ok_or_else(|| Failure::bad_request("the content type of the batch has no boundary"))?;
    let delimiter = format!("--{boundary}").into_bytes();
    let mut found = Vec::new();
    // Where the part begins that is being looked at, and how long the text before the line is.
    let mut start: Option<usize> = None;
    let mut at = 0_usize;
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let end = at.saturating_add(line.len());
        if let Some(rest) = line.strip_prefix(delimiter.as_slice()) {
            let rest = rest.trim_ascii();
            if rest.is_empty() || rest == b"--" {
                if let Some(part) = start.and_then(|start| body.get(start..at)) {
                    // The line break in front of a boundary belongs to it.
                    let part = part.strip_suffix(b"\n").unwrap_or(part);
                    found.push(part.strip_suffix(b"\r").unwrap_or(part));
                }
                start = (rest.is_empty()).then_some(end);
                if rest == b"--" {
                    return Ok(found);
                }
            }
        }
        at = end;
    }
    Err(Failure::bad_request(format!(
        "the batch has no closing boundary `--{}--`",
        shown(boundary)
    )))
}

/// The lines in front of the first empty one, and what is behind it.
fn lines(part: &[u8]) -> Outcome<(Vec<&str>, &[u8])> {
    let mut lines = Vec::new();
    let mut at = 0_usize;
    for line in part.split_inclusive(|byte| *byte == b'\n') {
        at = at.saturating_add(line.len());
        let text = std::str::from_utf8(line).map(str::trim_end);
        match text.map_err(|_| Failure::bad_request("a header of the batch is not UTF-8"))? {
            "" => return Ok((lines, part.get(at..).unwrap_or_default())),
            text => lines.push(text),
        }
    }
    Ok((lines, &[]))
}

type Headers<'p> = Vec<(&'p str, &'p str)>;

fn head(part: &[u8]) -> Outcome<(Headers<'_>, &[u8])> {
    let (lines, content) = lines(part)?;
    let header = |line: &str| {
        Failure::bad_request(format!("`{}` is no header of a part of the batch", shown(line)))
    };
    let headers = lines.into_iter().map(|line| line.split_once(':').ok_or_else(|| header(line)));
    let headers = headers.map(|found| found.map(|(name, value)| (name.trim(), value.trim())));
    Ok((headers.collect::<Outcome<_>>()?, content))
}

fn header<'h>(headers: &Headers<'h>, name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// The HTTP request that a part holds.
fn request(part: &Headers<'_>, content: &[u8], group: Option<String>) -> Outcome<Item> {
    let is_http = header(part, "content-type").is_none_or(|content_type| {
        content_type.to_ascii_lowercase().starts_with("application/http")
    });
    if !is_http {
        return Err(Failure::bad_request("a part of the batch is no application/http"));
    }
    // Blank lines in front of the request are of no harm.
    let content = content.trim_ascii_start();
    let (mut all, body) = lines(content)?;
    if all.is_empty() {
        return Err(Failure::bad_request("a part of the batch is empty"));
    }
    let first = all.remove(0);
    let mut words = first.split_ascii_whitespace();
    let (Some(method), Some(url)) = (words.next(), words.next()) else {
        return Err(Failure::bad_request(format!("`{}` is no request line", shown(first))));
    };
    let method = Method::from_bytes(method.as_bytes())
        .map_err(|_| Failure::bad_request(format!("`{}` is no method", shown(method))))?;
    let mut headers = HeaderMap::new();
    for line in all {
        let (name, value) = line.split_once(':').ok_or_else(|| {
            Failure::bad_request(format!("`{}` is no header of a request", shown(line)))
        })?;
        let name = HeaderName::from_bytes(name.trim().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value.trim())) {
            headers.append(name, value);
        }
    }
    let id = header(part, "content-id").map(str::to_owned);
    let id = id.or_else(|| headers.get("content-id")?.to_str().ok().map(str::to_owned));
    Ok(Item {
        id,
        group,
        depends_on: Vec::new(),
        method,
        url: url.to_owned(),
        headers,
        body: body.to_vec(),
    })
}

pub(super) fn write(answers: Vec<Answer>) -> Reply {
    let mut body = Vec::new();
    let mut open: Option<String> = None;
    let closed = |body: &mut Vec<u8>, open: &mut Option<String>| {
        if open.take().is_some() {
            body.extend_from_slice(format!("--{GROUP_BOUNDARY}--\r\n").as_bytes());
        }
    };
    for answer in answers {
        // A change set that failed has one answer, which is no change set.
        let group = answer.group.clone().filter(|_| !super::is_failure(&answer.reply));
        if open != group {
            closed(&mut body, &mut open);
        }
        match (&group, &open) {
            (Some(_), None) => {
                let head = format!(
                    "--{BOUNDARY}\r\nContent-Type: multipart/mixed; boundary={GROUP_BOUNDARY}\r\n\r\n--{GROUP_BOUNDARY}\r\n"
                );
                body.extend_from_slice(head.as_bytes());
            }
            (Some(_), Some(_)) => {
                body.extend_from_slice(format!("--{GROUP_BOUNDARY}\r\n").as_bytes())
            }
            (None, _) => body.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes()),
        }
        open = group;
        write_part(&answer, &mut body);
    }
    closed(&mut body, &mut open);
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let content_type = format!("multipart/mixed; boundary={BOUNDARY}");
    Reply::new(StatusCode::OK).with_body(&content_type, body)
}

/// The name of a header as it is usually written.
fn usual(name: &HeaderName) -> String {
    match name.as_str() {
        "etag" => return "ETag".to_owned(),
        "odata-entityid" => return "OData-EntityId".to_owned(),
        _ => {}
    }
    let mut starts = true;
    let usual = |letter: char| {
        let upper = std::mem::replace(&mut starts, letter == '-');
        if upper { letter.to_ascii_uppercase() } else { letter }
    };
    name.as_str().chars().map(usual).collect()
}

fn write_part(answer: &Answer, out: &mut Vec<u8>) {
    let reply = &answer.reply;
    let mut head =
        String::from("Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n");
    if let Some(id) = &answer.id {
        head.push_str(&format!("Content-ID: {id}\r\n"));
    }
    let reason = reply.status.canonical_reason().unwrap_or_default();
    head.push_str(&format!("\r\nHTTP/1.1 {} {reason}\r\n", reply.status.as_u16()));
    head.push_str(&format!("OData-Version: {}\r\n", answer.version.name()));
    for (name, value) in reply.headers() {
        head.push_str(&format!("{}: {value}\r\n", usual(name)));
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", reply.body().len()));
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(reply.body());
    out.extend_from_slice(b"\r\n");
}
