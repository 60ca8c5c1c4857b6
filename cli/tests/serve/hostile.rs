//! Clients that are slow, gone, or send what they should not; and the end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::Server;

const KEY: &str = "ApiKey=0123456789ABCDEF0123456789";

fn desk(more: &[&str]) -> Server {
    Server::start(&[&["--preset", "intradesk", "--api-key", &KEY[7..]], more].concat())
}

/// A list of one employee.
fn path() -> String {
    format!("/settings/odata/Employees?{KEY}&$filter=id%20eq%20604876&$select=id")
}

#[track_caller]
fn healthy(desk: &Server) {
    assert_eq!(desk.get(&path()).is(200).all("id"), [604_876]);
}

/// The status of what comes back.
#[track_caller]
fn status(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn bodies_that_are_too_large() {
    let desk = desk(&["--max-body", "1000"]);
    let users = format!("/settings/api/v3/employees/Users?{KEY}");
    let large = format!("{{\"firstName\":\"{}\"}}", "x".repeat(1000));
    let reply = desk.send("POST", &users, &[], &large).is(413);
    assert_eq!(reply.json()["error"]["code"], "payload-too-large");
    let at_most = format!("{{\"firstName\":\"{}\"}}", "x".repeat(1000 - 16));
    desk.send("POST", &users, &[], &at_most).is(400);
    // One that is announced, one in chunks without an end.
    let mut stream = desk.connect();
    write!(stream, "POST {users} HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\nx")
        .unwrap();
    assert_eq!(status(&mut stream), "413");
    let mut stream = desk.connect();
    write!(stream, "POST {users} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    let chunk = format!("400\r\n{}\r\n", "x".repeat(0x400));
    while stream.write_all(chunk.as_bytes()).is_ok() {}
    healthy(&desk);
}

#[test]
fn slow_clients() {
    let desk = desk(&["--timeout", "500ms"]);
    // A head, and a body, that do not come to an end.
    let begun = Instant::now();
    let mut head = desk.connect();
    write!(head, "GET {} HTTP/1.1\r\nHost: x\r\nX-", path()).unwrap();
    let mut body = desk.connect();
    write!(body, "POST /settings/api/v3/employees/Users?{KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{{").unwrap();
    healthy(&desk);
    assert_eq!(status(&mut body), "408");
    let closed = status(&mut head);
    assert!(closed.is_empty() || closed == "408", "{closed}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    healthy(&desk);
}

#[test]
fn clients_that_go_away() {
    let desk = desk(&[]);
    let mut waiting = Vec::new();
    for _ in 0..50 {
        // Amid the head, amid the body, before the answer.
        let mut stream = desk.connect();
        write!(stream, "GET {} HT", path()).unwrap();
        let mut stream = desk.connect();
        write!(stream, "DELETE /settings/api/v3/employees/Users?{KEY} HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n\r\n{{\"ids\":[604876").unwrap();
        let mut stream = desk.connect();
        write!(stream, "GET {} HTTP/1.1\r\nHost: x\r\nX-Odata-Delay: 60s\r\n\r\n", path()).unwrap();
        waiting.push(stream);
    }
    // They are being answered.
    std::thread::sleep(Duration::from_millis(500));
    drop(waiting);
    desk.logged("client gone");
    healthy(&desk);
}

#[test]
fn what_is_no_request() {
    let desk = desk(&[]);
    for request in [
        // The URL of the document with its blanks as they are.
        format!(
            "GET /settings/odata/Employees?{KEY}&$orderby= id desc HTTP/1.1\r\nHost: x\r\n\r\n"
        ),
        "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
        format!("GET {} HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", path()),
        format!("GET {} HTTP/1.1\r\nHost: x\r\n{}\r\n", path(), "X-A: b\r\n".repeat(1000)),
    ] {
        let mut stream = desk.connect();
        stream.write_all(request.as_bytes()).unwrap();
        assert!(matches!(status(&mut stream).as_str(), "400" | "431"), "{request}");
    }
    for bad in ["%", "%zz", "$filter=%ff", "$filter=(((", "$top=-1", "$filter=%27"] {
        let reply = desk.get(&format!("/settings/odata/Employees?{KEY}&$filter={bad}"));
        assert_eq!(reply.status, 400, "{reply:?}");
    }
    healthy(&desk);
}

#[test]
fn requests_that_have_begun_are_answered_before_the_end() {
    for signal in ["-TERM", "-INT"] {
        let mut desk = desk(&[]);
        let mut idle = desk.connect();
        let mut stream = desk.connect();
        write!(stream, "GET {} HTTP/1.1\r\nHost: x\r\nX-Odata-Delay: 1s\r\n\r\n", path()).unwrap();
        std::thread::sleep(Duration::from_millis(300));
        desk.signal(signal);
        desk.logged("stopping when");
        assert!(TcpStream::connect(desk.address).is_err(), "it still takes connections");
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(text.ends_with("{\"@odata.count\":1,\"value\":[{\"id\":604876}]}"), "{text}");
        assert_eq!(idle.read(&mut [0]).unwrap(), 0);
        assert_eq!(desk.end(Duration::from_secs(5)).code(), Some(0));
        assert!(desk.whole_log().iter().any(|line| line.contains(" 200, ")));
    }
}

#[test]
fn a_second_signal_does_not_wait() {
    let mut desk = desk(&[]);
    let mut stream = desk.connect();
    write!(stream, "GET {} HTTP/1.1\r\nHost: x\r\nX-Odata-Delay: 60s\r\n\r\n", path()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    desk.signal("-TERM");
    desk.logged("stopping when");
    desk.signal("-TERM");
    assert_eq!(desk.end(Duration::from_secs(3)).code(), Some(0));
}

#[test]
fn clients_that_do_not_read() {
    let folder = crate::support::folder("large");
    let text = "x".repeat(1 << 20);
    let records: Vec<String> =
        (0..32).map(|id| format!("{{\"id\":{id},\"name\":\"{text}\"}}")).collect();
    std::fs::write(folder.join("employees.json"), format!("[{}]", records.join(","))).unwrap();
    let desk = desk(&["--timeout", "500ms", folder.to_str().unwrap()]);
    let mut stream = desk.connect();
    write!(stream, "GET /settings/odata/Employees?{KEY} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    desk.logged(" 200, ");
    std::thread::sleep(Duration::from_secs(2));
    // The connection was given up: what is left of the answer never comes.
    let mut read = Vec::new();
    let _ = stream.read_to_end(&mut read);
    assert!(read.len() < 32 << 20, "{}", read.len());
}
