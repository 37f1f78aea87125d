//! Labels `io.rancher.*` that come in families: of Rancher's own services, and those that Rancher sets itself.

/// Families of labels that are not acted on.
pub(super) const FAMILIES: &[(&str, &str)] = &[
    (
        "io.rancher.container.agent",
        "the platform does this itself; no container provides it",
    ),
    (
        "io.rancher.internal.service.",
        "the platform does this itself; no container provides it",
    ),
    ("io.rancher.network.", "the network is the platform's own"),
    ("io.rancher.cni.", "the network is the platform's own"),
    (
        "io.rancher.websocket.",
        "the platform does this itself; no container provides it",
    ),
    ("io.rancher.k8s.", "the platform runs no Kubernetes"),
    ("io.rancher.vm.", "only containers are run, no virtual machines"),
    ("io.rancher.host.", "it is a label of hosts, not of containers"),
    (
        "io.rancher.scheduler.require_any",
        "it is a label of hosts, not of containers",
    ),
    (
        "io.rancher.scheduler.ips",
        "it is a label of hosts, not of containers",
    ),
];

/// Labels that Rancher sets itself; in a file they are somebody's export.
pub(super) const SET_BY_RANCHER: &[&str] = &[
    "io.rancher.stack.",
    "io.rancher.stack_service.",
    "io.rancher.project.",
    "io.rancher.project_service.",
    "io.rancher.service.deployment.",
    "io.rancher.service.launch.",
    "io.rancher.service.primary.",
    "io.rancher.service.requested.",
    "io.rancher.service.hash",
    "io.rancher.environment.uuid",
    "io.rancher.container.uuid",
    "io.rancher.container.name",
    "io.rancher.container.ip",
    "io.rancher.container.mac_address",
];
