//! Files of variables: `.env`, `env_file` and label files.
//!
//! ```text
//! # a comment
//! export NAME=value          # `export` and comments behind a blank are dropped
//! NAME: value
//! NAME='as it is, $X too'
//! NAME="with \n, \" and ${VARIABLES}, over
//! several lines"
//! PASSED_ON
//! ```

use std::collections::BTreeMap;

use crate::code::Code;
use crate::interpolate::{Variables, interpolate};
use crate::room::Room;
use crate::text::{At, decode};

/// What a file weighs each time it is read, at least: two thousand services may have some each.
const READ_WEIGHT: usize = 512;

/// One line that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub name: String,
    pub at: At,
    /// None where only a name stands: it is passed on from outside. `Err` where a variable in it has no value.
    pub value: Option<Result<String, ()>>,
}

/// Variables from elsewhere that values may use: those that win over the file's own, and those that it wins over.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub first: &'a BTreeMap<String, String>,
    pub last: &'a BTreeMap<String, String>,
}

static NONE: BTreeMap<String, String> = BTreeMap::new();

impl Default for Known<'_> {
    fn default() -> Self {
        Self::after(&NONE)
    }
}

impl<'a> Known<'a> {
    /// Variables of files that were read before.
    pub fn after(last: &'a BTreeMap<String, String>) -> Self {
        Self { first: &NONE, last }
    }
}

/// Reads a file. In a `raw` one, values are what stands behind the `=`, quotes and dollars included.
pub(crate) fn read(room: &Room<'_>, path: &str, bytes: &[u8], raw: bool, known: Known<'_>) -> Vec<Line> {
    let file = room.report.file(path);
    let at = At {
        file,
        ..At::default()
    };
    if !room.spend_for(at, bytes.len().max(READ_WEIGHT), String::new) {
        return Vec::new();
    }
    let Some(text) = decode(&room.report, file, bytes) else {
        return Vec::new();
    };
    let text = text.replace("\r\n", "\n");
    let mut reader = Reader {
        room,
        file,
        raw,
        rest: &text,
        line: 1,
        known,
        seen: BTreeMap::new(),
    };
    let mut lines = Vec::new();
    while !reader.rest.is_empty() && !room.is_spent() {
        lines.extend(reader.next());
    }
    lines
}

struct Reader<'a> {
    room: &'a Room<'a>,
    file: u16,
    raw: bool,
    rest: &'a str,
    line: u32,
    known: Known<'a>,
    seen: BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<Line> {
        let at = self.at();
        let line = self.rest.split('\n').next().unwrap_or_default();
        let text = line.trim_start();
        if text.is_empty() || text.starts_with('#') {
            self.skip(line.len());
            self.end_line();
            return None;
        }
        let after_export = text
            .strip_prefix("export")
            .filter(|rest| !self.raw && rest.starts_with([' ', '\t']));
        let text = after_export.unwrap_or(text).trim_start();
        let end = text
            .find(|c: char| c == '=' || (c == ':' && !self.raw) || c.is_whitespace())
            .unwrap_or(text.len());
        let (name, behind) = text.split_at(end);
        if name.is_empty() || name.contains(['"', '\'', '$']) {
            return self.refuse(at, line, "this is not `NAME=value`");
        }
        let behind = behind.trim_start();
        self.skip(line.len() - behind.len());
        let Some(separator) = behind.chars().next().filter(|c| *c != '#') else {
            self.skip(behind.len());
            self.end_line();
            return Some(self.finish(name, at, None));
        };
        if separator != '=' && separator != ':' {
            return self.refuse(at, behind, "a name has no blanks in it");
        }
        self.skip(1);
        let value = self.value(at)?;
        Some(self.finish(name, at, Some(value)))
    }

    fn value(&mut self, at: At) -> Option<Result<String, ()>> {
        let line = self.rest.split('\n').next().unwrap_or_default();
        if self.raw {
            self.skip(line.len());
            self.end_line();
            return Some(Ok(line.to_owned()));
        }
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        self.skip(blanks);
        match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(at, quote),
            _ => {
                let line = self.rest.split('\n').next().unwrap_or_default();
                self.skip(line.len());
                self.end_line();
                Some(self.interpolated(at, without_comment(line, blanks > 0)))
            }
        }
    }

    fn quoted(&mut self, at: At, quote: char) -> Option<Result<String, ()>> {
        let mut template = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        let end = loop {
            let Some((place, c)) = chars.next() else {
                let all = self.rest;
                return self
                    .refuse(at, all, "the quote that opens here is not closed")
                    .map(|_| Err(()));
            };
            match (quote, c) {
                ('"', '\\') => match chars.next().map(|(_, c)| c) {
                    Some('n') => template.push('\n'),
                    Some('r') => template.push('\r'),
                    Some('t') => template.push('\t'),
                    Some('a') => template.push('\x07'),
                    Some('b') => template.push('\x08'),
                    Some('f') => template.push('\x0c'),
                    Some('v') => template.push('\x0b'),
                    Some('$') => template.push_str("$$"),
                    Some(c @ ('"' | '\\')) => template.push(c),
                    Some(c) => template.extend(['\\', c]),
                    None => {}
                },
                ('\'', '\\') => match chars.next().map(|(_, c)| c) {
                    Some('\'') => template.push('\''),
                    Some(c) => template.extend(['\\', c]),
                    None => {}
                },
                _ if c == quote => break place + 1,
                _ => template.push(c),
            }
        };
        self.skip(end);
        let behind = self.rest.split('\n').next().unwrap_or_default();
        if !without_comment(behind, true).trim().is_empty() {
            return self
                .refuse(at, behind, "something stands behind the closing quote")
                .map(|_| Err(()));
        }
        self.skip(behind.len());
        self.end_line();
        Some(if quote == '"' {
            self.interpolated(at, &template)
        } else {
            Ok(template)
        })
    }

    fn interpolated(&self, at: At, template: &str) -> Result<String, ()> {
        let lookup = Lookup { reader: self, at };
        match interpolate(template, &lookup) {
            Ok(out) if !self.room.spend_for(at, out.text.len(), String::new) => Err(()),
            Ok(out) => out.known.then_some(out.text).ok_or(()),
            Err(error) => {
                let help = "write `$$` for a dollar sign, or put the value in single quotes";
                self.room
                    .report
                    .advise(Code::BadEnvFile, at, "", error.explain().0, help);
                Err(())
            }
        }
    }

    fn finish(&mut self, name: &str, at: At, value: Option<Result<String, ()>>) -> Line {
        if let Some(Ok(value)) = &value {
            self.seen.insert(name.to_owned(), value.clone());
        }
        let name = name.to_owned();
        Line { name, at, value }
    }

    fn refuse(&mut self, at: At, skip: &str, message: &str) -> Option<Line> {
        let help = "a line is `NAME=value`, a name alone, or a comment that begins with `#`";
        self.room.report.advise(Code::BadEnvFile, at, "", message, help);
        self.skip(skip.len());
        self.end_line();
        None
    }

    fn at(&self) -> At {
        At {
            file: self.file,
            line: self.line,
            column: 1,
        }
    }

    fn skip(&mut self, bytes: usize) {
        let (skipped, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        let lines = skipped.bytes().filter(|b| *b == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
    }

    fn end_line(&mut self) {
        self.skip(usize::from(self.rest.starts_with('\n')));
    }
}

/// An unquoted value without its comment, which a blank precedes, and the blanks around it. Whether one stood before all
/// of it is said by `blank_before`: `A=#b` is a value.
fn without_comment(line: &str, blank_before: bool) -> &str {
    if blank_before && line.starts_with('#') {
        return "";
    }
    line.split(" #").next().unwrap_or_default().trim()
}

struct Lookup<'a> {
    reader: &'a Reader<'a>,
    at: At,
}

impl Variables for Lookup<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let Reader { known, seen, .. } = self.reader;
        self.reader.room.variable(name, &[known.first, seen, known.last])
    }

    fn unset(&self, name: &str) {
        self.reader.room.say_unset(self.at, "", name);
    }

    fn demanded(&self, name: &str, message: &str) {
        self.reader.room.say_demanded(self.at, "", name, message);
    }
}
