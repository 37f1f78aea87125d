//! Documents to keys and values, and back: nothing else here looks into a value.

use muster_model::Document;
use muster_model::document::{DocumentError, Record};

use crate::commit::{Commit, Precondition};
use crate::entry::{Entry, LeaseId};
use crate::key::{Key, KeyError, Range};

/// Where `document` stands.
pub fn key<D: Document>(document: &D) -> Result<Key, KeyError> {
    Key::parse(&document.key())
}

/// Where all documents of one kind stand.
pub fn range<D: Document>() -> Result<Range, KeyError> {
    Range::under(D::PREFIX.trim_end_matches('/'))
}

impl Commit {
    /// Adds a document that must not exist yet.
    pub fn create<D: Document>(self, document: &D) -> Result<Self, KeyError> {
        let absent = Precondition::Absent(key(document)?);
        self.expect(absent).write(document)
    }

    /// Adds a document, whether or not it exists.
    pub fn write<D: Document>(self, document: &D) -> Result<Self, KeyError> {
        Ok(self.put(key(document)?, document.encode()))
    }

    /// Adds a document that goes with its lease.
    pub fn write_leased<D: Document>(self, document: &D, lease: LeaseId) -> Result<Self, KeyError> {
        Ok(self.put_leased(key(document)?, document.encode(), lease))
    }
}

impl Entry {
    /// The value as the document that belongs to the key.
    pub fn record(&self) -> Result<Record, DocumentError> {
        Record::decode(self.key.as_str(), &self.value)
    }

    /// The value as a document of a known kind.
    pub fn document<D: Document>(&self) -> Result<D, DocumentError> {
        D::decode(&self.value)
    }
}

#[cfg(test)]
mod tests {
    use muster_model::Revision;
    use muster_model::desired::EpochCounter;

    use super::*;
    use crate::commit::Write;

    #[test]
    fn what_is_written_is_read() {
        let counter = EpochCounter { next: 7 };
        let commit = Commit::new().create(&counter).unwrap();
        let key = Key::parse("desired/epoch/counter").unwrap();
        assert_eq!(commit.preconditions, [Precondition::Absent(key.clone())]);
        let Some(Write::Put { value, .. }) = commit.writes.first() else {
            panic!("{commit:?}")
        };
        let entry = Entry {
            key,
            value: value.clone(),
            created: Revision(1),
            modified: Revision(1),
            lease: None,
        };
        assert_eq!(entry.document::<EpochCounter>().unwrap(), counter);
        assert_eq!(entry.record().unwrap(), counter.into());
        assert!(range::<EpochCounter>().unwrap().contains(&entry.key));
    }

    #[test]
    fn a_newer_document_is_refused_by_name() {
        let key = Key::parse("desired/epoch/counter").unwrap();
        let value = br#"{"v":2,"doc":{"next":7}}"#.as_slice().into();
        let entry = Entry {
            key,
            value,
            created: Revision(1),
            modified: Revision(1),
            lease: None,
        };
        assert!(matches!(
            entry.record(),
            Err(DocumentError::Newer {
                found: 2,
                known: 1,
                ..
            })
        ));
    }
}
