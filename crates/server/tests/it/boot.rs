//! First starts, later starts, and starts that must not be.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use muster_model::HostId;
use muster_server::{Server, ServerConfig, StartError, build};
use muster_store::{Commit, Key, Range, SqliteStore, Store as _};
use muster_trust::{BearerKind, BearerToken};

fn config(directory: &Path) -> ServerConfig {
    let mut config = ServerConfig::local(directory.to_owned());
    config.listen.set_port(0);
    config
}

async fn fails(config: ServerConfig) -> StartError {
    match build(config).await {
        Ok(_) => panic!("it started"),
        Err(error) => error,
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// As `run` does at its end, without serving.
async fn stop(server: Server) {
    server.run(std::future::ready(())).await.unwrap();
}

#[tokio::test]
async fn the_first_start_makes_a_platform_and_later_ones_find_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let first = build(config(&data)).await.unwrap();
    assert_eq!(mode(&data), 0o700);
    for private in ["ca-key.pem", "seal.key"] {
        assert_eq!(mode(&data.join(private)), 0o600, "{private}");
    }
    let (token, ca) = (first.setup_token().unwrap().to_owned(), first.ca_pem().to_owned());
    assert!(BearerToken::parse(BearerKind::Setup, &token).is_ok());
    stop(first).await;
    let second = build(config(&data)).await.unwrap();
    assert_eq!(second.ca_pem(), ca);
    let renewed = second.setup_token().unwrap().to_owned();
    assert_ne!(renewed, token, "a token that nobody used is made anew");
    let host = async |name, former| second.local_join(name, former).await.unwrap().host;
    let me = host("me", None).await;
    assert_eq!(host("me", None).await, me, "the same machine is the same host");
    let other = host("other", None).await;
    assert_ne!(other, me);
    let former = other.parse().unwrap();
    assert_eq!(host("me", Some(former)).await, other, "whatever it is called now");
    let stranger = Some(HostId::new(99, 99));
    assert_eq!(host("me", stranger).await, me, "that one is no host here");
    stop(second).await;
}

#[tokio::test]
async fn two_servers_on_one_directory() {
    let dir = tempfile::tempdir().unwrap();
    let first = build(config(dir.path())).await.unwrap();
    let error = fails(config(dir.path())).await.to_string();
    let directory = dir.path().display().to_string();
    assert!(error.contains(&directory) && error.contains("in use"), "{error}");
    stop(first).await;
    stop(build(config(dir.path())).await.unwrap()).await;
}

#[tokio::test]
async fn keys_that_others_can_read() {
    for file in ["seal.key", "ca-key.pem"] {
        let dir = tempfile::tempdir().unwrap();
        stop(build(config(dir.path())).await.unwrap()).await;
        let key = dir.path().join(file);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let error = fails(config(dir.path())).await.to_string();
        assert!(error.contains(&format!("chmod 600 {}", key.display())), "{error}");
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        stop(build(config(dir.path())).await.unwrap()).await;
    }
}

#[tokio::test]
async fn a_lost_key_is_not_made_anew() {
    for file in ["seal.key", "ca-key.pem", "ca.pem"] {
        let dir = tempfile::tempdir().unwrap();
        stop(build(config(dir.path())).await.unwrap()).await;
        let (lost, kept) = (dir.path().join(file), dir.path().join("kept"));
        fs::rename(&lost, &kept).unwrap();
        let error = fails(config(dir.path())).await.to_string();
        assert!(
            error.contains(&lost.display().to_string()) && error.contains("backup"),
            "{error}"
        );
        assert!(!lost.exists());
        fs::rename(&kept, &lost).unwrap();
        stop(build(config(dir.path())).await.unwrap()).await;
    }
}

/// A first start that was cut short before the platform's page was written begins again, with the keys that are there.
#[tokio::test]
async fn a_first_start_that_was_cut_short_goes_on() {
    let (whole, cut) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    stop(build(config(whole.path())).await.unwrap()).await;
    for file in ["seal.key", "ca-key.pem"] {
        fs::copy(whole.path().join(file), cut.path().join(file)).unwrap();
    }
    stop(build(config(cut.path())).await.unwrap()).await;
    let seal = |dir: &Path| fs::read(dir.join("seal.key")).unwrap();
    assert_eq!(seal(whole.path()), seal(cut.path()));
}

#[tokio::test]
async fn a_damaged_database_is_named_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    stop(build(config(dir.path())).await.unwrap()).await;
    let database = dir.path().join("muster.db");
    // With its log gone there is nothing to mend it from.
    let _ = fs::remove_file(dir.path().join("muster.db-wal"));
    let mut bytes = fs::read(&database).unwrap();
    bytes[0..100].fill(0xAA);
    fs::write(&database, &bytes).unwrap();
    let error = fails(config(dir.path())).await.to_string();
    assert!(error.contains(&database.display().to_string()), "{error}");
    assert_eq!(fs::read(&database).unwrap(), bytes);
}

#[tokio::test]
async fn a_port_that_is_taken() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = build(config(dir.path())).await.unwrap();
    let mut second = config(other.path());
    second.listen = first.address();
    let error = fails(second).await.to_string();
    assert!(
        error.contains(&first.address().to_string()) && error.contains("another program"),
        "{error}"
    );
}

#[tokio::test]
async fn a_directory_that_cannot_be_one() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "x").unwrap();
    let error = fails(config(&file)).await.to_string();
    assert!(error.contains(&file.display().to_string()), "{error}");
}

#[tokio::test]
async fn documents_of_a_newer_server_are_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    stop(build(config(dir.path())).await.unwrap()).await;
    let store = SqliteStore::open(dir.path()).unwrap();
    let key = Key::parse("desired/host/host-9-9").unwrap();
    store
        .commit(Commit::new().put(key.clone(), &br#"{"v":99,"doc":{}}"#[..]))
        .await
        .unwrap();
    drop(store);
    let began = std::time::Instant::now();
    let error = fails(config(dir.path())).await;
    let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    let text: Vec<String> = chain.map(ToString::to_string).collect();
    assert!(
        text.iter().any(|line| line.contains("start the newer Muster")),
        "{text:?}"
    );
    assert!(
        began.elapsed() < std::time::Duration::from_secs(10),
        "it is told at once"
    );
    let store = SqliteStore::open(dir.path()).unwrap();
    store.commit(Commit::new().delete(key)).await.unwrap();
    drop(store);
    stop(build(config(dir.path())).await.unwrap()).await;
}

#[tokio::test]
async fn a_range_of_addresses_chosen_at_the_first_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut chosen = config(dir.path());
    chosen.subnet = Some("172.30.0.0/16".parse().unwrap());
    stop(build(chosen).await.unwrap()).await;
    let store = SqliteStore::open(dir.path()).unwrap();
    let environments = store
        .read(Range::under("desired/environment").unwrap())
        .await
        .unwrap()
        .entries;
    let environment: muster_model::desired::Environment = environments[0].document().unwrap();
    assert_eq!(
        (environment.name.as_str(), environment.subnet.to_string().as_str()),
        ("default", "172.30.0.0/16")
    );
}
