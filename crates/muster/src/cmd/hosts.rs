//! `muster host`: machines.

mod dead;
mod evacuate;

use std::process::ExitCode;

use hyper::Method;
use muster_model::limits::LOSSES_DAMPED;
use muster_model::view::{HostPatch, HostState, HostView, JoinTokenCreate, JoinTokenCreated, LeavingView};

use crate::cli::{Global, HostCommand};
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
        HostCommand::Token { uses, ttl } => {
            let request = JoinTokenCreate {
                uses: Some(uses),
                ttl_seconds: Some(ttl),
            };
            let token: JoinTokenCreated = client
                .send(Method::POST, &client.env("/join-tokens"), &request)
                .await?;
            print::say(format!(
                "Valid until {}. On the machine that is to join, run:",
                token.expires
            ));
            print::data(&format!(
                "muster agent --to {} --token {}\n",
                client.url(),
                token.token
            ))?;
        }
    }
    Ok(ExitCode::SUCCESS)
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
    let mut headings = vec!["HOST", "STATE", "UNITS", "CPUS", "MEMORY", "ENGINE"];
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
