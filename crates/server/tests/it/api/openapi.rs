//! The description of the API: sound, and as it is kept beside the code.

use std::collections::BTreeSet;
use std::path::Path;

use muster_server::api::{document, table};
use serde_json::Value;

use super::harness::Harness;

/// Calls `look` on every value of the document, with its path.
fn walk<'v>(value: &'v Value, path: &str, look: &mut impl FnMut(&str, &'v Value)) {
    look(path, value);
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(key, value)| walk(value, &format!("{path}/{key}"), look)),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, value)| walk(value, &format!("{path}/{i}"), look)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut named = BTreeSet::new();
    walk(&document, "", &mut |path, value| {
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            let pointer = target
                .strip_prefix('#')
                .unwrap_or_else(|| panic!("{path}: {target} leaves the document"));
            assert!(document.pointer(pointer).is_some(), "{path}: nothing at {target}");
            named.insert(target.to_owned());
        }
    });
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(
            named.contains(&format!("#/components/schemas/{name}")),
            "nobody uses {name}"
        );
    }
}

#[test]
fn every_operation_is_whole() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            let place = format!("{method} {path}");
            assert!(
                operation["operationId"].is_string() && operation["x-permission"].is_string(),
                "{place}"
            );
            let parameters = operation["parameters"].as_array().unwrap();
            let in_path: BTreeSet<&str> = parameters
                .iter()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let wanted: BTreeSet<&str> = path
                .split('/')
                .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(in_path, wanted, "{place}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses
                    .keys()
                    .any(|status| status.starts_with('2') || status == "101"),
                "{place}"
            );
            assert!(
                responses.contains_key("400") && responses.values().all(|one| one["description"].is_string()),
                "{place}"
            );
        }
    }
    assert_eq!(operations, table().len());
}

#[test]
fn it_is_as_it_is_kept() {
    let kept = Path::new("../../docs/openapi.json");
    let text = serde_json::to_string_pretty(&document()).unwrap() + "\n";
    if std::env::var_os("MUSTER_UPDATE_OPENAPI").is_some() {
        std::fs::write(kept, &text).unwrap();
    }
    let found = std::fs::read_to_string(kept).unwrap_or_default();
    assert!(
        found == text,
        "the API changed: look at the difference, then run the tests with MUSTER_UPDATE_OPENAPI=1"
    );
}

#[tokio::test]
async fn it_is_served_for_programs_and_for_people() {
    let harness = Harness::new().await;
    let served = harness.get("/openapi.json").send().await.expect(200);
    assert_eq!(served, document());
    let page = harness.get("/docs").send().await;
    let policy = page.header("content-security-policy").to_owned();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    for row in table() {
        assert!(
            page.text
                .contains(&format!("<h3>{} {}</h3>", row.method, row.path)),
            "{}",
            row.path
        );
    }
    for outside in ["src=", "http://", "https://", "<script", "@import", "url("] {
        assert!(!page.text.contains(outside), "{outside}");
    }
}
