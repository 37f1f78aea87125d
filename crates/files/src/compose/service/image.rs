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
        build,
        "build: .",
        "Nothing is built. With `image` that image is used as it is; without, the service cannot be deployed: build the image and bring it in with `muster image load`.",
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
    unsupported(
        "platform",
        "the engine takes the variant of the image that fits its host",
    ),
    unsupported("runtime", "the engine's default runtime is used"),
    unsupported("provider", "nothing is started outside of containers"),
    unsupported("models", "no model is provided"),
    unsupported(
        "use_api_socket",
        "mount the engine's socket by `volumes` if it must be there",
    ),
    unsupported("type", "only containers are run, no virtual machines"),
];

/// Images that are parts of Rancher rather than programs, and what stands for them.
const LEFT_OUT: &[(&str, &str)] = &[
    (
        "rancher/none",
        "the service has no container of its own and is left out",
    ),
    (
        "rancher/external-service",
        "names of services outside are not given yet; the service is left out",
    ),
    (
        "rancher/dns-service",
        "other names for services are not given yet; the service is left out",
    ),
    (
        "rancher/load-balancer-service",
        "there is no load balancer yet; the service is left out, so publish a port of the services behind it",
    ),
    (
        "rancher/lb-service-haproxy",
        "there is no load balancer yet; the service is left out, so publish a port of the services behind it",
    ),
];

/// Whether a service is a part of Rancher and no container here; it is said.
pub(super) fn is_left_out(cx: &Cx<'_>, service: &Node) -> bool {
    let Some(node) = service.get("image") else {
        return false;
    };
    let repository = node.known_text().unwrap_or_default().split([':', '@']).next();
    let Some((name, help)) = LEFT_OUT.iter().find(|(name, _)| Some(*name) == repository) else {
        return false;
    };
    let message = format!("`{name}` is a part of Rancher");
    cx.key("image").advise(Code::Unsupported, node.at, message, help);
    true
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

fn build(_: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    draft.build = Some(node.at);
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
