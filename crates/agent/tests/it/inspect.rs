//! From the words of a compose file to what a real engine says of the container that it made.
//!
//! A row of [`shapes`](crate::shapes) is a compose file, the keys that it proves, and what `docker inspect` must answer.
//! No key may be called supported that no row proves, or, where it is not a container's, no test elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use muster_agent::engine::docker::DockerEngine;
use muster_agent::engine::labels::container_name;
use muster_agent::engine::{CreateContainer, Engine as _, Owner, Verb};
use muster_agent::files::{Places, path, place};
use muster_files::{DraftStack, Project, SourceFile};
use muster_lab::{BUSYBOX, Host, Image};
use muster_model::VolumeId;
use muster_model::desired::{MountSource, ServiceSpec};
use muster_model::link::{ContainerAssignment, UnitAssignment, VolumeAssignment};
use muster_model::net::PublishedPort;
use serde_json::{Value, json};

use crate::server::lab_host;
use crate::shapes::{ELSEWHERE, Expect, Shape, shapes};
use crate::wish::{PLATFORM, host, name, network, unit};

/// An image with a check of its own.
const CHECKED: &str = "lab/checked:1";

/// Engines take requests side by side.
const AT_ONCE: usize = 4;

#[tokio::test]
async fn containers_are_what_their_files_say() {
    let lab = lab_host().await;
    let engine = DockerEngine::new(lab.socket());
    ask(&engine, Verb::EnsureNetwork(network())).await.unwrap();
    let check = json!({"Test": ["CMD", "true"], "Retries": 9});
    let checked = Image::new(CHECKED).cmd(&["true"]).set("Healthcheck", check);
    checked.load(&lab.docker()).await.unwrap();
    let (lab, engine) = (&lab, &engine);
    let can = |shape: &Shape| shape.needs.is_none_or(|file| Path::new(file).exists());
    let all = (1..).zip(shapes().into_iter().filter(can));
    let checks = all.map(async |(number, shape)| differences(lab, engine, number, &shape).await);
    let found: Vec<Vec<String>> = stream::iter(checks).buffer_unordered(AT_ONCE).collect().await;
    let wrong = found.concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn ask(engine: &DockerEngine, verb: Verb) -> Result<(), String> {
    let answer = engine.perform(&verb, &|_, _| {}).await;
    answer.map(drop).map_err(|failure| failure.to_string())
}

/// What is not as the shape says.
async fn differences(lab: &Host, engine: &DockerEngine, number: u32, shape: &Shape) -> Vec<String> {
    let stack = stack(lab, shape);
    let unit = assigned(number, &stack);
    let places = Places {
        secrets: lab.dir().join("secrets"),
        configs: lab.dir().join("configs"),
    };
    let content = |digest| stack.contents.get(&digest).map(|blob| blob.bytes.clone());
    place(&places, &unit, content).unwrap();
    for volume in volumes(number, &stack) {
        ask(engine, Verb::EnsureVolume(volume)).await.unwrap();
    }
    let mut made = Ok(());
    for verb in verbs(&unit, &places, shape.started) {
        if made.is_ok() {
            made = ask(engine, verb).await;
        }
    }
    let container = inspect(lab, "container", &name(number)).await;
    let seen = Seen {
        made,
        sidekick: inspect(lab, "container", &format!("{}-log", name(number))).await,
        volume: inspect(lab, "volume", &engine_name(number, "data")).await,
        files: (0..unit.containers[0].spec.files.len())
            .map(|at| owned(&path(&places, &unit, &unit.containers[0], at)))
            .collect(),
        words: [
            ("HOST", lab.dir().display().to_string()),
            ("VOLUME", engine_name(number, "data")),
            ("PRIMARY", container["Id"].as_str().unwrap_or_default().to_owned()),
        ],
        container,
    };
    for part in unit.containers.iter().rev() {
        let name = container_name(unit.unit, unit.generation, part.sidekick.as_ref());
        let _ = ask(engine, Verb::Remove { name }).await;
    }
    let wrong = seen.differences(&shape.expect);
    wrong
        .into_iter()
        .map(|wrong| format!("{}: {wrong}", shape.keys))
        .collect()
}

/// What the engine made of a shape.
struct Seen {
    made: Result<(), String>,
    container: Value,
    sidekick: Value,
    volume: Value,
    files: Vec<(u32, u32, u32)>,
    /// What words of the shape stand for.
    words: [(&'static str, String); 3],
}

impl Seen {
    fn differences(&self, expect: &[Expect]) -> Vec<String> {
        let mut wrong: Vec<_> = expect
            .iter()
            .filter_map(|expect| self.difference(expect))
            .collect();
        if !expect.iter().any(|expect| matches!(expect, Expect::Refused(_))) {
            wrong.extend(self.made.clone().err());
        }
        wrong
    }

    fn difference(&self, expect: &Expect) -> Option<String> {
        match expect {
            Expect::Container(at, expected) => self.at(&self.container, at, expected),
            Expect::Sidekick(at, expected) => self.at(&self.sidekick, at, expected),
            Expect::Volume(at, expected) => self.at(&self.volume, at, expected),
            Expect::File(at, expected) => {
                let is = self.files[*at];
                (is != *expected).then(|| format!("file {at} is {is:?}, not {expected:?}"))
            }
            Expect::Refused(words) => {
                let words = self.here(words);
                let refused = self.made.as_ref().is_err_and(|said| said.contains(&words));
                (!refused).then(|| format!("not refused for `{words}` but {:?}", self.made))
            }
        }
    }

    fn at(&self, all: &Value, at: &str, expected: &Value) -> Option<String> {
        let expected: Value = serde_json::from_str(&self.here(&expected.to_string())).unwrap();
        let is = all.pointer(at);
        let fits = is.is_some_and(|is| fits(&expected, is));
        (!fits).then(|| format!("{at} is {is:?}, not {expected}"))
    }

    fn here(&self, text: &str) -> String {
        let words = self.words.iter();
        words.fold(text.to_owned(), |text, (word, here)| text.replace(word, here))
    }
}

/// Owner, group and permission bits.
fn owned(path: &Path) -> (u32, u32, u32) {
    let about = path.metadata().unwrap();
    (about.uid(), about.gid(), about.mode() & 0o7777)
}

/// The stack of a shape, read as a deployment reads it.
fn stack(lab: &Host, shape: &Shape) -> DraftStack {
    let lines = shape.service.lines().map(|line| format!("    {line}\n"));
    let text = format!(
        "services:\n  web:\n    image: {BUSYBOX}\n{}{}",
        lines.collect::<String>(),
        shape.rest.replace("IMAGE", BUSYBOX)
    );
    let text = text
        .replace("CHECKED", CHECKED)
        .replace("HOST", &lab.dir().display().to_string());
    let file = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
    let reading = muster_files::read(&Project {
        name: "shop".parse().ok(),
        sources: vec![SourceFile {
            path: "compose.yaml".to_owned(),
            bytes: text.clone().into_bytes(),
        }],
        support: shape.beside.iter().map(file).collect(),
        ..Project::default()
    });
    reading
        .stack
        .unwrap_or_else(|| panic!("{text}\n{:#?}", reading.diagnostics))
}

/// The unit as control would assign it: with ports, and the engine's names of volumes.
fn assigned(number: u32, stack: &DraftStack) -> UnitAssignment {
    let service: &ServiceSpec = &stack.spec.services["web"];
    let parts = service.unit.containers();
    let containers: Vec<_> = parts
        .map(|(sidekick, spec)| ContainerAssignment {
            sidekick: sidekick.cloned(),
            spec: Arc::new(spec.clone()),
        })
        .collect();
    let ports = service.unit.primary.ports.iter().map(|port| PublishedPort {
        host_ip: port.host_ip,
        host_port: port.host_port.unwrap_or(32_000),
        container_port: port.container_port,
        protocol: port.protocol,
    });
    UnitAssignment {
        ports: ports.collect(),
        volumes: stack
            .spec
            .volumes
            .keys()
            .map(|name| (name.clone(), engine_name(number, name.as_str())))
            .collect(),
        containers,
        ..unit(number)
    }
}

/// Each shape has its own.
fn engine_name(number: u32, volume: &str) -> String {
    format!("shop{number}_{volume}")
}

fn volumes(number: u32, stack: &DraftStack) -> Vec<VolumeAssignment> {
    let service = &stack.spec.services["web"];
    let mounted: BTreeSet<_> = service
        .unit
        .containers()
        .flat_map(|(_, spec)| &spec.mounts)
        .filter_map(|mount| match &mount.source {
            MountSource::Volume(name) => Some(name),
            _ => None,
        })
        .collect();
    let volumes = mounted.into_iter().zip(1..).map(|(name, id)| VolumeAssignment {
        volume: VolumeId::new(1, id),
        engine_name: engine_name(number, name.as_str()),
        spec: stack.spec.volumes[name].clone(),
        removed: false,
    });
    volumes.collect()
}

/// What makes all containers of the unit.
fn verbs(unit: &UnitAssignment, places: &Places, started: bool) -> Vec<Verb> {
    let create = |part: &ContainerAssignment| {
        let files = (0..part.spec.files.len()).map(|at| path(places, unit, part, at).display().to_string());
        CreateContainer {
            owner: Owner::of(PLATFORM, host(), unit, part.sidekick.as_ref()),
            unit: Arc::new(unit.clone()),
            spec: part.spec.clone(),
            files: files.collect(),
        }
    };
    let creates = unit.containers.iter().map(create);
    let each = creates.flat_map(|create| {
        let start = started.then(|| Verb::Start { name: create.name() });
        [Verb::Create(Box::new(create))].into_iter().chain(start)
    });
    each.collect()
}

/// The engine's own words about a container or volume; nothing if it is not there.
async fn inspect(lab: &Host, kind: &str, name: &str) -> Value {
    let output = lab
        .command("docker")
        .args([kind, "inspect", name])
        .output()
        .await
        .unwrap();
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    all.get(0).cloned().unwrap_or_default()
}

/// Maps may have more keys; a list that begins with `…` may have more items, in any order.
fn fits(expected: &Value, is: &Value) -> bool {
    match (expected, is) {
        (Value::Object(expected), Value::Object(is)) => expected
            .iter()
            .all(|(key, expected)| is.get(key).is_some_and(|is| fits(expected, is))),
        (Value::Array(expected), Value::Array(is)) => match expected.split_first() {
            Some((first, some)) if first == "…" => {
                some.iter().all(|expected| is.iter().any(|is| fits(expected, is)))
            }
            _ => expected.len() == is.len() && expected.iter().zip(is).all(|(e, i)| fits(e, i)),
        },
        _ => expected == is,
    }
}

#[test]
fn every_supported_key_is_proved() {
    let shapes = shapes();
    let of_containers = shapes
        .iter()
        .flat_map(|shape| shape.keys.split(' '))
        .map(str::to_owned);
    let elsewhere: BTreeMap<&str, (&str, &str)> = ELSEWHERE
        .iter()
        .flat_map(|(keys, file, test)| keys.split(' ').map(move |key| (key, (*file, *test))))
        .collect();
    let proved: BTreeSet<String> = of_containers
        .chain(elsewhere.keys().map(|key| (*key).to_owned()))
        .collect();
    let supported: BTreeSet<String> = muster_files::supported_keys().into_iter().collect();
    let bare: Vec<_> = supported.difference(&proved).collect();
    assert!(bare.is_empty(), "nothing proves {bare:?}");
    let idle: Vec<_> = proved.difference(&supported).collect();
    assert!(idle.is_empty(), "proved and not called supported: {idle:?}");
    for (key, (file, test)) in elsewhere {
        let text = std::fs::read_to_string(Path::new("..").join(file)).unwrap();
        assert!(
            text.contains(&format!("fn {test}(")),
            "{key}: no test {test} in {file}"
        );
    }
}
