use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::compat::{Compat, FuturesAsyncReadCompatExt as _, TokioAsyncReadCompatExt as _};
use yamux::{Config, Connection, ConnectionError, Mode};

use crate::peer::{End, LinkIo, within};
use crate::{LinkError, STEP_DEADLINE, Step, frame, raw_frame};

/// Streams that this end may have open at one time on one link.
const STREAMS_MAX: usize = 256;
/// Where yamux ends the whole connection. Far above ours: a stream we closed counts until the other side has
/// let go of it too.
const YAMUX_STREAMS_MAX: usize = 4 * STREAMS_MAX;
/// What a stream may have under way unread before its sender must wait: yamux's own least.
const STREAM_WINDOW_BYTES: usize = 256 * 1024;
/// All windows together: the least that yamux allows, and room for busy streams on long lines to grow.
const CONNECTION_WINDOW_BYTES: usize = YAMUX_STREAMS_MAX * STREAM_WINDOW_BYTES + 64 * 1024 * 1024;
/// A header names a container and a command.
const HEADER_BYTES_MAX: usize = 64 * 1024;
/// Streams with their header read that nobody has accepted yet.
const ACCEPT_BACKLOG: usize = 32;

/// Many streams over one link, each with credit of its own: a reader that stops stops its own stream's sender
/// only.
///
/// Both ends may open; on Muster's links the server does. Each stream begins with a header `H`, then carries
/// whatever the two agreed on. Dropping it ends all streams.
pub struct StreamMux<H> {
    open: mpsc::Sender<OpenRequest>,
    permits: Arc<Semaphore>,
    incoming: Mutex<mpsc::Receiver<(H, MuxStream)>>,
    /// Ends the driver with this value.
    _driver: JoinSet<()>,
}

impl<H: Serialize + DeserializeOwned + Send + 'static> StreamMux<H> {
    pub(crate) fn new(io: LinkIo, end: End) -> Self {
        let (open, open_requests) = mpsc::channel(ACCEPT_BACKLOG);
        let (accepted, incoming) = mpsc::channel(ACCEPT_BACKLOG);
        let mode = match end {
            End::Agent => Mode::Client,
            End::Server => Mode::Server,
        };
        let connection = Connection::new(io.compat(), config(), mode);
        let driver = Driver {
            connection,
            open_requests,
            waiting: None,
            accepted,
            headers: JoinSet::new(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(driver.run());
        Self {
            open,
            permits: Arc::new(Semaphore::new(STREAMS_MAX)),
            incoming: incoming.into(),
            _driver: tasks,
        }
    }

    /// Opens a stream and sends its header. At most 256 of them exist at a time; one more is refused.
    pub async fn open(&self, header: &H) -> Result<MuxStream, LinkError> {
        let permit = self.permits.clone().try_acquire_owned();
        let permit = permit.map_err(|_| LinkError::TooManyStreams { limit: STREAMS_MAX })?;
        let header = frame::encode(header, HEADER_BYTES_MAX)?;
        let (answer, opened) = oneshot::channel();
        self.open.send(answer).await.map_err(|_| LinkError::Mux(None))?;
        let mut stream = opened.await.map_err(|_| LinkError::Mux(None))??;
        stream._permit = Some(permit);
        stream.write_all(&header).await.map_err(LinkError::Write)?;
        stream.flush().await.map_err(LinkError::Write)?;
        Ok(stream)
    }

    /// The next stream that the other side opened, with its header; `None` when the link is over. A stream
    /// whose header is late or makes no sense is reset and not seen here. Cancel-safe.
    pub async fn accept(&self) -> Option<(H, MuxStream)> {
        self.incoming.lock().await.recv().await
    }
}

impl<H> fmt::Debug for StreamMux<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamMux").finish_non_exhaustive()
    }
}

/// Owns the connection and is the only one to poll it; streams talk to it through yamux's own channels.
struct Driver<H> {
    connection: Connection<Compat<LinkIo>>,
    open_requests: mpsc::Receiver<OpenRequest>,
    waiting: Option<OpenRequest>,
    accepted: mpsc::Sender<(H, MuxStream)>,
    /// One task per incoming stream whose header is awaited: a slow one holds up nobody.
    headers: JoinSet<()>,
}

type OpenRequest = oneshot::Sender<Result<MuxStream, LinkError>>;

impl<H: DeserializeOwned + Send + 'static> Driver<H> {
    async fn run(mut self) {
        if let Err(error) = poll_fn(|cx| self.poll(cx)).await {
            tracing::debug!(%error, "the connection for streams failed");
        }
    }

    /// Ready when the connection is over or nobody can ask for streams any more.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        loop {
            while let Poll::Ready(Some(_)) = self.headers.poll_join_next(cx) {}
            let incoming = match self.connection.poll_next_inbound(cx) {
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Ready(Some(stream)) => {
                    self.read_header(MuxStream::new(stream?));
                    true
                }
                Poll::Pending => false,
            };
            let outgoing = match self.poll_open(cx) {
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                opened => opened.is_ready(),
            };
            if !incoming && !outgoing {
                return Poll::Pending;
            }
        }
    }

    /// Answers one request for a new stream; `None` if none will ever come.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<Option<()>> {
        if self.waiting.is_none() {
            match ready!(self.open_requests.poll_recv(cx)) {
                None => return Poll::Ready(None),
                request => self.waiting = request,
            }
        }
        let opened = ready!(self.connection.poll_new_outbound(cx));
        if let Some(request) = self.waiting.take() {
            let opened = opened
                .map(MuxStream::new)
                .map_err(|e| LinkError::Mux(Some(e.into())));
            // Whoever asked may have given up; the stream is then reset by being dropped.
            let _ = request.send(opened);
        }
        Poll::Ready(Some(()))
    }

    fn read_header(&mut self, mut stream: MuxStream) {
        let accepted = self.accepted.clone();
        self.headers.spawn(async move {
            let header = async { frame::decode(&raw_frame::read_one(&mut stream, HEADER_BYTES_MAX).await?) };
            match within(STEP_DEADLINE, "a new stream", Step::StreamHeader, header).await {
                // The mux may have been dropped meanwhile; then so is the stream.
                Ok(header) => drop(accepted.send((header, stream)).await),
                Err(error) => tracing::warn!(%error, "a stream without a usable header was reset"),
            }
        });
    }
}

fn config() -> Config {
    let mut config = Config::default();
    config.set_max_num_streams(YAMUX_STREAMS_MAX);
    config.set_max_connection_receive_window(Some(CONNECTION_WINDOW_BYTES));
    config
}

/// One stream of a [`StreamMux`]. `shutdown` ends the writing half, the other side then reads the end;
/// dropping it resets both.
///
/// Reading tells an orderly end (0 bytes) from a cut one (`ConnectionReset`) as long as this side has not
/// shut down its own half; after that a cut looks like the end, so what must arrive whole carries its own end
/// mark.
#[derive(Debug)]
pub struct MuxStream {
    inner: Compat<yamux::Stream>,
    shut: bool,
    /// Of those opened here.
    _permit: Option<OwnedSemaphorePermit>,
}

impl MuxStream {
    fn new(stream: yamux::Stream) -> Self {
        Self {
            inner: stream.compat(),
            shut: false,
            _permit: None,
        }
    }
}

impl AsyncRead for MuxStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (into.filled().len(), into.remaining());
        ready!(Pin::new(&mut self.inner).poll_read(cx, into))?;
        let ended = room > 0 && into.filled().len() == before;
        // A stream that both ended is closed too, but we did not end ours.
        let cut = ended && !self.shut && self.inner.get_ref().is_closed();
        Poll::Ready(if cut {
            Err(io::ErrorKind::ConnectionReset.into())
        } else {
            Ok(())
        })
    }
}

impl AsyncWrite for MuxStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut = true;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
