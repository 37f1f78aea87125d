//! What hosts and containers used of late, asked of the hosts' agents.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use muster_control::{Versioned, World};
use muster_model::HostId;
use muster_model::assigned::{Unit, UnitWish};
use muster_model::link::{Metrics, StreamFrame, StreamRequest};
use muster_model::view::{ContainerMetricsView, HostMetricsView, MetricsView};

use crate::api::app::App;
use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::show;

/// An hour of some hundred containers.
const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;
/// An agent reads it from its memory.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// What the host used.
pub(crate) async fn of_host(call: Call) -> Result<Answer<HostMetricsView>, ApiError> {
    let host = call.host()?;
    let name = host.wish.map(|wish| wish.name.clone());
    let name = name.ok_or_else(|| ApiError::not_found("host", call.path.get("host")))?;
    let facts = host.observed.map(|observed| observed.facts.clone());
    let facts = facts.unwrap_or_default();
    let metrics = ask(&call.app, host.id, Vec::new()).await;
    let metrics = metrics.map_err(|message| ApiError::Host { message })?;
    Ok(Answer::of(HostMetricsView {
        host: name,
        cpus: facts.cpus,
        memory: facts.memory,
        samples: metrics.host,
    }))
}

/// What the stack's containers used, or one service's.
pub(crate) async fn of_stack(call: Call) -> Result<Answer<MetricsView>, ApiError> {
    let (stack, service) = (call.stack()?.id, call.query.get("service"));
    let units = call.world.units_in(stack);
    let wanted = units
        .filter(|unit| unit.wish == UnitWish::Run)
        .filter(|unit| service.is_none_or(|service| unit.service.as_str() == service));
    let mut hosts: BTreeMap<HostId, Vec<(String, ContainerMetricsView)>> = BTreeMap::new();
    for unit in wanted {
        let containers = containers(&call.world, unit);
        hosts.entry(unit.host).or_default().extend(containers);
    }
    let asked = hosts.into_iter().map(|(host, containers)| {
        let ids = containers.iter().map(|(id, _)| id.clone()).collect();
        let app = call.app.clone();
        async move { (host, containers, ask(&app, host, ids).await) }
    });
    let mut view = MetricsView {
        containers: Vec::new(),
        silent: Vec::new(),
    };
    for (host, containers, answer) in join_all(asked).await {
        match answer {
            Ok(mut metrics) => view.containers.extend(containers.into_iter().map(|(id, view)| {
                let samples = metrics.containers.remove(&id).unwrap_or_default();
                ContainerMetricsView { samples, ..view }
            })),
            Err(why) => {
                let name = show::host_name(&call.world, host);
                let name = name.map_or_else(|| host.to_string(), |name| name.to_string());
                view.silent.push(format!("{name}: {why}"));
            }
        }
    }
    view.containers.sort_by(|a, b| {
        let key = |view: &ContainerMetricsView| (view.service.clone(), view.number, view.sidekick.clone());
        key(a).cmp(&key(b))
    });
    Ok(Answer::of(view))
}

/// The unit's containers that run, by the engine's ids.
fn containers(world: &World, unit: &Versioned<Unit>) -> Vec<(String, ContainerMetricsView)> {
    let status = world.status(unit.id);
    let running = status.into_iter().flat_map(|status| &status.containers);
    running
        .filter(|container| container.running)
        .filter_map(|container| {
            let view = ContainerMetricsView {
                service: unit.service.clone(),
                number: unit.number,
                sidekick: container.sidekick.clone(),
                host: show::host_name(world, unit.host)?,
                samples: Vec::new(),
            };
            Some((container.engine_id.clone()?, view))
        })
        .collect()
}

/// Asks one agent. Read and written anew: nothing passes from an agent to an asker as it is.
async fn ask(app: &App, host: HostId, containers: Vec<String>) -> Result<Metrics, String> {
    let answer = tokio::time::timeout(ANSWERS_WITHIN, async {
        let stream = app.agents.open(host, StreamRequest::Metrics { containers }).await;
        let mut stream = stream.map_err(|error| error.to_string())?;
        let mut text = Vec::new();
        loop {
            match stream.receive.recv().await {
                Some(StreamFrame::Output(bytes)) if text.len() + bytes.len() <= ANSWER_BYTES_MAX => {
                    text.extend_from_slice(&bytes);
                }
                Some(StreamFrame::Exit(0)) => return Ok(text),
                Some(StreamFrame::Failed(why)) => return Err(why),
                _ => {
                    return Err(
                        "the host's agent tells no metrics; is it of this server's version?".to_owned(),
                    );
                }
            }
        }
    });
    let text = answer
        .await
        .map_err(|_| "the host's agent did not answer in time; try again".to_owned())??;
    serde_json::from_slice(&text).map_err(|_| "the host's agent told no metrics that make sense".to_owned())
}
