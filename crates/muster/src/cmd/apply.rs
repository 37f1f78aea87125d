//! What every change shares: the plan in words, the question, and the wait with its verdict.

mod progress;
mod verdict;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use muster_model::Name;
use muster_model::view::{Deployed, PlanAction, PlanChange, PlanView, ServiceView};

use self::progress::Progress;
use self::verdict::Verdict;
use crate::cli::WaitArgs;
use crate::client::{ApiError, Client, Lines};
use crate::print::{self, Paint};

/// The plan for people: remarks, one line per unit that changes, a sum.
pub fn describe(plan: &PlanView) -> String {
    let paint = Paint::for_stderr();
    let mut text = String::new();
    for diagnostic in &plan.diagnostics {
        let _ = writeln!(text, "{}", paint.yellow(&diagnostic.to_string()));
    }
    for change in plan
        .changes
        .iter()
        .filter(|change| change.action != PlanAction::Keep)
    {
        let _ = writeln!(text, "{}", line(change, paint));
    }
    for volume in &plan.new_volumes {
        let _ = writeln!(text, "  {} volume {volume}", paint.green("+"));
    }
    for volume in &plan.removed_volumes {
        let _ = writeln!(text, "  {} volume {volume}, with its data", paint.red("-"));
    }
    let sum = &plan.summary;
    let _ = writeln!(
        text,
        "Plan: {} to create, {} to replace, {} to remove, {} stay as they are.",
        sum.create, sum.replace, sum.remove, sum.keep
    );
    text
}

fn line(change: &PlanChange, paint: Paint) -> String {
    let unit = format!("{}-{}", change.service, change.number);
    let host = change
        .forecast_host
        .as_ref()
        .map(|host| format!(" on {host}"))
        .unwrap_or_default();
    let why: Vec<String> = change.reasons.iter().map(ToString::to_string).collect();
    let why = if why.is_empty() {
        String::new()
    } else {
        format!("  {}", paint.dim(&format!("({})", why.join("; "))))
    };
    let image = |image: &Option<String>| image.clone().unwrap_or_default();
    match change.action {
        PlanAction::Create => format!("  {} {unit}  {}{host}{why}", paint.green("+"), image(&change.to)),
        PlanAction::Remove => format!("  {} {unit}{why}", paint.red("-")),
        PlanAction::Replace if change.from == change.to => {
            format!("  {} {unit}  {}{host}{why}", paint.yellow("~"), image(&change.to))
        }
        PlanAction::Replace => {
            format!(
                "  {} {unit}  {} -> {}{host}{why}",
                paint.yellow("~"),
                image(&change.from),
                image(&change.to)
            )
        }
        PlanAction::Keep => format!("    {unit}"),
    }
}

/// Whether the person agrees; what changes nothing needs no answer.
pub fn agreed(plan: &PlanView, wait: &WaitArgs) -> anyhow::Result<bool> {
    let nothing = plan.summary.is_empty() && plan.new_volumes.is_empty();
    Ok(nothing || wait.yes || print::confirm("Go ahead?", "--yes")?)
}

/// What is waited for.
#[derive(Debug, Clone)]
pub enum Until {
    /// All services of a stack stand at this revision, as wished.
    Stack {
        /// Its name.
        stack: Name,
        /// The revision.
        revision: u64,
    },
    /// One service stands as wished.
    Service {
        /// Its stack's name.
        stack: Name,
        /// Its name.
        service: Name,
    },
    /// A stack is no longer there.
    Gone(Name),
}

impl Until {
    /// After a deploy.
    pub fn stack(deployed: &Deployed) -> Self {
        Self::Stack {
            stack: deployed.stack.name.clone(),
            revision: deployed.revision,
        }
    }

    /// After a change of one service.
    pub fn service(service: &ServiceView) -> Self {
        Self::Service {
            stack: service.stack.clone(),
            service: service.name.clone(),
        }
    }

    fn stack_name(&self) -> &Name {
        match self {
            Self::Stack { stack, .. } | Self::Service { stack, .. } | Self::Gone(stack) => stack,
        }
    }
}

/// Shows how it goes until it is done or stuck: 0 when it is as wished, 1 when it cannot be, 2 when time is up.
pub async fn wait(client: &Client, until: Until, args: &WaitArgs) -> anyhow::Result<ExitCode> {
    if args.detach {
        print::say(format!(
            "It is on its way; watch it with `muster stack show {}`.",
            until.stack_name()
        ));
        return Ok(ExitCode::SUCCESS);
    }
    let mut progress = Progress::new();
    let watching = watch(client, &until, &mut progress);
    let ended = tokio::select! {
        ended = tokio::time::timeout(Duration::from_secs(args.timeout), watching) => ended.ok().transpose()?,
        _ = tokio::signal::ctrl_c() => {
            print::say("Stopped watching; the platform goes on.");
            return Ok(ExitCode::from(130));
        }
    };
    progress.finish();
    Ok(verdict::conclude(ended, &until, args.timeout, progress.elapsed()))
}

/// Looks again at each event of the stack, and once a second in case one is missed.
async fn watch(client: &Client, until: &Until, progress: &mut Progress) -> anyhow::Result<Verdict> {
    let mut events = client.lines(&client.env("/events")).await.ok();
    loop {
        let verdict = look(client, until, progress).await?;
        if !matches!(verdict, Verdict::NotYet) {
            return Ok(verdict);
        }
        news(&mut events, progress).await;
    }
}

/// Waits for something to look at. Events of one burst are taken together.
async fn news(events: &mut Option<Lines>, progress: &mut Progress) {
    let first = Duration::from_secs(1);
    let burst = Duration::from_millis(20);
    let mut limit = first;
    while let Some(lines) = events {
        match tokio::time::timeout(limit, lines.next_event()).await {
            Ok(Ok(Some(event))) => {
                progress.event(&event);
                limit = burst;
            }
            Ok(_) => *events = None,
            Err(_) => return,
        }
    }
    tokio::time::sleep(first).await;
}

async fn look(client: &Client, until: &Until, progress: &mut Progress) -> anyhow::Result<Verdict> {
    let stack = until.stack_name().as_str();
    let services = match super::services::list(client, Some(stack)).await {
        Ok(services) => services,
        Err(error) if matches!(until, Until::Gone(_)) && is_not_found(&error) => return Ok(Verdict::Done),
        // A server that restarts is waited for.
        Err(error) if error.downcast_ref::<ApiError>().is_none_or(|e| e.status >= 500) => {
            return Ok(Verdict::NotYet);
        }
        Err(error) => return Err(error),
    };
    let units = super::ps::list(client, Some(stack), None)
        .await
        .unwrap_or_default();
    progress.show(&services, &units);
    Ok(verdict::judge(until, &services))
}

fn is_not_found(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<ApiError>()
        .is_some_and(|error| error.status == 404)
}
