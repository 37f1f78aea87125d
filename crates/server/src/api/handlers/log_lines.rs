//! From a container's output to lines with their times, and from the lines of many containers to one sequence.

use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;

use muster_model::view::LogLine;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// A longer line is cut into pieces of this size.
const LINE_BYTES_MAX: usize = 64 * 1024;

/// Cuts one stream of output into lines.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    rest: Vec<u8>,
}

/// One line, with the time that the engine wrote before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TimedLine {
    pub(super) at: Option<jiff::Timestamp>,
    pub(super) text: String,
}

impl Splitter {
    /// The lines that end in these bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<TimedLine> {
        self.rest.extend_from_slice(bytes);
        let mut lines = Vec::new();
        let mut taken = 0;
        loop {
            let rest = self.rest.get(taken..).unwrap_or_default();
            let window = rest.get(..LINE_BYTES_MAX.min(rest.len())).unwrap_or_default();
            let (line, next) = match window.iter().position(|byte| *byte == b'\n') {
                Some(end) => (window.get(..end).unwrap_or_default(), end + 1),
                None if window.len() == LINE_BYTES_MAX => (window, LINE_BYTES_MAX),
                None => break,
            };
            lines.push(timed(line));
            taken += next;
        }
        self.rest.drain(..taken);
        lines
    }

    /// The line that had no end.
    pub(super) fn finish(&mut self) -> Option<TimedLine> {
        let rest = std::mem::take(&mut self.rest);
        (!rest.is_empty()).then(|| timed(&rest))
    }
}

/// Agents ask the engine for times: each line begins with one and a space.
fn timed(line: &[u8]) -> TimedLine {
    let text = String::from_utf8_lossy(line);
    let text = text.strip_suffix('\r').unwrap_or(&text);
    let split = text.split_once(' ').unwrap_or((text, ""));
    match split.0.parse::<jiff::Timestamp>() {
        Ok(at) => TimedLine {
            at: Some(at),
            text: split.1.to_owned(),
        },
        Err(_) => TimedLine {
            at: None,
            text: text.to_owned(),
        },
    }
}

/// One container's lines, in order.
#[derive(Debug)]
pub(super) struct Source {
    lines: mpsc::Receiver<LogLine>,
    head: Option<LogLine>,
    ended: bool,
    /// Until then the others wait for it: it may have something earlier.
    busy_until: Instant,
}

/// Many sources as one sequence by time: whoever has a line waits for the others, for as long as they are not known to be
/// quiet. A source that nobody takes lines from stops its own container's stream, and no other.
#[derive(Debug)]
pub(super) struct Merge {
    sources: Vec<Source>,
    /// Silence after which a source is not waited for.
    patience: Duration,
    /// Further sources; none can come once it is closed.
    more: mpsc::Receiver<mpsc::Receiver<LogLine>>,
    closed: bool,
}

impl Merge {
    pub(super) const fn new(more: mpsc::Receiver<mpsc::Receiver<LogLine>>, patience: Duration) -> Self {
        Self {
            sources: Vec::new(),
            patience,
            more,
            closed: false,
        }
    }

    /// The next line; none when every source has ended and no further one can come.
    pub(super) async fn next(&mut self) -> Option<LogLine> {
        loop {
            let wait = self.wait();
            let changed = poll_fn(|cx| self.poll(cx));
            match wait {
                // Everyone who may have an earlier line has said so.
                Wait::No => {
                    let _ = futures_util::FutureExt::now_or_never(changed);
                    if self.wait() == Wait::No {
                        return self.pop();
                    }
                }
                Wait::Until(deadline) => {
                    tokio::select! {
                        () = changed => {}
                        () = sleep_until(deadline) => return self.pop(),
                    }
                }
                Wait::News => changed.await,
                Wait::End => return None,
            }
        }
    }

    fn wait(&self) -> Wait {
        let now = Instant::now();
        let live = || {
            self.sources
                .iter()
                .filter(|source| !source.ended || source.head.is_some())
        };
        if live().all(|source| source.head.is_none()) {
            let over = self.closed && live().next().is_none();
            return if over { Wait::End } else { Wait::News };
        }
        let waited = live().filter(|source| source.head.is_none() && source.busy_until > now);
        waited
            .map(|source| source.busy_until)
            .max()
            .map_or(Wait::No, Wait::Until)
    }

    fn pop(&mut self) -> Option<LogLine> {
        let heads = self.sources.iter_mut().filter(|source| source.head.is_some());
        let first = heads.min_by(|a, b| time(&a.head).cmp(&time(&b.head)))?;
        first.head.take()
    }

    /// Ready when there is something new.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut news = Poll::Pending;
        while let Poll::Ready(more) = if self.closed {
            Poll::Pending
        } else {
            self.more.poll_recv(cx)
        } {
            news = Poll::Ready(());
            match more {
                Some(lines) => self.sources.push(Source {
                    lines,
                    head: None,
                    ended: false,
                    busy_until: Instant::now() + self.patience,
                }),
                None => self.closed = true,
            }
        }
        for source in self
            .sources
            .iter_mut()
            .filter(|source| source.head.is_none() && !source.ended)
        {
            let Poll::Ready(line) = source.lines.poll_recv(cx) else {
                continue;
            };
            news = Poll::Ready(());
            source.ended = line.is_none();
            source.head = line;
            source.busy_until = Instant::now() + self.patience;
        }
        self.sources
            .retain(|source| !source.ended || source.head.is_some());
        news
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wait {
    No,
    Until(Instant),
    News,
    End,
}

/// Times are written in one form, so their texts sort as they do. A line without one stays where it came.
fn time(head: &Option<LogLine>) -> Option<&str> {
    head.as_ref().and_then(|line| line.at.as_deref())
}

#[cfg(test)]
mod tests {
    use muster_model::UnitId;
    use muster_model::view::LogStream;
    use proptest::prelude::*;

    use super::*;

    fn line(at: u64, number: u32) -> LogLine {
        LogLine {
            unit: UnitId::new(1, number),
            service: "web".parse().unwrap(),
            number,
            stream: LogStream::Stdout,
            at: Some(format!("{at:020}")),
            line: at.to_string(),
        }
    }

    fn merged(sources: Vec<Vec<u64>>) -> Vec<LogLine> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let (more, additions) = mpsc::channel(64);
            for (number, times) in (1..).zip(sources) {
                let (send, lines) = mpsc::channel(1);
                more.send(lines).await.unwrap();
                tokio::spawn(async move {
                    for at in times {
                        send.send(line(at, number)).await.unwrap();
                    }
                });
            }
            drop(more);
            let mut merge = Merge::new(additions, Duration::from_secs(5));
            let mut lines = Vec::new();
            while let Some(line) = merge.next().await {
                lines.push(line);
            }
            lines
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn many_containers_are_one_sequence(mut sources in prop::collection::vec(prop::collection::vec(0_u64..50, 0..20), 0..6)) {
            sources.iter_mut().for_each(|times| times.sort_unstable());
            let mut wanted: Vec<u64> = sources.concat();
            wanted.sort_unstable();
            let got: Vec<u64> = merged(sources).iter().map(|line| line.line.parse().unwrap()).collect();
            prop_assert_eq!(got, wanted);
        }

        #[test]
        fn lines_do_not_depend_on_how_bytes_come(text in "[a-z\n ]{0,200}", cut in 0_usize..200) {
            let whole = {
                let mut splitter = Splitter::default();
                let mut lines = splitter.push(text.as_bytes());
                lines.extend(splitter.finish());
                lines
            };
            let mut splitter = Splitter::default();
            let (a, b) = text.as_bytes().split_at(cut.min(text.len()));
            let mut lines = splitter.push(a);
            lines.extend(splitter.push(b));
            lines.extend(splitter.finish());
            prop_assert_eq!(lines, whole);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_container_does_not_hold_up_a_busy_one() {
        let (more, additions) = mpsc::channel(2);
        let ((busy, busy_lines), (_quiet, quiet_lines)) = (mpsc::channel(1_000), mpsc::channel(1));
        more.send(busy_lines).await.unwrap();
        more.send(quiet_lines).await.unwrap();
        for at in 0..1_000 {
            busy.try_send(line(at, 1)).unwrap();
        }
        let mut merge = Merge::new(additions, Duration::from_millis(100));
        let began = Instant::now();
        for at in 0..1_000 {
            assert_eq!(merge.next().await.unwrap(), line(at, 1));
        }
        assert!(
            began.elapsed() <= Duration::from_millis(200),
            "{:?}",
            began.elapsed()
        );
    }

    #[test]
    fn times_are_read_and_long_lines_cut() {
        let mut splitter = Splitter::default();
        let lines = splitter.push(b"2026-11-21T01:50:53.5Z hello world\r\nplain\n");
        assert_eq!(lines[0].text, "hello world");
        assert_eq!(lines[0].at, Some("2026-11-21T01:50:53.5Z".parse().unwrap()));
        assert_eq!(
            lines[1],
            TimedLine {
                at: None,
                text: "plain".to_owned()
            }
        );
        assert_eq!(splitter.push(&vec![b'x'; LINE_BYTES_MAX + 10]).len(), 1);
        assert_eq!(splitter.finish().unwrap().text.len(), 10);
    }
}
