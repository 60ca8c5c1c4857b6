//! Mode `apply`: the proxy evaluates what the upstream cannot.

use http_body_util::Full;
use hyper::Request;
use odata_query::Query;
use serde_json::{Value, json};

use crate::world::{Proxy, Upstream, answer, apply, json_answer, people, tenant};

/// The same records, as services write them.
async fn forms() -> Vec<Upstream> {
    let array = Value::Array(people()).to_string();
    let object = json!({"total": 8, "@odata.count": 8, "value": people()}).to_string();
    let lines: String = people().iter().map(|record| format!("{record}\n")).collect();
    let lines = Upstream::new(move |_| {
        vec![answer("200 OK", "Content-Type: application/x-ndjson\r\n", lines.as_bytes())]
    });
    vec![Upstream::json(array).await, Upstream::json(object).await, lines.await]
}

#[tokio::test]
async fn queries_are_answered_over_what_the_upstream_has() {
    for upstream in forms().await {
        let proxy = Proxy::new(&upstream.url, apply).await;
        for query in [
            "$filter=id gt 2",
            "$filter=id gt 2&$top=2",
            "$filter=id gt 2&$skip=1&$top=2&$count=true",
            "$top=0",
            "$top=0&$count=true",
            "$skip=7",
            "$skip=99",
            "$orderby=tenantId desc,id desc&$top=3",
            "$orderby=salary desc&$skip=2&$count=true&$select=id",
            "$filter=contains(name,'3')&$select=name",
            "$compute=salary div 10 as pay&$filter=pay ge 60&$select=id,pay",
            "$search=n3 OR n4",
            "$filter=id eq @id&@id=5",
            "$count=true",
        ] {
            let encoded = query.replace(' ', "%20");
            let answer = proxy.get(&format!("/People?{encoded}&lang=no")).await;
            let found = answer.json();
            let expected = Query::parse(query).unwrap().apply(&people()).unwrap().to_json();
            assert_eq!(found, serde_json::from_str::<Value>(&expected).unwrap(), "{query}");
            assert_eq!(answer.header("content-type"), "application/json");
            let target = upstream.last().target;
            assert!(!target.contains('$') && target.contains("lang=no"), "{target}");
        }
    }
}

#[tokio::test]
async fn without_a_query_an_answer_stays_as_it_is() {
    for (upstream, begins) in forms().await.iter().zip(["[{", "{\"total\"", "{\"id\""]) {
        let proxy = Proxy::new(&upstream.url, apply).await;
        let text = proxy.get("/People?lang=no").await;
        assert!(text.text().starts_with(begins), "{}", text.text());
    }
}

#[tokio::test]
async fn nothing_gets_around_the_tenant() {
    for upstream in forms().await {
        let proxy = Proxy::new(&upstream.url, |config| tenant(apply(config))).await;
        for query in [
            "",
            "?$filter=true%20or%20true",
            "?$filter=tenantId%20eq%208",
            "?$orderby=tenantId%20desc",
            "?$select=id",
            "?$search=n",
        ] {
            let answer = proxy.get(&format!("/People{query}")).await;
            assert!(answer.ids().iter().all(|id| id % 2 == 0), "{query}: {}", answer.text());
        }
        assert_eq!(proxy.get("/People?$count=true&$top=1").await.json()["@odata.count"], 4);
        let answer = proxy.get("/People?$filter=1%20div%20(tenantId%20sub%208)%20eq%201").await;
        assert_eq!(answer.status, 200, "no error tells of others: {}", answer.text());
    }
}

#[tokio::test]
async fn what_must_not_show_does_not() {
    let upstream = Upstream::json(Value::Array(people()).to_string()).await;
    let rules = r#"{"forbidden": ["salary", "tenantId"], "pageSize": 3}"#;
    let proxy =
        Proxy::new(&upstream.url, |config| tenant(apply(config.with_rules(rules).unwrap()))).await;
    let expected =
        json!([{"id": 0, "name": "n0"}, {"id": 2, "name": "n2"}, {"id": 4, "name": "n4"}]);
    assert_eq!(proxy.get("/People").await.json()["value"], expected);
    assert_eq!(upstream.seen().len(), 1);
    let refused = proxy.get("/People?$filter=tenantId%20eq%208").await;
    assert_eq!(refused.error(), (403, "forbidden".to_owned()));
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn one_record_is_held_to_the_query_too() {
    let upstream = Upstream::new(|seen| {
        let id: i64 = seen.target.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap_or(99);
        let body = match id {
            99 => json!({"value": 5}),
            id => json!({"@odata.context": "x", "id": id, "tenantId": 7 + id % 2, "salary": 1}),
        };
        vec![json_answer(&body.to_string())]
    })
    .await;
    let proxy = Proxy::new(&upstream.url, |config| tenant(apply(config))).await;
    let record = proxy.get("/People(2)?$select=id").await;
    assert_eq!(record.json(), json!({"@odata.context": "x", "id": 2}));
    assert_eq!(proxy.get("/People(1)").await.error(), (404, "not-found".to_owned()));
    assert_eq!(proxy.get("/People/salary").await.error(), (404, "not-found".to_owned()));
}

#[tokio::test]
async fn pages_of_the_upstream_are_one_answer() {
    let upstream = Upstream::new(|seen| {
        let page: usize = seen.target.split("page=").nth(1).map_or(0, |page| page.parse().unwrap());
        let records = &people()[2 * page..2 * page + 2];
        let mut body = json!({"@odata.context": "c", "value": records});
        if page < 3 {
            body["@odata.nextLink"] = json!(format!("People?page={}", page + 1));
        }
        vec![json_answer(&body.to_string())]
    })
    .await;
    let proxy = Proxy::new(&format!("{}/v1", upstream.url), apply).await;
    let answer = proxy.get("/People?$orderby=id%20desc&$count=true&$top=3").await;
    assert_eq!(answer.json()["@odata.count"], 8);
    assert_eq!(answer.ids(), [7, 6, 5]);
    assert_eq!(upstream.last().target, "/v1/People?page=3");
    let answer = proxy.get("/People?$filter=id%20gt%200&$skip=1").await;
    assert_eq!(
        (answer.ids(), answer.json()["@odata.context"].clone()),
        (vec![2, 3, 4, 5, 6, 7], json!("c"))
    );
    // No more is read than is wanted.
    let asked = upstream.seen().len();
    assert_eq!(proxy.get("/People?$top=3").await.ids(), [0, 1, 2]);
    assert_eq!(upstream.seen().len(), asked + 2);
}

#[tokio::test]
async fn pages_lead_nowhere_else_and_to_an_end() {
    let other = Upstream::json("{\"value\":[{\"id\":666}]}").await;
    let link = format!("{}/x", other.url);
    for link in [link.as_str(), "//elsewhere/x", "People"] {
        let body = json!({"value": [], "@odata.nextLink": link}).to_string();
        let upstream = Upstream::json(body).await;
        let proxy = Proxy::new(&upstream.url, apply).await;
        let answer = proxy.get("/People?$count=true").await;
        assert_eq!(answer.error(), (502, "upstream".to_owned()), "{link}");
        assert!(upstream.seen().len() <= 2);
    }
    assert!(other.seen().is_empty());
}

#[tokio::test]
async fn what_cannot_be_applied_to_is_not_passed_on() {
    let upstream = Upstream::new(|seen| {
        let step = match seen.target.as_str() {
            "/gzip" => answer(
                "200 OK",
                "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
                b"\x1f\x8b",
            ),
            "/csv" => answer("200 OK", "Content-Type: text/csv\r\n", b"id\n1\n"),
            "/error" => answer("500 Broken", "Content-Type: text/html\r\n", b"<p>"),
            _ => answer("200 OK", "Content-Type: text/plain\r\n", b"8"),
        };
        vec![step]
    })
    .await;
    let proxy = Proxy::new(&upstream.url, apply).await;
    for target in ["/gzip?$top=1", "/csv?$filter=id%20eq%201", "/People/$count?$filter=id%20eq%201"]
    {
        assert_eq!(proxy.get(target).await.error(), (502, "upstream".to_owned()), "{target}");
    }
    for (target, body) in
        [("/gzip", &b"\x1f\x8b"[..]), ("/csv", b"id\n1\n"), ("/People/$count", b"8")]
    {
        assert_eq!(proxy.get(target).await.bytes, body, "{target}");
    }
    let answer = proxy.get("/error?$top=1").await;
    assert_eq!((answer.status, answer.text()), (500, "<p>"));
}

#[tokio::test]
async fn a_bad_query_does_not_reach_the_upstream() {
    let upstream = Upstream::json("[]").await;
    let proxy = Proxy::new(&upstream.url, apply).await;
    for (query, status, code) in [
        ("$filter=nope(id)", 400, "unknown-function"),
        ("$filter=length(5)%20eq%201", 400, "type-mismatch"),
        ("$orderby=@a&@a=@a", 400, "alias-cycle"),
    ] {
        assert_eq!(proxy.get(&format!("/P?{query}")).await.error(), (status, code.to_owned()));
    }
    assert!(upstream.seen().is_empty());
    let head = Request::head(format!("{}/P?$top=1", proxy.url)).body(Full::default()).unwrap();
    let answer = proxy.send(head).await;
    assert_eq!((answer.status, answer.text(), upstream.last().method.as_str()), (200, "", "HEAD"));
}
