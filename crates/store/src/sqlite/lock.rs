//! One process per data directory.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::error::OpenError;

const LOCK_FILE: &str = "muster.lock";
/// Long enough for a process to be cleared away, too short for a person to wonder.
const LOCK_WAIT: Duration = Duration::from_millis(500);

/// Held as long as this lives, and by the kernel no longer than the process.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    _file: File,
}

impl DirectoryLock {
    /// Makes the directory if it is missing and locks it.
    pub(super) fn take(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join(LOCK_FILE);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|source| OpenError::Lock {
                path: path.clone(),
                source,
            })?;
        match wait_for_lock(&file) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                return Err(OpenError::AlreadyOpen {
                    directory: directory.to_owned(),
                    pid: read_pid(&mut file),
                });
            }
            Err(errno) => {
                return Err(OpenError::Lock {
                    path,
                    source: errno.into(),
                });
            }
        }
        write_pid(&mut file).map_err(|source| OpenError::Lock { path, source })?;
        Ok(Self { _file: file })
    }
}

/// A process that was just ended, or a child that is between its fork and its exec, holds the lock a moment longer.
fn wait_for_lock(file: &File) -> Result<(), Errno> {
    let began = Instant::now();
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) if began.elapsed() < LOCK_WAIT => std::thread::sleep(LOCK_WAIT / 50),
            done => return done,
        }
    }
}

/// Makes `directory`, readable by nobody else, unless it is there.
pub(super) fn make_directory(directory: &Path) -> Result<(), OpenError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|source| OpenError::Directory {
        directory: directory.to_owned(),
        source,
    })
}

/// The pid is for people; the lock itself is the kernel's.
fn write_pid(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
