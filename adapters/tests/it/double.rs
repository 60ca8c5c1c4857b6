//! The double and the matcher behind a real server.

use crate::common::get;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use odata_query::schema::{Navigation, Schema, TypeBuilder};
use odata_query::{Plus, Policy, Query, Settings};
use odata_query_adapters::wiremock::{ODataResponder, SameQuery, same_query};
use serde_json::json;
use wiremock::matchers::{any, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

#[tokio::test]
async fn a_double_in_three_lines() {
    let server = MockServer::start().await;
    let people = ODataResponder::new([json!({"id": 1, "name": "O'Neil"}), json!({"id": 2})]);
    Mock::given(method("GET")).and(path("/People")).respond_with(people).mount(&server).await;

    let base = format!("{}/People", server.uri());
    let answer = get(&format!("{base}?$filter=name%20eq%20'O''Neil'&$count=true")).await;
    assert_eq!(answer.body, r#"{"@odata.count":1,"value":[{"id":1,"name":"O'Neil"}]}"#);
    assert_eq!((answer.status, answer.media_type.as_str()), (200, "application/json"));
    let answer = get(&format!("{base}?$fliter=a")).await;
    assert_eq!((answer.status, answer.media_type.as_str()), (400, "application/json"));
    assert!(answer.body.contains("did you mean `$filter`?"), "{}", answer.body);
}

#[tokio::test]
async fn a_double_with_a_schema_and_a_policy() {
    let customer = TypeBuilder::new("Customer")
        .key(["id"])
        .property("id", "Edm.Int32")
        .navigation(Navigation::to_many("orders", "Order").on("id", "customer"));
    let order =
        TypeBuilder::new("Order").property("no", "Edm.Int32").property("customer", "Edm.Int32");
    let schema = Schema::builder()
        .entity_type(customer)
        .entity_type(order)
        .entity_set("Customers", "Customer")
        .entity_set("Orders", "Order")
        .build()
        .unwrap();
    let mut settings = Settings::default();
    settings.page_size = Some(1);
    let customers = ODataResponder::new([json!({"id": 1}), json!({"id": 2})])
        .entity_type(schema.entity_set("Customers").unwrap())
        .collection("Orders", [json!({"no": 7, "customer": 1})])
        .policy(Policy::new().count(false))
        .settings(settings);
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(customers).mount(&server).await;

    let first = get(&format!("{}/Customers?$expand=orders($select=no)", server.uri())).await;
    let first: serde_json::Value = serde_json::from_str(&first.body).unwrap();
    assert_eq!(first["value"], json!([{"id": 1, "orders": [{"no": 7}]}]));
    let next = format!("{}/Customers{}", server.uri(), first["@odata.nextLink"].as_str().unwrap());
    assert_eq!(get(&next).await.body, r#"{"value":[{"id":2,"orders":[]}]}"#);
    for (query, status) in [("$filter=nmae%20eq%201", 400), ("$count=true", 403)] {
        let answer = get(&format!("{}/Customers?{query}", server.uri())).await;
        assert_eq!(answer.status, status, "{query}");
    }
}

#[tokio::test]
async fn options_in_the_body_of_a_query() {
    let server = MockServer::start().await;
    let people = ODataResponder::new([json!({"name": "a b"}), json!({"name": "a+b"})]);
    Mock::given(method("POST")).respond_with(people).mount(&server).await;
    for (media_type, body, found) in [
        ("text/plain", "$filter=name eq 'a+b'", "a+b"),
        ("application/x-www-form-urlencoded", "%24filter=name+eq+'a+b'", "a b"),
    ] {
        let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
        let request = Request::post(format!("{}/People/$query?$count=true", server.uri()))
            .header("Content-Type", media_type)
            .body(Full::from(body))
            .unwrap();
        let response = client.request(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let expected = format!(r#"{{"@odata.count":1,"value":[{{"name":"{found}"}}]}}"#);
        assert_eq!(String::from_utf8_lossy(&body), expected);
    }
}

#[tokio::test]
async fn queries_match_by_what_they_mean() {
    let server = MockServer::start().await;
    let question = same_query("$filter=a in (1,2) and b eq 'x'&$top=5&lang=no").unwrap();
    let question = question.ignoring("ApiKey");
    Mock::given(question).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    for (query, status) in [
        ("$filter=a%20in%20(1,2)%20and%20b%20eq%20'x'&$top=5&lang=no", 204),
        ("top=5&lang=no&FILTER=(('x'%20EQ%20b)%20and%20a%20in%20(2,1))&ApiKey=1", 204),
        ("lang=no&$filter=b%20eq%20@b%20and%20a%20in%20(1,2)&@b=%27x%27&$top=5&$count=false", 204),
        ("$filter=a%20in%20(1,2)%20or%20b%20eq%20'x'&$top=5&lang=no", 404),
        ("$filter=a%20in%20(1,2)%20and%20b%20eq%20'x'&$top=5", 404),
        ("$filter=a%20in", 404),
    ] {
        assert_eq!(get(&format!("{}/?{query}", server.uri())).await.status, status, "{query}");
    }
    assert!(same_query("$filter=a in").is_err());

    let mut settings = Settings::default();
    settings.plus = Plus::Space;
    let server = MockServer::start().await;
    let question = SameQuery::new(Query::parse_with("$filter=a+eq+1", &settings).unwrap());
    Mock::given(question).respond_with(ResponseTemplate::new(204)).mount(&server).await;
    assert_eq!(get(&format!("{}/?$filter=1+eq+a", server.uri())).await.status, 204);
}
