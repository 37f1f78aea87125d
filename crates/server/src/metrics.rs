//! What is counted, each room under its own prefix. Labels come from closed sets.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// From 0.1 ms, what a commit on a fast disk takes, to 3 s, where something is badly wrong.
const SECONDS: [f64; 10] = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0];

/// How a commit ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct Ended {
    pub(crate) result: &'static str,
}

/// The server's own metrics. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub(crate) round_seconds: Histogram,
    pub(crate) subjects: Counter,
    pub(crate) alarms: Counter,
    pub(crate) leads: Gauge,
    pub(crate) hosts_braked: Gauge,
    pub(crate) commit_seconds: Histogram,
    pub(crate) commits: Family<Ended, Counter>,
    pub(crate) revision: Gauge,
    pub(crate) sessions: Gauge,
    pub(crate) stream_links: Gauge,
    pub(crate) connections: Gauge,
}

impl Metrics {
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let new = Self {
            round_seconds: Histogram::new(SECONDS),
            subjects: Counter::default(),
            alarms: Counter::default(),
            leads: Gauge::default(),
            hosts_braked: Gauge::default(),
            commit_seconds: Histogram::new(SECONDS),
            commits: Family::default(),
            revision: Gauge::default(),
            sessions: Gauge::default(),
            stream_links: Gauge::default(),
            connections: Gauge::default(),
        };
        let muster = registry.sub_registry_with_prefix("muster");
        let control = muster.sub_registry_with_prefix("control");
        control.register(
            "round_seconds",
            "Time that a round of decisions took",
            new.round_seconds.clone(),
        );
        control.register("subjects", "Subjects that rounds looked at", new.subjects.clone());
        control.register(
            "alarms",
            "Subjects left alone after an inconsistency",
            new.alarms.clone(),
        );
        control.register("leads", "1 while this server leads", new.leads.clone());
        control.register(
            "hosts_braked",
            "Hosts that only the brake keeps from being lost: most fell silent together, and nothing of theirs is moved",
            new.hosts_braked.clone(),
        );
        let store = muster.sub_registry_with_prefix("store");
        store.register(
            "commit_seconds",
            "Time until a commit of the core was answered",
            new.commit_seconds.clone(),
        );
        store.register(
            "commits",
            "Commits of the core by how they ended",
            new.commits.clone(),
        );
        store.register(
            "mirror_revision",
            "Revision that the mirror has reached",
            new.revision.clone(),
        );
        let hub = muster.sub_registry_with_prefix("hub");
        hub.register(
            "sessions",
            "Control links of agents that are open",
            new.sessions.clone(),
        );
        hub.register(
            "stream_links",
            "Stream links of agents that are open",
            new.stream_links.clone(),
        );
        let listen = muster.sub_registry_with_prefix("listen");
        listen.register(
            "connections",
            "Connections that are open",
            new.connections.clone(),
        );
        new
    }
}
