//! Upstreams and clients that break, stall and come in crowds.

use std::time::{Duration, Instant};

use odata_proxy::Config;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::world::{
    Proxy, Step, Upstream, apply, chunk, chunked, forward, json_answer, people, tenant,
};

fn hasty(mut config: Config) -> Config {
    config.timeout = Duration::from_secs(1);
    config
}

#[tokio::test]
async fn an_upstream_that_is_not_there() {
    let proxy = Proxy::new("http://127.0.0.1:1", forward).await;
    assert_eq!(proxy.get("/People").await.error(), (502, "upstream".to_owned()));
    let upstream = Upstream::new(|_| vec![]).await;
    let proxy = Proxy::new(&upstream.url, forward).await;
    assert_eq!(proxy.get("/People").await.error(), (502, "upstream".to_owned()));
}

#[tokio::test]
async fn an_upstream_that_is_slow() {
    let late = || Step::Wait(Duration::from_secs(5));
    let head = Upstream::new(move |_| vec![late(), json_answer("[]")]).await;
    let proxy = Proxy::new(&head.url, hasty).await;
    assert_eq!(proxy.get("/People").await.error(), (504, "upstream".to_owned()));
    // Nothing was sent yet, so that the answer is still an error.
    let body = Upstream::new(move |_| vec![chunked(), chunk(b"[{\"id\":1},"), late()]).await;
    let proxy = Proxy::new(&body.url, |config| apply(hasty(config))).await;
    assert_eq!(proxy.get("/People?$orderby=id").await.error(), (504, "upstream".to_owned()));
    // Something was: it is broken off.
    let answer = proxy.get("/People?$filter=id%20eq%201").await;
    assert!(!answer.is_whole, "{}", answer.text());
}

#[tokio::test]
async fn an_upstream_that_dies_midway() {
    let cuts: [fn() -> Vec<Step>; 4] = [
        || vec![chunked(), chunk(b"[{\"id\":1},{\"id\"")],
        || vec![chunked(), chunk(b"[{\"id\":1},{\"id\""), Step::Send(b"0\r\n\r\n".to_vec())],
        || vec![json_answer("[{\"id\":1},{\"id\":}]")],
        || vec![json_answer("{\"value\":[{\"id\":1}] oops")],
    ];
    for (number, cut) in cuts.into_iter().enumerate() {
        let upstream = Upstream::new(move |_| cut()).await;
        for change in [forward as fn(_) -> _, apply] {
            let proxy = Proxy::new(&upstream.url, change).await;
            let answer = proxy.get("/People?$filter=id%20eq%201").await;
            let is_error = answer.status == 502;
            // What is no JSON in a record that is passed on as it is, is for the client to find.
            let is_passed_on =
                number == 2 && serde_json::from_slice::<serde_json::Value>(&answer.bytes).is_err();
            assert!(is_error || !answer.is_whole || is_passed_on, "{number}: {answer:?}");
            let answer = proxy.get("/People?$orderby=id").await;
            assert!(
                answer.status == 502 || !answer.is_whole || is_passed_on,
                "{number}: {answer:?}"
            );
        }
    }
}

#[tokio::test]
async fn an_evaluation_that_fails() {
    let upstream = Upstream::json("[{\"n\":0},{\"n\":1}]").await;
    let proxy = Proxy::new(&upstream.url, apply).await;
    let answer = proxy.get("/P?$filter=1%20div%20n%20eq%201").await;
    assert_eq!(answer.error(), (400, "evaluation".to_owned()));
    let upstream = Upstream::new(|_| {
        let wait = Step::Wait(Duration::from_millis(100));
        vec![
            chunked(),
            chunk(b"[{\"n\":1},"),
            wait,
            chunk(b"{\"n\":0}]"),
            Step::Send(b"0\r\n\r\n".to_vec()),
        ]
    });
    let upstream = upstream.await;
    let proxy = Proxy::new(&upstream.url, apply).await;
    // Where both chunks came at once, nothing was sent before.
    let answer = proxy.get("/P?$filter=1%20div%20n%20eq%201").await;
    assert!(!answer.is_whole || answer.status == 400, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_vanish_or_dawdle_leave_it_healthy() {
    let record = format!("{{\"id\":1,\"pad\":\"{}\"}}", "x".repeat(20_000));
    let long = format!("[{}{record}]", format!("{record},").repeat(300));
    let upstream = Upstream::new(move |seen| {
        vec![json_answer(if seen.target.contains("short") { "[{\"id\":1}]" } else { &long })]
    })
    .await;
    let patient = |mut config: Config| {
        config.timeout = Duration::from_secs(3);
        apply(config)
    };
    let proxy = Proxy::new(&upstream.url, patient).await;
    let address = proxy.url.trim_start_matches("http://").to_owned();
    let mut idle = Vec::new();
    for number in 0..12 {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request = match number % 3 {
            0 => "GET /long?$filter=id%20eq%201 HTTP/1.1\r\nHost: x\r\n\r\n",
            1 => {
                "POST /long/$query HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 50\r\n\r\n$fil"
            }
            _ => "GET /long HTTP/1.1\r\nHos",
        };
        stream.write_all(request.as_bytes()).await.unwrap();
        if number % 2 == 0 {
            idle.push(stream);
        }
    }
    for _ in 0..20 {
        assert_eq!(proxy.get("/short?$top=1").await.ids(), [1]);
    }
    // Half a request is not waited for.
    let mut half = idle.remove(1);
    let mut text = String::new();
    timeout(Duration::from_secs(10), half.read_to_string(&mut text)).await.unwrap().unwrap();
    assert!(text.is_empty() || text.contains(" 408 "), "{text}");
    assert_eq!(proxy.get("/short?$top=1").await.ids(), [1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crowds_get_their_own_answers() {
    let array = serde_json::Value::Array(people()).to_string();
    let applied = Upstream::json(array).await;
    let forwarded = Upstream::filtering(people()).await;
    let proxies = [
        Proxy::new(&applied.url, |config| tenant(apply(config))).await,
        Proxy::new(&forwarded.url, tenant).await,
    ];
    let mut asking = Vec::new();
    for number in 0..400_usize {
        let id = number % 8;
        let order = if number % 3 == 0 { "&$orderby=id" } else { "" };
        let url = format!("{}/People?$filter=id%20eq%20{id}{order}", proxies[number % 2].url);
        asking.push(tokio::spawn(async move {
            let response = crate::world::client().get(url.parse().unwrap()).await.unwrap();
            let body =
                http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
            (id, serde_json::from_slice::<serde_json::Value>(&body).unwrap())
        }));
    }
    for asked in asking {
        let (id, body) = asked.await.unwrap();
        let expected = if id % 2 == 0 { json!([people()[id]]) } else { json!([]) };
        assert_eq!(body["value"], expected);
    }
}

#[tokio::test]
async fn what_is_being_answered_is_answered_before_the_end() {
    let upstream = Upstream::new(|_| {
        vec![
            chunked(),
            chunk(b"["),
            Step::Wait(Duration::from_millis(500)),
            chunk(b"{\"id\":1}]"),
            Step::Send(b"0\r\n\r\n".to_vec()),
        ]
    });
    let upstream = upstream.await;
    let mut proxy = Proxy::new(&upstream.url, apply).await;
    let end = proxy.end.take().unwrap();
    let started = Instant::now();
    let ending = tokio::spawn(async move {
        sleep(Duration::from_millis(150)).await;
        end.send(()).unwrap();
    });
    let answer = proxy.get("/People?$top=5").await;
    assert_eq!(answer.ids(), [1]);
    ending.await.unwrap();
    timeout(Duration::from_secs(5), &mut proxy.ended).await.unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(proxy.url.trim_start_matches("http://")).await.is_err());
}
