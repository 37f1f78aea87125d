use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use muster_model::Digest;
use muster_model::desired::FileMount;
use muster_model::link::{Table, UnitAssignment};
use muster_model::secret::SecretBytes;

use super::{Places, directory, path};
use crate::engine::Failure;

/// Permission bits of a file whose author named none: Compose's.
const MODE_DEFAULT: u32 = 0o444;

/// Writes all files of a unit. A container that mounts an older writing keeps that one until it is started again.
pub fn place(
    places: &Places,
    unit: &UnitAssignment,
    content: impl Fn(Digest) -> Option<SecretBytes>,
) -> Result<(), Failure> {
    for part in &unit.containers {
        for (at, file) in part.spec.files.iter().enumerate() {
            let content = content(file.digest).ok_or_else(|| no_content(file))?;
            let path = path(places, unit, part, at);
            write(&path, file, &content).map_err(|error| failure(&path, &error))?;
        }
    }
    Ok(())
}

/// Removes the files of units that are not in the table.
pub fn sweep(places: &Places, table: &Table) {
    let wanted: BTreeSet<String> = table.units.values().map(|unit| directory(unit)).collect();
    for base in places.all() {
        // What cannot be read is not there; what cannot be removed is tried again with the next table.
        for entry in fs::read_dir(base).into_iter().flatten().flatten() {
            if !entry
                .file_name()
                .to_str()
                .is_some_and(|name| wanted.contains(name))
            {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

fn no_content(file: &FileMount) -> Failure {
    let kind = if file.secret { "secret" } else { "config" };
    Failure::NoContent {
        what: format!("{kind} {}", file.name),
    }
}

fn failure(path: &Path, error: &io::Error) -> Failure {
    let detail = error.to_string();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Failure::DiskFull { detail },
        _ => Failure::PlaceFile {
            path: path.display().to_string(),
            detail,
        },
    }
}

/// Under another name first, then renamed: a container that starts meanwhile sees the old or the new one whole.
fn write(path: &Path, file: &FileMount, content: &SecretBytes) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
    let draft = path.with_extension("new");
    let mut written = fresh(&draft)?;
    // The container is to read it: that is what it was made for.
    written.write_all(content.reveal())?;
    if file.uid.is_some() || file.gid.is_some() {
        std::os::unix::fs::chown(&draft, file.uid.or(Some(0)), file.gid.or(Some(0)))?;
    }
    written.set_permissions(fs::Permissions::from_mode(
        file.mode.unwrap_or(MODE_DEFAULT) & 0o7777,
    ))?;
    fs::rename(&draft, path)
}

fn fresh(draft: &Path) -> io::Result<File> {
    match fs::remove_file(draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use muster_model::link::ContainerAssignment;

    use super::*;
    use crate::testing;

    fn unit_with_secret() -> UnitAssignment {
        let mut unit = testing::unit(1);
        let mut spec = testing::spec("app");
        spec.files = vec![FileMount {
            name: "key".parse().unwrap(),
            secret: true,
            target: "/run/secrets/key".to_owned(),
            digest: Digest::of(b"key"),
            uid: None,
            gid: None,
            mode: Some(0o400),
        }];
        unit.containers = vec![ContainerAssignment {
            sidekick: None,
            spec: Arc::new(spec),
        }];
        unit
    }

    #[test]
    fn files_are_placed_again_and_swept_with_their_unit() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places {
            secrets: dir.path().join("secrets"),
            configs: dir.path().join("configs"),
        };
        let unit = unit_with_secret();
        for content in ["one", "two"] {
            place(&places, &unit, |_| Some(SecretBytes::new(content.into()))).unwrap();
            let path = path(&places, &unit, &unit.containers[0], 0);
            assert_eq!(fs::read_to_string(&path).unwrap(), content);
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o7777, 0o400);
            assert_eq!(
                path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o7777,
                0o700
            );
        }
        let mut table = Table::default();
        table.units.insert(unit.unit, Arc::new(unit.clone()));
        sweep(&places, &table);
        assert_eq!(fs::read_dir(&places.secrets).unwrap().count(), 1);
        sweep(&places, &Table::default());
        assert_eq!(fs::read_dir(&places.secrets).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_content_is_named() {
        let error = place(&Places::default(), &unit_with_secret(), |_| None).unwrap_err();
        assert_eq!(
            error,
            Failure::NoContent {
                what: "secret key".to_owned()
            }
        );
    }
}
