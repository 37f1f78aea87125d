//! Where a container's output goes.

use muster_model::desired::Logging;

use crate::compose::draft::ServiceDraft;
use crate::compose::pairs::known_pairs;
use crate::cx::Cx;
use crate::table::{Key, read, read_map};
use crate::text::Node;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "logging",
        |cx, node, draft| read_map(cx, node, LOGGING_KEYS, logging(draft)),
        "logging: { driver: json-file }",
        "As written. `muster logs` shows what the engine can read back: `json-file`, `local` and `journald`.",
    ),
    read(
        "log_driver",
        |cx, node, draft| driver(cx, node, logging(draft)),
        "log_driver: json-file",
        "`logging.driver` in the oldest format.",
    ),
    read(
        "log_opt",
        |cx, node, draft| options(cx, node, logging(draft)),
        "log_opt: { max-size: 10m }",
        "`logging.options` in the oldest format.",
    ),
];

pub(crate) const LOGGING_KEYS: &[Key<Logging>] = &[
    read(
        "driver",
        driver,
        "driver: json-file",
        "As written; none means the engine's default.",
    ),
    read("options", options, "options: { max-size: 10m }", "As written."),
];

fn logging(draft: &mut ServiceDraft) -> &mut Logging {
    draft.container.logging.get_or_insert_with(|| Logging {
        driver: String::new(),
        options: Default::default(),
    })
}

fn driver(cx: &Cx<'_>, node: &Node, logging: &mut Logging) {
    logging.driver = cx.string(node).unwrap_or_default();
}

fn options(cx: &Cx<'_>, node: &Node, logging: &mut Logging) {
    let pairs = known_pairs(cx, node, &['=']).into_iter();
    logging.options.extend(pairs.map(|(key, _, value)| (key, value)));
}
