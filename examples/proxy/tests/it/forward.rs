//! Mode `forward`: the upstream evaluates what the proxy lets through.

use http_body_util::Full;
use hyper::Request;
use serde_json::json;

use crate::world::{Proxy, Step, Upstream, answer, forward, json_answer, people, tenant};

#[tokio::test]
async fn the_rewritten_query_goes_on() {
    let upstream = Upstream::filtering(people()).await;
    let proxy = Proxy::new(&upstream.url, tenant).await;
    let answer = proxy.get("/People?filter=id%20GT%202&top=2&$count=true&lang=no").await;
    assert_eq!(answer.ids(), [4, 6]);
    assert_eq!(answer.json()["@odata.count"], 2);
    let asked = "/People?$filter=tenantId%20eq%207%20and%20id%20gt%202&$top=2&$count=true&lang=no";
    assert_eq!(upstream.last().target, asked);
    assert_eq!(proxy.get("/People").await.ids(), [0, 2, 4, 6]);
}

#[tokio::test]
async fn nothing_gets_around_the_tenant() {
    let upstream = Upstream::filtering(people()).await;
    let proxy = Proxy::new(&upstream.url, tenant).await;
    for filter in [
        "$filter=true%20or%20true",
        "$filter=id%20gt%20-1)%20or%20(tenantId%20eq%208",
        "$filter=tenantId%20eq%208%20or%20tenantId%20ne%207",
        "$filter=@p&@p=true%20or%20tenantId%20eq%208",
        "$compute=7%20as%20tenantId",
        "$filter=true&$filter=false",
        "$filter=true%26$filter=tenantId%20eq%208",
        "$filter=true%23",
        "%24filter=true&filter=true",
    ] {
        let answer = proxy.get(&format!("/People?{filter}")).await;
        if answer.status == 200 {
            assert!(answer.ids().iter().all(|id| id % 2 == 0), "{filter}: {}", answer.text());
        }
    }
    assert!(upstream.seen().iter().all(|seen| seen.target.contains("tenantId%20eq%207")));
}

/// An upstream that takes no notice of `$filter` at all shows nothing of other tenants.
#[tokio::test]
async fn lists_are_held_to_the_tenant_too() {
    let upstream = Upstream::new(|seen| {
        let first = if seen.target.starts_with("/mixed") { 8 } else { 7 };
        let record = |tenant: u8| json!({"id": 1, "tenantId": tenant});
        vec![json_answer(&json!({"value": [record(first), record(7)]}).to_string())]
    })
    .await;
    let proxy = Proxy::new(&upstream.url, tenant).await;
    assert_eq!(proxy.get("/own").await.ids(), [1, 1]);
    assert_eq!(proxy.get("/mixed").await.error(), (502, "upstream".to_owned()));
}

#[tokio::test]
async fn one_record_is_held_to_the_tenant_too() {
    // An upstream that takes no notice of `$filter` where there is one record, as most do.
    let upstream = Upstream::new(|seen| {
        let body = match &seen.target[..5] {
            "/mine" => r#"{"@odata.context":"x","id":1,"tenantId":7}"#,
            "/hers" => r#"{"@odata.context":"x","id":1,"tenantId":8}"#,
            "/prop" => r#"{"value":"secret"}"#,
            "/text" => return vec![answer("200 OK", "Content-Type: text/plain\r\n", b"secret")],
            _ => "\"secret\"",
        };
        vec![json_answer(body)]
    })
    .await;
    let proxy = Proxy::new(&upstream.url, tenant).await;
    assert_eq!(proxy.get("/mine").await.text(), r#"{"@odata.context":"x","id":1,"tenantId":7}"#);
    for (target, status, code) in [
        ("/hers", 404, "not-found"),
        ("/property", 404, "not-found"),
        ("/text/$value", 502, "upstream"),
        ("/raw", 404, "not-found"),
    ] {
        assert_eq!(proxy.get(target).await.error(), (status, code.to_owned()), "{target}");
    }
}

#[tokio::test]
async fn what_is_refused_is_not_forwarded() {
    let upstream = Upstream::filtering(people()).await;
    let rules = r#"{"forbidden": ["salary"], "maxTop": 5, "count": false, "limits": {"depth": 6},
        "resources": ["/People"], "customOptions": ["lang"]}"#;
    let proxy = Proxy::new(&upstream.url, |config| config.with_rules(rules).unwrap()).await;
    for (target, status, code) in [
        ("/People?$filter=salary%20gt%205", 403, "forbidden"),
        ("/People?$filter=id%20eq%201%20or%20SALARY%20gt%205", 403, "forbidden"),
        ("/People?$orderby=s%61lary", 403, "forbidden"),
        ("/People?$count=true", 403, "forbidden"),
        ("/People?debug=1", 403, "forbidden"),
        ("/People?$filter=((((((((a))))))))", 413, "limit"),
        ("/People?$filter=a%20eqq%201", 400, "syntax"),
        ("/People?$apply=aggregate(salary)", 501, "not-supported"),
        ("/Secrets", 404, "not-found"),
        ("/People/../Secrets", 404, "not-found"),
        ("/People/%2e%2E/Secrets", 404, "not-found"),
    ] {
        assert_eq!(proxy.get(target).await.error(), (status, code.to_owned()), "{target}");
    }
    for method in ["POST", "PATCH", "DELETE", "PUT", "OPTIONS"] {
        let request = Request::builder().method(method).uri(format!("{}/People", proxy.url));
        let answer = proxy.send(request.body(Full::default()).unwrap()).await;
        assert_eq!(answer.error(), (405, "method-not-allowed".to_owned()), "{method}");
        assert_eq!(answer.header("allow"), "GET, HEAD, POST");
    }
    assert!(upstream.seen().is_empty(), "{:?}", upstream.seen());

    // What is allowed comes back without what must not show.
    let answer = proxy.get("/People?$top=100").await;
    assert_eq!(upstream.last().target, "/People?$top=5");
    assert_eq!(answer.json()["value"][1], json!({"id": 1, "tenantId": 8, "name": "n1"}));
}

#[tokio::test]
async fn what_is_forbidden_has_no_path() {
    let upstream = Upstream::json("{\"value\":5}").await;
    let rules = r#"{"forbidden": ["salary", "address/street", "/id"]}"#;
    let proxy = Proxy::new(&upstream.url, |config| config.with_rules(rules).unwrap()).await;
    for path in [
        "/People(1)/salary",
        "/People/1/s%61LARY/$value",
        "/People(1)/boss/salary",
        "/People(1)/address/street",
        "/People(1)/id",
    ] {
        assert_eq!(proxy.get(path).await.error(), (403, "forbidden".to_owned()), "{path}");
    }
    assert!(upstream.seen().is_empty());
    for path in ["/salary", "/People('salary')", "/People(1)/address/city", "/People(1)/name"] {
        assert_eq!(proxy.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn options_in_a_body() {
    let upstream = Upstream::filtering(people()).await;
    let proxy = Proxy::new(&upstream.url, tenant).await;
    let post = |target: &str, media_type: &str, body: String| {
        let request = Request::post(format!("{}{target}", proxy.url));
        request.header("Content-Type", media_type).body(Full::from(body)).unwrap()
    };
    let hostile = "$filter=true or true".to_owned();
    let answer = proxy.send(post("/People/$query?$top=2", "text/plain", hostile)).await;
    assert_eq!(answer.ids(), [0, 2]);
    let seen = upstream.last();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/People/$query"));
    assert_eq!(seen.body, "$filter=tenantId%20eq%207%20and%20(true%20or%20true)&$top=2");
    let form = "%24filter=id+eq+4".to_owned();
    let form = post("/People/%24query", "application/x-www-form-urlencoded", form);
    assert_eq!(proxy.send(form).await.ids(), [4]);

    let asked = upstream.seen().len();
    let long = format!("$filter=a eq '{}'", "x".repeat(70_000));
    for (body, media_type, status, code) in [
        (long, "text/plain", 413, "limit"),
        ("{}".to_owned(), "application/json", 415, "media-type"),
        ("$filter=(".to_owned(), "text/plain", 400, "syntax"),
    ] {
        let answer = proxy.send(post("/People/$query", media_type, body)).await;
        assert_eq!(answer.error(), (status, code.to_owned()));
    }
    assert_eq!(upstream.seen().len(), asked);
}

#[tokio::test]
async fn links_lead_through_the_proxy() {
    let upstream = Upstream::new(|seen| {
        let host = seen.head.split("host: ").nth(1).unwrap().split("\r\n").next().unwrap();
        let base = format!("http://{host}/v1");
        let next = format!("{base}{}&$skiptoken=2", seen.target.trim_start_matches("/v1"));
        vec![json_answer(
            &json!({
                "@odata.context": format!("{base}/$metadata#People"),
                "value": [{
                    "@odata.id": format!("{base}/People(1)"),
                    "tenantId": 7,
                    "name": format!("{base}/People(1)"),
                    "orders": [],
                    "orders@odata.nextLink": format!("{base}/People(1)/orders?$filter=x%20eq%201"),
                }],
                "@odata.nextLink": next,
            })
            .to_string(),
        )]
    })
    .await;
    let proxy = Proxy::new(&format!("{}/v1/", upstream.url), tenant).await;
    let first = proxy.get("/People?$filter=id%20gt%201%20or%20id%20eq%200&lang=no").await.json();
    let record = &first["value"][0];
    assert_eq!(first["@odata.context"], format!("{}/$metadata#People", proxy.url));
    assert_eq!(record["@odata.id"], format!("{}/People(1)", proxy.url));
    assert_eq!(record["name"], format!("{}/v1/People(1)", upstream.url));
    let orders = format!("{}/People(1)/orders?$filter=x%20eq%201", proxy.url);
    assert_eq!(record["orders@odata.nextLink"], orders);

    // The next link asks what the client asked; the tenant is added again, not twice.
    let next = first["@odata.nextLink"].as_str().unwrap();
    let asked = "/People?$filter=id%20gt%201%20or%20id%20eq%200&$skiptoken=2&lang=no";
    assert_eq!(next, format!("{}{asked}", proxy.url));
    let once = upstream.last().target;
    proxy.get(next.strip_prefix(&proxy.url).unwrap()).await;
    assert_eq!(upstream.last().target.matches("tenantId").count(), 1);
    assert!(once.contains("$filter=tenantId%20eq%207%20and%20("), "{once}");
}

#[tokio::test]
async fn headers_between_neighbours_stay_there() {
    let upstream = Upstream::new(|_| {
        let headers = "Content-Type: application/json\r\nX-Hop: 1\r\nConnection: X-Hop, close\r\nKeep-Alive: timeout=5\r\n\
                       ETag: \"1\"\r\nX-End: 1\r\n";
        vec![answer("200 OK", headers, b"[]")]
    })
    .await;
    let proxy = Proxy::new(&upstream.url, forward).await;
    let request = Request::get(format!("{}/People", proxy.url))
        .header("Connection", "X-Private")
        .header("X-Private", "1")
        .header("TE", "trailers")
        .header("Proxy-Authorization", "secret")
        .header("Authorization", "Bearer token")
        .header("X-HTTP-Method-Override", "DELETE")
        .header("Accept-Encoding", "gzip")
        .header("Range", "bytes=0-1");
    let answer = proxy.send(request.body(Full::default()).unwrap()).await;
    assert_eq!(
        (answer.text(), answer.header("x-end"), answer.header("via")),
        ("[]", "1", "1.1 odata-proxy")
    );
    for name in ["x-hop", "keep-alive", "etag", "content-length"] {
        assert_eq!(answer.header(name), "", "{name}");
    }
    let head = upstream.last().head;
    for name in
        ["x-private", "te: ", "proxy-authorization", "x-http-method", "range", "127.0.0.1:0"]
    {
        assert!(!head.contains(&format!("\r\n{name}")), "{head}");
    }
    assert!(
        head.contains("authorization: bearer token") && head.contains("accept-encoding: gzip"),
        "{head}"
    );
    let host = upstream.url.trim_start_matches("http://");
    assert!(head.contains(&format!("host: {host}\r\n")), "{head}");
}

#[tokio::test]
async fn what_is_no_answer_in_json_is_left_alone() {
    let gzip = b"\x1f\x8b\x08\x00not really";
    let upstream = Upstream::new(move |seen| {
        let step: Step = match seen.target.as_str() {
            "/gzip" => answer(
                "200 OK",
                "Content-Type: application/json\r\nContent-Encoding: gzip\r\nETag: \"1\"\r\n",
                gzip,
            ),
            "/xml" => answer("200 OK", "Content-Type: application/xml\r\n", b"<a>[1,</a>"),
            "/error" => {
                answer("418 Teapot", "Content-Type: application/json\r\n", b"{\"error\": [1,}")
            }
            "/gone" => answer("301 Moved", "Location: /elsewhere\r\n", b""),
            _ => Step::Send(b"HTTP/1.1 204 No Content\r\nX-End: 1\r\n\r\n".to_vec()),
        };
        vec![step]
    })
    .await;
    let proxy = Proxy::new(&upstream.url, forward).await;
    let answer = proxy.get("/gzip").await;
    assert_eq!((answer.status, &answer.bytes[..]), (200, &gzip[..]));
    assert_eq!((answer.header("content-encoding"), answer.header("etag")), ("gzip", "\"1\""));
    assert_eq!(proxy.get("/xml").await.text(), "<a>[1,</a>");
    let answer = proxy.get("/error").await;
    assert_eq!((answer.status, answer.text()), (418, "{\"error\": [1,}"));
    let answer = proxy.get("/gone").await;
    assert_eq!((answer.status, answer.header("location")), (301, "/elsewhere"));
    assert_eq!(proxy.get("/nothing").await.status, 204);

    // Unless something in it must not show.
    let rules = r#"{"forbidden": ["salary"]}"#;
    let guard = Proxy::new(&upstream.url, |config| config.with_rules(rules).unwrap()).await;
    for target in ["/gzip", "/xml"] {
        assert_eq!(guard.get(target).await.error(), (502, "upstream".to_owned()), "{target}");
    }
    assert!(upstream.last().head.contains("accept-encoding: identity"));
    assert_eq!(guard.get("/error").await.status, 418);
}

#[tokio::test]
async fn records_that_need_no_change_keep_their_bytes() {
    let text = "{ \"a\" : 1.50, \"value\":[ {\"n\": 1e400, \"s\":\"\\u0041\"} ,2 ], \"z\":{}}";
    let upstream = Upstream::json(text).await;
    let proxy = Proxy::new(&upstream.url, forward).await;
    let expected = "{\"a\":1.50,\"value\":[ {\"n\": 1e400, \"s\":\"\\u0041\"} ,2 ],\"z\":{}}";
    assert_eq!(proxy.get("/People").await.text(), expected);
    for text in ["[]", "{}", "5", "\"x\"", "", "{\"value\":[]}", "{\"value\":5}"] {
        let upstream = Upstream::json(text).await;
        let proxy = Proxy::new(&upstream.url, forward).await;
        assert_eq!(proxy.get("/People").await.text(), text);
    }
}
