use std::sync::Arc;
use std::time::Duration;

use muster_link::{Channel, LinkError, MuxStream, StreamMux};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;

use crate::platform::Platform;
use crate::soon;

/// Agent's and server's end.
async fn muxes() -> (StreamMux<String>, StreamMux<String>) {
    let (agent, server) = Platform::new().link(Channel::Streams).await;
    (agent.into_streams(), server.into_streams())
}

async fn pair(from: &StreamMux<String>, to: &StreamMux<String>, header: &str) -> (MuxStream, MuxStream) {
    let opened = soon(from.open(&header.to_owned())).await.unwrap();
    let (said, accepted) = soon(to.accept()).await.unwrap();
    assert_eq!(said, header);
    (opened, accepted)
}

#[tokio::test]
async fn a_stream_has_two_halves_that_end_apart() {
    let (agent, server) = muxes().await;
    let (mut near, mut far) = pair(&server, &agent, "exec").await;
    near.write_all(b"question").await.unwrap();
    near.shutdown().await.unwrap();
    let mut text = String::new();
    soon(far.read_to_string(&mut text)).await.unwrap();
    assert_eq!(text, "question");
    far.write_all(b"answer").await.unwrap();
    far.shutdown().await.unwrap();
    text.clear();
    soon(near.read_to_string(&mut text)).await.unwrap();
    assert_eq!(text, "answer");
    // The agent may open as well.
    pair(&agent, &server, "events").await;
}

#[tokio::test]
async fn a_header_may_be_all_there_is() {
    let (agent, server) = muxes().await;
    let (_near, _far) = pair(&server, &agent, "a stream that says nothing more").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_readers_that_stopped_hold_up_nobody() {
    const LARGE: usize = 8 * 1024 * 1024;
    let (agent, server) = muxes().await;
    let mut stalled = JoinSet::new();
    let mut unread = Vec::new();
    for at in 0..10 {
        let (near, mut far) = pair(&server, &agent, &format!("logs {at}")).await;
        stalled.spawn(async move { far.write_all(&vec![0; LARGE]).await });
        unread.push(near);
    }
    // Each of them is stuck for want of credit, once all windows are full.
    let stuck = tokio::time::timeout(Duration::from_millis(300), stalled.join_next()).await;
    assert!(
        stuck.is_err(),
        "a writer got rid of {LARGE} bytes that nobody read"
    );
    let (mut near, mut far) = pair(&server, &agent, "exec").await;
    let writer = async {
        far.write_all(&vec![7; LARGE]).await.unwrap();
        far.shutdown().await.unwrap();
    };
    let mut read = Vec::new();
    let (_, count) = soon(async { tokio::join!(writer, near.read_to_end(&mut read)) }).await;
    assert_eq!(count.unwrap(), LARGE);
    // And the stalled ones go on where they stopped.
    for mut near in unread {
        let mut all = vec![1; LARGE];
        soon(near.read_exact(&mut all)).await.unwrap();
        assert!(all.iter().all(|byte| *byte == 0));
    }
    while let Some(done) = soon(stalled.join_next()).await {
        done.unwrap().unwrap();
    }
}

#[tokio::test]
async fn dropping_one_end_resets_the_other() {
    let (agent, server) = muxes().await;
    let (near, mut far) = pair(&server, &agent, "logs").await;
    drop(near);
    let mut byte = [0];
    let error = soon(far.read(&mut byte)).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    let written = soon(async {
        loop {
            if let Err(error) = far.write_all(&[0; 1000]).await {
                return error;
            }
        }
    });
    assert_eq!(written.await.kind(), std::io::ErrorKind::WriteZero);
    pair(&server, &agent, "the link lives on").await;
}

#[tokio::test]
async fn one_stream_too_many_is_refused_and_harms_none() {
    let (agent, server) = muxes().await;
    let mut open = Vec::new();
    for at in 0..256 {
        open.push(pair(&server, &agent, &at.to_string()).await);
    }
    let refused = soon(server.open(&"one more".to_owned())).await.unwrap_err();
    assert!(
        matches!(refused, LinkError::TooManyStreams { limit: 256 }),
        "{refused}"
    );
    let (near, far) = open.last_mut().unwrap();
    near.write_all(b"still here").await.unwrap();
    let mut text = [0; 10];
    soon(far.read_exact(&mut text)).await.unwrap();
    open.pop();
    pair(&server, &agent, "there is room again").await;
}

#[tokio::test]
async fn thousands_one_after_the_other_fit() {
    let (agent, server) = muxes().await;
    for at in 0..3000 {
        pair(&server, &agent, &at.to_string()).await;
    }
}

#[tokio::test]
async fn a_header_that_makes_no_sense_is_reset_alone() {
    let (agent, server) = Platform::new().link(Channel::Streams).await;
    let (agent, server) = (agent.into_streams::<u64>(), server.into_streams::<String>());
    let mut odd = server.open(&"not a number".to_owned()).await.unwrap();
    let mut byte = [0];
    assert!(soon(odd.read(&mut byte)).await.is_err());
    let large = server.open(&"x".repeat(65 * 1024)).await;
    assert!(matches!(large, Err(LinkError::FrameTooLarge { .. })), "{large:?}");
    let _good = agent.open(&7).await.unwrap();
    assert!(soon(agent.open(&8)).await.is_ok(), "the link lives on");
}

#[tokio::test]
async fn dropping_the_mux_ends_the_other_side() {
    let (agent, server) = muxes().await;
    drop(server);
    assert!(soon(agent.accept()).await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_streams_at_once_keep_their_bytes_apart() {
    let (agent, server) = muxes().await;
    let agent = Arc::new(agent);
    let echo = tokio::spawn({
        let agent = agent.clone();
        async move {
            let mut echoes = JoinSet::new();
            while let Some((_, stream)) = agent.accept().await {
                echoes.spawn(async move {
                    let (mut read, mut write) = tokio::io::split(stream);
                    tokio::io::copy(&mut read, &mut write).await.unwrap();
                    write.shutdown().await.unwrap();
                });
            }
        }
    });
    let server = Arc::new(server);
    let mut clients = JoinSet::new();
    for seed in 0..20u8 {
        let server = server.clone();
        clients.spawn(async move {
            let stream = server.open(&format!("echo {seed}")).await.unwrap();
            let sent: Vec<u8> = (0..400_000u32)
                .map(|at| (at as u8).wrapping_mul(seed).wrapping_add(seed))
                .collect();
            let (mut read, mut write) = tokio::io::split(stream);
            let mut back = Vec::new();
            let writer = async {
                write.write_all(&sent).await.unwrap();
                write.shutdown().await.unwrap();
            };
            let (_, count) = tokio::join!(writer, read.read_to_end(&mut back));
            count.unwrap();
            assert!(back == sent, "stream {seed}");
        });
    }
    soon(async {
        while let Some(done) = clients.join_next().await {
            done.unwrap();
        }
    })
    .await;
    echo.abort();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn bytes_come_in_order_in_whatever_pieces(sizes in proptest::collection::vec(1usize..100_000, 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (agent, server) = muxes().await;
            let (mut near, mut far) = pair(&server, &agent, "file").await;
            let total: usize = sizes.iter().sum();
            let sent: Vec<u8> = (0..total).map(|at| (at % 251) as u8).collect();
            let writer = async {
                let mut rest = sent.as_slice();
                for size in &sizes {
                    far.write_all(rest.split_off(..*size).unwrap()).await.unwrap();
                    far.flush().await.unwrap();
                }
                far.shutdown().await.unwrap();
            };
            let mut read = Vec::new();
            let (_, count) = soon(async { tokio::join!(writer, near.read_to_end(&mut read)) }).await;
            count.unwrap();
            assert!(read == sent);
        });
    }
}
