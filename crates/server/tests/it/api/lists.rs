//! Pages, and lists that are watched.

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use muster_server::api::Cursor;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::harness::Harness;

async fn put(harness: &Harness, root: &str, name: &str) {
    let path = format!("/v1/environments/default/configs/{name}");
    harness
        .put(&path)
        .key(root)
        .json(&json!({ "content": "eA==" }))
        .send()
        .await
        .expect(200);
}

fn names(page: &Value) -> Vec<String> {
    page["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn pages_are_stable_while_things_come_and_go() {
    let (harness, root) = Harness::set_up().await;
    for i in 0..25 {
        put(&harness, &root, &format!("c{i:02}")).await;
    }
    let list = "/v1/environments/default/configs?limit=7";
    let mut page = harness.get(list).key(&root).send().await.expect(200);
    let mut seen = names(&page);
    assert_eq!(seen.len(), 7);
    for round in 0.. {
        let Some(next) = page["next"].as_str() else { break };
        // The last one that was seen goes, something comes before it and something behind everything.
        let last = format!("/v1/environments/default/configs/{}", seen.last().unwrap());
        harness.ask("DELETE", &last).key(&root).send().await.expect(204);
        put(&harness, &root, &format!("a{round}")).await;
        if round == 0 {
            put(&harness, &root, "z").await;
        }
        page = harness
            .get(&format!("{list}&cursor={next}"))
            .key(&root)
            .send()
            .await
            .expect(200);
        seen.extend(names(&page));
    }
    let mut wanted: Vec<String> = (0..25).map(|i| format!("c{i:02}")).collect();
    wanted.push("z".to_owned());
    assert_eq!(seen, wanted, "each once, none left out");
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list() {
    let (harness, root) = Harness::set_up().await;
    for name in ["a", "b"] {
        put(&harness, &root, name).await;
    }
    let page = harness
        .get("/v1/environments/default/configs?limit=1")
        .key(&root)
        .send()
        .await
        .expect(200);
    let next = page["next"].as_str().unwrap();
    let other = format!("/v1/environments/default/secrets?cursor={next}");
    harness
        .get(&other)
        .key(&root)
        .send()
        .await
        .problem(400, "bad_request");
}

/// The next event of an SSE answer: its name and data.
pub async fn next_event(
    stream: &mut (impl futures_util::Stream<Item = Result<bytes::Bytes, axum::Error>> + Unpin),
    buffer: &mut String,
) -> Option<(String, Value, Option<u64>)> {
    loop {
        if let Some((event, rest)) = buffer.split_once("\n\n") {
            let (event, rest) = (event.to_owned(), rest.to_owned());
            *buffer = rest;
            let field = |name: &str| {
                event
                    .lines()
                    .find_map(|line| line.strip_prefix(name).map(str::to_owned))
            };
            let Some(name) = field("event: ") else { continue };
            let data = serde_json::from_str(&field("data: ").unwrap()).unwrap();
            return Some((name, data, field("id: ").map(|id| id.parse().unwrap())));
        }
        let next = tokio::time::timeout(std::time::Duration::from_secs(10), stream.next())
            .await
            .expect("an event in time");
        buffer.push_str(std::str::from_utf8(&next?.unwrap()).unwrap());
    }
}

#[tokio::test]
async fn a_watched_list_tells_all_then_changes() {
    let (harness, root) = Harness::set_up().await;
    put(&harness, &root, "a").await;
    let response = harness
        .get("/v1/environments/default/configs?watch=true")
        .key(&root)
        .open()
        .await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut stream, mut buffer) = (response.into_body().into_data_stream(), String::new());
    let (event, item, _) = next_event(&mut stream, &mut buffer).await.unwrap();
    assert_eq!((event.as_str(), item["name"].as_str().unwrap()), ("item", "a"));
    assert_eq!(next_event(&mut stream, &mut buffer).await.unwrap().0, "ready");
    put(&harness, &root, "b").await;
    let (event, item, _) = next_event(&mut stream, &mut buffer).await.unwrap();
    assert_eq!((event.as_str(), item["name"].as_str().unwrap()), ("item", "b"));
    harness
        .ask("DELETE", "/v1/environments/default/configs/a")
        .key(&root)
        .send()
        .await
        .expect(204);
    let (event, gone, _) = next_event(&mut stream, &mut buffer).await.unwrap();
    assert_eq!((event.as_str(), gone["id"].as_str().unwrap()), ("gone", "a"));
}

#[tokio::test]
async fn what_is_not_there_is_not_watched() {
    let (harness, root) = Harness::set_up().await;
    let units = "/v1/environments/default/units?stack=none&watch=true";
    harness
        .get(units)
        .key(&root)
        .send()
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_watch_ends_with_the_right_to_look() {
    let (harness, root) = Harness::set_up().await;
    let key = harness.member(&root, "anna", "default", Some("readonly")).await;
    let response = harness
        .get("/v1/environments/default/configs?watch=true")
        .key(&key)
        .open()
        .await;
    let (mut stream, mut buffer) = (response.into_body().into_data_stream(), String::new());
    assert_eq!(next_event(&mut stream, &mut buffer).await.unwrap().0, "ready");
    harness
        .ask("DELETE", "/v1/environments/default/members/anna")
        .key(&root)
        .send()
        .await
        .expect(200);
    put(&harness, &root, "secret-plans").await;
    assert_eq!(next_event(&mut stream, &mut buffer).await, None);
}

proptest! {
    #[test]
    fn cursors_round_trip(list in "[a-z_]{1,20}", key in "[ -~é漢]{1,80}") {
        let cursor = Cursor::new(&list, &key);
        let read = Cursor::parse(&cursor.to_string()).unwrap();
        prop_assert_eq!(read.key_in(&list), Ok(key.as_str()));
        prop_assert!(read.key_in("other-list").is_err());
    }

    #[test]
    fn any_text_is_the_cursor_it_prints_as_or_none(text in "\\PC{0,200}") {
        if let Ok(cursor) = Cursor::parse(&text) {
            prop_assert_eq!(cursor.to_string(), text);
        }
    }
}

#[tokio::test]
async fn pages_of_any_size_are_the_whole() {
    let (harness, root) = Harness::set_up().await;
    let made: BTreeSet<String> = (0..13).map(|i| format!("c{i}")).collect();
    for name in &made {
        put(&harness, &root, name).await;
    }
    for limit in [1, 2, 5, 12, 13, 14] {
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let path = format!("/v1/environments/default/configs?limit={limit}{next}");
            let page = harness.get(&path).key(&root).send().await.expect(200);
            seen.extend(names(&page));
            let Some(cursor) = page["next"].as_str() else {
                break;
            };
            next = format!("&cursor={cursor}");
        }
        assert!(seen.iter().eq(&made), "{limit}: {seen:?}");
    }
}
