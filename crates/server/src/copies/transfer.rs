//! One image from one host to another, a few pieces at a time.

use std::time::Duration;

use muster_model::link::{ImageSize, StreamFrame, StreamRequest};

use super::plan::{Job, Source};
use crate::api::{AgentStream, Agents};

/// Neither side may be silent for longer: an engine that packs or unpacks a large layer says nothing meanwhile.
const SILENCE: Duration = Duration::from_secs(120);

/// Says how many bytes went, or why it was not done. Neither side is sent more than it takes.
pub(super) async fn transfer(agents: &dyn Agents, job: &Job, source: &Source) -> Result<u64, String> {
    let image = job.image.clone();
    let from = agents.open(source.host, StreamRequest::ImageSave { image }).await;
    let mut from = from.map_err(|error| error.to_string())?;
    let size = size(&mut from).await?;
    let request = StreamRequest::ImageCopy {
        image: job.image.clone(),
        from: source.name.to_string(),
        bytes: size.bytes,
    };
    let to = agents.open(job.to, request).await;
    let mut to = to.map_err(|error| error.to_string())?;
    let bytes = carry(&mut from, &mut to).await?;
    taken(&mut to).await?;
    Ok(bytes)
}

async fn size(from: &mut AgentStream) -> Result<ImageSize, String> {
    match heard(from).await? {
        Some(StreamFrame::Output(text)) => {
            serde_json::from_slice(&text).map_err(|error| format!("its agent gave no size: {error}"))
        }
        Some(StreamFrame::Failed(why)) => Err(why),
        _ => Err("its agent gives no images; is it of this server's version?".to_owned()),
    }
}

/// A tar that breaks off is not ended, so that the engine does not take half of it.
async fn carry(from: &mut AgentStream, to: &mut AgentStream) -> Result<u64, String> {
    let mut bytes = 0_u64;
    loop {
        let frame = tokio::select! {
            frame = heard(from) => frame?,
            refused = refusal(to) => return Err(refused),
        };
        match frame {
            Some(StreamFrame::Output(piece)) if piece.is_empty() => {}
            Some(StreamFrame::Output(piece)) => {
                bytes = bytes.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                say(to, StreamFrame::Input(piece)).await?;
            }
            Some(StreamFrame::Exit(0)) => {
                say(to, StreamFrame::Input(Vec::new())).await?;
                return Ok(bytes);
            }
            Some(StreamFrame::Failed(why)) => return Err(why),
            _ => return Err("it broke off".to_owned()),
        }
    }
}

async fn say(to: &AgentStream, frame: StreamFrame) -> Result<(), String> {
    match tokio::time::timeout(SILENCE, to.send.send(frame)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err("the host that lacks it broke off".to_owned()),
        Err(_) => Err("the host that lacks it took nothing for too long".to_owned()),
    }
}

async fn heard(from: &mut AgentStream) -> Result<Option<StreamFrame>, String> {
    tokio::time::timeout(SILENCE, from.receive.recv())
        .await
        .map_err(|_| "it said nothing for too long".to_owned())
}

/// Why the host that is to have it does not take it, once it says so. What its engine tells on the way is passed over.
async fn refusal(to: &mut AgentStream) -> String {
    loop {
        match to.receive.recv().await {
            Some(StreamFrame::Failed(why)) => return why,
            Some(StreamFrame::Output(_)) => {}
            _ => return "the host that lacks it broke off".to_owned(),
        }
    }
}

async fn taken(to: &mut AgentStream) -> Result<(), String> {
    loop {
        match heard(to).await? {
            Some(StreamFrame::Exit(0)) => return Ok(()),
            Some(StreamFrame::Output(_)) => {}
            Some(StreamFrame::Failed(why)) => return Err(why),
            _ => return Err("the host that lacks it broke off".to_owned()),
        }
    }
}
