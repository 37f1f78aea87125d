//! How the agent stands with its server, written down for `muster agent status`.

use std::path::{Path, PathBuf};

use muster_model::WallTime;
use serde::{Deserialize, Serialize};

use crate::durable;
use crate::facts::wall;
use crate::shell::run_dir;

const FILE: &str = "standing.json";

/// How an agent stands with its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The agent's process.
    pub pid: u32,
    /// The server last dialled.
    pub server: String,
    /// Why there is no connection; none while there is one.
    pub trouble: Option<String>,
    /// Since when it is so.
    pub since: WallTime,
}

/// What the agent of a data directory last wrote; none if it has not since the machine was started.
pub fn standing(data_dir: &Path) -> Option<Standing> {
    let text = std::fs::read(run_dir(data_dir).join(FILE)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Where it is written.
#[derive(Debug, Clone)]
pub(crate) struct StandingFile(PathBuf);

impl StandingFile {
    pub(crate) fn of(run_dir: &Path) -> Self {
        Self(run_dir.join(FILE))
    }

    /// It is a help to people: an agent that cannot write it goes on.
    pub(crate) fn write(&self, server: String, trouble: Option<String>) {
        let standing = Standing {
            pid: std::process::id(),
            server,
            trouble,
            since: wall(),
        };
        let text = serde_json::to_vec(&standing).map_err(std::io::Error::other);
        if let Err(error) = text.and_then(|text| durable::write_soon(&self.0, &text)) {
            tracing::debug!(%error, "how the agent stands cannot be written down");
        }
    }
}
