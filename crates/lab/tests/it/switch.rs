//! Hosts on one switch.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use muster_lab::{Host, Lab};
use tokio::net::TcpListener;

const A: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);
const B: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 2);

/// A socket in the host's network that takes connections.
async fn listener(host: &Host, address: Ipv4Addr) -> TcpListener {
    let bind = move || std::net::TcpListener::bind((address, 80));
    let socket = host.run_in(bind).await.unwrap().unwrap();
    socket.set_nonblocking(true).unwrap();
    TcpListener::from_std(socket).unwrap()
}

/// Whether a connection comes about soon. One that is cut off is not refused: it waits.
async fn reaches(host: &Host, address: Ipv4Addr) -> bool {
    let target = SocketAddr::from((address, 80));
    let connect = move || std::net::TcpStream::connect_timeout(&target, Duration::from_millis(500)).is_ok();
    host.run_in(connect).await.unwrap()
}

#[tokio::test]
async fn hosts_reach_one_another_while_their_cables_are_whole() {
    let lab = Lab::new().unwrap();
    let switch = lab.switch("switch").unwrap();
    let (a, b) = tokio::join!(lab.host("a"), lab.host("b"));
    let (a, b) = (a.unwrap(), b.unwrap());
    switch.plug(&a, A, 24).unwrap();
    switch.plug(&b, B, 24).unwrap();
    let _socket = listener(&a, A).await;
    assert!(reaches(&b, A).await);
    switch.cut(&b).unwrap();
    assert!(!reaches(&b, A).await);
    switch.heal(&b).unwrap();
    switch.heal(&b).unwrap();
    assert!(reaches(&b, A).await);
    assert!(switch.plug(&b, B, 24).is_err(), "it has its cable");
    b.remove().unwrap();
    assert!(reaches(&a, A).await);
}

#[tokio::test]
async fn a_switch_has_no_way_out_and_knows_its_hosts() {
    let (lab, other) = (Lab::new().unwrap(), Lab::new().unwrap());
    let (switch, stranger) = (lab.switch("switch").unwrap(), other.switch("switch").unwrap());
    let a = lab.host("a").await.unwrap();
    switch.plug(&a, A, 24).unwrap();
    assert!(stranger.cut(&a).is_err());
    assert!(lab.switch("No Name").is_err());
    let routes = || std::fs::read_to_string("/proc/thread-self/net/route").unwrap();
    let routes = a.run_in(routes).await.unwrap();
    let is_default = |line: &&str| line.split_whitespace().nth(1) == Some("00000000");
    assert!(!routes.lines().any(|line| is_default(&line)), "{routes}");
}
