//! What several engines tell, counted from a moment on.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bollard::Docker;
use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::StreamExt as _;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::figure::ms;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(180);

/// Something that happened to a container.
#[derive(Debug, Clone)]
pub struct Told {
    /// `start`, `die` or `destroy`.
    pub what: String,
    /// The container.
    pub id: String,
    /// Which of the engines.
    pub engine: usize,
    /// When it was heard.
    pub at: Instant,
}

/// Listens to engines until dropped.
pub struct Ears {
    told: mpsc::UnboundedReceiver<Told>,
    _tasks: JoinSet<()>,
}

impl Ears {
    /// What happens from now on is heard.
    pub async fn on(engines: &[Docker]) -> anyhow::Result<Self> {
        let (send, told) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let since = format!("{}.{:09}", now.as_secs(), now.subsec_nanos());
        for (engine, docker) in engines.iter().enumerate() {
            let filters = HashMap::from([("event", vec!["start", "die", "destroy"])]);
            let options = EventsOptionsBuilder::default()
                .since(&since)
                .filters(&filters)
                .build();
            let mut events = docker.events(Some(options));
            let send = send.clone();
            tasks.spawn(async move {
                while let Some(Ok(event)) = events.next().await {
                    let told = Told {
                        what: event.action.unwrap_or_default(),
                        id: event.actor.and_then(|actor| actor.id).unwrap_or_default(),
                        engine,
                        at: Instant::now(),
                    };
                    let _ = send.send(told);
                }
            });
        }
        Ok(Self { told, _tasks: tasks })
    }

    /// The next so many of one kind; the others are passed over.
    pub async fn next(&mut self, what: &str, count: usize) -> anyhow::Result<Vec<Told>> {
        let mut found = Vec::new();
        while found.len() < count {
            let next = tokio::time::timeout(PATIENCE, self.told.recv()).await;
            let told = next
                .with_context(|| format!("{} of {count} containers told {what}", found.len()))?
                .context("the engines' events ended")?;
            if told.what == what {
                found.push(told);
            }
        }
        Ok(found)
    }

    /// Milliseconds from `began` until so many of one kind happened.
    pub async fn time(&mut self, began: Instant, what: &str, count: usize) -> anyhow::Result<f64> {
        let found = self.next(what, count).await?;
        Ok(found.last().map_or(0.0, |told| ms(told.at - began)))
    }
}
