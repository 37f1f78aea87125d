//! A host loses its power and gets it back.

use std::net::Ipv4Addr;
use std::time::Duration;

use muster_lab::{Error, HostOptions, Lab, load_unit};

use crate::support::{run_unit, state};

#[tokio::test]
async fn what_was_on_the_disk_is_there_after_a_boot_and_the_rest_is_not() {
    let lab = Lab::new().unwrap();
    let options = HostOptions {
        hostname: Some("a".into()),
        neighbours: vec![("b".into(), Ipv4Addr::new(10, 9, 0, 2))],
        ..HostOptions::default()
    };
    let mut host = lab.host_with("a", options).await.unwrap();
    load_unit(&host.docker()).await.unwrap();
    run_unit(&host.docker(), "web", &["serve", "80"]).await;
    said(&host, "echo memory >/run/note").await;
    let (boot, machine) = (said(&host, BOOT).await, said(&host, "cat /etc/machine-id").await);

    host.power_off().unwrap();
    assert!(!host.is_on() && matches!(host.power_off(), Err(Error::Power { .. })));
    assert!(host.docker().ping().await.is_err());
    host.power_on().unwrap();
    assert!(matches!(host.power_on(), Err(Error::Power { .. })));
    host.start_engine().await.unwrap();

    let (running, _, _) = state(&host.docker(), "web").await;
    assert!(!running, "the container is on the disk and was ended");
    let after = said(&host, BOOT).await;
    assert_ne!(after, boot);
    assert_eq!(said(&host, "cat /etc/machine-id").await, machine);
    assert_eq!(
        said(&host, "hostname; ls /run/note 2>&1 | grep -c 'No such'").await,
        "a\n1\n"
    );
    assert!(said(&host, "cat /etc/hosts").await.contains("10.9.0.2 b"));
    let uptime: f64 = said(&host, "cut -d' ' -f1 /proc/uptime")
        .await
        .trim()
        .parse()
        .unwrap();
    assert!(uptime < 60.0, "its clock counts from its boot: {uptime}");
    host.remove().unwrap();
}

const BOOT: &str = "cat /proc/sys/kernel/random/boot_id";

async fn said(host: &muster_lab::Host, script: &str) -> String {
    let output = host.command("sh").args(["-c", script]).output().await.unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_frozen_host_stands_still_with_its_containers_and_goes_on() {
    let host = crate::support::host_with_unit().await;
    run_unit(&host.docker(), "web", &["serve", "47113"]).await;
    let container = process_with("47113");
    let mut beside = host.command("sleep").arg("1000").spawn().unwrap();
    host.freeze().await.unwrap();
    assert!(host.is_frozen());
    let ping = tokio::time::timeout(Duration::from_millis(300), async { host.docker().ping().await }).await;
    assert!(ping.is_err(), "its engine does not answer");
    for stopped in [beside.id().unwrap(), container] {
        let stat = std::fs::read_to_string(format!("/proc/{stopped}/stat")).unwrap();
        assert!(stat.contains(") T "), "{stat}");
    }
    host.thaw().unwrap();
    assert!(!host.is_frozen());
    host.docker().ping().await.unwrap();
    host.freeze().await.unwrap();
    beside.start_kill().unwrap();
    host.remove().unwrap();
}

/// As the machine numbers it; the host numbers it otherwise.
fn process_with(word: &str) -> u32 {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let mut numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let serves = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.starts_with(b"/lab-unit") && String::from_utf8_lossy(&line).contains(word)
    };
    numbers.find(serves).unwrap()
}
