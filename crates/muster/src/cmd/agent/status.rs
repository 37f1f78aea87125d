//! `muster agent status`.

use std::path::Path;
use std::process::ExitCode;

use muster_agent::Standing;
use muster_model::{HostId, WallTime};
use serde::Serialize;

use super::service::Keeper;
use super::supervise::is_running;
use crate::print::{self, Output, Table};

/// How the agent is.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The host that this machine is.
    pub host: Option<HostId>,
    /// Until when servers take its word for it.
    pub certificate_ends: Option<WallTime>,
    /// Who keeps the agent running.
    pub kept_by: String,
    /// The agent's process, if it runs.
    pub pid: Option<u32>,
    /// The server that it is connected to, or tries.
    pub server: Option<String>,
    /// Why it is not connected.
    pub trouble: Option<String>,
    /// Since when it is so.
    pub since: Option<WallTime>,
}

/// Prints it; success if the agent runs and is connected.
pub fn run(data: &Path, output: Output) -> anyhow::Result<ExitCode> {
    let status = look(data)?;
    print::listing(output, &status, |_| table(&status))?;
    Ok(match status.is_well() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Looks.
pub fn look(data: &Path) -> anyhow::Result<Status> {
    let (host, certificate_ends) = muster_agent::membership(data)?.unzip();
    let standing = muster_agent::standing(data).filter(|standing| is_running(standing.pid));
    let Standing {
        pid,
        server,
        trouble,
        since,
    } = match standing {
        Some(standing) => standing,
        None => {
            return Ok(Status {
                host,
                certificate_ends,
                kept_by: Keeper::of(data).to_string(),
                pid: None,
                server: None,
                trouble: Some("the agent does not run".to_owned()),
                since: None,
            });
        }
    };
    Ok(Status {
        host,
        certificate_ends,
        kept_by: Keeper::of(data).to_string(),
        pid: Some(pid),
        server: Some(server),
        trouble,
        since: Some(since),
    })
}

impl Status {
    /// Whether it runs and is connected.
    pub fn is_well(&self) -> bool {
        self.pid.is_some() && self.trouble.is_none()
    }
}

fn table(status: &Status) -> Table {
    let mut table = Table::new(&["FACT", "VALUE"]);
    let mut row = |fact: &str, value: Option<String>| {
        if let Some(value) = value {
            table.row(vec![fact.to_owned(), value]);
        }
    };
    let host = status.host.map(|host| host.to_string());
    row("host", host.or_else(|| Some("has not joined".to_owned())));
    row("kept by", Some(status.kept_by.clone()));
    row("process", status.pid.map(|pid| pid.to_string()));
    row("server", status.server.clone());
    let connection = match &status.trouble {
        None => "connected".to_owned(),
        Some(trouble) => format!("none: {trouble}"),
    };
    row("connection", Some(connection));
    row("since", status.since.map(|since| since.to_string()));
    row(
        "certificate ends",
        status.certificate_ends.map(|ends| ends.to_string()),
    );
    table
}
