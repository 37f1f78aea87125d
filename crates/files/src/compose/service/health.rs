//! How the engine asks a container for its health.

use muster_model::desired::{Healthcheck, HealthcheckTest};

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, read, read_map};
use crate::text::{Node, Value};

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[read(
    "healthcheck",
    healthcheck,
    "healthcheck: { test: [\"CMD\", \"true\"] }",
    "Run by the engine inside the container.",
)];

/// The check, as it is read.
#[derive(Default)]
pub(crate) struct Check {
    test: Option<HealthcheckTest>,
    disable: bool,
    interval: Option<u64>,
    timeout: Option<u64>,
    retries: Option<u32>,
    start_period: Option<u64>,
    start_interval: Option<u64>,
}

pub(crate) const CHECK_KEYS: &[Key<Check>] = &[
    read(
        "test",
        test,
        "test: [\"CMD\", \"curl\", \"-f\", \"http://localhost\"]",
        "`CMD`, `CMD-SHELL`, `NONE`, or a text for the container's shell.",
    ),
    read(
        "disable",
        |cx, node, check| check.disable = cx.flag(node).unwrap_or_default(),
        "disable: true",
        "As written.",
    ),
    read(
        "interval",
        |cx, node, check| check.interval = cx.milliseconds(node),
        "interval: 10s",
        "As written.",
    ),
    read(
        "timeout",
        |cx, node, check| check.timeout = cx.milliseconds(node),
        "timeout: 5s",
        "As written.",
    ),
    read(
        "retries",
        |cx, node, check| check.retries = cx.number(node, "a number such as `3`"),
        "retries: 3",
        "As written.",
    ),
    read(
        "start_period",
        |cx, node, check| check.start_period = cx.milliseconds(node),
        "start_period: 30s",
        "As written.",
    ),
    read(
        "start_interval",
        |cx, node, check| check.start_interval = cx.milliseconds(node),
        "start_interval: 1s",
        "As written; engines before 25 do not know it.",
    ),
];

fn healthcheck(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut check = Check::default();
    read_map(cx, node, CHECK_KEYS, &mut check);
    if node.entries().is_none_or(<[_]>::is_empty) {
        return;
    }
    let of_image = || (!node.says("test")).then_some(HealthcheckTest::OfImage);
    let Some(test) = check.test.or_else(of_image) else {
        return;
    };
    let test = if check.disable {
        HealthcheckTest::Disabled
    } else {
        test
    };
    draft.container.healthcheck = Some(Healthcheck {
        test,
        interval_ms: check.interval,
        timeout_ms: check.timeout,
        retries: check.retries,
        start_period_ms: check.start_period,
        start_interval_ms: check.start_interval,
    });
}

fn test(cx: &Cx<'_>, node: &Node, check: &mut Check) {
    if !matches!(node.value, Value::List(_)) {
        check.test = cx.string(node).map(HealthcheckTest::Shell);
        return;
    }
    let words = cx.texts(node);
    if !cx.are_known(node) {
        return;
    }
    check.test = match words.split_first().map(|(first, rest)| (first.as_str(), rest)) {
        Some(("NONE", _)) => Some(HealthcheckTest::Disabled),
        Some(("CMD", rest)) if !rest.is_empty() => Some(HealthcheckTest::Command(rest.to_vec())),
        Some(("CMD-SHELL", rest)) if !rest.is_empty() => Some(HealthcheckTest::Shell(rest.join(" "))),
        Some(("CMD" | "CMD-SHELL", _)) | None => {
            cx.advise(
                Code::BadValue,
                node.at,
                "the check runs nothing",
                "add the command, or use `disable: true`",
            );
            None
        }
        Some((first, _)) => {
            let message = format!("the list begins with `{}`", crate::report::cut(first, 40));
            cx.advise(
                Code::BadValue,
                node.at,
                message,
                "begin it with `CMD` (a program) or `CMD-SHELL` (a line for a shell)",
            );
            None
        }
    };
}
