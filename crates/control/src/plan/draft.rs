//! The world as an edit would leave it: the documents that the server would write, on a copy.

use std::sync::Arc;

use muster_model::desired::{RevisionBody, ServiceWish, Stack, StackRevision, StackSpec};
use muster_model::document::Record;
use muster_model::{AccountId, EnvironmentId, Name, Refusal, RequestId, StackId, WallTime};

use super::Edit;
use crate::world::World;

/// The world after an edit.
pub(super) struct Draft {
    pub(super) world: World,
    /// The stack that is edited.
    pub(super) stack: StackId,
    /// The services that the edit may concern; none means all of the stack.
    pub(super) service: Option<Name>,
    pub(super) rollback_to: Option<u64>,
}

/// The stack's id in a draft while it has none: no epoch 0 is ever handed out.
const NEW_STACK: StackId = StackId::new(0, 1);

pub(super) fn draft(world: &World, edit: &Edit) -> Result<Draft, Refusal> {
    let mut draft = Draft {
        world: world.clone(),
        stack: NEW_STACK,
        service: None,
        rollback_to: None,
    };
    match edit {
        Edit::Deploy {
            environment,
            name,
            spec,
        } => draft.deploy(*environment, name, spec.clone())?,
        Edit::Remove { stack, volumes } => {
            draft.stack = *stack;
            let head = draft.head()?;
            draft.put(Stack {
                removed: true,
                volumes_go: *volumes,
                ..head
            });
        }
        Edit::Rollback { stack, to } => {
            draft.stack = *stack;
            let head = draft.head()?;
            let earlier = || {
                world
                    .revisions(*stack)
                    .rev()
                    .map(|doc| doc.number)
                    .find(|number| *number < head.revision)
            };
            let number = to.or_else(earlier);
            let spec = number.and_then(|number| world.spec(*stack, number));
            let refusal = || Refusal::NoEarlierRevision {
                stack: head.name.clone(),
            };
            draft.rollback_to = number;
            draft.deploy(head.environment, &head.name, spec.ok_or_else(refusal)?)?;
        }
        Edit::Scale {
            stack,
            service,
            scale,
        } => {
            draft.wish(*stack, service, |wish| wish.scale = Some(*scale));
        }
        Edit::Restart { stack, service } => draft.wish(*stack, service, |wish| wish.restarts += 1),
        Edit::Pause {
            stack,
            service,
            paused,
        } => draft.wish(*stack, service, |wish| wish.paused = *paused),
    }
    Ok(draft)
}

impl Draft {
    fn put(&mut self, doc: impl Into<Record>) {
        let record = doc.into();
        self.world
            .apply(self.world.revision(), &record.key(), Some(record));
    }

    fn head(&self) -> Result<Stack, Refusal> {
        let head = self.world.stack(self.stack).map(|head| (*head.doc).clone());
        head.ok_or_else(|| Refusal::NotFound {
            kind: "stack".to_owned(),
            name: self.stack.to_string(),
        })
    }

    fn deploy(
        &mut self,
        environment: EnvironmentId,
        name: &Name,
        spec: Arc<StackSpec>,
    ) -> Result<(), Refusal> {
        let known = self
            .world
            .stack_by_name(environment, name)
            .map(|stack| (*stack.doc).clone());
        let head = match known {
            Some(head) => Stack {
                revision: head.revision + 1,
                ..head
            },
            None => Stack {
                id: NEW_STACK,
                environment,
                name: name.clone(),
                revision: 1,
                removed: false,
                volumes_go: false,
                created: WallTime::default(),
                request: RequestId::parse("plan").map_err(|error| Refusal::NotFound {
                    kind: "request".to_owned(),
                    name: error.to_string(),
                })?,
            },
        };
        self.stack = head.id;
        self.clear_scales(&spec);
        self.put(StackRevision {
            stack: head.id,
            number: head.revision,
            by: AccountId::new(0, 1),
            at: WallTime::default(),
            rollback_of: self.rollback_to,
            body: RevisionBody::Inline(spec),
        });
        self.put(head);
        Ok(())
    }

    /// Files that state a scale clear what was set by hand.
    fn clear_scales(&mut self, spec: &StackSpec) {
        let states = |wish: &ServiceWish| {
            spec.services
                .get(&wish.service)
                .is_some_and(|service| service.scale.is_some())
        };
        let set: Vec<ServiceWish> = self
            .world
            .service_wishes(self.stack)
            .filter(|wish| wish.scale.is_some() && states(wish))
            .map(|wish| (*wish.doc).clone())
            .collect();
        for wish in set {
            self.put(ServiceWish { scale: None, ..wish });
        }
    }

    fn wish(&mut self, stack: StackId, service: &Name, change: impl FnOnce(&mut ServiceWish)) {
        let former = self
            .world
            .service_wish(stack, service)
            .map(|wish| (*wish.doc).clone());
        let mut wish = former.unwrap_or_else(|| ServiceWish {
            stack,
            service: service.clone(),
            scale: None,
            restarts: 0,
            paused: false,
        });
        change(&mut wish);
        (self.stack, self.service) = (stack, Some(service.clone()));
        self.put(wish);
    }
}
