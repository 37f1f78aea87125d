//! Bad input: each gets a clear word that names the culprit, loses nothing, and ends no process.

use crate::machine::{Machine, text};

/// A compose file, and what the answer must name.
const FILES: &[(&str, &[&str])] = &[
    ("services: [", &["docker-compose.yml:1"]),
    (
        "services:\n  web:\n    imgae: nginx\n",
        &["docker-compose.yml:3", "imgae", "image"],
    ),
    (
        "services:\n  web:\n    image: a\n    depends_on: [db]\n  db:\n    image: a\n    depends_on: [web]\n",
        &["web", "db"],
    ),
    (
        "services:\n  web:\n    image: a\n    scale: -1\n",
        &["docker-compose.yml:4", "-1"],
    ),
    (
        "services:\n  web:\n    image: a\n    scale: 99999999\n",
        &["docker-compose.yml:4", "99999999"],
    ),
    (
        "services:\n  ../web:\n    image: a\n",
        &["docker-compose.yml:2", "../web"],
    ),
    (
        "services:\n  \"w\\0b\":\n    image: a\n",
        &["docker-compose.yml:2"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_are_refused_with_their_line() {
    let machine = Machine::with_dev().await;
    for (content, named) in FILES {
        let file = machine.write("bad/docker-compose.yml", content);
        let output = machine
            .muster(&["stack", "up", "bad", "-f", &file, "--yes"])
            .await;
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{content}\n{said}");
        for word in *named {
            assert!(said.contains(word), "{word} is not named in: {said}");
        }
        let checked = machine.muster(&["check", &file]).await;
        assert_eq!(
            checked.status.code(),
            Some(1),
            "{content}\n{}",
            text(&checked.stdout)
        );
    }
    let stacks = machine.json(&["stack", "ls"]).await;
    assert_eq!(stacks.as_array().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn taken_ports_and_missing_images_are_named() {
    let machine = Machine::with_dev().await;
    let web =
        |port: u16, image: &str| format!("services:\n  web:\n    image: {image}\n    ports: ['{port}:80']\n");
    let first = machine.write("a/docker-compose.yml", &web(8090, "muster/whoami"));
    machine.ok(&["stack", "up", "first", "-f", &first, "--yes"]).await;

    let ours = machine
        .muster(&["stack", "up", "second", "-f", &first, "--yes"])
        .await;
    let said = text(&ours.stderr);
    assert_eq!(ours.status.code(), Some(1), "{said}");
    assert!(said.contains("8090") && said.contains("first/web"), "{said}");

    let stranger = machine
        .host
        .run_in(|| std::net::TcpListener::bind("0.0.0.0:8091"))
        .await
        .unwrap()
        .unwrap();
    let taken = machine.write("b/docker-compose.yml", &web(8091, "muster/whoami"));
    let theirs = machine
        .muster(&["stack", "up", "third", "-f", &taken, "--yes", "--timeout", "8"])
        .await;
    let said = text(&theirs.stderr);
    assert!(!theirs.status.success() && said.contains("8091"), "{said}");
    drop(stranger);

    let missing = machine.write("c/docker-compose.yml", &web(8092, "example.invalid/nothing:1"));
    let missing = machine
        .muster(&["stack", "up", "fourth", "-f", &missing, "--yes", "--timeout", "8"])
        .await;
    let said = text(&missing.stderr);
    assert!(!missing.status.success(), "{said}");
    assert!(
        said.contains("example.invalid/nothing:1") && said.contains("muster image load"),
        "{said}"
    );

    assert!(machine.http_get(8090).await.is_some(), "what ran goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_directory_are_told_so() {
    let machine = Machine::apart().await;
    let data = machine.path("server");
    let output = machine
        .muster(&[
            "server",
            "--listen",
            "127.0.0.1:8081",
            "--data",
            data.to_str().unwrap(),
        ])
        .await;
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains(data.to_str().unwrap()), "{said}");
    machine.host_is_active().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_is_not_opened_and_containers_run_on() {
    let mut machine = Machine::apart().await;
    let file = machine.write(
        "a/docker-compose.yml",
        "services:\n  web:\n    image: muster/whoami\n",
    );
    machine.ok(&["stack", "up", "first", "-f", &file, "--yes"]).await;
    let before = machine.containers().await;
    machine.kill_server().await;
    // As after a copy that went wrong: the file is garbage, and the log that belonged to it is gone.
    let database = machine.path("server/muster.db");
    let bytes = vec![0xa5; 8192];
    std::fs::write(&database, &bytes).unwrap();
    for beside in ["muster.db-wal", "muster.db-shm"] {
        std::fs::remove_file(machine.path("server").join(beside)).unwrap();
    }
    let data = machine.path("server");
    let output = machine
        .muster(&[
            "server",
            "--listen",
            "127.0.0.1:8080",
            "--data",
            data.to_str().unwrap(),
        ])
        .await;
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("backup"), "{said}");
    assert_eq!(
        std::fs::read(&database).unwrap(),
        bytes,
        "the damaged file is left as it was"
    );
    assert_eq!(machine.containers().await, before);
}
