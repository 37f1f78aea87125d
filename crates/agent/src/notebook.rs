//! The agent's durable pages: what this host is to run, and the contents of its secrets and configs.
//!
//! Contents are sealed with a key of this host alone, so that a copy of the directory without the key file says nothing.
//! The lease is kept apart, in memory where there is a `/run`: it means nothing after a restart of the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use muster_model::Digest;
use muster_model::link::{DeliveredBlob, Table};
use muster_model::secret::{Sealed, SecretBytes};
use muster_trust::{OsRandom, SealKeys};

use crate::durable::{read_page, set_aside, write_page, write_soon};
use crate::error::AgentError;
use crate::logic::{LeaseRecord, Page};
use crate::watchdog;

/// The pages of one agent.
#[derive(Debug)]
pub struct Notebook {
    page: PathBuf,
    contents: PathBuf,
    lease: PathBuf,
    keys: SealKeys,
    sealed: Mutex<BTreeMap<Digest, Sealed>>,
}

/// What a notebook had when it was opened.
#[derive(Debug, Default, PartialEq)]
pub struct Opened {
    /// The page.
    pub page: Option<Page>,
    /// Not all contents that the page needs are there.
    pub blobs_missing: bool,
    /// The lease.
    pub lease: Option<LeaseRecord>,
}

impl Notebook {
    /// Opens the notebook in `directory`, with the lease in `run`. A damaged page is set aside and missing.
    pub fn open(directory: &Path, run: &Path) -> Result<(Self, Opened), AgentError> {
        let keys = SealKeys::load_or_create(&directory.join("host.key"), &mut OsRandom);
        let notebook = Self {
            page: directory.join("notebook"),
            contents: directory.join("contents"),
            lease: run.join(watchdog::LEASE),
            keys: keys.map_err(|source| AgentError::Trust { source })?,
            sealed: Mutex::default(),
        };
        let page: Option<Page> = read(&notebook.page)?;
        *notebook.sealed() = read(&notebook.contents)?.unwrap_or_default();
        let needed = page
            .as_ref()
            .map(|page| page.table.blobs_needed())
            .unwrap_or_default();
        let blobs_missing = needed.iter().any(|digest| notebook.content(*digest).is_none());
        // A lease that cannot be read is no lease: the server gives another.
        let lease = std::fs::read(&notebook.lease)
            .ok()
            .and_then(|text| serde_json::from_slice(&text).ok());
        Ok((
            notebook,
            Opened {
                page,
                blobs_missing,
                lease,
            },
        ))
    }

    /// Writes contents and page, in this order: a page that is there has its contents.
    pub fn save(&self, page: &Page, blobs: &[DeliveredBlob]) -> Result<(), AgentError> {
        if !blobs.is_empty() {
            self.add(blobs)?;
        }
        write(&self.page, page)?;
        self.prune(&page.table)
    }

    /// Keeps the lease for the agent's next start.
    pub fn keep_lease(&self, lease: &LeaseRecord) -> Result<(), AgentError> {
        let text = serde_json::to_vec(lease).unwrap_or_default();
        write_soon(&self.lease, &text).map_err(|source| failed("write", &self.lease, source))
    }

    /// A content, if it is here.
    pub fn content(&self, digest: Digest) -> Option<SecretBytes> {
        let sealed = self.sealed().get(&digest).cloned()?;
        let opened = self.keys.open(&context(digest), &sealed);
        opened
            .inspect_err(|error| tracing::error!(%error, "a content cannot be opened and is asked for again"))
            .ok()
    }

    fn add(&self, blobs: &[DeliveredBlob]) -> Result<(), AgentError> {
        let mut sealed = self.sealed().clone();
        for blob in blobs {
            let closed = self
                .keys
                .seal(&context(blob.digest), &blob.content, &mut OsRandom);
            sealed.insert(
                blob.digest,
                closed.map_err(|source| AgentError::Trust { source })?,
            );
        }
        // What the page on disk needs stays until that page is another.
        self.replace(sealed)
    }

    fn prune(&self, table: &Table) -> Result<(), AgentError> {
        let needed: BTreeSet<Digest> = table.blobs_needed();
        let mut sealed = self.sealed().clone();
        let before = sealed.len();
        sealed.retain(|digest, _| needed.contains(digest));
        if sealed.len() == before {
            Ok(())
        } else {
            self.replace(sealed)
        }
    }

    fn replace(&self, sealed: BTreeMap<Digest, Sealed>) -> Result<(), AgentError> {
        write(&self.contents, &sealed)?;
        *self.sealed() = sealed;
        Ok(())
    }

    fn sealed(&self) -> MutexGuard<'_, BTreeMap<Digest, Sealed>> {
        self.sealed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn context(digest: Digest) -> String {
    format!("content/{digest}")
}

fn failed(doing: &'static str, path: &Path, source: std::io::Error) -> AgentError {
    AgentError::File {
        doing,
        path: path.to_owned(),
        source,
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Option<T>, AgentError> {
    let Some(content) = read_page(path).map_err(|source| failed("read", path, source))? else {
        return Ok(None);
    };
    let read = serde_json::from_slice(&content);
    if read.is_err() {
        set_aside(path);
    }
    Ok(read.ok())
}

fn write<T: serde::Serialize>(path: &Path, value: &T) -> Result<(), AgentError> {
    let text = serde_json::to_vec(value).map_err(std::io::Error::other);
    let written = text.and_then(|text| write_page(path, &text));
    written.map_err(|source| failed("write", path, source))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use muster_model::link::PullCredential;

    use super::*;

    fn page(digest: Option<Digest>) -> Page {
        let credential = |digest| PullCredential {
            registry: "r".to_owned(),
            username: "u".to_owned(),
            digest,
        };
        let table = Table {
            credentials: digest.into_iter().map(credential).collect(),
            ..Table::default()
        };
        Page {
            incarnation: "p".to_owned(),
            table: Arc::new(table),
        }
    }

    #[test]
    fn pages_and_contents_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let (notebook, opened) = Notebook::open(dir.path(), dir.path()).unwrap();
        assert_eq!(opened, Opened::default());
        let digest = Digest::of(b"1");
        let blob = DeliveredBlob {
            digest,
            content: SecretBytes::new(b"sesame".to_vec()),
        };
        notebook.save(&page(Some(digest)), &[blob]).unwrap();
        let (notebook, opened) = Notebook::open(dir.path(), dir.path()).unwrap();
        assert_eq!(opened.page, Some(page(Some(digest))));
        assert!(!opened.blobs_missing);
        assert_eq!(notebook.content(digest).unwrap().reveal(), b"sesame");
        for entry in std::fs::read_dir(dir.path()).unwrap() {
            let text = std::fs::read(entry.unwrap().path()).unwrap();
            assert!(!text.windows(6).any(|window| window == b"sesame"), "in the clear");
        }
        notebook.save(&page(None), &[]).unwrap();
        assert_eq!(notebook.content(digest), None, "no longer needed");
    }

    #[test]
    fn lost_contents_are_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let (notebook, _) = Notebook::open(dir.path(), dir.path()).unwrap();
        notebook.save(&page(Some(Digest::of(b"1"))), &[]).unwrap();
        assert!(Notebook::open(dir.path(), dir.path()).unwrap().1.blobs_missing);
        std::fs::write(dir.path().join("notebook"), "torn").unwrap();
        assert_eq!(Notebook::open(dir.path(), dir.path()).unwrap().1.page, None);
    }
}
