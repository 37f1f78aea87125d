//! What was used of late, as agents tell it.

use muster_model::WallTime;
use muster_model::link::{Metrics, StreamFrame, StreamRequest};
use muster_model::observed::{ContainerStatus, UnitStatus};
use muster_model::view::{ContainerSample, HostSample};

use super::harness::{ENV, Harness, running};

fn told(containers: &[String]) -> Vec<StreamFrame> {
    let host = HostSample {
        at: WallTime(10_000),
        milli_cpus: 250,
        ..HostSample::default()
    };
    let sample = |id: &String| {
        let sample = ContainerSample {
            pids: 3,
            ..ContainerSample::default()
        };
        (id.clone(), vec![sample])
    };
    let metrics = Metrics {
        host: vec![host],
        containers: containers.iter().map(sample).collect(),
    };
    let text = serde_json::to_vec(&metrics).unwrap();
    let (one, two) = text.split_at(text.len() / 2);
    vec![
        StreamFrame::Output(one.to_vec()),
        StreamFrame::Output(two.to_vec()),
        StreamFrame::Exit(0),
    ]
}

#[tokio::test]
async fn samples_of_a_stack_come_from_all_its_hosts_and_a_silent_one_is_named() {
    let (harness, root) = Harness::set_up().await;
    let hosts = [harness.host(1, ENV).await, harness.host(2, ENV).await];
    let stack = harness.stack(1, ENV, "shop", &["web", "db"]).await;
    for (number, service, host) in [(1, "web", hosts[0]), (2, "web", hosts[1]), (3, "db", hosts[0])] {
        let unit = harness.unit(number, stack, service, host).await;
        let container = ContainerStatus {
            sidekick: None,
            engine_id: Some(format!("engine-{number}")),
            running: true,
            exit_code: None,
            out_of_memory: false,
        };
        harness
            .write(&UnitStatus {
                containers: vec![container],
                ..running(&unit)
            })
            .await;
    }
    harness.agents.play(move |host, request| match request {
        StreamRequest::Metrics { containers } if host == hosts[0] => told(containers),
        _ => vec![StreamFrame::Failed("no".to_owned())],
    });
    let ask = |path: &str| {
        harness
            .get(&format!("/v1/environments/default/{path}"))
            .key(&root)
            .send()
    };
    let all = ask("stacks/shop/metrics").await.expect(200);
    let names: Vec<&str> = all["containers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|container| container["service"].as_str().unwrap())
        .collect();
    assert_eq!(
        (names, &all["silent"][0]),
        (vec!["db", "web"], &"host-2: no".into())
    );
    assert_eq!(all["containers"][0]["samples"][0]["pids"], 3);
    let web = ask("stacks/shop/metrics?service=web").await.expect(200);
    assert_eq!(web["containers"].as_array().unwrap().len(), 1);
    let host = ask("hosts/host-1/metrics").await.expect(200);
    assert_eq!(
        (&host["cpus"], &host["samples"][0]["milli_cpus"]),
        (&4.into(), &250.into())
    );
    ask("hosts/host-2/metrics").await.expect(502);
}
