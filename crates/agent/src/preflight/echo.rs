//! Sends back what a server sends, while it looks at this machine.

use std::net::{Ipv4Addr, SocketAddr};

use muster_trust::{OsRandom, Random as _};
use rustix::net::sockopt::{Ipv4PathMtuDiscovery, set_ip_mtu_discover};
use tokio::net::UdpSocket;
use tokio::task::JoinSet;

/// Those that hosts speak to one another on: VXLAN, the agents, WireGuard.
const PORTS: [u16; 3] = [4_789, 4_242, 51_820];

/// Listens until it is dropped.
pub(super) struct Listening {
    /// On these; one that is in use is not among them.
    pub(super) ports: Vec<u16>,
    /// With what datagrams must begin.
    pub(super) nonce: String,
    _tasks: JoinSet<()>,
}

impl Listening {
    pub(super) async fn start() -> Self {
        let mut bytes = [0; 16];
        // A nonce that can be guessed would let others make a port look open, and nothing else.
        let _ = OsRandom.fill(&mut bytes);
        let nonce: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let (mut ports, mut tasks) = (Vec::new(), JoinSet::new());
        for port in PORTS {
            let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
            let Ok(socket) = UdpSocket::bind(any).await else {
                continue;
            };
            // Whole or not at all, as it came.
            let _ = set_ip_mtu_discover(&socket, Ipv4PathMtuDiscovery::PROBE);
            ports.push(port);
            tasks.spawn(send_back(socket, nonce.clone()));
        }
        Self {
            ports,
            nonce,
            _tasks: tasks,
        }
    }
}

async fn send_back(socket: UdpSocket, nonce: String) {
    let mut buffer = [0; 2_048];
    loop {
        if let Ok((length, from)) = socket.recv_from(&mut buffer).await
            && buffer[..length].starts_with(nonce.as_bytes())
        {
            // What is lost is what is looked for.
            let _ = socket.send_to(&buffer[..length], from).await;
        }
    }
}
