//! Several commits in one transaction: what is written, and what will be present when it is durable.

use std::collections::BTreeMap;

use bytes::Bytes;
use muster_model::{RequestId, Revision};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params};

use super::present::Present;
use super::{read, schema};
use crate::commit::{Commit, Committed};
use crate::decide::{Change, Meta, decide, next};
use crate::entry::LeaseId;
use crate::error::StoreError;
use crate::key::Key;
use crate::lease::Leases;
use crate::watch::{Event, WatchBatch};

/// An open transaction. Nothing outside it changes before it is durable.
pub(super) struct Group<'a> {
    pub(super) db: &'a Connection,
    pub(super) present: &'a Present,
    /// What differs from `present`.
    ahead: BTreeMap<Key, Option<Meta>>,
    revision: Revision,
    /// What watchers will be told.
    batches: Vec<WatchBatch>,
}

impl<'a> Group<'a> {
    pub(super) fn new(db: &'a Connection, present: &'a Present) -> Self {
        Self {
            db,
            present,
            ahead: BTreeMap::new(),
            revision: present.revision,
            batches: Vec::new(),
        }
    }

    /// Judges one commit and writes it if it may happen. The outer error ends the whole group.
    pub(super) fn add(
        &mut self,
        commit: &Commit,
        leases: &Leases,
    ) -> rusqlite::Result<Result<Committed, StoreError>> {
        if let Some(request) = &commit.request
            && let Some(revision) = read::request(self.db, request)?
        {
            return Ok(Ok(Committed {
                revision,
                already: true,
            }));
        }
        let present = |key: &Key| self.meta(key);
        let changes = match decide(commit, next(self.revision), present, |lease| {
            leases.is_held(lease)
        }) {
            Ok(changes) => changes,
            Err(refused) => return Ok(Err(refused)),
        };
        self.write(changes)?;
        if let Some(request) = &commit.request {
            self.remember(request)?;
        }
        Ok(Ok(Committed {
            revision: self.revision,
            already: false,
        }))
    }

    /// Deletes the lease and its keys.
    pub(super) fn end_lease(&mut self, lease: LeaseId) -> rusqlite::Result<()> {
        let delete = |key| {
            let previous = self.meta(&key).map_or(Revision(0), |meta| meta.modified);
            Change {
                event: Event::Delete { key },
                previous,
            }
        };
        let changes = self.present.under(lease).into_iter().map(delete).collect();
        self.write(changes)?;
        self.db
            .prepare_cached("DELETE FROM leases WHERE id = ?1")?
            .execute([lease.0])
            .map(drop)
    }

    pub(super) fn into_batches(self) -> Vec<WatchBatch> {
        self.batches
    }

    fn meta(&self, key: &Key) -> Option<Meta> {
        let ahead = self.ahead.get(key).copied();
        ahead.unwrap_or_else(|| self.present.get(key).map(|place| place.meta))
    }

    /// Writes changes as the next revision; none make none.
    fn write(&mut self, changes: Vec<Change>) -> rusqlite::Result<()> {
        if changes.is_empty() {
            return Ok(());
        }
        self.revision = next(self.revision);
        for (place, change) in changes.iter().enumerate() {
            self.append(schema::row_id(self.revision, place), change)?;
            let meta = match &change.event {
                Event::Put(entry) => Some(Meta::of(entry)),
                Event::Delete { .. } => None,
            };
            self.ahead.insert(change.event.key().clone(), meta);
        }
        let events = changes.into_iter().map(|change| change.event).collect();
        self.batches.push(WatchBatch {
            revision: self.revision,
            events,
        });
        Ok(())
    }

    fn append(&self, id: i64, change: &Change) -> rusqlite::Result<()> {
        let (created, value, lease) = match &change.event {
            Event::Put(entry) => (
                entry.created,
                Some(Stored(&entry.value)),
                entry.lease.map(|lease| lease.0),
            ),
            Event::Delete { .. } => (Revision(0), None, None),
        };
        let sql =
            "INSERT INTO history (id, key, previous, created, value, lease) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let row = params![
            id,
            change.event.key().as_str(),
            change.previous.0,
            created.0,
            value,
            lease
        ];
        self.db.prepare_cached(sql)?.execute(row).map(drop)
    }

    fn remember(&self, request: &RequestId) -> rusqlite::Result<()> {
        let sql = "INSERT INTO requests (id, revision) VALUES (?1, ?2)";
        self.db
            .prepare_cached(sql)?
            .execute(params![request.as_str(), self.revision.0])
            .map(drop)
    }
}

/// A value as text if it is text, so that `sqlite3` shows it and its JSON functions take it.
struct Stored<'a>(&'a Bytes);

impl ToSql for Stored<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let is_text = std::str::from_utf8(self.0).is_ok_and(|text| !text.contains('\0'));
        let value = if is_text {
            ValueRef::Text(self.0)
        } else {
            ValueRef::Blob(self.0)
        };
        Ok(ToSqlOutput::Borrowed(value))
    }
}
