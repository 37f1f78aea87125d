//! One control link: words both ways until either side ends it.

use std::time::Duration;

use muster_link::{FrameReader, FrameWriter, LinkError, LinkIo, Peer};
use muster_model::HostId;
use muster_model::link::{FromAgent, ToAgent};
use tokio::io::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::logic::{ConnectionId, Event};

/// A word that takes longer is sent to nobody: the largest table passes a slow line in this time.
const SEND_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn carry(
    connection: ConnectionId,
    host: HostId,
    peer: Peer,
    words: mpsc::Receiver<ToAgent>,
    inbox: &mpsc::Sender<Event>,
) -> Result<(), LinkError> {
    let (reader, writer) = peer.into_control::<FromAgent, ToAgent>();
    if inbox.send(Event::Opened { connection, host }).await.is_err() {
        return Ok(());
    }
    tokio::select! {
        ended = read(connection, reader, inbox) => ended,
        ended = write(writer, words) => ended,
    }
}

async fn read(
    connection: ConnectionId,
    mut reader: FrameReader<ReadHalf<LinkIo>, FromAgent>,
    inbox: &mpsc::Sender<Event>,
) -> Result<(), LinkError> {
    while let Some(message) = reader.next().await? {
        if inbox.send(Event::Message { connection, message }).await.is_err() {
            break;
        }
    }
    Ok(())
}

async fn write(
    mut writer: FrameWriter<WriteHalf<LinkIo>, ToAgent>,
    mut words: mpsc::Receiver<ToAgent>,
) -> Result<(), LinkError> {
    while let Some(message) = words.recv().await {
        if timeout(SEND_WITHIN, writer.send(&message))
            .await
            .unwrap_or(Err(LinkError::Cut))
            .is_err()
        {
            return Err(LinkError::Cut);
        }
    }
    timeout(SEND_WITHIN, writer.close())
        .await
        .unwrap_or(Err(LinkError::Cut))
}
