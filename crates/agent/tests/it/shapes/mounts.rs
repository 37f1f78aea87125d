use serde_json::json;

use super::{Shape, shape};

pub fn shapes() -> Vec<Shape> {
    let mut all = volumes();
    all.extend(host_paths());
    all.extend(memory());
    all.extend(files());
    all
}

fn volumes() -> Vec<Shape> {
    let named = "volumes: {data: {driver: local, labels: {a: b}}}\n";
    vec![
        shape("volumes", "volumes: ['data:/data']")
            .rest(named)
            .is("/Mounts/0", json!({"Type": "volume", "Name": "VOLUME", "Destination": "/data", "RW": true}))
            .volume_is("/Labels", json!({"a": "b"})),
        shape("volumes", "volumes: [/data]").is("/Mounts/0", json!({"Type": "volume", "Destination": "/data", "RW": true})),
        shape("volumes", "volumes: ['data:/data:ro,z']")
            .rest(named)
            .is("/HostConfig/Binds", json!(["VOLUME:/data:ro,z"]))
            .is("/Mounts/0", json!({"Type": "volume", "Name": "VOLUME", "RW": false})),
        shape(
            "volumes[].type volumes[].source volumes[].target volumes[].read_only volumes[].volume volumes[].volume.nocopy",
            "volumes: [{type: volume, source: data, target: /data, read_only: true, volume: {nocopy: true}}]",
        )
        .rest(named)
        .is(
            "/HostConfig/Mounts/0",
            json!({"Type": "volume", "Source": "VOLUME", "Target": "/data", "ReadOnly": true, "VolumeOptions": {"NoCopy": true}}),
        ),
        shape(
            "volumes[].volume.labels",
            "volumes: [{type: volume, source: data, target: /data, volume: {labels: {c: d}}}, {type: volume, target: /own, volume: {labels: [e=f]}}]",
        )
        .rest("volumes: {data: {labels: [a=b]}}\n")
        .is("/HostConfig/Mounts/1/VolumeOptions/Labels", json!({"e": "f"}))
        .volume_is("/Labels", json!({"a": "b", "c": "d"})),
        shape(
            "volumes[].volume.subpath",
            "volumes: [{type: volume, source: data, target: /data, volume: {subpath: a}}]",
        )
        .rest(named)
        .refused("Docker 26"),
        shape("volume_driver", "volumes: ['data:/data']\nvolume_driver: local").volume_is("/Driver", "local"),
        shape("volumes_from", "volumes_from: ['log:ro']\nlabels: {io.rancher.sidekicks: log}")
            .rest("  log:\n    image: IMAGE\n    volumes: ['data:/logs']\nvolumes: {data: }\n")
            .is("/Mounts/0", json!({"Type": "volume", "Name": "VOLUME", "Destination": "/logs", "RW": false})),
        shape("storage_opt", "storage_opt: {size: 1G}").refused("storage-opt"),
    ]
}

fn host_paths() -> Vec<Shape> {
    vec![
        shape("volumes", "volumes: ['HOST/new:/data:ro,rslave']")
            .is("/HostConfig/Binds", json!(["HOST/new:/data:ro,rslave"]))
            .is("/Mounts/0", json!({"Type": "bind", "Source": "HOST/new", "Destination": "/data", "RW": false, "Propagation": "rslave"})),
        shape("volumes", "volumes: ['HOST/new:/data:Z']").is("/HostConfig/Binds", json!(["HOST/new:/data:rw,Z"])),
        shape(
            "volumes[].bind volumes[].bind.propagation volumes[].bind.create_host_path",
            "volumes: [{type: bind, source: HOST, target: /data, bind: {propagation: rslave, create_host_path: false}}]",
        )
        .is(
            "/HostConfig/Mounts/0",
            json!({"Type": "bind", "Source": "HOST", "Target": "/data", "BindOptions": {"Propagation": "rslave"}}),
        ),
        shape(
            "volumes[].bind.create_host_path",
            "volumes: [{type: bind, source: HOST/not-there, target: /data, bind: {create_host_path: false}}]",
        )
        .refused("HOST/not-there"),
        shape("volumes[].bind.selinux", "volumes: [{type: bind, source: HOST, target: /data, bind: {selinux: z}}]")
            .is("/HostConfig/Binds", json!(["HOST:/data:rw,z"])),
        shape(
            "volumes[].bind.recursive",
            "volumes: [{type: bind, source: HOST, target: /data, bind: {recursive: disabled}}]\ncommand: [sleep, '1000']",
        )
        .started()
        .is("/HostConfig/Mounts/0/BindOptions/NonRecursive", true),
        shape(
            "volumes[].bind.recursive",
            "volumes: [{type: bind, source: HOST, target: /data, read_only: true, bind: {recursive: readonly}}]",
        )
        .refused("Docker 25"),
    ]
}

fn memory() -> Vec<Shape> {
    vec![
        shape(
            "volumes[].tmpfs volumes[].tmpfs.size volumes[].tmpfs.mode",
            "volumes: [{type: tmpfs, target: /data, tmpfs: {size: 1m, mode: 0770}}]",
        )
        .is(
            "/HostConfig/Mounts/0",
            json!({"Type": "tmpfs", "Target": "/data", "TmpfsOptions": {"SizeBytes": 1 << 20, "Mode": 0o770}}),
        ),
        shape("tmpfs", "tmpfs: ['/run:size=2m,mode=1770', /tmp]").is(
            "/HostConfig/Mounts",
            json!([
                {"Type": "tmpfs", "Target": "/run", "TmpfsOptions": {"SizeBytes": 2 << 20, "Mode": 0o1770}},
                {"Type": "tmpfs", "Target": "/tmp"},
            ]),
        ),
        shape("tmpfs", "tmpfs: '/run:size=2m,uid=5,exec'\ncommand: [sleep, '1000']")
            .started()
            .is("/HostConfig/Tmpfs", json!({"/run": "size=2097152,uid=5,exec"})),
    ]
}

fn files() -> Vec<Shape> {
    let sections = "secrets: {key: {file: key.txt}}\nconfigs: {app: {content: debug}}\n";
    let beside = &[("key.txt", "sesame")];
    vec![
        shape("secrets configs", "secrets: [key]\nconfigs: [app]")
            .rest(sections)
            .beside(beside)
            .is(
                "/Mounts",
                json!(["…",
                    {"Type": "bind", "Destination": "/run/secrets/key", "RW": false},
                    {"Type": "bind", "Destination": "/app", "RW": false},
                ]),
            ),
        shape(
            "secrets[].uid secrets[].gid secrets[].mode configs[].uid configs[].gid configs[].mode",
            "secrets: [{source: key, uid: '5', gid: '6', mode: 0400}]\nconfigs: [{source: app, uid: '7', gid: '8', mode: 0440}]",
        )
        .rest(sections)
        .beside(beside)
        .file_is(0, (5, 6, 0o400))
        .file_is(1, (7, 8, 0o440)),
        shape(
            "secrets[].source secrets[].target configs[].source configs[].target",
            "secrets: [{source: key, target: /etc/key}]\nconfigs: [{source: app, target: /etc/app}]",
        )
        .rest(sections)
        .beside(beside)
        .is("/Mounts", json!(["…", {"Destination": "/etc/key"}, {"Destination": "/etc/app"}])),
    ]
}
