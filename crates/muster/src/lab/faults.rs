//! What is done to machines and their cables.

use std::sync::Arc;

use muster_lab::Switch;

use super::machine::Machine;
use super::plan::PREFIX;
use super::protocol::Fault;

/// Between two machines, or one and all others; one way is what `from`, else the machine itself, sends.
pub async fn cut(
    switch: &Switch,
    machine: &Arc<Machine>,
    from: Option<&Arc<Machine>>,
    one_way: bool,
) -> anyhow::Result<()> {
    let Some(from) = from else {
        let host = machine.host().await;
        let cut = if one_way {
            switch.cut_way(Some(&host), None)
        } else {
            switch.cut(&host)
        };
        return Ok(cut?);
    };
    anyhow::ensure!(
        !Arc::ptr_eq(machine, from),
        "a machine cannot be cut off from itself"
    );
    // Always in one order, so that two such commands do not wait for one another.
    let (first, second) = if machine.plan.address < from.plan.address {
        (machine, from)
    } else {
        (from, machine)
    };
    let (one, other) = (first.host().await, second.host().await);
    let (to, from) = if Arc::ptr_eq(first, machine) {
        (&one, &other)
    } else {
        (&other, &one)
    };
    switch.cut_way(Some(from), Some(to))?;
    if !one_way {
        switch.cut_way(Some(to), Some(from))?;
    }
    Ok(())
}

/// Changes one quality of a cable and leaves the others.
pub async fn shape(switch: &Switch, machine: &Machine, fault: &Fault) -> anyhow::Result<()> {
    let host = machine.host().await;
    let mut conditions = switch.conditions(&host);
    match fault {
        Fault::Loss { ppm } => conditions.loss_ppm = *ppm,
        Fault::Rate { bits } => conditions.rate = (*bits > 0).then_some(*bits),
        Fault::Delay { delay } => conditions.delay = *delay,
        _ => {}
    }
    Ok(switch.set_conditions(&host, conditions)?)
}

/// The cable goes first: a machine without power sends nothing.
pub async fn power_off(switch: &Switch, machine: &Machine) -> anyhow::Result<()> {
    let mut host = machine.host().await;
    anyhow::ensure!(host.is_on(), "{} has no power already", machine.plan.name);
    switch.unplug(&host)?;
    host.power_off()?;
    drop(host);
    machine.reap().await;
    Ok(())
}

/// As a boot: what Muster runs there is started by the caller, when this is done.
pub async fn power_on(switch: &Switch, machine: &Machine) -> anyhow::Result<()> {
    let mut host = machine.host().await;
    anyhow::ensure!(!host.is_on(), "{} has power already", machine.plan.name);
    host.power_on()?;
    switch.plug(&host, machine.plan.address, PREFIX)?;
    if machine.plan.is_host {
        host.start_engine().await?;
    }
    Ok(())
}

/// What is wrong with a machine's cable, in words; nothing if nothing is.
pub async fn link(switch: &Switch, machine: &Machine) -> String {
    let host = machine.host().await;
    let mut parts = described(&machine.plan.name, &switch.cuts(&host));
    let conditions = switch.conditions(&host).to_string();
    parts.extend((!conditions.is_empty()).then_some(conditions));
    parts.join(", ")
}

/// Cuts from the point of view of one of the two.
fn described(name: &str, cuts: &[(Option<String>, Option<String>)]) -> Vec<String> {
    let has = |from: Option<&str>, to: Option<&str>| {
        cuts.iter()
            .any(|(f, t)| f.as_deref() == from && t.as_deref() == to)
    };
    let me = Some(name);
    if has(me, None) && has(None, me) {
        return vec!["cut".to_owned()];
    }
    let word = |(from, to): &(Option<String>, Option<String>)| {
        let (outward, other) = if from.as_deref() == me {
            (true, to)
        } else {
            (false, from)
        };
        let other = other.as_deref();
        let both = has(me, other) && has(other, me);
        let name = other.unwrap_or("all");
        match (both, outward) {
            (true, true) => Some(format!("cut from {name}")),
            (true, false) => None,
            (false, true) => Some(format!("not heard by {name}")),
            (false, false) => Some(format!("does not hear {name}")),
        }
    };
    cuts.iter().filter_map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::described;

    #[test]
    fn cuts_are_told_from_the_machine_s_own_side() {
        let way = |from: &str, to: &str| {
            let side = |name: &str| (!name.is_empty()).then(|| name.to_owned());
            (side(from), side(to))
        };
        assert_eq!(described("h1", &[way("", "h1"), way("h1", "")]), ["cut"]);
        assert_eq!(
            described("h1", &[way("h1", "h2"), way("h2", "h1")]),
            ["cut from h2"]
        );
        assert_eq!(described("h1", &[way("h1", "h2")]), ["not heard by h2"]);
        assert_eq!(described("h2", &[way("h1", "h2")]), ["does not hear h1"]);
        assert_eq!(described("h1", &[way("h1", "")]), ["not heard by all"]);
        assert!(described("h1", &[]).is_empty());
    }
}
