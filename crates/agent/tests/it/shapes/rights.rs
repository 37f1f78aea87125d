use serde_json::json;

use super::{Shape, shape};

pub fn shapes() -> Vec<Shape> {
    vec![
        shape("privileged", "privileged: true").is("/HostConfig/Privileged", true),
        shape(
            "cap_add cap_drop security_opt",
            "cap_add: [NET_ADMIN]\ncap_drop: [ALL]\nsecurity_opt: ['no-new-privileges:true']",
        )
        .is("/HostConfig/CapAdd", json!(["NET_ADMIN"]))
        .is("/HostConfig/CapDrop", json!(["ALL"]))
        .is("/HostConfig/SecurityOpt", json!(["no-new-privileges:true"])),
        shape(
            "pid ipc uts userns_mode cgroup",
            "command: [sleep, '1000']\npid: host\nipc: shareable\nuts: host\nuserns_mode: host\ncgroup: private",
        )
        .started()
        .is("/HostConfig/PidMode", "host")
        .is("/HostConfig/IpcMode", "shareable")
        .is("/HostConfig/UTSMode", "host")
        .is("/HostConfig/UsernsMode", "host")
        .is("/HostConfig/CgroupnsMode", "private"),
        shape(
            "pid ipc network_mode",
            "command: [sleep, '1000']\nlabels: {io.rancher.sidekicks: log}",
        )
        .rest("  log:\n    image: IMAGE\n    pid: service:web\n    ipc: service:web\n    network_mode: service:web\n    command: [sleep, '1000']\n")
        .started()
        .is("/HostConfig/IpcMode", "shareable")
        .sidekick_is("/HostConfig/PidMode", "container:PRIMARY")
        .sidekick_is("/State/Running", true),
        shape("cgroup_parent device_cgroup_rules", "cgroup_parent: /batch\ndevice_cgroup_rules: ['c 1:3 mr']")
            .is("/HostConfig/CgroupParent", "/batch")
            .is("/HostConfig/DeviceCgroupRules", json!(["c 1:3 mr"])),
        shape("devices", "devices: ['/dev/null:/dev/zilch:r']").is(
            "/HostConfig/Devices",
            json!([{"PathOnHost": "/dev/null", "PathInContainer": "/dev/zilch", "CgroupPermissions": "r"}]),
        ),
        shape(
            "devices[].source devices[].target devices[].permissions",
            "devices: [{source: /dev/null, target: /dev/zilch, permissions: rw}]",
        )
        .is(
            "/HostConfig/Devices",
            json!([{"PathOnHost": "/dev/null", "PathInContainer": "/dev/zilch", "CgroupPermissions": "rw"}]),
        ),
        // Nothing here gives such devices, so these cannot be started.
        shape("devices", "devices: ['vendor.com/gpu=0']")
            .is("/HostConfig/DeviceRequests/0", json!({"Driver": "cdi", "DeviceIDs": ["vendor.com/gpu=0"]})),
        shape("gpus", "gpus: all")
            .is("/HostConfig/DeviceRequests/0", json!({"Count": -1, "Capabilities": [["gpu"]]})),
        shape("gpus", "gpus: all\ncommand: [sleep, '1000']").started().refused("[[gpu]]"),
        shape(
            "gpus[].driver gpus[].count gpus[].capabilities gpus[].options gpus[].device_ids",
            "gpus: [{driver: nvidia, count: 2, capabilities: [utility], options: {a: b}}, {device_ids: ['7']}]",
        )
        .is(
            "/HostConfig/DeviceRequests/0",
            json!({"Driver": "nvidia", "Count": 2, "Capabilities": [["utility", "gpu"]], "Options": {"a": "b"}}),
        )
        .is("/HostConfig/DeviceRequests/1", json!({"DeviceIDs": ["7"], "Capabilities": [["gpu"]]})),
        shape(
            "deploy.resources.reservations.devices deploy.resources.reservations.devices[].driver deploy.resources.reservations.devices[].count deploy.resources.reservations.devices[].capabilities deploy.resources.reservations.devices[].options deploy.resources.reservations.devices[].device_ids",
            "deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu], options: {a: b}}, {device_ids: ['7'], capabilities: [gpu]}]}}}",
        )
        .is(
            "/HostConfig/DeviceRequests/0",
            json!({"Driver": "nvidia", "Count": 1, "Capabilities": [["gpu"]], "Options": {"a": "b"}}),
        )
        .is("/HostConfig/DeviceRequests/1", json!({"DeviceIDs": ["7"]})),
    ]
}
