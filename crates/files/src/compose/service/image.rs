//! What a container is made of.

use muster_model::desired::{ImageRef, PullPolicy};

use crate::code::Code;
use crate::compose::draft::{Image, ServiceDraft};
use crate::cx::Cx;
use crate::table::{Key, nothing, partly, read, unsupported};
use crate::text::Node;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "image",
        image,
        "image: nginx:1.27",
        "As written; `latest` where no tag is.",
    ),
    partly(
        "build",
        super::build::build,
        "build: .",
        "Nothing is built. With `image` that image is used as it is; without, the service cannot be deployed. Either way the command that builds it is told.",
    ),
    partly(
        "pull_policy",
        pull_policy,
        "pull_policy: missing",
        "`always`, `missing`, `never`; `build` and times such as `daily` are like `missing`.",
    ),
    unsupported(
        "pull_refresh_after",
        "the image is pulled where it is missing, or before every start with `pull_policy: always`",
    ),
    nothing(
        "dockerfile",
        "Of the oldest format, beside `build`, which says what happens.",
    ),
    read(
        "platform",
        platform,
        "platform: linux/amd64",
        "The variant of the image that is pulled and run. A host is not chosen by it.",
    ),
    read(
        "runtime",
        |cx, node, draft| draft.container.runtime = cx.string(node),
        "runtime: runc",
        "As written, for members who may; one that the host's engine has.",
    ),
    unsupported("provider", "nothing is started outside of containers"),
    unsupported("models", "no model is provided"),
    unsupported(
        "use_api_socket",
        "mount the engine's socket by `volumes` if it must be there",
    ),
    unsupported("type", "only containers are run, no virtual machines"),
];

/// The image of services without containers, which is no program. What stands for them is said.
const NONE: &str = "rancher/none";

/// Whether a service has no container of its own; it is said.
pub(super) fn is_left_out(cx: &Cx<'_>, service: &Node) -> bool {
    if let Some(provider) = service.entry("provider").filter(|_| !service.says("image")) {
        let help = "nothing is started outside of containers; the service is left out";
        cx.key("provider")
            .advise(Code::Unsupported, provider.at, "`provider` is not acted on", help);
        return true;
    }
    let Some(node) = service.get("image") else {
        return false;
    };
    let repository = node.known_text().unwrap_or_default().split([':', '@']).next();
    let is_none = repository == Some(NONE);
    if is_none {
        let help = "the service has no container of its own and is left out";
        let message = format!("`{NONE}` is a part of Rancher");
        cx.key("image").advise(Code::Unsupported, node.at, message, help);
    }
    is_none
}

fn image(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    draft.image = Image::Unknown;
    let Some(text) = cx.text(node) else {
        return;
    };
    match ImageRef::parse(text) {
        Ok(image) => draft.image = Image::Known(image),
        Err(_) => cx.bad_value(
            node,
            "an image such as `nginx:1.27` or `registry.example.com/team/app:2`",
        ),
    }
}

fn platform(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let Some(text) = cx.text(node) else {
        return;
    };
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if text.split('/').count() > 3 || !text.split('/').all(is_word) {
        return cx.bad_value(node, "a platform such as `linux/amd64` or `linux/arm64/v8`");
    }
    draft.container.platform = Some(text.to_owned());
}

fn pull_policy(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let Some(text) = cx.text(node) else {
        return;
    };
    draft.container.pull = match text {
        "always" => PullPolicy::Always,
        "never" => PullPolicy::Never,
        "missing" | "if_not_present" => PullPolicy::Missing,
        "build" | "daily" | "weekly" => like_missing(cx, node, text),
        _ if text.starts_with("every_") => like_missing(cx, node, text),
        _ => return cx.bad_value(node, "`always`, `missing` or `never`"),
    };
}

fn like_missing(cx: &Cx<'_>, node: &Node, text: &str) -> PullPolicy {
    let help =
        "the image is pulled where it is missing; use `always` to have it looked for before every start";
    cx.advise(
        Code::Unsupported,
        node.at,
        format!("`{text}` is not acted on"),
        help,
    );
    PullPolicy::Missing
}
