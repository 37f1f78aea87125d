//! Which shapes of value the reader takes under a key, found by asking it.

use serde_json::{Value, json};

use crate::code::Code;
use crate::project::{Project, SourceFile};

/// A key's way from the root of a file, such as `services.<name>.ports[].target`.
pub(super) type Way<'a> = &'a str;

/// The four shapes, written in YAML.
const PROBES: [(&str, &[&str]); 4] = [
    ("~", &["null"]),
    ("1", &["string", "number", "boolean"]),
    ("[]", &["array"]),
    ("{}", &["object"]),
];

/// A name for maps that take any.
const ANY: &str = "any";

/// What is known of a key's values: `type`, and of lists and maps the `type` of what they hold. What is not said may
/// have any shape.
pub(super) fn of(way: Way<'_>) -> Value {
    let mut shapes = json!({});
    let types = types(way, |probe| (probe.to_owned(), String::new()));
    let may_be = |shape| types.is_empty() || types.contains(&shape);
    if may_be("array") {
        let items = self::types(way, |probe| (format!("[{probe}]"), "[0]".to_owned()));
        put(&mut shapes, "items", &items);
    }
    if may_be("object") {
        let values = self::types(way, |probe| (format!("{{{ANY}: {probe}}}"), format!(".{ANY}")));
        put(&mut shapes, "additionalProperties", &values);
    }
    if !types.is_empty() {
        shapes["type"] = json!(types);
    }
    shapes
}

fn put(shapes: &mut Value, key: &str, types: &[&str]) {
    if !types.is_empty() {
        shapes[key] = json!({ "type": types });
    }
}

/// The types of the shapes that are not refused; none if all are taken. `value` writes a probe, and says where in the
/// value it stands.
fn types(way: Way<'_>, value: impl Fn(&str) -> (String, String)) -> Vec<&'static str> {
    let taken = |probe: &str| {
        let (value, place) = value(probe);
        !is_refused(way, &value, &place)
    };
    let all: Vec<_> = PROBES
        .iter()
        .map(|(probe, types)| (taken(probe), types))
        .collect();
    if all.iter().all(|(taken, _)| *taken) {
        return Vec::new();
    }
    let types = all.iter().filter(|(taken, _)| *taken);
    types.flat_map(|(_, types)| types.iter().copied()).collect()
}

/// Whether the reader says of a file that has this value there that it is of the wrong shape.
fn is_refused(way: Way<'_>, value: &str, place: &str) -> bool {
    let (text, mut path) = file_with(way, value);
    path.push_str(place);
    let remarks = crate::check(&one_file(text));
    remarks
        .iter()
        .any(|remark| remark.code == Code::WrongType.name() && remark.key == path)
}

/// A file that has nothing but a value, and the key that remarks on it name.
pub(super) fn file_with(way: Way<'_>, value: &str) -> (String, String) {
    let (mut text, mut path) = (value.to_owned(), String::new());
    for step in way.split('.').rev() {
        let (name, is_list) = step.strip_suffix("[]").map_or((step, false), |name| (name, true));
        let name = if name.starts_with('<') { ANY } else { name };
        let (open, close, index) = if is_list { ("[", "]", "[0]") } else { ("", "", "") };
        text = format!("{{{name}: {open}{text}{close}}}");
        let dot = if path.is_empty() { "" } else { "." };
        path = format!("{name}{index}{dot}{path}");
    }
    (text, path)
}

pub(super) fn one_file(text: String) -> Project {
    Project {
        sources: vec![SourceFile {
            path: "compose.yaml".to_owned(),
            bytes: text.into_bytes(),
        }],
        ..Project::default()
    }
}
