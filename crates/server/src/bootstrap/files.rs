//! The secrets that are not in the store: the sealing keys and the CA.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use muster_model::WallTime;
use muster_trust::{Ca, OsRandom, PrivateKeyPem, SealKeys, ServerKey};

use super::StartError;
use crate::vault::Vault;

pub(super) const CA_FILE: &str = "ca.pem";
const CA_KEY_FILE: &str = "ca-key.pem";
const SERVER_KEY_FILE: &str = "server-key.pem";
const SEAL_KEY_FILE: &str = "seal.key";

/// Reads the keys; makes them if there is no platform yet that would need the old ones.
pub(super) fn keys(
    directory: &Path,
    has_platform: bool,
    now: WallTime,
) -> Result<(Vault, Ca, ServerKey), StartError> {
    if has_platform {
        let files = [SEAL_KEY_FILE, CA_KEY_FILE, CA_FILE].map(|name| directory.join(name));
        if let Some(path) = files.into_iter().find(|path| !path.exists()) {
            return Err(StartError::Missing { path });
        }
    }
    let seal =
        SealKeys::load_or_create(&directory.join(SEAL_KEY_FILE), &mut OsRandom).map_err(StartError::Trust)?;
    Ok((Vault::new(seal), ca(directory, now)?, server_key(directory)?))
}

/// It outlives the server's certificates, for joining commands pin it. A new one costs no more than the commands that were
/// printed before.
fn server_key(directory: &Path) -> Result<ServerKey, StartError> {
    let path = directory.join(SERVER_KEY_FILE);
    if path.exists() {
        let pem = PrivateKeyPem::new(read_private(&path)?);
        return ServerKey::from_pem(&pem).map_err(StartError::Trust);
    }
    let made = ServerKey::generate().map_err(StartError::Trust)?;
    write(&path, made.pem().expose(), 0o600)?;
    Ok(made)
}

fn ca(directory: &Path, now: WallTime) -> Result<Ca, StartError> {
    let (certificate, key) = (directory.join(CA_FILE), directory.join(CA_KEY_FILE));
    // The certificate is written last: without it, a key beside it is what a start that was cut short left.
    if !certificate.exists() {
        let made = Ca::generate("Muster CA", now, &mut OsRandom).map_err(StartError::Trust)?;
        write(&key, made.key_pem().expose(), 0o600)?;
        write(&certificate, made.certificate_pem(), 0o644)?;
        return Ok(made);
    }
    let key = PrivateKeyPem::new(read_private(&key)?);
    Ca::from_pem(&read(&certificate)?, &key).map_err(StartError::Trust)
}

fn read_private(path: &Path) -> Result<String, StartError> {
    let file = fs::metadata(path).map_err(|source| failed("read", path, source))?;
    let mode = file.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(StartError::FileMode {
            path: path.to_owned(),
            mode,
        });
    }
    read(path)
}

fn read(path: &Path) -> Result<String, StartError> {
    fs::read_to_string(path).map_err(|source| failed("read", path, source))
}

/// Whole and durable, or not at all.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), StartError> {
    let draft = path.with_extension("new");
    let written = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    };
    written().map_err(|source| failed("write", path, source))
}

fn failed(doing: &'static str, path: &Path, source: io::Error) -> StartError {
    StartError::File {
        doing,
        path: path.to_owned(),
        source,
    }
}
