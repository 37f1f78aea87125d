use std::fmt;
use std::time::Duration;

use muster_trust::Identity;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite, ReadHalf, WriteHalf};

use crate::{FrameReader, FrameWriter, LinkError, Step, StreamMux};

/// Everything the established link needs of what lies under it.
pub trait Pipe: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Pipe for T {}

/// What a server says first, inside the inner TLS. In TLS 1.3 an agent is done before the server has looked
/// at its certificate; with this byte it knows that it was accepted. The number is the link's version.
pub(crate) const GREETING: [u8; 1] = [1];

/// An established, authenticated, encrypted pipe.
pub type LinkIo = Box<dyn Pipe>;

/// The other side of an established link: who it is, by its certificate, and the pipe to it.
pub struct Peer {
    /// The host's id at the server's end, the server's id at the agent's. An agent compares it over its two
    /// connections: a balancer may have sent them to different servers.
    pub id: String,
    /// The environment that an agent's certificate is for; those of older Musters do not say.
    pub environment: Option<String>,
    io: LinkIo,
    end: End,
}

/// Which end of the link this is; the streams' numbers depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It dialled.
    Agent,
    /// It was dialled.
    Server,
}

/// Sends and receives whole messages.
pub type Control<In, Out> = (
    FrameReader<ReadHalf<LinkIo>, In>,
    FrameWriter<WriteHalf<LinkIo>, Out>,
);

impl Peer {
    pub(crate) fn new(identity: Identity, io: LinkIo, end: End) -> Self {
        let Identity { id, environment, .. } = identity;
        Self {
            id,
            environment,
            io,
            end,
        }
    }

    /// The bare pipe, for a peer that says other things than messages: broken ones are played so.
    pub fn into_io(self) -> LinkIo {
        self.io
    }

    /// Uses the link for control messages: `In` comes, `Out` goes.
    pub fn into_control<In: DeserializeOwned, Out: Serialize>(self) -> Control<In, Out> {
        let (read, write) = tokio::io::split(self.io);
        (FrameReader::new(read), FrameWriter::new(write))
    }

    /// Uses the link for streams that begin with a header `H`. Must be called on a tokio runtime, where it
    /// leaves a task running until the returned value is dropped or the link ends.
    pub fn into_streams<H>(self) -> StreamMux<H>
    where
        H: Serialize + DeserializeOwned + Send + 'static,
    {
        StreamMux::new(self.io, self.end)
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Gives a step its time; what the step itself says is passed on.
pub(crate) async fn within<T>(
    limit: Duration,
    peer: &str,
    step: Step,
    work: impl Future<Output = Result<T, LinkError>>,
) -> Result<T, LinkError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(LinkError::Deadline {
            peer: peer.to_owned(),
            step,
            limit,
        }),
    }
}
