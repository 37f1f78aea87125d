use std::collections::BTreeMap;

use bollard::models::{
    DeviceMapping, DeviceRequest as EngineRequest, HostConfig, ResourcesBlkioWeightDevice, ThrottleDevice,
};
use muster_model::desired::{ContainerSpec, DeviceRequest, DiskLimits, Resources};

use super::host::{some_list, some_map};

/// What the container may use, and the devices that it gets.
pub(super) fn resources(spec: &ContainerSpec) -> HostConfig {
    HostConfig {
        devices: some_list(spec.devices.iter().map(|device| device_mapping(device)).collect()),
        device_cgroup_rules: some_list(spec.device_cgroup_rules.clone()),
        device_requests: some_list(spec.device_requests.iter().map(device_request).collect()),
        cgroup_parent: spec.cgroup_parent.clone(),
        storage_opt: some_map(&spec.storage_opt),
        ..limits(&spec.resources)
    }
}

fn limits(wanted: &Resources) -> HostConfig {
    HostConfig {
        memory: signed(wanted.memory),
        memory_reservation: signed(wanted.memory_reservation),
        memory_swap: wanted.memory_swap,
        memory_swappiness: wanted.swappiness.map(i64::from),
        nano_cpus: signed(wanted.milli_cpus.map(|milli| milli.saturating_mul(1_000_000))),
        cpu_shares: signed(wanted.cpu_shares),
        cpu_realtime_period: signed(wanted.realtime_period_us),
        cpu_realtime_runtime: signed(wanted.realtime_runtime_us),
        cpuset_cpus: wanted.cpuset.clone(),
        pids_limit: wanted.pids,
        shm_size: signed(wanted.shm_size),
        oom_score_adj: wanted.oom_score_adj.map(i64::from),
        oom_kill_disable: wanted.oom_kill_disable.then_some(true),
        ..disks(&wanted.disks)
    }
}

fn disks(wanted: &DiskLimits) -> HostConfig {
    let weights = wanted
        .weights
        .iter()
        .map(|(path, weight)| ResourcesBlkioWeightDevice {
            path: Some(path.clone()),
            weight: Some(usize::from(*weight)),
        });
    HostConfig {
        blkio_weight: wanted.weight,
        blkio_weight_device: some_list(weights.collect()),
        blkio_device_read_bps: throttles(&wanted.read_bps),
        blkio_device_write_bps: throttles(&wanted.write_bps),
        blkio_device_read_iops: throttles(&wanted.read_iops),
        blkio_device_write_iops: throttles(&wanted.write_iops),
        ..HostConfig::default()
    }
}

fn throttles(limits: &BTreeMap<String, u64>) -> Option<Vec<ThrottleDevice>> {
    let limits = limits.iter().map(|(path, rate)| ThrottleDevice {
        path: Some(path.clone()),
        rate: signed(Some(*rate)),
    });
    some_list(limits.collect())
}

fn signed(value: Option<u64>) -> Option<i64> {
    value.map(|value| i64::try_from(value).unwrap_or(i64::MAX))
}

/// `host path:container path:permissions`, of which the last two may be missing.
fn device_mapping(text: &str) -> DeviceMapping {
    let mut parts = text.splitn(3, ':').map(str::to_owned);
    let on_host = parts.next();
    let in_container = parts.next().or_else(|| on_host.clone());
    let permissions = parts.next().unwrap_or_else(|| "rwm".to_owned());
    DeviceMapping {
        path_on_host: on_host,
        path_in_container: in_container,
        cgroup_permissions: Some(permissions),
    }
}

fn device_request(wanted: &DeviceRequest) -> EngineRequest {
    EngineRequest {
        driver: wanted.driver.clone(),
        count: wanted.count,
        device_ids: some_list(wanted.ids.clone()),
        // The outer list is of alternatives.
        capabilities: some_list(wanted.capabilities.clone()).map(|all| vec![all]),
        options: some_map(&wanted.options),
    }
}
