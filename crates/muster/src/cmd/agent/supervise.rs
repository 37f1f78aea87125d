//! `muster agent supervise`: starts the agent again whenever it ends, where systemd does not.
//!
//! One for each data directory, which its lock sees to. It ends with SIGTERM, and the agent with it; containers go on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process, setsid, test_kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};

use crate::cli::SuperviseArgs;
use crate::cmd::running;
use crate::print;

/// Tells an agent who its supervisor is.
const VARIABLE: &str = "MUSTER_SUPERVISOR";
const PID_FILE: &str = "supervisor.pid";
/// The first pause before the agent is started again, and the longest.
const AGAIN_MIN: Duration = Duration::from_secs(1);
const AGAIN_MAX: Duration = Duration::from_secs(30);
/// An agent that ran this long was a good one: the next pause is short again.
const GOOD_AFTER: Duration = Duration::from_secs(60);
/// How long one may take to start, or to end.
const PATIENCE: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A larger log is set aside, one of them.
const LOG_BYTES_MAX: u64 = 10 << 20;

/// Does what was asked.
pub async fn run(args: SuperviseArgs) -> anyhow::Result<ExitCode> {
    let data = &args.place.data;
    // Now: after an upgrade the running program's file has another name.
    let program = std::env::current_exe().context("this program's own path cannot be found")?;
    if args.stop {
        stop(data)?;
    } else if args.background {
        background(&program, data)?;
    } else {
        supervise(&program, data).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Leaves one running; that is done already if one runs.
pub fn background(program: &Path, data: &Path) -> anyhow::Result<()> {
    if running(data).is_some() {
        return Ok(());
    }
    std::process::Command::new(program)
        .args(["agent", "supervise", "--data"])
        .arg(data)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("the supervisor could not be started")?;
    let began = Instant::now();
    while running(data).is_none() {
        anyhow::ensure!(
            began.elapsed() < PATIENCE,
            "the supervisor does not start; see {}",
            data.join("agent.log").display()
        );
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Ends it and its agent.
pub fn stop(data: &Path) -> anyhow::Result<()> {
    let Some(pid) = running(data) else {
        return Ok(());
    };
    // One that ends by itself meanwhile is ended as well.
    let _ = kill_process(pid, Signal::TERM);
    let began = Instant::now();
    while running(data).is_some() {
        anyhow::ensure!(
            began.elapsed() < 2 * PATIENCE,
            "the supervisor (process {pid}) does not end"
        );
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// The supervisor of a data directory, if it runs: it holds the lock of its file.
pub fn running(data: &Path) -> Option<Pid> {
    let file = File::open(data.join(PID_FILE)).ok()?;
    if flock(&file, FlockOperation::NonBlockingLockShared).is_ok() {
        return None;
    }
    let text = io::read_to_string(file).ok()?;
    Pid::from_raw(text.trim().parse().ok()?)
}

/// Whether a process of this number is an agent.
pub fn is_running(pid: u32) -> bool {
    let alive = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let line = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    alive.is_some_and(|pid| test_kill_process(pid).is_ok()) && line.split('\0').any(|word| word == "agent")
}

/// An agent ends with its supervisor: the next one starts its own.
pub fn end_with_supervisor() -> anyhow::Result<()> {
    let Some(supervisor) = std::env::var_os(VARIABLE) else {
        return Ok(());
    };
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))
        .context("the agent cannot be bound to its supervisor")?;
    let parent = rustix::process::getppid().map(|pid| pid.to_string());
    anyhow::ensure!(
        parent.is_some_and(|parent| *parent == *supervisor),
        "the supervisor has ended"
    );
    Ok(())
}

async fn supervise(program: &Path, data: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(data).with_context(|| format!("could not make {}", data.display()))?;
    let _lock = lock(data)?;
    // Whoever started it may go; one that leads its session already stays there.
    let _ = setsid();
    let mut log = Log::open(data)?;
    let told = running::told_to_stop()?;
    tokio::pin!(told);
    let mut pause = AGAIN_MIN;
    loop {
        let began = Instant::now();
        let ended = match start(program, data) {
            Ok(mut agent) => {
                let stderr = agent.stderr.take();
                tokio::select! {
                    ended = follow(&mut agent, stderr, &mut log) => ended,
                    () = &mut told => return end(agent).await,
                }
            }
            Err(error) => format!("could not be started: {error}"),
        };
        if began.elapsed() >= GOOD_AFTER {
            pause = AGAIN_MIN;
        }
        log.line(&format!(
            "the agent {ended}; it is started again in {} s",
            pause.as_secs()
        ));
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = &mut told => return Ok(()),
        }
        pause = (pause * 2).min(AGAIN_MAX);
    }
}

/// The file says who it is, its lock that it lives.
fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.join(PID_FILE);
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let mut file = file.with_context(|| format!("could not write {}", path.display()))?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)
        .ok()
        .with_context(|| format!("a supervisor of {} runs already", data.display()))?;
    file.set_len(0)?;
    writeln!(file, "{}", std::process::id())?;
    Ok(file)
}

fn start(program: &Path, data: &Path) -> io::Result<Child> {
    Command::new(program)
        .args(["agent", "--data"])
        .arg(data)
        .env(VARIABLE, std::process::id().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
}

/// Keeps what it says, until it ends; how it did.
async fn follow(agent: &mut Child, stderr: Option<ChildStderr>, log: &mut Log) -> String {
    if let Some(stderr) = stderr {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            log.line(&line);
        }
    }
    match agent.wait().await {
        Ok(status) => format!("ended ({status})"),
        Err(error) => format!("is lost: {error}"),
    }
}

async fn end(mut agent: Child) -> anyhow::Result<()> {
    let pid = agent.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    if let Some(pid) = pid {
        // One that has ended by itself is not there.
        let _ = kill_process(pid, Signal::TERM);
    }
    if tokio::time::timeout(PATIENCE, agent.wait()).await.is_err() {
        agent.kill().await.context("the agent does not end")?;
    }
    Ok(())
}

/// The agent's log, and the one before it.
struct Log {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Log {
    fn open(data: &Path) -> anyhow::Result<Self> {
        let path = data.join("agent.log");
        let file = OpenOptions::new().create(true).append(true).open(&path);
        let file = file.with_context(|| format!("could not write {}", path.display()))?;
        let bytes = file.metadata().map_or(0, |file| file.len());
        Ok(Self { path, file, bytes })
    }

    /// A full disk costs the log, not the agent.
    fn line(&mut self, text: &str) {
        if self.bytes > LOG_BYTES_MAX
            && fs::rename(&self.path, self.path.with_extension("log.1")).is_ok()
            && let Ok(file) = File::create(&self.path)
        {
            (self.file, self.bytes) = (file, 0);
        }
        if writeln!(self.file, "{text}").is_err() {
            print::say(text);
        }
        self.bytes += text.len() as u64 + 1;
    }
}
