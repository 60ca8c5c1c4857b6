//! Exchanges with a service, as text: requests and what is answered.
//!
//! Every folder has a model and data, every file begins with a fresh service of them. A body is JSON where no
//! `Content-Type` says what it is; `-` leaves a header out, also this one. A line `METHOD /url` begins a request; headers follow, and the body
//! behind an empty line. `=> status` begins the answer: headers that it must have, and behind an empty line
//! the whole body. `*` stands for any header or any value, `…text…` for a body that contains the text.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "a test may fail loudly"
)]

use std::fs;
use std::path::Path;

use http::Request;
use odata_service::Service;
use serde_json::Value;

fn service(folder: &Path) -> Service {
    let read = |name| fs::read_to_string(folder.join(name)).unwrap();
    let records: Value = serde_json::from_str(&read("data.json")).unwrap();
    let sets = records.as_object().unwrap().clone();
    let builder = Service::builder().metadata_xml(&read("model.xml"));
    let builder = sets.into_iter().fold(builder, |builder, (name, records)| match records {
        Value::Array(records) => builder.set(&name, records),
        _ => panic!("{name}"),
    });
    builder.build().unwrap()
}

struct Message<'t> {
    first: &'t str,
    headers: Vec<(&'t str, &'t str)>,
    body: String,
}

fn message<'t>(first: &'t str, lines: &[&'t str]) -> Message<'t> {
    let head = lines.iter().take_while(|line| !line.is_empty());
    let headers: Vec<_> = head.map(|line| line.split_once(": ").unwrap()).collect();
    let body = lines.get(headers.len() + 1..).unwrap_or_default().join("\n");
    Message { first, headers, body: body.trim_end().to_owned() }
}

/// The requests of a file and their answers, with the line that each begins at.
fn exchanges(text: &str) -> Vec<(usize, Message<'_>, Message<'_>)> {
    let is_request = |line: &str| {
        line.split_once(' ').is_some_and(|(method, url)| {
            // Requests of a batch say their version.
            url.starts_with('/')
                && !url.ends_with(" HTTP/1.1")
                && ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"].contains(&method)
        })
    };
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("# ")).collect();
    let starts: Vec<usize> = (0..lines.len())
        .filter(|at| is_request(lines[*at]) && (*at == 0 || lines[*at - 1].is_empty()))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let whole = starts.iter().copied().zip(ends);
    let exchange = |(start, end): (usize, usize)| {
        let part = &lines[start..end];
        let answer = part.iter().position(|line| line.starts_with("=> ")).expect(lines[start]);
        let request = message(part[0], &part[1..answer]);
        (start + 1, request, message(part[answer].trim_start_matches("=> "), &part[answer + 1..]))
    };
    whole.map(exchange).collect()
}

/// Whether a value is the wanted one; `"*"` is any.
fn is_like(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (_, Value::String(any)) if any == "*" => true,
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| is_like(found, wanted))
        }
        (Value::Object(found), Value::Object(wanted)) => {
            found.len() == wanted.len()
                && wanted.iter().all(|(name, wanted)| {
                    found.get(name).is_some_and(|found| is_like(found, wanted))
                })
        }
        (found, wanted) => found == wanted,
    }
}

fn check(service: &Service, request: &Message<'_>, wanted: &Message<'_>) -> Result<(), String> {
    let (method, url) = request.first.split_once(' ').unwrap();
    let mut built =
        Request::builder().method(method).uri(url.replace(' ', "%20").replace('"', "%22"));
    built = built.header("host", "localhost");
    for (name, value) in request.headers.iter().filter(|(_, value)| *value != "-") {
        built = built.header(*name, *value);
    }
    let says_type = |(name, _): &(&str, &str)| name.eq_ignore_ascii_case("content-type");
    if !request.body.is_empty() && !request.headers.iter().any(says_type) {
        built = built.header("content-type", "application/json");
    }
    let body = match request.headers.iter().any(|(_, value)| value.contains("multipart")) {
        true => request.body.replace('\n', "\r\n"),
        false => request.body.clone(),
    };
    let response = service.handle(&built.body(body.into_bytes()).unwrap());
    let body = String::from_utf8_lossy(response.body()).into_owned();
    if response.status().as_str() != wanted.first.trim() {
        return Err(format!("{} instead of {}: {body}", response.status(), wanted.first));
    }
    for (name, value) in &wanted.headers {
        let found = response.headers().get(*name).map(|found| found.to_str().unwrap());
        if !(found == Some(*value)
            || *value == "*" && found.is_some()
            || *value == "-" && found.is_none())
        {
            return Err(format!("{name}: {found:?} instead of {value:?}"));
        }
    }
    if let Some(part) = wanted.body.strip_prefix('…') {
        let part = part.trim_end_matches('…');
        return if body.contains(part) { Ok(()) } else { Err(format!("{body} lacks {part}")) };
    }
    let is_same =
        match (serde_json::from_str::<Value>(&body), serde_json::from_str::<Value>(&wanted.body)) {
            (Ok(found), Ok(wanted)) => is_like(&found, &wanted),
            _ => body.trim_end() == wanted.body || wanted.body == "*",
        };
    if is_same { Ok(()) } else { Err(format!("\n{body}\n  instead of\n{}", wanted.body)) }
}

#[test]
fn exchanges_go_as_written() {
    let entries = |folder: &Path| {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchanges");
    let folders = entries(&root).into_iter().filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| entries(&folder));
    let (mut wrong, mut count) = (Vec::new(), 0);
    for path in files.filter(|path| path.extension().is_some_and(|name| name == "http")) {
        let text = fs::read_to_string(&path).unwrap();
        let service = service(path.parent().unwrap());
        for (line, request, wanted) in exchanges(&text) {
            count += 1;
            if let Err(difference) = check(&service, &request, &wanted) {
                let name = path.strip_prefix(&root).unwrap().display();
                wrong.push(format!("{name}, request {line}: {}: {difference}", request.first));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} exchanges:\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(count > 100, "{count}");
}
