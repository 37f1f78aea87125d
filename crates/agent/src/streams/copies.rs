use std::io;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::mpsc;

use super::{Incoming, Outgoing, StreamError, images};
use crate::engine::docker::DockerEngine;
use crate::logic::Input;

/// A unit's state is told anew at steps of so many percent; where the size is not known, so many megabytes.
const STEP: u64 = 10;

/// An image on its way from another host. The units that wait for it hear of it, and of its end however it comes.
pub(super) struct Copy {
    image: String,
    from: String,
    bytes: u64,
    here: u64,
    told: Option<u64>,
    inputs: mpsc::Sender<Input>,
}

impl Copy {
    pub(super) fn new(image: String, from: String, bytes: u64, inputs: mpsc::Sender<Input>) -> Self {
        Self {
            image,
            from,
            bytes,
            here: 0,
            told: None,
            inputs,
        }
    }

    /// So many more bytes are here.
    fn came(&mut self, bytes: usize) {
        self.here = self.here.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        let step = self.amount() / STEP;
        if self.told != Some(step) {
            // What finds the core busy is told with the next step.
            let words = Some(self.words());
            let image = self.image.clone();
            if self.inputs.try_send(Input::Copying { image, words }).is_ok() {
                self.told = Some(step);
            }
        }
    }

    /// Percent, or megabytes where it is not known of how many.
    fn amount(&self) -> u64 {
        match self.bytes {
            0 => self.here / 1_000_000,
            // A tar is a little larger than its layers.
            bytes => (self.here.saturating_mul(100) / bytes).min(100),
        }
    }

    fn words(&self) -> String {
        let (amount, unit) = (self.amount(), if self.bytes == 0 { "MB" } else { "%" });
        format!("copying {} from {}: {amount} {unit}", self.image, self.from)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let (image, words) = (std::mem::take(&mut self.image), None);
        let over = Input::Copying { image, words };
        if let Err(mpsc::error::TrySendError::Full(over)) = self.inputs.try_send(over) {
            let inputs = self.inputs.clone();
            tokio::spawn(async move { inputs.send(over).await });
        }
    }
}

/// Loads an image that comes in pieces.
pub(super) async fn receive(
    engine: &DockerEngine,
    mut copy: Copy,
    incoming: Incoming,
    outgoing: &mut Outgoing,
) -> Result<(), StreamError> {
    copy.came(0);
    // It is over when the engine has taken it in, not when the last piece has come.
    let (sizes, mut came) = mpsc::unbounded_channel();
    let counted = count(images::pieces(incoming), sizes);
    let loading = images::load_from(engine, counted, outgoing);
    tokio::pin!(loading);
    loop {
        tokio::select! {
            done = &mut loading => return done,
            Some(bytes) = came.recv() => copy.came(bytes),
        }
    }
}

fn count(
    pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    sizes: mpsc::UnboundedSender<usize>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    pieces.inspect(move |piece| {
        if let Ok(piece) = piece {
            let _ = sizes.send(piece.len());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn steps_are_told_and_so_is_the_end() {
        let (inputs, mut told) = mpsc::channel(64);
        let mut copy = Copy::new("a/b:1".to_owned(), "h1".to_owned(), 1_000, inputs);
        for _ in 0..100 {
            copy.came(5);
        }
        drop(copy);
        let mut all = Vec::new();
        while let Some(Input::Copying { image, words }) = told.recv().await {
            assert_eq!(image, "a/b:1");
            all.push(words);
        }
        assert_eq!(all.len(), 7, "0, 10, … 50 % and the end: {all:?}");
        assert_eq!(all[4].as_deref(), Some("copying a/b:1 from h1: 40 %"));
        assert_eq!(all[6], None);
    }
}
