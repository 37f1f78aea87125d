//! Programs that run inside a host.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Output, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::process::{Child, Command};

use crate::process::search_path;
use crate::{Error, Result};

/// A program to run inside a host, beside its engine. The started process is the program itself, so killing the
/// [`Child`] kills it; whatever still runs when the host is removed is ended.
#[derive(Debug)]
pub struct HostCommand {
    host: String,
    program: String,
    holder: u32,
    inner: Command,
}

impl HostCommand {
    /// Network, hostname, IPC and mounts are entered by `nsenter`, which then becomes the program. The process
    /// namespace cannot be entered that way without a process in between; see [`HostCommand::spawn_std`].
    pub(crate) fn new(host: &str, holder: u32, program: &OsStr) -> Self {
        let mut inner = Command::new("nsenter");
        let time = has_time_namespaces().then_some("time");
        for namespace in ["mount", "net", "uts", "ipc"].into_iter().chain(time) {
            let file = if namespace == "mount" { "mnt" } else { namespace };
            inner.arg(format!("--{namespace}=/proc/{holder}/ns/{file}"));
        }
        inner
            .arg("--")
            .arg(program)
            .env("PATH", search_path())
            .env_remove("DOCKER_HOST");
        let program = program.to_string_lossy().into_owned();
        Self {
            host: host.to_owned(),
            program,
            holder,
            inner,
        }
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.inner.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.inner.args(args);
        self
    }

    /// Sets an environment variable; the others are this process's own, without `DOCKER_HOST`.
    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.inner.env(name, value);
        self
    }

    /// Takes an environment variable away.
    #[must_use]
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Self {
        self.inner.env_remove(name);
        self
    }

    /// Where it reads from; this process's own input if not said.
    #[must_use]
    pub fn stdin(mut self, from: impl Into<Stdio>) -> Self {
        self.inner.stdin(from);
        self
    }

    /// Where it writes to; this process's own output if not said.
    #[must_use]
    pub fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.inner.stdout(to);
        self
    }

    /// Where it writes errors to; this process's own if not said.
    #[must_use]
    pub fn stderr(mut self, to: impl Into<Stdio>) -> Self {
        self.inner.stderr(to);
        self
    }

    /// Ends the program when its [`Child`] is dropped.
    #[must_use]
    pub fn kill_on_drop(mut self, yes: bool) -> Self {
        self.inner.kill_on_drop(yes);
        self
    }

    /// Starts it. Needs a tokio runtime. A program that does not exist ends with status 127.
    ///
    /// # Errors
    /// When the host is gone or the process cannot be started.
    pub fn spawn(mut self) -> Result<Child> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|e| self.failed(io::Error::other(e)))?;
        let start = |command: &mut Command| {
            let _runtime = runtime.enter();
            command.spawn()
        };
        in_process_namespace(self.holder, || start(&mut self.inner)).map_err(|e| self.failed(e))
    }

    /// Starts it with empty input, waits for its end and collects what it wrote.
    ///
    /// # Errors
    /// As [`HostCommand::spawn`].
    pub async fn output(self) -> Result<Output> {
        let failed = self.failure();
        let quiet = self
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        quiet.spawn()?.wait_with_output().await.map_err(failed)
    }

    /// Starts it without a runtime.
    pub(crate) fn spawn_std(mut self) -> Result<std::process::Child> {
        in_process_namespace(self.holder, || self.inner.as_std_mut().spawn()).map_err(|e| self.failed(e))
    }

    fn failed(&self, source: io::Error) -> Error {
        self.failure()(source)
    }

    fn failure(&self) -> impl FnOnce(io::Error) -> Error + use<> {
        let (host, what) = (self.host.clone(), self.program.clone());
        move |source| Error::Run { host, what, source }
    }
}

/// Whether hosts have clocks of their own that count from their boot (Linux 5.6 and later).
pub(crate) fn has_time_namespaces() -> bool {
    Path::new("/proc/self/ns/time").exists()
}

/// What the thread starts, not the thread itself, is in the host's process namespace.
fn in_process_namespace<T: Send>(holder: u32, start: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    let thread = || {
        enter(holder, "pid", LinkNameSpaceType::ProcessID)?;
        start()
    };
    std::thread::scope(|scope| scope.spawn(thread).join())
        .unwrap_or_else(|_| Err(io::Error::other("the starting thread panicked")))
}

/// Moves the calling thread into one of the holder's namespaces. For threads that end soon: there is no way back.
pub(crate) fn enter(holder: u32, file: &str, kind: LinkNameSpaceType) -> io::Result<()> {
    let namespace = File::open(format!("/proc/{holder}/ns/{file}"))?;
    Ok(move_into_link_name_space(namespace.as_fd(), Some(kind))?)
}
