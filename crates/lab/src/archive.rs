//! Tar files that are the same bytes for the same contents.

use std::io::Result;

use tar::{Builder, EntryType, Header};

pub(crate) struct Archive {
    tar: Builder<Vec<u8>>,
}

impl Archive {
    /// `room`: about how many bytes it will hold, so that growing does not copy large binaries about.
    pub(crate) fn with_room(room: usize) -> Self {
        Self {
            tar: Builder::new(Vec::with_capacity(room + 64 * 1024)),
        }
    }

    pub(crate) fn directory(&mut self, path: &str, mode: u32) -> Result<()> {
        let mut header = header(EntryType::Directory, mode, 0);
        self.tar.append_data(&mut header, path, [].as_slice())
    }

    /// A leading `/` of `path` is dropped; names of any length are fine.
    pub(crate) fn file(&mut self, path: &str, content: &[u8], mode: u32) -> Result<()> {
        let mut header = header(EntryType::Regular, mode, content.len() as u64);
        self.tar
            .append_data(&mut header, path.trim_start_matches('/'), content)
    }

    pub(crate) fn link(&mut self, path: &str, target: &str) -> Result<()> {
        let mut header = header(EntryType::Symlink, 0o777, 0);
        self.tar
            .append_link(&mut header, path.trim_start_matches('/'), target)
    }

    pub(crate) fn finish(self) -> Result<Vec<u8>> {
        self.tar.into_inner()
    }
}

/// Owner, group and times are 0 in a new header, which is what we want.
fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}
