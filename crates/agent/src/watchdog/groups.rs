//! Where the kernel keeps the processes of a container.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use rustix::process::Pid;

/// Control groups nest a few levels: slices of a service manager, the engine's own, the container's.
const DEPTH_MAX: usize = 16;
/// An engine's id is 64 hexadecimal digits. A shorter text would be found in names that mean another.
const ID_DIGITS_MIN: usize = 32;

/// The control group of a container, in one hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    pub(super) container: String,
    directory: PathBuf,
}

/// Where groups are looked for: all of version 2, and of version 1 that which can freeze.
pub(super) fn mounts(mountinfo: &str) -> Vec<PathBuf> {
    let (mut found, mut others) = (Vec::new(), Vec::new());
    for line in mountinfo.lines() {
        let Some((place, kind)) = line.split_once(" - ") else {
            continue;
        };
        let (place, mut kind) = (place.split(' ').nth(4), kind.split(' '));
        let (Some(place), Some(kind), Some(options)) = (place, kind.next(), kind.nth(1)) else {
            continue;
        };
        match kind {
            "cgroup2" => found.push(PathBuf::from(place)),
            "cgroup" if options.split(',').any(|option| option == "freezer") => found.push(place.into()),
            "cgroup" => others.push(PathBuf::from(place)),
            _ => {}
        }
    }
    found.extend(others.into_iter().next().filter(|_| found.is_empty()));
    found
}

/// The groups of these containers.
pub(super) fn of(containers: &BTreeSet<String>, mounts: &[PathBuf]) -> Vec<Group> {
    let known = |id: &&String| id.len() >= ID_DIGITS_MIN && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let containers: Vec<&str> = containers.iter().filter(known).map(String::as_str).collect();
    let mut found = Vec::new();
    if !containers.is_empty() {
        mounts
            .iter()
            .for_each(|mount| search(mount, &containers, DEPTH_MAX, &mut found));
    }
    found
}

/// Engines call it by the id, or put something before and after: `docker-….scope`.
fn search(directory: &Path, containers: &[&str], depth: usize, found: &mut Vec<Group>) {
    for inner in inner(directory) {
        let name = inner.file_name().unwrap_or_default().to_string_lossy();
        match containers.iter().find(|id| name.contains(**id)) {
            Some(id) => found.push(Group {
                container: (*id).to_owned(),
                directory: inner,
            }),
            None if depth > 0 => search(&inner, containers, depth - 1, found),
            None => {}
        }
    }
}

fn inner(directory: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
}

impl Group {
    /// Its processes, those of groups inside it too. Some end while we look.
    pub(super) fn processes(&self) -> Vec<Pid> {
        let mut found = Vec::new();
        collect(&self.directory, &mut found);
        found
    }

    /// Ends all of it at once, where the kernel can do that.
    pub(super) fn kill(&self) -> bool {
        self.tell("cgroup.kill", "1")
    }

    /// Nothing in it runs or forks any more, where the kernel can do that by this hierarchy.
    pub(super) fn freeze(&self) {
        self.tell("freezer.state", "FROZEN");
    }

    /// What was frozen, by us or by a person, goes on: only then does it end.
    pub(super) fn thaw(&self) {
        self.tell("freezer.state", "THAWED");
        self.tell("cgroup.freeze", "0");
    }

    /// Each hierarchy has only some of the files.
    fn tell(&self, file: &str, word: &str) -> bool {
        let path = self.directory.join(file);
        let open = fs::OpenOptions::new().write(true).open(&path);
        let told = open.and_then(|mut file| file.write_all(word.as_bytes()));
        if let Err(error) = &told
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(%error, "could not write {word} to {}", path.display());
        }
        told.is_ok()
    }
}

fn collect(directory: &Path, found: &mut Vec<Pid>) {
    let text = fs::read_to_string(directory.join("cgroup.procs")).unwrap_or_default();
    found.extend(text.lines().filter_map(|line| Pid::from_raw(line.parse().ok()?)));
    inner(directory).for_each(|inner| collect(&inner, found));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hierarchies_are_found() {
        let both = "30 20 0:26 / /sys/fs/cgroup/freezer rw,relatime shared:9 - cgroup cgroup rw,freezer\n\
                    31 20 0:27 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct\n\
                    32 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
                    33 20 0:29 / /proc rw - proc proc rw\n";
        let paths = |text| {
            let found = mounts(text);
            found
                .iter()
                .map(|path| path.display().to_string())
                .collect::<Vec<_>>()
        };
        assert_eq!(paths(both), ["/sys/fs/cgroup/freezer", "/sys/fs/cgroup/unified"]);
        let (_, odd) = both.split_once('\n').unwrap();
        assert_eq!(paths(odd.split_once('\n').unwrap().0), ["/sys/fs/cgroup/cpu"]);
        assert!(paths("nonsense\n - \n").is_empty());
    }

    #[test]
    fn groups_are_known_by_the_whole_id() {
        let root = tempfile::tempdir().unwrap();
        let id = |digit: &str| digit.repeat(64);
        let (a, b, c) = (id("a"), id("b"), id("c"));
        for path in [
            format!("docker/{a}/inner"),
            format!("system.slice/docker-{b}.scope"),
            format!("docker/{c}"),
        ] {
            fs::create_dir_all(root.path().join(path)).unwrap();
        }
        fs::write(root.path().join(format!("docker/{a}/cgroup.procs")), "7\n0\n").unwrap();
        fs::write(root.path().join(format!("docker/{a}/inner/cgroup.procs")), "8\n").unwrap();
        let mounts = [root.path().to_owned()];
        let found = of(&BTreeSet::from([a.clone(), b.clone()]), &mounts);
        let mut ids: Vec<_> = found.iter().map(|group| group.container.clone()).collect();
        ids.sort();
        assert_eq!(ids, [a.clone(), b]);
        let group = found.iter().find(|group| group.container == a).unwrap();
        let numbers: Vec<_> = group.processes().into_iter().map(Pid::as_raw_nonzero).collect();
        assert_eq!(numbers.iter().map(|n| n.get()).collect::<Vec<_>>(), [7, 8]);
        for short in ["", "a", "docker", "system.slice"] {
            assert_eq!(of(&BTreeSet::from([short.to_owned()]), &mounts), [], "{short:?}");
        }
    }
}
