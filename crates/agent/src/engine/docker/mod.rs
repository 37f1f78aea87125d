//! The Docker Engine API, and Podman's like of it.
//!
//! The version is negotiated, 1.41 (Docker 20.10) to today's. Every call has a deadline: an engine that hangs makes one
//! action fail, never the agent. Errors are told apart by status and by the engine's words, in [`errors`] alone.
//!
//! Containers leave the environment's range through the engine's own masquerading. It will be the agent's once it runs
//! an overlay; until then the engine's rule does exactly what is needed on one host (it spares what stays in the
//! network), and stays right over the engine's restarts without anyone watching it.

pub mod body;
mod client;
mod errors;
mod events;
mod images;
mod list;
mod network;
mod platform;
mod pull;

use std::time::Duration;

use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::{
    CreateContainerOptions, KillContainerOptions, RemoveContainerOptions, RemoveVolumeOptions,
    StartContainerOptions, StopContainerOptions,
};
use muster_model::desired::ImageRef;
use muster_model::link::VolumeAssignment;
use muster_model::{HostId, WallTime};

use super::{
    Answer, Call, Container, CreateContainer, Engine, EngineFacts, Events, Failure, ImageFacts, OnProgress,
    Owner, Verb,
};
pub use client::DockerEngine;
pub(crate) use errors::stream_failure;
use errors::{is_status, translate};

/// Making or starting may wait for disks and for the kernel.
const WORK_WITHIN: Duration = Duration::from_secs(120);
/// Looking is quick, or something is wrong.
const LOOK_WITHIN: Duration = Duration::from_secs(30);
/// On top of the grace a container has to end.
const STOP_MARGIN: Duration = Duration::from_secs(30);
/// For a container whose grace we do not know.
const STOP_WITHIN: Duration = Duration::from_secs(900);
/// A pull whose bytes stand still this long has failed; one that goes on may take as long as it takes.
const PULL_SILENCE: Duration = Duration::from_secs(120);

/// Before this version of the API, a hardware address is the container's; since, its endpoint's.
const OWN_MAC_UNTIL: (usize, usize) = (1, 44);

impl Engine for DockerEngine {
    fn list(&self, host: HostId) -> Call<'_, Vec<Container>> {
        Box::pin(list::list(self, host))
    }

    fn perform<'a>(&'a self, verb: &'a Verb, progress: OnProgress<'a>) -> Call<'a, Answer> {
        Box::pin(async move {
            match verb {
                Verb::Pull {
                    image,
                    platform,
                    login,
                } => pull::pull(self, image, platform.as_deref(), login.as_ref(), progress).await,
                _ => {
                    self.within(deadline(verb), &verb.to_string(), self.call(verb))
                        .await
                }
            }
        })
    }

    fn events(&self, host: HostId) -> Call<'_, Events> {
        Box::pin(events::events(self, host))
    }

    fn facts(&self) -> Call<'_, EngineFacts> {
        Box::pin(self.within(LOOK_WITHIN, "describe itself", self.describe()))
    }
}

fn deadline(verb: &Verb) -> Duration {
    match verb {
        Verb::Stop {
            grace: Some(grace), ..
        } => *grace + STOP_MARGIN,
        Verb::Stop { grace: None, .. } => STOP_WITHIN,
        Verb::FindImage { .. } | Verb::Kill { .. } => LOOK_WITHIN,
        _ => WORK_WITHIN,
    }
}

impl DockerEngine {
    async fn call(&self, verb: &Verb) -> Result<Answer, Failure> {
        match verb {
            Verb::FindImage { image, platform } => {
                let found = self.find_image(image, platform.as_deref()).await;
                found.map(Answer::Image)
            }
            Verb::EnsureNetwork(network) => network::ensure(self, network).await,
            Verb::EnsureVolume(volume) => self.ensure_volume(volume).await,
            Verb::RemoveVolume { name } => self.remove_volume(verb, name).await,
            Verb::Create(create) => self.create(verb, create).await,
            Verb::Start { name } => self.start(verb, name).await,
            Verb::Stop { name, grace } => self.stop(verb, name, *grace).await,
            Verb::Kill { name, signal } => self.kill(verb, name, signal).await,
            Verb::Remove { name } => self.remove(verb, name).await,
            Verb::Pull { .. } => Ok(Answer::Done),
        }
    }

    /// The image, if the engine has it for the platform.
    pub(super) async fn find_image(
        &self,
        image: &ImageRef,
        platform: Option<&str>,
    ) -> Result<Option<ImageFacts>, Failure> {
        match self.client().await?.inspect_image(&image.tagged()).await {
            Ok(found) if platform.is_some_and(|platform| !platform::fits(platform, &found)) => Ok(None),
            Ok(found) => {
                let test = found
                    .config
                    .and_then(|config| config.healthcheck)
                    .and_then(|check| check.test);
                let has_check = test.is_some_and(|test| test.first().is_some_and(|word| word != "NONE"));
                Ok(Some(ImageFacts {
                    id: found.id.unwrap_or_default(),
                    has_check,
                }))
            }
            Err(error) if is_status(&error, 404) => Ok(None),
            Err(error) => Err(translate(
                &format!("look for the image {image}"),
                "",
                error,
                self.socket(),
            )),
        }
    }

    async fn ensure_volume(&self, volume: &VolumeAssignment) -> Result<Answer, Failure> {
        let request = VolumeCreateRequest {
            name: Some(volume.engine_name.clone()),
            driver: volume.spec.driver.clone(),
            driver_opts: Some(volume.spec.options.clone().into_iter().collect()),
            labels: Some(volume.spec.labels.clone().into_iter().collect()),
            ..VolumeCreateRequest::default()
        };
        let made = self.client().await?.create_volume(request).await;
        let verb = format!("make the volume {}", volume.engine_name);
        made.map(|_| Answer::Done)
            .map_err(|error| translate(&verb, &volume.engine_name, error, self.socket()))
    }

    async fn remove_volume(&self, verb: &Verb, name: &str) -> Result<Answer, Failure> {
        match self
            .client()
            .await?
            .remove_volume(name, None::<RemoveVolumeOptions>)
            .await
        {
            Ok(()) => Ok(Answer::Done),
            Err(error) if is_status(&error, 404) => Ok(Answer::Done),
            Err(error) if is_status(&error, 409) => Err(Failure::VolumeInUse {
                name: name.to_owned(),
                detail: errors::words(&error),
            }),
            Err(error) => Err(self.failure(verb, name, error)),
        }
    }

    async fn create(&self, verb: &Verb, create: &CreateContainer) -> Result<Answer, Failure> {
        let (client, name) = (self.client().await?, create.name());
        let api = client.client_version();
        let api = (api.major_version, api.minor_version);
        if let Some(detail) = body::refusal(&create.spec, api) {
            let verb = verb.to_string();
            return Err(Failure::Refused { verb, detail });
        }
        let options = CreateContainerOptions {
            name: Some(name.clone()),
            platform: create.spec.platform.clone().unwrap_or_default(),
        };
        let body = body::body(create);
        let client = match body::mac_address(create).filter(|_| api < OWN_MAC_UNTIL) {
            Some(address) => client::with_own_mac(client, &body, address),
            None => client,
        };
        match client.create_container(Some(options), body).await {
            Ok(made) => Ok(Answer::Created { id: made.id }),
            Err(error) if errors::is_name_taken(&error) => {
                self.adopt(create, &name, self.failure(verb, &name, error)).await
            }
            Err(error) if errors::is_missing_image(&error) => Err(Failure::NoSuchImage {
                image: create.spec.image.to_string(),
            }),
            Err(error) => Err(self.failure(verb, &name, error)),
        }
    }

    /// The name is taken: by ourselves, when the answer to an earlier create was lost.
    async fn adopt(
        &self,
        create: &CreateContainer,
        name: &str,
        conflict: Failure,
    ) -> Result<Answer, Failure> {
        let inspected = self.client().await?.inspect_container(name, None).await;
        let Ok(found) = inspected else {
            return Err(conflict);
        };
        let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
        let owner = Owner::read(|key| labels.get(key).map(String::as_str));
        if owner.as_ref() == Some(&create.owner) {
            return Ok(Answer::Created {
                id: found.id.unwrap_or_default(),
            });
        }
        Err(Failure::NameTaken {
            name: name.to_owned(),
        })
    }

    async fn start(&self, verb: &Verb, name: &str) -> Result<Answer, Failure> {
        let started = self
            .client()
            .await?
            .start_container(name, None::<StartContainerOptions>)
            .await;
        match started {
            Ok(()) => Ok(Answer::Started { at: now() }),
            Err(error) if is_status(&error, 304) => Ok(Answer::Started { at: now() }),
            Err(error) => Err(self.failure(verb, name, error)),
        }
    }

    async fn stop(&self, verb: &Verb, name: &str, grace: Option<Duration>) -> Result<Answer, Failure> {
        let seconds = grace.map(|grace| i32::try_from(grace.as_millis().div_ceil(1000)).unwrap_or(i32::MAX));
        let options = StopContainerOptions {
            signal: None,
            t: seconds,
        };
        match self.client().await?.stop_container(name, Some(options)).await {
            Ok(()) => Ok(Answer::Done),
            Err(error) if is_status(&error, 304) => Ok(Answer::Done),
            Err(error) => Err(self.failure(verb, name, error)),
        }
    }

    async fn kill(&self, verb: &Verb, name: &str, signal: &str) -> Result<Answer, Failure> {
        let options = KillContainerOptions {
            signal: signal.to_owned(),
        };
        match self.client().await?.kill_container(name, Some(options)).await {
            Ok(()) => Ok(Answer::Done),
            Err(error) => Err(self.failure(verb, name, error)),
        }
    }

    async fn remove(&self, verb: &Verb, name: &str) -> Result<Answer, Failure> {
        let options = RemoveContainerOptions {
            v: true,
            force: true,
            link: false,
        };
        match self.client().await?.remove_container(name, Some(options)).await {
            Ok(()) => Ok(Answer::Done),
            Err(error) => Err(self.failure(verb, name, error)),
        }
    }

    async fn describe(&self) -> Result<EngineFacts, Failure> {
        let client = self.client().await?;
        let failed = |error| translate("describe itself", "", error, self.socket());
        let version = client.version().await.map_err(failed)?;
        let info = client.info().await.map_err(failed)?;
        let platform = version
            .platform
            .map(|platform| platform.name)
            .filter(|name| !name.is_empty());
        let product = if is_podman(version.components.as_deref().unwrap_or_default()) {
            "Podman".to_owned()
        } else {
            platform.unwrap_or_else(|| "Docker Engine".to_owned())
        };
        Ok(EngineFacts {
            engine: format!("{product} {}", version.version.unwrap_or_default()),
            api: client.client_version().to_string(),
            architecture: version.arch.unwrap_or_default(),
            live_restore: info.live_restore_enabled.unwrap_or(false),
            local_images: images::local(&client).await.map_err(failed)?,
            storage_driver: info.driver.clone().unwrap_or_default(),
            root: info.docker_root_dir.clone().unwrap_or_default(),
        })
    }

    fn failure(&self, verb: &Verb, name: &str, error: bollard::errors::Error) -> Failure {
        translate(&verb.to_string(), name, error, self.socket())
    }
}

fn is_podman(components: &[bollard::models::SystemVersionComponents]) -> bool {
    components
        .iter()
        .any(|component| component.name.contains("Podman"))
}

/// People compare it with their own clocks.
fn now() -> WallTime {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    WallTime(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
}
