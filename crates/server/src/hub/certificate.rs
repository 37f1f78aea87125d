//! An agent asks for its next certificate, over the link that its present one opened.

use muster_link::{LinkError, MuxStream, REMOVED, StreamFrameWriter};
use muster_model::link::StreamFrame;
use muster_model::{EnvironmentId, HostId};
use muster_trust::{Ca, OsRandom};

use crate::clock;
use crate::shell::chain;

/// Signs the request for this very host, whatever it asks for. The link says who the host is; whether it is still one of
/// ours is asked each time, for a link may outlive that.
pub(super) fn sign(
    ca: &Ca,
    host: HostId,
    place: Option<EnvironmentId>,
    csr_pem: &str,
) -> Result<String, String> {
    let Some(place) = place else {
        return Err(REMOVED.to_owned());
    };
    let (host, place) = (host.to_string(), place.to_string());
    let signed = ca.issue_agent(csr_pem, &host, Some(&place), clock::wall(), &mut OsRandom);
    signed.map_err(|error| chain(&error))
}

/// Gives the certificate, or why there is none.
pub(super) async fn answer(
    host: HostId,
    signed: Result<String, String>,
    stream: MuxStream,
) -> Result<(), LinkError> {
    let frame = match signed {
        Ok(pem) => {
            tracing::info!(target: "audit", %host, "a host's certificate was renewed");
            StreamFrame::Output(pem.into_bytes())
        }
        Err(why) => {
            tracing::warn!(target: "audit", %host, why, "a host's certificate was not renewed");
            StreamFrame::Failed(why)
        }
    };
    let mut writer = StreamFrameWriter::new(stream);
    writer.send(&frame).await?;
    writer.close().await
}
