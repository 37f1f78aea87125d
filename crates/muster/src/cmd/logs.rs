//! `muster logs`: output of a stack, a service or a unit, merged.

use std::process::ExitCode;

use anyhow::Context as _;
use muster_model::UnitId;
use muster_model::view::{LogLine, LogStream};

use super::of::Of;
use crate::cli::{Global, LogsArgs};
use crate::client::{Client, segment};
use crate::context::wall_now;
use crate::print::{self, Paint};

/// Shows output until it ends, or for as long as it is followed.
pub async fn run(args: LogsArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let client = Client::open(global)?;
    let path = format!("{}?{}", place(&client, &args.of).await?, query(&args)?);
    let mut lines = client.lines(&path).await?;
    let paint = Paint::for_stdout();
    let mut ok = true;
    loop {
        let line = tokio::select! {
            line = lines.next() => line?,
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::from(130)),
        };
        let Some(line) = line else { break };
        if line.is_empty() {
            continue;
        }
        let line: LogLine =
            serde_json::from_str(&line).context("the server sent a line that is no log line")?;
        ok &= line.stream != LogStream::Problem;
        show(&line, args.timestamps, paint)?;
    }
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where the logs are read: a unit by id or name, a service, or a stack.
async fn place(client: &Client, of: &str) -> anyhow::Result<String> {
    if of.parse::<UnitId>().is_ok() {
        return Ok(client.env(&format!("/units/{of}/logs")));
    }
    let of = Of::parse(of)?;
    let stack = segment(&of.stack);
    let Some(service) = &of.service else {
        return Ok(client.env(&format!("/stacks/{stack}/logs")));
    };
    if let Some(unit) = of.split_number() {
        let text = format!("{}/{service}", of.stack);
        let units = super::ps::list(client, Some(&text), None).await?;
        if let Some(found) = units
            .iter()
            .find(|u| Some(u.number) == unit.number && Some(u.service.as_str()) == unit.service.as_deref())
        {
            return Ok(client.env(&format!("/units/{}/logs", found.id)));
        }
    }
    Ok(client.env(&format!("/stacks/{stack}/services/{}/logs", segment(service))))
}

fn query(args: &LogsArgs) -> anyhow::Result<String> {
    let mut query = vec![format!("follow={}", args.follow)];
    query.extend(args.tail.map(|lines| format!("tail={lines}")));
    query.extend(
        args.search
            .as_ref()
            .map(|text| format!("search={}", segment(text))),
    );
    if let Some(age) = &args.since {
        let since = (wall_now().0 / 1000).saturating_sub(seconds(age)?);
        query.push(format!("since={since}"));
    }
    Ok(query.join("&"))
}

/// `90`, `90s`, `10m`, `2h`, `1d` in seconds.
fn seconds(age: &str) -> anyhow::Result<u64> {
    let (digits, unit) = age.split_at(age.find(|c: char| !c.is_ascii_digit()).unwrap_or(age.len()));
    let factor = match unit {
        "" | "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        "d" => Some(86_400),
        _ => None,
    };
    let number = digits.parse::<u64>().ok();
    number
        .zip(factor)
        .and_then(|(n, f)| n.checked_mul(f))
        .with_context(|| format!("`{age}` is no age; write 30s, 10m, 2h or 1d"))
}

fn show(line: &LogLine, timestamps: bool, paint: Paint) -> anyhow::Result<()> {
    let unit = paint.dim(&format!("{}-{} |", line.service, line.number));
    let at = line
        .at
        .as_deref()
        .filter(|_| timestamps)
        .map(|at| format!("{} ", paint.dim(at)))
        .unwrap_or_default();
    let text = printable(&line.line);
    match line.stream {
        LogStream::Problem => {
            print::say(format!("{unit} {}", paint.red(&text)));
            Ok(())
        }
        _ => print::data(&format!("{unit} {at}{text}\n")),
    }
}

/// A container's output must not move the cursor or retitle the window.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        assert_eq!(seconds("90").unwrap(), 90);
        assert_eq!(seconds("2h").unwrap(), 7200);
        assert!(seconds("soon").is_err());
        assert!(seconds("99999999999999999999d").is_err());
    }

    #[test]
    fn escapes_do_not_reach_the_terminal() {
        assert_eq!(printable("a\x1b]0;owned\x07b\tc"), "a]0;ownedb\tc");
    }
}
