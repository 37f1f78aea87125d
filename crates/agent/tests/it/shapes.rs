//! The table of what compose keys make of a container, a file for each part.

mod elsewhere;
mod limits;
mod mounts;
mod network;
mod process;
mod rights;

use serde_json::Value;

pub use elsewhere::ELSEWHERE;

/// A service `web`, and what the engine must say of its container. `HOST` stands for a directory of the
/// host, `VOLUME` for the engine's name of the volume `data`, `PRIMARY` for the container's id.
pub struct Shape {
    /// The keys that it proves, with blanks between them.
    pub keys: &'static str,
    /// The service's keys, besides its image; `CHECKED` is one that has a check.
    pub service: &'static str,
    /// What follows the service in the file, from `  other:` or `volumes:` on.
    pub rest: &'static str,
    /// Files beside it.
    pub beside: &'static [(&'static str, &'static str)],
    /// A file of the kernel without which the engine passes over or refuses the keys; a test of the body stands for them.
    pub needs: Option<&'static str>,
    /// Only a container that was started shows it.
    pub started: bool,
    pub expect: Vec<Expect>,
}

/// What must be so.
pub enum Expect {
    /// At this place of what the engine says about the container.
    Container(&'static str, Value),
    /// At this place of what the engine says about the container of the sidekick `log`.
    Sidekick(&'static str, Value),
    /// At this place of what the engine says about the volume `data`.
    Volume(&'static str, Value),
    /// Its secret or config of this number lies on the host with this owner, group and mode.
    File(usize, (u32, u32, u32)),
    /// The container is not made, with these words.
    Refused(&'static str),
}

pub fn shapes() -> Vec<Shape> {
    [
        process::shapes(),
        network::shapes(),
        mounts::shapes(),
        limits::shapes(),
        rights::shapes(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn shape(keys: &'static str, service: &'static str) -> Shape {
    Shape {
        keys,
        service,
        rest: "",
        beside: &[],
        needs: None,
        started: false,
        expect: Vec::new(),
    }
}

impl Shape {
    fn is(mut self, place: &'static str, value: impl Into<Value>) -> Self {
        self.expect.push(Expect::Container(place, value.into()));
        self
    }

    fn sidekick_is(mut self, place: &'static str, value: impl Into<Value>) -> Self {
        self.expect.push(Expect::Sidekick(place, value.into()));
        self
    }

    fn volume_is(mut self, place: &'static str, value: impl Into<Value>) -> Self {
        self.expect.push(Expect::Volume(place, value.into()));
        self
    }

    fn file_is(mut self, number: usize, owner_group_mode: (u32, u32, u32)) -> Self {
        self.expect.push(Expect::File(number, owner_group_mode));
        self
    }

    fn refused(mut self, words: &'static str) -> Self {
        self.expect.push(Expect::Refused(words));
        self
    }

    fn rest(self, rest: &'static str) -> Self {
        Self { rest, ..self }
    }

    fn beside(self, beside: &'static [(&'static str, &'static str)]) -> Self {
        Self { beside, ..self }
    }

    fn needs(self, file: &'static str) -> Self {
        Self {
            needs: Some(file),
            ..self
        }
    }

    /// It must be started to be seen.
    fn started(self) -> Self {
        Self {
            started: true,
            ..self
        }
    }
}
