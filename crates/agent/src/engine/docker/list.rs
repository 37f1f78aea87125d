use std::collections::HashMap;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{ContainerSummary, ContainerSummaryStateEnum};
use bollard::query_parameters::ListContainersOptions;
use muster_model::observed::Health;
use muster_model::{HostId, WallTime};

use super::errors::translate;
use super::{DockerEngine, LOOK_WITHIN, now};
use crate::engine::{Container, ContainerState, Failure, Owner, labels};

/// How often a list that cannot be read is asked for, and how long after.
const TRIES: u32 = 20;
const AGAIN: Duration = Duration::from_millis(100);

/// All containers that carry our labels with this host.
pub(super) async fn list(engine: &DockerEngine, host: HostId) -> Result<Vec<Container>, Failure> {
    let options = ListContainersOptions {
        all: true,
        filters: Some(HashMap::from([(
            "label".to_owned(),
            vec![format!("{}={host}", labels::HOST)],
        )])),
        ..ListContainersOptions::default()
    };
    let listed = engine
        .within(LOOK_WITHIN, "list containers", ask(engine, options))
        .await?;
    let now = now();
    Ok(listed
        .into_iter()
        .filter_map(|summary| container(summary, now))
        .collect())
}

/// Podman has a state, between the end of a container's process and the cleaning up after it, that the library cannot
/// read, and then not the whole list. It passes.
async fn ask(
    engine: &DockerEngine,
    options: ListContainersOptions,
) -> Result<Vec<ContainerSummary>, Failure> {
    let client = engine.client().await?;
    let mut tries = 1;
    loop {
        match client.list_containers(Some(options.clone())).await {
            Err(Error::JsonDataError { .. }) if tries < TRIES => tries += 1,
            listed => {
                return listed.map_err(|error| translate("list containers", "", error, engine.socket()));
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

fn container(summary: ContainerSummary, now: WallTime) -> Option<Container> {
    let labels = summary.labels.unwrap_or_default();
    let owner = Owner::read(|key| labels.get(key).map(String::as_str))?;
    let name = summary
        .names?
        .into_iter()
        .next()?
        .trim_start_matches('/')
        .to_owned();
    let status = summary.status.unwrap_or_default();
    // A container that carries copies of our labels under another name was made by hand.
    (name == owner.container_name()).then(|| Container {
        id: summary.id.unwrap_or_default(),
        name,
        owner,
        state: state(summary.state, &status, now),
    })
}

/// A list has no exit code, no health and no time but in words such as `Up 2 hours (healthy)`. Asking for each container would tell more,
/// at a price that grows with their number; events tell the rest.
fn state(state: Option<ContainerSummaryStateEnum>, status: &str, now: WallTime) -> ContainerState {
    use ContainerSummaryStateEnum as S;
    match state {
        Some(S::RUNNING | S::RESTARTING) => ContainerState::Running {
            health: health(status),
            since: since(status, now),
        },
        Some(S::PAUSED) => ContainerState::Paused,
        Some(S::EXITED) => ContainerState::Exited {
            code: exit_code(status),
            out_of_memory: false,
        },
        Some(S::DEAD | S::REMOVING) => ContainerState::Dead,
        _ => ContainerState::Created,
    }
}

fn health(status: &str) -> Health {
    if status.contains("(unhealthy)") {
        Health::Unhealthy
    } else if status.contains("(healthy)") {
        Health::Healthy
    } else if status.contains("(health: starting)") || status.contains("(starting)") {
        Health::Starting
    } else {
        Health::None
    }
}

fn exit_code(status: &str) -> Option<i64> {
    let (code, _) = status.strip_prefix("Exited (")?.split_once(')')?;
    code.parse().ok()
}

/// `Up 5 minutes`, `Up About an hour`, `Up Less than a second`: about when that was.
fn since(status: &str, now: WallTime) -> Option<WallTime> {
    let words: Vec<&str> = status.strip_prefix("Up ")?.split_whitespace().collect();
    let (count, unit) = match words.as_slice() {
        ["Less", "than", ..] => (0, "second"),
        ["About", "a" | "an", unit, ..] => (1, *unit),
        [count, unit, ..] => (count.parse().ok()?, *unit),
        _ => return None,
    };
    let seconds = match unit.trim_end_matches('s') {
        "second" => 1,
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        "week" => 7 * 86_400,
        "month" => 30 * 86_400,
        "year" => 365 * 86_400,
        _ => return None,
    };
    let ago = Duration::from_secs(count * seconds);
    Some(WallTime(now.0.saturating_sub(
        u64::try_from(ago.as_millis()).unwrap_or(u64::MAX),
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_lists_are_understood() {
        let now = WallTime(10_000_000_000);
        assert_eq!(
            since("Up 5 minutes (healthy)", now),
            Some(WallTime(now.0 - 300_000))
        );
        assert_eq!(since("Up About an hour", now), Some(WallTime(now.0 - 3_600_000)));
        assert_eq!(since("Up Less than a second", now), Some(now));
        assert_eq!(since("Up 1 second", now), Some(WallTime(now.0 - 1_000)));
        assert_eq!(since("Exited (0) 3 seconds ago", now), None);
        assert_eq!(exit_code("Exited (137) 2 days ago"), Some(137));
        assert_eq!(exit_code("Created"), None);
        assert_eq!(health("Up 2 seconds (health: starting)"), Health::Starting);
        assert_eq!(health("Up 2 seconds (unhealthy)"), Health::Unhealthy);
        assert_eq!(health("Up 2 seconds"), Health::None);
    }
}
