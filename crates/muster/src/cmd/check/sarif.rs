//! Remarks as SARIF 2.1.0 (OASIS), which code hosts and editors show at their lines.

use muster_model::{Diagnostic, Severity};
use serde_json::{Value, json};

use crate::print;

/// Prints one run with all remarks.
pub fn print(all: &[Diagnostic]) -> anyhow::Result<()> {
    print::data(&format!("{:#}\n", log(all)))
}

fn log(all: &[Diagnostic]) -> Value {
    let rules = muster_files::codes().map(|(name, meaning)| {
        json!({
            "id": name,
            "shortDescription": { "text": meaning },
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "muster check",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": all.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(remark: &Diagnostic) -> Value {
    let help = remark
        .help
        .iter()
        .map(|help| format!(" ({help})"))
        .collect::<String>();
    let mut place = json!({ "artifactLocation": { "uri": uri(&remark.file) } });
    if remark.line > 0 {
        place["region"] = json!({ "startLine": remark.line });
    }
    if remark.line > 0 && remark.column > 0 {
        place["region"]["startColumn"] = json!(remark.column);
    }
    json!({
        "ruleId": remark.code,
        "level": match remark.severity {
            Severity::Error => "error",
            Severity::Warning | Severity::Unsupported => "warning",
            Severity::Note => "note",
        },
        "message": { "text": format!("{}{help}", remark.message) },
        "locations": [{
            "physicalLocation": place,
            "logicalLocations": [{ "fullyQualifiedName": remark.key }],
        }],
    })
}

/// A path as a URI reference (RFC 3986): all but its unreserved characters and `/` in hexadecimal.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte))
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_has_its_place() {
        let remark = Diagnostic {
            file: "a b/compose.yaml".into(),
            line: 3,
            column: 5,
            severity: Severity::Unsupported,
            code: "unsupported".into(),
            key: "services.web.gpus".into(),
            message: "`gpus` is not acted on".into(),
            help: Some("none are given".into()),
        };
        let log = log(&[remark]);
        let run = &log["runs"][0];
        assert_eq!(run["results"][0]["level"], "warning");
        assert_eq!(
            run["results"][0]["message"]["text"],
            "`gpus` is not acted on (none are given)"
        );
        let place = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b/compose.yaml");
        assert_eq!(place["region"], json!({ "startLine": 3, "startColumn": 5 }));
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert!(rules.iter().any(|rule| rule["id"] == "unsupported"));
    }
}
