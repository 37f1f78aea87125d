//! Devices that a driver of the engine gives, such as graphics processors.

use muster_model::desired::DeviceRequest;

use crate::code::Code;
use crate::compose::draft::ServiceDraft;
use crate::compose::pairs::known_pairs;
use crate::cx::Cx;
use crate::table::{Key, read, read_map};
use crate::text::{Node, Value};

pub(crate) const REQUEST_KEYS: &[Key<DeviceRequest>] = &[
    read(
        "driver",
        |cx, node, request| request.driver = cx.string(node),
        "driver: nvidia",
        "As written; none means any that can.",
    ),
    read(
        "count",
        |cx, node, request| request.count = count(cx, node),
        "count: 1",
        "A number, or `all`, as where neither it nor `device_ids` is written.",
    ),
    read(
        "device_ids",
        |cx, node, request| request.ids = cx.texts(node),
        "device_ids: [\"0\"]",
        "As written.",
    ),
    read(
        "capabilities",
        |cx, node, request| request.capabilities = cx.texts(node),
        "capabilities: [\"gpu\"]",
        "As written; `gpus` adds `gpu`.",
    ),
    read(
        "options",
        |cx, node, request| {
            let pairs = known_pairs(cx, node, &['=']).into_iter();
            request.options = pairs.map(|(key, _, value)| (key, value)).collect();
        },
        "options: { virtualization: false }",
        "As written.",
    ),
];

const ALL: i64 = -1;
const GPU: &str = "gpu";

/// `gpus: all`, or a list of requests.
pub(super) fn gpus(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let gpu = |mut request: DeviceRequest| {
        if !request.capabilities.iter().any(|word| word == GPU) {
            request.capabilities.push(GPU.to_owned());
        }
        request
    };
    let requests = &mut draft.container.device_requests;
    if let Value::Scalar(_) = node.value {
        let count = count(cx, node);
        requests.extend(count.map(|count| {
            gpu(DeviceRequest {
                count: Some(count),
                ..DeviceRequest::default()
            })
        }));
        return;
    }
    requests.extend(each(cx, node).into_iter().map(|(_, request)| gpu(request)));
}

/// `deploy.resources.reservations.devices`.
pub(super) fn reserved(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    for (node, request) in each(cx, node) {
        if !says_some(node, "capabilities") && !node.says("driver") {
            let help = "add `capabilities: [gpu]`";
            cx.advise(
                Code::Missing,
                node.at,
                "what the devices must be able to do is not said",
                help,
            );
        }
        draft.container.device_requests.push(request);
    }
}

/// Whether a key says something, though it may not be known what.
fn says_some(node: &Node, key: &str) -> bool {
    node.get(key).is_some_and(|value| match &value.value {
        Value::List(items) => !items.is_empty(),
        value => *value != Value::Null,
    })
}

/// A device by its class, such as `vendor.com/gpu=0`.
pub(super) fn of_class(name: &str) -> DeviceRequest {
    DeviceRequest {
        driver: Some("cdi".to_owned()),
        ids: vec![name.to_owned()],
        ..DeviceRequest::default()
    }
}

fn each<'n>(cx: &Cx<'_>, node: &'n Node) -> Vec<(&'n Node, DeviceRequest)> {
    let items = cx.list(node).iter().enumerate();
    let requests = items.map(|(index, item)| {
        let cx = cx.index(index);
        let mut request = DeviceRequest::default();
        read_map(&cx, item, REQUEST_KEYS, &mut request);
        match (request.count, request.ids.is_empty()) {
            (Some(_), false) => {
                let help = "keep one of them: how many, or which ones";
                cx.advise(
                    Code::Conflict,
                    item.at,
                    "`count` and `device_ids` exclude each other",
                    help,
                );
            }
            (None, true) => request.count = Some(ALL),
            _ => {}
        }
        (item, request)
    });
    requests.collect()
}

fn count(cx: &Cx<'_>, node: &Node) -> Option<i64> {
    match cx.text(node)? {
        "all" => Some(ALL),
        _ => cx.number::<u32>(node, "`all` or a number").map(i64::from),
    }
}
