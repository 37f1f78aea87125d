//! The thread that tells watchers and callers what became of things, so that the writer can go on.
//!
//! Waking a task from outside its runtime takes locks and system calls, many times for one transaction; while this
//! thread does that, the writer already waits for the next fsync.

use std::sync::mpsc::{self, Sender};
use std::thread::JoinHandle;

/// Something to tell.
type News = Box<dyn FnOnce() + Send>;

/// Tells news one after another, in the order they were given.
pub(super) struct Teller {
    /// `None` only while it is dropped. Not more waits in it than callers wait for answers.
    news: Option<Sender<News>>,
    thread: Option<JoinHandle<()>>,
}

impl Teller {
    pub(super) fn spawn() -> std::io::Result<Self> {
        let (news, told) = mpsc::channel::<News>();
        let tell = move || told.into_iter().for_each(|news| news());
        let thread = std::thread::Builder::new()
            .name("store-teller".to_owned())
            .spawn(tell)?;
        Ok(Self {
            news: Some(news),
            thread: Some(thread),
        })
    }

    pub(super) fn tell(&self, news: impl FnOnce() + Send + 'static) {
        // Without the thread nobody can be told; callers see that their answer was dropped.
        let _ = self.news.as_ref().map(|told| told.send(Box::new(news)));
    }
}

impl Drop for Teller {
    /// Returns when everything is told.
    fn drop(&mut self) {
        self.news = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the store's teller ended by a panic");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_told_in_order_and_all_before_it_ends() {
        let (sender, receiver) = mpsc::channel();
        let teller = Teller::spawn().unwrap();
        for n in 0..100 {
            let sender = sender.clone();
            teller.tell(move || sender.send(n).unwrap());
        }
        drop((teller, sender));
        assert!(receiver.iter().eq(0..100));
    }
}
