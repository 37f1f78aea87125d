//! `muster image`: images where no registry is.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::Method;
use hyper::body::Frame;
use muster_model::view::{HostState, HostView, ImageLoadLine, ImageView, Page};
use serde::Serialize;
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::cli::{Global, ImageCommand};
use crate::client::{Body, Client, Lines, segment};
use crate::print::{self, Table};

/// Does what was asked.
pub async fn run(command: ImageCommand, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    match command {
        ImageCommand::Load { file, host } => load(&client, &file, host.as_deref()).await,
        ImageCommand::Ls { host } => {
            let mut images = Vec::new();
            for host in hosts(&client, host.as_deref()).await? {
                let page: Page<ImageView> = client.get(&place(&client, &host)).await?;
                images.extend(page.items.into_iter().map(|image| HostImage {
                    host: host.clone(),
                    image,
                }));
            }
            print::listing(global.output, &images, |_| table(&images))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// An image and the host whose engine has it.
#[derive(Serialize)]
struct HostImage {
    host: String,
    #[serde(flatten)]
    image: ImageView,
}

fn place(client: &Client, host: &str) -> String {
    client.env(&format!("/hosts/{}/images", segment(host)))
}

/// The one host that was named, or all of them.
async fn hosts(client: &Client, host: Option<&str>) -> anyhow::Result<Vec<String>> {
    if let Some(host) = host {
        return Ok(vec![host.to_owned()]);
    }
    let hosts: Vec<HostView> = client.all(&client.env("/hosts")).await?;
    anyhow::ensure!(
        !hosts.is_empty(),
        "there is no host yet; join one with the command that `muster host token` prints"
    );
    Ok(hosts.into_iter().map(|host| host.name.to_string()).collect())
}

/// All hosts that can take an image now; the others get it from them when a unit needs it there.
async fn in_touch(client: &Client) -> anyhow::Result<Vec<String>> {
    let hosts: Vec<HostView> = client.all(&client.env("/hosts")).await?;
    let here = |host: &&HostView| matches!(host.state, HostState::Active | HostState::Inactive);
    let (here, away): (Vec<&HostView>, Vec<&HostView>) = hosts.iter().partition(here);
    anyhow::ensure!(
        !here.is_empty(),
        "no host is in touch; join one with the command that `muster host token` prints, or bring one back"
    );
    for host in away {
        print::say(format!(
            "{} is not in touch; it gets the images from another host when it needs them.",
            host.name
        ));
    }
    Ok(here.into_iter().map(|host| host.name.to_string()).collect())
}

/// Sends the tar to one engine after the other; standard input can be read only once, so it goes to one host.
async fn load(client: &Client, file: &Path, host: Option<&str>) -> anyhow::Result<ExitCode> {
    let hosts = match host {
        Some(host) => vec![host.to_owned()],
        None => in_touch(client).await?,
    };
    let stdin = file == Path::new("-");
    anyhow::ensure!(
        !stdin || hosts.len() == 1,
        "standard input can be sent to one host only; name it with --host, or give a file"
    );
    let mut all_loaded = true;
    for host in &hosts {
        let body = if stdin {
            streamed(tokio::io::stdin())
        } else {
            let opened = tokio::fs::File::open(file).await;
            streamed(opened.with_context(|| format!("could not open {}", file.display()))?)
        };
        let response = client.stream(Method::POST, &place(client, host), body).await?;
        all_loaded &= report(host, client.follow(response)).await?;
    }
    Ok(if all_loaded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn streamed(source: impl AsyncRead + Send + Sync + 'static) -> Body {
    let frames = ReaderStream::with_capacity(source, 256 * 1024).map(|chunk| chunk.map(Frame::data));
    StreamBody::new(frames).map_err(io::Error::other).boxed()
}

/// Shows how the load goes; true if it ended with images.
async fn report(host: &str, mut lines: Lines) -> anyhow::Result<bool> {
    while let Some(line) = lines.next().await? {
        if line.is_empty() {
            continue;
        }
        match serde_json::from_str(&line).context("the server sent a line that is no load report")? {
            ImageLoadLine::Received(_) => {}
            ImageLoadLine::Loaded(images) => {
                print::say(format!("{host} has {}.", images.join(", ")));
                return Ok(true);
            }
            ImageLoadLine::Error(error) => {
                print::say(format!("{host} did not load it: {error}"));
                return Ok(false);
            }
        }
    }
    anyhow::bail!("{host} broke off before it was loaded; repeat the command")
}

fn table(images: &[HostImage]) -> Table {
    let mut table = Table::new(&["IMAGE", "HOST", "SIZE", "ID"]);
    for HostImage { host, image } in images {
        let id = image.id.trim_start_matches("sha256:").chars().take(12).collect();
        let tags = if image.tags.is_empty() {
            "<none>".to_owned()
        } else {
            image.tags.join(", ")
        };
        table.row(vec![
            tags,
            host.clone(),
            format!("{} MB", image.size.div_ceil(1_000_000)),
            id,
        ]);
    }
    table
}
