//! What users want next.

use muster_model::Name;

use super::World;
use crate::files;
use crate::wish::Edit;

/// The most units that a user scales a service to.
const SCALE_MAX: u64 = 5;

impl World {
    /// What comes to a user's mind.
    pub(super) fn draws_edit(&mut self, user: usize) -> Option<Edit> {
        let stacks = self.wishes.stacks();
        let hosts = self.hosts.len() as u64;
        let rng = &mut self.users[user].rng;
        let names: Vec<&Name> = stacks.keys().collect();
        let known = rng.pick(&names).map(|name| ((*name).clone(), &stacks[*name]));
        let kind = rng.between(0, 10);
        match (kind, known) {
            (10, _) => {
                let host = Name::parse(&format!("h{}", rng.between(1, hosts))).ok()?;
                let cordoned = rng.chance(600);
                Some(Edit::Cordon { host, cordoned })
            }
            (4..=5, Some((stack, wished))) => {
                let service = rng.pick(&wished.scalable())?.clone();
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

    /// Once faults have stopped, users let every host be used again; and when all came to rest, they remove everything.
    pub(super) fn last_edit(&self) -> Option<Edit> {
        let cordoned = self.wishes.cordoned().pop_first();
        let removed = || {
            let (stack, _) = self.wishes.stacks().pop_first().filter(|_| self.is_ending)?;
            Some(Edit::Remove { stack })
        };
        cordoned
            .map(|host| Edit::Cordon {
                host,
                cordoned: false,
            })
            .or_else(removed)
    }
}
