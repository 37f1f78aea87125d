//! `metadata`: what authors tell their programs, in whatever shape they like.

use muster_model::limits::METADATA_BYTES_MAX;
use serde_json::{Map, Number, Value as Json};

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::text::{Entry, Node, Scalar, Value};

/// Reads it.
pub(super) fn metadata(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let Some(entries) = node.entries() else {
        return cx.wrong_type(node, "a map");
    };
    if node.weight() > METADATA_BYTES_MAX {
        let message = format!("the metadata is larger than {} KiB", METADATA_BYTES_MAX / 1024);
        return cx.advise(
            Code::TooLarge,
            node.at,
            message,
            "bring large contents in as `configs`",
        );
    }
    draft.kept.metadata = entries.iter().map(pair).collect();
}

fn pair(entry: &Entry) -> (String, Json) {
    (entry.key.clone(), json(&entry.value))
}

fn json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Scalar(scalar) => of_scalar(scalar),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => entries.iter().map(pair).collect::<Map<_, _>>().into(),
    }
}

/// Without quotes, what looks like a flag or a number is one.
fn of_scalar(scalar: &Scalar) -> Json {
    let text = scalar.text.as_str();
    let is_number = scalar.plain && text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    match text {
        "true" | "false" if scalar.plain => Json::Bool(text == "true"),
        _ if is_number => number(text).unwrap_or_else(|| text.into()),
        _ => text.into(),
    }
}

/// A number that is written as JSON writes it: `0755` and `1_000` stay text.
fn number(text: &str) -> Option<Json> {
    serde_json::from_str::<Number>(text).ok().map(Json::Number)
}
