//! A stack as its files say, with contents of secrets and configs still in the clear.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::desired::{Blob, StackSpec};
use muster_model::secret::SecretBytes;
use muster_model::{Digest, Name};

/// A stack whose secrets and configs are not sealed yet.
///
/// Every [`FileMount`] has a placeholder for its digest: a key of `contents` or of `externals`.
///
/// [`FileMount`]: muster_model::desired::FileMount
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DraftStack {
    /// The name that the files give with `name:`.
    pub name: Option<Name>,
    /// The stack, with placeholders.
    pub spec: StackSpec,
    /// Contents that came with the files, by placeholder.
    pub contents: BTreeMap<Digest, BlobDraft>,
    /// Secrets and configs that must exist in the environment, by placeholder.
    pub externals: BTreeMap<Digest, External>,
}

/// The content of a secret or config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobDraft {
    /// Its name in the files.
    pub name: Name,
    /// Whether it is a secret; else it is a config.
    pub secret: bool,
    /// The content; it prints as `***` in either case.
    pub bytes: SecretBytes,
}

/// A secret or config that lives by itself in the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct External {
    /// A service that mounts it, for messages.
    pub service: Name,
    /// Whether it is a secret; else it is a config.
    pub secret: bool,
    /// Its name in the environment.
    pub name: Name,
}

impl DraftStack {
    /// The finished stack. `seal` turns a content into its keyed digest and the form in which it rests; `find` gives
    /// the keyed digest of an external one. The first error of either ends it.
    pub fn seal<E>(
        mut self,
        mut seal: impl FnMut(BlobDraft) -> Result<(Digest, Blob), E>,
        mut find: impl FnMut(&External) -> Result<Digest, E>,
    ) -> Result<StackSpec, E> {
        let mut digests = BTreeMap::new();
        for (placeholder, draft) in self.contents {
            let (digest, blob) = seal(draft)?;
            digests.insert(placeholder, digest);
            self.spec.blobs.insert(digest, blob);
        }
        for (placeholder, external) in &self.externals {
            digests.insert(*placeholder, find(external)?);
        }
        for service in self.spec.services.values_mut() {
            let unit = &mut Arc::make_mut(service).unit;
            let containers = std::iter::once(&mut unit.primary).chain(unit.sidekicks.values_mut());
            for file in containers.flat_map(|container| &mut container.files) {
                if let Some(digest) = digests.get(&file.digest) {
                    file.digest = *digest;
                }
            }
        }
        Ok(self.spec)
    }
}
