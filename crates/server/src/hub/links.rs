//! Which links are open.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use muster_link::StreamMux;
use muster_model::HostId;
use muster_model::link::{StreamRequest, ToAgent};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::logic::ConnectionId;

/// Words on their way to one agent. A table is one word, so this is never reached by one that listens.
const WORDS_AHEAD: usize = 256;

#[derive(Default)]
pub(super) struct Links {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    last: u64,
    control: HashMap<ConnectionId, Control>,
    streams: HashMap<HostId, Streams>,
    /// The server stops: what is opened now is over at once.
    stopped: bool,
}

struct Control {
    host: HostId,
    words: mpsc::Sender<ToAgent>,
}

struct Streams {
    number: u64,
    mux: Arc<StreamMux<StreamRequest>>,
    over: CancellationToken,
}

impl Links {
    /// A new control link; its words end when it is forgotten.
    pub(super) fn open(&self, host: HostId) -> (ConnectionId, mpsc::Receiver<ToAgent>) {
        let (words, to_be_sent) = mpsc::channel(WORDS_AHEAD);
        let mut inner = self.lock();
        let connection = ConnectionId(inner.next());
        if !inner.stopped {
            inner.control.insert(connection, Control { host, words });
        }
        (connection, to_be_sent)
    }

    /// False if the agent has fallen too far behind. A link that is over takes everything.
    pub(super) fn send(&self, connection: ConnectionId, message: ToAgent) -> bool {
        let inner = self.lock();
        let Some(control) = inner.control.get(&connection) else {
            return true;
        };
        !matches!(
            control.words.try_send(message),
            Err(mpsc::error::TrySendError::Full(_))
        )
    }

    pub(super) fn forget(&self, connection: ConnectionId) -> Option<HostId> {
        self.lock()
            .control
            .remove(&connection)
            .map(|control| control.host)
    }

    pub(super) fn forget_all(&self) {
        let mut inner = self.lock();
        inner.stopped = true;
        inner.control.clear();
        inner
            .streams
            .drain()
            .for_each(|(_, streams)| streams.over.cancel());
    }

    /// The host's newest second link; the one before is over.
    pub(super) fn set_streams(
        &self,
        host: HostId,
        mux: Arc<StreamMux<StreamRequest>>,
    ) -> (u64, CancellationToken) {
        let over = CancellationToken::new();
        let mut inner = self.lock();
        let number = inner.next();
        if inner.stopped {
            over.cancel();
        } else if let Some(before) = inner.streams.insert(
            host,
            Streams {
                number,
                mux,
                over: over.clone(),
            },
        ) {
            before.over.cancel();
        }
        (number, over)
    }

    /// The host's second link is over, whatever goes through it.
    pub(super) fn end_streams(&self, host: HostId) {
        if let Some(streams) = self.lock().streams.get(&host) {
            streams.over.cancel();
        }
    }

    pub(super) fn drop_streams(&self, host: HostId, number: u64) {
        let mut inner = self.lock();
        if inner
            .streams
            .get(&host)
            .is_some_and(|streams| streams.number == number)
        {
            inner.streams.remove(&host);
        }
    }

    pub(super) fn streams(&self, host: HostId) -> Option<Arc<StreamMux<StreamRequest>>> {
        self.lock().streams.get(&host).map(|streams| streams.mux.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Each change is one call on a map: a panic elsewhere leaves nothing half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}
