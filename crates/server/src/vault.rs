//! Contents that rest sealed: secrets of stacks and environments, passwords of registries.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use muster_model::desired::Blob;
use muster_model::secret::{Sealed, SecretBytes};
use muster_model::{Digest, EnvironmentId};
use muster_trust::{Error, Random, SealKeys};

/// Seals and opens contents. Whatever kind of content it is, it is known by its environment and its keyed digest: equal
/// contents of one environment have one digest, and a sealed value copied into another environment does not open.
#[derive(Debug)]
pub struct Vault {
    keys: SealKeys,
}

impl Vault {
    /// A vault that these keys open.
    pub fn new(keys: SealKeys) -> Self {
        Self { keys }
    }

    /// What a content is known by; says nothing to those without the key file.
    pub fn digest(&self, environment: EnvironmentId, content: &SecretBytes) -> Digest {
        self.keys.digest(&environment.to_string(), content)
    }

    /// Seals a content.
    pub fn seal(
        &self,
        environment: EnvironmentId,
        content: &SecretBytes,
        random: &mut dyn Random,
    ) -> Result<(Digest, Sealed), Error> {
        let digest = self.digest(environment, content);
        let sealed = self.keys.seal(&place(environment, digest), content, random)?;
        Ok((digest, sealed))
    }

    /// Opens what [`Vault::seal`] made.
    pub fn open(
        &self,
        environment: EnvironmentId,
        digest: Digest,
        sealed: &Sealed,
    ) -> Result<SecretBytes, Error> {
        self.keys.open(&place(environment, digest), sealed)
    }

    /// The content of a secret or config.
    pub fn reveal(
        &self,
        environment: EnvironmentId,
        digest: Digest,
        blob: &Blob,
    ) -> Result<SecretBytes, Error> {
        match blob {
            Blob::Sealed(sealed) => self.open(environment, digest, sealed),
            // Written by us alone; text that is no base64 was changed by hand and is worth as little as a broken seal.
            Blob::Plain(text) => {
                BASE64_STANDARD
                    .decode(text)
                    .map(SecretBytes::new)
                    .map_err(|_| Error::Open {
                        context: place(environment, digest),
                        key: "none".to_owned(),
                    })
            }
        }
    }
}

fn place(environment: EnvironmentId, digest: Digest) -> String {
    format!("blob/{environment}/{digest}")
}

#[cfg(test)]
mod tests {
    use muster_trust::OsRandom;

    use super::*;

    #[test]
    fn a_content_opens_in_its_own_environment_only() {
        let vault = Vault::new(SealKeys::generate(&mut OsRandom).unwrap());
        let (here, there) = (EnvironmentId::new(1, 1), EnvironmentId::new(1, 2));
        let secret = SecretBytes::new(b"hunter2".to_vec());
        let (digest, sealed) = vault.seal(here, &secret, &mut OsRandom).unwrap();
        assert_eq!(vault.open(here, digest, &sealed).unwrap(), secret);
        assert!(vault.open(there, digest, &sealed).is_err());
        assert_eq!(digest, vault.digest(here, &secret));
        assert_ne!(digest, vault.digest(there, &secret));
        let plain = Blob::Plain(BASE64_STANDARD.encode("x"));
        assert_eq!(vault.reveal(here, digest, &plain).unwrap().reveal(), b"x");
    }
}
