//! What an installed agent is told at each start: a file beside its notebook.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use muster_agent::AgentConfig;
use muster_link::ServerUrl;
use serde::{Deserialize, Serialize};

use crate::cli::AgentRunArgs;
use crate::cmd::host_tokens::pairs;

const FILE: &str = "settings.json";
const ENGINE: &str = "/var/run/docker.sock";

/// The file's content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Servers to dial, in turn.
    pub servers: Vec<String>,
    /// `NAME=ADDRESS`, for names that no name server knows.
    pub add_hosts: Vec<String>,
    /// What the host calls itself.
    pub name: Option<String>,
    /// The engine's socket.
    pub engine: Option<PathBuf>,
    /// Where other hosts reach it.
    pub address: Option<IpAddr>,
}

impl Settings {
    /// Reads the file; none if there is none.
    pub fn load(data: &Path) -> anyhow::Result<Option<Self>> {
        let path = data.join(FILE);
        match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            read => {
                let text = read.with_context(|| format!("could not read {}", path.display()))?;
                let parsed = serde_json::from_slice(&text).map(Some);
                parsed.with_context(|| {
                    format!("{} is damaged; run `muster agent install` again", path.display())
                })
            }
        }
    }

    /// Writes the file, whole.
    pub fn save(&self, data: &Path) -> anyhow::Result<()> {
        let (path, draft) = (data.join(FILE), data.join("settings.json.new"));
        let text = serde_json::to_vec_pretty(self)?;
        let written = std::fs::write(&draft, text).and_then(|()| std::fs::rename(&draft, &path));
        written.with_context(|| format!("could not write {}", path.display()))
    }

    /// What is typed is above what was kept.
    pub fn with(self, args: &AgentRunArgs) -> anyhow::Result<Self> {
        let several = |typed: &Vec<String>, kept| if typed.is_empty() { kept } else { typed.clone() };
        Ok(Self {
            servers: several(&args.servers, self.servers),
            add_hosts: several(&args.add_hosts, self.add_hosts),
            name: args.name.as_ref().map(ToString::to_string).or(self.name),
            engine: args.engine.clone().or(self.engine),
            address: args.address.or(self.address),
        })
    }

    /// The engine's socket.
    pub fn engine(&self) -> PathBuf {
        self.engine.clone().unwrap_or_else(|| ENGINE.into())
    }

    /// The servers, with the addresses that their names have here.
    pub fn servers(&self) -> anyhow::Result<Vec<ServerUrl>> {
        anyhow::ensure!(
            !self.servers.is_empty(),
            "name the server with --to; `muster host token create` prints the whole command"
        );
        let known = addresses(&self.add_hosts)?;
        let url = |text: &String| {
            let url: ServerUrl = text.parse().context("the server's address cannot be used")?;
            let at = known.get(&url.host().to_ascii_lowercase()).cloned();
            Ok(url.at(at.unwrap_or_default()))
        };
        self.servers.iter().map(url).collect()
    }

    /// An agent of these settings.
    pub fn config(&self, data: PathBuf) -> anyhow::Result<AgentConfig> {
        let mut config = AgentConfig::new(self.servers()?, data);
        config.engine_socket = self.engine();
        config.address = self.address;
        if let Some(name) = &self.name {
            config.name.clone_from(name);
        }
        Ok(config)
    }
}

/// `NAME=ADDRESS`, each name with all its addresses.
fn addresses(words: &[String]) -> anyhow::Result<BTreeMap<String, Vec<IpAddr>>> {
    let mut known: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
    for word in words {
        let wrong =
            || format!("--add-host {word}: write a name and its address, such as muster.example=10.0.0.7");
        let (name, address) = word.split_once('=').with_context(wrong)?;
        let address = address.parse().ok().with_context(wrong)?;
        known.entry(name.to_ascii_lowercase()).or_default().push(address);
    }
    Ok(known)
}

/// Labels that are typed, and those of `CATTLE_HOST_LABELS`, such as `zone=a&disk=ssd`.
pub fn labels(typed: &[String], query: Option<&str>) -> anyhow::Result<BTreeMap<String, String>> {
    let query = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let mut labels: BTreeMap<String, String> = query.into_owned().collect();
    labels.extend(pairs(typed)?);
    Ok(labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_from_both_places_and_the_typed_one_counts() {
        let labels = labels(&["zone=b".to_owned()], Some("zone=a&disk=s%20d&&x")).unwrap();
        let labels: Vec<_> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(labels, ["disk=s d", "x=", "zone=b"]);
    }

    #[test]
    fn names_lead_where_they_are_said_to() {
        let words = ["M.example=10.0.0.7", "m.example=10.0.0.8"].map(str::to_owned);
        let known = addresses(&words).unwrap();
        assert_eq!(known["m.example"].len(), 2);
        for bad in ["m.example", "m.example=", "m.example=x"] {
            assert!(addresses(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_was_kept_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(Settings::load(dir.path()).unwrap(), None);
        let kept = Settings {
            servers: vec!["https://m:8080".to_owned()],
            address: "10.0.0.1".parse().ok(),
            ..Settings::default()
        };
        kept.save(dir.path()).unwrap();
        assert_eq!(Settings::load(dir.path()).unwrap(), Some(kept));
    }
}
