//! Several machines on one switch: a server's, and hosts that joined it.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use muster_lab::{Lab, Switch};

use crate::machine::{Container, Machine, host_states, until};

/// `s1` runs the server, `h1` and so on an agent each.
pub struct Fleet {
    pub server: Machine,
    pub hosts: BTreeMap<String, Machine>,
    pub switch: Switch,
}

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

fn address_of(host: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 99, 0, 10 + host)
}

impl Fleet {
    /// A server and so many hosts, all active, with the sample image on each.
    pub async fn of(hosts: u8) -> Self {
        let lab = Lab::new().unwrap();
        let switch = lab.switch("switch").unwrap();
        let mut server = Machine::of(&lab, "s1").await;
        switch.plug(&server.host, SERVER, 24).unwrap();
        server.address = Some(SERVER);
        let setup = server
            .start_server()
            .await
            .expect("the first start prints a setup token");
        server.log_in(&setup).await;
        let mut fleet = Self {
            server,
            hosts: BTreeMap::new(),
            switch,
        };
        for number in 1..=hosts {
            fleet.join(&lab, number).await;
        }
        until("all hosts are active", async || {
            let states = fleet.host_states().await;
            states.len() == usize::from(hosts) && states.values().all(|state| state == "active")
        })
        .await;
        fleet.server.load_sample_image().await;
        fleet
    }

    async fn join(&mut self, lab: &Lab, number: u8) {
        let name = format!("h{number}");
        let mut machine = Machine::of(lab, &name).await;
        self.switch.plug(&machine.host, address_of(number), 24).unwrap();
        let told = self.server.ok(&["host", "token"]).await;
        let token = told.split_whitespace().last().unwrap();
        machine.spawn_agent(&format!("https://{SERVER}:8080"), Some(token), Some(&name));
        self.hosts.insert(name, machine);
    }

    /// A machine's power goes and comes again: its disk is as it was, and its agent starts with it.
    pub async fn reboot(&mut self, name: &str) {
        let machine = self.hosts.get_mut(name).unwrap();
        self.switch.unplug(&machine.host).unwrap();
        machine.host.power_off().unwrap();
        machine.host.power_on().unwrap();
        let number = name.trim_start_matches('h').parse().unwrap();
        self.switch.plug(&machine.host, address_of(number), 24).unwrap();
        machine.host.start_engine().await.unwrap();
        machine.spawn_agent(&format!("https://{SERVER}:8080"), None, Some(name));
    }

    /// What the server says of each host, by the name that the platform has for it.
    pub async fn host_states(&self) -> BTreeMap<String, String> {
        host_states(&self.server.muster(&["host", "ls", "-o", "json"]).await)
    }

    /// Why a host's engine cannot be used; null if it can.
    pub async fn engine_error(&self, host: &str) -> serde_json::Value {
        self.server.json(&["host", "show", host]).await["facts"]["engine_error"].clone()
    }

    /// The containers that run on each host, asked of its engine.
    pub async fn running(&self) -> BTreeMap<&str, BTreeMap<String, Container>> {
        let mut all = BTreeMap::new();
        for (name, machine) in &self.hosts {
            let mut containers = machine.containers().await;
            containers.retain(|_, container| container.running);
            all.insert(name.as_str(), containers);
        }
        all
    }

    /// How many containers run on all hosts.
    pub async fn running_count(&self) -> usize {
        self.running().await.values().map(BTreeMap::len).sum()
    }
}
