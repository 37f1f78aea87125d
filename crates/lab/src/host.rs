//! A host: what can be done in it and to it.

use std::ffi::OsStr;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bollard::Docker;
use rustix::process::Signal;
use rustix::thread::LinkNameSpaceType;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, oneshot};

use crate::command::enter;
use crate::engine::Engine;
use crate::frozen;
use crate::home::Home;
use crate::lab::LabDir;
use crate::{Error, HostCommand, HostOptions, Result};

/// A real host: namespaces with a Docker Engine inside. Removed when dropped, with all that runs in it.
///
/// With `MUSTER_LAB_KEEP=1` in the environment its directory (logs, engine data) stays for a look; processes end all
/// the same.
#[derive(Debug)]
pub struct Host {
    socket: PathBuf,
    docker: Docker,
    engine: Mutex<Engine>,
    home: Home,
}

impl Host {
    pub(crate) async fn start(lab: Arc<LabDir>, name: &str, options: HostOptions) -> Result<Self> {
        let home = Home::make(lab, name, &options)?;
        let mut engine = Engine::new(&home.name, &home.dir, home.pid(), options.engine)?;
        let docker = if options.without_engine {
            engine.client()?
        } else {
            engine.start().await?
        };
        Ok(Self {
            socket: engine.socket(),
            docker,
            engine: Mutex::new(engine),
            home,
        })
    }

    /// Its name in the lab.
    #[must_use]
    pub fn short_name(&self) -> &str {
        let name = self.home.dir.file_name();
        name.and_then(OsStr::to_str).unwrap_or_default()
    }

    /// `mlab-<pid>-<n>-<name>`, or with the lab's name: no other host on this machine has it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.home.name
    }

    /// Its directory, at the same path inside and outside; a place for data of programs under test. Goes with the host.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.home.dir
    }

    /// The engine's socket, at the same path inside and outside. Inside it is also `/run/docker.sock`.
    #[must_use]
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The engine's log file.
    #[must_use]
    pub fn engine_log(&self) -> PathBuf {
        self.home.dir.join("engine.log")
    }

    /// The process whose `/proc/<pid>/ns` holds the host's namespaces, for `nsenter -t` and `ip link set … netns`.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.home.pid()
    }

    /// A client of its engine, with the API version both know. It goes on working after the engine was restarted.
    #[must_use]
    pub fn docker(&self) -> Docker {
        self.docker.clone()
    }

    /// The engine's process, as this machine numbers it; `None` while it is stopped.
    pub async fn engine_pid(&self) -> Option<u32> {
        self.engine.lock().await.pid()
    }

    /// Starts the engine again and waits until it answers.
    ///
    /// # Errors
    /// When it runs already or does not come up.
    pub async fn start_engine(&self) -> Result<()> {
        self.engine.lock().await.start().await.map(drop)
    }

    /// Stops the engine in order and waits for its end. Its containers run on (live restore).
    ///
    /// # Errors
    /// When it is stopped already or does not end.
    pub async fn stop_engine(&self) -> Result<()> {
        self.engine.lock().await.end(Signal::TERM).await
    }

    /// Kills the engine with SIGKILL and waits for its end. Its containers run on.
    ///
    /// # Errors
    /// When it is stopped already.
    pub async fn kill_engine(&self) -> Result<()> {
        self.engine.lock().await.end(Signal::KILL).await
    }

    /// Freezes the engine (SIGSTOP) and waits until all its threads stand: it accepts connections and answers nothing.
    ///
    /// # Errors
    /// When it is not running.
    pub async fn freeze_engine(&self) -> Result<()> {
        self.engine.lock().await.freeze().await
    }

    /// Lets a frozen engine go on.
    ///
    /// # Errors
    /// When it is not running.
    pub async fn thaw_engine(&self) -> Result<()> {
        self.engine.lock().await.signal(Signal::CONT)
    }

    /// Freezes every process of the host (SIGSTOP): its engine, its containers, and what else was started in it. Its
    /// network goes on answering as kernels do.
    ///
    /// # Errors
    /// When it has no power, or a process does not stop.
    pub async fn freeze(&self) -> Result<()> {
        frozen::freeze(self.powered()?)
            .await
            .map_err(|e| self.failed("a stop of all", e))
    }

    /// Lets a frozen host go on.
    ///
    /// # Errors
    /// When it has no power.
    pub fn thaw(&self) -> Result<()> {
        frozen::thaw(self.powered()?).map_err(|e| self.failed("a start of all", e))
    }

    /// Whether a process of it is stopped.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.is_on() && frozen::is_frozen(self.pid())
    }

    fn powered(&self) -> Result<u32> {
        if self.is_on() {
            Ok(self.pid())
        } else {
            Err(self.home.power("off"))
        }
    }

    /// A program to run inside. Give it by absolute path or by a name in `$PATH`; it starts in `/`.
    pub fn command(&self, program: impl AsRef<OsStr>) -> HostCommand {
        HostCommand::new(self.name(), self.pid(), program.as_ref())
    }

    /// Runs `work` on a thread of its own inside the host's network, everything else being as here. A runtime that
    /// `work` builds has its threads in there too. A panic in it goes on in the caller.
    ///
    /// # Errors
    /// When the network namespace cannot be entered.
    pub async fn run_in<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        run_in(self.name(), self.pid(), work).await
    }

    /// A connection made inside the host's network; it stays usable from here. Waiting for it does not hold the host.
    ///
    /// # Errors
    /// When nothing listens there.
    pub fn tcp_connect(&self, address: SocketAddr) -> impl Future<Output = Result<TcpStream>> + Send + use<> {
        let (name, holder) = (self.name().to_owned(), self.pid());
        async move {
            let connect = move || {
                let stream = std::net::TcpStream::connect(address)?;
                stream.set_nonblocking(true)?;
                Ok(stream)
            };
            let stream = run_in(&name, holder, connect)
                .await?
                .and_then(TcpStream::from_std);
            stream.map_err(|e| failed(&name, &format!("a connection to {address}"), e))
        }
    }

    /// Takes the power away: every process ends at once, memory and namespaces are gone, the disk stays. Unplug it
    /// first, or others get signs of its end that a dead machine does not give.
    ///
    /// # Errors
    /// When it is off already, or a process does not end.
    pub fn power_off(&mut self) -> Result<()> {
        self.home.power_off()?;
        self.engine.get_mut().moved_to(0);
        Ok(())
    }

    /// Boots it: new namespaces, its old disk. Plug it in anew before its engine is started: an engine may need its
    /// network at once.
    ///
    /// # Errors
    /// When it is on, or its namespaces cannot be made.
    pub fn power_on(&mut self) -> Result<()> {
        self.home.power_on()?;
        self.engine.get_mut().moved_to(self.home.pid());
        Ok(())
    }

    /// Whether its power is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.home.pid() != 0
    }

    /// Ends everything in it and removes what it left on the machine. Dropping does the same, but cannot report errors.
    ///
    /// # Errors
    /// When a process does not end or a file cannot be removed.
    pub fn remove(self) -> Result<()> {
        let Self { engine, mut home, .. } = self;
        drop(engine);
        home.remove()
    }

    fn failed(&self, what: &str, source: io::Error) -> Error {
        failed(self.name(), what, source)
    }
}

fn failed(host: &str, what: &str, source: io::Error) -> Error {
    Error::Run {
        host: host.to_owned(),
        what: what.to_owned(),
        source,
    }
}

async fn run_in<T, F>(host: &str, holder: u32, work: F) -> Result<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || {
        let done =
            enter(holder, "net", LinkNameSpaceType::Network).map(|()| catch_unwind(AssertUnwindSafe(work)));
        let _ = tell.send(done);
    });
    match told.await {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(panic))) => resume_unwind(panic),
        Ok(Err(e)) => Err(failed(host, "a closure", e)),
        Err(e) => Err(failed(host, "a closure", io::Error::other(e))),
    }
}
