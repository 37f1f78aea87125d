//! A place of its own for the watchdog: what ends the agent must not end it.

use std::fs;
use std::path::{Path, PathBuf};

/// Its control group, where it needs one.
const GROUP: &str = "muster-watchdog";

/// Leaves the agent's session, directory and, where a service manager ends everything in it, control group. None of this
/// may fail it: a watchdog at the agent's side is better than none.
pub(super) fn leave_the_agents() {
    // It leads a session already if someone started it by hand.
    let _ = rustix::process::setsid();
    let _ = std::env::set_current_dir("/");
    // Under want of memory it is the last to go, and on a busy machine the first to run.
    let _ = fs::write("/proc/self/oom_score_adj", "-999");
    let _ = rustix::process::setpriority_process(None, -20);
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mountinfo = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    for mount in managed(&own, &mountinfo) {
        if let Err(error) = enter(&mount) {
            tracing::warn!(%error, "it stays in its agent's control group below {}", mount.display());
        }
    }
}

fn enter(mount: &Path) -> std::io::Result<()> {
    let group = mount.join(GROUP);
    match fs::create_dir(&group) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    fs::write(group.join("cgroup.procs"), "0")
}

/// The hierarchies by which service managers end what they started, as far as we are in a group of theirs.
fn managed(own: &str, mountinfo: &str) -> Vec<PathBuf> {
    let inside = |hierarchy: &str| {
        own.lines().any(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            parts.next() == Some(hierarchy) && parts.next().is_some_and(|path| path != "/")
        })
    };
    let mount = |line: &str| {
        let (place, kind) = line.split_once(" - ")?;
        let mut kind = kind.split(' ');
        let (kind, options) = (kind.next()?, kind.nth(1)?);
        let hierarchy = match kind {
            "cgroup2" => "",
            "cgroup" if options.split(',').any(|option| option == "name=systemd") => "name=systemd",
            _ => return None,
        };
        inside(hierarchy).then(|| place.split(' ').nth(4).map(PathBuf::from))?
    };
    mountinfo.lines().filter_map(mount).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_service_managers_group_is_left() {
        let mounts = "31 20 0:27 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n\
                      32 20 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n\
                      33 20 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        let service = "1:name=systemd:/system.slice/muster-agent.service";
        for (own, wanted) in [
            (
                "4:memory:/some/where\n1:name=systemd:/\n0::/\n".to_owned(),
                vec![],
            ),
            (format!("{service}\n0::/\n"), vec!["/sys/fs/cgroup/systemd"]),
            (
                "0::/system.slice/muster-agent.service\n".to_owned(),
                vec!["/sys/fs/cgroup/unified"],
            ),
        ] {
            let wanted: Vec<PathBuf> = wanted.into_iter().map(PathBuf::from).collect();
            assert_eq!(managed(&own, mounts), wanted, "{own}");
        }
    }
}
