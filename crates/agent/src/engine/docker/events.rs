use std::collections::HashMap;

use bollard::models::{EventMessage, EventMessageTypeEnum};
use bollard::query_parameters::EventsOptions;
use futures_util::StreamExt as _;
use muster_model::observed::Health;
use muster_model::{HostId, WallTime};

use super::{DockerEngine, now};
use crate::engine::{ContainerChange, EngineEvent, Events, Failure, labels};

/// Listens for what changes the pictures the core keeps, and for nothing else: an engine under health checks tells a lot.
pub(super) async fn events(engine: &DockerEngine, host: HostId) -> Result<Events, Failure> {
    // What comes back after an absence may be another version: agree anew.
    engine.forget();
    let client = engine.client().await?;
    let names = [
        "start",
        "died",
        "die",
        "oom",
        "destroy",
        "remove",
        "health_status",
        "load",
        "loadfromarchive",
        "import",
        "pull",
        "tag",
        "untag",
        "delete",
    ];
    let filters = [("type", vec!["container", "image"]), ("event", names.to_vec())];
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    let filters: HashMap<String, Vec<String>> = filters
        .into_iter()
        .map(|(key, words)| (key.to_owned(), owned(words)))
        .collect();
    // The request goes out when the stream is first asked; what happens until then is told too.
    let since = Some((now().0 / 1_000).to_string());
    let options = EventsOptions {
        since,
        filters: Some(filters),
        ..EventsOptions::default()
    };
    let host = host.to_string();
    // The first error ends it: whoever listens then begins again, with a look.
    let heard = client
        .events(Some(options))
        .take_while(|event| std::future::ready(event.is_ok()));
    let ours =
        heard.filter_map(move |event| std::future::ready(event.ok().and_then(|event| read(event, &host))));
    Ok(ours.boxed())
}

fn read(message: EventMessage, host: &str) -> Option<EngineEvent> {
    let actor = message.actor?;
    if message.typ == Some(EventMessageTypeEnum::IMAGE) {
        return Some(EngineEvent::Images);
    }
    let attributes = actor.attributes?;
    let attribute = |key: &str| attributes.get(key).map(String::as_str);
    if attribute(labels::HOST) != Some(host) {
        return None;
    }
    let nanoseconds = message
        .time_nano
        .or(message.time.map(|seconds| seconds.saturating_mul(1_000_000_000)));
    Some(EngineEvent::Container {
        name: attribute("name")?.to_owned(),
        id: actor.id?,
        change: change(
            &message.action?,
            attribute("exitCode").or(attribute("containerExitCode")),
        )?,
        at: WallTime(u64::try_from(nanoseconds.unwrap_or(0)).unwrap_or(0) / 1_000_000),
    })
}

fn change(action: &str, exit_code: Option<&str>) -> Option<ContainerChange> {
    match action {
        "start" => Some(ContainerChange::Started),
        "die" | "died" => Some(ContainerChange::Ended {
            code: exit_code.and_then(|code| code.parse().ok()),
        }),
        "oom" => Some(ContainerChange::OutOfMemory),
        "destroy" | "remove" => Some(ContainerChange::Removed),
        "health_status: healthy" => Some(ContainerChange::Health(Health::Healthy)),
        "health_status: unhealthy" => Some(ContainerChange::Health(Health::Unhealthy)),
        _ => None,
    }
}
