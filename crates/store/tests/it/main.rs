//! Both stores against every promise, and the SQLite store against a hostile world.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed test ends by a panic")]

mod comparison;
mod conformance;
mod crash;
mod damage;
mod disk_full;
mod opening;
mod write_error;

use std::process::{Command, Stdio};

use muster_store::{Key, Range, Snapshot, Store};

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

async fn read_all(store: &dyn Store) -> Snapshot {
    store.read(Range::All).await.unwrap()
}

/// A command that runs one ignored test of this binary in a process of its own, with its talk on a pipe.
fn this_binary(test: &str, wrapper: &[&str]) -> Command {
    let binary = std::env::current_exe().unwrap();
    let mut command = match wrapper {
        [] => Command::new(&binary),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(&binary);
            command
        }
    };
    command
        .args(["--exact", test, "--ignored", "--nocapture"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}
