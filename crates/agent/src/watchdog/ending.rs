//! Ends the processes of containers, and no other.

use std::collections::BTreeSet;
use std::fs;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, getpid, kill_process, pidfd_open, pidfd_send_signal};

use super::groups;

/// Ends what runs of these containers. Says which of them ran.
pub(super) fn end(containers: &BTreeSet<String>) -> BTreeSet<String> {
    let mountinfo = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let groups = groups::of(containers, &groups::mounts(&mountinfo));
    let mut ran = BTreeSet::new();
    for group in &groups {
        let processes = group.processes();
        if processes.is_empty() {
            continue;
        }
        let at_once = group.kill();
        // Frozen, they do not fork while they are counted; the signal waits for them to be thawed.
        group.freeze();
        let ended = [processes, group.processes()].concat();
        // Each is asked: the loop must not stop at the first.
        let hit = ended
            .into_iter()
            .filter(|pid| kill(*pid, &group.container))
            .count();
        group.thaw();
        if at_once || hit > 0 {
            ran.insert(group.container.clone());
        }
    }
    ran
}

/// Ends a process if it is one of this container. Once its descriptor is held, its number means no other; then it says
/// whose it is.
fn kill(pid: Pid, container: &str) -> bool {
    match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => is_of(pid, container) && pidfd_send_signal(&process, Signal::KILL).is_ok(),
        // Between the two its number could pass to another, on a kernel that has no better way.
        Err(Errno::NOSYS) => is_of(pid, container) && kill_process(pid, Signal::KILL).is_ok(),
        Err(_) => false,
    }
}

fn is_of(pid: Pid, container: &str) -> bool {
    let groups = fs::read_to_string(format!("/proc/{}/cgroup", pid.as_raw_nonzero()));
    groups.is_ok_and(|groups| groups.contains(container))
}

/// Why processes are not held by descriptors on this machine, if they are not.
pub(crate) fn without_descriptors() -> Option<String> {
    let missing = matches!(pidfd_open(getpid(), PidfdFlags::empty()), Err(Errno::NOSYS));
    missing.then(|| {
        "this kernel has no pidfd_open, so the watchdog ends processes by their number; Linux 5.3 or newer has it".to_owned()
    })
}
