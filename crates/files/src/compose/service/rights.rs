//! What a container may do on its host, and what of the host it shares.

use crate::code::Code;
use crate::compose::draft::{Named, ServiceDraft};
use crate::cx::Cx;
use crate::table::{Key, nothing, read, read_map};
use crate::text::{Node, Value};

use super::device_requests;
use super::network::shared_with;

pub(crate) const KEYS: &[Key<ServiceDraft>] = &[
    read(
        "privileged",
        |cx, node, draft| draft.container.privileged = cx.flag(node).unwrap_or_default(),
        "privileged: true",
        "As written, for members who may.",
    ),
    read(
        "cap_add",
        |cx, node, draft| draft.container.cap_add = cx.texts(node),
        "cap_add: [\"NET_ADMIN\"]",
        "As written.",
    ),
    read(
        "cap_drop",
        |cx, node, draft| draft.container.cap_drop = cx.texts(node),
        "cap_drop: [\"ALL\"]",
        "As written.",
    ),
    read(
        "security_opt",
        |cx, node, draft| draft.container.security_opt = cx.texts(node),
        "security_opt: [\"no-new-privileges:true\"]",
        "As written.",
    ),
    read(
        "devices",
        devices,
        "devices: [\"/dev/ttyUSB0\"]",
        "Paths of the host; devices by class (CDI), such as `vendor.com/gpu=0`, where the host's engine gives them.",
    ),
    read(
        "pid",
        |cx, node, draft| namespace(cx, node, "pid", &["host"], draft),
        "pid: host",
        "`host`; `service:` and `container:` of another service of the file, which makes both one unit, see `network_mode`.",
    ),
    read(
        "ipc",
        |cx, node, draft| namespace(cx, node, "ipc", &["host", "private", "shareable", "none"], draft),
        "ipc: host",
        "`host`, `private`, `shareable`, `none`; `service:` and `container:` as `pid`.",
    ),
    read(
        "uts",
        |cx, node, draft| namespace(cx, node, "uts", &["host"], draft),
        "uts: host",
        "`host`; engines refuse it beside `hostname`.",
    ),
    read(
        "userns_mode",
        |cx, node, draft| namespace(cx, node, "userns", &["host"], draft),
        "userns_mode: host",
        "`host`.",
    ),
    read(
        "cgroup",
        |cx, node, draft| namespace(cx, node, "cgroup", &["host", "private"], draft),
        "cgroup: private",
        "`host`, `private`.",
    ),
    read(
        "cgroup_parent",
        |cx, node, draft| draft.container.cgroup_parent = cx.string(node),
        "cgroup_parent: /batch",
        "As written, for members who may; where systemd manages control groups it is a slice such as `batch.slice`.",
    ),
    read(
        "device_cgroup_rules",
        |cx, node, draft| draft.container.device_cgroup_rules = cx.texts(node),
        "device_cgroup_rules: [\"c 1:3 mr\"]",
        "As written, for members who may.",
    ),
    read(
        "gpus",
        device_requests::gpus,
        "gpus: all",
        "As written, for members who may. A host is not chosen by it: where the engine has none, the container does not start.",
    ),
    nothing("isolation", "Containers of Linux have one kind of isolation."),
    nothing("credential_spec", "Only containers of Windows have it."),
];

fn namespace(cx: &Cx<'_>, node: &Node, which: &'static str, known: &[&str], draft: &mut ServiceDraft) {
    let Some(text) = cx.text(node) else {
        return;
    };
    if known.contains(&text) {
        draft
            .container
            .namespaces
            .insert(which.to_owned(), text.to_owned());
    } else if let Some(name) = shared_with(text).filter(|_| matches!(which, "pid" | "ipc")) {
        draft.shares.insert(which, Named { at: node.at, name });
    } else if !text.is_empty() {
        let known = known
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", ");
        cx.bad_value(node, &format!("one of {known}"));
    }
}

/// A device, as it is read in the long form.
#[derive(Default)]
pub(crate) struct LongDevice {
    source: Option<String>,
    target: Option<String>,
    permissions: Option<String>,
}

pub(crate) const DEVICE_KEYS: &[Key<LongDevice>] = &[
    read(
        "source",
        |cx, node, device| device.source = cx.string(node),
        "source: /dev/ttyUSB0",
        "As written.",
    ),
    read(
        "target",
        |cx, node, device| device.target = cx.string(node),
        "target: /dev/tty0",
        "As written.",
    ),
    read(
        "permissions",
        |cx, node, device| device.permissions = cx.string(node),
        "permissions: rwm",
        "As written.",
    ),
];

fn devices(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (index, item) in cx.list(node).iter().enumerate() {
        let cx = cx.index(index);
        let mut device = LongDevice::default();
        if let Value::Map(_) = item.value {
            read_map(&cx, item, DEVICE_KEYS, &mut device);
        } else if let Some(text) = cx.text(item) {
            let mut parts = text.splitn(3, ':').map(str::to_owned);
            device.source = parts.next();
            device.target = parts.next();
            device.permissions = parts.next();
        }
        match device.source.as_deref().filter(|source| is_class(source)) {
            Some(class) => draft
                .container
                .device_requests
                .push(device_requests::of_class(class)),
            None => draft.container.devices.extend(finished(&cx, item, device)),
        }
    }
}

fn finished(cx: &Cx<'_>, node: &Node, mut device: LongDevice) -> Option<String> {
    let Some(source) = device.source else {
        if node.entries().is_some() && !node.says("source") {
            let help = "add `source: /dev/…`";
            cx.advise(Code::Missing, node.at, "the device is not named", help);
        }
        return None;
    };
    // `/dev/x:r` is a device with permissions and no other path.
    if device.permissions.is_none()
        && device
            .target
            .as_ref()
            .is_some_and(|target| is_permissions(target))
    {
        device.permissions = device.target.take();
    }
    let (target, permissions) = (
        device.target.unwrap_or_else(|| source.clone()),
        device.permissions,
    );
    let permissions = permissions.unwrap_or_else(|| "rwm".to_owned());
    if !source.starts_with('/') || !target.starts_with('/') || !is_permissions(&permissions) {
        cx.advise(
            Code::BadValue,
            node.at,
            "this is not a device",
            "write `/dev/host:/dev/container:rwm`",
        );
        return None;
    }
    Some(format!("{source}:{target}:{permissions}"))
}

/// Whether it is a device by its class, such as `vendor.com/gpu=0`, rather than a path.
fn is_class(source: &str) -> bool {
    source.contains('=') && !source.starts_with('/')
}

fn is_permissions(text: &str) -> bool {
    !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| matches!(b, b'r' | b'w' | b'm'))
}
