//! How a machine looks from here: the clock, its address, and whether datagrams reach it and come back.
//!
//! Anyone may ask, because a machine asks before it joins. So nothing is sent but to the address that asks, no more than it
//! asked for, and names of hosts are told to holders of a join token only.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use muster_model::HostId;
use muster_model::view::{Echo, PreflightReply, PreflightRequest};
use muster_trust::JoinToken;
use rustix::net::sockopt::{Ipv4PathMtuDiscovery, set_ip_mtu_discover};
use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::join::twins;
use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;

/// What one question may make us send.
const PORTS_MAX: usize = 4;
const SIZES_MAX: usize = 6;
const BYTES_MAX: u16 = 1_472;
const NONCE_BYTES: std::ops::RangeInclusive<usize> = 16..=64;
/// Below these are services that know no such datagrams.
const FIRST_PORT: u16 = 1_024;
/// Datagrams that have not come back by then are lost.
const ECHO_WITHIN: Duration = Duration::from_millis(1_500);

/// Looks at the machine that asks.
pub(crate) async fn look(call: Call, asked: PreflightRequest) -> Result<Answer<PreflightReply>, ApiError> {
    let (now, from) = (call.app.now(), call.asker.from);
    check(&asked)?;
    let echoes = match asked.ports.is_empty() {
        true => Vec::new(),
        // What cannot be sent does not come back, and is told as that.
        false => probe(from, &asked).await.unwrap_or_default(),
    };
    let twins = named_twins(&call, &asked);
    Ok(Answer::of(PreflightReply {
        now,
        from,
        twins,
        echoes,
    }))
}

fn check(asked: &PreflightRequest) -> Result<(), ApiError> {
    let odd = |field: &str, why: &str| Err(ApiError::field(field, why.to_owned()));
    if asked.ports.len() > PORTS_MAX || asked.ports.iter().any(|port| *port < FIRST_PORT) {
        return odd("ports", "at most 4, from 1024 on");
    }
    if asked.sizes.len() > SIZES_MAX || asked.sizes.iter().any(|bytes| *bytes > BYTES_MAX) {
        return odd("sizes", "at most 6, of 1472 bytes at most");
    }
    if !asked.ports.is_empty() && !NONCE_BYTES.contains(&asked.nonce.len()) {
        return odd("nonce", "16 to 64 bytes");
    }
    Ok(())
}

fn named_twins(call: &Call, asked: &PreflightRequest) -> Vec<String> {
    let token = asked
        .token
        .as_deref()
        .and_then(|text| JoinToken::parse(text).ok());
    let kept = token.as_ref().and_then(|token| call.world.join_token(token.id()));
    let (Some(token), Some(kept)) = (token, kept) else {
        return Vec::new();
    };
    match token.admit(kept, call.app.now()) {
        Ok(_) => twins(&call.world, kept.environment, HostId::new(0, 0), &asked.machine),
        Err(_) => Vec::new(),
    }
}

async fn probe(to: IpAddr, asked: &PreflightRequest) -> std::io::Result<Vec<Echo>> {
    let any: IpAddr = match to {
        IpAddr::V4(_) => [0, 0, 0, 0].into(),
        IpAddr::V6(_) => [0_u16; 8].into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    if to.is_ipv4() {
        // Whole or not at all, whatever was learned of the way before.
        set_ip_mtu_discover(&socket, Ipv4PathMtuDiscovery::PROBE)?;
    }
    for port in &asked.ports {
        for bytes in &asked.sizes {
            let mut datagram = asked.nonce.clone().into_bytes();
            datagram.resize(usize::from(*bytes).max(datagram.len()), 0);
            // Larger than our own interface lets through, or refused by the other side: it does not come back.
            let _ = socket.send_to(&datagram, SocketAddr::new(to, *port)).await;
        }
    }
    Ok(collect(&socket, to, asked).await)
}

async fn collect(socket: &UdpSocket, to: IpAddr, asked: &PreflightRequest) -> Vec<Echo> {
    let (until, wanted) = (
        Instant::now() + ECHO_WITHIN,
        asked.ports.len() * asked.sizes.len(),
    );
    let (mut echoes, mut buffer) = (Vec::<Echo>::new(), [0; 2_048]);
    while echoes.len() < wanted {
        let (length, from) = match timeout_at(until, socket.recv_from(&mut buffer)).await {
            Ok(Ok(received)) => received,
            // Some kernels report here that an earlier datagram was refused.
            Ok(Err(_)) => continue,
            Err(_) => break,
        };
        let is_ours = buffer[..length].starts_with(asked.nonce.as_bytes()) && from.ip().to_canonical() == to;
        let echo = Echo {
            port: from.port(),
            bytes: u16::try_from(length).unwrap_or(u16::MAX),
        };
        if is_ours && asked.ports.contains(&echo.port) && !echoes.contains(&echo) {
            echoes.push(echo);
        }
    }
    echoes
}
