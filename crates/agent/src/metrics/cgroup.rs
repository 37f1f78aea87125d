//! Where the kernel counts what a container uses: control groups of version 1 or 2.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = "/sys/fs/cgroup";
/// Engines put their groups no deeper than this: `/docker/ID`, `/system.slice/docker-ID.scope`, and one more around it.
const DEPTH_MAX: usize = 4;
/// Groups that are looked through, at most.
const LOOKED_AT_MAX: usize = 20_000;

/// The groups of the containers that run, each found once.
pub(super) struct Groups {
    root: PathBuf,
    unified: bool,
    found: BTreeMap<String, Group>,
}

/// One container's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Group {
    root: PathBuf,
    /// Below each hierarchy's root.
    path: PathBuf,
    unified: bool,
}

impl Groups {
    pub(super) fn new() -> Self {
        Self::at(Path::new(ROOT))
    }

    fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            unified: root.join("cgroup.controllers").exists(),
            found: BTreeMap::new(),
        }
    }

    /// Finds the groups of these, and forgets all others.
    pub(super) fn follow(&mut self, ids: &[&String]) {
        self.found
            .retain(|id, group| ids.contains(&id) && group.is_there());
        let missing = ids.iter().any(|id| !self.found.contains_key(*id));
        if missing {
            let base = self.hierarchy("memory");
            let mut budget = LOOKED_AT_MAX;
            self.look(&base, &base, ids, DEPTH_MAX, &mut budget);
        }
    }

    pub(super) fn of(&self, id: &str) -> Option<&Group> {
        self.found.get(id)
    }

    fn hierarchy(&self, controller: &str) -> PathBuf {
        if self.unified {
            self.root.clone()
        } else {
            self.root.join(controller)
        }
    }

    fn look(&mut self, base: &Path, dir: &Path, ids: &[&String], depth: usize, budget: &mut usize) {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            if *budget == 0 {
                return;
            }
            *budget -= 1;
            let (path, name) = (entry.path(), entry.file_name());
            let id = name.to_str().and_then(id_of);
            match id.filter(|id| ids.iter().any(|wanted| wanted == id)) {
                Some(id) => {
                    let group = Group {
                        root: self.root.clone(),
                        path: path.strip_prefix(base).unwrap_or(&path).to_owned(),
                        unified: self.unified,
                    };
                    self.found.insert(id.to_owned(), group);
                }
                None if depth > 1 => self.look(base, &path, ids, depth - 1, budget),
                None => {}
            }
        }
    }
}

/// The container's id in a group's name: `ID`, `docker-ID.scope`, `libpod-ID.scope`.
fn id_of(name: &str) -> Option<&str> {
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let id = name.rsplit_once('-').map_or(name, |(_, id)| id);
    (id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit())).then_some(id)
}

impl Group {
    fn is_there(&self) -> bool {
        self.file("memory", "cgroup.procs").exists()
    }

    fn file(&self, controller: &str, name: &str) -> PathBuf {
        if self.unified {
            self.root.join(&self.path).join(name)
        } else {
            self.root.join(controller).join(&self.path).join(name)
        }
    }

    fn text(&self, controller: &str, name: &str) -> Option<String> {
        fs::read_to_string(self.file(controller, name)).ok()
    }

    fn number(&self, controller: &str, name: &str) -> Option<u64> {
        self.text(controller, name)?.trim().parse().ok()
    }

    /// Processor time since it began, microseconds.
    pub(super) fn cpu(&self) -> Option<u64> {
        match self.unified {
            true => field(&self.text("", "cpu.stat")?, "usage_usec"),
            false => Some(self.number("cpuacct", "cpuacct.usage")? / 1_000),
        }
    }

    /// Memory in use, without pages of files that nobody has touched lately.
    pub(super) fn memory(&self) -> Option<u64> {
        let (usage, idle) = match self.unified {
            true => ("memory.current", "inactive_file"),
            false => ("memory.usage_in_bytes", "total_inactive_file"),
        };
        let used = self.number("memory", usage)?;
        let stat = self.text("memory", "memory.stat").unwrap_or_default();
        Some(used.saturating_sub(field(&stat, idle).unwrap_or(0)))
    }

    /// Processes and threads.
    pub(super) fn pids(&self) -> Option<u64> {
        self.number("pids", "pids.current")
    }

    /// One of its processes.
    pub(super) fn process(&self) -> Option<u32> {
        let text = self.text("memory", "cgroup.procs")?;
        text.lines().next()?.trim().parse().ok()
    }
}

/// The number behind a word, of lines such as `usage_usec 12`.
fn field(text: &str, name: &str) -> Option<u64> {
    let mut words = text.lines().filter_map(|line| line.split_once(' '));
    words
        .find(|(word, _)| *word == name)
        .and_then(|(_, number)| number.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str, text: &str) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn both_versions_are_read_wherever_the_engine_puts_them() {
        let id = "ab".repeat(32);
        let v1 = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("memory/lab/docker/ID/memory.usage_in_bytes", "5000"),
            (
                "memory/lab/docker/ID/memory.stat",
                "cache 1\ntotal_inactive_file 2000\n",
            ),
            ("memory/lab/docker/ID/cgroup.procs", "12\n13\n"),
            ("cpuacct/lab/docker/ID/cpuacct.usage", "7000000\n"),
            ("pids/lab/docker/ID/pids.current", "3\n"),
        ] {
            write(v1.path(), &name.replace("ID", &id), text);
        }
        let v2 = tempfile::tempdir().unwrap();
        write(v2.path(), "cgroup.controllers", "cpu memory pids\n");
        for (name, text) in [
            ("memory.current", "5000"),
            ("memory.stat", "anon 1\ninactive_file 2000\n"),
            ("cgroup.procs", "12\n13\n"),
            ("cpu.stat", "usage_usec 7000\nuser_usec 1\n"),
            ("pids.current", "3\n"),
        ] {
            write(v2.path(), &format!("system.slice/docker-{id}.scope/{name}"), text);
        }
        for root in [v1.path(), v2.path()] {
            let mut groups = Groups::at(root);
            groups.follow(&[&id]);
            let group = groups.of(&id).unwrap();
            let read = (group.cpu(), group.memory(), group.pids(), group.process());
            assert_eq!(read, (Some(7_000), Some(3_000), Some(3), Some(12)), "{root:?}");
            groups.follow(&[]);
            assert_eq!(groups.of(&id), None);
        }
    }

    #[test]
    fn names_of_groups_that_are_no_containers_are_passed_over() {
        let id = "0f".repeat(32);
        for name in [
            id.clone(),
            format!("docker-{id}.scope"),
            format!("libpod-{id}.scope"),
        ] {
            assert_eq!(id_of(&name), Some(&*id));
        }
        for name in ["docker", "system.slice", "ssh.service", &id[1..]] {
            assert_eq!(id_of(name), None, "{name}");
        }
    }
}
