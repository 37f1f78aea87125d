use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use muster_link::{
    FrameReader, FrameWriter, LinkError, STREAM_DATA_BYTES_MAX, StreamFrameReader, StreamFrameWriter,
};
use muster_model::link::StreamFrame;
use proptest::prelude::*;
use tokio::io::{AsyncRead, AsyncWriteExt as _, ReadBuf};

use crate::soon;

/// Gives its bytes in pieces of the given sizes, over and over, with a pause before each.
struct Pieces {
    bytes: Vec<u8>,
    sizes: Vec<usize>,
    turn: usize,
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.turn += 1;
        if self.turn % 2 == 1 {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let size = self.sizes[self.turn / 2 % self.sizes.len()]
            .min(self.bytes.len())
            .min(into.remaining());
        into.put_slice(&self.bytes.drain(..size).collect::<Vec<_>>());
        Poll::Ready(Ok(()))
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(soon(work))
}

async fn written(messages: &[String]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = FrameWriter::new(&mut bytes);
    for message in messages {
        writer.send(message).await.unwrap();
    }
    bytes
}

fn stream_frame() -> impl Strategy<Value = StreamFrame> {
    let data = || proptest::collection::vec(any::<u8>(), 0..200);
    prop_oneof![
        data().prop_map(StreamFrame::Input),
        data().prop_map(StreamFrame::Output),
        data().prop_map(StreamFrame::Error),
        any::<(u16, u16)>().prop_map(|(columns, rows)| StreamFrame::Resize(columns, rows)),
        any::<i64>().prop_map(StreamFrame::Exit),
        ".{0,40}".prop_map(StreamFrame::Failed),
    ]
}

proptest! {
    #[test]
    fn messages_come_whole_in_whatever_pieces(
        messages in proptest::collection::vec(".{0,300}", 0..8),
        sizes in proptest::collection::vec(1usize..700, 1..6),
    ) {
        block_on(async {
            let bytes = written(&messages).await;
            let mut reader = FrameReader::<_, String>::new(Pieces { bytes, sizes, turn: 0 });
            for message in &messages {
                assert_eq!(reader.next().await.unwrap().as_ref(), Some(message));
            }
            assert!(reader.next().await.unwrap().is_none());
        });
    }

    #[test]
    fn an_end_within_a_message_is_a_cut(message in ".{0,300}", cut in any::<prop::sample::Index>()) {
        block_on(async {
            let mut bytes = written(std::slice::from_ref(&message)).await;
            bytes.truncate(1 + cut.index(bytes.len() - 1));
            let mut reader = FrameReader::<_, String>::new(bytes.as_slice());
            assert!(matches!(reader.next().await, Err(LinkError::Cut)));
        });
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        block_on(async {
            let mut messages = FrameReader::<_, serde_json::Value>::with_limit(bytes.as_slice(), 500);
            while let Ok(Some(_)) = messages.next().await {}
            let mut frames = StreamFrameReader::new(bytes.as_slice());
            while let Ok(Some(_)) = frames.next().await {}
        });
    }

    #[test]
    fn stream_frames_come_back_as_they_were(
        frames in proptest::collection::vec(stream_frame(), 0..8),
        sizes in proptest::collection::vec(1usize..100, 1..6),
    ) {
        block_on(async {
            let mut bytes = Vec::new();
            let mut writer = StreamFrameWriter::new(&mut bytes);
            for frame in &frames {
                writer.send(frame).await.unwrap();
            }
            let mut reader = StreamFrameReader::new(Pieces { bytes, sizes, turn: 0 });
            for frame in &frames {
                assert_eq!(reader.next().await.unwrap().as_ref(), Some(frame));
            }
            assert!(reader.next().await.unwrap().is_none());
        });
    }
}

#[tokio::test]
async fn a_reader_that_is_abandoned_and_asked_again_loses_nothing() {
    let bytes = written(&["first".to_owned(), "second".to_owned()]).await;
    let (mut near, far) = tokio::io::duplex(64);
    let mut reader = FrameReader::<_, String>::new(far);
    let mut read = Vec::new();
    for byte in bytes {
        near.write_all(&[byte]).await.unwrap();
        // Polled once after each byte, then dropped, as in a `select!` that something else won.
        if let Some(message) = futures_util::FutureExt::now_or_never(reader.next()) {
            read.push(message.unwrap().unwrap());
        }
    }
    assert_eq!(read, ["first", "second"]);
}

#[tokio::test]
async fn a_message_too_large_is_refused_at_both_ends_with_its_size() {
    let text = "x".repeat(100);
    let mut bytes = Vec::new();
    let refused = FrameWriter::with_limit(&mut bytes, 101)
        .send(&text)
        .await
        .unwrap_err();
    assert!(
        matches!(
            refused,
            LinkError::FrameTooLarge {
                bytes: 102,
                limit: 101
            }
        ),
        "{refused}"
    );
    assert!(bytes.is_empty(), "nothing of it was sent");
    FrameWriter::with_limit(&mut bytes, 102)
        .send(&text)
        .await
        .unwrap();
    let refused = FrameReader::<_, String>::with_limit(bytes.as_slice(), 101)
        .next()
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("102") && refused.to_string().contains("101"),
        "{refused}"
    );
    // The length alone is enough to refuse; nothing is allocated for it.
    let refused = FrameReader::<_, String>::new(&[0xff; 4][..])
        .next()
        .await
        .unwrap_err();
    assert!(matches!(refused, LinkError::FrameTooLarge { .. }));
    let large = StreamFrame::Output(vec![0; STREAM_DATA_BYTES_MAX + 1]);
    let refused = StreamFrameWriter::new(&mut bytes).send(&large).await;
    assert!(matches!(refused, Err(LinkError::FrameTooLarge { .. })));
    StreamFrameWriter::new(&mut bytes)
        .send(&StreamFrame::Output(vec![0; STREAM_DATA_BYTES_MAX]))
        .await
        .unwrap();
}

#[tokio::test]
async fn text_that_is_no_message_is_an_error_with_the_place() {
    let mut bytes = Vec::new();
    FrameWriter::new(&mut bytes).send(&"a string").await.unwrap();
    let error = FrameReader::<_, u64>::new(bytes.as_slice())
        .next()
        .await
        .unwrap_err();
    assert!(matches!(error, LinkError::FrameText { bytes: 10, .. }), "{error}");
}
