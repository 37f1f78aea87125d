//! The tunnel alone, against a WebSocket that is not ours.

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper::Request;
use muster_link::{LinkError, WsBytes, upgrade};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::soon;

type Theirs = WebSocketStream<DuplexStream>;

/// A client by the library's own means, and our end, with so little room between them that everything is cut
/// up.
async fn ends(room: usize) -> (Theirs, WsBytes<DuplexStream>) {
    let (near, far) = tokio::io::duplex(room);
    tokio::join!(
        WebSocketStream::from_raw_socket(near, Role::Client, None),
        WsBytes::server(far)
    )
}

#[tokio::test]
async fn pings_are_answered_and_messages_are_only_bytes() {
    let (mut theirs, mut ours) = ends(1 << 16).await;
    theirs
        .send(Message::Binary(Bytes::from_static(b"he")))
        .await
        .unwrap();
    theirs
        .send(Message::Ping(Bytes::from_static(b"there?")))
        .await
        .unwrap();
    theirs.send(Message::Binary(Bytes::new())).await.unwrap();
    theirs.send(Message::Pong(Bytes::new())).await.unwrap();
    theirs
        .send(Message::Binary(Bytes::from_static(b"llo")))
        .await
        .unwrap();
    let mut text = [0; 5];
    soon(ours.read_exact(&mut text)).await.unwrap();
    assert_eq!(&text, b"hello");
    let answer = tokio::select! {
        answer = soon(theirs.next()) => answer.unwrap().unwrap(),
        _ = ours.read(&mut text) => panic!("nothing was sent"),
    };
    assert_eq!(answer, Message::Pong(Bytes::from_static(b"there?")));
}

#[tokio::test]
async fn a_goodbye_is_the_end_and_a_cut_is_not() {
    let (mut theirs, mut ours) = ends(1 << 16).await;
    theirs
        .send(Message::Binary(Bytes::from_static(b"bye")))
        .await
        .unwrap();
    theirs.close(None).await.unwrap();
    let mut text = Vec::new();
    soon(ours.read_to_end(&mut text)).await.unwrap();
    assert_eq!(text, b"bye");
    let (theirs, mut ours) = ends(1 << 16).await;
    drop(theirs);
    assert!(soon(ours.read_to_end(&mut text)).await.is_err());
}

#[tokio::test]
async fn our_goodbye_is_understood() {
    let (mut theirs, mut ours) = ends(1 << 16).await;
    ours.write_all(b"bye").await.unwrap();
    ours.shutdown().await.unwrap();
    assert_eq!(
        soon(theirs.next()).await.unwrap().unwrap(),
        Message::Binary(Bytes::from_static(b"bye"))
    );
    assert!(matches!(
        soon(theirs.next()).await.unwrap().unwrap(),
        Message::Close(_)
    ));
}

#[tokio::test]
async fn text_and_endless_messages_are_refused() {
    let (mut theirs, mut ours) = ends(1 << 16).await;
    theirs.send(Message::text("GET / HTTP/1.1")).await.unwrap();
    assert_eq!(
        soon(ours.read_u8()).await.unwrap_err().kind(),
        std::io::ErrorKind::InvalidData
    );
    let (mut theirs, mut ours) = ends(1 << 16).await;
    let large = Message::Binary(vec![0; 1024 * 1024 + 1].into());
    let (_, read) = soon(async {
        tokio::join!(async { drop(theirs.send(large).await) }, async {
            let read = ours.read_u8().await;
            drop(ours);
            read
        })
    })
    .await;
    assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::InvalidData);
}

#[test]
fn only_websocket_requests_are_upgraded() {
    let good = [
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let request = |headers: &[(&str, &str)]| {
        headers
            .iter()
            .fold(Request::get("/"), |r, (name, value)| r.header(*name, *value))
            .body(())
            .unwrap()
    };
    let (answer, _) = upgrade(&mut request(&good), "192.0.2.1:5").unwrap();
    // The example of RFC 6455 §1.3.
    assert_eq!(
        answer.headers()["sec-websocket-accept"],
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    );
    for at in 0..good.len() {
        let (mut without, mut other) = (good.to_vec(), good.to_vec());
        without.remove(at);
        other[at].1 = "something else";
        assert!(matches!(
            upgrade(&mut request(&without), ""),
            Err(LinkError::NotAnUpgrade { .. })
        ));
        // Any text is a key; the client is the one to check the answer made of it.
        let accepted = upgrade(&mut request(&other), "").is_ok();
        assert_eq!(accepted, good[at].0 == "sec-websocket-key", "{other:?}");
    }
}

proptest! {
    #[test]
    fn bytes_come_in_order_in_whatever_pieces(
        sent in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3000), 0..8),
        room in 1usize..500,
        buffer in 1usize..500,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (near, far) = tokio::io::duplex(room);
            let (mut theirs, mut ours) =
                tokio::join!(WebSocketStream::from_raw_socket(near, Role::Client, None), WsBytes::server(far));
            let all = sent.concat();
            let writer = async {
                for piece in &sent {
                    ours.write_all(piece).await.unwrap();
                    ours.flush().await.unwrap();
                }
                let mut echoed = Vec::new();
                let mut piece = vec![0; buffer];
                while echoed.len() < all.len() {
                    let count = ours.read(&mut piece).await.unwrap();
                    echoed.extend_from_slice(&piece[..count]);
                }
                echoed
            };
            let echo = async {
                let mut left = all.len();
                let mut held = Vec::new();
                while left > 0 {
                    let Message::Binary(bytes) = theirs.next().await.unwrap().unwrap() else { panic!("bytes only") };
                    left -= bytes.len();
                    held.push(bytes);
                }
                for bytes in held {
                    theirs.send(Message::Binary(bytes)).await.unwrap();
                }
            };
            let (echoed, ()) = soon(async { tokio::join!(writer, echo) }).await;
            assert_eq!(echoed, all);
        });
    }
}
