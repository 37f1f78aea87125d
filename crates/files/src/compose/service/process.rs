//! What runs in a container, and how it starts and ends.

use muster_model::desired::RestartPolicy;

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::cx::Cx;
use crate::table::{Key, before, nothing, partly, read, unsupported};
use crate::text::{Node, Value};
use crate::words;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "command",
        command,
        "command: [\"serve\", \"--port\", \"80\"]",
        "A text is split into words as a shell reads quotes; no shell runs it.",
    ),
    read(
        "entrypoint",
        entrypoint,
        "entrypoint: [\"/start.sh\"]",
        "As `command`.",
    ),
    read(
        "user",
        |cx, node, draft| draft.container.user = cx.string(node),
        "user: \"1000:1000\"",
        "As written.",
    ),
    read(
        "group_add",
        |cx, node, draft| draft.container.group_add = cx.texts(node),
        "group_add: [\"audio\"]",
        "As written.",
    ),
    read(
        "working_dir",
        |cx, node, draft| draft.container.working_dir = cx.string(node),
        "working_dir: /app",
        "As written.",
    ),
    read(
        "hostname",
        |cx, node, draft| draft.container.hostname = cx.string(node),
        "hostname: web",
        "As written, for every unit of the service.",
    ),
    read(
        "domainname",
        |cx, node, draft| draft.container.domainname = cx.string(node),
        "domainname: example.com",
        "As written.",
    ),
    read(
        "tty",
        |cx, node, draft| set(&mut draft.container.tty, cx.flag(node)),
        "tty: true",
        "As written.",
    ),
    read(
        "stdin_open",
        |cx, node, draft| set(&mut draft.container.stdin_open, cx.flag(node)),
        "stdin_open: true",
        "As written.",
    ),
    read(
        "init",
        |cx, node, draft| draft.container.init = cx.flag(node),
        "init: true",
        "As written.",
    ),
    read(
        "read_only",
        |cx, node, draft| set(&mut draft.container.read_only, cx.flag(node)),
        "read_only: true",
        "As written.",
    ),
    read(
        "stop_signal",
        |cx, node, draft| draft.container.stop_signal = cx.string(node),
        "stop_signal: SIGINT",
        "As written.",
    ),
    read(
        "stop_grace_period",
        |cx, node, draft| draft.container.stop_grace_ms = cx.milliseconds(node),
        "stop_grace_period: 30s",
        "As written; 10 s where it is not.",
    ),
    read(
        "restart",
        restart,
        "restart: always",
        "`no`, `on-failure[:times]`, `always`; `unless-stopped` is like `always`, and so is a file that says nothing: services are kept running.",
    ),
    before(
        "extends",
        "In the same file and in others, at any depth. Files of versions 1 and 2 do not inherit `links`, `volumes_from` and `depends_on`.",
    ),
    read(
        "profiles",
        |cx, node, draft| draft.profiles = cx.texts(node),
        "profiles: [\"debug\"]",
        "A service with profiles runs only when one of them is switched on.",
    ),
    partly(
        "container_name",
        container_name,
        "container_name: web",
        "Containers are called after stack, service and number (`shop-web-1`), by ids in the engine, so that several can run; other services reach them by the service's name.",
    ),
    nothing("attach", "Output is always kept; see `muster logs`."),
    unsupported(
        "pre_start",
        "nothing is run before a container starts; use a service that others wait for by `depends_on`",
    ),
    unsupported("post_start", "nothing is run after a container starts"),
    unsupported(
        "pre_stop",
        "nothing is run before a container stops; handle the stop signal instead",
    ),
    unsupported(
        "develop",
        "files are not watched; nothing is rebuilt or synchronized",
    ),
];

fn set(place: &mut bool, value: Option<bool>) {
    *place = value.unwrap_or_default();
}

fn command(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    draft.container.command = command_words(cx, node);
}

fn entrypoint(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    draft.container.entrypoint = command_words(cx, node);
}

/// A command as words: a list as it is, a text split at blanks.
pub(crate) fn command_words(cx: &Cx<'_>, node: &Node) -> Option<Vec<String>> {
    if matches!(node.value, Value::List(_)) {
        return Some(cx.texts(node));
    }
    let split = match words::split(cx.text(node)?) {
        Ok(split) => split,
        Err(words::Unclosed(quote)) => {
            let message = format!("a `{quote}` in the command has nothing to close it");
            cx.advise(
                Code::BadValue,
                node.at,
                message,
                "close it, or write the command as a list",
            );
            return None;
        }
    };
    if let Some(syntax) = &split.shell_syntax {
        let message = format!("`{syntax}` is given to the program as it is: no shell reads it");
        cx.advise(
            Code::ShellSyntax,
            node.at,
            message,
            "for a shell, write `[\"sh\", \"-c\", \"…\"]`",
        );
    }
    Some(split.words)
}

fn container_name(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    draft.container_name = cx.string(node);
    if cx.text(node).is_some_and(|name| name != cx.service()) {
        let help = format!(
            "it is called after stack, service and number; other services reach it as `{}`",
            cx.service()
        );
        cx.advise(Code::Difference, node.at, "the container gets another name", help);
    }
}

fn restart(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let Some(text) = cx.text(node) else {
        return;
    };
    let (policy, times) = text
        .split_once(':')
        .map_or((text, None), |(policy, times)| (policy, Some(times)));
    draft.container.restart = match (policy, times.map(str::parse)) {
        ("always" | "unless-stopped", None) => RestartPolicy::Always,
        ("no" | "false", None) => RestartPolicy::No,
        ("on-failure", None) => RestartPolicy::OnFailure(None),
        ("on-failure", Some(Ok(times))) => RestartPolicy::OnFailure(Some(times)),
        _ => {
            return cx.bad_value(
                node,
                "`always`, `unless-stopped`, `on-failure[:times]` or `\"no\"`",
            );
        }
    };
}
