//! Files that are no text, or text of another kind than was meant.

use crate::spec::short;
use crate::support::project;

const FILE: &str = "services:\n  web:\n    image: a\n    user: ü\n";

fn utf_16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(order).collect()
}

fn with_mark(mark: &[u8], mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.splice(..0, mark.iter().copied());
    bytes
}

/// Bytes, and how all that is said about them begins.
pub fn all() -> Vec<(&'static str, Vec<u8>, &'static [&'static str])> {
    let bytes = |text: &str| text.as_bytes().to_vec();
    let (little, big) = (utf_16(FILE, u16::to_le_bytes), utf_16(FILE, u16::to_be_bytes));
    vec![
        ("UTF-8", bytes(FILE), &[]),
        ("UTF-8 with a mark", with_mark(b"\xef\xbb\xbf", bytes(FILE)), &[]),
        (
            "two marks",
            with_mark(b"\xef\xbb\xbf\xef\xbb\xbf", bytes(FILE)),
            &[],
        ),
        (
            "a mark alone",
            b"\xef\xbb\xbf".to_vec(),
            &["1: error[missing-key]: there is nothing in this file"],
        ),
        (
            "half a mark",
            b"\xef\xbb".to_vec(),
            &["1: error[not-text]: a byte here is not UTF-8"],
        ),
        (
            "lines that end as on Windows",
            bytes(&FILE.replace('\n', "\r\n")),
            &[],
        ),
        (
            "lines that end as on old Macs",
            bytes(&FILE.replace('\n', "\r")),
            &[],
        ),
        (
            "UTF-16 with a mark",
            with_mark(b"\xff\xfe", little.clone()),
            &["0: error[not-text]: this file is UTF-16"],
        ),
        (
            "UTF-16 the other way round",
            with_mark(b"\xfe\xff", big.clone()),
            &["0: error[not-text]: this file is UTF-16"],
        ),
        (
            "UTF-16 without a mark",
            little,
            &["4: error[not-text]: a byte here is not UTF-8"],
        ),
        (
            "UTF-16 the other way round without a mark",
            big,
            &["4: error[not-text]: a byte here is not UTF-8"],
        ),
        (
            "plain UTF-16 without a mark",
            utf_16("services: {}", u16::to_le_bytes),
            &["1: error[not-text]: a NUL character stands here"],
        ),
        (
            "UTF-32 with a mark",
            with_mark(b"\xff\xfe\0\0", Vec::new()),
            &["0: error[not-text]: this file is UTF-16"],
        ),
        (
            "Latin-1",
            bytes(FILE).into_iter().filter(|b| *b != 0xc3).collect(),
            &["4: error[not-text]: a byte here is not UTF-8"],
        ),
        (
            "half a character at the end",
            with_mark(FILE.as_bytes(), vec![0xc3]),
            &["5: error[not-text]: a byte here is not UTF-8"],
        ),
        (
            "a surrogate",
            with_mark(FILE.as_bytes(), vec![0xed, 0xa0, 0x80]),
            &["5: error[not-text]: a byte here is not UTF-8"],
        ),
        (
            "a slash in two bytes",
            with_mark(FILE.as_bytes(), vec![0xc0, 0xaf]),
            &["5: error[not-text]: a byte here is not UTF-8"],
        ),
        (
            "a NUL",
            bytes("services:\n  web: {image: \"a\0\"}\n"),
            &["2: error[not-text]: a NUL character stands here"],
        ),
        (
            "a NUL that is escaped",
            bytes("services:\n  web: {image: \"a\\0\"}\n"),
            &["2: error[not-text]: a NUL character stands in this text"],
        ),
        (
            "a NUL in a variable",
            bytes("services:\n  web: {image: a, environment: {A: \"x\\0y\"}}\n"),
            &["2: error[not-text]: a NUL character stands in this text"],
        ),
        (
            "a NUL in a command",
            bytes("services:\n  web: {image: a, command: [\"x\\0y\"]}\n"),
            &["2: error[not-text]: a NUL character stands in this text"],
        ),
        (
            "a NUL in a path",
            bytes("services:\n  web: {image: a, volumes: [\"/a\\0:/b\"]}\n"),
            &["2: error[not-text]: a NUL character stands in this text"],
        ),
        (
            "a bell",
            bytes("services:\n  web: {image: a, user: \"\x07\"}\n"),
            &["2: error[bad-yaml]: this is not YAML"],
        ),
        (
            "an escape",
            bytes("services:\n  web: {image: a, user: \x1b[31m}\n"),
            &["2: error[bad-yaml]: this is not YAML"],
        ),
        (
            "a delete",
            bytes("services:\n  web: {image: a, user: \x7f}\n"),
            &["2: error[bad-yaml]: this is not YAML"],
        ),
        (
            "a separator of lines",
            bytes("services:\n  web: {image: a, user: \"a\u{2028}b\"}\n"),
            &[],
        ),
        (
            "a next line",
            bytes("services:\n  web: {image: a, user: \"a\u{85}b\"}\n"),
            &[],
        ),
        (
            "a blank without a break",
            bytes("services:\n  web:\n    image:\u{a0}a\n"),
            &[
                "2: error[missing-key] services.web: the service has no image",
                "3: error[wrong-type] services.web: `web` takes a map",
            ],
        ),
        (
            "an archive",
            b"PK\x03\x04\x14\0\0\0".to_vec(),
            &["1: error[not-text]: a NUL character stands here"],
        ),
        (
            "a program",
            b"\x7fELF\x02\x01\x01\0".to_vec(),
            &["1: error[not-text]: a NUL character stands here"],
        ),
        (
            "a page",
            bytes("<!DOCTYPE html>\n<html><body>Not found</body></html>\n"),
            &["1: error[wrong-type]: a compose file is a map; found a single value"],
        ),
        (
            "a key",
            bytes("-----BEGIN KEY-----\nabc\n-----END KEY-----\n"),
            &["1: error[wrong-type]: a compose file is a map; found a single value"],
        ),
        (
            "a table",
            bytes("[services.web]\nimage = \"a\"\n"),
            &["2: error[bad-yaml]: this is not YAML"],
        ),
    ]
}

#[test]
fn bytes() {
    let all = all();
    println!("{} files", all.len());
    let mut failed = String::new();
    for (name, bytes, expect) in all {
        let mut project = project("");
        project.sources[0].bytes = bytes;
        let said: Vec<_> = muster_files::read(&project)
            .diagnostics
            .iter()
            .map(short)
            .collect();
        let right = said.len() == expect.len()
            && said
                .iter()
                .zip(expect)
                .all(|(said, expect)| said.starts_with(expect));
        if !right {
            failed += &format!("{name}\n  said   {said:#?}\n  expect {expect:#?}\n");
        }
        muster_files::check(&project);
    }
    assert!(failed.is_empty(), "\n{failed}");
}

#[test]
fn files_of_variables_are_text_too() {
    for (bytes, expect) in [
        (
            b"A=\xe4".as_slice(),
            "a.env:1: error[not-text]: a byte here is not UTF-8",
        ),
        (
            b"A=1\nB=\0",
            "a.env:2: error[not-text]: a NUL character stands here",
        ),
        (b"\xff\xfeA\0=\0", "a.env:0: error[not-text]: this file is UTF-16"),
    ] {
        let mut project = project("services: {web: {image: a, env_file: a.env, label_file: a.env}}");
        project.support.insert("a.env".into(), bytes.to_vec());
        let said: Vec<_> = muster_files::read(&project)
            .diagnostics
            .iter()
            .map(short)
            .collect();
        assert!(
            !said.is_empty() && said.iter().all(|said| said.starts_with(expect)),
            "{said:#?}"
        );
    }
}
