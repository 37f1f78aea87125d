//! Answers that come line by line: logs as JSON lines, events as server-sent events (WHATWG HTML §9.2).

use anyhow::Context as _;
use bytes::BytesMut;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

/// A line longer than this is not one of ours.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Lines of a body, as they come.
pub struct Lines {
    body: Incoming,
    buffer: BytesMut,
}

/// One server-sent event.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ServerEvent {
    /// Its kind.
    pub event: String,
    /// Its data, lines joined.
    pub data: String,
    /// Where to go on from.
    pub id: Option<String>,
}

impl Lines {
    pub(super) fn new(body: Incoming) -> Self {
        Self {
            body,
            buffer: BytesMut::new(),
        }
    }

    /// The next line without its end; none when the body ends.
    pub async fn next(&mut self) -> anyhow::Result<Option<String>> {
        let mut searched = 0;
        loop {
            if let Some(at) = self.buffer[searched..].iter().position(|b| *b == b'\n') {
                let line = self.buffer.split_to(searched + at + 1);
                return Ok(Some(text(&line)));
            }
            searched = self.buffer.len();
            anyhow::ensure!(searched <= LINE_BYTES_MAX, "the server sent a line without end");
            match self.body.frame().await {
                Some(frame) => {
                    let frame = frame.context("the server broke off")?;
                    self.buffer.extend(frame.into_data().ok());
                }
                None if self.buffer.is_empty() => return Ok(None),
                None => return Ok(Some(text(&self.buffer.split()))),
            }
        }
    }

    /// The next event; comments, which keep the connection open, are skipped.
    pub async fn next_event(&mut self) -> anyhow::Result<Option<ServerEvent>> {
        let mut event = ServerEvent::default();
        while let Some(line) = self.next().await? {
            if event.take(&line) {
                return Ok(Some(event));
            }
        }
        Ok(None)
    }
}

impl ServerEvent {
    /// Takes a line in; true when it ends an event that has something to say.
    fn take(&mut self, line: &str) -> bool {
        if line.is_empty() {
            return !self.data.is_empty() || !self.event.is_empty();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event = value.to_owned(),
            "id" => self.id = Some(value.to_owned()),
            "data" => {
                if !self.data.is_empty() {
                    self.data.push('\n');
                }
                self.data.push_str(value);
            }
            _ => {}
        }
        false
    }
}

fn text(line: &[u8]) -> String {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read_by_the_standard() {
        let mut event = ServerEvent::default();
        assert!(!event.take(": keep-alive"));
        assert!(!event.take(""));
        for line in ["event: change", "id: 7", "data: {", "data: }"] {
            assert!(!event.take(line));
        }
        assert!(event.take(""));
        let expected = ServerEvent {
            event: "change".into(),
            data: "{\n}".into(),
            id: Some("7".into()),
        };
        assert_eq!(event, expected);
    }
}
