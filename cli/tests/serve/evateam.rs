//! The preset `evateam`.

use serde_json::json;

use crate::support::Server;

const TOKEN: &str = "Authorization: Bearer 0123abcd";

fn eva(more: &[&str]) -> Server {
    Server::start(&[&["--preset", "evateam", "--token", "0123abcd"], more].concat())
}

#[test]
fn lists_and_queries() {
    let eva = eva(&[]);
    let body = r#"{"filter":"priority ge 2 and not contains(name,'O''Hara')","orderby":"id desc","skip":1,"top":1,"count":true}"#;
    let reply = eva.send("POST", "/api/Task/list", &[TOKEN], body).is(200);
    assert_eq!(reply.json()["@odata.count"], 3);
    assert_eq!(reply.all("id"), [101]);
    let query = "$filter=responsible/name eq 'O''Hara Liam'&$select=id";
    let reply = eva.send("POST", "/api/Task/$query", &[TOKEN, "Content-Type: text/plain"], query);
    assert_eq!(reply.is(200).json(), json!({"value": [{"id": 104}]}));
    let reply = eva.send(
        "POST",
        "/api/Person/list",
        &[TOKEN],
        r#"{"select":"name","orderby":"name","top":1}"#,
    );
    assert_eq!(reply.is(200).json(), json!({"value": [{"name": "O'Hara Liam"}]}));
    // No text of one option becomes another.
    let body = r#"{"filter":"id eq 100&$top=0"}"#;
    let error = eva.send("POST", "/api/Task/list", &[TOKEN], body).is(500).json();
    assert!(error["error"]["message"].as_str().unwrap().starts_with("$filter: "), "{error}");
}

#[test]
fn only_the_statuses_that_the_document_knows() {
    let (old, modern) = (eva(&[]), eva(&["--modern-status"]));
    for (method, path, headers, body, status) in [
        ("POST", "/api/Task/list", vec![], "{}", 401),
        ("POST", "/api/Task/list", vec!["Authorization: Bearer 0123abce"], "{}", 401),
        ("POST", "/api/Task/list", vec!["Authorization: 0123abcd"], "{}", 401),
        ("GET", "/api/Task/list", vec![], "", 401),
        ("GET", "/api/Task/list", vec![TOKEN], "", 405),
        ("PUT", "/api/Task/list", vec![TOKEN], "{}", 405),
        ("DELETE", "/nowhere", vec![TOKEN], "", 405),
        ("POST", "/nowhere", vec![TOKEN], "{}", 404),
        ("POST", "/api/Tsk/list", vec![TOKEN], "{}", 404),
        ("POST", "/api/Task/list", vec![TOKEN], "{", 400),
        ("POST", "/api/Task/list", vec![TOKEN], r#"{"fliter":"x"}"#, 400),
        ("POST", "/api/Task/list", vec![TOKEN], r#"{"filter":"(id eq 1"}"#, 400),
    ] {
        for (server, status) in [(&old, if status == 401 { 401 } else { 500 }), (&modern, status)] {
            let reply = server.send(method, path, &headers, body).is(status);
            assert_eq!(reply.header("error-code"), Some(status.to_string().as_str()));
            let error = reply.json();
            assert_eq!(error["error"]["code"], status, "{error}");
            assert!(error["error"]["message"].is_string());
        }
    }
}

#[test]
fn the_comma_of_the_document() {
    let eva = eva(&["--quirk", "trailing-comma"]);
    let reply = eva.send("POST", "/api/Task/list", &[], "{}").is(401);
    assert!(reply.text.starts_with(r#"{"error": {"code":401,"message":""#), "{}", reply.text);
    assert!(reply.text.ends_with("},}"), "{}", reply.text);
}

#[test]
fn a_token_that_is_made_is_printed_once() {
    let eva = Server::start(&["--preset", "evateam"]);
    let line = eva.line();
    let token = line.strip_prefix("token, which is not shown again: ").unwrap();
    let header = format!("Authorization: Bearer {token}");
    eva.send("POST", "/api/Task/list", &[&header], "{}").is(200);
    assert!(!eva.logged("POST /api/Task/list").contains(token));
    let other = Server::start(&["--preset", "evateam"]);
    other.send("POST", "/api/Task/list", &[&header], "{}").is(401);
}
