//! `muster stats` and `muster host stats`: what was used in the last hour, now and as a line.

use std::process::ExitCode;

use muster_model::view::{ContainerSample, HostMetricsView, HostSample, MetricsView};

use super::of::Of;
use crate::cli::Global;
use crate::client::{Client, segment};
use crate::print::{self, Table};

/// Columns of a line.
const LINE: usize = 30;
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What a stack's or a service's containers used.
pub async fn run(of: &str, global: &Global) -> anyhow::Result<ExitCode> {
    let (client, of) = (Client::open(global)?, Of::parse(of)?);
    let query = of
        .service
        .as_deref()
        .map(|service| format!("?service={}", segment(service)));
    let path = format!(
        "/stacks/{}/metrics{}",
        segment(&of.stack),
        query.unwrap_or_default()
    );
    let view: MetricsView = client.get(&client.env(&path)).await?;
    print::listing(global.output, &view, |_| containers(&of.stack, &view))?;
    for silent in &view.silent {
        print::say(format!("Not told by {silent}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// What a host used.
pub async fn host(client: &Client, host: &str, global: &Global) -> anyhow::Result<()> {
    let path = format!("/hosts/{}/metrics", segment(host));
    let view: HostMetricsView = client.get(&client.env(&path)).await?;
    print::listing(global.output, &view, |_| machine(&view))
}

fn containers(stack: &str, view: &MetricsView) -> Table {
    let mut table = Table::new(&[
        "CONTAINER",
        "HOST",
        "CPU",
        "",
        "MEMORY",
        "",
        "IN/s",
        "OUT/s",
        "PIDS",
    ]);
    for container in &view.containers {
        let last = container.samples.last().copied().unwrap_or_default();
        let line = |of: fn(&ContainerSample) -> u64| sparkline(container.samples.iter().map(of));
        let sidekick = container.sidekick.iter().map(|sidekick| format!("/{sidekick}"));
        table.row(vec![
            format!(
                "{stack}/{}-{}{}",
                container.service,
                container.number,
                sidekick.collect::<String>()
            ),
            container.host.to_string(),
            cores(last.milli_cpus),
            line(|sample| sample.milli_cpus.into()),
            bytes(last.memory),
            line(|sample| sample.memory),
            bytes(last.received.into()),
            bytes(last.sent.into()),
            last.pids.to_string(),
        ]);
    }
    table
}

fn machine(view: &HostMetricsView) -> Table {
    let mut table = Table::new(&["OF", "NOW", "THE LAST HOUR", "MOST"]);
    let last = view.samples.last().copied().unwrap_or_default();
    let mut row = |name: &str, words: fn(u64) -> String, of: fn(&HostSample) -> u64| {
        let most = view.samples.iter().map(of).max().unwrap_or_default();
        let line = sparkline(view.samples.iter().map(of));
        table.row(vec![name.to_owned(), words(of(&last)), line, words(most)]);
    };
    let thousandths = |value: u64| cores(u32::try_from(value).unwrap_or(u32::MAX));
    row("cores busy", thousandths, |sample| sample.milli_cpus.into());
    row(
        "load",
        |value| format!("{}.{:02}", value / 100, value % 100),
        |sample| sample.load_percent.into(),
    );
    row("memory", bytes, |sample| sample.memory);
    row("disk used", bytes, |sample| sample.disk);
    row("disk read /s", bytes, |sample| sample.read.into());
    row("disk written /s", bytes, |sample| sample.written.into());
    row("network in /s", bytes, |sample| sample.received.into());
    row("network out /s", bytes, |sample| sample.sent.into());
    table
}

fn cores(thousandths: u32) -> String {
    format!("{}.{:02}", thousandths / 1_000, thousandths % 1_000 / 10)
}

fn bytes(count: u64) -> String {
    match count {
        0..10_000 => format!("{count} B"),
        10_000..10_000_000 => format!("{} kB", count / 1_000),
        10_000_000..10_000_000_000 => format!("{} MB", count / 1_000_000),
        _ => format!("{} GB", count / 1_000_000_000),
    }
}

/// A line from nothing to the most, each column the most of its share of the samples.
fn sparkline(samples: impl Iterator<Item = u64>) -> String {
    let samples: Vec<u64> = samples.collect();
    let most = samples.iter().copied().max().unwrap_or(0).max(1);
    let share = samples.len().div_ceil(LINE).max(1);
    let bar = |samples: &[u64]| {
        let value = samples.iter().copied().max().unwrap_or(0);
        let at = usize::try_from(u128::from(value) * 7 / u128::from(most)).unwrap_or(0);
        BARS.get(at).copied().unwrap_or(' ')
    };
    samples.chunks(share).map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_the_most_of_each_share() {
        assert_eq!(sparkline([0, 7, 14].into_iter()), "▁▄█");
        assert_eq!(sparkline(std::iter::repeat_n(0, 3)), "▁▁▁");
        assert_eq!(sparkline(std::iter::empty()), "");
        let hour = sparkline((0..360).map(|at| if at == 100 { u64::MAX } else { 1 }));
        assert_eq!(hour.chars().count(), LINE);
        assert_eq!(hour.chars().position(|bar| bar == '█'), Some(8));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!((cores(1_257), cores(4)), ("1.25".to_owned(), "0.00".to_owned()));
        assert_eq!(
            (bytes(9_999), bytes(12_345_678)),
            ("9999 B".to_owned(), "12 MB".to_owned())
        );
    }
}
