//! The peer: engines in swarm mode, three managers.
//!
//! No live restore, which swarm mode does not take; names by DNS round robin, because a kernel may lack what its virtual
//! addresses need; the image by its id, or each task would wait for a registry.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use bollard::Docker;
use bollard::models::{
    EndpointSpec, EndpointSpecModeEnum, NetworkAttachmentConfig, NetworkCreateRequest, NodeState,
    ServiceSpec, ServiceSpecMode, ServiceSpecModeReplicated, ServiceSpecUpdateConfig,
    ServiceSpecUpdateConfigFailureActionEnum, SwarmInitRequest, SwarmJoinRequest, TaskSpec,
    TaskSpecContainerSpec,
};
use bollard::query_parameters::{
    ImportImageOptionsBuilder, InspectServiceOptions, ListNodesOptions, UpdateServiceOptionsBuilder,
};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use muster_lab::{EngineOptions, Host, HostOptions, Lab, Switch};

const SERVICE: &str = "bench";
const NETWORK: &str = "bench";

/// Theirs.
pub struct Swarm {
    /// The managers; the first one made the swarm and leads it.
    pub hosts: Vec<Host>,
    image: String,
    switch: Switch,
}

impl Swarm {
    /// Three managers, all ready, with the sample image on each and a network.
    pub async fn start(sample: &[u8]) -> anyhow::Result<Self> {
        let lab = Lab::new()?;
        let switch = lab.switch("switch")?;
        let mut swarm = Self {
            hosts: Vec::new(),
            image: String::new(),
            switch,
        };
        for number in 1..=3 {
            swarm.join(&lab, number, sample).await?;
        }
        swarm.ready(3).await?;
        let network = NetworkCreateRequest {
            name: NETWORK.to_owned(),
            driver: Some("overlay".to_owned()),
            ..NetworkCreateRequest::default()
        };
        swarm.hosts[0].docker().create_network(network).await?;
        Ok(swarm)
    }

    async fn join(&mut self, lab: &Lab, number: u8, sample: &[u8]) -> anyhow::Result<()> {
        let host = lab
            .host_with(&format!("m{number}"), without_live_restore()?)
            .await?;
        let address = Ipv4Addr::new(10, 99, 0, 20 + number);
        self.switch.plug(&host, address, 24)?;
        let docker = host.docker();
        self.image = load(&docker, sample).await?;
        let listen = Some("0.0.0.0:2377".to_owned());
        match self.hosts.first() {
            None => {
                let request = SwarmInitRequest {
                    listen_addr: listen,
                    advertise_addr: Some(address.to_string()),
                    ..SwarmInitRequest::default()
                };
                docker.init_swarm(request).await?;
            }
            Some(first) => {
                let tokens = first.docker().inspect_swarm().await?.join_tokens;
                let request = SwarmJoinRequest {
                    listen_addr: listen,
                    advertise_addr: Some(address.to_string()),
                    remote_addrs: Some(vec!["10.99.0.21:2377".to_owned()]),
                    join_token: tokens.and_then(|tokens| tokens.manager),
                    ..SwarmJoinRequest::default()
                };
                docker.join_swarm(request).await?;
            }
        }
        self.hosts.push(host);
        Ok(())
    }

    /// Waits until so many of its machines are ready. Tasks made before that may all land on the first.
    async fn ready(&self, count: usize) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let nodes = self.hosts[0]
                .docker()
                .list_nodes(None::<ListNodesOptions>)
                .await?;
            let is_ready = |state: Option<bollard::models::NodeStatus>| {
                state.is_some_and(|status| status.state == Some(NodeState::READY))
            };
            let ready = nodes
                .into_iter()
                .filter(|node| is_ready(node.status.clone()))
                .count();
            if ready == count {
                return Ok(());
            }
            ensure!(
                began.elapsed() < Duration::from_secs(60),
                "the swarm has {ready} ready machines"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The managers' engines.
    pub fn engines(&self) -> Vec<Docker> {
        self.hosts.iter().map(Host::docker).collect()
    }

    /// Makes the service with so many replicas.
    pub async fn up(&self, replicas: u32) -> anyhow::Result<()> {
        let client = self.hosts[0].docker();
        client.create_service(self.spec(replicas, "v1"), None).await?;
        Ok(())
    }

    /// Changes how many replicas it has, or what they are told.
    pub async fn change(&self, replicas: u32, version: &str) -> anyhow::Result<()> {
        let client = self.hosts[0].docker();
        let now = client
            .inspect_service(SERVICE, None::<InspectServiceOptions>)
            .await?;
        let version_now = now.version.and_then(|version| version.index);
        let index = version_now.context("a service without a version")?;
        let options = UpdateServiceOptionsBuilder::default()
            .version(i32::try_from(index)?)
            .build();
        let spec = self.spec(replicas, version);
        client.update_service(SERVICE, spec, options, None).await?;
        Ok(())
    }

    /// Removes the service.
    pub async fn down(&self) -> anyhow::Result<()> {
        self.hosts[0].docker().delete_service(SERVICE).await?;
        Ok(())
    }

    /// Takes a machine's power.
    pub fn power_off(&mut self, host: usize) -> anyhow::Result<()> {
        let host = self.hosts.remove(host);
        self.switch.cut(&host)?;
        drop(host);
        Ok(())
    }

    fn spec(&self, replicas: u32, version: &str) -> ServiceSpec {
        let container = TaskSpecContainerSpec {
            image: Some(self.image.clone()),
            env: Some(vec![format!("VERSION={version}")]),
            ..TaskSpecContainerSpec::default()
        };
        let network = NetworkAttachmentConfig {
            target: Some(NETWORK.to_owned()),
            ..NetworkAttachmentConfig::default()
        };
        ServiceSpec {
            name: Some(SERVICE.to_owned()),
            labels: Some(HashMap::new()),
            task_template: Some(TaskSpec {
                container_spec: Some(container),
                networks: Some(vec![network]),
                ..TaskSpec::default()
            }),
            mode: Some(ServiceSpecMode {
                replicated: Some(ServiceSpecModeReplicated {
                    replicas: Some(i64::from(replicas)),
                }),
                ..ServiceSpecMode::default()
            }),
            update_config: Some(ServiceSpecUpdateConfig {
                parallelism: Some(5),
                delay: Some(0),
                monitor: Some(1_000_000_000),
                failure_action: Some(ServiceSpecUpdateConfigFailureActionEnum::PAUSE),
                ..ServiceSpecUpdateConfig::default()
            }),
            endpoint_spec: Some(EndpointSpec {
                mode: Some(EndpointSpecModeEnum::DNSRR),
                ..EndpointSpec::default()
            }),
            ..ServiceSpec::default()
        }
    }
}

fn without_live_restore() -> anyhow::Result<HostOptions> {
    Ok(HostOptions {
        engine: EngineOptions::read(["live-restore=false"])?,
        ..HostOptions::default()
    })
}

/// Loads the sample image; its id.
async fn load(docker: &Docker, tar: &[u8]) -> anyhow::Result<String> {
    let options = ImportImageOptionsBuilder::default().quiet(true).build();
    let body = bollard::body_full(Bytes::copy_from_slice(tar));
    docker
        .import_image(options, body, None)
        .try_collect::<Vec<_>>()
        .await?;
    let found = docker.inspect_image("muster/whoami").await?;
    found.id.context("an image without an id")
}
