//! `muster secret` and `muster config`: files for containers that live by themselves.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use hyper::Method;
use muster_model::limits::BLOB_BYTES_MAX;
use muster_model::secret::SecretBytes;
use muster_model::view::{ConfigPut, ConfigView, SecretPut, SecretView};

use crate::cli::{BlobCommand, Global};
use crate::client::{Client, segment};
use crate::print::{self, Table};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Written, never shown.
    Secret,
    /// Shown to whoever may look.
    Config,
}

/// Does what was asked.
pub async fn run(kind: Kind, command: BlobCommand, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    let (word, place) = match kind {
        Kind::Secret => ("secret", client.env("/secrets")),
        Kind::Config => ("config", client.env("/configs")),
    };
    match command {
        BlobCommand::Ls if kind == Kind::Secret => {
            let secrets: Vec<SecretView> = client.all(&place).await?;
            print::listing(global.output, &secrets, |_| {
                table(secrets.iter().map(|s| (s.name.as_str(), s.updated)))
            })?;
        }
        BlobCommand::Ls => {
            let configs: Vec<ConfigView> = client.all(&place).await?;
            print::listing(global.output, &configs, |_| {
                table(configs.iter().map(|c| (c.name.as_str(), c.updated)))
            })?;
        }
        BlobCommand::Set { name, file } => {
            let content = SecretBytes::new(read(&file)?);
            let path = format!("{place}/{}", segment(name.as_str()));
            if kind == Kind::Secret {
                let _: SecretView = client.send(Method::PUT, &path, &SecretPut { content }).await?;
            } else {
                let _: ConfigView = client.send(Method::PUT, &path, &ConfigPut { content }).await?;
            }
            print::say(format!(
                "Set {word} {name}; stacks that name it see it at their next `muster stack up`."
            ));
        }
        BlobCommand::Rm { name } => {
            client
                .delete(&format!("{place}/{}", segment(name.as_str())))
                .await?;
            print::say(format!("Removed {word} {name}."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn table<'a>(rows: impl Iterator<Item = (&'a str, muster_model::WallTime)>) -> Table {
    let mut table = Table::new(&["NAME", "SET"]);
    for (name, updated) in rows {
        table.row(vec![name.to_owned(), format!("{} ago", print::age(updated))]);
    }
    table
}

/// A file's bytes, or standard input's for `-`; no more than a secret may have.
fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(BLOB_BYTES_MAX).unwrap_or(u64::MAX) + 1;
    if file == Path::new("-") {
        std::io::stdin()
            .lock()
            .take(most)
            .read_to_end(&mut bytes)
            .context("could not read standard input")?;
    } else {
        let opened =
            std::fs::File::open(file).with_context(|| format!("could not open {}", file.display()))?;
        opened
            .take(most)
            .read_to_end(&mut bytes)
            .with_context(|| format!("could not read {}", file.display()))?;
    }
    anyhow::ensure!(
        bytes.len() <= BLOB_BYTES_MAX,
        "{} is larger than {BLOB_BYTES_MAX} bytes; use a volume",
        file.display()
    );
    Ok(bytes)
}
