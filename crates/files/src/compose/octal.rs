//! Permission bits, which people write in octal.

use crate::code::Code;
use crate::cx::Cx;
use crate::text::{Node, Value};

/// `0440`, `"0440"`, `0o440`; a number without the leading zero is decimal, as everywhere in YAML, and warned of where
/// it looks octal.
pub(crate) fn permission_bits(cx: &Cx<'_>, node: &Node) -> Option<u32> {
    let text = cx.text(node)?.trim();
    let octal = text
        .strip_prefix("0o")
        .or_else(|| text.strip_prefix('0').filter(|rest| !rest.is_empty()));
    let quoted = matches!(&node.value, Value::Scalar(scalar) if !scalar.plain);
    let bits = match octal {
        Some(digits) => u32::from_str_radix(digits, 8).ok(),
        None if quoted => u32::from_str_radix(text, 8).ok(),
        None => text.parse().ok(),
    };
    let bits = bits.filter(|bits| *bits <= 0o7777);
    if bits.is_none() {
        cx.bad_value(node, "permissions in octal, such as `0440`");
    } else if octal.is_none() && !quoted && text.len() == 3 && u32::from_str_radix(text, 8).is_ok() {
        let message = format!("`{text}` is a decimal number here");
        cx.advise(
            Code::DecimalMode,
            node.at,
            message,
            format!("for permissions in octal, write `0{text}`"),
        );
    }
    bits
}
