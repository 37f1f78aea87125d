//! `muster host`: machines.

mod dead;
mod evacuate;

use std::process::ExitCode;

use anyhow::Context as _;
use hyper::Method;
use muster_model::limits::LOSSES_DAMPED;
use muster_model::view::{HostPatch, HostState, HostView, LeavingView};

use super::{host_tokens, stats};
use crate::cli::{Global, HostCommand, TokenCommand};
use crate::client::{Client, segment};
use crate::print::{self, Paint, Table};

/// Does what was asked.
pub async fn run(command: HostCommand, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    let one = |host: &str| client.env(&format!("/hosts/{}", segment(host)));
    match command {
        HostCommand::Ls => {
            let hosts: Vec<HostView> = client.all(&client.env("/hosts")).await?;
            print::listing(global.output, &hosts, |wide| table(&hosts, wide))?;
            tell_brake(&hosts);
        }
        HostCommand::Show { host } => {
            let host: HostView = client.get(&one(&host)).await?;
            print::listing(global.output, &host, |_| facts(&host))?;
        }
        HostCommand::Stats { host } => stats::host(&client, &host, global).await?,
        HostCommand::Cordon { host } => cordon(&client, &one(&host), true).await?,
        HostCommand::Uncordon { host } => cordon(&client, &one(&host), false).await?,
        HostCommand::Evacuate {
            host,
            deadline,
            detach,
        } => return evacuate::run(&client, &one(&host), deadline, detach).await,
        HostCommand::Rm {
            host,
            discard_data,
            yes,
        } => return dead::remove(&client, &one(&host), discard_data, yes).await,
        HostCommand::ConfirmDead { host, yes } => return dead::confirm(&client, &one(&host), yes).await,
        HostCommand::Label { host, changes } => label(&client, &one(&host), &changes).await?,
        HostCommand::Token { command, create } => {
            let command = command.unwrap_or(TokenCommand::Create(create));
            host_tokens::run(&client, command, global).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn label(client: &Client, path: &str, changes: &[String]) -> anyhow::Result<()> {
    let patch = HostPatch {
        labels: Some(changes.iter().map(change).collect::<anyhow::Result<_>>()?),
        ..HostPatch::default()
    };
    let host: HostView = client.send(Method::PATCH, path, &patch).await?;
    let labels: Vec<String> = host.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    print::say(format!("{}: {}", host.name, labels.join(", ")));
    Ok(())
}

/// `key=value` or `key-`.
fn change(word: &String) -> anyhow::Result<(String, Option<String>)> {
    let set = word.split_once('=');
    let set = set.map(|(key, value)| (key.to_owned(), Some(value.to_owned())));
    let removed = || word.strip_suffix('-').map(|key| (key.to_owned(), None));
    set.or_else(removed)
        .with_context(|| format!("`{word}` changes no label; `key=value` sets one, `key-` removes it"))
}

async fn cordon(client: &Client, path: &str, cordoned: bool) -> anyhow::Result<()> {
    let patch = HostPatch {
        cordoned: Some(cordoned),
        ..HostPatch::default()
    };
    let host: HostView = client.send(Method::PATCH, path, &patch).await?;
    let now = if cordoned {
        "takes nothing new; what runs there goes on"
    } else {
        "takes units again"
    };
    print::say(format!("{} {now}.", host.name));
    Ok(())
}

/// The alarm that nothing is moved although hosts are silent.
fn tell_brake(hosts: &[HostView]) {
    let braked: Vec<&str> = hosts
        .iter()
        .filter(|host| host.braked)
        .map(|host| host.name.as_str())
        .collect();
    if !braked.is_empty() {
        let (names, all) = (braked.join(", "), hosts.len());
        print::say(Paint::for_stderr().red(&format!(
            "{} of {all} hosts fell silent together ({names}): nothing of theirs is moved until they return. If they are gone for \
             good, go on without them with `muster environment release-brake`.",
            braked.len()
        )));
    }
}

fn table(hosts: &[HostView], wide: bool) -> Table {
    let mut headings = vec!["HOST", "STATE", "ADDRESS", "UNITS", "CPUS", "MEMORY", "ENGINE"];
    if wide {
        headings.extend(["OS", "KERNEL", "AGENT", "ADDRESSES", "ID", "LABELS"]);
    }
    let mut table = Table::new(&headings);
    let paint = Paint::for_stdout();
    for host in hosts {
        let facts = host.facts.clone().unwrap_or_default();
        let addresses: Vec<String> = facts.addresses.iter().map(ToString::to_string).collect();
        let labels: Vec<String> = host.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        table.row(vec![
            host.name.to_string(),
            state(host.state, paint),
            facts.address.map(|ip| ip.to_string()).unwrap_or_default(),
            format!("{}/{}", host.running, host.units),
            facts.cpus.to_string(),
            gigabytes(facts.memory),
            facts
                .engine_error
                .clone()
                .map_or(facts.engine.clone(), |error| paint.red(&error)),
            facts.os,
            facts.kernel,
            facts.agent,
            addresses.join(", "),
            host.id.to_string(),
            labels.join(", "),
        ]);
    }
    table
}

fn facts(host: &HostView) -> Table {
    let mut table = Table::new(&["FACT", "VALUE"]);
    let facts = host.facts.clone().unwrap_or_default();
    let mut row = |fact: &str, value: String| table.row(vec![fact.to_owned(), value]);
    row("name", host.name.to_string());
    row("id", host.id.to_string());
    row("state", state(host.state, Paint::for_stdout()));
    row("units", format!("{} running of {}", host.running, host.units));
    if let Some(address) = facts.address {
        row("address", address.to_string());
    }
    row("cpus", facts.cpus.to_string());
    row("memory", gigabytes(facts.memory));
    row("os", facts.os);
    row("kernel", facts.kernel);
    row("architecture", facts.architecture);
    row(
        "engine",
        facts
            .engine_error
            .map_or(facts.engine, |error| format!("cannot be used: {error}")),
    );
    row("engine api", facts.engine_api);
    row(
        "live restore",
        if facts.live_restore {
            "on"
        } else {
            "off: an engine restart stops containers"
        }
        .to_owned(),
    );
    row("agent", facts.agent);
    for warning in &facts.warnings {
        row("warning", warning.clone());
    }
    if let Some(ends) = facts.certificate_ends {
        row("certificate ends", ends.to_string());
    }
    if host.braked {
        row(
            "brake",
            "it fell silent together with most hosts; nothing of theirs is moved".to_owned(),
        );
    }
    if host.losses > 0 {
        let preferred = if host.losses >= LOSSES_DAMPED {
            "; units go there only if no other host fits, until it has been calm for long enough"
        } else {
            ""
        };
        row("lost of late", format!("{} times{preferred}", host.losses));
    }
    if let Some(death) = &host.confirmed_dead {
        let by = death.by.as_ref().map_or("somebody", |by| by.as_str());
        row("said to be dead", format!("by {by}, {}", death.at));
    }
    for (fact, value) in evacuation(host) {
        row(fact, value);
    }
    for finding in &facts.findings {
        let level = if finding.failing { "failing" } else { "warning" };
        row(
            level,
            format!("{}: {}. {}", finding.check, finding.found, finding.mend),
        );
    }
    row("joined", host.joined.to_string());
    for (key, value) in &host.labels {
        row("label", format!("{key}={value}"));
    }
    table
}

/// Since and until when it is being evacuated, and what is still there.
fn evacuation(host: &HostView) -> Vec<(&'static str, String)> {
    let Some(evacuation) = &host.evacuation else {
        return Vec::new();
    };
    let mut rows = vec![("evacuating since", evacuation.since.to_string())];
    if let Some(deadline) = evacuation.deadline {
        let over = crate::context::wall_now() > deadline;
        let note = if over { " (has passed; it goes on)" } else { "" };
        rows.push(("to be done by", format!("{deadline}{note}")));
    }
    let moving = evacuation.moving().map(|unit| ("on its way", unit.unit.clone()));
    rows.extend(moving);
    let stays = |unit: &LeavingView| Some(("stays", format!("{}: {}", unit.unit, unit.why.as_ref()?)));
    rows.extend(evacuation.units.iter().filter_map(stays));
    rows
}

fn state(state: HostState, paint: Paint) -> String {
    match state {
        HostState::Registering => paint.yellow("registering"),
        HostState::Active => paint.green("active"),
        HostState::Inactive => paint.yellow("inactive (cordoned)"),
        HostState::Evacuating => paint.yellow("evacuating"),
        HostState::Suspect => paint.yellow("suspect"),
        HostState::Lost => paint.red("lost"),
    }
}

fn gigabytes(bytes: u64) -> String {
    let tenths = bytes / 107_374_182;
    format!("{}.{} GiB", tenths / 10, tenths % 10)
}
