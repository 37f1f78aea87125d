//! The tables: the newest received, the one being written, and the one that is acted on.

use std::sync::Arc;

use muster_model::Revision;
use muster_model::link::{DeliveredBlob, Have, Table, TableDelta};

use super::Page;
use super::marks;

/// What to do with a table that came.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// It stands; it may have to be written.
    Taken,
    /// It is older than what is here.
    Older,
    /// It does not follow what is here: ask for everything.
    Unfit,
}

/// The notebook's pages, in memory.
#[derive(Debug, Default)]
pub struct Pages {
    /// The one on disk, which is acted on.
    acting: Option<Page>,
    /// The newest received, if it is not on disk yet.
    received: Option<Page>,
    /// Contents that came with it.
    blobs: Vec<DeliveredBlob>,
    /// The one being written, with its contents.
    writing: Option<(Page, Vec<DeliveredBlob>)>,
    /// The platform of the session.
    incarnation: Option<String>,
}

impl Pages {
    /// Begins with what the notebook has.
    pub fn new(page: Option<Page>) -> Self {
        Self {
            acting: page,
            ..Self::default()
        }
    }

    /// The page that is acted on.
    pub fn acting(&self) -> Option<&Page> {
        self.acting.as_ref()
    }

    /// Nothing newer than the page acted on is known.
    pub fn settled(&self) -> bool {
        self.received.is_none() && self.writing.is_none()
    }

    /// What to tell a server.
    pub fn have(&self) -> Option<Have> {
        let page = self.newest()?;
        Some(Have {
            incarnation: page.incarnation.clone(),
            revision: page.table.revision,
            hash: page.table.hash(),
        })
    }

    /// The session's platform.
    pub fn speak_with(&mut self, incarnation: &str) {
        self.incarnation = Some(incarnation.to_owned());
    }

    /// A table came.
    pub fn receive(&mut self, delta: &TableDelta) -> Received {
        let Some(incarnation) = self.incarnation.clone() else {
            return Received::Unfit;
        };
        let mine = self
            .newest()
            .filter(|page| page.incarnation == incarnation)
            .map(|page| page.table.clone());
        if mine.as_ref().is_some_and(|table| delta.revision < table.revision) {
            return Received::Older;
        }
        let before = mine.unwrap_or_default();
        let Some(table) = delta.apply(&before) else {
            marks::TABLE_UNFIT.reach();
            return Received::Unfit;
        };
        let table = keep_newer_generations(table, &before);
        self.blobs.extend(delta.blobs.iter().cloned());
        self.received = Some(Page {
            incarnation,
            table: Arc::new(table),
        });
        Received::Taken
    }

    /// What is to be written now, if anything is and nothing is being written.
    pub fn write(&mut self) -> Option<(Page, Vec<DeliveredBlob>)> {
        if self.writing.is_some() {
            return None;
        }
        self.writing = Some((self.received.take()?, std::mem::take(&mut self.blobs)));
        self.writing.clone()
    }

    /// It was written. Says the page that was acted on before.
    pub fn written(&mut self, revision: Revision) -> Option<Option<Page>> {
        let (page, _) = self
            .writing
            .take()
            .filter(|(page, _)| page.table.revision == revision)?;
        Some(self.acting.replace(page))
    }

    /// It could not be written: it is to be tried again, unless something newer has come.
    pub fn not_written(&mut self) {
        if let Some((page, blobs)) = self.writing.take() {
            self.received.get_or_insert(page);
            self.blobs.splice(0..0, blobs);
        }
    }

    fn newest(&self) -> Option<&Page> {
        let writing = self.writing.as_ref().map(|(page, _)| page);
        self.received.as_ref().or(writing).or(self.acting.as_ref())
    }
}

/// A wish of an older generation than one already seen is ignored.
fn keep_newer_generations(mut table: Table, before: &Table) -> Table {
    for (id, unit) in &mut table.units {
        if let Some(seen) = before
            .units
            .get(id)
            .filter(|seen| seen.generation > unit.generation)
        {
            *unit = seen.clone();
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(base: Option<u64>, revision: u64) -> TableDelta {
        TableDelta {
            base: base.map(Revision),
            revision: Revision(revision),
            hash: Table::default().hash(),
            ..TableDelta::default()
        }
    }

    fn talking() -> Pages {
        let mut pages = Pages::new(None);
        pages.speak_with("p");
        pages
    }

    #[test]
    fn a_table_counts_once_it_is_written() {
        let mut pages = talking();
        assert_eq!(pages.receive(&delta(None, 5)), Received::Taken);
        assert!(pages.acting().is_none() && !pages.settled());
        assert_eq!(pages.write().unwrap().0.table.revision, Revision(5));
        assert_eq!(
            pages.receive(&delta(Some(5), 6)),
            Received::Taken,
            "follows the one being written"
        );
        assert_eq!(pages.write(), None, "one at a time");
        assert_eq!(pages.written(Revision(5)), Some(None));
        assert_eq!(pages.acting().unwrap().table.revision, Revision(5));
        assert_eq!(pages.write().unwrap().0.table.revision, Revision(6));
        pages.not_written();
        assert_eq!(pages.have().unwrap().revision, Revision(6));
        assert_eq!(
            pages.write().unwrap().0.table.revision,
            Revision(6),
            "tried again"
        );
        pages.written(Revision(6));
        assert!(pages.settled());
    }

    #[test]
    fn what_does_not_follow_is_refused() {
        let mut pages = talking();
        pages.receive(&delta(None, 5));
        assert_eq!(pages.receive(&delta(Some(4), 6)), Received::Unfit);
        assert_eq!(pages.receive(&delta(None, 4)), Received::Older);
        let wrong = TableDelta {
            hash: muster_model::Digest::of(b"x"),
            ..delta(Some(5), 6)
        };
        assert_eq!(pages.receive(&wrong), Received::Unfit);
    }

    #[test]
    fn another_platforms_table_starts_from_nothing() {
        let mut pages = talking();
        pages.receive(&delta(None, 50));
        pages.speak_with("q");
        assert_eq!(
            pages.receive(&delta(Some(50), 51)),
            Received::Unfit,
            "the base was the other platform's"
        );
        assert_eq!(pages.receive(&delta(None, 2)), Received::Taken);
        assert_eq!(pages.have().unwrap().incarnation, "q");
    }
}
