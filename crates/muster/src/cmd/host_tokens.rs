//! `muster host token`: what lets machines in.

use std::collections::BTreeMap;

use anyhow::Context as _;
use hyper::Method;
use muster_link::ServerUrl;
use muster_model::view::{JoinTokenCreate, JoinTokenCreated, JoinTokenView};
use muster_trust::JoinToken;
use serde::Serialize;

use crate::cli::{Global, TokenCommand, TokenCreateArgs};
use crate::client::{Client, segment};
use crate::print::{self, Output, Table};

/// Does what was asked.
pub async fn run(client: &Client, command: TokenCommand, global: &Global) -> anyhow::Result<()> {
    match command {
        TokenCommand::Create(args) => create(client, &args, global.output).await,
        TokenCommand::Ls => {
            let tokens: Vec<JoinTokenView> = client.all(&client.env("/join-tokens")).await?;
            print::listing(global.output, &tokens, |_| table(&tokens))
        }
        TokenCommand::Rm { id } => {
            let path = client.env(&format!("/join-tokens/{}", segment(&id)));
            client.delete(&path).await?;
            print::say(format!("{id} lets nobody in any more."));
            Ok(())
        }
    }
}

async fn create(client: &Client, args: &TokenCreateArgs, output: Output) -> anyhow::Result<()> {
    let request = JoinTokenCreate {
        uses: Some(args.uses),
        ttl_seconds: Some(args.ttl.as_secs()),
        labels: pairs(&args.labels)?,
    };
    let path = client.env("/join-tokens");
    let token: JoinTokenCreated = client.send(Method::POST, &path, &request).await?;
    let url = reached(client.url(), args.url.as_deref(), &token.urls)?;
    let printed = paste(&url, &token, args.by_ca)?;
    if matches!(output, Output::Json | Output::Yaml) {
        let command = printed.lines().next().unwrap_or_default().to_owned();
        return print::listing(output, &Made { token, command }, |_| Table::new(&[]));
    }
    if url.is_loopback() {
        print::say(
            "The address below is good on this machine alone; give the one that others reach with --url https://…",
        );
    }
    print::say(format!(
        "Valid until {}, for {} machine(s). On each, in a shell of root or of someone with sudo, paste:",
        token.expires, args.uses
    ));
    print::data(&format!("{printed}\n"))
}

/// What programs read of a new token.
#[derive(Serialize)]
struct Made {
    #[serde(flatten)]
    token: JoinTokenCreated,
    /// To be pasted.
    command: String,
}

/// The address to print: the one given, else the user's own if others can use it, else the server's.
fn reached(own: &ServerUrl, given: Option<&str>, servers: &[String]) -> anyhow::Result<ServerUrl> {
    let servers = servers.first().filter(|_| own.is_loopback());
    match given.or(servers.map(String::as_str)) {
        Some(text) => text.parse().context("the server's address cannot be used"),
        None => Ok(own.clone()),
    }
}

/// One command for machines without muster, and a remark for those that have it. The token is the last word, and in no
/// process's arguments. No pipe: what fails on its left would end well on its right.
fn paste(url: &ServerUrl, token: &JoinTokenCreated, by_ca: bool) -> anyhow::Result<String> {
    let ca = JoinToken::parse(&token.token)
        .context("the server's token cannot be read")?
        .ca();
    let environment = &token.environment;
    let fetch = match by_ca {
        false => format!("curl -fsSk --pinnedpubkey '{}' {url}/v1/install.sh", token.pin),
        true => {
            let at = url.authority();
            format!(
                "ca=$(mktemp) && curl -fsSk -o \"$ca\" {url}/v1/ca && \
                 [ \"$(sed '/^-/d' \"$ca\" | base64 -d | sha256sum | cut -c1-64)\" = {ca} ] && \
                 curl -fsS --cacert \"$ca\" --connect-to ::{at} https://server.muster.internal/v1/install.sh"
            )
        }
    };
    let trust = if by_ca {
        format!("MUSTER_CA={ca}")
    } else {
        format!("MUSTER_PIN='{}'", token.pin)
    };
    Ok(format!(
        "script=$({fetch}) && MUSTER_SERVER={url} {trust} MUSTER_JOIN_TOKEN={} sh -c \"$script\" sh --environment {environment}\n\
         # Where muster is installed already: muster agent install --to {url} --environment {environment} asks for this: {}",
        token.token, token.token
    ))
}

/// `key=value`, several.
pub fn pairs(words: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let pair = |word: &String| {
        let (key, value) = word
            .split_once('=')
            .with_context(|| format!("`{word}` is no label; write one like zone=a"))?;
        Ok((key.to_owned(), value.to_owned()))
    };
    words.iter().map(pair).collect()
}

fn table(tokens: &[JoinTokenView]) -> Table {
    let mut table = Table::new(&["TOKEN", "USES LEFT", "EXPIRES", "LABELS"]);
    for token in tokens {
        let labels: Vec<String> = token.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        table.row(vec![
            token.id.to_string(),
            token.uses_left.to_string(),
            token.expires.to_string(),
            labels.join(", "),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_that_only_this_machine_has_is_not_printed_if_there_is_another() {
        let (here, there) = (url("http://127.0.0.1:8080"), url("https://muster.example:8080"));
        let servers = ["https://10.0.0.7:8080".to_owned()];
        let printed = |own, given, servers| reached(own, given, servers).unwrap().to_string();
        assert_eq!(printed(&here, None, &servers), "https://10.0.0.7:8080");
        assert_eq!(printed(&here, None, &[]), "http://127.0.0.1:8080");
        assert_eq!(printed(&there, None, &servers), "https://muster.example:8080");
        assert_eq!(printed(&there, Some("https://vip:9"), &servers), "https://vip:9");
    }

    #[test]
    fn labels_have_both_parts() {
        let words = |text: &str| [text.to_owned()];
        assert_eq!(pairs(&words("a=b=c")).unwrap()["a"], "b=c");
        assert!(pairs(&words("a")).is_err());
    }
}
