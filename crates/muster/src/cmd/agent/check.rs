//! `muster agent check`: is this machine fit to be a host.

use std::process::ExitCode;

use anyhow::Context as _;
use muster_agent::preflight::{self, Level, Question, Verdict};
use muster_trust::JoinToken;
use muster_trust::tls::Anchor;

use super::settings::Settings;
use crate::cli::{AgentRunArgs, Global};
use crate::print::{self, Paint, Table};

/// Looks, prints the table, and ends with failure if something must be mended.
pub async fn run(args: AgentRunArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let data = args.place.data.clone();
    let settings = Settings::load(&data)?.unwrap_or_default().with(&args)?;
    let verdicts = look(&settings, &args, args.token.as_deref()).await?;
    let findings: Vec<_> = verdicts.iter().cloned().filter_map(Verdict::finding).collect();
    print::listing(global.output, &findings, |_| table(&verdicts))?;
    Ok(match is_fit(&verdicts) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// All checks, the server's view included.
pub async fn look(
    settings: &Settings,
    args: &AgentRunArgs,
    token: Option<&str>,
) -> anyhow::Result<Vec<Verdict>> {
    let data_dir = args.place.data.clone();
    let token = token.map(JoinToken::parse).transpose()?;
    let anchor = match &token {
        Some(token) => Some(Anchor::Fingerprint(token.ca())),
        None => muster_agent::anchor(&data_dir)?,
    };
    let question = Question {
        engine_socket: settings.engine(),
        server: settings.servers()?.swap_remove(0),
        anchor: anchor.context("give the join token with --token: it says how to know the server")?,
        token: token.map(|token| token.text().to_string()),
        data_dir,
    };
    let gathered = preflight::ask(question)
        .await
        .context("the server cannot be asked")?;
    Ok(preflight::judge(&gathered))
}

/// Whether nothing fails.
pub fn is_fit(verdicts: &[Verdict]) -> bool {
    verdicts.iter().all(|verdict| verdict.level < Level::Failing)
}

/// One line a check.
pub fn table(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(&["CHECK", "", "FOUND", "WHAT MENDS IT"]);
    let paint = Paint::for_stdout();
    for verdict in verdicts {
        let level = match verdict.level {
            Level::Ok => paint.green("ok"),
            Level::Warning => paint.yellow("warning"),
            Level::Failing => paint.red("failing"),
        };
        let words = [
            verdict.check.to_owned(),
            level,
            verdict.found.clone(),
            verdict.mend.clone(),
        ];
        table.row(words.to_vec());
    }
    table
}

/// For people, on standard error: what is not as it should be.
pub fn say(verdicts: &[Verdict]) {
    let paint = Paint::for_stderr();
    for verdict in verdicts.iter().filter(|verdict| verdict.level != Level::Ok) {
        let level = match verdict.level {
            Level::Failing => paint.red("failing"),
            _ => paint.yellow("warning"),
        };
        print::say(format!(
            "{level}: {}: {}\n    {}",
            verdict.check, verdict.found, verdict.mend
        ));
    }
}
