use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::{Error, Random};

/// OWASP Password Storage Cheat Sheet, argon2id: 19 MiB of memory, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// NIST SP 800-63B §5.1.1.2: at least eight characters, no rules about which.
const MIN_CHARS: usize = 8;
/// Longer texts are no passwords but an attempt to keep us busy.
const MAX_BYTES: usize = 1024;
/// A hash of nothing anyone knows, with the parameters above; see [`verify_password`].
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gb25lIGtub3dzIA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes a new password: argon2id in PHC text form, with its parameters and salt. Takes tens of milliseconds
/// of CPU and 19 MiB: call it off the async threads, a few at a time.
pub fn hash_password(password: &str, random: &mut dyn Random) -> Result<String, Error> {
    if password.chars().count() < MIN_CHARS {
        return Err(Error::WeakPassword {
            why: "at least 8 characters are wanted",
        });
    }
    if password.len() > MAX_BYTES {
        return Err(Error::WeakPassword {
            why: "at most 1024 bytes are wanted",
        });
    }
    let failed = |source| Error::Password {
        doing: "hash",
        source,
    };
    let mut salt = [0; 16];
    random.fill(&mut salt)?;
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    let hash = argon2id()?
        .hash_password(password.as_bytes(), &salt)
        .map_err(failed)?;
    Ok(hash.to_string())
}

/// Compares an attempt with the stored hash, in constant time. With `None` (no such user) it takes as long
/// and says no, so that nobody learns which users exist. Costs what [`hash_password`] costs.
pub fn verify_password(stored: Option<&str>, attempt: &str) -> Result<bool, Error> {
    let failed = |source| Error::Password {
        doing: "check",
        source,
    };
    if attempt.len() > MAX_BYTES {
        return Ok(false);
    }
    let text = stored.unwrap_or(DECOY);
    let parsed = PasswordHash::new(text).map_err(failed)?;
    if parsed.hash.is_none() {
        return Err(failed(argon2::password_hash::Error::PhcStringField));
    }
    match argon2id()?.verify_password(attempt.as_bytes(), &parsed) {
        Ok(()) => Ok(stored.is_some()),
        Err(argon2::password_hash::Error::Password) => Ok(false),
        Err(source) => Err(failed(source)),
    }
}

fn argon2id() -> Result<Argon2<'static>, Error> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|e| Error::Password {
        doing: "hash",
        source: e.into(),
    })?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_decoy_costs_what_a_real_hash_costs() {
        let decoy = PasswordHash::new(DECOY).unwrap();
        assert_eq!(decoy.hash.unwrap().len(), Params::DEFAULT_OUTPUT_LEN);
        let params = Params::try_from(&decoy).unwrap();
        assert_eq!(
            (params.m_cost(), params.t_cost(), params.p_cost()),
            (MEMORY_KIB, PASSES, LANES)
        );
    }
}
