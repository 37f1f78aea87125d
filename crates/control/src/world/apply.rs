//! One document changes: its table follows. What else follows stands in [`super::follow`].

use muster_model::assigned::{HostAssigned, Leader, Rollout, ServiceAssigned, Unit, VolumeAssigned};
use muster_model::desired::{
    Account, ApiKey, BlobObject, Environment, EpochCounter, HostWish, JoinToken, Part, Platform,
    RegistryCredential, ServiceWish, Stack, StackRevision, VolumeWish,
};
use muster_model::document::{Document, Record};
use muster_model::observed::{HostObserved, UnitStatus};
use muster_model::{EnvironmentId, Name, Revision, StackId};

use super::follow::set;
use super::touched::Touched;
use super::{Versioned, World};

impl World {
    /// Takes in that `revision` wrote `record` under `key`, or removed what stood there (`None`), and says whom that
    /// touches. A key that no kind of document has is ignored.
    pub fn apply(&mut self, revision: Revision, key: &str, record: Option<Record>) -> Touched {
        self.reach(revision);
        let mut touched = Touched::default();
        match record {
            Some(record) => self.put(revision, record, &mut touched),
            None => {
                self.forget(key, &mut touched);
            }
        }
        touched
    }

    /// Takes in that the store has reached `revision` without a change that concerns the world.
    pub fn reach(&mut self, revision: Revision) {
        self.revision = self.revision.max(revision);
    }

    fn put(&mut self, at: Revision, record: Record, touched: &mut Touched) {
        match record {
            Record::Platform(doc) => self.docs.platform = some(doc, at),
            Record::EpochCounter(doc) => self.docs.epochs = some(doc, at),
            Record::Leader(doc) => self.docs.leader = some(doc, at),
            Record::Environment(doc) => self.set_environment(doc.id, some(doc, at), touched),
            Record::Account(doc) => self.set_account(doc.id, some(doc, at)),
            Record::ApiKey(doc) => set(&mut self.docs.keys, doc.id, some(doc, at)),
            Record::JoinToken(doc) => set(&mut self.docs.join_tokens, doc.id, some(doc, at)),
            Record::HostWish(doc) => self.set_host_wish(doc.id, some(doc, at), touched),
            Record::Stack(doc) => self.set_stack(doc.id, some(doc, at), touched),
            Record::StackRevision(doc) => self.set_revision((doc.stack, doc.number), some(doc, at), touched),
            Record::Part(doc) => self.set_part(doc.key(), some(doc, at), touched),
            Record::ServiceWish(doc) => {
                self.set_service_wish(of_service(doc.stack, &doc.service), some(doc, at), touched)
            }
            Record::VolumeWish(doc) => {
                self.set_volume_wish((doc.environment, doc.name.clone()), some(doc, at), touched);
            }
            Record::BlobObject(doc) => {
                set(
                    &mut self.docs.blobs,
                    (doc.environment, doc.secret, doc.name.clone()),
                    some(doc, at),
                );
            }
            Record::RegistryCredential(doc) => {
                self.set_registry((doc.environment, doc.registry.clone()), some(doc, at), touched);
            }
            Record::HostAssigned(doc) => self.set_host_assigned(doc.host, some(doc, at), touched),
            Record::HostObserved(doc) => self.set_host_observed(doc.host, some(doc, at), touched),
            Record::Unit(doc) => self.set_unit(doc.id, some(doc, at), touched),
            Record::UnitStatus(doc) => self.set_status(doc.unit, some(doc, at), touched),
            Record::Rollout(doc) => {
                self.set_rollout(of_service(doc.stack, &doc.service), some(doc, at), touched)
            }
            Record::ServiceAssigned(doc) => {
                self.set_verdict(of_service(doc.stack, &doc.service), some(doc, at))
            }
            Record::VolumeAssigned(doc) => self.set_volume(doc.id, some(doc, at), touched),
        }
    }

    /// None if the key is no document's.
    fn forget(&mut self, key: &str, touched: &mut Touched) -> Option<()> {
        let (prefix, rest) = split(key)?;
        match prefix {
            Platform::PREFIX => self.docs.platform = None,
            EpochCounter::PREFIX => self.docs.epochs = None,
            Leader::PREFIX => self.docs.leader = None,
            Environment::PREFIX => self.set_environment(rest.parse().ok()?, None, touched),
            Account::PREFIX => self.set_account(rest.parse().ok()?, None),
            ApiKey::PREFIX => set(&mut self.docs.keys, rest.parse().ok()?, None),
            JoinToken::PREFIX => set(&mut self.docs.join_tokens, rest.parse().ok()?, None),
            HostWish::PREFIX => self.set_host_wish(rest.parse().ok()?, None, touched),
            Stack::PREFIX => self.set_stack(rest.parse().ok()?, None, touched),
            StackRevision::PREFIX => self.set_revision(stack_and(rest)?, None, touched),
            Part::PREFIX => self.set_part(key.to_owned(), None, touched),
            ServiceWish::PREFIX => self.set_service_wish(stack_and(rest)?, None, touched),
            VolumeWish::PREFIX => self.set_volume_wish(environment_and(rest)?, None, touched),
            BlobObject::PREFIX => set(&mut self.docs.blobs, blob(rest)?, None),
            RegistryCredential::PREFIX => self.set_registry(environment_and(rest)?, None, touched),
            HostAssigned::PREFIX => self.set_host_assigned(rest.parse().ok()?, None, touched),
            HostObserved::PREFIX => self.set_host_observed(rest.parse().ok()?, None, touched),
            Unit::PREFIX => self.set_unit(rest.parse().ok()?, None, touched),
            UnitStatus::PREFIX => self.set_status(rest.parse().ok()?, None, touched),
            Rollout::PREFIX => self.set_rollout(stack_and(rest)?, None, touched),
            ServiceAssigned::PREFIX => self.set_verdict(stack_and(rest)?, None),
            VolumeAssigned::PREFIX => self.set_volume(rest.parse().ok()?, None, touched),
            _ => return None,
        }
        Some(())
    }
}

fn some<T>(doc: T, modified: Revision) -> Option<Versioned<T>> {
    Some(Versioned {
        doc: doc.into(),
        modified,
    })
}

fn of_service(stack: StackId, service: &Name) -> (StackId, Name) {
    (stack, service.clone())
}

/// `desired/host/` and `host-1-2`.
fn split(key: &str) -> Option<(&str, &str)> {
    let folder = key.find('/')? + 1;
    let end = folder + key.get(folder..)?.find('/')? + 1;
    Some(key.split_at(end))
}

fn stack_and<T: std::str::FromStr>(rest: &str) -> Option<(StackId, T)> {
    let (stack, rest) = rest.split_once('/')?;
    Some((stack.parse().ok()?, rest.parse().ok()?))
}

fn environment_and<T: std::str::FromStr>(rest: &str) -> Option<(EnvironmentId, T)> {
    let (environment, rest) = rest.split_once('/')?;
    Some((environment.parse().ok()?, rest.parse().ok()?))
}

fn blob(rest: &str) -> Option<(EnvironmentId, bool, Name)> {
    let (environment, rest) = rest.split_once('/')?;
    let (kind, name) = rest.split_once('/')?;
    let secret = match kind {
        "secret" => true,
        "config" => false,
        _ => return None,
    };
    Some((environment.parse().ok()?, secret, name.parse().ok()?))
}
