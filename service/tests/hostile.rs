//! Requests that mean harm or make no sense: they are refused, and the service goes on.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may fail loudly"
)]

use http::{Request, StatusCode};
use odata_service::Service;
use serde_json::json;

fn service() -> Service {
    let records = vec![json!({"id": 1, "name": "Tea", "tags": ["a"], "place": {"city": "Riga"}})];
    let notes = vec![json!({"key": "a/b", "text": "x"})];
    Service::builder().set("Products", records).set("Notes", notes).build().unwrap()
}

fn ask(service: &Service, method: &str, url: &str, content_type: &str, body: &[u8]) -> StatusCode {
    let request = Request::builder().method(method).uri(url).header("host", "localhost");
    let request = request.header("content-type", content_type);
    let response = service.handle(&request.body(body.to_vec()).unwrap());
    if response.status().is_client_error() && method != "HEAD" {
        let error: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert!(error["error"]["message"].is_string(), "{method} {url}");
    }
    response.status()
}

fn is_refused(status: StatusCode) -> bool {
    status.is_client_error() || status == StatusCode::NOT_IMPLEMENTED
}

#[test]
fn urls_that_lead_nowhere() {
    let service = service();
    let urls = [
        format!("/Products({})", "9".repeat(10_000)),
        format!("/Products('{}')", "x".repeat(50_000)),
        format!("/Products({}1{})", "(".repeat(5_000), ")".repeat(5_000)),
        format!("/Products/{}", "9".repeat(10_000)),
        "/Products(1)".to_owned() + &"/place".repeat(5_000),
        "/a".repeat(10_000),
        format!("/Products?$filter={}1{}", "(".repeat(10_000), ")".repeat(10_000)),
        format!("/Products?$filter={}name eq 'x'", "not%20".repeat(10_000)),
        format!("/Products?$expand={}", "a($expand=".repeat(2_000)),
        format!("/Products?$select={}", "a/".repeat(10_000)),
        format!("/Products(@a)?{}", "@a=@a&".repeat(100)),
        "/Products(@a)?@a=@a".to_owned(),
        "/Products(@a)?@a=@b&@b=@a".to_owned(),
        "/Products(%FF)".to_owned(),
        "/Products('%C3')".to_owned(),
        "/Products(1)/name%".to_owned(),
        "/Products(%00)".to_owned(),
        "/Products(1".to_owned(),
        "/Products(1))".to_owned(),
        "/Products(id=1,id=1)".to_owned(),
        "/Products(id=)".to_owned(),
        "/Products(=1)".to_owned(),
        "/Products(1)/$value/$value".to_owned(),
        "/Products/$count/$count".to_owned(),
        "/$metadata/x".to_owned(),
        "/$batch".to_owned(),
        "/$entity?$id=http://elsewhere/".to_owned(),
        "/$entity?$id=%FF".to_owned(),
        "/Products?$skiptoken=%00".to_owned(),
        "/Products?$format=application/json;odata.metadata=%F0".to_owned(),
    ];
    for url in urls {
        for method in ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"] {
            let Ok(uri) = url.replace(' ', "%20").parse::<http::Uri>() else {
                continue;
            };
            let status = ask(&service, method, &uri.to_string(), "application/json", b"{}");
            assert!(is_refused(status), "{method} {}: {status}", &url[..url.len().min(80)]);
        }
    }
    assert_eq!(ask(&service, "GET", "/Products(1)", "text/plain", b""), StatusCode::OK);
}

#[test]
fn bodies_that_are_none() {
    let service = service();
    let deep = |open: &str, close: &str, times: usize| {
        format!("{{\"id\": 7, \"x\": {}1{}}}", open.repeat(times), close.repeat(times)).into_bytes()
    };
    let bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"{".to_vec(),
        b"null".to_vec(),
        b"\"text\"".to_vec(),
        vec![0xFF; 100],
        b"{\"id\": \"\xFF\"}".to_vec(),
        deep("[", "]", 100_000),
        deep("{\"a\":", "}", 100_000),
        deep("[", "]", 120),
        b"{\"id\": 1e999999}".to_vec(),
        b"{\"id\": 99999999999999999999}".to_vec(),
        b"{\"name@odata.bind\": 5}".to_vec(),
        b"{\"@odata.type\": \"#No.Such\"}".to_vec(),
        b"{\"@odata.id\": 7}".to_vec(),
    ];
    for body in &bodies {
        for (method, url) in [
            ("POST", "/Products"),
            ("PUT", "/Products(1)/tags"),
            ("POST", "/Products(1)/tags"),
            ("PATCH", "/Products(1)/place"),
            ("POST", "/Products/$ref"),
            ("POST", "/$batch"),
        ] {
            let status = ask(&service, method, url, "application/json", body);
            assert!(status.as_u16() < 500, "{method} {url}: {status}");
        }
    }
    let utf8 = ask(&service, "POST", "/Products/$query", "text/plain", &[0xFF, 0xFE]);
    assert_eq!(utf8, StatusCode::BAD_REQUEST);
    assert_eq!(ask(&service, "GET", "/Products/$count", "text/plain", b""), StatusCode::OK);
}

#[test]
fn batches_that_are_broken() {
    let service = service();
    let bodies: [&[u8]; 12] = [
        b"",
        b"--b",
        b"--b--",
        b"--b\r\n--b--",
        b"--b\r\n\r\n\r\n--b--",
        b"--b\r\nContent-Type: application/http\r\n\r\n\r\n--b--",
        b"--b\r\nContent-Type: application/http\r\n\r\nGET\r\n\r\n--b--",
        b"--b\r\nContent-Type: application/http\r\n\r\nGET Products HTTP/1.1\r\nno header\r\n\r\n--b--",
        b"--b\r\nContent-Type: multipart/mixed\r\n\r\n--c\r\n--c--\r\n--b--",
        b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n--b--\r\n--b--",
        b"--b\r\n\xFF\xFE: \xFF\r\n\r\nGET Products HTTP/1.1\r\n\r\n--b--",
        b"--b\r\nContent-Type: application/http\r\n\r\nGET $batch HTTP/1.1\r\n\r\n--b--",
    ];
    for body in bodies {
        let status = ask(&service, "POST", "/$batch", "multipart/mixed; boundary=b", body);
        assert!(status.as_u16() < 500, "{}: {status}", String::from_utf8_lossy(body));
    }
    let many: Vec<_> = (0..2_000)
        .map(|id| json!({"id": format!("{id}"), "method": "GET", "url": "Products"}))
        .collect();
    let many = json!({ "requests": many }).to_string();
    let status = ask(&service, "POST", "/$batch", "application/json", many.as_bytes());
    assert_eq!(status, StatusCode::BAD_REQUEST);
    for url in ["multipart/mixed", "multipart/mixed; boundary=", "multipart/mixed; boundary=\"\""] {
        assert_eq!(ask(&service, "POST", "/$batch", url, b"--\r\n----"), StatusCode::BAD_REQUEST);
    }
}
