//! How many requests there were, how they ended and how long they took.

use std::time::Duration;

use axum::http::StatusCode;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// From 1 ms, a read out of memory, to 30 s, a wish that waits for the store.
const SECONDS: [f64; 9] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 30.0];

/// Requests to the API. Clones count together.
#[derive(Debug, Clone)]
pub struct Traffic {
    requests: Family<Answered, Counter>,
    seconds: Family<Asked, Histogram>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    operation: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Asked {
    operation: &'static str,
}

impl Traffic {
    /// Counts into `registry` from now on.
    pub fn new(registry: &mut Registry) -> Self {
        let new = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(SECONDS)),
        };
        let api = registry.sub_registry_with_prefix("muster_api");
        api.register(
            "requests",
            "Requests by operation and status",
            new.requests.clone(),
        );
        api.register(
            "request_seconds",
            "Time until the answer to a request began",
            new.seconds.clone(),
        );
        new
    }

    /// A request for `operation`, a name out of the table of routes, was answered.
    pub fn count(&self, operation: &'static str, status: StatusCode, took: Duration) {
        let status = status.as_u16();
        self.requests.get_or_create(&Answered { operation, status }).inc();
        self.seconds
            .get_or_create(&Asked { operation })
            .observe(took.as_secs_f64());
    }
}
