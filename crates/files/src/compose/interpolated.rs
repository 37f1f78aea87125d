//! Replaces the variables in every value of a tree.

use std::collections::BTreeMap;

use crate::code::Code;
use crate::cx::Cx;
use crate::interpolate::{Variables, interpolate};
use crate::text::{At, Node, Scalar, Value};

/// Replaces variables; keys stay as they are, and values that hang on an unset variable. `extra` holds variables that only
/// this file has.
pub(super) fn interpolate_tree(cx: &Cx<'_>, node: &mut Node, extra: &BTreeMap<String, String>) {
    let at = node.at;
    match &mut node.value {
        Value::Null => {}
        Value::Scalar(scalar) if scalar.text.contains('$') => replace(cx, at, scalar, extra),
        Value::Scalar(_) => {}
        Value::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                interpolate_tree(&cx.index(index), item, extra);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                interpolate_tree(&cx.key(&entry.key), &mut entry.value, extra);
            }
        }
    }
}

fn replace(cx: &Cx<'_>, at: At, scalar: &mut Scalar, extra: &BTreeMap<String, String>) {
    match interpolate(&scalar.text, &Lookup { cx, at, extra }) {
        Ok(out) if cx.room.spend(cx, at, out.text.len()) => {
            scalar.known = out.known;
            if out.known {
                scalar.text = out.text;
            }
        }
        Ok(_) => scalar.known = false,
        Err(error) => {
            let (message, help) = error.explain();
            cx.advise(Code::BadInterpolation, at, message, help);
            scalar.known = false;
        }
    }
}

struct Lookup<'a> {
    cx: &'a Cx<'a>,
    at: At,
    extra: &'a BTreeMap<String, String>,
}

impl Variables for Lookup<'_> {
    fn value(&self, name: &str) -> Option<String> {
        self.cx.room.variable(name, &[self.extra])
    }

    fn unset(&self, name: &str) {
        self.cx.room.say_unset(self.at, &self.cx.path(), name);
    }

    fn demanded(&self, name: &str, message: &str) {
        self.cx.room.say_demanded(self.at, &self.cx.path(), name, message);
    }
}
