//! A JSON Schema of compose files, for editors: keys with what is done about them. Shapes of values are not in it; the
//! reader itself says what is wrong with those.

use serde_json::{Map, Value, json};

use crate::catalogue::{self, Here, Row};

/// The schema (JSON Schema, draft 2020-12), of files with `services:`.
pub fn schema() -> Value {
    let mut root = map_of(&catalogue::root());
    for (path, rows) in catalogue::root_maps() {
        put(&mut root, path, &rows);
    }
    let mut service = Value::Object(Map::new());
    for (title, rows) in catalogue::service() {
        put(&mut service, "", &rows);
        for (path, rows) in catalogue::service_maps(title) {
            put(&mut service, path, &rows);
        }
    }
    close(&mut service);
    close(&mut root);
    if let Some(services) = root.pointer_mut("/properties/services") {
        services["additionalProperties"] = service;
        services["patternProperties"] = json!({ "^x-": {} });
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("Compose file, as Muster reads it");
    root
}

fn map_of(rows: &[Row]) -> Value {
    let mut map = Value::Object(Map::new());
    put(&mut map, "", rows);
    map
}

/// Puts keys into the maps that the paths lead to.
fn put(schema: &mut Value, paths: &str, rows: &[Row]) {
    for path in paths.split(", ") {
        let mut place = &mut *schema;
        for step in path.split('.').filter(|step| !step.is_empty()) {
            place = below(place, step);
        }
        for row in rows {
            let mut at = &mut *place;
            for step in row.path.split('.') {
                at = below(at, step);
            }
            at["description"] = json!(description(row));
        }
    }
}

/// The schema of what stands under a key.
fn below<'a>(schema: &'a mut Value, step: &str) -> &'a mut Value {
    match step.strip_suffix("[]") {
        // Of any key that is not named.
        Some("*") => &mut schema["additionalProperties"]["items"],
        Some(list) => &mut schema["properties"][list]["items"],
        None if step == "<name>" => &mut schema["additionalProperties"],
        None => &mut schema["properties"][step],
    }
}

fn description(row: &Row) -> String {
    let about = row.about;
    let mut text = match row.here {
        Here::Yes => about.to_owned(),
        Here::InPart => format!("In part: {about}"),
        Here::Kept => format!("Kept for later: {about}"),
        Here::NotYet => format!("Not acted on: {about}."),
        Here::NoEffect => format!("Of no effect. {about}"),
    };
    if !row.form.is_empty() {
        text.push_str(&format!(" Example: {}", row.form));
    }
    text
}

/// Maps whose keys are known have no others, but for those that are the author's own.
fn close(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    for (name, value) in fields.iter_mut() {
        match (name.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(close),
            ("items" | "additionalProperties", value) => close(value),
            _ => {}
        }
    }
    let has_properties = fields.contains_key("properties");
    if has_properties && !fields.contains_key("additionalProperties") {
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
        fields.insert("patternProperties".to_owned(), json!({ "^x-": {} }));
    }
}
