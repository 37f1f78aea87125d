//! What stands behind the `?` of a request. A parameter that the route does not have is refused by name.

use std::borrow::Cow;
use std::str::FromStr;

use super::error::ApiError;

/// More would only keep us busy; an exec's command with its variables is the longest.
const PAIRS_MAX: usize = 512;

/// The parameters of one request, decoded.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads the text behind the `?`; `known` are the names that the route has.
    pub(crate) fn parse(text: &str, known: &[&str]) -> Result<Self, ApiError> {
        let pairs = form_urlencoded::parse(text.as_bytes()).take(PAIRS_MAX + 1);
        let pairs: Vec<_> = pairs
            .map(|(key, value)| (Cow::into_owned(key), Cow::into_owned(value)))
            .collect();
        if pairs.len() > PAIRS_MAX {
            return Err(ApiError::field(
                "query",
                format!("at most {PAIRS_MAX} parameters are taken"),
            ));
        }
        match pairs.iter().find(|(key, _)| !known.contains(&key.as_str())) {
            Some((key, _)) => Err(ApiError::field(key, one_of(known))),
            None => Ok(Self { pairs }),
        }
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All values of a parameter that may stand several times.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter, read as a `T`.
    pub(crate) fn read<T: FromStr>(&self, name: &str) -> Result<Option<T>, ApiError>
    where
        T::Err: std::fmt::Display,
    {
        let read = |text: &str| {
            text.parse()
                .map_err(|error: T::Err| ApiError::field(name, error.to_string()))
        };
        self.get(name).map(read).transpose()
    }

    /// A switch: `true`, `false`, or there without a value, which is true.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true" | "") => Ok(true),
            Some(_) => Err(ApiError::field(name, "write `true` or `false`".to_owned())),
        }
    }
}

fn one_of(known: &[&str]) -> String {
    if known.is_empty() {
        "there is no such parameter here, nor any other".to_owned()
    } else {
        format!("there is no such parameter here; there are {}", known.join(", "))
    }
}
