//! What goes through to agents: logs, exec, stats, images.

use std::net::SocketAddr;

use axum::body::Body;
use futures_util::{SinkExt as _, StreamExt as _};
use muster_model::link::{ExecRequest, StreamFrame, StreamRequest, StreamTarget};
use muster_model::{HostId, UnitId};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::harness::{ENV, Harness, wait_for};

const BASE: &str = "/v1/environments/default";

/// Two hosts with a unit of `web` each.
async fn two_units() -> (Harness, String) {
    let (harness, root) = Harness::set_up().await;
    let stack = harness.stack(1, ENV, "shop", &["web"]).await;
    for number in 1..=2 {
        let host = harness.host(number, ENV).await;
        harness.unit(number, stack, "web", host).await;
    }
    (harness, root)
}

fn output(text: &str) -> StreamFrame {
    StreamFrame::Output(text.as_bytes().to_vec())
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn logs_of_a_service_are_one_sequence() {
    let (harness, root) = two_units().await;
    harness.agents.play(|host, _| match host.counter {
        1 => vec![
            output("2026-11-21T01:00:01Z one\n2026-11-21T01:00:0"),
            output("3Z three\n"),
            StreamFrame::Error(b"2026-11-21T01:00:05.5Z oops\n".to_vec()),
            StreamFrame::Exit(0),
        ],
        _ => vec![
            output("2026-11-21T01:00:02Z two\n2026-11-21T01:00:04Z four without end"),
            StreamFrame::Exit(0),
        ],
    });
    let reply = harness
        .get(&format!("{BASE}/stacks/shop/services/web/logs?tail=10"))
        .key(&root)
        .send()
        .await;
    assert_eq!(reply.header("content-type"), "application/x-ndjson");
    let told = lines(&reply.text);
    let texts: Vec<&str> = told.iter().map(|line| line["line"].as_str().unwrap()).collect();
    assert_eq!(texts, ["one", "two", "three", "four without end", "oops"]);
    assert_eq!(
        told[1],
        json!({ "unit": "unit-5-2", "service": "web", "number": 2, "stream": "stdout", "at": "2026-11-21T01:00:02.000000000Z", "line": "two" })
    );
    assert_eq!(told[4]["stream"], "stderr");
    let requests = harness.agents.requests.lock().unwrap().clone();
    assert!(requests.iter().all(|(_, request)| matches!(request, StreamRequest::Logs(asked) if asked.tail == Some(10) && !asked.follow)));
    let found = harness
        .get(&format!("{BASE}/stacks/shop/logs?search=o"))
        .key(&root)
        .send()
        .await;
    assert_eq!(lines(&found.text).len(), 4);
}

#[tokio::test]
async fn a_host_that_is_out_of_touch_is_named_among_the_lines() {
    let (harness, root) = two_units().await;
    let reply = harness
        .get(&format!("{BASE}/units/unit-5-1/logs"))
        .key(&root)
        .send()
        .await;
    let told = lines(&reply.text);
    assert_eq!(told[0]["stream"], "problem");
    assert!(told[0]["line"].as_str().unwrap().contains("not in touch"));
}

#[tokio::test]
async fn followed_logs_go_on_over_restarts_and_new_units() {
    let (harness, root) = two_units().await;
    harness.agents.play(|host, request| {
        let StreamRequest::Logs(request) = request else {
            return Vec::new();
        };
        // The engine takes whole seconds, so the last line comes again.
        let first = "2026-11-21T01:00:01.5Z before\n";
        let again = output(&format!("{first}2026-11-21T01:00:09Z after\n"));
        match (host.counter, request.since) {
            (1, None) => vec![output(first), StreamFrame::Exit(0)],
            (1, Some(_)) => vec![again],
            (3, _) => vec![output("2026-11-21T01:00:20Z from a new unit\n")],
            _ => Vec::new(),
        }
    });
    let response = harness
        .get(&format!("{BASE}/stacks/shop/services/web/logs?follow=true"))
        .key(&root)
        .open()
        .await;
    let mut stream = response.into_body().into_data_stream();
    let mut told = Vec::new();
    let stack = harness
        .app
        .mirror
        .world()
        .stack_by_name(ENV, &"shop".parse().unwrap())
        .unwrap()
        .id;
    while told.len() < 3 {
        let next = tokio::time::timeout(std::time::Duration::from_secs(10), stream.next())
            .await
            .expect("a line in time");
        for line in lines(std::str::from_utf8(&next.unwrap().unwrap()).unwrap()) {
            told.push(line["line"].as_str().unwrap().to_owned());
        }
        if told.len() == 1 {
            // Its container ended and was started again: the agent says so.
            let unit = harness
                .app
                .mirror
                .world()
                .unit(UnitId::new(5, 1))
                .unwrap()
                .clone();
            let status = super::harness::running(&unit);
            harness
                .write(&muster_model::observed::UnitStatus {
                    restarts: 1,
                    ..status
                })
                .await;
        }
        if told.len() == 2 {
            let host = harness.host(3, ENV).await;
            harness.unit(3, stack, "web", host).await;
        }
    }
    assert_eq!(told, ["before", "after", "from a new unit"]);
}

#[tokio::test]
async fn stats_are_read_and_written_anew() {
    let (harness, root) = two_units().await;
    harness.agents.play(|_, _| {
        let first = output("{\"memory_stats\": {\"usage\": 5}, \"sneaked\": \"in\"}\n");
        vec![
            first,
            output("{\"memory_stats\": {\"usage\": 7}}"),
            StreamFrame::Exit(0),
        ]
    });
    let path = format!("{BASE}/units/shop%2Fweb-1/stats?follow");
    let reply = harness.get(&path).key(&root).send().await;
    let told = lines(&reply.text);
    assert_eq!(
        (told.len(), &told[0]["memory"], &told[1]["memory"]),
        (2, &json!(5), &json!(7))
    );
    assert!(!reply.text.contains("sneaked"));
}

#[tokio::test]
async fn images_are_listed_and_loaded_piece_by_piece() {
    let (harness, root) = two_units().await;
    let path = format!("{BASE}/hosts/host-1/images");
    harness.agents.play(|_, request| match request {
        StreamRequest::ImageList => vec![
            output("[{\"Id\":\"sha256:1\",\"RepoTags\":[\"muster/whoami:latest\"],\"Size\":3,"),
            output("\"Created\":1},{\"Id\":\"sha256:2\",\"RepoTags\":null,\"Size\":-1}]"),
            StreamFrame::Exit(0),
        ],
        _ => vec![
            output("Loaded image: muster/"),
            output("whoami:latest\n"),
            StreamFrame::Exit(0),
        ],
    });
    let listed = harness.get(&path).key(&root).send().await.expect(200);
    assert_eq!(listed["items"][1]["tags"][0], "muster/whoami:latest");
    assert_eq!(listed["items"][0]["size"], 0);
    let tar: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> =
        tar.chunks(70_001).map(|piece| Ok(piece.to_vec())).collect();
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let reply = harness
        .post(&path)
        .key(&root)
        .bytes("application/x-tar", body)
        .send()
        .await;
    assert_eq!(
        lines(&reply.text).last().unwrap(),
        &json!({ "loaded": ["muster/whoami:latest"] })
    );
    let sent: Vec<u8> = harness
        .agents
        .received
        .lock()
        .unwrap()
        .iter()
        .flat_map(|frame| match frame {
            StreamFrame::Input(bytes) => bytes.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(sent == tar, "the tar arrives as it was sent");
    harness
        .agents
        .play(|_, _| vec![StreamFrame::Failed("no space left on device".to_owned())]);
    let reply = harness
        .post(&path)
        .key(&root)
        .bytes("application/x-tar", "x")
        .send()
        .await;
    assert_eq!(
        lines(&reply.text).last().unwrap(),
        &json!({ "error": "no space left on device" })
    );
}

#[tokio::test]
async fn a_tar_that_breaks_off_is_never_ended() {
    let (harness, root) = two_units().await;
    harness.agents.play(|_, _| Vec::new());
    let pieces = [Ok(vec![1_u8; 10]), Err(std::io::Error::other("cut"))];
    let body = Body::from_stream(futures_util::stream::iter(pieces));
    let path = format!("{BASE}/hosts/host-1/images");
    let reply = harness
        .post(&path)
        .key(&root)
        .bytes("application/x-tar", body)
        .send()
        .await;
    assert!(reply.text.contains("broke off"), "{}", reply.text);
    let received = harness.agents.received.lock().unwrap().clone();
    assert_eq!(
        received,
        [StreamFrame::Input(vec![1; 10])],
        "no empty piece, which would end the tar"
    );
}

#[tokio::test]
async fn exec_is_refused_to_other_sites_and_without_a_socket() {
    let (harness, root) = two_units().await;
    let path = format!("{BASE}/units/unit-5-1/exec?command=sh");
    let ask = || harness.get(&path).key(&root).header("host", "muster.example.com");
    ask()
        .header("origin", "https://evil.example.com")
        .send()
        .await
        .problem(403, "origin");
    ask().header("origin", "null").send().await.problem(403, "origin");
    ask()
        .header("origin", "https://muster.example.com")
        .send()
        .await
        .problem(426, "not_upgraded");
    let none = format!("{BASE}/units/unit-5-1/exec");
    harness
        .get(&none)
        .key(&root)
        .send()
        .await
        .problem(400, "bad_request");
    let nul = format!("{BASE}/units/unit-5-1/exec?command=a%00b");
    harness
        .get(&nul)
        .key(&root)
        .send()
        .await
        .problem(400, "bad_request");
    assert!(
        harness.agents.requests.lock().unwrap().is_empty(),
        "no agent was asked"
    );
}

async fn serve(harness: &Harness) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = harness.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

#[tokio::test]
async fn exec_carries_frames_and_nothing_else() {
    let (harness, root) = two_units().await;
    harness.agents.play(|_, _| {
        vec![
            output("hello\n"),
            StreamFrame::Error(b"warned".to_vec()),
            StreamFrame::Exit(3),
        ]
    });
    let address = serve(&harness).await;
    let open = async |query: &str| {
        let url = format!("ws://{address}{BASE}/units/unit-5-1/exec?{query}");
        let mut request = url.into_client_request().unwrap();
        request
            .headers_mut()
            .insert("authorization", format!("Bearer {root}").parse().unwrap());
        tokio_tungstenite::connect_async(request).await.unwrap().0
    };
    let mut socket =
        open("command=sh&command=-c&command=echo&tty=true&cols=100&rows=30&stdin=true&env=A%3Db").await;
    for frame in [
        StreamFrame::Resize(80, 24),
        StreamFrame::Input(b"typed".to_vec()),
        StreamFrame::Input(Vec::new()),
    ] {
        socket.send(Message::binary(frame.encode())).await.unwrap();
    }
    let mut frames = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(bytes) => frames.push(StreamFrame::decode(&bytes).unwrap()),
            Message::Close(_) => break,
            _ => {}
        }
    }
    assert_eq!(
        frames,
        [
            output("hello\n"),
            StreamFrame::Error(b"warned".to_vec()),
            StreamFrame::Exit(3)
        ]
    );
    let (host, request) = harness.agents.requests.lock().unwrap()[0].clone();
    let wanted = ExecRequest {
        target: StreamTarget {
            unit: UnitId::new(5, 1),
            sidekick: None,
        },
        command: ["sh", "-c", "echo"].map(str::to_owned).into(),
        terminal: Some((100, 30)),
        stdin: true,
        user: None,
        working_dir: None,
        environment: vec!["A=b".to_owned()],
    };
    assert_eq!((host, request), (HostId::new(3, 1), StreamRequest::Exec(wanted)));
    let received = || harness.agents.received.lock().unwrap().len();
    assert_eq!(received(), 3);
    // Only input and sizes pass; what an agent alone may say ends the socket.
    let mut socket = open("command=sh").await;
    socket
        .send(Message::binary(StreamFrame::Exit(0).encode()))
        .await
        .unwrap();
    let closed = loop {
        match socket.next().await {
            Some(Ok(Message::Close(_)) | Err(_)) | None => break true,
            Some(Ok(_)) => {}
        }
    };
    assert!(closed && received() == 3);
    wait_for("both streams", || {
        harness.agents.requests.lock().unwrap().len() == 2
    })
    .await;
}
