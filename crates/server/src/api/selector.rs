//! Which things of a list are meant, by their labels.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// More conditions would only keep us busy.
const CONDITIONS_MAX: usize = 32;
/// The whole text.
const TEXT_BYTES_MAX: usize = 4_096;

/// Conditions that must all hold, separated by commas: `zone=a`, `zone!=a`, `gpu` (it is there), `!gpu` (it is not).
/// Keys have none of `,=!`, values no comma.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selector(Vec<Condition>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    Is(String, String),
    IsNot(String, String),
    There(String),
    NotThere(String),
}

/// The text is no selector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "write conditions on labels, separated by commas: `zone=a`, `zone!=a`, `gpu` for one that is there, `!gpu` for one that is not"
)]
pub struct SelectorError;

impl Selector {
    /// Whether all conditions hold. A label that is not there is not equal to anything.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|condition| match condition {
            Condition::Is(key, value) => labels.get(key) == Some(value),
            Condition::IsNot(key, value) => labels.get(key) != Some(value),
            Condition::There(key) => labels.contains_key(key),
            Condition::NotThere(key) => !labels.contains_key(key),
        })
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        if text.len() > TEXT_BYTES_MAX || text.contains(char::is_control) {
            return Err(SelectorError);
        }
        let conditions: Vec<Condition> = text
            .split(',')
            .map(condition)
            .collect::<Option<_>>()
            .ok_or(SelectorError)?;
        if conditions.len() > CONDITIONS_MAX {
            return Err(SelectorError);
        }
        Ok(Self(conditions))
    }
}

fn condition(text: &str) -> Option<Condition> {
    let key = |text: &str| (!text.is_empty() && !text.contains(['=', '!'])).then(|| text.to_owned());
    if let Some(absent) = text.strip_prefix('!') {
        return key(absent).map(Condition::NotThere);
    }
    let Some((before, value)) = text.split_once('=') else {
        return key(text).map(Condition::There);
    };
    let value = value.to_owned();
    match before.strip_suffix('!') {
        Some(name) => Some(Condition::IsNot(key(name)?, value)),
        None => Some(Condition::Is(key(before)?, value)),
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, condition) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "," })?;
            match condition {
                Condition::Is(key, value) => write!(f, "{key}={value}")?,
                Condition::IsNot(key, value) => write!(f, "{key}!={value}")?,
                Condition::There(key) => f.write_str(key)?,
                Condition::NotThere(key) => write!(f, "!{key}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn conditions_hold_or_do_not() {
        let labels = BTreeMap::from([("zone", "a"), ("gpu", "")].map(|(k, v)| (k.to_owned(), v.to_owned())));
        let holds = |text: &str| text.parse::<Selector>().unwrap().matches(&labels);
        for yes in [
            "zone=a",
            "gpu",
            "gpu=",
            "!disk",
            "zone!=b",
            "disk!=ssd",
            "zone=a,gpu,!disk",
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in ["zone=b", "zone=", "!gpu", "disk", "zone=a,disk", "gpu!="] {
            assert!(!holds(no), "{no}");
        }
        for bad in [
            "",
            ",",
            "a,",
            "=a",
            "!=a",
            "!",
            "!!a",
            "a!b",
            "!a=b",
            "a\n",
            &"a,".repeat(40),
        ] {
            assert!(bad.parse::<Selector>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_the_selector_it_prints_as_or_none(text in "[a-c=!,. ]{0,40}") {
            if let Ok(selector) = text.parse::<Selector>() {
                prop_assert_eq!(selector.to_string(), text);
            }
        }
    }
}
