//! Which rights over its host a container asks for.

use muster_model::desired::{ContainerSpec, MountSource, StackSpec, VolumeSpec};

/// Kinds of file systems that the engine's own volume driver mounts from elsewhere, or from memory.
const NOT_OF_THE_HOST: &[&str] = &["tmpfs", "nfs", "nfs4", "cifs", "smb3"];

/// Rights over hosts that a stack asks for, as `service: privileged`; empty for one whose containers stay in their place.
pub fn host_rights(spec: &StackSpec) -> Vec<String> {
    let services = spec.services.iter();
    let containers =
        services.flat_map(|(name, service)| service.unit.containers().map(move |(_, one)| (name, one)));
    containers
        .flat_map(|(name, one)| {
            of_container(one)
                .into_iter()
                .map(move |right| format!("{name}: {right}"))
        })
        .chain(volumes(spec))
        .collect()
}

/// Volumes that show a path or a disk of the host.
fn volumes(spec: &StackSpec) -> impl Iterator<Item = String> {
    let shows = spec.volumes.iter().filter(|(_, volume)| shows_host(volume));
    shows.map(|(name, volume)| {
        let device = volume.options.get("device").map_or("", String::as_str);
        format!("volume {name}: host path {device}")
    })
}

/// The engine's own driver mounts whatever its options say; what other drivers do is theirs.
fn shows_host(volume: &VolumeSpec) -> bool {
    if volume.driver.as_deref().is_some_and(|driver| driver != "local") {
        return false;
    }
    let option = |name: &str| volume.options.get(name).map(String::as_str);
    let mounts = ["type", "o", "device"].iter().any(|name| option(name).is_some());
    let binds = option("o").is_some_and(|words| words.split(',').any(|word| word.ends_with("bind")));
    let elsewhere = option("type").is_some_and(|kind| NOT_OF_THE_HOST.contains(&kind));
    mounts && (binds || !elsewhere)
}

fn of_container(container: &ContainerSpec) -> Vec<String> {
    let mut rights = Vec::new();
    if container.privileged {
        rights.push("privileged".to_owned());
    }
    let mut add = |right: &str, values: &[String]| {
        if !values.is_empty() {
            rights.push(format!("{right} {}", values.join(" ")));
        }
    };
    add("cap_add", &container.cap_add);
    add("devices", &container.devices);
    add("device_cgroup_rules", &container.device_cgroup_rules);
    add("security_opt", &container.security_opt);
    add("runtime", container.runtime.as_slice());
    add("cgroup_parent", container.cgroup_parent.as_slice());
    if !container.device_requests.is_empty() {
        rights.push("devices of a driver".to_owned());
    }
    let shared = container
        .namespaces
        .iter()
        .filter(|(_, mode)| !matches!(mode.as_str(), "private" | "none" | "shareable" | "primary"));
    rights.extend(shared.map(|(kind, mode)| format!("{kind} {mode}")));
    rights.extend(container.mounts.iter().filter_map(|mount| match &mount.source {
        MountSource::Bind { path, .. } => Some(format!("host path {path}")),
        _ => None,
    }));
    rights
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use muster_model::desired::{DeviceRequest, ImageRef, Mount, ServiceSpec};

    use super::*;

    fn stack(change: impl FnOnce(&mut ContainerSpec)) -> StackSpec {
        let mut primary = ContainerSpec::new(ImageRef::parse("muster/whoami").unwrap());
        change(&mut primary);
        let service = ServiceSpec::new(primary);
        StackSpec {
            services: [("web".parse().unwrap(), Arc::new(service))].into(),
            ..StackSpec::default()
        }
    }

    #[test]
    fn volumes_that_show_the_host_are_seen() {
        let rights = |options: &[(&str, &str)]| {
            let options = options
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
            let volume = VolumeSpec {
                options: options.collect(),
                ..VolumeSpec::default()
            };
            let mut stack = stack(|_| {});
            stack.volumes.insert("data".parse().unwrap(), volume);
            host_rights(&stack).len()
        };
        assert_eq!(rights(&[]), 0);
        assert_eq!(rights(&[("size", "1g")]), 0);
        assert_eq!(
            rights(&[("type", "tmpfs"), ("device", "tmpfs"), ("o", "uid=5")]),
            0
        );
        assert_eq!(
            rights(&[("type", "nfs"), ("device", ":/a"), ("o", "addr=10.0.0.1")]),
            0
        );
        assert_eq!(rights(&[("type", "none"), ("device", "/etc"), ("o", "bind")]), 1);
        assert_eq!(
            rights(&[("type", "tmpfs"), ("device", "/etc"), ("o", "ro,rbind")]),
            1
        );
        assert_eq!(rights(&[("type", "ext4"), ("device", "/dev/sda1")]), 1);
        let lower = [("type", "overlay"), ("device", "overlay"), ("o", "lowerdir=/etc")];
        assert_eq!(rights(&lower), 1);
    }

    #[test]
    fn every_way_out_of_the_container_is_seen() {
        assert!(host_rights(&stack(|_| {})).is_empty());
        let none = stack(|c| drop(c.namespaces.insert("network".to_owned(), "none".to_owned())));
        assert!(host_rights(&none).is_empty());
        for mode in ["primary", "shareable"] {
            let ipc = stack(|c| drop(c.namespaces.insert("ipc".to_owned(), mode.to_owned())));
            assert!(host_rights(&ipc).is_empty());
        }
        let ways: [fn(&mut ContainerSpec); 10] = [
            |c| c.privileged = true,
            |c| c.cap_add = vec!["SYS_ADMIN".to_owned()],
            |c| c.devices = vec!["/dev/sda:/dev/sda:rwm".to_owned()],
            |c| c.device_cgroup_rules = vec!["a *:* rwm".to_owned()],
            |c| c.device_requests = vec![DeviceRequest::default()],
            |c| c.runtime = Some("other".to_owned()),
            |c| c.cgroup_parent = Some("/".to_owned()),
            |c| c.security_opt = vec!["seccomp=unconfined".to_owned()],
            |c| drop(c.namespaces.insert("pid".to_owned(), "host".to_owned())),
            |c| {
                let source = MountSource::Bind {
                    path: "/".to_owned(),
                    create: false,
                };
                c.mounts.push(Mount::new("/host", source));
            },
        ];
        for way in ways {
            assert_eq!(host_rights(&stack(way)).len(), 1);
        }
    }
}
