//! The table of routes as a page for people: plain HTML, nothing from elsewhere, no scripts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use muster_model::Digest;
use schemars::SchemaGenerator;

use super::openapi::tag;
use super::route::{Gives, Row, Takes};
use super::routes;

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}\
h2{margin-top:2.5rem;border-bottom:1px solid #d0d7de}article{margin:1.2rem 0}h3{font:600 1rem ui-monospace,monospace;margin:0}\
p{margin:.2rem 0}dl{margin:.3rem 0 0 1rem;display:grid;grid-template-columns:max-content 1fr;gap:0 1rem}dd{margin:0}\
code,dt{font-family:ui-monospace,monospace;font-size:.9em}small{color:#57606a}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}h2{border-color:#30363d}small{color:#8d96a0}a{color:#58a6ff}}";

/// The page, made once: anyone may ask for it.
pub(super) fn page() -> &'static str {
    static PAGE: OnceLock<String> = OnceLock::new();
    PAGE.get_or_init(render)
}

fn render() -> String {
    let mut nouns: BTreeMap<&'static str, Vec<Row>> = BTreeMap::new();
    for row in routes::table() {
        nouns.entry(tag(&row)).or_default().push(row);
    }
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Muster API</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\
         <h1>Muster API</h1><p>JSON over HTTP. Sign in with <code>POST /v1/login</code> and send <code>Authorization: Bearer …</code>. \
         Names and ids can stand for one another in paths. Errors are <code>application/problem+json</code>. Send a \
         <code>Request-Id</code> of your own with every change: then it can be repeated safely. For programs: \
         <a href=\"/openapi.json\">openapi.json</a>.</p>"
    );
    for (noun, rows) in nouns {
        // Writing to a String cannot fail.
        let _ = write!(page, "<h2>{}</h2>", escape(noun));
        rows.iter().for_each(|row| article(&mut page, row));
    }
    page.push_str("</body></html>\n");
    page
}

/// What the page may load: its own style, and nothing else.
pub(super) fn policy() -> String {
    let hash = BASE64_STANDARD.encode(Digest::of(STYLE.as_bytes()).0);
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

fn article(page: &mut String, row: &Row) {
    let _ = write!(
        page,
        "<article id=\"{}\"><h3>{} {}</h3><p>{}.</p><p><small>For {}. {}</small></p>",
        escape(row.name),
        row.method,
        escape(row.path),
        marked(row.summary),
        escape(row.permission.holders()),
        exchange(row),
    );
    if !row.params.is_empty() {
        page.push_str("<dl>");
        for param in &row.params {
            let _ = write!(
                page,
                "<dt>?{}</dt><dd>{}</dd>",
                escape(param.name),
                marked(param.about)
            );
        }
        page.push_str("</dl>");
    }
    page.push_str("</article>");
}

/// What goes in and what comes back.
fn exchange(row: &Row) -> String {
    let takes = match row.takes {
        Takes::Nothing => String::new(),
        Takes::Json(schema) => format!("Takes <code>{}</code>. ", type_name(schema)),
        Takes::Bytes(media) => format!("Takes <code>{}</code>. ", escape(media)),
    };
    let gives = match row.gives {
        Gives::Json(status, schema) => format!(
            "Answers {} with <code>{}</code>.",
            status.as_u16(),
            type_name(schema)
        ),
        Gives::Nothing => "Answers 204.".to_owned(),
        Gives::Text(media) => format!("Answers <code>{}</code>.", escape(media)),
        Gives::Lines(schema) => format!("Answers one <code>{}</code> per line.", type_name(schema)),
        Gives::Events(schema) => format!(
            "Answers server-sent events of <code>{}</code>.",
            type_name(schema)
        ),
        Gives::WebSocket => "Becomes a WebSocket.".to_owned(),
    };
    takes + &gives
}

fn type_name(schema: super::route::MakeSchema) -> String {
    let reference = schema(&mut SchemaGenerator::default()).to_value();
    let name = reference
        .get("$ref")
        .and_then(|path| path.as_str())
        .and_then(|path| path.rsplit('/').next());
    escape(name.unwrap_or("JSON"))
}

/// Text with what stands between backticks as code.
fn marked(text: &str) -> String {
    let pieces = escape(text);
    let pieces = pieces.split('`').enumerate();
    pieces
        .map(|(i, piece)| {
            if i % 2 == 1 {
                format!("<code>{piece}</code>")
            } else {
                piece.to_owned()
            }
        })
        .collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
