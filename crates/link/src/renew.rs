use muster_model::link::{StreamFrame, StreamRequest};
use muster_trust::{AgentRequest, Fingerprint, read_certificates};

use crate::join::check;
use crate::peer::within;
use crate::{JoinReply, Joined, LinkError, STEP_DEADLINE, Step, StreamFrameReader, StreamMux};

/// Gets a host's next certificate, over a new key, from the server at the other end of its streams. The old one goes
/// on being good until it ends; nothing is lost if the answer is.
///
/// A server that knows nothing of this ends the stream and nothing else.
pub async fn renew(
    streams: &StreamMux<StreamRequest>,
    host: &str,
    ca_pem: &str,
) -> Result<Joined, LinkError> {
    let request = AgentRequest::generate().map_err(LinkError::Trust)?;
    let ca = read_certificates(ca_pem)
        .map_err(LinkError::Trust)?
        .swap_remove(0);
    let asked = ask(streams, request.csr_pem.clone());
    let reply = JoinReply {
        host: host.to_owned(),
        certificate_pem: within(STEP_DEADLINE, "the server", Step::Request, asked).await?,
        ca_pem: ca_pem.to_owned(),
        ..JoinReply::default()
    };
    check(reply, request.key, Fingerprint::of(&ca)).map_err(|why| LinkError::NotRenewed {
        why: format!("its answer does not fit: {why}; bring both to one version"),
    })
}

/// What a server says to a host that is none any more.
pub const REMOVED: &str = "this host was removed from the platform; join it again with a new token";

async fn ask(streams: &StreamMux<StreamRequest>, csr_pem: String) -> Result<String, LinkError> {
    let refused = |why: &str| LinkError::NotRenewed { why: why.to_owned() };
    let stream = streams.open(&StreamRequest::Certificate { csr_pem }).await?;
    let frame = StreamFrameReader::new(stream).next().await;
    match frame {
        Ok(Some(StreamFrame::Output(pem))) => {
            String::from_utf8(pem).map_err(|_| refused("its answer is no text; bring both to one version"))
        }
        Ok(Some(StreamFrame::Failed(why))) if why == REMOVED => Err(LinkError::Removed),
        Ok(Some(StreamFrame::Failed(why))) => Err(refused(&why)),
        _ => Err(refused(
            "it ended the question without an answer; if it is older than this agent, upgrade it",
        )),
    }
}
