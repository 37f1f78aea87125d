//! JSON values as YAML 1.2. Every text is quoted as JSON, which YAML reads the same, so nothing turns into a
//! boolean, a number or a date on the way.

use serde_json::Value;

/// The document, with a newline at its end.
pub fn text(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    if out.starts_with('\n') {
        out.remove(0);
    }
    out.push('\n');
    out
}

/// Writes what stands after `key:` or `-`: a scalar on the same line, or a block on the next ones.
fn write(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                indent(out, depth);
                out.push_str(&plain_key(key));
                out.push(':');
                nested(out, value, depth);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                indent(out, depth);
                out.push('-');
                nested(out, item, depth);
            }
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn nested(out: &mut String, value: &Value, depth: usize) {
    let block = matches!(value, Value::Object(map) if !map.is_empty())
        || matches!(value, Value::Array(items) if !items.is_empty());
    if !block {
        out.push(' ');
    }
    write(out, value, depth + 1);
}

fn indent(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

/// Keys of letters and `_` need no quotes, unless YAML 1.1 would take them for a boolean.
fn plain_key(key: &str) -> String {
    let letters = !key.is_empty() && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let word = matches!(
        key,
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" | "null"
    );
    if letters && !word {
        key.to_owned()
    } else {
        Value::String(key.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_lists_nest() {
        let value = serde_json::json!({ "items": [{ "name": "no", "on": [1, {}] }, []], "next": null });
        let expected =
            "items:\n  -\n    name: \"no\"\n    \"on\":\n      - 1\n      - {}\n  - []\nnext: null\n";
        assert_eq!(text(&value), expected);
    }
}
