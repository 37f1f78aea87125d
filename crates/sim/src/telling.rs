//! Steps in the platform's words.

use muster_model::Revision;
use muster_model::document::Record;
use muster_model::link::{FromAgent, TableDelta, ToAgent};
use muster_model::observed::UnitStatus;
use muster_store::{Commit, StoreError, Write};

use crate::store::Told;

/// A commit and what became of it.
pub fn commit(commit: &Commit, told: &Told, latest: Revision) -> String {
    let request = commit.request.as_ref().map_or("-", |request| request.as_str());
    let mut text = match told {
        Told::Committed(Ok(committed)) if committed.already => {
            format!("{} again: {request}", committed.revision)
        }
        Told::Committed(Ok(committed)) => format!("{}: {request}:", committed.revision),
        Told::Committed(Err(StoreError::Conflict { key, .. })) => {
            format!("refuses {request}: {key} was changed")
        }
        Told::Committed(Err(error)) => format!("at {latest} fails {request}: {error}:"),
        Told::Found(_) => String::new(),
    };
    if !matches!(told, Told::Committed(Err(StoreError::Conflict { .. }))) {
        commit
            .writes
            .iter()
            .for_each(|write| text.push_str(&written(write)));
    }
    text
}

/// A document that is written, with what it says if that is short.
fn written(write: &Write) -> String {
    let Write::Put { key, value, .. } = write else {
        return format!(" -{}", write.key());
    };
    let said = match Record::decode(key.as_str(), value) {
        Ok(Record::HostAssigned(host)) => format!("={:?}", host.presence),
        Ok(Record::Rollout(rollout)) => format!("={}→{} {:?}", rollout.from, rollout.to, rollout.state),
        Ok(Record::ServiceAssigned(service)) => {
            let reasons: Vec<String> = service.reasons.iter().map(ToString::to_string).collect();
            format!("={:?}({})", service.state, reasons.join("; "))
        }
        Ok(Record::Unit(unit)) => format!("={:?} on {}", unit.wish, unit.host),
        Ok(Record::HostObserved(host)) if host.session.silent => "=silent".to_owned(),
        Ok(Record::UnitStatus(status)) => format!("={:?}", status.phase),
        _ => String::new(),
    };
    format!(" {key}{said}")
}

/// An agent's words.
pub fn from_agent(message: &FromAgent) -> String {
    match message {
        FromAgent::Hello(hello) => {
            let have = hello
                .have
                .as_ref()
                .map_or("nothing".to_owned(), |have| format!("revision {}", have.revision));
            format!("hello, has {have}: {}", units(&hello.units))
        }
        FromAgent::Observed { units: changed } => units(changed),
        FromAgent::Facts(facts) => match &facts.engine_error {
            Some(error) => format!("its engine cannot be used: {error}"),
            None => "its engine can be used".to_owned(),
        },
        FromAgent::Applied { revision } => format!("it has revision {revision}"),
        FromAgent::Heartbeat(beat) => format!("heartbeat {}", beat.sequence),
        FromAgent::Resync => "send everything".to_owned(),
        FromAgent::Progress(progress) => format!("pulls {}", progress.image),
        FromAgent::Unknown => "something new".to_owned(),
    }
}

/// A server's words.
pub fn to_agent(message: &ToAgent) -> String {
    match message {
        ToAgent::Welcome(welcome) => format!("welcome, {}", welcome.session),
        ToAgent::Table(delta) => table(delta),
        ToAgent::HeartbeatAck(ack) => format!("heard {}", ack.sequence),
        ToAgent::Refused { message, .. } => format!("no: {message}"),
        ToAgent::Unknown => "something new".to_owned(),
    }
}

fn table(delta: &TableDelta) -> String {
    let mut text = match delta.base {
        Some(base) => format!("table {base} to {}:", delta.revision),
        None => format!("table {}, whole:", delta.revision),
    };
    for unit in &delta.units {
        text.push_str(&format!(
            " {:?} {}.{} ({})",
            unit.wish,
            unit.unit,
            unit.generation,
            unit.title()
        ));
    }
    let gone = delta.units_gone.iter().map(|unit| format!(" -{unit}"));
    let volumes = delta
        .volumes
        .iter()
        .map(|volume| format!(" {}", volume.engine_name));
    let lost = delta.volumes_gone.iter().map(|volume| format!(" -{volume}"));
    text.extend(gone.chain(volumes).chain(lost));
    text
}

fn units(units: &[UnitStatus]) -> String {
    let words = units.iter().map(|status| {
        let message = status
            .message
            .as_ref()
            .map(|message| format!(" ({message})"))
            .unwrap_or_default();
        format!(
            "{}.{} {:?}{message}",
            status.unit, status.generation, status.phase
        )
    });
    words.collect::<Vec<_>>().join(", ")
}
