//! Images from static binaries, in the format that `docker load` reads: there may be no registry to pull from.
//!
//! The same files make the same bytes and so the same image id: no clock, no machine's name, fixed order.

use std::fs;
use std::io;
use std::path::Path;

use bollard::query_parameters::ImportImageOptionsBuilder;
use bollard::{Docker, body_full, body_try_stream};
use bytes::Bytes;
use futures_util::TryStreamExt;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_util::io::ReaderStream;

use crate::archive::Archive;
use crate::{Error, Result};

/// 1970: image ids must not depend on when they are made.
const CREATED: &str = "1970-01-01T00:00:00Z";
const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
const GROUP: &str = "root:x:0:\nnogroup:x:65534:\n";
const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost\n";

/// An image to be: one layer with `/etc/passwd`, `/etc/group`, `/etc/hosts`, `/tmp`, `/root` and the given files.
#[derive(Debug, Clone)]
pub struct Image {
    tag: String,
    files: Vec<(String, Vec<u8>)>,
    links: Vec<(String, String)>,
    config: serde_json::Map<String, Value>,
}

impl Image {
    /// `tag` is the reference it gets, for example `lab/unit:1`.
    #[must_use]
    pub fn new(tag: &str) -> Self {
        let mut config = serde_json::Map::new();
        config.insert(
            "Env".into(),
            json!(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]),
        );
        Self {
            tag: tag.to_owned(),
            files: Vec::new(),
            links: Vec::new(),
            config,
        }
    }

    /// Copies the machine's file `from` to the absolute path `to`, executable.
    ///
    /// # Errors
    /// When `from` cannot be read.
    pub fn file(self, to: &str, from: &Path) -> Result<Self> {
        let content = fs::read(from).map_err(Error::files("read", from))?;
        Ok(self.content(to, content))
    }

    /// Puts `content` at the absolute path `to`, executable.
    #[must_use]
    pub fn content(mut self, to: &str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((to.to_owned(), content.into()));
        self
    }

    /// Makes the absolute path `at` a symbolic link to `target`.
    #[must_use]
    pub fn link(mut self, at: &str, target: &str) -> Self {
        self.links.push((at.to_owned(), target.to_owned()));
        self
    }

    /// What always begins the command line.
    #[must_use]
    pub fn entrypoint(self, words: &[&str]) -> Self {
        self.set("Entrypoint", json!(words))
    }

    /// What follows the entrypoint unless a container says otherwise.
    #[must_use]
    pub fn cmd(self, words: &[&str]) -> Self {
        self.set("Cmd", json!(words))
    }

    /// TCP ports that the image declares.
    #[must_use]
    pub fn expose(self, ports: &[u16]) -> Self {
        let ports = ports.iter().map(|port| (format!("{port}/tcp"), json!({})));
        self.set("ExposedPorts", Value::Object(ports.collect()))
    }

    /// Paths that get an anonymous volume each.
    #[must_use]
    pub fn volumes(self, paths: &[&str]) -> Self {
        let paths = paths.iter().map(|path| ((*path).to_owned(), json!({})));
        self.set("Volumes", Value::Object(paths.collect()))
    }

    /// Any other key of an image's configuration (`User`, `WorkingDir`, `StopSignal`, `Healthcheck`, `Labels` …).
    #[must_use]
    pub fn set(mut self, key: &str, value: Value) -> Self {
        self.config.insert(key.to_owned(), value);
        self
    }

    /// The file that `docker load` reads.
    ///
    /// # Errors
    /// When a path of the image cannot stand in an archive (`..`, NUL).
    pub fn archive(&self) -> Result<Vec<u8>> {
        self.try_archive()
            .map_err(Error::files("put into an image", &self.tag))
    }

    fn try_archive(&self) -> io::Result<Vec<u8>> {
        let layer = self.layer()?;
        let layer_id = digest(&layer);
        let config = self.configuration(&layer_id).to_string();
        let config_name = format!("{}.json", digest(config.as_bytes()));
        let layer_name = format!("{layer_id}/layer.tar");
        let manifest = json!([{ "Config": config_name, "RepoTags": [self.tag], "Layers": [layer_name] }]);

        let mut archive = Archive::with_room(layer.len());
        archive.file(&config_name, config.as_bytes(), 0o644)?;
        archive.file(&layer_name, &layer, 0o644)?;
        archive.file("manifest.json", manifest.to_string().as_bytes(), 0o644)?;
        archive.finish()
    }

    fn configuration(&self, layer_id: &str) -> Value {
        json!({
            "architecture": architecture(),
            "os": "linux",
            "created": CREATED,
            "config": self.config,
            "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{layer_id}")] },
            "history": [{ "created": CREATED, "created_by": "muster-lab" }],
        })
    }

    fn layer(&self) -> io::Result<Vec<u8>> {
        let mut layer = Archive::with_room(self.files.iter().map(|(_, content)| content.len()).sum());
        for (path, mode) in [("etc", 0o755), ("root", 0o700), ("tmp", 0o1777)] {
            layer.directory(path, mode)?;
        }
        for (path, text) in [("etc/passwd", PASSWD), ("etc/group", GROUP), ("etc/hosts", HOSTS)] {
            layer.file(path, text.as_bytes(), 0o644)?;
        }
        for (path, content) in &self.files {
            layer.file(path, content, 0o755)?;
        }
        for (path, target) in &self.links {
            layer.link(path, target)?;
        }
        layer.finish()
    }

    /// Gives it to an engine. Doing it again changes nothing.
    ///
    /// # Errors
    /// When it cannot be put together or the engine does not take it.
    pub async fn load(&self, docker: &Docker) -> Result<()> {
        load_archive(docker, Bytes::from(self.archive()?), &self.tag).await
    }
}

/// Gives an engine a file that `docker save` or [`Image::archive`] made; `what` names it in errors.
///
/// # Errors
/// When the engine does not take it.
pub async fn load_archive(docker: &Docker, archive: Bytes, what: &str) -> Result<()> {
    let options = ImportImageOptionsBuilder::default().quiet(true).build();
    let progress = docker.import_image(options, body_full(archive), None);
    let load = progress.try_for_each(|_| async { Ok(()) });
    load.await.map_err(Error::api(format!("load the image {what}")))
}

/// The same from a file on this machine, read as it is sent.
///
/// # Errors
/// When it cannot be read or the engine does not take it.
pub async fn load_file(docker: &Docker, file: &Path) -> Result<()> {
    let opened = tokio::fs::File::open(file).await;
    let opened = opened.map_err(Error::files("read", file))?;
    let chunks = ReaderStream::with_capacity(opened, 256 * 1024);
    let options = ImportImageOptionsBuilder::default().quiet(true).build();
    let progress = docker.import_image(options, body_try_stream(chunks), None);
    let load = progress.try_for_each(|_| async { Ok(()) });
    load.await.map_err(Error::api(format!("load {}", file.display())))
}

/// Makes the static binary at `binary` into the image `tag`, as `/` + its file name, and gives it to the engine.
/// `entrypoint` and `cmd` are command words, `exposed` TCP ports.
///
/// # Errors
/// When the binary cannot be read or the engine does not take the image.
pub async fn import_binary(
    docker: &Docker,
    binary: &Path,
    tag: &str,
    entrypoint: &[&str],
    cmd: &[&str],
    exposed: &[u16],
) -> Result<()> {
    let name = binary.file_name().unwrap_or_default().to_string_lossy();
    let image = Image::new(tag).file(&name, binary)?;
    image
        .entrypoint(entrypoint)
        .cmd(cmd)
        .expose(exposed)
        .load(docker)
        .await
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The binary's architecture is this program's own, in the engine's words.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::Image;

    #[test]
    fn the_same_contents_make_the_same_bytes() {
        let image = || {
            Image::new("lab/x:1")
                .content("/x", "binary")
                .link("/bin/x", "/x")
                .cmd(&["/x"])
                .expose(&[80])
        };
        assert_eq!(image().archive().unwrap(), image().archive().unwrap());
        assert_ne!(
            image().archive().unwrap(),
            image().cmd(&["/y"]).archive().unwrap()
        );
    }

    #[test]
    fn a_path_out_of_the_image_is_refused() {
        let climbing = Image::new("lab/x:1").content("/../etc/shadow", "x");
        assert!(climbing.archive().is_err());
    }
}
