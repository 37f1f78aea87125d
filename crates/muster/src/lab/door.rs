//! The way from this machine to the lab's server: a loopback port whose connections are made anew inside.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::machine::{Machine, SERVER_PORT};

/// Listens, and passes on what comes for as long as this process lives; answers the address.
pub async fn open(machine: Arc<Machine>) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .context("could not listen on a loopback port")?;
    let address = listener.local_addr().context("could not learn the port")?;
    tokio::spawn(pass_on(listener, machine));
    Ok(address)
}

async fn pass_on(listener: TcpListener, machine: Arc<Machine>) {
    loop {
        match listener.accept().await {
            Ok((visitor, _)) => drop(tokio::spawn(connect(visitor, Arc::clone(&machine)))),
            // Out of descriptors: the connections that are open will end.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

/// A server that is not there is shown by closing the visitor's connection, and nothing else can be done about it.
async fn connect(mut visitor: TcpStream, machine: Arc<Machine>) {
    let target = SocketAddr::from((Ipv4Addr::LOCALHOST, SERVER_PORT));
    // A server that is frozen may keep us waiting; its host stays free for others.
    let inside = machine.host().await.tcp_connect(target);
    if let Ok(mut inside) = inside.await {
        let _ = copy_bidirectional(&mut visitor, &mut inside).await;
    }
}
