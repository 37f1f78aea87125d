//! What a container is made of: a reference to an image, and when it is pulled.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A reference to an image, such as `nginx`, `muster/whoami:1` or `registry:5000/a/b@sha256:…`.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct ImageRef(String);

/// The text is not an image reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an image reference; write one like `nginx:1.27` or `registry.example.com/team/app@sha256:…`"
)]
pub struct ImageRefError(String);

impl ImageRef {
    /// Checks that `text` has the characters and length of a reference; the engine judges the rest.
    pub fn parse(text: &str) -> Result<Self, ImageRefError> {
        let fits =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/' | b':' | b'@' | b'+');
        let starts = text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        if !starts || text.len() > 512 || !text.bytes().all(fits) || text.contains("//") {
            return Err(ImageRefError(text.chars().take(80).collect()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text with its tag, which is `latest` where none was written.
    pub fn tagged(&self) -> String {
        let after_registry = self.0.rsplit('/').next().unwrap_or(&self.0);
        if after_registry.contains([':', '@']) {
            self.0.clone()
        } else {
            format!("{}:latest", self.0)
        }
    }

    /// The registry it is pulled from; `docker.io` where none was written.
    pub fn registry(&self) -> &str {
        match self.0.split_once('/') {
            Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
            _ => "docker.io",
        }
    }
}

impl TryFrom<String> for ImageRef {
    type Error = ImageRefError;

    fn try_from(text: String) -> Result<Self, ImageRefError> {
        Self::parse(&text)
    }
}

impl From<ImageRef> for String {
    fn from(image: ImageRef) -> Self {
        image.0
    }
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// When an image is asked for elsewhere. An image that the engine has is not, unless `Always`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PullPolicy {
    /// If the engine does not have it.
    #[default]
    Missing,
    /// Before every create.
    Always,
    /// Never: the engine has it or the unit fails.
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn image_references() {
        let image = |text: &str| ImageRef::parse(text).unwrap();
        assert_eq!(image("nginx").tagged(), "nginx:latest");
        assert_eq!(image("registry:5000/a/b").tagged(), "registry:5000/a/b:latest");
        assert_eq!(image("a/b:1").tagged(), "a/b:1");
        assert_eq!(image("registry:5000/a/b").registry(), "registry:5000");
        assert_eq!(image("muster/whoami").registry(), "docker.io");
        for bad in ["", "a b", "../x", "a\0", "$IMAGE", "a//b", &"x".repeat(513)] {
            assert!(ImageRef::parse(bad).is_err(), "{bad:.20}");
        }
    }
}
