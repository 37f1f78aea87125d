//! Which filesystems a database must not be on.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::error::OpenError;

/// `FUSE_SUPER_MAGIC`: what is behind it, local or remote, only the mount table tells.
const FUSE: u64 = 0x6573_5546;

/// Refuses network and cluster filesystems: there locks are advisory at best, shared memory is not shared, and an
/// fsync that was answered may not have been done.
pub(super) fn check(directory: &Path) -> Result<(), OpenError> {
    let unusable = |source| OpenError::Directory {
        directory: directory.to_owned(),
        source,
    };
    let magic = rustix::fs::statfs(directory)
        .map_err(|errno| unusable(errno.into()))?
        .f_type;
    // The type of `f_type` differs between architectures; magics are 32 bits wide.
    let magic = u64::from(magic as u32);
    let kind = match network_filesystem(magic) {
        Some(kind) => Some(kind.to_owned()),
        None if magic == FUSE => {
            let device = std::fs::metadata(directory).map_err(unusable)?.dev();
            let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
            mounted_type(&mounts, device).filter(|kind| is_remote_fuse(kind))
        }
        None => None,
    };
    match kind {
        Some(kind) => Err(OpenError::NetworkFilesystem {
            directory: directory.to_owned(),
            kind,
        }),
        None => Ok(()),
    }
}

/// The name of the network or cluster filesystem with this `statfs` magic (`linux/magic.h` and the filesystems'
/// own headers).
fn network_filesystem(magic: u64) -> Option<&'static str> {
    Some(match magic {
        0x6969 => "nfs",
        0x517b | 0xff53_4d42 | 0xfe53_4d42 => "smb",
        0x0102_1997 => "9p",
        0x00c3_6400 => "ceph",
        0x5346_414f | 0x6b41_4653 => "afs",
        0x7375_7245 => "coda",
        0x0116_1970 => "gfs2",
        0x7461_636f => "ocfs2",
        0x0bd0_0bd0 => "lustre",
        0x4750_4653 => "gpfs",
        0x1983_0326 => "beegfs",
        _ => return None,
    })
}

/// The type of the mount on `device` in a text like `/proc/self/mountinfo` (see proc_pid_mountinfo(5)).
fn mounted_type(mountinfo: &str, device: u64) -> Option<String> {
    let wanted = format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device));
    let line = mountinfo
        .lines()
        .find(|line| line.split(' ').nth(2) == Some(&wanted))?;
    let (_, after) = line.split_once(" - ")?;
    after.split(' ').next().map(str::to_owned)
}

/// FUSE programs whose files are on another machine. Others, such as `fuseblk` or overlays, are as good as local.
fn is_remote_fuse(kind: &str) -> bool {
    const REMOTE: &[&str] = &[
        "sshfs", "gluster", "ceph", "s3", "rclone", "dav", "gcs", "moosefs", "mfs", "juicefs",
    ];
    let program = kind.strip_prefix("fuse.").unwrap_or_default();
    REMOTE.iter().any(|remote| program.contains(remote))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_filesystems_are_known_by_their_magic() {
        let named = [
            (0x6969, "nfs"),
            (0xff53_4d42, "smb"),
            (0xfe53_4d42, "smb"),
            (0x0102_1997, "9p"),
            (0x00c3_6400, "ceph"),
        ];
        for (magic, name) in named {
            assert_eq!(network_filesystem(magic), Some(name));
        }
        // ext4, xfs, btrfs, tmpfs, overlayfs, zfs, f2fs
        for local in [
            0xef53,
            0x5846_5342,
            0x9123_683e,
            0x0102_1994,
            0x794c_7630,
            0x2fc1_2fc1,
            0xf2f5_2010,
            FUSE,
        ] {
            assert_eq!(network_filesystem(local), None, "{local:x}");
        }
    }

    #[test]
    fn what_is_behind_fuse_is_read_from_the_mount_table() {
        let table = "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
                     90 22 0:52 / /mnt/far rw,nosuid shared:9 master:2 - fuse.sshfs me@far:/ rw\n\
                     91 22 0:53 / /mnt/usb rw - fuseblk /dev/sdb1 rw\n";
        let device = |minor| rustix::fs::makedev(0, minor);
        let kind = mounted_type(table, device(52)).unwrap();
        assert!(kind == "fuse.sshfs" && is_remote_fuse(&kind));
        assert!(!is_remote_fuse(&mounted_type(table, device(53)).unwrap()));
        assert_eq!(mounted_type(table, device(54)), None);
        assert!(is_remote_fuse("fuse.glusterfs") && !is_remote_fuse("fuse.fuse-overlayfs"));
    }

    #[test]
    fn a_local_directory_is_fine_and_a_missing_one_is_named() {
        let directory = tempfile::tempdir().unwrap();
        check(directory.path()).unwrap();
        let missing = directory.path().join("missing");
        assert!(check(&missing).unwrap_err().to_string().contains("missing"));
    }
}
