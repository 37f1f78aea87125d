//! Files that are whole or not there, and directories that are only ours.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use muster_model::Digest;

/// Makes a directory that only its owner may enter.
pub fn private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Writes a file under another name first, then renames it: it is on disk, whole, when this returns.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, true, 0o600)
}

/// The same for a file that nobody is to change.
pub fn write_read_only(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, true, 0o400)
}

/// The same without waiting for the disk, for files that need not survive the machine.
pub fn write_soon(path: &Path, content: &[u8]) -> io::Result<()> {
    replace(path, content, false, 0o600)
}

fn replace(path: &Path, content: &[u8], sync: bool, mode: u32) -> io::Result<()> {
    let draft = beside(path, "new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&draft)?;
    file.write_all(content)?;
    if sync {
        file.sync_all()?;
    }
    fs::rename(&draft, path)?;
    match path.parent() {
        Some(directory) if sync => File::open(directory)?.sync_all(),
        _ => Ok(()),
    }
}

/// Writes a page: its checksum on the first line, so that a torn or changed one is told from a whole one.
pub fn write_page(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut page = format!("{}\n", Digest::of(content)).into_bytes();
    page.extend_from_slice(content);
    write(path, &page)
}

/// Reads a page. One that is not whole is set aside as `.damaged` and is not there.
pub fn read_page(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let page = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    if let Some(content) = checked(&page) {
        return Ok(Some(content.to_vec()));
    }
    set_aside(path);
    Ok(None)
}

/// Keeps a page that makes no sense for whoever wants to know why.
pub fn set_aside(path: &Path) {
    let aside = beside(path, "damaged");
    match fs::rename(path, &aside) {
        Ok(()) => tracing::error!(
            "{} is damaged; it was set aside as {}, and everything is asked of the server again",
            path.display(),
            aside.display()
        ),
        Err(error) => tracing::error!(%error, "{} is damaged and could not be set aside", path.display()),
    }
}

fn checked(page: &[u8]) -> Option<&[u8]> {
    let end = page.iter().position(|byte| *byte == b'\n')?;
    let (sum, content) = (page.get(..end)?, page.get(end + 1..)?);
    let sum: Digest = std::str::from_utf8(sum).ok()?.parse().ok()?;
    (sum == Digest::of(content)).then_some(content)
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_or_changed_page_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("page");
        assert_eq!(read_page(&path).unwrap(), None);
        write_page(&path, b"what was written").unwrap();
        assert_eq!(read_page(&path).unwrap().unwrap(), b"what was written");
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        *changed.last_mut().unwrap() ^= 1;
        for bad in [&whole[..whole.len() - 1], &changed, b"", b"x"] {
            fs::write(&path, bad).unwrap();
            assert_eq!(read_page(&path).unwrap(), None);
            assert!(!path.exists() && dir.path().join("page.damaged").exists());
        }
    }
}
