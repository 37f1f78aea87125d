//! Ways that are cut and cables that are bad, measured coarsely.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use muster_lab::{Conditions, Host, HostOptions, Lab, Switch};

const PORT: u16 = 7000;

struct Wired {
    switch: Switch,
    hosts: Vec<Host>,
}

fn address(host: usize) -> Ipv4Addr {
    Ipv4Addr::new(10, 99, 0, u8::try_from(host + 1).unwrap())
}

/// So many hosts without engines on a switch.
async fn wired(count: usize) -> Wired {
    let lab = Lab::new().unwrap();
    let switch = lab.switch("switch").unwrap();
    let mut hosts = Vec::new();
    for number in 0..count {
        let options = HostOptions {
            without_engine: true,
            ..HostOptions::default()
        };
        let host = lab.host_with(&format!("h{number}"), options).await.unwrap();
        switch.plug(&host, address(number), 24).unwrap();
        hosts.push(host);
    }
    Wired { switch, hosts }
}

impl Wired {
    async fn socket(&self, host: usize) -> UdpSocket {
        let bind = move || UdpSocket::bind((address(host), PORT));
        let socket = self.hosts[host].run_in(bind).await.unwrap().unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        socket
    }

    /// Which of the others hear what each one says, as `0>1`.
    async fn heard(&self) -> Vec<String> {
        let mut sockets = Vec::new();
        for host in 0..self.hosts.len() {
            sockets.push(self.socket(host).await);
        }
        let mut heard = Vec::new();
        for from in 0..sockets.len() {
            for to in (0..sockets.len()).filter(|to| *to != from) {
                // An address that nobody answers for is an error on a later send; that is not what is asked.
                let _ = sockets[from].send_to(&[u8::try_from(from).unwrap()], (address(to), PORT));
                let arrived = sockets[to].recv(&mut [0; 8]).is_ok();
                heard.extend(arrived.then(|| format!("{from}>{to}")));
            }
        }
        heard
    }

    /// The hosts know one another's hardware addresses: a way that is cut does not hinder the other one.
    async fn acquainted(&self) {
        for host in &self.hosts {
            for other in 0..self.hosts.len() {
                let flag = format!("ip neigh show {} dev eth0", address(other));
                host.command("sh").args(["-c", &flag]).output().await.unwrap();
            }
        }
        assert_eq!(
            self.heard().await.len(),
            self.hosts.len() * (self.hosts.len() - 1)
        );
        for (number, host) in self.hosts.iter().enumerate() {
            let mac = said(host, "cat /sys/class/net/eth0/address").await;
            for other in (0..self.hosts.len()).filter(|other| *other != number) {
                let line = format!(
                    "ip neigh replace {} lladdr {mac} dev eth0 nud permanent",
                    address(number)
                );
                said(&self.hosts[other], &line).await;
            }
        }
    }
}

async fn said(host: &Host, script: &str) -> String {
    let output = host.command("sh").args(["-c", script]).output().await.unwrap();
    assert!(
        output.status.success(),
        "{script}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn single_ways_are_cut_and_healed() {
    let lab = wired(3).await;
    lab.acquainted().await;
    let [a, b, c] = &lab.hosts[..] else {
        panic!("three hosts")
    };

    lab.switch.cut_way(Some(a), Some(b)).unwrap();
    assert_eq!(lab.heard().await, ["0>2", "1>0", "1>2", "2>0", "2>1"]);
    assert_eq!(lab.switch.cuts(b), [(Some("h0".into()), Some("h1".into()))]);
    lab.switch.cut_way(Some(c), None).unwrap();
    assert_eq!(lab.heard().await, ["0>2", "1>0", "1>2"]);
    // A cable with a relay is cut all the same.
    let slow = Conditions {
        delay: Duration::from_millis(20),
        ..Conditions::default()
    };
    lab.switch.set_conditions(a, slow).unwrap();
    lab.switch.set_conditions(c, slow).unwrap();
    assert_eq!(lab.heard().await, ["0>2", "1>0", "1>2"]);
    lab.switch.heal(a).unwrap();
    lab.switch.heal(c).unwrap();
    assert_eq!(lab.heard().await.len(), 6);
    assert!(lab.switch.cuts(a).is_empty() && lab.switch.conditions(c) == Conditions::default());
}

#[tokio::test]
async fn a_cable_loses_delays_and_slows_and_a_connection_lives_through_it() {
    let lab = wired(2).await;
    let [a, b] = &lab.hosts[..] else {
        panic!("two hosts")
    };
    let mut connection = Connection::between(b, a).await;
    assert!(connection.round_trip() < Duration::from_millis(100));

    let set = |conditions| lab.switch.set_conditions(b, conditions).unwrap();
    set(Conditions {
        delay: Duration::from_millis(100),
        ..Conditions::default()
    });
    let trip = connection.round_trip();
    assert!(
        trip >= Duration::from_millis(200) && trip < Duration::from_secs(2),
        "{trip:?}"
    );

    set(Conditions {
        rate: Some(1_000_000),
        ..Conditions::default()
    });
    // 0.8 s of bits; some of them are in buffers when the sender believes to be done.
    let took = connection.send(100_000);
    assert!(
        took > Duration::from_millis(600) && took < Duration::from_secs(8),
        "{took:?}"
    );

    set(Conditions {
        loss_ppm: 500_000,
        ..Conditions::default()
    });
    let (from, to) = (lab.socket(0).await, lab.socket(1).await);
    lab.switch.heal(a).unwrap();
    let arrived = flood(&from, &to, 400);
    assert!((100..300).contains(&arrived), "{arrived} of 400 arrived");

    lab.switch.heal(b).unwrap();
    assert_eq!(flood(&from, &to, 400), 400);
    assert!(connection.round_trip() < Duration::from_millis(100));
}

/// How many of so many datagrams arrive.
fn flood(from: &UdpSocket, to: &UdpSocket, count: usize) -> usize {
    let mut arrived = 0;
    for _ in 0..count / 20 {
        for _ in 0..20 {
            from.send_to(b"x", (address(1), PORT)).unwrap();
        }
        while arrived < count && to.recv(&mut [0; 8]).is_ok() {
            arrived += 1;
            if arrived % 20 == 0 {
                to.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
            }
        }
    }
    arrived
}

/// A TCP connection whose other side answers each byte of a burst's end.
struct Connection {
    near: TcpStream,
}

impl Connection {
    async fn between(from: &Host, to: &Host) -> Self {
        let bind = || TcpListener::bind((address(0), PORT + 1));
        let listener = to.run_in(bind).await.unwrap().unwrap();
        std::thread::spawn(move || answer(&mut listener.accept().unwrap().0));
        let connect = || TcpStream::connect((address(0), PORT + 1));
        let near = from.run_in(connect).await.unwrap().unwrap();
        near.set_nodelay(true).unwrap();
        Self { near }
    }

    fn round_trip(&mut self) -> Duration {
        self.send(1)
    }

    /// Sends so many bytes and waits for the answer to the last.
    fn send(&mut self, bytes: usize) -> Duration {
        let began = Instant::now();
        let mut burst = vec![0; bytes];
        burst[bytes - 1] = 1;
        self.near.write_all(&burst).unwrap();
        self.near.read_exact(&mut [0]).unwrap();
        began.elapsed()
    }
}

fn answer(stream: &mut TcpStream) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        if buffer[length - 1] == 1 {
            stream.write_all(&[1]).unwrap();
        }
    }
}
