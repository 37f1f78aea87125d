use bollard::models::{
    Mount as EngineMount, MountBindOptions, MountBindOptionsPropagationEnum, MountTmpfsOptions, MountType,
    MountVolumeOptions,
};
use muster_model::desired::{Mount, MountSource};

use crate::engine::CreateContainer;

/// Host paths that are to be made if they are missing: only the old form of a mount does that in every engine. A path
/// with a colon has no such form.
pub(super) fn binds(create: &CreateContainer) -> Vec<String> {
    create.spec.mounts.iter().filter_map(bind).collect()
}

fn bind(mount: &Mount) -> Option<String> {
    let path = made_if_missing(mount)?;
    let mut options = vec![if mount.read_only { "ro" } else { "rw" }];
    options.extend(mount.propagation.as_deref());
    Some(format!("{path}:{}:{}", mount.target, options.join(",")))
}

fn made_if_missing(mount: &Mount) -> Option<&str> {
    match &mount.source {
        MountSource::Bind { path, create: true } if !path.contains(':') && !mount.target.contains(':') => {
            Some(path)
        }
        _ => None,
    }
}

/// All other mounts, and the secrets and configs.
pub(super) fn mounts(create: &CreateContainer) -> Vec<EngineMount> {
    let others = create
        .spec
        .mounts
        .iter()
        .filter(|mount| made_if_missing(mount).is_none());
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
    let no_copy = MountVolumeOptions {
        no_copy: Some(mount.no_copy),
        ..MountVolumeOptions::default()
    };
    match &mount.source {
        MountSource::Volume(name) => EngineMount {
            source: Some(
                create
                    .unit
                    .volumes
                    .get(name)
                    .cloned()
                    .unwrap_or_else(|| name.to_string()),
            ),
            typ: Some(MountType::VOLUME),
            volume_options: Some(no_copy),
            ..base
        },
        MountSource::Anonymous => EngineMount {
            typ: Some(MountType::VOLUME),
            volume_options: Some(no_copy),
            ..base
        },
        MountSource::Bind { path, .. } => EngineMount {
            source: Some(path.clone()),
            typ: Some(MountType::BIND),
            bind_options: mount.propagation.as_deref().map(bind_options),
            ..base
        },
        MountSource::Tmpfs { size, mode } => EngineMount {
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

fn bind_options(propagation: &str) -> MountBindOptions {
    MountBindOptions {
        propagation: propagation.parse::<MountBindOptionsPropagationEnum>().ok(),
        ..MountBindOptions::default()
    }
}
