//! A plain HTTP/1.1 client over one connection that is kept, made inside the machine.

use anyhow::{Context as _, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::machine::{ADDRESS, Machine};

/// One connection to the API.
pub struct Client {
    io: Mutex<BufReader<TcpStream>>,
    key: String,
}

impl Client {
    /// Connects.
    pub async fn open(machine: &Machine) -> anyhow::Result<Self> {
        let stream = machine.host.tcp_connect(ADDRESS.into()).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            io: Mutex::new(BufReader::new(stream)),
            key: machine.key()?,
        })
    }

    /// Sends a request and reads the answer to its end; an error unless it is 2xx.
    pub async fn send(&self, method: &str, path: &str, body: &str) -> anyhow::Result<()> {
        let mut io = self.io.lock().await;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        io.write_all(request.as_bytes()).await?;
        let mut status = String::new();
        io.read_line(&mut status).await?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            ensure!(
                io.read_line(&mut line).await? > 0,
                "the server closed the connection"
            );
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().context("a length that is no number")?;
            }
            if line.is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        io.read_exact(&mut answer).await?;
        let ok = status
            .split_whitespace()
            .nth(1)
            .is_some_and(|code| code.starts_with('2'));
        ensure!(
            ok,
            "{method} {path}: {status}{}",
            String::from_utf8_lossy(&answer)
        );
        Ok(())
    }
}
