//! Which server the commands ask, as whom, and in which environment: a file of the user's, flags above it.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context as _;
use muster_model::WallTime;
use serde::{Deserialize, Serialize};

/// The file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// The server's URL.
    pub server: String,
    /// The key or session token.
    pub token: String,
    /// SHA-256 of the platform's CA, which the server must show; none for plain HTTP on this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_fingerprint: Option<String>,
    /// The environment commands speak of unless told otherwise.
    #[serde(default = "default_environment")]
    pub environment: String,
}

/// What everything starts with.
pub fn default_environment() -> String {
    "default".to_owned()
}

impl Context {
    /// Reads the user's file.
    pub fn load() -> anyhow::Result<Self> {
        Self::load_from(&path()?)
    }

    /// Reads a file.
    pub fn load_from(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| {
            format!(
                "you are not logged in (there is no {}); log in with `muster login URL`",
                path.display()
            )
        })?;
        serde_json::from_str(&text).with_context(|| {
            format!(
                "{} cannot be read; log in again with `muster login URL`",
                path.display()
            )
        })
    }

    /// Writes the user's file.
    pub fn save(&self) -> anyhow::Result<PathBuf> {
        let path = path()?;
        self.save_to(&path)?;
        Ok(path)
    }

    /// Writes a file, for nobody else to read.
    pub fn save_to(&self, path: &Path) -> anyhow::Result<()> {
        let write = || {
            if let Some(dir) = path.parent() {
                std::fs::create_dir_all(dir)?;
            }
            let beside = path.with_extension("new");
            let mut options = std::fs::OpenOptions::new();
            let mut file = options
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&beside)?;
            file.write_all(serde_json::to_string_pretty(self)?.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&beside, path)
        };
        write().with_context(|| format!("could not write {}", path.display()))
    }
}

/// `$MUSTER_CONTEXT`, else `muster/context.json` below the user's configuration directory.
pub fn path() -> anyhow::Result<PathBuf> {
    if let Some(path) = std::env::var_os("MUSTER_CONTEXT") {
        return Ok(path.into());
    }
    let base = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".config"));
    let base = base
        .or_else(home)
        .context("neither HOME nor MUSTER_CONTEXT is set; set one")?;
    Ok(base.join("muster/context.json"))
}

/// The wall clock.
pub fn wall_now() -> WallTime {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    WallTime(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
