//! How a host is made.

use std::net::Ipv4Addr;

use serde_json::{Map, Value};

use crate::{Error, Result};

/// How a host is made. The default is what most tests want: an engine as it comes, and a name nobody else has.
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    /// What it calls itself; the name that no other host on this machine has, if none is given.
    pub hostname: Option<String>,
    /// Names and addresses of others, for its `/etc/hosts`.
    pub neighbours: Vec<(String, Ipv4Addr)>,
    /// Keys of the engine's `daemon.json`, over those that a lab sets.
    pub engine: EngineOptions,
    /// It has no engine.
    pub without_engine: bool,
}

/// Settings of an engine: keys of its `daemon.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineOptions(pub(crate) Map<String, Value>);

impl EngineOptions {
    /// Reads `key=value` as people type it. A value is JSON, or plain text where it is none; without one it is `true`.
    ///
    /// # Errors
    /// When there is no key, or it is one on which the lab itself relies.
    pub fn read<S: AsRef<str>>(all: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut read = Map::new();
        for text in all {
            let text = text.as_ref().trim_start_matches("--");
            let (key, value) = text.split_once('=').unwrap_or((text, "true"));
            if key.is_empty() || LABS_OWN.contains(&key) {
                return Err(Error::EngineOption { key: key.to_owned() });
            }
            let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
            read.insert(key.to_owned(), value);
        }
        Ok(Self(read))
    }
}

/// Where things are is for the lab to say.
const LABS_OWN: [&str; 6] = [
    "hosts",
    "data-root",
    "exec-root",
    "pidfile",
    "cgroup-parent",
    "exec-opts",
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::EngineOptions;

    #[test]
    fn options_are_keys_of_the_engine_s_file() {
        let read =
            EngineOptions::read(["live-restore=false", "--debug", "bip=10.1.0.1/16", "mtu=1400"]).unwrap();
        let wanted = json!({ "live-restore": false, "debug": true, "bip": "10.1.0.1/16", "mtu": 1400 });
        assert_eq!(serde_json::Value::Object(read.0), wanted);
        assert!(EngineOptions::read(["data-root=/"]).is_err() && EngineOptions::read(["=1"]).is_err());
    }
}
