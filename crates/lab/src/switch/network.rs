//! Running the machine's own tools in a network namespace.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::INTERFACE;
use crate::process::{POLL, search_path};
use crate::{Error, Host, Result};

/// For the kernel to say that a new cable carries frames.
const CARRIER_LIMIT: Duration = Duration::from_secs(5);

pub(super) fn in_host(host: &Host, words: &[&str]) -> Result<String> {
    in_network(host.name(), host.pid(), "ip", words)
}

/// An interface that is up does not carry frames at once; on a busy machine the first ones would be lost.
pub(super) fn await_carrier(host: &Host) -> Result<()> {
    let deadline = Instant::now() + CARRIER_LIMIT;
    while !in_host(host, &["-o", "link", "show", INTERFACE])?.contains("state UP") {
        if Instant::now() > deadline {
            return Err(Error::Run {
                host: host.name().to_owned(),
                what: "a cable".to_owned(),
                source: io::Error::new(io::ErrorKind::TimedOut, "it does not carry frames"),
            });
        }
        std::thread::sleep(POLL);
    }
    Ok(())
}

/// Runs a program of the machine in the network of a holder, and in nothing else of it: other holders are seen by the
/// numbers that the machine gives them. Answers what it printed.
pub(super) fn in_network(host: &str, holder: u32, program: &str, words: &[&str]) -> Result<String> {
    let failed = |source| Error::Run {
        host: host.to_owned(),
        what: format!("{program} {}", words.join(" ")),
        source,
    };
    let output = Command::new("nsenter")
        .arg(format!("--net=/proc/{holder}/ns/net"))
        .args(["--", program])
        .args(words)
        .env("PATH", search_path())
        .stdin(Stdio::null())
        .output()
        .map_err(failed)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(failed(io::Error::other(said)))
}
