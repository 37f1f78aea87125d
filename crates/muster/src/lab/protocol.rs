//! What clients ask a keeper, and what it answers: one JSON object a line, one request a connection.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::UpSpec;

/// A wish. Hosts and machines are named as `muster lab ls` does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// The first one, over the keeper's standard input.
    Up(UpSpec),
    /// What there is.
    Status,
    /// An image from a file onto every host.
    Load { file: PathBuf },
    /// Something goes wrong with a machine, or is mended.
    Fault { name: String, fault: Fault },
    /// Every cut and every bad cable is mended.
    HealAll,
    /// The end of the lab.
    Down,
}

/// What can be done to one machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// It and `from`, or it and all others, do not reach one another; one way: what it, or `from`, sends is lost.
    Cut {
        from: Option<String>,
        one_way: bool,
    },
    Heal,
    /// So many frames of a million are lost, each way.
    Loss {
        ppm: u32,
    },
    /// Bits a second, each way; 0 is as many as go.
    Rate {
        bits: u64,
    },
    /// What each frame takes longer, each way.
    Delay {
        delay: Duration,
    },
    Freeze,
    Thaw,
    /// SIGKILL; the server if one runs there, else the agent, unless it is said.
    Kill {
        part: Option<Part>,
    },
    /// What should run there and does not.
    Start,
    PowerOff,
    PowerOn,
}

/// What of Muster runs on a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Server,
    Agent,
}

/// A line from the keeper; all but the last are progress.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// For people to read.
    Progress(String),
    /// It is done.
    Done(Option<Status>),
    /// It is not done: the error and its causes.
    Failed(Vec<String>),
}

/// A lab as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Its machines, servers first.
    pub machines: Vec<MachineStatus>,
}

/// One machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineStatus {
    pub name: String,
    pub address: Ipv4Addr,
    /// `on`, `off` or `frozen`.
    pub power: String,
    /// The server there and how it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// How the agent is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// What is wrong with its cable.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub link: String,
}

/// Reads one line; none at the end.
pub async fn read<T: DeserializeOwned>(from: &mut (impl AsyncBufRead + Unpin)) -> anyhow::Result<Option<T>> {
    let mut line = String::new();
    let length = from
        .read_line(&mut line)
        .await
        .context("could not read from the other side")?;
    if length == 0 {
        return Ok(None);
    }
    let read = serde_json::from_str(&line)
        .context("keeper and command do not understand one another; is one of another version?")?;
    Ok(Some(read))
}

/// Writes one line.
pub async fn write<T: Serialize>(to: &mut (impl AsyncWrite + Unpin), item: &T) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(item).context("could not write a line")?;
    line.push(b'\n');
    to.write_all(&line)
        .await
        .context("could not write to the other side")?;
    to.flush().await.context("could not write to the other side")
}
