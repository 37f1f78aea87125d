//! Stopping every process of a host at once, and letting them go on.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::{POLL, Seen, all};

/// For signals to reach every thread of a busy host.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// Stops all but the holder, and waits until they stand. What forks meanwhile is caught by looking again.
pub(crate) async fn freeze(holder: u32) -> io::Result<()> {
    let deadline = Instant::now() + STOP_LIMIT;
    loop {
        let moving: Vec<u32> = members(holder)?.into_iter().filter(|pid| !stands(*pid)).collect();
        if moving.is_empty() {
            return Ok(());
        }
        if Instant::now() > deadline {
            let which = format!("processes {moving:?} did not stop");
            return Err(io::Error::new(io::ErrorKind::TimedOut, which));
        }
        send(&moving, Signal::STOP);
        tokio::time::sleep(POLL).await;
    }
}

pub(crate) fn thaw(holder: u32) -> io::Result<()> {
    let members: Vec<u32> = members(holder)?.into_iter().collect();
    send(&members, Signal::CONT);
    Ok(())
}

/// One that has ended meanwhile needs no signal.
fn send(to: &[u32], signal: Signal) {
    for pid in to
        .iter()
        .filter_map(|pid| Pid::from_raw(i32::try_from(*pid).ok()?))
    {
        let _ = kill_process(pid, signal);
    }
}

fn stands(pid: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return true;
    };
    let states = threads
        .flatten()
        .filter_map(|thread| Seen::read_file(&thread.path().join("stat")).ok());
    states
        .into_iter()
        .all(|thread| matches!(thread.state, 'T' | 'Z' | 'X'))
}

/// Every process in the host's process namespace, and all that descend from these: containers have namespaces of
/// their own. The holder itself only waits, and must hear when its owner ends.
fn members(holder: u32) -> io::Result<BTreeSet<u32>> {
    let namespace = fs::read_link(format!("/proc/{holder}/ns/pid"))?;
    let all = all()?;
    let inside =
        |pid: &u32| fs::read_link(format!("/proc/{pid}/ns/pid")).is_ok_and(|seen| seen == *namespace);
    let mut members: BTreeSet<u32> = all.iter().map(|(pid, _)| *pid).filter(inside).collect();
    loop {
        let children = all
            .iter()
            .filter(|(_, seen)| members.contains(&seen.parent))
            .map(|(pid, _)| *pid);
        let grown: BTreeSet<u32> = members.iter().copied().chain(children).collect();
        if grown.len() == members.len() {
            break;
        }
        members = grown;
    }
    members.remove(&holder);
    Ok(members)
}

/// Whether any process of the host is stopped.
pub(crate) fn is_frozen(holder: u32) -> bool {
    let stopped = |pid: u32| {
        let stat = format!("/proc/{pid}/stat");
        Seen::read_file(Path::new(&stat)).is_ok_and(|seen| seen.state == 'T')
    };
    members(holder).is_ok_and(|members| members.into_iter().any(stopped))
}
