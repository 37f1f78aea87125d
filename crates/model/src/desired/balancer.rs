//! What balancers do: Rancher's `lb_config`, also as targets say it of themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ServiceRef;

/// What a balancer listens to and where it sends it. On a service that is no balancer, its rules have no source port:
/// they are what a balancer that selects the service is to do for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Balancer {
    /// In the order of the files.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<PortRule>,
    /// Names of certificates that are offered by server name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// The one for clients that name no server, or another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_certificate: Option<String>,
    /// How a client is kept with one target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stickiness: Option<Stickiness>,
    /// Which targets are preferred, by where they run.
    #[serde(skip_serializing_if = "Locality::is_any")]
    pub locality: Locality,
    /// The directory in its container with more certificates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_directory: Option<String>,
    /// The directory of the default certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_certificate_directory: Option<String>,
    /// The author's own lines for HAProxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
}

impl Balancer {
    /// Whether it listens to anything: else it speaks of a target.
    pub fn listens(&self) -> bool {
        self.rules.iter().any(|rule| rule.source_port.is_some())
    }
}

/// Which targets are preferred, by where they run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locality {
    /// All alike.
    #[default]
    Any,
    /// Those on the balancer's own host; others if there is none.
    PreferLocal,
    /// Those on the balancer's own host, and no others.
    OnlyLocal,
}

impl Locality {
    const fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
}

/// One thing that a balancer does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PortRule {
    /// The port that it listens on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_port: Option<u16>,
    /// What it speaks there.
    pub protocol: RuleProtocol,
    /// Who answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<RuleTarget>,
    /// The target's own port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_port: Option<u16>,
    /// Requests for this host only: exact, `*.suffix` or `prefix.*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hostname: Option<String>,
    /// Requests whose path begins so only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Rules with smaller ones are tried first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<u32>,
    /// The target's share among the targets of a rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<u32>,
    /// What the author's own lines call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backend_name: Option<String>,
    /// Connections begin with the PROXY protocol.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub accepts_proxy: bool,
}

/// What a balancer speaks on a port.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleProtocol {
    /// HTTP, to the target too.
    #[default]
    Http,
    /// TLS ends at the balancer; HTTP to the target.
    Https,
    /// Bytes, as they come.
    Tcp,
    /// TLS ends at the balancer; bytes to the target.
    Tls,
    /// TLS goes through; its server name says where to.
    Sni,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleTarget {
    /// A service.
    Service(ServiceRef),
    /// All services whose labels match: `key`, `key=value`, `key!=value`, `key in (a,b)`, `key notin (a,b)`, with commas.
    Selector(String),
}

/// How a client is kept with one target: a cookie of the balancer's or of the program's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stickiness {
    /// What the policy is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The cookie's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cookie: Option<String>,
    /// The domain it is set for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// How it is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<CookieMode>,
    /// Switches by name, such as `indirect` and `nocache`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub switches: BTreeMap<String, bool>,
    /// The cookie is the program's own: how much of it counts, and how long it is remembered, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_program: Option<ProgramCookie>,
}

/// How a balancer's cookie is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CookieMode {
    /// The balancer adds it.
    Insert,
    /// The balancer writes over the program's.
    Rewrite,
    /// The balancer writes before the program's.
    Prefix,
}

/// A cookie that the program sets and the balancer remembers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgramCookie {
    /// Characters of it that count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u32>,
    /// How long it is remembered, milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
}
