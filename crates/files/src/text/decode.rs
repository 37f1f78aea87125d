//! Bytes to text, or the reason why they are none.

use muster_model::limits::SOURCE_BYTES_MAX;

use super::At;
use crate::code::Code;
use crate::report::Report;

/// The text of a file without its byte order mark, or a remark.
pub(crate) fn decode<'a>(report: &Report, file: u16, bytes: &'a [u8]) -> Option<&'a str> {
    let whole = At {
        file,
        ..At::default()
    };
    if bytes.len() > SOURCE_BYTES_MAX {
        let (has, may) = (bytes.len() >> 20, SOURCE_BYTES_MAX >> 20);
        let message = format!("this file has {has} MiB; a file may have {may} MiB");
        report.advise(
            Code::TooLarge,
            whole,
            "",
            message,
            "split it with `include`, or check that it is the right one",
        );
        return None;
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        report.advise(
            Code::NotText,
            whole,
            "",
            "this file is UTF-16",
            "save it as UTF-8",
        );
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => without_nul(report, file, text),
        Err(error) => {
            let before = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
            let at = end_of(file, &before);
            report.advise(
                Code::NotText,
                at,
                "",
                "a byte here is not UTF-8",
                "save the file as UTF-8",
            );
            None
        }
    }
}

fn without_nul<'a>(report: &Report, file: u16, text: &'a str) -> Option<&'a str> {
    let Some(place) = text.find('\0') else {
        return Some(text);
    };
    let at = end_of(file, text.get(..place).unwrap_or_default());
    let help = "remove it; text files have none, so this may not be the file you meant";
    report.advise(Code::NotText, at, "", "a NUL character stands here", help);
    None
}

/// The place just after `before`.
fn end_of(file: u16, before: &str) -> At {
    let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    At {
        file,
        line: u32::try_from(line).unwrap_or(u32::MAX),
        column: u32::try_from(column).unwrap_or(u32::MAX),
    }
}
