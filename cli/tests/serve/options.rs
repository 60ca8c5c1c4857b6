//! Options that all services have.

use std::time::Instant;

use crate::support::{Reply, Server, fails};

const KEY: &str = "0123456789ABCDEF0123456789";

fn desk(more: &[&str]) -> Server {
    Server::start(&[&["--preset", "intradesk", "--api-key", KEY], more].concat())
}

fn list(desk: &Server, headers: &[&str]) -> Reply {
    desk.send("GET", &format!("/settings/odata/Employees?ApiKey={KEY}&$top=0"), headers, "")
}

#[test]
fn delays() {
    let desk = desk(&["--delay", "200..400ms"]);
    for (headers, from, to) in [
        (vec![], 200, 2000),
        (vec!["X-Odata-Delay: 0ms"], 0, 200),
        (vec!["X-Odata-Delay: 0.5s"], 500, 2000),
    ] {
        let begun = Instant::now();
        list(&desk, &headers).is(200);
        let took = begun.elapsed().as_millis();
        assert!((from..to).contains(&took), "{headers:?}: {took} ms");
    }
    let reply = list(&desk, &["X-Odata-Delay: soon"]).is(400);
    assert!(reply.json()["error"]["message"].as_str().unwrap().starts_with("x-odata-delay: "));
}

#[test]
fn faults() {
    let statuses =
        |desk: &Server| -> Vec<u16> { (0..60).map(|_| list(desk, &[]).status).collect() };
    let one = desk(&["--fail", "30%:503", "--seed", "7"]);
    let first = statuses(&one);
    let failed = first.iter().filter(|status| **status == 503).count();
    assert!((5..35).contains(&failed), "{first:?}");
    assert!(first.iter().all(|status| [200, 503].contains(status)));
    // The choices are those of the seed, and begin again with a reset.
    one.send("POST", "/__admin/reset", &[], "").is(204);
    assert_eq!(statuses(&one), first);
    assert_eq!(statuses(&desk(&["--fail", "30%:503", "--seed", "7"])), first);
    assert_ne!(statuses(&desk(&["--fail", "30%:503", "--seed", "8"])), first);
    // One request fails, or does not.
    let reply = list(&one, &["X-Odata-Fail: 418"]).is(418);
    assert!(reply.json()["error"]["message"].is_string());
    for _ in 0..20 {
        list(&one, &["X-Odata-Fail: 0%:500"]).is(200);
    }
    list(&one, &["X-Odata-Fail: 200"]).is(400);
    let cut = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        list(&one, &["X-Odata-Fail: reset"])
    }));
    assert!(cut.is_err(), "there was an answer");
    one.logged("connection cut");
}

#[test]
fn other_origins() {
    let one = desk(&[]);
    let reply = list(&one, &["Origin: http://app.example"]).is(200);
    assert_eq!(reply.header("access-control-allow-origin"), Some("http://app.example"));
    assert!(reply.header("access-control-expose-headers").unwrap().contains("etag"));
    // A browser asks first, without the key.
    let asked = [
        "Origin: http://app.example",
        "Access-Control-Request-Method: DELETE",
        "Access-Control-Request-Headers: authorization,content-type",
    ];
    let reply = one.send("OPTIONS", "/settings/api/v3/employees/Users", &asked, "").is(200);
    assert_eq!(reply.header("access-control-allow-methods"), Some("DELETE"));
    assert_eq!(reply.header("access-control-allow-headers"), Some("authorization,content-type"));
    let reply = list(&desk(&["--no-cors"]), &["Origin: http://app.example"]).is(200);
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[test]
fn base_paths() {
    let desk = desk(&["--base", "/mock/v1/"]);
    desk.get(&format!("/mock/v1/odata/Employees?ApiKey={KEY}")).is(200);
    desk.get(&format!("/settings/odata/Employees?ApiKey={KEY}")).is(404);
    desk.send("POST", "/__admin/reset", &[], "").is(204);
    desk.send("GET", "/__admin/reset", &[], "").is(405);
}

#[test]
fn names_counts_and_plus_signs() {
    let get = |desk: &Server, query: &str| {
        desk.get(&format!("/settings/odata/Employees?ApiKey={KEY}&{query}"))
    };
    let exact = desk(&["--names", "exact", "--count", "asked", "--plus", "literal"]);
    get(&exact, "$filter=isarchived%20eq%20true").is(400);
    get(&exact, "$filter=isArchived+eq+true").is(400);
    let reply = get(&exact, "$filter=contains(searchField,'+75550120001')").is(200);
    assert_eq!(reply.all("id"), [583_439]);
    assert!(reply.json().get("@odata.count").is_none());
    get(&desk(&[]), "$filter=isarchived+eq+true").is(200);
}

#[test]
fn the_log_does_not_tell_secrets() {
    let mut desk = desk(&[]);
    list(&desk, &["Authorization: Bearer SECRET-1"]).is(200);
    desk.get("/settings/odata/Employees?Api%4Bey=SECRET-2&access-token=SECRET-3&password=SECRET-4")
        .is(401);
    desk.get("/%1b%5b31m%0afoo").is(404);
    let line = desk.logged("GET /settings/odata/Employees?ApiKey=…&$top=0");
    assert!(line.contains(" 200, 30 bytes, "), "{line}");
    desk.signal("-TERM");
    desk.end(std::time::Duration::from_secs(5));
    let log = desk.whole_log().join("\n");
    assert!(!log.contains("SECRET") && !log.contains(KEY), "{log}");
    assert!(!log.contains('\u{1b}') && log.contains("\\u{1b}[31m\\u{a}foo"), "{log}");
}

#[test]
fn command_lines_that_are_wrong() {
    for (arguments, part) in [
        (&[][..], "required"),
        (&["--preset", "sap"], "possible values"),
        (&["--preset", "intradesk", "--port", "x"], "--port"),
        (&["--preset", "intradesk", "--delay", "300"], "`300` has no unit"),
        (&["--preset", "intradesk", "--delay", "2s..1s"], "the first time"),
        (&["--preset", "intradesk", "--delay", "1h"], "`1h` has no unit"),
        (&["--preset", "intradesk", "--delay", "-1s"], "error"),
        (&["--preset", "intradesk", "--delay", "9999s"], "longer than 600 s"),
        (&["--preset", "intradesk", "--fail", "5:503"], "not a share"),
        (&["--preset", "intradesk", "--fail", "5%:200"], "from 400 to 599"),
        (&["--preset", "intradesk", "--fail", "101%:503"], "not a share"),
        (&["--preset", "intradesk", "--base", "mock"], "begins with `/`"),
        (&["--preset", "intradesk", "--page-size", "0"], "--page-size"),
        (&["--preset", "intradesk", "--token", "x"], "`--token` is for `--preset evateam`"),
        (&["--preset", "intradesk", "--api-key", "a b"], "without blanks"),
        (&["--preset", "intradesk", "--metadata", "x.xml"], "--metadata"),
        (&["--preset", "intradesk", "--watch"], "DIR|FILE"),
        (&["--preset", "dealapp", "--login", "x"], "a password"),
        (&["--preset", "evateam", "--page-size", "2"], "no next links"),
        (&["x.json", "--api-key", "x"], "`--api-key` is for `--preset intradesk`"),
    ] {
        let (status, message) = fails(arguments);
        assert_eq!(status, Some(2), "{arguments:?}: {message}");
        assert!(message.contains(part), "{arguments:?}: {message}");
    }
}

#[test]
fn addresses_that_cannot_be_had() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (status, message) = fails(&["--preset", "intradesk", "--port", &port]);
    assert_eq!(status, Some(1));
    assert!(
        message.starts_with(&format!("error: cannot listen on 127.0.0.1:{port}: ")),
        "{message}"
    );
    let (status, _) = fails(&["--preset", "intradesk", "--host", "no.such.host.invalid"]);
    assert_eq!(status, Some(1));
}
