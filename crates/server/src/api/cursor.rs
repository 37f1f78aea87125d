//! Where the next page of a list begins.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Longer than any list's keys.
const TEXT_BYTES_MAX: usize = 1_024;

/// The key of the last item of a page, in one list. Its text is opaque: URL-safe base64 of `1`, the list's name, a
/// line feed and the key. A key outlives its item, so a page begins rightly after the item was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    list: String,
    key: String,
}

/// The text is no cursor of this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a cursor of this list; take `next` of the page before, or leave it out to begin anew")]
pub struct CursorError;

impl Cursor {
    /// After the item with `key` in the list called `list`.
    pub fn new(list: &str, key: &str) -> Self {
        Self {
            list: list.to_owned(),
            key: key.to_owned(),
        }
    }

    /// Reads what [`Cursor`]'s `Display` wrote, and nothing else: there is one text per cursor.
    pub fn parse(text: &str) -> Result<Self, CursorError> {
        if text.len() > TEXT_BYTES_MAX {
            return Err(CursorError);
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let inner = String::from_utf8(bytes).map_err(|_| CursorError)?;
        let (list, key) = inner
            .strip_prefix('1')
            .and_then(|rest| rest.split_once('\n'))
            .ok_or(CursorError)?;
        let named = !list.is_empty() && list.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        if !named || key.is_empty() || key.contains(char::is_control) {
            return Err(CursorError);
        }
        Ok(Self::new(list, key))
    }

    /// The key, if this is a cursor of the list called `list`.
    pub fn key_in(&self, list: &str) -> Result<&str, CursorError> {
        if self.list == list {
            Ok(&self.key)
        } else {
            Err(CursorError)
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(format!("1{}\n{}", self.list, self.key)))
    }
}
