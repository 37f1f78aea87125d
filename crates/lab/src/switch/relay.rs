//! A relay in a cable: one thread that reads frames at one end and writes them, later or never, at the other.
//!
//! Many kernels have no netem, so the frames pass through here. Each end is a TAP device; the kernel gives a TAP whole
//! frames with checksums, whatever the host's own interface left to its hardware.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::thread::LinkNameSpaceType;
use tokio::sync::watch;
use tokio_tun::Tun;

use super::conditions::{Conditions, Dice, Lane};
use crate::command::enter;

/// The longest frame: a cable's 1500 bytes, headers and tags.
const FRAME_MAX: usize = 2048;

/// Ends when dropped, and its devices are gone then.
#[derive(Debug)]
pub(crate) struct Relay {
    /// None when the end has begun.
    conditions: Option<watch::Sender<Conditions>>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Makes the devices `ends` in the network of `holder`, and passes frames on between them.
    pub(crate) fn start(holder: u32, ends: [String; 2], conditions: Conditions) -> io::Result<Self> {
        let (sender, told) = watch::channel(conditions);
        let (tell, ready) = mpsc::channel();
        let thread = std::thread::spawn(move || match open(holder, &ends) {
            Ok((runtime, taps)) => {
                let _ = tell.send(Ok(()));
                runtime.block_on(run(taps, told));
            }
            Err(e) => drop(tell.send(Err(e))),
        });
        ready.recv().map_err(io::Error::other)??;
        Ok(Self {
            conditions: Some(sender),
            thread: Some(thread),
        })
    }

    pub(crate) fn set(&self, conditions: Conditions) {
        if let Some(sender) = &self.conditions {
            sender.send_replace(conditions);
        }
    }

    pub(crate) fn conditions(&self) -> Conditions {
        let current = self.conditions.as_ref().map(|sender| *sender.borrow());
        current.unwrap_or_default()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        drop(self.conditions.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn open(holder: u32, ends: &[String; 2]) -> io::Result<(tokio::runtime::Runtime, [Tun; 2])> {
    enter(holder, "net", LinkNameSpaceType::Network)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let inside = runtime.enter();
    let tap = |name: &String| {
        let made = Tun::builder().name(name).tap().up().build();
        let only = made.map_err(io::Error::other)?.pop();
        only.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
    };
    let taps = [tap(&ends[0])?, tap(&ends[1])?];
    drop(inside);
    Ok((runtime, taps))
}

/// One way: frames that have been read and not written yet, in the order in which they came.
struct Way {
    lane: Lane,
    queue: VecDeque<(Instant, Vec<u8>)>,
}

impl Way {
    fn new() -> Self {
        Self {
            lane: Lane::new(Instant::now()),
            queue: VecDeque::new(),
        }
    }

    fn take(&mut self, frame: &[u8], dice: u64, conditions: &Conditions) {
        let (now, waiting) = (Instant::now(), self.queue.len());
        if let Some(due) = self.lane.offer(now, frame.len(), waiting, dice, conditions) {
            // A delay that was made shorter lets nothing overtake.
            let due = self.queue.back().map_or(due, |(last, _)| due.max(*last));
            self.queue.push_back((due, frame.to_vec()));
        }
    }

    fn due(&self) -> Option<Instant> {
        self.queue.front().map(|(due, _)| *due)
    }

    /// Writes what is due. A device that takes nothing more loses the frame, as a full cable does.
    fn send(&mut self, to: &Tun) {
        let now = Instant::now();
        while self.queue.front().is_some_and(|(due, _)| *due <= now) {
            if let Some((_, frame)) = self.queue.pop_front() {
                let _ = to.try_send(&frame);
            }
        }
    }
}

/// Until whoever set the conditions is gone.
async fn run([a, b]: [Tun; 2], mut told: watch::Receiver<Conditions>) {
    let (mut there, mut back) = (Way::new(), Way::new());
    let (mut from_a, mut from_b) = ([0; FRAME_MAX], [0; FRAME_MAX]);
    let mut dice = Dice(1);
    loop {
        let conditions = *told.borrow();
        let next = [there.due(), back.due()].into_iter().flatten().min();
        tokio::select! {
            read = a.recv(&mut from_a) => match read {
                Ok(length) => there.take(&from_a[..length], dice.roll(), &conditions),
                Err(_) => return,
            },
            read = b.recv(&mut from_b) => match read {
                Ok(length) => back.take(&from_b[..length], dice.roll(), &conditions),
                Err(_) => return,
            },
            () = until(next) => {}
            changed = told.changed() => if changed.is_err() { return },
        }
        there.send(&b);
        back.send(&a);
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => tokio::time::sleep(Duration::from_secs(3600)).await,
    }
}
