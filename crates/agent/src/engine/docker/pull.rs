use std::collections::BTreeMap;

use bollard::auth::DockerCredentials;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptions;
use futures_util::StreamExt as _;
use muster_model::desired::ImageRef;

use super::errors::{translate, words};
use super::{DockerEngine, PULL_SILENCE};
use crate::engine::{Answer, Failure, Login, OnProgress};

/// Docker Hub's own name in logins.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// Gets an image from its registry and tells how far that is, summed over its layers.
pub(super) async fn pull(
    engine: &DockerEngine,
    image: &ImageRef,
    platform: Option<&str>,
    login: Option<&Login>,
    progress: OnProgress<'_>,
) -> Result<Answer, Failure> {
    let client = engine.client().await?;
    let credentials = login.map(credentials).transpose()?;
    let options = CreateImageOptions {
        from_image: Some(image.tagged()),
        platform: platform.unwrap_or_default().to_owned(),
        ..CreateImageOptions::default()
    };
    let mut steps = client.create_image(Some(options), None, credentials).boxed();
    let mut layers = Layers::default();
    let verb = format!("pull {image}");
    loop {
        let next = async { Ok(steps.next().await) };
        match engine.within(PULL_SILENCE, &verb, next).await? {
            None => break,
            Some(Ok(step)) => {
                if let Some((bytes, total)) = layers.add(step) {
                    progress(bytes, total);
                }
            }
            Some(Err(error)) => return Err(failure(engine, image, error)),
        }
    }
    let found = engine.find_image(image, platform).await?;
    found
        .map(|facts| Answer::Image(Some(facts)))
        .ok_or_else(|| Failure::NoSuchImage {
            image: image.to_string(),
        })
}

fn credentials(login: &Login) -> Result<DockerCredentials, Failure> {
    let credential = &login.credential;
    let registry = &credential.registry;
    let no_content = || Failure::NoContent {
        what: format!("the password for {registry}"),
    };
    let password = login.password.as_ref().ok_or_else(no_content)?;
    let server = if registry == "docker.io" {
        DOCKER_HUB
    } else {
        registry
    };
    Ok(DockerCredentials {
        username: Some(credential.username.clone()),
        // The registry is to be shown it: that is what it was given for.
        password: Some(String::from_utf8_lossy(password.reveal()).into_owned()),
        serveraddress: Some(server.to_owned()),
        ..DockerCredentials::default()
    })
}

fn failure(engine: &DockerEngine, image: &ImageRef, error: bollard::errors::Error) -> Failure {
    let detail = words(&error);
    match translate(&format!("pull {image}"), "", error, engine.socket()) {
        other @ (Failure::Unreachable { .. } | Failure::DiskFull { .. }) => other,
        _ => Failure::Pull {
            image: image.to_string(),
            detail,
        },
    }
}

/// Bytes of each layer, by its id.
#[derive(Default)]
struct Layers(BTreeMap<String, (u64, u64)>);

impl Layers {
    fn add(&mut self, step: CreateImageInfo) -> Option<(u64, u64)> {
        // Unpacking counts the same bytes again.
        if step.status.as_deref() != Some("Downloading") {
            return None;
        }
        let detail = step.progress_detail?;
        let bytes = |count: Option<i64>| u64::try_from(count.unwrap_or(0)).unwrap_or(0);
        self.0
            .insert(step.id?, (bytes(detail.current), bytes(detail.total)));
        Some(
            self.0
                .values()
                .fold((0, 0), |sum, layer| (sum.0 + layer.0, sum.1 + layer.1)),
        )
    }
}
