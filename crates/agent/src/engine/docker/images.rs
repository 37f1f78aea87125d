use std::collections::BTreeMap;

use bollard::Docker;
use bollard::models::ImageSummary;
use bollard::query_parameters::ListImagesOptions;
use muster_model::limits::LOCAL_IMAGES_MAX;

/// Digits of an id that tell two images apart.
const ID_DIGITS: usize = 12;

/// The images that no registry gave, by reference.
pub(super) async fn local(client: &Docker) -> Result<BTreeMap<String, String>, bollard::errors::Error> {
    let images = client.list_images(None::<ListImagesOptions>).await?;
    Ok(of(&images))
}

fn of(images: &[ImageSummary]) -> BTreeMap<String, String> {
    // An engine that has images from registries only says `<none>@<none>`, or nothing.
    let given = |digest: &String| !digest.starts_with("<none>");
    let local = images
        .iter()
        .filter(|image| !image.repo_digests.iter().any(given));
    let named = local.flat_map(|image| {
        let id: String = image
            .id
            .trim_start_matches("sha256:")
            .chars()
            .take(ID_DIGITS)
            .collect();
        image.repo_tags.iter().map(move |tag| (tag.clone(), id.clone()))
    });
    let all: BTreeMap<String, String> = named.filter(|(tag, _)| !tag.starts_with("<none>")).collect();
    all.into_iter().take(LOCAL_IMAGES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, tags: &[&str], digests: &[&str]) -> ImageSummary {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect();
        ImageSummary {
            id: format!("sha256:{id}"),
            repo_tags: texts(tags),
            repo_digests: texts(digests),
            ..ImageSummary::default()
        }
    }

    #[test]
    fn what_a_registry_gave_is_not_local() {
        let found = of(&[
            image(
                "aaaaaaaaaaaaaaaa",
                &["built:1", "built:latest"],
                &["<none>@<none>"],
            ),
            image("b", &["nginx:1"], &["nginx@sha256:00"]),
            image("c", &["<none>:<none>"], &[]),
            image("d", &["loaded:latest"], &[]),
        ]);
        let names: Vec<(&str, &str)> = found.iter().map(|(tag, id)| (&**tag, &**id)).collect();
        assert_eq!(
            names,
            [
                ("built:1", "aaaaaaaaaaaa"),
                ("built:latest", "aaaaaaaaaaaa"),
                ("loaded:latest", "d")
            ]
        );
    }
}
