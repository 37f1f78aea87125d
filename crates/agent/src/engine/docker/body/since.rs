use muster_model::desired::{Below, ContainerSpec};

/// A version of the engine's API.
type Api = (usize, usize);

/// What an engine of this version would pass over although the container must not run without it.
pub(in crate::engine::docker) fn refusal(spec: &ContainerSpec, api: Api) -> Option<String> {
    let mounts = || spec.mounts.iter();
    let needs = [
        (
            mounts().any(|mount| mount.subpath.is_some()),
            "a part of a volume (`subpath`)",
            (1, 45),
            "Docker 26",
        ),
        (
            mounts().any(|mount| mount.below == Some(Below::ReadOnly)),
            "a read-only mount with all below it (`recursive: readonly`)",
            (1, 44),
            "Docker 25",
        ),
    ];
    let missing = needs
        .into_iter()
        .find(|(wanted, _, since, _)| *wanted && api < *since);
    missing.map(|(_, what, _, engine)| {
        format!("the engine is too old for {what}; upgrade it ({engine} or newer)")
    })
}

#[cfg(test)]
mod tests {
    use muster_model::desired::{Mount, MountSource};

    use super::*;
    use crate::testing;

    #[test]
    fn old_engines_are_not_asked_for_what_they_pass_over() {
        let mut spec = testing::spec("app");
        assert_eq!(refusal(&spec, (1, 41)), None);
        let volume = MountSource::Volume("data".parse().unwrap());
        spec.mounts.push(Mount::new("/data", volume));
        assert_eq!(refusal(&spec, (1, 41)), None);
        spec.mounts[0].subpath = Some("a".to_owned());
        assert!(refusal(&spec, (1, 44)).unwrap().contains("subpath"));
        assert_eq!(refusal(&spec, (1, 45)), None);
        spec.mounts[0].subpath = None;
        spec.mounts[0].below = Some(Below::ReadOnly);
        assert!(refusal(&spec, (1, 43)).unwrap().contains("Docker 25"));
        assert_eq!(refusal(&spec, (1, 44)), None);
    }
}
