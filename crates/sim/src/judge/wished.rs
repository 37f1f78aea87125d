//! What runs in the end is what users were told would run: of each service as many units as wished, each as its files say.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::desired::{ServiceKind, ServiceSpec};
use muster_model::{HostId, Name, UnitId};

use crate::ledger::{Ledger, Standing};
use crate::wish::{ServiceWished, Wishes};

/// What of the wishes is not so.
pub fn wished(ledger: &Ledger, wishes: &Wishes, hosts: &[HostId]) -> Option<String> {
    let mut services: BTreeMap<(&Name, &Name), BTreeMap<UnitId, Vec<&Standing>>> = BTreeMap::new();
    for one in ledger.running() {
        let units = services.entry((&one.made.stack, &one.made.service)).or_default();
        units.entry(one.made.unit).or_default().push(one);
    }
    let wanted = wishes.services();
    for (stack, service) in services.keys() {
        if !wanted.contains_key(&((*stack).clone(), (*service).clone())) {
            return Some(format!("{stack}/{service} runs, and nobody wishes it"));
        }
    }
    wanted.iter().find_map(|((stack, service), wish)| {
        let units = services.remove(&(stack, service)).unwrap_or_default();
        let found = count(&units, wish, hosts).or_else(|| {
            units.iter().find_map(|(unit, parts)| {
                let fits = wish.allowed.iter().any(|(spec, _)| as_written(spec, parts));
                (!fits).then(|| format!("{unit} does not run what its files say"))
            })
        })?;
        Some(format!("{stack}/{service}: {found}"))
    })
}

fn count(units: &BTreeMap<UnitId, Vec<&Standing>>, wish: &ServiceWished, hosts: &[HostId]) -> Option<String> {
    if wish.head.kind != ServiceKind::Global {
        let running = u32::try_from(units.len()).unwrap_or(u32::MAX);
        let fits = |wanted: u32| (wanted..=wanted + wish.surge).contains(&running);
        let wanted: BTreeSet<u32> = wish.allowed.iter().map(|(_, units)| *units).collect();
        return (!wanted.iter().any(|wanted| fits(*wanted)))
            .then(|| format!("{running} units run, {wanted:?} are wished"));
    }
    let on = |host: &HostId| {
        units
            .values()
            .filter(|parts| parts.iter().any(|part| part.host == *host))
            .count()
    };
    let odd = hosts.iter().find(|host| on(host) != 1)?;
    Some(format!(
        "{} units run on {odd}, one is wished on every host",
        on(odd)
    ))
}

/// Whether these containers are the unit that a spec describes, all on one host.
fn as_written(spec: &ServiceSpec, parts: &[&Standing]) -> bool {
    let together = parts.windows(2).all(|pair| pair[0].host == pair[1].host);
    let written = |part: &&Standing| {
        let name = part.made.sidekick.as_ref();
        spec.unit
            .containers()
            .any(|(sidekick, container)| sidekick == name && *container == *part.made.runs)
    };
    together && parts.len() == 1 + spec.unit.sidekicks.len() && parts.iter().all(written)
}
