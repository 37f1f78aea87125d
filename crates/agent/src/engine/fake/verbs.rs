use muster_model::assigned::NetworkAssigned;
use muster_model::desired::ImageRef;

use super::{FakeEngine, Made};
use crate::engine::{Answer, Failure, Verb};

impl FakeEngine {
    /// Does one thing.
    pub fn perform(&mut self, verb: &Verb) -> Result<Answer, Failure> {
        match verb {
            Verb::FindImage { image, .. } => Ok(Answer::Image(self.images.get(&image.tagged()).cloned())),
            Verb::Pull { image, .. } => self.pull(image),
            Verb::EnsureNetwork(network) => self.ensure_network(network),
            Verb::EnsureVolume(volume) => {
                self.volumes.insert(volume.engine_name.clone());
                Ok(Answer::Done)
            }
            Verb::RemoveVolume { name } => self.remove_volume(name),
            Verb::Create(create) => self.create(create),
            Verb::Start { name } => self.start(name),
            Verb::Stop { name, .. } => self.stop(name),
            Verb::Kill { name, signal } => self.kill(name, signal),
            Verb::Remove { name } => {
                self.find(name)?;
                self.end(name, 137);
                self.remove(name);
                Ok(Answer::Done)
            }
        }
    }

    pub(super) fn find(&self, name: &str) -> Result<&Made, Failure> {
        self.containers.get(name).ok_or_else(|| Failure::NoSuchContainer {
            name: name.to_owned(),
        })
    }

    fn pull(&mut self, image: &ImageRef) -> Result<Answer, Failure> {
        if self.offers_all {
            self.publish_image(&image.tagged());
        }
        let found = self.registry.get(&image.tagged()).cloned();
        let facts = found.ok_or_else(|| Failure::Pull {
            image: image.to_string(),
            detail: "manifest unknown".to_owned(),
        })?;
        self.load_image(&image.tagged(), facts.has_check);
        Ok(Answer::Image(Some(facts)))
    }

    fn ensure_network(&mut self, wanted: &NetworkAssigned) -> Result<Answer, Failure> {
        let name = wanted.name.clone();
        self.ids += 1;
        let id = self.ids;
        let network = self.networks.entry(name.clone());
        let (_, has) = network.or_insert_with(|| (id, wanted.clone()));
        if has.subnet == wanted.subnet {
            return Ok(Answer::Done);
        }
        let (has, wants) = (has.subnet.to_string(), wanted.subnet.to_string());
        Err(Failure::NetworkDiffers { name, has, wants })
    }

    fn remove_volume(&mut self, name: &str) -> Result<Answer, Failure> {
        if let Some((by, _)) = self
            .containers
            .iter()
            .find(|(_, made)| made.volumes.iter().any(|v| v == name))
        {
            return Err(Failure::VolumeInUse {
                name: name.to_owned(),
                detail: format!("by {by}"),
            });
        }
        self.volumes.remove(name);
        Ok(Answer::Done)
    }

    fn stop(&mut self, name: &str) -> Result<Answer, Failure> {
        self.find(name)?;
        self.end(name, 143);
        Ok(Answer::Done)
    }

    fn kill(&mut self, name: &str, signal: &str) -> Result<Answer, Failure> {
        self.find(name)?;
        let code = if signal == "SIGKILL" { 137 } else { 143 };
        if self.end(name, code) {
            Ok(Answer::Done)
        } else {
            Err(Failure::NotRunning {
                name: name.to_owned(),
            })
        }
    }
}
