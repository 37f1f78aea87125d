use bollard::query_parameters::StatsOptions;
use futures_util::StreamExt as _;
use muster_model::link::StreamFrame;

use super::{Outgoing, StreamError};
use crate::engine::Failure;
use crate::engine::docker::DockerEngine;

/// The engine's samples of a container's resource use, each one JSON object on a line.
pub(super) async fn stats(
    engine: &DockerEngine,
    name: &str,
    follow: bool,
    outgoing: &mut Outgoing,
) -> Result<(), StreamError> {
    let options = StatsOptions {
        stream: follow,
        one_shot: false,
    };
    let mut samples = engine.client().await?.stats(name, Some(options)).boxed();
    while let Some(sample) = samples.next().await {
        let mut line = serde_json::to_vec(&sample?).map_err(|error| Failure::Refused {
            verb: "tell its resource use".to_owned(),
            detail: error.to_string(),
        })?;
        line.push(b'\n');
        outgoing.send(&StreamFrame::Output(line)).await?;
    }
    Ok(())
}
