//! What both engines do alike: the little one in memory and a real one.

use std::time::Duration;

use futures_util::StreamExt as _;
use muster_agent::engine::docker::DockerEngine;
use muster_agent::engine::fake::{FakeEngine, Served};
use muster_agent::engine::{
    Answer, Container, ContainerChange, ContainerState, CreateContainer, Engine, EngineEvent, Events,
    Failure, Owner, Verb,
};
use muster_model::desired::ImageRef;
use muster_model::link::UnitAssignment;
use muster_model::net::{Protocol, PublishedPort};

use crate::server::lab_host;
use crate::wish::{
    PLATFORM, host, name, network, unit, volume, with_port, with_sidekick, with_spec, with_volume,
};

#[tokio::test]
async fn the_little_engine_conforms() {
    let mut engine = FakeEngine::new();
    engine.load_image(muster_lab::UNIT, false);
    let port = PublishedPort {
        host_ip: None,
        host_port: 8099,
        container_port: 80,
        protocol: Protocol::Tcp,
    };
    engine.add_stranger("stranger", vec![port]);
    all(&Served::new(engine)).await;
}

#[tokio::test]
async fn docker_conforms() {
    let lab = lab_host().await;
    let script = "docker run -d --name stranger -p 8099:80 lab/unit:1";
    assert!(
        lab.command("sh")
            .args(["-c", script])
            .output()
            .await
            .unwrap()
            .status
            .success()
    );
    all(&DockerEngine::new(lab.socket())).await;
    let stranger = lab.docker().inspect_container("stranger", None).await.unwrap();
    assert_eq!(
        stranger.state.unwrap().running,
        Some(true),
        "strangers are not touched"
    );
}

async fn all(engine: &dyn Engine) {
    let mut events = engine.events(host()).await.unwrap();
    assert_eq!(engine.list(host()).await.unwrap(), [], "strangers are not listed");
    images(engine).await;
    a_life(engine, &mut events).await;
    every_verb_may_be_asked_again(engine).await;
    sidekicks(engine).await;
    what_is_taken_is_refused(engine).await;
    volumes(engine).await;
}

async fn ask(engine: &dyn Engine, verb: Verb) -> Result<Answer, Failure> {
    engine.perform(&verb, &|_, _| {}).await
}

fn ours(unit: UnitAssignment) -> UnitAssignment {
    with_spec(unit, |spec| {
        spec.image = ImageRef::parse(muster_lab::UNIT).unwrap()
    })
}

fn create(unit: &UnitAssignment, part: usize) -> Verb {
    let part = &unit.containers[part];
    Verb::Create(Box::new(CreateContainer {
        owner: Owner::of(PLATFORM, host(), unit, part.sidekick.as_ref()),
        unit: std::sync::Arc::new(unit.clone()),
        spec: part.spec.clone(),
        files: vec![],
    }))
}

fn start(name: &str) -> Verb {
    Verb::Start {
        name: name.to_owned(),
    }
}

fn remove(name: &str) -> Verb {
    Verb::Remove {
        name: name.to_owned(),
    }
}

async fn find(engine: &dyn Engine, name: &str) -> Option<Container> {
    engine
        .list(host())
        .await
        .unwrap()
        .into_iter()
        .find(|container| container.name == name)
}

async fn next_change(
    events: &mut Events,
    wanted: impl Fn(&ContainerChange) -> bool,
) -> (String, ContainerChange) {
    let next = async {
        loop {
            match events.next().await.expect("the engine is there") {
                EngineEvent::Container { name, change, .. } if wanted(&change) => return (name, change),
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next)
        .await
        .expect("an event")
}

async fn images(engine: &dyn Engine) {
    let image = |text| ImageRef::parse(text).unwrap();
    let found = ask(
        engine,
        Verb::FindImage {
            platform: None,
            image: image(muster_lab::UNIT),
        },
    )
    .await
    .unwrap();
    assert!(matches!(found, Answer::Image(Some(facts)) if !facts.has_check));
    let found = ask(
        engine,
        Verb::FindImage {
            platform: None,
            image: image("lab/absent"),
        },
    )
    .await
    .unwrap();
    assert_eq!(found, Answer::Image(None));
    // Nothing listens there: a registry that is away.
    let pulled = ask(
        engine,
        Verb::Pull {
            platform: None,
            image: image("127.0.0.1:9/absent"),
            login: None,
        },
    )
    .await;
    assert!(matches!(pulled, Err(Failure::Pull { .. })), "{pulled:?}");
    assert!(pulled.unwrap_err().to_string().contains("muster image load FILE"));
    let created = ask(engine, create(&unit(1), 0)).await;
    assert_eq!(
        created,
        Err(Failure::NoSuchImage {
            image: "app".to_owned()
        })
    );
}

async fn a_life(engine: &dyn Engine, events: &mut Events) {
    let (unit, name) = (ours(unit(1)), name(1));
    let early = ask(engine, create(&unit, 0)).await;
    if early.is_err() {
        assert!(matches!(early, Err(Failure::NoSuchNetwork { .. })), "{early:?}");
    } else {
        // Docker looks for the network only when it starts.
        let early = ask(engine, start(&name)).await;
        assert!(matches!(early, Err(Failure::NoSuchNetwork { .. })), "{early:?}");
        ask(engine, remove(&name)).await.unwrap();
    }
    ask(engine, Verb::EnsureNetwork(network())).await.unwrap();
    let Answer::Created { id } = ask(engine, create(&unit, 0)).await.unwrap() else {
        panic!()
    };
    let made = find(engine, &name).await.unwrap();
    assert_eq!((made.id, made.state), (id, ContainerState::Created));
    assert_eq!(made.owner, Owner::of(PLATFORM, host(), &unit, None));
    assert!(matches!(
        ask(engine, start(&name)).await.unwrap(),
        Answer::Started { .. }
    ));
    assert_eq!(
        next_change(events, |change| *change == ContainerChange::Started)
            .await
            .0,
        name
    );
    assert!(find(engine, &name).await.unwrap().state.is_alive());
    let kill = Verb::Kill {
        name: name.clone(),
        signal: "SIGKILL".to_owned(),
    };
    ask(engine, kill.clone()).await.unwrap();
    let ended = next_change(events, |change| matches!(change, ContainerChange::Ended { .. })).await;
    assert_eq!(ended, (name.clone(), ContainerChange::Ended { code: Some(137) }));
    let state = find(engine, &name).await.unwrap().state;
    assert_eq!(
        state,
        ContainerState::Exited {
            code: Some(137),
            out_of_memory: false
        }
    );
    assert_eq!(
        ask(engine, kill).await,
        Err(Failure::NotRunning { name: name.clone() })
    );
    ask(engine, remove(&name)).await.unwrap();
    assert_eq!(
        next_change(events, |change| *change == ContainerChange::Removed)
            .await
            .0,
        name
    );
    assert_eq!(find(engine, &name).await, None);
}

async fn every_verb_may_be_asked_again(engine: &dyn Engine) {
    let (unit, name) = (ours(unit(2)), name(2));
    let ensure = Verb::EnsureNetwork(network());
    let stop = Verb::Stop {
        name: name.clone(),
        grace: Some(Duration::from_secs(5)),
    };
    for verb in [ensure, create(&unit, 0), start(&name), stop] {
        let first = ask(engine, verb.clone()).await.unwrap();
        let second = ask(engine, verb).await.unwrap();
        if let (Answer::Created { id }, Answer::Created { id: again }) = (&first, &second) {
            assert_eq!(id, again);
        }
    }
    ask(engine, remove(&name)).await.unwrap();
    let gone = Failure::NoSuchContainer { name: name.clone() };
    for verb in [
        remove(&name),
        start(&name),
        Verb::Stop {
            name: name.clone(),
            grace: None,
        },
    ] {
        assert_eq!(ask(engine, verb).await, Err(gone.clone()));
    }
}

async fn sidekicks(engine: &dyn Engine) {
    let mut unit = with_sidekick(ours(unit(3)), "log");
    unit.containers[1].spec = unit.containers[0].spec.clone();
    let sidekick = format!("{}-log", name(3));
    ask(engine, create(&unit, 0)).await.unwrap();
    ask(engine, start(&name(3))).await.unwrap();
    ask(engine, create(&unit, 1)).await.unwrap();
    ask(engine, start(&sidekick)).await.unwrap();
    assert_eq!(
        find(engine, &sidekick).await.unwrap().owner.sidekick,
        Some("log".parse().unwrap())
    );
    for name in [sidekick, name(3)] {
        ask(engine, remove(&name)).await.unwrap();
    }
}

async fn what_is_taken_is_refused(engine: &dyn Engine) {
    let on_port = with_port(ours(unit(4)), 8099);
    ask(engine, create(&on_port, 0)).await.unwrap();
    let refused = ask(engine, start(&name(4))).await;
    assert!(
        matches!(&refused, Err(Failure::PortTaken { port, .. }) if port == "port 8099"),
        "{refused:?}"
    );
    ask(engine, remove(&name(4))).await.unwrap();

    ask(engine, create(&ours(unit(5)), 0)).await.unwrap();
    ask(engine, start(&name(5))).await.unwrap();
    let mut same_address = ours(unit(6));
    same_address.network.clone_from(&unit(5).network);
    ask(engine, create(&same_address, 0)).await.unwrap();
    let refused = ask(engine, start(&name(6))).await;
    assert!(
        matches!(&refused, Err(Failure::AddressTaken { .. })),
        "{refused:?}"
    );
    for name in [name(5), name(6)] {
        ask(engine, remove(&name)).await.unwrap();
    }

    let mut other = network();
    other.subnet = "10.43.0.0/16".parse().unwrap();
    other.gateway = "10.43.0.1".parse().unwrap();
    other.engine_range = "10.43.240.0/24".parse().unwrap();
    let refused = ask(engine, Verb::EnsureNetwork(other)).await;
    assert!(
        matches!(&refused, Err(Failure::NetworkDiffers { .. })),
        "{refused:?}"
    );
}

async fn volumes(engine: &dyn Engine) {
    let volume = volume(1);
    ask(engine, Verb::EnsureVolume(volume.clone())).await.unwrap();
    ask(engine, create(&with_volume(ours(unit(7)), &volume), 0))
        .await
        .unwrap();
    let remove_volume = Verb::RemoveVolume {
        name: volume.engine_name.clone(),
    };
    let refused = ask(engine, remove_volume.clone()).await;
    assert!(matches!(refused, Err(Failure::VolumeInUse { .. })), "{refused:?}");
    ask(engine, remove(&name(7))).await.unwrap();
    for _ in 0..2 {
        ask(engine, remove_volume.clone()).await.unwrap();
    }
}
