//! Keys are paths; ranges are folders.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

/// The longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 512;

/// A path such as `desired/stack/stack-4`: segments of printable ASCII without spaces, separated by single slashes.
/// Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

/// Why a text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Longer than 512 bytes.
    #[error("a key has at most {KEY_BYTES_MAX} bytes, this one has {0}: use shorter names")]
    TooLong(usize),
    /// A byte other than `!` to `~`.
    #[error(
        "a key is of printable ASCII without spaces, but byte {0} of this one is not: use an id instead of free text"
    )]
    Character(usize),
    /// No segment, or an empty one.
    #[error("a key is one or more segments separated by single slashes, as in `desired/stack/stack-4`")]
    EmptySegment,
}

impl Key {
    /// Checks `text`.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.len() > KEY_BYTES_MAX {
            return Err(KeyError::TooLong(text.len()));
        }
        if let Some(at) = text.bytes().position(|byte| !byte.is_ascii_graphic()) {
            return Err(KeyError::Character(at));
        }
        if text.split('/').any(str::is_empty) {
            return Err(KeyError::EmptySegment);
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Key {
    type Error = KeyError;

    fn try_from(text: &str) -> Result<Self, KeyError> {
        Self::parse(text)
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Which keys a read or a watch is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// Every key.
    All,
    /// Every key below this folder: `Under(a/b)` has `a/b/c`, but neither `a/b` itself nor `a/bc`.
    Under(Key),
    /// This key alone.
    One(Key),
}

impl Range {
    /// Everything below the folder `path`.
    pub fn under(path: &str) -> Result<Self, KeyError> {
        Key::parse(path).map(Self::Under)
    }

    /// Whether `key` belongs to the range.
    pub fn contains(&self, key: &Key) -> bool {
        match self {
            Self::All => true,
            Self::Under(folder) => key
                .as_str()
                .strip_prefix(folder.as_str())
                .is_some_and(|rest| rest.starts_with('/')),
            Self::One(one) => one == key,
        }
    }

    /// The same as half-open bounds `from..to` on the text of keys, which are ordered by bytes.
    pub(crate) fn bounds(&self) -> (String, String) {
        match self {
            // Keys are of graphic ASCII, so DEL is greater than any.
            Self::All => (String::new(), "\x7f".to_owned()),
            // '0' is the byte after '/'.
            Self::Under(folder) => (format!("{folder}/"), format!("{folder}0")),
            Self::One(key) => (key.to_string(), format!("{key}\0")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_is_a_path_of_printable_ascii() {
        assert!(Key::parse("desired/stack/stack-4").is_ok());
        assert_eq!(Key::parse(""), Err(KeyError::EmptySegment));
        for text in ["/a", "a/", "a//b", "/"] {
            assert_eq!(Key::parse(text), Err(KeyError::EmptySegment), "{text}");
        }
        for text in ["a b", "a\0b", "a\nb", "a\x7fb", "aéb"] {
            assert_eq!(Key::parse(text), Err(KeyError::Character(1)), "{text}");
        }
        assert!(Key::parse(&"k".repeat(KEY_BYTES_MAX)).is_ok());
        assert_eq!(Key::parse(&"k".repeat(513)), Err(KeyError::TooLong(513)));
    }

    #[test]
    fn a_folder_has_what_is_below_it_and_no_neighbour() {
        let range = Range::under("a/b").unwrap();
        let has = |text| range.contains(&Key::parse(text).unwrap());
        assert!(has("a/b/c") && has("a/b/c/d"));
        assert!(!has("a/b") && !has("a/bc") && !has("a/b0") && !has("a/b.c") && !has("a"));
    }

    proptest! {
        #[test]
        fn bounds_say_the_same_as_contains(folder in "[!-~&&[^/]]{1,3}(/[!-~&&[^/]]{1,2})?", key in "[!-~&&[^/]]{1,4}(/[!-~&&[^/]]{1,2}){0,3}", tail in "[!-~&&[^/]]{1,2}") {
            let folder = Key::parse(&folder).unwrap();
            let near = Key::parse(&format!("{folder}/{tail}")).unwrap();
            let beside = Key::parse(&format!("{folder}{tail}")).unwrap();
            for range in [Range::All, Range::Under(folder.clone()), Range::One(folder.clone())] {
                let (from, to) = range.bounds();
                for key in [&Key::parse(&key).unwrap(), &near, &beside, &folder] {
                    let within = from.as_str() <= key.as_str() && key.as_str() < to.as_str();
                    prop_assert_eq!(within, range.contains(key), "{:?} {}", range, key);
                }
            }
        }
    }
}
