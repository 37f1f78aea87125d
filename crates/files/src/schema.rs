//! A JSON Schema of compose files, for editors: keys, shapes of their values, and what is done about them.
//!
//! Keys come from the readers' tables, shapes from the reader itself, so that nothing is refused in an editor that is
//! read here. What a text must look like is not in it.

mod shapes;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use crate::catalogue::{self, Here, Maps, Row};

/// The schema (JSON Schema, draft 2020-12), of files with `services:`.
pub fn schema() -> Value {
    let mut root = Value::Object(Map::new());
    put(&mut root, "", &catalogue::root());
    put_maps(&mut root, "", catalogue::root_maps());
    for (title, rows) in catalogue::service() {
        put(&mut root, SERVICE, &rows);
        put_maps(&mut root, SERVICE, catalogue::service_maps(title));
    }
    close(&mut root);
    root["properties"]["services"]["patternProperties"] = json!({ "^x-": {} });
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!("Compose file, as Muster reads it");
    root
}

/// Where services stand.
const SERVICE: &str = "services.<name>";

fn put_maps(schema: &mut Value, base: &str, maps: Maps) {
    for (paths, rows) in maps {
        for path in paths.split(", ") {
            put(schema, &below(base, path), &rows);
        }
    }
}

fn below(base: &str, path: &str) -> String {
    match base {
        "" => path.to_owned(),
        base => format!("{base}.{path}"),
    }
}

/// Puts keys into the map that a way from the root leads to.
fn put(schema: &mut Value, base: &str, rows: &[Row]) {
    for row in rows {
        let way = below(base, &row.path);
        let mut place = &mut *schema;
        for step in way.split('.') {
            place = step_into(place, step);
        }
        // What is there already came from a table, and knows more.
        if !way.contains('*')
            && let Value::Object(shapes) = shapes::of(&way)
        {
            for (name, shape) in shapes {
                if place[&name].is_null() {
                    place[&name] = shape;
                }
            }
        }
        place["description"] = json!(description(row));
    }
}

/// The schema of what stands under a key.
fn step_into<'a>(schema: &'a mut Value, step: &str) -> &'a mut Value {
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
    let knows = |fields: &Map<String, Value>, keys: &str| fields.contains_key(keys);
    if knows(fields, "properties") && !has_rows(fields.get("additionalProperties")) {
        fields.insert("additionalProperties".to_owned(), Value::Bool(false));
        fields.insert("patternProperties".to_owned(), json!({ "^x-": {} }));
    }
    for (name, value) in fields.iter_mut() {
        match (name.as_str(), value) {
            ("properties", Value::Object(properties)) => properties.values_mut().for_each(close),
            ("items" | "additionalProperties", value) => close(value),
            _ => {}
        }
    }
}

/// Whether other keys are of a table, rather than of the shape that a probe found.
fn has_rows(others: Option<&Value>) -> bool {
    others.is_some_and(|others| others.get("properties").is_some() || others.get("items").is_some())
}
