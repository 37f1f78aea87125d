//! Images of a host's engine: listed, and brought in where no registry is.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::response::Response;
use http_body_util::BodyExt as _;
use muster_model::link::{StreamFrame, StreamRequest};
use muster_model::view::{ImageLoadLine, ImageView, Page};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::engine_json::Image;
use super::lines;
use crate::api::app::AgentStream;
use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;

/// A list of thousands of images.
const LIST_BYTES_MAX: usize = 16 * 1024 * 1024;
/// One line of an engine's answer.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Bytes of a tar sent to an agent at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// How often a load is reported on.
const REPORT_EVERY: u64 = 4 * 1024 * 1024;

/// The images that the host's engine has.
pub(crate) async fn list(call: Call) -> Result<Answer<Page<ImageView>>, ApiError> {
    let failed = |message: String| ApiError::Host { message };
    let mut stream = open(&call, StreamRequest::ImageList).await?;
    let mut text = Vec::new();
    while let Some(frame) = stream.receive.recv().await {
        match frame {
            StreamFrame::Output(bytes) if text.len() + bytes.len() <= LIST_BYTES_MAX => {
                text.extend_from_slice(&bytes)
            }
            StreamFrame::Output(_) => {
                return Err(failed(
                    "the host's engine has more images than can be listed".to_owned(),
                ));
            }
            StreamFrame::Failed(why) => return Err(failed(why)),
            StreamFrame::Exit(_) => break,
            _ => {}
        }
    }
    let images: Vec<Image> = serde_json::from_slice(&text).map_err(|_| {
        failed("the host's agent gave no list of images; is it of this server's version?".to_owned())
    })?;
    let mut items: Vec<ImageView> = images.into_iter().map(ImageView::from).collect();
    items.sort_by(|a, b| (&a.tags, &a.id).cmp(&(&b.tags, &b.id)));
    Ok(Answer::of(Page {
        items,
        next: None,
        revision: call.world.revision(),
    }))
}

/// A tar of images goes to the host's engine, piece by piece; how it goes comes back line by line.
pub(crate) async fn load(mut call: Call) -> Result<Response, ApiError> {
    let body = call.take_body();
    let AgentStream { send, receive } = open(&call, StreamRequest::ImageLoad).await?;
    let received = Arc::new(Mutex::new(Upload::default()));
    let mut upload = JoinSet::new();
    upload.spawn(send_tar(body, send, received.clone()));
    let loading = Loading {
        receive,
        received,
        reported: 0,
        rest: Vec::new(),
        loaded: Vec::new(),
        over: false,
        _upload: upload,
    };
    Ok(lines::answer(loading, |loading| loading.next()))
}

async fn open(call: &Call, request: StreamRequest) -> Result<AgentStream, ApiError> {
    let host = call.host()?.id;
    let stream = call.app.agents.open(host, request).await;
    stream.map_err(|error| ApiError::Host {
        message: error.to_string(),
    })
}

/// How far the tar has come.
#[derive(Debug, Default)]
struct Upload {
    bytes: u64,
    broken: bool,
}

/// Sends what comes, as it comes. A tar that breaks off is not ended, so that the engine does not take half of it.
async fn send_tar(mut body: Body, send: mpsc::Sender<StreamFrame>, upload: Arc<Mutex<Upload>>) {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            upload.lock().unwrap_or_else(PoisonError::into_inner).broken = true;
            return;
        };
        let Some(bytes) = frame.data_ref() else { continue };
        for piece in bytes.chunks(PIECE_BYTES) {
            if send.send(StreamFrame::Input(piece.to_vec())).await.is_err() {
                return;
            }
        }
        upload.lock().unwrap_or_else(PoisonError::into_inner).bytes +=
            u64::try_from(bytes.len()).unwrap_or_default();
    }
    let _ = send.send(StreamFrame::Input(Vec::new())).await;
}

struct Loading {
    receive: mpsc::Receiver<StreamFrame>,
    received: Arc<Mutex<Upload>>,
    reported: u64,
    /// Of the engine's answer, the line that has no end yet.
    rest: Vec<u8>,
    loaded: Vec<String>,
    over: bool,
    _upload: JoinSet<()>,
}

impl Loading {
    async fn next(mut self) -> Option<(Vec<u8>, Self)> {
        if self.over {
            return None;
        }
        let mut text = Vec::new();
        let line = loop {
            let tick = tokio::time::sleep(std::time::Duration::from_millis(250));
            let last = tokio::select! {
                frame = self.receive.recv() => self.take(frame),
                () = tick => None,
            };
            match last.or_else(|| self.progress()) {
                Some(line) => break line,
                None => continue,
            }
        };
        self.over = !matches!(line, ImageLoadLine::Received(_));
        lines::push(&mut text, &line);
        Some((text, self))
    }

    /// The last line, if this frame ends it.
    fn take(&mut self, frame: Option<StreamFrame>) -> Option<ImageLoadLine> {
        match frame {
            Some(StreamFrame::Output(bytes)) => self.engine_says(&bytes),
            Some(StreamFrame::Failed(why)) => Some(ImageLoadLine::Error(why)),
            Some(StreamFrame::Exit(0)) => {
                let error = self.engine_says(b"\n");
                error.or_else(|| Some(ImageLoadLine::Loaded(std::mem::take(&mut self.loaded))))
            }
            Some(StreamFrame::Exit(code)) => Some(ImageLoadLine::Error(format!(
                "the engine ended the load with {code}"
            ))),
            Some(_) => None,
            None if self.upload_broken() => Some(ImageLoadLine::Error(
                "the tar broke off; send it again".to_owned(),
            )),
            None => Some(ImageLoadLine::Error(
                "the host's agent broke off; try again".to_owned(),
            )),
        }
    }

    /// Lines such as `Loaded image: muster/whoami:latest`.
    fn engine_says(&mut self, bytes: &[u8]) -> Option<ImageLoadLine> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let named = line.trim().strip_prefix("Loaded image");
            let name = named
                .and_then(|rest| rest.split_once(": "))
                .map(|(_, name)| name.to_owned());
            self.loaded.extend(name);
        }
        let flood = self.rest.len() > ANSWER_BYTES_MAX;
        flood.then(|| ImageLoadLine::Error("the engine's answer makes no sense".to_owned()))
    }

    fn progress(&mut self) -> Option<ImageLoadLine> {
        let bytes = self.received.lock().unwrap_or_else(PoisonError::into_inner).bytes;
        (bytes >= self.reported + REPORT_EVERY).then(|| {
            self.reported = bytes;
            ImageLoadLine::Received(bytes)
        })
    }

    fn upload_broken(&self) -> bool {
        self.received
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .broken
    }
}
