//! The sealing keys on disk: lines of `digest <base64>` and `seal <id> <base64>`, the newest last.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use zeroize::Zeroizing;

use crate::Error;
use crate::seal::{Key, NamedKey, SealKeys};

const HEAD: &str = "# Muster's sealing keys. Who reads this file can read the platform's secrets; without it nobody can.\n\
                    # Keep a copy apart from the copies of the store.\n";
const MAX_BYTES: u64 = 64 * 1024;

/// `None` if there is no such file.
pub(crate) fn load(path: &Path) -> Result<Option<SealKeys>, Error> {
    let failed = |source| Error::KeyFile {
        doing: "read",
        path: path.to_owned(),
        source,
    };
    let file = match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    // Asked of the open file, not of the path: nothing can be swapped in between.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Error::KeyFileMode {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
    parse(&text).map(Some).map_err(|(line, why)| Error::KeyFileText {
        path: path.to_owned(),
        line,
        why,
    })
}

/// Whole or not at all, and never over an existing file: written under another name first, then linked.
pub(crate) fn create(path: &Path, keys: &SealKeys) -> Result<(), Error> {
    let failed = |doing| {
        move |source| Error::KeyFile {
            doing,
            path: path.to_owned(),
            source,
        }
    };
    // The newest key's id is random: two processes, or a draft left by a crash, do not meet.
    let id = keys.seal.last().map_or("", |newest| newest.id.as_str());
    let draft = PathBuf::from(format!("{}.new-{id}", path.display()));
    write_draft(&draft, keys).map_err(failed("write"))?;
    let linked = match fs::hard_link(&draft, path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    };
    fs::remove_file(&draft).map_err(failed("tidy up beside"))?;
    linked.map_err(failed("create"))?;
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(failed("make durable"))
}

fn write_draft(draft: &Path, keys: &SealKeys) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(print(keys).as_bytes())?;
    file.sync_all()
}

fn print(keys: &SealKeys) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(1024));
    text.push_str(HEAD);
    let mut line = |words: &str, key: &Key| {
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(key.0));
        [words, " ", &encoded, "\n"]
            .into_iter()
            .for_each(|part| text.push_str(part));
    };
    line("digest", &keys.digest);
    keys.seal
        .iter()
        .for_each(|named| line(&format!("seal {}", named.id), &named.key));
    text
}

fn parse(text: &str) -> Result<SealKeys, (usize, &'static str)> {
    let mut digest = None;
    let mut seal: Vec<NamedKey> = Vec::new();
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    for (at, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["digest", key] => {
                digest = Some(parse_key(key).ok_or((at, "the key is not 32 bytes of base64"))?)
            }
            ["seal", id, _] if seal.iter().any(|named| named.id == *id) => {
                return Err((at, "this id stood before"));
            }
            ["seal", id, key] => {
                let key = parse_key(key).ok_or((at, "the key is not 32 bytes of base64"))?;
                seal.push(NamedKey {
                    id: (*id).to_owned(),
                    key,
                });
            }
            _ => return Err((at, "`digest <key>` or `seal <id> <key>` is wanted")),
        }
    }
    let digest = digest.ok_or((1, "the digest key is missing"))?;
    if seal.is_empty() {
        Err((1, "no sealing key is there"))
    } else {
        Ok(SealKeys { digest, seal })
    }
}

fn parse_key(text: &str) -> Option<Key> {
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(text).ok()?);
    bytes.as_slice().try_into().ok().map(Key)
}
