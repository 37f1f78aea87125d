use std::collections::BTreeMap;

use bollard::models::{
    Mount as EngineMount, MountBindOptions, MountBindOptionsPropagationEnum, MountTmpfsOptions, MountType,
    MountVolumeOptions,
};
use muster_model::Name;
use muster_model::desired::{Below, Mount, MountSource, Relabel};

use super::host::some_map;
use crate::engine::CreateContainer;

/// Mounts that only the engine's old form can say: host paths that are to be made if they are missing (older engines
/// make none in the new form), and labels of SELinux. A path with a colon has no such form.
pub(super) fn binds(create: &CreateContainer) -> Vec<String> {
    let mounts = create.spec.mounts.iter();
    mounts.filter_map(|mount| bind(create, mount)).collect()
}

fn bind(create: &CreateContainer, mount: &Mount) -> Option<String> {
    let source = bind_source(create, mount)?;
    let mut options = vec![if mount.read_only { "ro" } else { "rw" }];
    options.extend(mount.propagation.as_deref());
    options.extend(mount.no_copy.then_some("nocopy"));
    options.extend(mount.relabel.map(|relabel| match relabel {
        Relabel::Shared => "z",
        Relabel::Private => "Z",
    }));
    Some(format!("{source}:{}:{}", mount.target, options.join(",")))
}

fn bind_source(create: &CreateContainer, mount: &Mount) -> Option<String> {
    if mount.target.contains(':') || mount.below.is_some() {
        return None;
    }
    match &mount.source {
        MountSource::Bind { path, create: true } if !path.contains(':') => Some(path.clone()),
        MountSource::Volume(name) if mount.relabel.is_some() => Some(volume_name(create, name)),
        _ => None,
    }
}

fn volume_name(create: &CreateContainer, name: &Name) -> String {
    let known = create.unit.volumes.get(name).cloned();
    known.unwrap_or_else(|| name.to_string())
}

/// Memory with options that mounts have no words for, by its place.
pub(super) fn tmpfs(create: &CreateContainer) -> BTreeMap<String, String> {
    let mounts = create.spec.mounts.iter();
    mounts.filter_map(tmpfs_options).collect()
}

fn tmpfs_options(mount: &Mount) -> Option<(String, String)> {
    let MountSource::Tmpfs { size, mode, options } = &mount.source else {
        return None;
    };
    if options.is_empty() {
        return None;
    }
    let said = size.map(|size| format!("size={size}"));
    let said = said.into_iter().chain(mode.map(|mode| format!("mode={mode:o}")));
    let all: Vec<_> = said.chain(options.iter().cloned()).collect();
    Some((mount.target.clone(), all.join(",")))
}

/// All other mounts, and the secrets and configs.
pub(super) fn mounts(create: &CreateContainer) -> Vec<EngineMount> {
    let others = create
        .spec
        .mounts
        .iter()
        .filter(|mount| bind_source(create, mount).is_none() && tmpfs_options(mount).is_none());
    let files = create
        .spec
        .files
        .iter()
        .zip(&create.files)
        .map(|(file, path)| EngineMount {
            target: Some(file.target.clone()),
            source: Some(path.clone()),
            typ: Some(MountType::BIND),
            read_only: Some(true),
            ..EngineMount::default()
        });
    others
        .map(|mount| engine_mount(create, mount))
        .chain(files)
        .collect()
}

fn engine_mount(create: &CreateContainer, mount: &Mount) -> EngineMount {
    let base = EngineMount {
        target: Some(mount.target.clone()),
        read_only: Some(mount.read_only),
        ..EngineMount::default()
    };
    match &mount.source {
        MountSource::Volume(name) => EngineMount {
            source: Some(volume_name(create, name)),
            typ: Some(MountType::VOLUME),
            volume_options: Some(volume_options(mount)),
            ..base
        },
        MountSource::Anonymous => EngineMount {
            typ: Some(MountType::VOLUME),
            volume_options: Some(volume_options(mount)),
            ..base
        },
        MountSource::Bind { path, create } => EngineMount {
            source: Some(path.clone()),
            typ: Some(MountType::BIND),
            bind_options: bind_options(mount, *create),
            ..base
        },
        MountSource::Tmpfs { size, mode, .. } => EngineMount {
            typ: Some(MountType::TMPFS),
            tmpfs_options: Some(MountTmpfsOptions {
                size_bytes: size.map(|size| i64::try_from(size).unwrap_or(i64::MAX)),
                mode: mode.map(i64::from),
                options: None,
            }),
            ..base
        },
    }
}

fn volume_options(mount: &Mount) -> MountVolumeOptions {
    MountVolumeOptions {
        no_copy: Some(mount.no_copy),
        labels: some_map(&mount.labels),
        subpath: mount.subpath.clone(),
        ..MountVolumeOptions::default()
    }
}

fn bind_options(mount: &Mount, create: bool) -> Option<MountBindOptions> {
    let is = |below| (mount.below == Some(below)).then_some(true);
    let options = MountBindOptions {
        propagation: mount
            .propagation
            .as_deref()
            .and_then(|propagation| propagation.parse::<MountBindOptionsPropagationEnum>().ok()),
        non_recursive: is(Below::Hidden),
        read_only_non_recursive: is(Below::Writable),
        read_only_force_recursive: is(Below::ReadOnly),
        create_mountpoint: create.then_some(true),
    };
    (options != MountBindOptions::default()).then_some(options)
}
