//! What is left out of a seed's history, so that what is left says more.
//!
//! The shrinker looks for the least that still fails; [`Narrow`] is what it found, and the command line says it again.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What is left out. Nothing is, by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Narrow {
    /// Kinds of faults that do not happen.
    pub without_faults: BTreeSet<String>,
    /// Services that no files name.
    pub without_services: BTreeSet<String>,
    /// The only faults that happen, counted from 1 as they would come.
    pub only_faults: Option<Numbers>,
    /// The only wishes of users that are uttered, counted likewise.
    pub only_wishes: Option<Numbers>,
}

impl Narrow {
    /// Whether a fault happens that would be the `number`th.
    pub fn lets_fault(&self, what: &str, number: u64) -> bool {
        !self.without_faults.contains(what) && among(&self.only_faults, number)
    }

    /// Whether a wish is uttered that would be the `number`th.
    pub fn lets_wish(&self, number: u64) -> bool {
        among(&self.only_wishes, number)
    }

    /// Whether files may name this service.
    pub fn lets_service(&self, name: &str) -> bool {
        !self.without_services.contains(name)
    }
}

fn among(only: &Option<Numbers>, number: u64) -> bool {
    only.as_ref().is_none_or(|numbers| numbers.0.contains(&number))
}

/// Some numbers, written as `1-4,9`; none is written as `none`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Numbers(pub BTreeSet<u64>);

impl FromStr for Numbers {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::default());
        }
        let mut numbers = BTreeSet::new();
        for part in text.split(',') {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let number = |text: &str| {
                text.parse::<u64>()
                    .map_err(|_| format!("`{part}` is not a number or a range such as 3-7"))
            };
            numbers.extend(number(from)?..=number(to)?);
        }
        Ok(Self(numbers))
    }
}

impl fmt::Display for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none");
        }
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for number in &self.0 {
            match ranges.last_mut() {
                Some((_, to)) if to.saturating_add(1) == *number => *to = *number,
                _ => ranges.push((*number, *number)),
            }
        }
        for (at, (from, to)) in ranges.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            match from == to {
                true => write!(f, "{comma}{from}")?,
                false => write!(f, "{comma}{from}-{to}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        for text in ["none", "5", "1-4,9", "1,3,5-6"] {
            let numbers: Numbers = text.parse().unwrap();
            assert_eq!(numbers.to_string(), text);
        }
        assert!("1-".parse::<Numbers>().is_err());
        assert!("x".parse::<Numbers>().is_err());
    }

    #[test]
    fn what_is_left_out_does_not_happen() {
        let narrow = Narrow {
            without_faults: ["link cut".to_owned()].into(),
            only_faults: Some("2-3".parse().unwrap()),
            ..Narrow::default()
        };
        assert!(narrow.lets_fault("watch lost", 3));
        assert!(!narrow.lets_fault("link cut", 3) && !narrow.lets_fault("watch lost", 4));
        assert!(narrow.lets_wish(9) && narrow.lets_service("web"));
    }
}
