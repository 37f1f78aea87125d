//! Variables in values: `$NAME`, `${NAME}`, and the forms with a default, a demand or a replacement, in one another.

mod template;

use crate::room::GROWTH_MAX;
pub(crate) use template::TemplateError;
use template::{Operator, Piece, Template};

/// Where the values of variables come from, and what is said about those that have none.
pub(crate) trait Variables {
    /// The value of a variable.
    fn value(&self, name: &str) -> Option<String>;
    /// A variable without value and default was asked for.
    fn unset(&self, name: &str);
    /// A variable that is demanded (`${NAME:?…}`) has no value.
    fn demanded(&self, name: &str, message: &str);
}

/// A value with its variables replaced.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Interpolated {
    /// The text.
    pub text: String,
    /// Whether every variable in it had a value or a default.
    pub known: bool,
}

/// Replaces the variables of `text`.
pub(crate) fn interpolate(text: &str, variables: &dyn Variables) -> Result<Interpolated, TemplateError> {
    let mut out = Interpolated {
        text: String::new(),
        known: true,
    };
    expand(&Template::parse(text)?, variables, &mut out);
    Ok(out)
}

fn expand(template: &Template<'_>, variables: &dyn Variables, out: &mut Interpolated) {
    for piece in &template.pieces {
        // The room refuses what has grown beyond this; going on would only take memory.
        if out.text.len() > GROWTH_MAX {
            return;
        }
        match piece {
            Piece::Text(text) => out.text.push_str(text),
            Piece::Dollar => out.text.push('$'),
            Piece::Variable { name, operator } => expand_variable(name, operator, variables, out),
        }
    }
}

fn expand_variable(name: &str, operator: &Operator<'_>, variables: &dyn Variables, out: &mut Interpolated) {
    let value = variables.value(name);
    let filled = value.as_ref().is_some_and(|value| !value.is_empty());
    match operator {
        Operator::None => match value {
            Some(value) => out.text.push_str(&value),
            None => {
                variables.unset(name);
                out.known = false;
            }
        },
        Operator::Default { empty_too, word } => match value {
            Some(value) if filled || !empty_too => out.text.push_str(&value),
            _ => expand(word, variables, out),
        },
        Operator::Demand { empty_too, word } => match value {
            Some(value) if filled || !empty_too => out.text.push_str(&value),
            _ => {
                let mut message = Interpolated {
                    text: String::new(),
                    known: true,
                };
                expand(word, variables, &mut message);
                variables.demanded(name, &message.text);
                out.known = false;
            }
        },
        Operator::Instead { empty_too, word } => {
            if filled || (value.is_some() && !empty_too) {
                expand(word, variables, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use proptest::prelude::*;

    use super::*;

    #[derive(Default)]
    struct Table {
        said: RefCell<Vec<String>>,
    }

    impl Variables for Table {
        fn value(&self, name: &str) -> Option<String> {
            match name {
                "A" => Some("a".into()),
                "EMPTY" => Some(String::new()),
                "DOLLAR" => Some("$A".into()),
                _ => None,
            }
        }

        fn unset(&self, name: &str) {
            self.said.borrow_mut().push(name.to_owned());
        }

        fn demanded(&self, name: &str, message: &str) {
            self.said.borrow_mut().push(format!("{name}: {message}"));
        }
    }

    fn check(text: &str, expect: &str) {
        let table = Table::default();
        let out = interpolate(text, &table).unwrap();
        assert_eq!((out.text.as_str(), out.known), (expect, true), "{text}");
        assert_eq!(*table.said.borrow(), Vec::<String>::new(), "{text}");
    }

    fn check_said(text: &str, expect: &str, said: &[&str]) {
        let table = Table::default();
        let out = interpolate(text, &table).unwrap();
        assert_eq!(
            (out.text.as_str(), out.known),
            (expect, said.is_empty()),
            "{text}"
        );
        assert_eq!(*table.said.borrow(), said, "{text}");
    }

    #[test]
    fn every_form() {
        check("plain", "plain");
        check("$A", "a");
        check("${A}", "a");
        check("x$A-y", "xa-y");
        check("$A$A", "aa");
        check("$$A", "$A");
        check("$$$A", "$a");
        check("$${A}", "${A}");
        check("${U:-d}", "d");
        check("${EMPTY:-d}", "d");
        check("${EMPTY-d}", "");
        check("${U-d}", "d");
        check("${A:-d}", "a");
        check("${A:+r}", "r");
        check("${A+r}", "r");
        check("${EMPTY:+r}", "");
        check("${EMPTY+r}", "r");
        check("${U:+r}", "");
        check("${U+r}", "");
        check("${A:?must}", "a");
        check("${EMPTY?must}", "");
        check("${U:-}", "");
        check("${DOLLAR}", "$A");
    }

    #[test]
    fn a_dollar_without_a_name_stays() {
        for text in ["$", "a$ b", "$1", "$-", "$}", "^a$", "$(date)", "cash$"] {
            check(text, text);
        }
        check("$(echo $A)", "$(echo a)");
        check("${U:-$}", "$");
    }

    #[test]
    fn forms_in_one_another() {
        check("${U:-${A}}", "a");
        check("${U:-x${V:-y$A}z}", "xyaz");
        check("${U:-a:b-c?d}", "a:b-c?d");
        check("${U:-{\"a\": \"b\"}}", "{\"a\": \"b\"}");
        check("${U:-$$A}", "$A");
        check("${A:+${U:-${EMPTY:-deep}}}", "deep");
        check("http://${U:-localhost}:${V:-80}/", "http://localhost:80/");
    }

    #[test]
    fn what_has_no_value() {
        check_said("x${U}y$V", "xy", &["U", "V"]);
        check_said("${U:?set it}", "", &["U: set it"]);
        check_said("${EMPTY:?set $A}", "", &["EMPTY: set a"]);
        check_said("${U?}", "", &["U: "]);
        check_said("${U:-$V}", "", &["V"]);
    }

    #[test]
    fn what_is_no_variable() {
        for bad in ["${", "${}", "${A", "${A:}", "${A!b}", "${1}", "${A:-", "${A B}"] {
            assert!(interpolate(bad, &Table::default()).is_err(), "{bad}");
        }
        let nested = "${A:-".repeat(10_000) + &"}".repeat(10_000);
        assert!(interpolate(&nested, &Table::default()).is_err());
    }

    proptest! {
        #[test]
        fn what_is_escaped_comes_back(text in "\\PC{0,200}") {
            let out = interpolate(&text.replace('$', "$$"), &Table::default()).unwrap();
            prop_assert_eq!(out, Interpolated { text, known: true });
        }

        #[test]
        fn a_default_comes_back(word in "[^${}]{0,50}") {
            let out = interpolate(&format!("${{U:-{word}}}"), &Table::default()).unwrap();
            prop_assert_eq!(out.text, word);
        }

        #[test]
        fn nothing_panics(text in "[$A-C{}:?+a\\-]{0,40}") {
            let _ = interpolate(&text, &Table::default());
        }
    }
}
