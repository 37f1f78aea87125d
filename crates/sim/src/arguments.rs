//! What `muster-sim` is told, and a plan as the words that tell it.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use muster_sim::Plan;
use muster_sim::narrow::{Narrow, Numbers};

/// Runs the platform's real logic in a simulated world where everything that can fail does.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How many seeds, one after another.
    #[arg(long, default_value_t = 1, conflicts_with_all = ["trace", "shrink"])]
    pub seeds: u64,
    /// Tell the whole story as it happens.
    #[arg(long)]
    pub trace: bool,
    /// Look for a shorter history that fails alike.
    #[arg(long)]
    pub shrink: bool,
    /// Say which marks in the code were reached.
    #[arg(long)]
    pub marks: bool,
    /// The same, and fail if one never was.
    #[arg(long)]
    pub require_marks: bool,
    /// Without any faults.
    #[arg(long)]
    calm: bool,
    /// With so many hosts, whatever the seed says.
    #[arg(long)]
    hosts: Option<u32>,
    /// With so many servers.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=9))]
    servers: Option<u32>,
    /// With so many users.
    #[arg(long)]
    users: Option<u32>,
    /// Users act and faults come for so many milliseconds.
    #[arg(long)]
    unrest_ms: Option<u64>,
    /// Without this kind of fault; its name is the one in the table.
    #[arg(long, value_name = "KIND")]
    without_fault: Vec<String>,
    /// Without this service in any files.
    #[arg(long, value_name = "SERVICE")]
    without_service: Vec<String>,
    /// Only these faults, counted from 1 as they come, such as 3,7-9.
    #[arg(long, value_name = "NUMBERS")]
    only_faults: Option<Numbers>,
    /// Only these wishes of users.
    #[arg(long, value_name = "NUMBERS")]
    only_wishes: Option<Numbers>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Play stories and compare what they show with what they say.
    Story {
        /// The stories.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Write what they show into them.
        #[arg(long)]
        update: bool,
    },
}

impl Arguments {
    /// The plan of one seed.
    pub fn plan(&self, seed: u64) -> Plan {
        let plan = Plan::of(seed);
        Plan {
            hosts: self.hosts.unwrap_or(plan.hosts),
            users: self.users.unwrap_or(plan.users),
            servers: self.servers.unwrap_or(plan.servers),
            unrest_ms: self.unrest_ms.unwrap_or(plan.unrest_ms),
            faults: !self.calm,
            narrow: Narrow {
                without_faults: self.without_fault.iter().cloned().collect(),
                without_services: self.without_service.iter().cloned().collect(),
                only_faults: self.only_faults.clone(),
                only_wishes: self.only_wishes.clone(),
            },
            ..plan
        }
    }

    /// The plans of all seeds.
    pub fn plans(&self) -> Vec<Plan> {
        let last = self.seed.saturating_add(self.seeds);
        (self.seed..last).map(|seed| self.plan(seed)).collect()
    }
}

/// The command that runs this plan again.
pub fn command(plan: &Plan) -> String {
    let usual = Plan::of(plan.seed);
    let mut words = vec![format!("muster-sim --seed {}", plan.seed)];
    let mut differs = |is: bool, word: String| words.extend(is.then_some(word));
    differs(!plan.faults, "--calm".to_owned());
    differs(plan.hosts != usual.hosts, format!("--hosts {}", plan.hosts));
    differs(
        plan.servers != usual.servers,
        format!("--servers {}", plan.servers),
    );
    differs(plan.users != usual.users, format!("--users {}", plan.users));
    differs(
        plan.unrest_ms != usual.unrest_ms,
        format!("--unrest-ms {}", plan.unrest_ms),
    );
    let narrow = &plan.narrow;
    words.extend(
        narrow
            .without_faults
            .iter()
            .map(|kind| format!("--without-fault '{kind}'")),
    );
    words.extend(
        narrow
            .without_services
            .iter()
            .map(|name| format!("--without-service {name}")),
    );
    words.extend(
        narrow
            .only_faults
            .iter()
            .map(|numbers| format!("--only-faults {numbers}")),
    );
    words.extend(
        narrow
            .only_wishes
            .iter()
            .map(|numbers| format!("--only-wishes {numbers}")),
    );
    words.join(" ")
}
