//! `muster login`: gets a session or takes a key, tries it, and remembers it.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use hyper::Method;
use muster_model::Name;
use muster_model::view::{LoginReply, LoginRequest, Me, SetupRequest};

use crate::cli::{Global, LoginArgs};
use crate::client::Client;
use crate::context::{Context, default_environment};
use crate::print;

/// Logs in.
pub async fn run(args: LoginArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let url = if args.url.contains("://") {
        args.url.clone()
    } else {
        format!("https://{}", args.url)
    };
    let stranger = Client::stranger(&url, args.ca_fingerprint.as_deref())?;
    let token = match &args.key {
        Some(key) => key.clone(),
        None => session(&stranger, &args).await?.token,
    };
    let context = Context {
        server: url,
        token,
        ca_fingerprint: args.ca_fingerprint,
        environment: global.environment.clone().unwrap_or_else(default_environment),
    };
    let me: Me = Client::from_context(&context)?.get("/v1/me").await?;
    let path = context.save()?;
    print::say(format!(
        "Logged in as {} at {}; remembered in {}.",
        me.account.name,
        context.server,
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}

async fn session(client: &Client, args: &LoginArgs) -> anyhow::Result<LoginReply> {
    let name = match (&args.user, &args.setup) {
        (Some(name), _) => name.clone(),
        (None, Some(_)) => Name::parse("admin").context("the default name is refused")?,
        (None, None) => Name::parse(&ask("User: ")?).context("that is no account name")?,
    };
    let password = password(args, &name)?;
    match &args.setup {
        Some(token) => {
            let request = SetupRequest {
                token: token.clone(),
                name,
                password,
            };
            client.send(Method::POST, "/v1/setup", &request).await
        }
        None => {
            let request = LoginRequest {
                name: name.to_string(),
                password,
            };
            client.send(Method::POST, "/v1/login", &request).await
        }
    }
}

fn password(args: &LoginArgs, name: &Name) -> anyhow::Result<String> {
    if args.password_stdin {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .context("could not read the password")?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    anyhow::ensure!(
        std::io::stdin().is_terminal(),
        "nobody is at the terminal to type a password; give it with --password-stdin, or a key with --key"
    );
    let what = if args.setup.is_some() {
        "Choose a password"
    } else {
        "Password"
    };
    hidden(&format!("{what} for {name}: "))
}

fn ask(prompt: &str) -> anyhow::Result<String> {
    let _ = write!(std::io::stderr(), "{prompt}");
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .context("could not read from the terminal")?;
    Ok(line.trim().to_owned())
}

/// Reads a line that the terminal does not show.
fn hidden(prompt: &str) -> anyhow::Result<String> {
    use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers, read};
    let _ = write!(std::io::stderr(), "{prompt}");
    let _raw = crate::print::RawTerminal::enter()?;
    let mut text = String::new();
    loop {
        let Event::Key(key) = read().context("could not read from the terminal")? else {
            continue;
        };
        match key.code {
            _ if key.kind == KeyEventKind::Release => {}
            KeyCode::Enter => break,
            KeyCode::Char('c' | 'd') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                anyhow::bail!("not logged in")
            }
            KeyCode::Char(c) => text.push(c),
            KeyCode::Backspace => drop(text.pop()),
            _ => {}
        }
    }
    let _ = write!(std::io::stderr(), "\r\n");
    Ok(text)
}
