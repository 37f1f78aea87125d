//! What the network does to a link: swallow, cut, damage.

use std::net::SocketAddr;
use std::time::Duration;

use muster_link::{Channel, LinkError, Step};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::platform::Platform;
use crate::soon;

/// Passes on `bytes` of what the server says, then does `end` with the connection.
async fn relay_to(server: SocketAddr, bytes: usize, end: End) -> (SocketAddr, JoinSet<()>) {
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let (client, _) = socket.accept().await.unwrap();
        let server = TcpStream::connect(server).await.unwrap();
        let (mut from_client, mut to_client) = client.into_split();
        let (from_server, mut to_server) = server.into_split();
        let mut up = JoinSet::new();
        up.spawn(async move { tokio::io::copy(&mut from_client, &mut to_server).await });
        let _ = tokio::io::copy(&mut from_server.take(bytes as u64), &mut to_client).await;
        match end {
            End::Swallow => std::future::pending().await,
            End::Cut => {}
            End::Damage => {
                let _ = to_client.write_all(&[0x82, 3, 1, 2, 3]).await;
                std::future::pending().await
            }
        }
    });
    (address, tasks)
}

#[derive(Clone, Copy)]
enum End {
    Swallow,
    Cut,
    Damage,
}

/// The server's answer to the upgrade is shorter than this; its part of the inner TLS handshake is longer
/// than the rest.
const UPGRADED: usize = 300;

async fn dial_through(bytes: usize, end: End) -> LinkError {
    let platform = Platform::new();
    let listener = platform.listen(None).await;
    let (relay, _tasks) = relay_to(listener.address, bytes, end).await;
    let dialer = platform.dialer(&format!("http://{relay}"), "host-1-3");
    let dialer = dialer.with_step_deadline(Duration::from_secs(1));
    soon(dialer.dial(Channel::Control)).await.unwrap_err()
}

#[tokio::test]
async fn a_half_open_connection_ends_the_step_it_met() {
    for (bytes, wanted) in [
        (0, Step::Upgrade),
        (20, Step::Upgrade),
        (UPGRADED, Step::InnerTls),
    ] {
        let error = dial_through(bytes, End::Swallow).await;
        assert!(
            matches!(error, LinkError::Deadline { step, .. } if step == wanted),
            "{bytes}: {error}"
        );
    }
}

#[tokio::test]
async fn a_cut_connection_ends_the_step_it_met() {
    let error = dial_through(20, End::Cut).await;
    assert!(matches!(error, LinkError::Upgrade { .. }), "{error}");
    let error = dial_through(UPGRADED, End::Cut).await;
    assert!(matches!(error, LinkError::InnerTls { .. }), "{error}");
}

#[tokio::test]
async fn what_someone_slips_in_between_is_refused() {
    let error = dial_through(UPGRADED, End::Damage).await;
    assert!(matches!(error, LinkError::InnerTls { .. }), "{error}");
}

#[tokio::test]
async fn an_established_link_that_is_cut_is_no_orderly_end() {
    let platform = Platform::new();
    let (agent, server) = platform.link(Channel::Control).await;
    let (mut reader, _writer) = agent.into_control::<String, String>();
    drop(server);
    let error = soon(reader.next()).await.unwrap_err();
    assert!(matches!(error, LinkError::Read(_)), "{error}");
}

#[tokio::test]
async fn streams_of_a_cut_link_are_reset() {
    let platform = Platform::new();
    let (agent, server) = platform.link(Channel::Streams).await;
    let (agent, server) = (agent.into_streams::<String>(), server.into_streams::<String>());
    let mut opened = server.open(&"logs".to_owned()).await.unwrap();
    let (_, mut accepted) = soon(agent.accept()).await.unwrap();
    accepted.write_all(b"half a li").await.unwrap();
    let mut text = [0; 9];
    soon(opened.read_exact(&mut text)).await.unwrap();
    drop(agent);
    let error = soon(opened.read(&mut text)).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!(soon(server.accept()).await.is_none());
    assert!(matches!(
        soon(server.open(&"again".to_owned())).await,
        Err(LinkError::Mux(_) | LinkError::Write(_))
    ));
}
