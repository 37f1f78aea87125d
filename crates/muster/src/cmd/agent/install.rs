//! `muster agent install` and `uninstall`.

use std::io::IsTerminal as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use muster_agent::{AgentConfig, Membership};

use super::service::{self, Keeper};
use super::settings::{self, Settings};
use super::{check, status};
use crate::cli::{Global, InstallArgs, UninstallArgs};
use crate::print;

/// An agent that has not reached its server by then is told of.
const CONNECT_WITHIN: Duration = Duration::from_secs(30);

/// Checks, joins, starts; each step is told. Run again, it repairs.
pub async fn run(args: InstallArgs, global: &Global) -> anyhow::Result<ExitCode> {
    only_root()?;
    let data = args.run.place.data.as_path();
    let settings = Settings::load(data)?.unwrap_or_default().with(&args.run)?;
    let mut config = settings.config(data.to_owned())?;
    config.environment.clone_from(&global.environment);
    config.labels = settings::labels(&args.run.labels, args.run.host_labels.as_deref())?;
    config.join_token = token(&args, data)?;
    fit(&settings, &args, &config).await?;
    let program = std::env::current_exe().context("this program's own path cannot be found")?;
    let membership = enrol(&program, &config).await?;
    tell(&membership);
    settings.save(data)?;
    let how = service::install(&program, data)?;
    print::say(format!("The agent runs; {how}."));
    connected(data).await
}

/// The agent is started no more. Containers go on, and so does the host's place on the platform.
pub async fn undo(args: UninstallArgs) -> anyhow::Result<ExitCode> {
    only_root()?;
    let data = args.place.data.as_path();
    service::remove(data)?;
    print::say("The agent is stopped and is started no more; containers go on.");
    if args.forget {
        let path = data.join("identity.json");
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not remove {}", path.display()));
            }
            _ => print::say(
                "This machine has forgotten which host it was; remove that one with `muster host rm`.",
            ),
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn only_root() -> anyhow::Result<()> {
    anyhow::ensure!(
        rustix::process::geteuid().is_root(),
        "only root may do this: repeat it with sudo"
    );
    Ok(())
}

/// The token, if one was given; asked for where it is needed and somebody is there to ask.
fn token(args: &InstallArgs, data: &Path) -> anyhow::Result<Option<String>> {
    let is_host = muster_agent::membership(data)?.is_some();
    let asks = args.token_stdin || (args.run.token.is_none() && !is_host && std::io::stdin().is_terminal());
    if !asks {
        return Ok(args.run.token.clone());
    }
    if !args.token_stdin {
        print::say("Join token (`muster host token create` makes one):");
    }
    let mut text = String::new();
    std::io::stdin()
        .read_line(&mut text)
        .context("could not read the token")?;
    Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// Says what is not in order; what makes a host useless ends here.
async fn fit(settings: &Settings, args: &InstallArgs, config: &AgentConfig) -> anyhow::Result<()> {
    let verdicts = match check::look(settings, &args.run, config.join_token.as_deref()).await {
        Ok(verdicts) => verdicts,
        // A host that is one already is repaired although its server is away.
        Err(error) if muster_agent::membership(&config.data_dir)?.is_some() => {
            print::say(format!("Not checked: {error:#}"));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    check::say(&verdicts);
    anyhow::ensure!(
        check::is_fit(&verdicts) || args.ignore_checks,
        "this machine would be of little use as a host: mend what is failing above and repeat, or go ahead with --ignore-checks"
    );
    Ok(())
}

/// Joins while no agent runs; one that ran and may not be replaced goes on.
async fn enrol(program: &Path, config: &AgentConfig) -> anyhow::Result<Membership> {
    let data = &config.data_dir;
    let mut directory = std::fs::DirBuilder::new();
    let made = directory.recursive(true).mode(0o700).create(data);
    made.with_context(|| format!("could not make {}", data.display()))?;
    let keeper = Keeper::of(data);
    service::stop(data)?;
    let enrolled = muster_agent::enrol(config).await;
    if enrolled.is_err() {
        service::start(program, data, keeper)?;
    }
    enrolled.context("this machine did not become a host")
}

fn tell(membership: &Membership) {
    let host = membership.host();
    print::say(match membership {
        Membership::Joined(_) => format!("This machine is {host} now."),
        Membership::Kept(_) => format!("This machine is {host}, as before; no token was used."),
        Membership::Unasked(_, error) => {
            format!("This machine is {host}, as before; its server could not be asked: {error}")
        }
    });
}

async fn connected(data: &Path) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    loop {
        let status = status::look(data)?;
        if status.is_well() {
            let server = status.server.unwrap_or_default();
            print::say(format!(
                "It is connected to {server}; `muster host ls` shows it there."
            ));
            return Ok(ExitCode::SUCCESS);
        }
        if began.elapsed() >= CONNECT_WITHIN {
            let trouble = status.trouble.unwrap_or_default();
            anyhow::bail!(
                "the agent is not connected yet ({trouble}); it goes on trying: `muster agent status` says how it is"
            );
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
