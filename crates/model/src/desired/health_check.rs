//! Checks that come from other hosts: Rancher's `health_check`.

use serde::{Deserialize, Serialize};

/// How other hosts ask a container for its health. What is not given is the checker's own choice, and a time to come up
/// that is not given has no end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HealthCheck {
    /// The port in the container.
    pub port: u16,
    /// What is asked over HTTP, such as `GET /health HTTP/1.0`; none means that a connection is enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_line: Option<String>,
    /// Between two questions, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval_ms: Option<u64>,
    /// How long an answer may take, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_timeout_ms: Option<u64>,
    /// How long a new container may take to come up, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initializing_timeout_ms: Option<u64>,
    /// How long one that was started again may take, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reinitializing_timeout_ms: Option<u64>,
    /// Good answers that make it healthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy_threshold: Option<u32>,
    /// Bad answers that make it unhealthy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unhealthy_threshold: Option<u32>,
    /// What follows when it is unhealthy.
    pub strategy: UnhealthyStrategy,
}

/// What follows when a container is unhealthy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnhealthyStrategy {
    /// It is told, and no more.
    None,
    /// Its unit is made anew.
    #[default]
    Recreate,
    /// Its unit is made anew while at least this many others are healthy.
    RecreateOnQuorum(u32),
}
