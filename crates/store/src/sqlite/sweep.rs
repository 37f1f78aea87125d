//! Removing what compaction has given up, a little at a time between commits.

use muster_model::Revision;
use rusqlite::{Connection, params};

use super::present::{Present, key};
use super::schema;
use crate::decide::next;

/// Rows looked at in one go: about a millisecond.
const ROWS: usize = 500;

/// Where the sweep is: every `history` row before `from` that is not present is gone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sweep {
    from: i64,
    upto: Revision,
}

impl Sweep {
    pub(super) fn new(upto: Revision) -> Self {
        Self { from: 0, upto }
    }

    /// Removes some; the rest of the work, if there is any. Runs inside the caller's transaction.
    pub(super) fn slice(self, db: &Connection, present: &Present) -> rusqlite::Result<Option<Self>> {
        let end = schema::row_id(next(self.upto), 0);
        let mut ask =
            db.prepare_cached("SELECT id, key FROM history WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3")?;
        let rows = ask.query_map(params![self.from, end, ROWS], |row| {
            Ok((row.get(0)?, key(row, 1)?))
        })?;
        let rows = rows.collect::<rusqlite::Result<Vec<(i64, _)>>>()?;
        let mut remove = db.prepare_cached("DELETE FROM history WHERE id = ?1")?;
        for (row, key) in &rows {
            if present.get(key).is_none_or(|place| place.row != *row) {
                remove.execute([row])?;
            }
        }
        let last = rows.last().filter(|_| rows.len() == ROWS);
        Ok(last.map(|(row, _)| Self {
            from: row + 1,
            ..self
        }))
    }
}

/// Sets the mark that all readers heed, and forgets the request ids below it; false if it is set as high already.
pub(super) fn mark(db: &Connection, upto: Revision) -> rusqlite::Result<bool> {
    let set = "UPDATE meta SET value = ?1 WHERE name = 'compacted' AND value < ?1";
    let is_higher = db.prepare_cached(set)?.execute([upto.0])? > 0;
    db.prepare_cached("DELETE FROM requests WHERE revision <= ?1")?
        .execute([upto.0])?;
    Ok(is_higher)
}
