//! The stage of a story: a world, and what the story does to it.

use std::sync::Arc;

use muster_files::{Project, SourceFile};
use muster_model::desired::StackSpec;
use muster_model::{HostId, Name};

use super::show;
use crate::ledger::Standing;
use crate::wish::Edit;
use crate::world::World;

/// What a command shows, or why it cannot be done.
type Shown = Result<Vec<String>, String>;

/// A world, and the hand of a story in it.
pub struct Stage {
    world: World,
}

impl Stage {
    pub fn new() -> Self {
        Self { world: World::bare() }
    }

    pub fn add_host(&mut self, name: Name) -> Shown {
        self.world.host_joins(name).map(|()| Vec::new())
    }

    pub fn deploy(&mut self, stack: Name, file: &[String]) -> Shown {
        let spec = Arc::new(read(&stack, file)?);
        self.wish(Edit::Deploy { stack, spec })
    }

    pub fn scale(&mut self, stack: Name, service: Name, units: u32) -> Shown {
        self.wish(Edit::Scale {
            stack,
            service,
            units,
        })
    }

    pub fn restart(&mut self, stack: Name, service: Name) -> Shown {
        self.wish(Edit::Restart { stack, service })
    }

    pub fn rollback(&mut self, stack: Name, to: u64) -> Shown {
        self.wish(Edit::Rollback { stack, to })
    }

    pub fn remove(&mut self, stack: Name) -> Shown {
        self.wish(Edit::Remove { stack })
    }

    fn wish(&mut self, edit: Edit) -> Shown {
        Ok(vec![self.world.person_wishes(edit)])
    }

    pub fn cut(&mut self, host: &Name) -> Shown {
        let of = self.host(host)?;
        self.world.host_is_cut(of);
        Ok(Vec::new())
    }

    /// What the host says is lost, and nobody is told.
    pub fn cut_up(&mut self, host: &Name) -> Shown {
        let of = self.host(host)?;
        self.world.host_is_not_heard(of);
        Ok(Vec::new())
    }

    /// A server's watch of the store tells nothing for so long.
    pub fn late_watch(&mut self, server: &str, ms: u64) -> Shown {
        let of = self.server(server)?;
        self.world.watch_is_late(of, ms);
        Ok(Vec::new())
    }

    pub fn power_off(&mut self, host: &Name) -> Shown {
        let of = self.host(host)?;
        self.world.host_goes_off(of);
        Ok(Vec::new())
    }

    pub fn power_on(&mut self, host: &Name) -> Shown {
        let of = self.host(host)?;
        self.world.host_goes_on(of);
        Ok(Vec::new())
    }

    pub fn evacuate(&mut self, host: Name) -> Shown {
        self.wish(Edit::Evacuate { host })
    }

    pub fn activate(&mut self, host: Name) -> Shown {
        self.wish(Edit::Cordon {
            host,
            cordoned: false,
        })
    }

    pub fn confirm_dead(&mut self, host: Name) -> Shown {
        self.wish(Edit::Dead { host })
    }

    pub fn release_brake(&mut self) -> Shown {
        self.wish(Edit::ReleaseBrake)
    }

    /// The program of the first container of a service that runs ignores being asked to end.
    pub fn stubborn(&mut self, stack: &Name, service: &Name) -> Shown {
        let (host, name) = self.running(stack, service)?;
        self.world.program_is_stubborn(host, &name);
        Ok(Vec::new())
    }

    pub fn heal(&mut self, host: &Name) -> Shown {
        let of = self.host(host)?;
        self.world.host_is_healed(of);
        Ok(Vec::new())
    }

    /// Servers are called s1, s2 and so on, as they came.
    pub fn add_server(&mut self, name: &str) -> Shown {
        let next = format!("s{}", self.world.servers().count() + 1);
        if name != next {
            return Err(format!("the next server is {next}"));
        }
        self.world.server_joins().map(|()| Vec::new())
    }

    pub fn stop_server(&mut self, name: &str) -> Shown {
        let of = self.server(name)?;
        self.world.server_stops(of);
        Ok(Vec::new())
    }

    /// It stops once agents can do without it, and is not there until it is started.
    pub fn ask_server_to_stop(&mut self, name: &str) -> Shown {
        let of = self.server(name)?;
        self.world.server_is_told_to_stop(of);
        Ok(Vec::new())
    }

    pub fn start_server(&mut self, name: &str) -> Shown {
        let of = self.server(name)?;
        self.world.server_starts(of);
        Ok(Vec::new())
    }

    pub fn stop_agent(&mut self, host: &Name) -> Shown {
        let of = self.host(host)?;
        self.world.agent_stops(of);
        Ok(Vec::new())
    }

    pub fn start_agent(&mut self, host: &Name) -> Shown {
        let of = self.host(host)?;
        self.world.agent_starts(of);
        Ok(Vec::new())
    }

    /// The program of the first container of a service that runs ends with an error.
    pub fn crash(&mut self, stack: &Name, service: &Name) -> Shown {
        let (host, name) = self.running(stack, service)?;
        self.world.program_ends(host, &name, 1);
        Ok(show::deed(&self.world).into_iter().collect())
    }

    /// The first container of a service that runs, and its host.
    fn running(&self, stack: &Name, service: &Name) -> Result<(HostId, String), String> {
        let of = |one: &&Standing| one.made.stack == *stack && one.made.service == *service;
        (self.world.ledger().running())
            .find(of)
            .map(|one| (one.host, one.made.name.clone()))
            .ok_or_else(|| format!("no container of {stack}/{service} runs"))
    }

    /// From now on every program of an image ends soon after it began.
    pub fn bad_image(&mut self, image: &str) -> Shown {
        self.world.image_is_bad(image.to_owned());
        Ok(Vec::new())
    }

    /// Lets time pass. Shows what becomes of containers meanwhile, if the reader is to watch.
    pub fn advance(&mut self, ms: u64, watch: bool) -> Shown {
        let until = self.world.now().after(ms);
        let mut shown = Vec::new();
        while self.world.next_at().is_some_and(|at| at <= until) {
            let before = self.world.ledger().entries();
            if !self.world.step() {
                let judged = self.world.violation().map(ToString::to_string);
                return Err(judged.unwrap_or_else(|| "nothing will ever happen again".to_owned()));
            }
            if self.world.ledger().entries() > before {
                shown.extend(show::deed(&self.world).filter(|_| watch));
            }
        }
        self.world.rest_until(until);
        Ok(shown)
    }

    pub fn show(&self, what: &str) -> Shown {
        let stored = self.world.stored();
        match what {
            "servers" => Ok(show::servers(&self.world, &stored)),
            "hosts" => Ok(show::hosts(&stored)),
            "units" => Ok(show::units(&stored)),
            "services" => Ok(show::services(&stored)),
            "rollouts" => Ok(show::rollouts(&stored)),
            "containers" => Ok(show::containers(&self.world, &stored)),
            _ => Err(format!(
                "`{what}` cannot be shown: only servers, hosts, units, services, rollouts and containers can"
            )),
        }
    }

    fn server(&self, name: &str) -> Result<usize, String> {
        (0..self.world.servers().count())
            .find(|of| name == format!("s{}", of + 1))
            .ok_or_else(|| format!("there is no server {name}"))
    }

    fn host(&self, name: &Name) -> Result<usize, String> {
        self.world
            .host_named(name)
            .ok_or_else(|| format!("there is no host {name}"))
    }
}

/// Reads a compose file as the platform does.
fn read(stack: &Name, file: &[String]) -> Result<StackSpec, String> {
    let source = SourceFile {
        path: "docker-compose.yml".to_owned(),
        bytes: file.join("\n").into_bytes(),
    };
    let reading = muster_files::read(&Project {
        name: Some(stack.clone()),
        sources: vec![source],
        ..Project::default()
    });
    let wrong = || {
        reading
            .diagnostics
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let draft = reading.stack.clone().ok_or_else(|| wrong().join("; "))?;
    let no_contents = "stories have no secrets and no configs";
    draft
        .seal(|_| Err(no_contents), |_| Err(no_contents))
        .map_err(str::to_owned)
}
