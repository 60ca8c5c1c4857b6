//! The extractor behind a real server.

use crate::common::{Answer, get as request, serve};
use axum::routing::get;
use axum::{Extension, Router};
use odata_query::{Plus, Settings};
use odata_query_adapters::axum::{OData, ODataRejection};
use serde_json::json;

async fn people(OData(query): OData) -> Result<String, ODataRejection> {
    let people = [json!({"id": 1, "name": "a b"}), json!({"id": 2, "name": "a+b"})];
    Ok(query.apply(&people)?.to_json())
}

async fn both() -> (String, String) {
    let mut settings = Settings::default();
    settings.plus = Plus::Space;
    let plain = Router::new().route("/People", get(people));
    let spaced = plain.clone().layer(Extension(settings));
    (serve(plain).await, serve(spaced).await)
}

#[tokio::test]
async fn a_handler_gets_the_query() {
    let (plain, spaced) = both().await;
    let all = request(&format!("{plain}/People")).await;
    assert_eq!(all.body, r#"{"value":[{"id":1,"name":"a b"},{"id":2,"name":"a+b"}]}"#);
    let found = request(&format!("{plain}/People?$filter=name%20eq%20'a+b'&$select=id")).await;
    assert_eq!(found.body, r#"{"value":[{"id":2}]}"#);
    let found = request(&format!("{spaced}/People?$filter=name+eq+'a+b'&$select=id")).await;
    assert_eq!(found.body, r#"{"value":[{"id":1}]}"#);
}

#[tokio::test]
async fn a_wrong_query_gets_the_error_body() {
    let (plain, _) = both().await;
    let deep = format!("$filter={}a", "not%20".repeat(99));
    for (query, status, code) in [
        ("$top=-1", 400, "syntax"),
        ("$filter=nope(name)", 400, "unknown-function"),
        ("$filter=1%20div%200%20eq%201", 400, "evaluation"),
        ("$apply=aggregate(id)", 501, "not-supported"),
        ("$index=1", 501, "not-supported"),
        (deep.as_str(), 413, "limit"),
    ] {
        let Answer { status: found, media_type, body } =
            request(&format!("{plain}/People?{query}")).await;
        assert_eq!((found, media_type.as_str()), (status, "application/json"), "{query}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["error"]["code"], code, "{query}");
    }
}
