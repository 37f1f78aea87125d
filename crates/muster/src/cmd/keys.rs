//! `muster key`: API keys.

use std::process::ExitCode;

use hyper::Method;
use muster_model::view::{KeyCreate, KeyCreated, KeyView};

use crate::cli::{Global, KeyCommand};
use crate::client::{Client, segment};
use crate::print::{self, Table};

/// Does what was asked.
pub async fn run(command: KeyCommand, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    match command {
        KeyCommand::Ls => {
            let keys: Vec<KeyView> = client.all("/v1/keys").await?;
            print::listing(global.output, &keys, |_| table(&keys))?;
        }
        KeyCommand::Create { note, days } => {
            let request = KeyCreate {
                note,
                ttl_seconds: days.map(|days| u64::from(days) * 86_400),
            };
            let made: KeyCreated = client.send(Method::POST, "/v1/keys", &request).await?;
            print::say("This is the key. It is not shown again.");
            print::data(&format!("{}\n", made.text))?;
        }
        KeyCommand::Rm { key } => {
            client.delete(&format!("/v1/keys/{}", segment(&key))).await?;
            print::say(format!("Removed {key}."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn table(keys: &[KeyView]) -> Table {
    let mut table = Table::new(&["KEY", "FOR", "MADE", "UNTIL"]);
    for key in keys {
        let note = if key.session {
            "a login".to_owned()
        } else {
            key.note.clone()
        };
        let until = key
            .expires
            .map_or("for ever".to_owned(), |expires| expires.to_string());
        table.row(vec![
            key.id.to_string(),
            note,
            format!("{} ago", print::age(key.created)),
            until,
        ]);
    }
    table
}
