//! What a unit uses.

use axum::response::Response;
use muster_model::link::{StreamFrame, StreamRequest, StreamTarget};
use muster_model::view::StatsView;

use super::engine_json::Sample;
use super::lines;
use crate::api::app::AgentStream;
use crate::api::call::Call;
use crate::api::error::ApiError;

/// One sample is a few hundred bytes; an agent that sends more without a line break is broken.
const SAMPLE_BYTES_MAX: usize = 64 * 1024;

/// One sample, or one a second.
pub(crate) async fn of_unit(call: Call) -> Result<Response, ApiError> {
    let unit = call.unit()?;
    let target = StreamTarget {
        unit: unit.id,
        sidekick: call.query.read("sidekick")?,
    };
    let request = StreamRequest::Stats {
        target,
        follow: call.query.flag("follow")?,
    };
    let stream = call.app.agents.open(unit.host, request).await;
    let stream = stream.map_err(|error| ApiError::Host {
        message: error.to_string(),
    })?;
    Ok(lines::answer(
        Sampling {
            stream,
            rest: Vec::new(),
            call,
        },
        |sampling| sampling.next(),
    ))
}

struct Sampling {
    stream: AgentStream,
    rest: Vec<u8>,
    call: Call,
}

impl Sampling {
    async fn next(mut self) -> Option<(Vec<u8>, Self)> {
        loop {
            if let Some(sample) = self.sample() {
                let mut text = Vec::new();
                lines::push(&mut text, &sample);
                return Some((text, self));
            }
            let frame = self.stream.receive.recv().await;
            let Some(StreamFrame::Output(bytes)) = frame else {
                // What is left may be a sample without a line break.
                self.rest.push(b'\n');
                let sample = self.sample()?;
                let mut text = Vec::new();
                lines::push(&mut text, &sample);
                return Some((text, self));
            };
            self.rest.extend_from_slice(&bytes);
            if self.rest.len() > SAMPLE_BYTES_MAX || !self.call.still_allowed(&self.call.app.mirror.world()) {
                return None;
            }
        }
    }

    /// Read and written anew: nothing passes from an agent to an asker as it is.
    fn sample(&mut self) -> Option<StatsView> {
        let end = self.rest.iter().position(|byte| *byte == b'\n')?;
        let line: Vec<u8> = self.rest.drain(..=end).collect();
        serde_json::from_slice::<Sample>(&line).ok().map(StatsView::from)
    }
}
