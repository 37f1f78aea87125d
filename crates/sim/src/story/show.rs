//! What a story shows, in columns.

use muster_control::World as Stored;
use muster_model::assigned::{Unit, UnitWish};
use muster_model::{HostId, Reason};

use crate::ledger::Deed;
use crate::world::World;

/// The servers, which of them leads, and which hosts say that they are in touch with each.
pub fn servers(world: &World, stored: &Stored) -> Vec<String> {
    let leader = stored.leader().map(|leader| leader.server);
    let servers = world.servers().zip(1..).map(|((id, runs), number)| {
        let hosts = stored.all_hosts().filter(|host| {
            let session = host.observed.map(|observed| &observed.session);
            session.is_some_and(|session| session.server == id && !session.silent)
        });
        let hosts: Vec<String> = hosts.map(|host| host_name(stored, host.id)).collect();
        let runs = if runs { "runs" } else { "does not run" };
        let leads = if leader == Some(id) {
            "was elected last"
        } else {
            ""
        };
        vec![
            format!("s{number}"),
            runs.to_owned(),
            leads.to_owned(),
            hosts.join(", "),
        ]
    });
    columns(servers.collect())
}

/// The hosts, and whether the platform counts on them.
pub fn hosts(stored: &Stored) -> Vec<String> {
    let hosts = stored.all_hosts().map(|host| {
        let presence = format!("{:?}", host.presence()).to_lowercase();
        vec![host_name(stored, host.id), presence]
    });
    columns(hosts.collect())
}

/// The units, and how far their agents said they are.
pub fn units(stored: &Stored) -> Vec<String> {
    let units = stored.units().map(|unit| {
        let status = stored.status(unit.id);
        let current = status.filter(|status| status.generation == unit.generation);
        let phase = current.map_or("not heard of".to_owned(), |status| {
            format!("{:?}", status.phase).to_lowercase()
        });
        let goes = if unit.wish == UnitWish::Remove {
            "to be removed"
        } else {
            ""
        };
        vec![
            title(stored, unit),
            host_name(stored, unit.host),
            phase,
            goes.to_owned(),
        ]
    });
    columns(sorted(units.collect()))
}

/// The services, and what control says of them.
pub fn services(stored: &Stored) -> Vec<String> {
    let mut lines = Vec::new();
    for stack in stored.all_stacks() {
        for service in stored.services_left(stack.id) {
            if let Some(verdict) = stored.verdict(stack.id, &service) {
                let name = format!("{}/{service}", stack.name);
                let state = format!("{:?}, {} wanted", verdict.state, verdict.wanted).to_lowercase();
                let reasons = verdict.reasons.iter().map(Reason::to_string);
                lines.push(vec![name, state, reasons.collect::<Vec<_>>().join("; ")]);
            }
        }
    }
    columns(lines)
}

/// The rollouts, from which revision to which.
pub fn rollouts(stored: &Stored) -> Vec<String> {
    let mut lines = Vec::new();
    for stack in stored.all_stacks() {
        for service in stored.services_left(stack.id) {
            if let Some(rollout) = stored.rollout(stack.id, &service) {
                let name = format!("{}/{service}", stack.name);
                let way = format!("revision {} to {}", rollout.from, rollout.to);
                let reasons: Vec<String> = rollout.reasons.iter().map(Reason::to_string).collect();
                let state = words(&format!("{:?}", rollout.state));
                lines.push(vec![name, way, state, reasons.join("; ")]);
            }
        }
    }
    columns(lines)
}

/// The containers, as the engines have them, whatever the platform thinks.
pub fn containers(world: &World, stored: &Stored) -> Vec<String> {
    let containers = world.ledger().standing().map(|one| {
        let sidekick = one.made.sidekick.iter().map(|name| format!("/{name}"));
        let name = format!(
            "{}/{}{}",
            one.made.stack,
            one.made.service,
            sidekick.collect::<String>()
        );
        let state = if one.running { "runs" } else { "does not run" };
        vec![
            host_name(stored, one.host),
            name,
            one.made.runs.image.to_string(),
            state.to_owned(),
        ]
    });
    columns(sorted(containers.collect()))
}

/// What just became of a container, if that is worth telling.
pub fn deed(world: &World) -> Option<String> {
    let (entry, standing) = world.ledger().last()?;
    let became = match entry.deed {
        Deed::Started => "starts",
        Deed::Made(_) | Deed::Refused => return None,
        _ if standing.is_none() => return None,
        _ => "ends",
    };
    let made = &standing?.made;
    let host = host_name(&world.stored(), entry.host);
    let (service, image) = (format!("{}/{}", made.stack, made.service), &made.runs.image);
    let seconds = entry.at.0 / 1_000;
    let at = format!("{:02}:{:02}", seconds / 60, seconds % 60);
    Some(format!("{at}  {host}  {service} ({image}) {became}"))
}

fn title(stored: &Stored, unit: &Unit) -> String {
    let stack = stored.stack(unit.stack).map(|stack| stack.name.to_string());
    format!("{}/{}-{}", stack.unwrap_or_default(), unit.service, unit.number)
}

fn host_name(stored: &Stored, id: HostId) -> String {
    let wish = stored.host(id).and_then(|host| host.wish);
    wish.map_or_else(|| id.to_string(), |wish| wish.name.to_string())
}

/// `RolledBack` as `rolled back`.
fn words(camel: &str) -> String {
    let mut words = String::new();
    for letter in camel.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

fn sorted(mut lines: Vec<Vec<String>>) -> Vec<Vec<String>> {
    lines.sort();
    lines
}

/// Cells of one column begin below one another.
fn columns(lines: Vec<Vec<String>>) -> Vec<String> {
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let line = |cells: &Vec<String>| {
        let padded = cells.iter().enumerate().map(|(at, cell)| {
            let width = width(at);
            format!("{cell:<width$}")
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    if lines.is_empty() {
        return vec!["none".to_owned()];
    }
    lines.iter().map(line).collect()
}
