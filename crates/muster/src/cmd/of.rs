//! How units are named on the command line: `STACK`, `STACK/SERVICE`, `STACK/SERVICE-NUMBER`.

use anyhow::Context as _;

/// A stack, a service of it, or one unit of that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Of {
    /// The stack's name.
    pub stack: String,
    /// The service's name, which may still end in a number: `web-2` may be a service.
    pub service: Option<String>,
    /// The unit's number; only after [`Of::split_number`].
    pub number: Option<u32>,
}

impl Of {
    /// Reads the text.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let (stack, service) = match text.split_once('/') {
            Some((stack, service)) => (stack, Some(service.to_owned())),
            None => (text, None),
        };
        let empty = stack.is_empty()
            || service
                .as_deref()
                .is_some_and(|s| s.is_empty() || s.contains('/'));
        anyhow::ensure!(
            !empty,
            "`{text}` names nothing; write STACK, STACK/SERVICE or STACK/SERVICE-NUMBER"
        );
        Ok(Self {
            stack: stack.to_owned(),
            service,
            number: None,
        })
    }

    /// Takes the number off a service's end, where there is one.
    pub fn split_number(&self) -> Option<Self> {
        let (service, number) = self.service.as_deref()?.rsplit_once('-')?;
        let number = number.parse().ok()?;
        Some(Self {
            stack: self.stack.clone(),
            service: Some(service.to_owned()),
            number: Some(number),
        })
    }

    /// Stack and service, both given.
    pub fn service(text: &str) -> anyhow::Result<(String, String)> {
        let of = Self::parse(text)?;
        let service = of
            .service
            .with_context(|| format!("`{text}` is a stack; write STACK/SERVICE"))?;
        Ok((of.stack, service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_taken_apart() {
        let of = Of::parse("shop/web-2").unwrap();
        assert_eq!(of.service.as_deref(), Some("web-2"));
        let unit = of.split_number().unwrap();
        assert_eq!((unit.service.as_deref(), unit.number), (Some("web"), Some(2)));
        assert_eq!(Of::parse("shop").unwrap().service, None);
        assert!(Of::parse("shop/web").unwrap().split_number().is_none());
        for bad in ["", "/web", "shop/", "a/b/c"] {
            assert!(Of::parse(bad).is_err(), "{bad}");
        }
    }
}
