//! The guard around a real server.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{get, serve};
use axum::Router;
use axum::http::Uri;
use odata_query::{Policy, Settings};
use odata_query_adapters::tower::GuardLayer;

/// A server that says which URI it got, and how often it was asked.
async fn guarded(layer: GuardLayer) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let echo = move |uri: Uri| async move {
        counter.fetch_add(1, Ordering::SeqCst);
        uri.to_string()
    };
    (serve(Router::new().fallback(echo).layer(layer)).await, asked)
}

fn policy() -> Policy {
    Policy::new().forbidden(["salary"]).max_top(100)
}

#[tokio::test]
async fn the_service_sees_nothing_that_is_refused() {
    let mut settings = Settings::default();
    settings.limits.depth = 5;
    let (base, asked) = guarded(GuardLayer::new(policy()).settings(settings)).await;
    for (target, status, code) in [
        ("/People?$filter=salary%20gt%205", 403, "forbidden"),
        ("/People?$filter=x%20or%20%73alary%20gt%205", 403, "forbidden"),
        ("/People?$top=101", 413, "limit"),
        ("/People?$filter=((((((a))))))", 413, "limit"),
        ("/People?$filter", 400, "missing-value"),
        ("/People/$query", 501, "not-supported"),
        ("/People/%24QUERY/", 501, "not-supported"),
        ("/$batch?$top=1", 501, "not-supported"),
    ] {
        let answer = get(&format!("{base}{target}")).await;
        assert_eq!(answer.status, status, "{target}: {}", answer.body);
        assert_eq!(answer.media_type, "application/json", "{target}");
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["error"]["code"], code, "{target}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn the_rest_goes_on_as_it_was_asked() {
    let (base, asked) = guarded(GuardLayer::new(policy())).await;
    for target in ["/People", "/People?top=5&FILTER=((a%20EQ%201))&lang=no", "/People?"] {
        assert_eq!(get(&format!("{base}{target}")).await.body, target);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_narrowing_guard_hands_on_what_is_allowed() {
    let layer = GuardLayer::new(policy().selectable(["id", "имя"])).narrowing();
    let (base, _) = guarded(layer).await;
    let answer = get(&format!("{base}/People?top=5000&lang=no")).await;
    assert_eq!(answer.body, "/People?$top=100&$select=id,%D0%B8%D0%BC%D1%8F&lang=no");
    let (base, _) = guarded(GuardLayer::new(Policy::new()).narrowing()).await;
    assert_eq!(get(&format!("{base}/People?")).await.body, "/People");
}
