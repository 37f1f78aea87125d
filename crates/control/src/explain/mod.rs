//! Why things are as they are, worked out from the world when somebody asks.
//!
//! The verdict that control stored says what a service waits for; here that is made complete: every host's obstacles, what
//! the platform does about it and when it looks again, what a person can do, and why each unit is where it is.

mod matters;
mod not_here;

use muster_model::assigned::{ServiceState, UnitWish};
use muster_model::view::{UnitWhyView, WhyView};
use muster_model::{Name, StackId};

use crate::reconcile::members::{Member, State, members};
use crate::world::World;

pub use not_here::why_not;

/// Why a service is as it is; none if there is no such service.
pub fn why(world: &World, stack: StackId, service: &Name) -> Option<WhyView> {
    let doc = world.stack(stack)?;
    let members = members(world, stack, service);
    let verdict = world.verdict(stack, service);
    if members.is_empty() && world.service_spec(stack, doc.revision, service).is_none() {
        return None;
    }
    let current = verdict.filter(|verdict| verdict.revision == doc.revision);
    let well = members.iter().filter(|member| member.runs() && member.well());
    let mut view = WhyView {
        stack: doc.name.clone(),
        service: service.clone(),
        state: current.map_or(ServiceState::Converging, |verdict| verdict.state),
        wanted: verdict.map_or(0, |verdict| verdict.wanted),
        well: u32::try_from(well.count()).unwrap_or(u32::MAX),
        summary: String::new(),
        matters: matters::of(world, doc, service, &members),
        units: members.iter().filter_map(|member| unit(world, member)).collect(),
    };
    view.summary = summary(&view);
    Some(view)
}

fn summary(view: &WhyView) -> String {
    let (name, counts) = (
        format!("{}/{}", view.stack, view.service),
        format!("{} of {} units are up", view.well, view.wanted),
    );
    match view.state {
        ServiceState::Steady if view.matters.is_empty() => format!("{name} is as wished: {counts}."),
        ServiceState::Steady => format!("{name} runs as wished, with a remark: {counts}."),
        ServiceState::Completed => format!("{name} has ended, as it was meant to."),
        ServiceState::Converging => format!("{name} is on its way: {counts}."),
        ServiceState::Blocked => format!("{name} cannot go on by itself: {counts}."),
    }
}

fn unit(world: &World, member: &Member) -> Option<UnitWhyView> {
    Some(UnitWhyView {
        number: member.unit.number,
        host: world.host_name(member.unit.host)?,
        state: state_words(member).to_owned(),
        why: member.unit.reasons.iter().map(ToString::to_string).collect(),
        message: member.message.clone(),
    })
}

fn state_words(member: &Member) -> &'static str {
    match member.state {
        State::Lost => "its host is lost",
        State::Silent => "its host does not answer",
        State::Gone => "gone",
        _ if member.unit.wish == UnitWish::Remove => "on its way out",
        State::Up => "up",
        State::Done => "ended well",
        State::Coming => "on its way",
        State::Failed => "failing",
    }
}
