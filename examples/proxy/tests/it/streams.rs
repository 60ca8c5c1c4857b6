//! Bodies that pass while they arrive.

use std::sync::Mutex;
use std::time::Duration;

use http_body_util::BodyExt;
use odata_proxy::Config;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::world::{
    Proxy, Step, Upstream, apply, chunk, chunked, forward, json_answer, last_chunk,
};

/// Records of which the second one is sent when a test says so.
async fn halting() -> (Upstream, oneshot::Sender<()>) {
    let (go, went) = oneshot::channel();
    let went = Mutex::new(Some(went));
    let upstream = Upstream::new(move |_| {
        let until = Step::Until(went.lock().unwrap().take().unwrap());
        vec![
            chunked(),
            chunk(b"{\"value\":[{\"id\":1},"),
            until,
            chunk(b"{\"id\":2}]}"),
            last_chunk(),
        ]
    });
    (upstream.await, go)
}

#[tokio::test]
async fn a_record_arrives_before_the_next_one_is_there() {
    let changes = [
        (forward as fn(Config) -> Config, "/People"),
        (apply, "/People?$filter=id%20gt%200"),
        (apply, "/People?$top=2&$skip=0"),
        (apply, "/People?$count=true"),
        (apply, "/People?$select=id"),
    ];
    for (change, target) in changes {
        let (upstream, go) = halting().await;
        let proxy = Proxy::new(&upstream.url, change).await;
        let mut body = proxy.open(target).await.into_body();
        let mut text = Vec::new();
        while !text.ends_with(b"{\"id\":1}") && !text.ends_with(b"{\"id\":1},") {
            let frame = timeout(Duration::from_secs(5), body.frame()).await.expect(target);
            text.extend_from_slice(&frame.unwrap().unwrap().into_data().unwrap());
        }
        go.send(()).unwrap();
        text.extend_from_slice(&body.collect().await.unwrap().to_bytes());
        let all: serde_json::Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(all["value"].as_array().unwrap().len(), 2, "{target}");
    }
}

#[tokio::test]
async fn no_more_is_waited_for_than_is_wanted() {
    let (upstream, go) = halting().await;
    let proxy = Proxy::new(&upstream.url, apply).await;
    let answer = timeout(Duration::from_secs(5), proxy.get("/People?$top=1")).await.unwrap();
    assert_eq!(answer.ids(), [1]);
    drop(go);
}

#[tokio::test]
async fn chunks_end_anywhere() {
    let text = "{\"@odata.context\":\"\\u0024\",\"value\":[{\"id\":1,\"n\":\"Анна😀\\\"]},{\\\\\"},{\"id\":2,\"n\":\"\\ud83d\\ude00\"}]}";
    for size in [1, 2, 3, 5, 7, 64] {
        let upstream = Upstream::new(move |_| {
            let chunks = text.as_bytes().chunks(size).map(chunk);
            [chunked()].into_iter().chain(chunks).chain([last_chunk()]).collect()
        })
        .await;
        for (change, target) in [
            (forward as fn(_) -> _, "/P"),
            (apply, "/P?$filter=id%20gt%200"),
            (apply, "/P?$orderby=id"),
        ] {
            let proxy = Proxy::new(&upstream.url, change).await;
            let found = proxy.get(target).await.json();
            let expected: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(found, expected, "{size} {target}");
        }
    }
}

#[tokio::test]
async fn what_streams_may_be_longer_than_what_is_held() {
    let record = format!("{{\"id\":1,\"pad\":\"{}\"}}", "x".repeat(1_000));
    let body = format!("[{}{record}]", format!("{record},").repeat(99));
    let upstream = Upstream::json(body).await;
    let small = |mut config: Config| {
        config.max_body = 10_000;
        apply(config)
    };
    let proxy = Proxy::new(&upstream.url, small).await;
    assert_eq!(proxy.get("/People?$filter=id%20eq%201").await.ids().len(), 100);
    assert_eq!(proxy.get("/People?$count=true&$top=1").await.json()["@odata.count"], 100);
    // Of an order no more than the window is held.
    assert_eq!(proxy.get("/People?$orderby=id&$top=2").await.ids().len(), 2);
    let answer = proxy.get("/People?$orderby=id").await;
    assert_eq!(answer.error(), (413, "limit".to_owned()));
    assert!(
        answer
            .text()
            .contains("$orderby: the number of bytes that a stream holds is limited to 10000"),
        "{}",
        answer.text()
    );

    let long = format!("[{{\"id\":1,\"pad\":\"{}\"}}]", "x".repeat(20_000));
    let upstream = Upstream::new(move |_| vec![json_answer(&long)]).await;
    let proxy = Proxy::new(&upstream.url, small).await;
    assert_eq!(proxy.get("/People?$top=1").await.error(), (502, "upstream".to_owned()));
}
