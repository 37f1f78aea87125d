//! Programs, closures and connections inside a host.

use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;

use muster_lab::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{address, eventually, host, host_with_unit, run_unit};

#[tokio::test]
async fn a_command_sees_the_host_and_not_the_machine() {
    let host = host().await;
    let script = "cat /proc/sys/kernel/hostname; ls /sys/class/net; ls /run; cat /proc/1/comm";
    let output = host.command("sh").args(["-c", script]).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = said.split_whitespace().collect();
    assert_eq!(words[0], host.name());
    assert!(
        words.contains(&"docker0") && words.contains(&"docker.sock"),
        "{said}"
    );
    assert!(!words.contains(&"eth0"), "{said}");
    assert_eq!(words.last(), Some(&"cat"), "process 1 is the holder: {said}");
}

#[tokio::test]
async fn killing_the_child_kills_the_program() {
    let host = host().await;
    let mut child = host.command("sleep").arg("1000").spawn().unwrap();
    let pid = child.id().unwrap();
    let name = async || {
        std::fs::read_to_string(format!("/proc/{pid}/comm"))
            .ok()
            .filter(|comm| comm == "sleep\n")
    };
    eventually("sleep runs under the child's number", name).await;
    child.kill().await.unwrap();
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
}

#[tokio::test]
async fn a_command_that_does_not_exist_ends_with_127() {
    let host = host().await;
    let output = host.command("/no/such/program").output().await.unwrap();
    assert_eq!(output.status.code(), Some(127));
}

#[tokio::test]
async fn environment_and_streams_arrive() {
    let host = host().await;
    let cat = host
        .command("sh")
        .args(["-c", "cat; echo $GREETING >&2"])
        .env("GREETING", "hello");
    let mut child = cat
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"text").await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(
        (output.stdout.as_slice(), output.stderr.as_slice()),
        (&b"text"[..], &b"hello\n"[..])
    );
}

#[tokio::test]
async fn a_container_is_reached_through_the_hosts_network() {
    let host = host_with_unit().await;
    let docker = host.docker();
    run_unit(&docker, "web", &["serve", "80"]).await;
    let address: SocketAddr = format!("{}:80", address(&docker, "web").await).parse().unwrap();
    let mut stream = eventually("web listens", async || host.tcp_connect(address).await.ok()).await;
    stream.write_all(b"GET /hello HTTP/1.1\r\n\r\n").await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    assert!(
        reply.starts_with("HTTP/1.1 200 OK") && reply.contains("GET /hello"),
        "{reply}"
    );
}

#[tokio::test]
async fn a_closure_runs_in_the_hosts_network_and_the_caller_does_not() {
    let host = host().await;
    let listener = host
        .run_in(|| TcpListener::bind("127.0.0.1:0").unwrap())
        .await
        .unwrap();
    let address = listener.local_addr().unwrap();
    host.tcp_connect(address).await.unwrap();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn a_panic_inside_goes_on_outside() {
    let host = host().await;
    let caught = tokio::spawn(async move { host.run_in(|| panic!("inside")).await }).await;
    assert!(caught.unwrap_err().is_panic());
}

#[tokio::test]
async fn nothing_listening_is_an_error() {
    let host = host().await;
    let refused = host.tcp_connect("127.0.0.1:1".parse().unwrap()).await;
    assert!(matches!(refused, Err(Error::Run { .. })), "{refused:?}");
}
