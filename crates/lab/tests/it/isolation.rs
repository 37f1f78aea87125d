//! Hosts beside one another.

use muster_lab::{Error, Lab};

use crate::support::run_unit;

#[tokio::test]
async fn hosts_of_two_labs_share_nothing() {
    let (one, two) = (Lab::new().unwrap(), Lab::new().unwrap());
    assert_ne!(one.name(), two.name());
    let (a, b) = tokio::join!(one.host("same"), two.host("same"));
    let (a, b) = (a.unwrap(), b.unwrap());
    for host in [&a, &b] {
        muster_lab::load_unit(&host.docker()).await.unwrap();
        run_unit(&host.docker(), "web", &["serve", "80"]).await;
    }
    let info = (a.docker().info().await.unwrap(), b.docker().info().await.unwrap());
    assert_eq!(
        (info.0.containers_running, info.1.containers_running),
        (Some(1), Some(1))
    );
    assert_ne!(info.0.id, info.1.id);
    a.kill_engine().await.unwrap();
    b.docker().ping().await.unwrap();
    a.remove().unwrap();
    assert_eq!(b.docker().info().await.unwrap().containers_running, Some(1));
}

#[tokio::test]
async fn one_lab_has_many_hosts_but_a_name_once() {
    let lab = Lab::new().unwrap();
    let (a, b) = tokio::join!(lab.host("a"), lab.host("b"));
    let (a, _b) = (a.unwrap(), b.unwrap());
    assert!(matches!(lab.host("a").await, Err(Error::Files { .. })));
    a.remove().unwrap();
    lab.host("a").await.unwrap();
}

#[tokio::test]
async fn the_machine_is_left_as_it_is() {
    let before = machine();
    let host = crate::support::host_with_unit().await;
    run_unit(&host.docker(), "web", &["serve", "80"]).await;
    assert_eq!(machine(), before);
}

/// The machine's own interfaces, mounts, hostname and engine socket.
fn machine() -> Vec<String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let interfaces = read("/proc/self/net/dev")
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.to_owned())
        .collect();
    let engine = std::path::Path::new("/etc/docker/key.json").exists();
    vec![
        interfaces,
        read("/proc/self/mounts"),
        read("/proc/sys/kernel/hostname"),
        engine.to_string(),
    ]
}
