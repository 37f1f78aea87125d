//! From what a unit is to run to the body of the engine's create.

mod host;
mod mounts;
mod resources;
mod since;

use std::collections::HashMap;
use std::time::Duration;

use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HealthConfig, NetworkingConfig,
};
use muster_model::desired::{Healthcheck, HealthcheckTest};
use muster_model::limits::NAME_BYTES_MAX;
use muster_model::link::UnitAssignment;

use crate::engine::CreateContainer;
use crate::engine::labels::{all_labels, container_title};

pub(super) use since::refusal;

/// The whole body. Public so that a benchmark can give an engine exactly the same work without the agent.
pub fn body(create: &CreateContainer) -> ContainerCreateBody {
    let spec = &create.spec;
    let list = |words: &[String]| (!words.is_empty()).then(|| words.to_vec());
    ContainerCreateBody {
        hostname: hostname(create),
        domainname: spec.domainname.clone(),
        user: spec.user.clone(),
        exposed_ports: list(&exposed(create)),
        tty: Some(spec.tty),
        open_stdin: Some(spec.stdin_open),
        env: list(&environment(create)),
        cmd: spec.command.clone(),
        healthcheck: spec.healthcheck.as_ref().map(healthcheck),
        image: Some(spec.image.tagged()),
        working_dir: spec.working_dir.clone(),
        entrypoint: spec.entrypoint.clone(),
        labels: Some(
            all_labels(&create.owner, &create.unit, &spec.labels)
                .into_iter()
                .collect(),
        ),
        stop_signal: spec.stop_signal.clone(),
        stop_timeout: Some(seconds(spec.stop_grace())),
        host_config: Some(host::host_config(create)),
        networking_config: endpoint(create),
        ..ContainerCreateBody::default()
    }
}

/// Whether it has a network of its own to be configured, rather than another's, the host's or none.
fn owns_network(create: &CreateContainer) -> bool {
    create.primary().is_none() && create.spec.on_managed_network()
}

fn hostname(create: &CreateContainer) -> Option<String> {
    if !owns_network(create) {
        // With another's network comes its host name; the engine refuses a second one.
        let may = create.primary().is_none()
            && !network_mode(create).is_some_and(|mode| mode.starts_with("container:"));
        return create.spec.hostname.clone().filter(|_| may);
    }
    create.spec.hostname.clone().or_else(|| {
        // With the host's names comes its host name; the engine refuses another.
        if create.spec.namespaces.contains_key("uts") {
            return None;
        }
        let title = container_title(&create.unit, create.sidekick());
        let plain: String = title
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        // The number at the end is what tells two of them apart.
        let cut = plain.len().saturating_sub(NAME_BYTES_MAX);
        Some(plain[cut..].trim_start_matches('-').to_owned())
    })
}

fn network_mode(create: &CreateContainer) -> Option<String> {
    if let Some(primary) = create.primary() {
        return Some(format!("container:{primary}"));
    }
    let own = create.spec.namespaces.get("network").cloned();
    own.or_else(|| create.unit.network.as_ref().map(|network| network.name.clone()))
}

fn endpoint(create: &CreateContainer) -> Option<NetworkingConfig> {
    let network = create.unit.network.as_ref().filter(|_| owns_network(create))?;
    let settings = EndpointSettings {
        ipam_config: Some(EndpointIpamConfig {
            ipv4_address: Some(network.address.to_string()),
            ..EndpointIpamConfig::default()
        }),
        mac_address: create.spec.mac_address.clone(),
        aliases: Some(aliases(&create.unit)),
        ..EndpointSettings::default()
    };
    Some(NetworkingConfig {
        endpoints_config: Some(HashMap::from([(network.name.clone(), settings)])),
    })
}

/// The engine's resolver answers these names until the platform's own does: see docs/decisions/0006.
fn aliases(unit: &UnitAssignment) -> Vec<String> {
    let mut aliases = vec![
        format!("{}.{}", unit.service, unit.stack),
        format!("{}.{}.{}", unit.service, unit.stack, unit.environment),
        container_title(unit, None),
    ];
    let sidekicks = unit.containers.iter().filter_map(|part| part.sidekick.as_ref());
    aliases.extend(sidekicks.map(|sidekick| format!("{sidekick}.{}", unit.stack)));
    let said = unit.containers.iter().flat_map(|part| &part.spec.aliases);
    aliases.extend(said.map(|alias| match alias.contains('.') {
        true => alias.clone(),
        false => format!("{alias}.{}", unit.stack),
    }));
    aliases
}

/// The hardware address, for engines that know it only as the container's. They ignore an endpoint's.
pub(super) fn mac_address(create: &CreateContainer) -> Option<&str> {
    let managed = create.unit.network.is_some() && owns_network(create);
    create.spec.mac_address.as_deref().filter(|_| managed)
}

fn environment(create: &CreateContainer) -> Vec<String> {
    create
        .spec
        .environment
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect()
}

fn exposed(create: &CreateContainer) -> Vec<String> {
    if !owns_network(create) {
        return Vec::new();
    }
    let published = create
        .unit
        .ports
        .iter()
        .map(|port| format!("{}/{}", port.container_port, port.protocol));
    let said = create
        .spec
        .expose
        .iter()
        .map(|(port, protocol)| format!("{port}/{protocol}"));
    let mut all: Vec<_> = published
        .filter(|_| create.sidekick().is_none())
        .chain(said)
        .collect();
    all.sort();
    all.dedup();
    all
}

fn healthcheck(check: &Healthcheck) -> HealthConfig {
    let words = |first: &str, rest: &[String]| {
        std::iter::once(first.to_owned())
            .chain(rest.iter().cloned())
            .collect()
    };
    let nanoseconds =
        |ms: Option<u64>| ms.map(|ms| i64::try_from(ms.saturating_mul(1_000_000)).unwrap_or(i64::MAX));
    HealthConfig {
        test: Some(match &check.test {
            HealthcheckTest::Disabled => vec!["NONE".to_owned()],
            HealthcheckTest::OfImage => Vec::new(),
            HealthcheckTest::Command(command) => words("CMD", command),
            HealthcheckTest::Shell(line) => vec!["CMD-SHELL".to_owned(), line.clone()],
        }),
        interval: nanoseconds(check.interval_ms),
        timeout: nanoseconds(check.timeout_ms),
        retries: check.retries.map(i64::from),
        start_period: nanoseconds(check.start_period_ms),
        start_interval: nanoseconds(check.start_interval_ms),
    }
}

fn seconds(length: Duration) -> i64 {
    i64::try_from(length.as_millis().div_ceil(1_000)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use muster_model::desired::{Below, Mount, MountSource};
    use muster_model::link::{ContainerAssignment, NetworkAttachment};
    use muster_model::{HostId, NetworkId};

    use serde_json::json;

    use super::*;
    use crate::engine::Owner;
    use crate::testing;

    fn create(sidekick: Option<&str>) -> CreateContainer {
        let mut unit = testing::unit(1);
        let log = "log".parse().unwrap();
        unit.containers.push(ContainerAssignment {
            sidekick: Some(log),
            spec: Arc::new(testing::spec("log")),
        });
        unit.network = Some(NetworkAttachment {
            network: NetworkId::new(1, 1),
            name: "managed".to_owned(),
            address: "10.42.1.1".parse().unwrap(),
        });
        let sidekick = sidekick.map(|name| name.parse().unwrap());
        CreateContainer {
            owner: Owner::of("p", HostId::new(1, 1), &unit, sidekick.as_ref()),
            spec: unit.containers[usize::from(sidekick.is_some())].spec.clone(),
            unit: Arc::new(unit),
            files: vec![],
        }
    }

    #[test]
    fn a_primary_has_its_address_and_names() {
        let body = body(&create(None));
        let endpoints = body.networking_config.unwrap().endpoints_config.unwrap();
        let endpoint = &endpoints["managed"];
        assert_eq!(
            endpoint.ipam_config.as_ref().unwrap().ipv4_address.as_deref(),
            Some("10.42.1.1")
        );
        let aliases = endpoint.aliases.clone().unwrap();
        assert_eq!(
            aliases,
            ["web.shop", "web.shop.default", "shop-web-1", "log.shop"]
        );
        let host = body.host_config.unwrap();
        assert_eq!(host.dns_search.unwrap(), ["shop"]);
        assert_eq!(host.dns_options.unwrap(), ["ndots:1"]);
        assert_eq!(host.network_mode.as_deref(), Some("managed"));
        assert_eq!(body.hostname.as_deref(), Some("shop-web-1"));
    }

    #[test]
    fn names_and_a_hardware_address_of_ones_own() {
        let mut create = create(None);
        let spec = Arc::make_mut(&mut create.spec);
        spec.mac_address = Some("02:42:0a:00:00:05".to_owned());
        let unit = Arc::make_mut(&mut create.unit);
        Arc::make_mut(&mut unit.containers[0].spec).aliases = vec!["front".to_owned()];
        // A sidekick is found where its primary is.
        Arc::make_mut(&mut unit.containers[1].spec).aliases = vec!["a.example.com".to_owned()];
        let endpoints = body(&create).networking_config.unwrap().endpoints_config.unwrap();
        let aliases = endpoints["managed"].aliases.clone().unwrap();
        assert_eq!(aliases[4..], ["front.shop", "a.example.com"]);
        let address = Some("02:42:0a:00:00:05");
        assert_eq!(endpoints["managed"].mac_address.as_deref(), address);
        assert_eq!(mac_address(&create), address);
        let spec = Arc::make_mut(&mut create.spec);
        spec.namespaces.insert("network".to_owned(), "host".to_owned());
        assert_eq!(mac_address(&create), None);
    }

    /// What the tests' engine and kernel pass over or refuse.
    #[test]
    fn what_newer_engines_and_kernels_take() {
        let map = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let mut create = create(None);
        let spec = Arc::make_mut(&mut create.spec);
        spec.annotations = map("a", "b");
        spec.storage_opt = map("size", "1G");
        spec.healthcheck = Some(Healthcheck {
            test: HealthcheckTest::Disabled,
            interval_ms: None,
            timeout_ms: None,
            retries: None,
            start_period_ms: None,
            start_interval_ms: Some(500),
        });
        spec.resources.realtime_period_us = Some(1_000);
        spec.resources.realtime_runtime_us = Some(500);
        spec.resources.swappiness = Some(0);
        spec.resources.oom_kill_disable = true;
        spec.resources.disks.weight = Some(300);
        spec.resources.disks.weights = [("/dev/sda".to_owned(), 400)].into();
        let volume = MountSource::Volume("data".parse().unwrap());
        let part = Some("a/b".to_owned());
        spec.mounts.push(Mount {
            subpath: part.clone(),
            ..Mount::new("/data", volume)
        });
        for below in [Below::Hidden, Below::Writable, Below::ReadOnly] {
            let source = MountSource::Bind {
                path: "/srv".to_owned(),
                create: true,
            };
            spec.mounts.push(Mount {
                below: Some(below),
                ..Mount::new("/srv", source)
            });
        }
        let body = serde_json::to_value(body(&create)).unwrap();
        let host = &body["HostConfig"];
        assert_eq!(host["Annotations"], json!({"a": "b"}));
        assert_eq!(host["StorageOpt"], json!({"size": "1G"}));
        assert_eq!(body["Healthcheck"]["StartInterval"], 500_000_000);
        assert_eq!(
            (&host["CpuRealtimePeriod"], &host["CpuRealtimeRuntime"]),
            (&json!(1_000), &json!(500))
        );
        assert_eq!(host["MemorySwappiness"], 0);
        assert_eq!(host["OomKillDisable"], true);
        assert_eq!(host["BlkioWeight"], 300);
        assert_eq!(
            host["BlkioWeightDevice"],
            json!([{"Path": "/dev/sda", "Weight": 400}])
        );
        assert_eq!(host["Mounts"][0]["VolumeOptions"]["Subpath"], "a/b");
        let made = |key: &str| json!({key: true, "CreateMountpoint": true});
        for (at, key) in [
            (1, "NonRecursive"),
            (2, "ReadOnlyNonRecursive"),
            (3, "ReadOnlyForceRecursive"),
        ] {
            assert_eq!(host["Mounts"][at]["BindOptions"], made(key));
        }
    }

    #[test]
    fn a_sidekick_lives_in_its_primarys_network() {
        let body = body(&create(Some("log")));
        assert_eq!(body.networking_config, None);
        assert_eq!(body.hostname, None);
        let host = body.host_config.unwrap();
        assert_eq!(host.network_mode.as_deref(), Some("container:unit-1-1-1"));
        assert_eq!(
            (host.dns_search, host.dns_options, host.port_bindings),
            (None, None, None)
        );
    }

    #[test]
    fn one_with_the_hosts_names_gets_none() {
        let mut create = create(None);
        let spec = Arc::make_mut(&mut create.spec);
        spec.namespaces.insert("uts".to_owned(), "host".to_owned());
        assert_eq!(body(&create).hostname, None);
    }

    #[test]
    fn long_titles_keep_their_numbers() {
        let mut create = create(None);
        Arc::make_mut(&mut create.unit).service = "s".repeat(63).parse().unwrap();
        let hostname = hostname(&create).unwrap();
        assert!(
            hostname.len() <= NAME_BYTES_MAX && hostname.ends_with("-1"),
            "{hostname}"
        );
    }
}
