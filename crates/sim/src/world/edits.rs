//! What users want next.

use muster_model::Name;

use super::World;
use crate::files;
use crate::rng::Rng;
use crate::wish::{Edit, HALL};

/// The most units that a user scales a service to.
const SCALE_MAX: u64 = 5;

impl World {
    /// What comes to a user's mind.
    pub(super) fn draws_edit(&mut self, user: usize) -> Option<Edit> {
        let stacks = self.wishes.stacks();
        let dark: Vec<usize> = (0..self.hosts.len())
            .filter(|of| !self.hosts[*of].powered)
            .collect();
        let hosts = self.hosts.len() as u64;
        let rng = &mut self.users[user].rng;
        let names: Vec<&Name> = stacks.keys().collect();
        let known = rng.pick(&names).map(|name| ((*name).clone(), &stacks[*name]));
        let kind = rng.between(0, 15);
        match (kind, known) {
            (10..=12, _) => Self::draws_besides(rng, hosts),
            (15, _) => Self::draws_of_silent(rng, &dark),
            (13, Some((stack, wished))) => {
                let services: Vec<&Name> = wished.history.last()?.services.keys().collect();
                let (service, paused) = ((*rng.pick(&services)?).clone(), rng.chance(500));
                Some(Edit::Pause {
                    stack,
                    service,
                    paused,
                })
            }
            (4..=5, Some((stack, wished))) => {
                let services = if rng.chance(100) {
                    wished.unscalable()
                } else {
                    wished.scalable()
                };
                let service = rng.pick(&services)?.clone();
                Some(Edit::Scale {
                    stack,
                    service,
                    units: u32::try_from(rng.between(0, SCALE_MAX)).ok()?,
                })
            }
            (6..=7, Some((stack, wished))) => Some(Edit::Rollback {
                stack,
                to: rng.between(1, wished.history.len() as u64),
            }),
            (8, Some((stack, wished))) => {
                let services: Vec<&Name> = wished.history.last()?.services.keys().collect();
                Some(Edit::Restart {
                    stack,
                    service: (*rng.pick(&services)?).clone(),
                })
            }
            (9, Some((stack, _))) => Some(Edit::Remove { stack }),
            _ => {
                let stack = *rng.pick(&files::STACKS)?;
                Some(Edit::Deploy {
                    stack: Name::parse(stack).ok()?,
                    spec: files::draw(stack, hosts, &self.narrow, rng)?,
                })
            }
        }
    }

    /// What comes to a user's mind about hosts, volumes and registries.
    fn draws_besides(rng: &mut Rng, hosts: u64) -> Option<Edit> {
        let host = Name::parse(&format!("h{}", rng.between(1, hosts))).ok()?;
        Some(match rng.between(0, 10) {
            10 => Edit::Evacuate { host },
            0..=3 => Edit::Cordon {
                host,
                cordoned: rng.chance(600),
            },
            4..=6 => {
                let room = [None, Some("cellar"), Some(HALL), Some(HALL)][rng.below(4)];
                let room = room.map(str::to_owned);
                Edit::Label { host, room }
            }
            7..=8 => Edit::Volume {
                name: Name::parse(files::SHARED).ok()?,
                made: true,
            },
            _ => {
                let username = rng.chance(700).then(|| format!("puller-{}", rng.between(1, 3)));
                Edit::Login { username }
            }
        })
    }

    /// What comes to the mind of a user who sees that hosts are silent, and perhaps goes and looks.
    fn draws_of_silent(rng: &mut Rng, dark: &[usize]) -> Option<Edit> {
        let seen = rng.pick(dark).copied();
        match seen.filter(|_| rng.chance(700)) {
            Some(of) => Some(Edit::Dead {
                host: Name::parse(&format!("h{}", of + 1)).ok()?,
            }),
            None => Some(Edit::ReleaseBrake),
        }
    }

    /// Once faults have stopped, users put right what keeps others waiting; and when all came to rest, they remove everything.
    pub(super) fn last_edit(&self) -> Option<Edit> {
        let removed = || {
            let stack = self.wishes.stacks().pop_first();
            let volume = || self.wishes.volumes().pop_first();
            let stack = stack.map(|(stack, _)| Edit::Remove { stack });
            stack.or_else(|| {
                Some(Edit::Volume {
                    name: volume()?,
                    made: false,
                })
            })
        };
        let remedy = self.wishes.remedy(self.hosts.len());
        remedy.or_else(|| removed().filter(|_| self.is_ending))
    }
}
