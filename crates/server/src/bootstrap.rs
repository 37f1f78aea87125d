//! From a data directory to a platform: at the first start it is made, at every later one it is found and checked.
//!
//! ```text
//!   data directory (0700, locked) ─ store ─ seal.key ─ ca-key.pem, ca.pem, server-key.pem ─ first documents ─ setup token
//! ```
//!
//! Files come before documents: a start that was cut short finds its files again and goes on. Once the platform's page
//! is in the store, a missing file is an error and never made anew, for a new key would open nothing that the old one sealed.

mod documents;
mod error;
mod files;
mod local;

use std::path::Path;
use std::sync::Arc;

use muster_model::desired::Platform;
use muster_model::{ServerId, WallTime};
use muster_store::{Commit, Key, Precondition, Range, SqliteStore, Store};
use muster_trust::{BearerKind, BearerToken, Ca, OsRandom, Random, ServerKey, ServerNames};
use zeroize::Zeroizing;

pub use documents::{DEFAULT_ENVIRONMENT, FIRST_EPOCH, First, default_environment, first_documents};
pub use error::StartError;
pub use local::LocalJoinError;
pub(crate) use local::join as local_join;

use crate::config::ServerConfig;
use crate::vault::Vault;

/// The server that made the platform. Others, when they join, draw their own place.
pub const FIRST_SERVER: ServerId = ServerId::new(FIRST_EPOCH, 1);

/// What stands under a server before it runs.
pub(crate) struct Ground {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) vault: Vault,
    pub(crate) ca: Ca,
    pub(crate) server_key: ServerKey,
    /// Shown once; none when it was used in an earlier life.
    pub(crate) setup_token: Option<Zeroizing<String>>,
    /// Random text of this start, for the request ids before there is an epoch.
    pub(crate) boot: String,
}

/// Opens the data directory and makes in it what is missing.
pub(crate) async fn prepare(config: &ServerConfig, now: WallTime) -> Result<Ground, StartError> {
    let directory = config.data_dir.clone();
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(&directory)).await;
    let store = opened
        .map_err(StartError::Interrupted)?
        .map_err(StartError::Store)?;
    on_store(Arc::new(store), config, now).await
}

/// The same over a store that is open already.
pub(crate) async fn on_store(
    store: Arc<dyn Store>,
    config: &ServerConfig,
    now: WallTime,
) -> Result<Ground, StartError> {
    let found = read_platform(&*store).await?;
    let (vault, ca, server_key) = files::keys(&config.data_dir, found.is_some(), now)?;
    let setup_token = match found {
        None => Some(make_platform(&*store, config, now).await?),
        Some(found) => renew_setup_token(&*store, found).await?,
    };
    let boot = random_hex()?;
    Ok(Ground {
        store,
        vault,
        ca,
        server_key,
        setup_token,
        boot,
    })
}

/// The names in the server's certificate: those configured, the machine's own, loopback.
pub(crate) fn server_names(config: &ServerConfig) -> ServerNames {
    let mut names = ServerNames {
        dns: Vec::new(),
        ips: vec![[127, 0, 0, 1].into(), std::net::Ipv6Addr::LOCALHOST.into()],
    };
    let own = rustix::system::uname()
        .nodename()
        .to_str()
        .map(str::to_owned)
        .unwrap_or_default();
    let listen = Some(config.listen.ip())
        .filter(|ip| !ip.is_unspecified())
        .map(|ip| ip.to_string());
    for name in config.names.iter().cloned().chain([own]).chain(listen) {
        match name.parse() {
            Ok(ip) if !names.ips.contains(&ip) => names.ips.push(ip),
            Err(_) if !name.is_empty() && !names.dns.contains(&name) => names.dns.push(name),
            _ => {}
        }
    }
    names
}

struct Found {
    platform: Platform,
    /// Its precondition: that nobody changed it since.
    unchanged: Precondition,
}

async fn read_platform(store: &dyn Store) -> Result<Option<Found>, StartError> {
    let key = Key::parse("desired/platform/self")?;
    let snapshot = store.read(Range::One(key)).await.map_err(StartError::Read)?;
    let Some(entry) = snapshot.entries.into_iter().next() else {
        return Ok(None);
    };
    let platform = entry.document().map_err(StartError::Document)?;
    Ok(Some(Found {
        platform,
        unchanged: Precondition::At(entry.key, entry.modified),
    }))
}

async fn make_platform(
    store: &dyn Store,
    config: &ServerConfig,
    now: WallTime,
) -> Result<Zeroizing<String>, StartError> {
    let token = new_setup_token()?;
    let subnet = config.subnet.map_or_else(documents::usual_subnet, Ok)?;
    let first = First {
        incarnation: random_hex()?,
        now,
        subnet,
        setup_token: Some(token.hash()),
    };
    store
        .commit(first_documents(&first)?)
        .await
        .map_err(StartError::Write)?;
    Ok(token.text())
}

/// As long as none was used, every start makes a new token and forgets the one before.
async fn renew_setup_token(store: &dyn Store, found: Found) -> Result<Option<Zeroizing<String>>, StartError> {
    if found.platform.setup_token.is_none() {
        return Ok(None);
    }
    let token = new_setup_token()?;
    let platform = Platform {
        setup_token: Some(token.hash()),
        ..found.platform
    };
    let commit = Commit::new().expect(found.unchanged).write(&platform)?;
    store.commit(commit).await.map_err(StartError::Write)?;
    Ok(Some(token.text()))
}

fn new_setup_token() -> Result<BearerToken, StartError> {
    BearerToken::generate(BearerKind::Setup, &mut OsRandom).map_err(StartError::Trust)
}

fn random_hex() -> Result<String, StartError> {
    let mut bytes = [0; 8];
    OsRandom.fill(&mut bytes).map_err(StartError::Trust)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)))
}

/// Where the public half of the CA lies, for tools of this machine such as the CLI.
pub fn ca_path(data_dir: &Path) -> std::path::PathBuf {
    data_dir.join(files::CA_FILE)
}
