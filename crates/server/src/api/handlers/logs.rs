//! What containers write: of a unit, a service or a stack, merged by time, and followed over the units that come and go.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use muster_control::World;
use muster_model::assigned::{Unit, UnitWish};
use muster_model::link::{LogsRequest, StreamFrame, StreamRequest, StreamTarget};
use muster_model::view::{LogLine, LogStream};
use muster_model::{Name, StackId, UnitId};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::lines;
use super::log_lines::{Merge, Splitter, TimedLine};
use crate::api::app::App;
use crate::api::call::Call;
use crate::api::error::ApiError;

/// Silence after which a container's log is not waited for: when it is followed, and when all of it is read.
const PATIENCE_FOLLOWING: Duration = Duration::from_millis(100);
const PATIENCE_READING: Duration = Duration::from_secs(5);
/// A log that ended is asked for again when its unit changes, or after this.
const AGAIN: Duration = Duration::from_secs(2);
/// Lines of one container on their way; a reader that is slow stops the container's stream, not our memory.
const LINES_AHEAD: usize = 256;
/// Containers read at one time.
const UNITS_MAX: usize = 2_000;
/// Lines sent together, if they are there.
const LINES_TOGETHER: usize = 64;

/// Whose output.
#[derive(Debug, Clone)]
enum Whose {
    Unit(UnitId),
    Service(StackId, Name),
    Stack(StackId),
}

pub(crate) async fn of_unit(call: Call) -> Result<Response, ApiError> {
    let whose = Whose::Unit(call.unit()?.id);
    answer(call, whose)
}

pub(crate) async fn of_service(call: Call) -> Result<Response, ApiError> {
    let (stack, service) = call.service()?;
    let whose = Whose::Service(stack.id, service);
    answer(call, whose)
}

pub(crate) async fn of_stack(call: Call) -> Result<Response, ApiError> {
    let whose = Whose::Stack(call.stack()?.id);
    answer(call, whose)
}

/// What is asked of each container.
#[derive(Debug, Clone)]
struct Asked {
    follow: bool,
    tail: Option<u64>,
    since: Option<u64>,
    sidekick: Option<Name>,
}

fn answer(call: Call, whose: Whose) -> Result<Response, ApiError> {
    let query = &call.query;
    let asked = Asked {
        follow: query.flag("follow")?,
        tail: query.read("tail")?,
        since: query.read("since")?,
        sidekick: query.read("sidekick")?,
    };
    let search = query.get("search").unwrap_or_default().to_owned();
    let (more, additions) = mpsc::channel(16);
    let patience = if asked.follow {
        PATIENCE_FOLLOWING
    } else {
        PATIENCE_READING
    };
    let mut readers = JoinSet::new();
    readers.spawn(read_all(call.app.clone(), whose, asked, more));
    let reading = Reading {
        merge: Merge::new(additions, patience),
        search,
        call,
        _readers: readers,
    };
    Ok(lines::answer(reading, |reading| reading.next()))
}

/// An answer under way. Dropping it ends all streams to hosts.
struct Reading {
    merge: Merge,
    search: String,
    call: Call,
    _readers: JoinSet<()>,
}

impl Reading {
    async fn next(mut self) -> Option<(Vec<u8>, Self)> {
        let mut text = Vec::new();
        let first = loop {
            let line = self.merge.next().await?;
            if !self.call.still_allowed(&self.call.app.mirror.world()) {
                return None;
            }
            if self.wanted(&line) {
                break line;
            }
        };
        lines::push(&mut text, &first);
        for _ in 1..LINES_TOGETHER {
            let Some(Some(line)) = futures_util::FutureExt::now_or_never(self.merge.next()) else {
                break;
            };
            if self.wanted(&line) {
                lines::push(&mut text, &line);
            }
        }
        Some((text, self))
    }

    fn wanted(&self, line: &LogLine) -> bool {
        line.stream == LogStream::Problem || line.line.contains(&self.search)
    }
}

/// Begins to read each unit as it appears; ends when there can be no more.
async fn read_all(app: Arc<App>, whose: Whose, asked: Asked, more: mpsc::Sender<mpsc::Receiver<LogLine>>) {
    let mut worlds = app.mirror.follow();
    let (mut known, mut readers, mut asked) = (BTreeSet::new(), JoinSet::new(), asked);
    loop {
        let world = worlds.borrow_and_update().clone();
        for unit in units(&world, &whose) {
            if known.len() >= UNITS_MAX || !known.insert(unit.id) {
                continue;
            }
            let (send, receive) = mpsc::channel(LINES_AHEAD);
            readers.spawn(read_unit(app.clone(), unit, asked.clone(), send));
            if more.send(receive).await.is_err() {
                return;
            }
        }
        if !asked.follow {
            break;
        }
        // Of units that come later, all is new.
        asked = Asked {
            tail: None,
            since: None,
            ..asked
        };
        if worlds.changed().await.is_err() {
            break;
        }
    }
    drop(more);
    readers.join_all().await;
}

fn units(world: &World, whose: &Whose) -> Vec<Unit> {
    let all: Vec<&Unit> = match whose {
        Whose::Unit(id) => world.unit(*id).into_iter().map(|unit| &**unit).collect(),
        Whose::Service(stack, service) => world.units_of(*stack, service).map(|unit| &**unit).collect(),
        Whose::Stack(stack) => world.units_in(*stack).map(|unit| &**unit).collect(),
    };
    all.into_iter().cloned().collect()
}

/// Reads one unit's log, and goes on after its container was made or started anew if it is followed.
async fn read_unit(app: Arc<App>, unit: Unit, asked: Asked, send: mpsc::Sender<LogLine>) {
    let mut reader = Reader {
        unit,
        send,
        last: None,
        complaint: None,
    };
    let mut request = LogsRequest {
        target: StreamTarget {
            unit: reader.unit.id,
            sidekick: asked.sidekick.clone(),
        },
        follow: asked.follow,
        tail: asked.tail,
        since: asked.since,
    };
    loop {
        if reader.read(&app, &request).await.is_none() || !asked.follow {
            return;
        }
        if !comes_back(&app, &reader.unit).await {
            return;
        }
        // Seconds are all the engine takes; what was told already is left out by its exact time.
        let since = reader
            .last
            .map(|at| u64::try_from(at.as_second()).unwrap_or_default());
        request = LogsRequest {
            tail: None,
            since: since.or(request.since),
            ..request
        };
    }
}

/// Waits until it is worth to ask for a log again; false if the unit is gone or on its way out.
async fn comes_back(app: &App, unit: &Unit) -> bool {
    let mut worlds = app.mirror.follow();
    let before = app.mirror.world().status(unit.id).map(|status| status.modified);
    let changed = worlds.wait_for(|world| world.status(unit.id).map(|status| status.modified) != before);
    let _ = timeout(AGAIN, changed).await;
    app.mirror
        .world()
        .unit(unit.id)
        .is_some_and(|unit| unit.wish == UnitWish::Run)
}

struct Reader {
    unit: Unit,
    send: mpsc::Sender<LogLine>,
    /// Of the last line told.
    last: Option<jiff::Timestamp>,
    /// What was last said that is not the container's, so that it is said once.
    complaint: Option<String>,
}

impl Reader {
    /// Reads until the stream ends; none when nobody listens any more.
    async fn read(&mut self, app: &App, request: &LogsRequest) -> Option<()> {
        let mut stream = match app
            .agents
            .open(self.unit.host, StreamRequest::Logs(request.clone()))
            .await
        {
            Ok(stream) => stream,
            Err(error) => return self.complain(error.to_string()).await,
        };
        let (mut out, mut err) = (Splitter::default(), Splitter::default());
        loop {
            match stream.receive.recv().await {
                Some(StreamFrame::Output(bytes)) => self.tell(out.push(&bytes), LogStream::Stdout).await?,
                Some(StreamFrame::Error(bytes)) => self.tell(err.push(&bytes), LogStream::Stderr).await?,
                Some(StreamFrame::Failed(why)) => return self.complain(why).await,
                Some(StreamFrame::Exit(_)) | None => break,
                Some(_) => {}
            }
        }
        self.tell(out.finish().into_iter().collect(), LogStream::Stdout)
            .await?;
        self.tell(err.finish().into_iter().collect(), LogStream::Stderr)
            .await
    }

    async fn tell(&mut self, lines: Vec<TimedLine>, stream: LogStream) -> Option<()> {
        for line in lines {
            if line.at.is_some() && line.at <= self.last {
                continue;
            }
            let at = line.at.map(|at| format!("{at:.9}"));
            self.send.send(self.line(stream, at, line.text)).await.ok()?;
            self.last = line.at.or(self.last);
        }
        Some(())
    }

    async fn complain(&mut self, why: String) -> Option<()> {
        if self.complaint.as_ref() == Some(&why) {
            return Some(());
        }
        self.complaint = Some(why.clone());
        self.send
            .send(self.line(LogStream::Problem, None, why))
            .await
            .ok()
    }

    fn line(&self, stream: LogStream, at: Option<String>, line: String) -> LogLine {
        LogLine {
            unit: self.unit.id,
            service: self.unit.service.clone(),
            number: self.unit.number,
            stream,
            at,
            line,
        }
    }
}
