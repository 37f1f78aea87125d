use std::collections::{BTreeMap, HashMap};

use bollard::models::{
    HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, PortBinding, PortMap, ResourcesUlimits,
    RestartPolicy, RestartPolicyNameEnum,
};
use muster_model::desired::ContainerSpec;

use super::mounts::{binds, mounts, tmpfs};
use super::resources::resources;
use super::{network_mode, owns_network};
use crate::engine::CreateContainer;
use crate::engine::labels::container_name;

/// What the container may use of the host and how it is cut off from it.
pub(super) fn host_config(create: &CreateContainer) -> HostConfig {
    let spec = &create.spec;
    let resolves = !shares_network(create);
    HostConfig {
        binds: some_list(binds(create)),
        mounts: some_list(mounts(create)),
        tmpfs: some_map(&tmpfs(create)),
        runtime: spec.runtime.clone(),
        annotations: some_map(&spec.annotations),
        network_mode: network_mode(create),
        port_bindings: port_bindings(create),
        // The agent restarts: an engine that comes up must not start what was moved elsewhere meanwhile.
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        log_config: log_config(spec),
        cap_add: some_list(spec.cap_add.clone()),
        cap_drop: some_list(spec.cap_drop.clone()),
        dns: some_list(spec.dns.clone()).filter(|_| resolves),
        dns_search: some_list(dns_search(create)).filter(|_| resolves),
        dns_options: some_list(dns_options(create)).filter(|_| resolves),
        extra_hosts: some_list(extra_hosts(spec)).filter(|_| resolves),
        group_add: some_list(spec.group_add.clone()),
        privileged: Some(spec.privileged),
        readonly_rootfs: Some(spec.read_only),
        init: spec.init,
        security_opt: some_list(spec.security_opt.clone()),
        sysctls: some_map(&spec.sysctls),
        ulimits: some_list(ulimits(spec)),
        pid_mode: namespace(create, "pid"),
        ipc_mode: namespace(create, "ipc"),
        uts_mode: namespace(create, "uts"),
        userns_mode: namespace(create, "userns"),
        cgroupns_mode: spec.namespaces.get("cgroup").and_then(|mode| cgroup_mode(mode)),
        ..resources(spec)
    }
}

fn namespace(create: &CreateContainer, which: &str) -> Option<String> {
    match create.spec.namespaces.get(which)?.as_str() {
        "primary" => {
            let (unit, generation) = (create.owner.unit, create.owner.generation);
            Some(format!("container:{}", container_name(unit, generation, None)))
        }
        mode => Some(mode.to_owned()),
    }
}

fn port_bindings(create: &CreateContainer) -> Option<PortMap> {
    if create.sidekick().is_some() || !owns_network(create) || create.unit.ports.is_empty() {
        return None;
    }
    let mut map = PortMap::new();
    for port in &create.unit.ports {
        let binding = PortBinding {
            host_ip: port.host_ip.map(|ip| ip.to_string()),
            host_port: Some(port.host_port.to_string()),
        };
        let bindings = map
            .entry(format!("{}/{}", port.container_port, port.protocol))
            .or_default();
        bindings.get_or_insert_default().push(binding);
    }
    Some(map)
}

/// The stack's own name after what the file says: `db` is then this stack's `db`.
fn dns_search(create: &CreateContainer) -> Vec<String> {
    let own = owns_network(create).then(|| create.unit.stack.to_string());
    create.spec.dns_search.iter().cloned().chain(own).collect()
}

/// One dot is enough for a name to be tried as it stands first; the engine's own default tries every name so.
fn dns_options(create: &CreateContainer) -> Vec<String> {
    let mut options = create.spec.dns_opt.clone();
    if owns_network(create) && !options.iter().any(|option| option.starts_with("ndots:")) {
        options.push("ndots:1".to_owned());
    }
    options
}

/// Whether it lives in another container's network, whose resolver and names it then has.
fn shares_network(create: &CreateContainer) -> bool {
    network_mode(create).is_some_and(|mode| mode.starts_with("container:"))
}

fn extra_hosts(spec: &ContainerSpec) -> Vec<String> {
    let lines = spec.extra_hosts.iter();
    lines.map(|(name, address)| format!("{name}:{address}")).collect()
}

fn log_config(spec: &ContainerSpec) -> Option<HostConfigLogConfig> {
    spec.logging.as_ref().map(|logging| HostConfigLogConfig {
        typ: Some(logging.driver.clone()),
        config: some_map(&logging.options),
    })
}

fn ulimits(spec: &ContainerSpec) -> Vec<ResourcesUlimits> {
    let limits = spec.ulimits.iter().map(|(name, limit)| ResourcesUlimits {
        name: Some(name.clone()),
        soft: Some(limit.soft),
        hard: Some(limit.hard),
    });
    limits.collect()
}

fn cgroup_mode(mode: &str) -> Option<HostConfigCgroupnsModeEnum> {
    match mode {
        "host" => Some(HostConfigCgroupnsModeEnum::HOST),
        "private" => Some(HostConfigCgroupnsModeEnum::PRIVATE),
        _ => None,
    }
}

pub(super) fn some_list<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

pub(super) fn some_map(map: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!map.is_empty()).then(|| map.clone().into_iter().collect())
}
