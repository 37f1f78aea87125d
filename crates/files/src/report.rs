//! Collects remarks: all of them, in the order of the files.

use std::cell::{Cell, RefCell};

use muster_model::{Diagnostic, Severity};

use crate::code::Code;
use crate::text::At;

/// More than this nobody reads.
const REMARKS_MAX: usize = 1_000;

/// What one reading has to say.
#[derive(Debug, Default)]
pub(crate) struct Report {
    offline: bool,
    files: RefCell<Vec<String>>,
    remarks: RefCell<Vec<(At, Diagnostic)>>,
    left_out: Cell<usize>,
    failed: Cell<bool>,
}

impl Report {
    /// A report for a deployment or, `offline`, for a look at a file.
    pub fn new(offline: bool) -> Self {
        Self {
            offline,
            ..Self::default()
        }
    }

    /// Takes a file up; the number stands in every [`At`] of it.
    pub fn file(&self, path: &str) -> u16 {
        let mut files = self.files.borrow_mut();
        files.push(cut(path, 300));
        u16::try_from(files.len() - 1).unwrap_or(u16::MAX)
    }

    /// The path of a file.
    pub fn path(&self, file: u16) -> String {
        self.files
            .borrow()
            .get(usize::from(file))
            .cloned()
            .unwrap_or_default()
    }

    /// A remark with nothing to advise.
    pub fn remark(&self, code: Code, at: At, key: &str, message: impl AsRef<str>) {
        self.add(code, at, key, message.as_ref(), None);
    }

    /// A remark, and what to do about it or what happens instead.
    pub fn advise(&self, code: Code, at: At, key: &str, message: impl AsRef<str>, help: impl AsRef<str>) {
        self.add(code, at, key, message.as_ref(), Some(help.as_ref()));
    }

    /// Whether anything so far is an error.
    pub fn failed(&self) -> bool {
        self.failed.get()
    }

    /// Whether only errors are still taken up.
    pub fn is_full(&self) -> bool {
        self.remarks.borrow().len() >= REMARKS_MAX
    }

    /// Counts a remark that is not taken up.
    pub fn leave_out(&self) {
        self.left_out.set(self.left_out.get() + 1);
    }

    /// Whether this is a look at a file, with no deployment behind it.
    pub fn offline(&self) -> bool {
        self.offline
    }

    /// All remarks, each once, by file, line and column.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        let left_out = self.left_out.get();
        let mut remarks = self.remarks.into_inner();
        remarks.sort_by(|(a, one), (b, other)| {
            (a, &one.key, &one.message).cmp(&(b, &other.key, &other.message))
        });
        remarks.dedup();
        let mut diagnostics: Vec<_> = remarks.into_iter().map(|(_, diagnostic)| diagnostic).collect();
        if left_out > 0 {
            let file = self.files.into_inner().into_iter().next().unwrap_or_default();
            diagnostics.push(too_many(file, left_out));
        }
        diagnostics
    }

    fn add(&self, code: Code, at: At, key: &str, message: &str, help: Option<&str>) {
        let severity = if self.offline {
            code.severity_offline()
        } else {
            code.severity()
        };
        let failed = severity == Severity::Error;
        self.failed.set(self.failed.get() || failed);
        // Room is kept for errors: warnings must not push the reason of a refusal out.
        let is_full = self.remarks.borrow().len() >= 2 * REMARKS_MAX;
        if is_full || (!failed && self.is_full()) {
            return self.leave_out();
        }
        let mut remarks = self.remarks.borrow_mut();
        let diagnostic = Diagnostic {
            file: self.path(at.file),
            line: at.line,
            column: at.column,
            severity,
            code: code.name().to_owned(),
            key: cut(key, 300),
            message: cut(message, 600),
            help: help.map(|help| cut(help, 600)),
        };
        remarks.push((at, diagnostic));
    }
}

fn too_many(file: String, left_out: usize) -> Diagnostic {
    Diagnostic {
        file,
        line: 0,
        column: 0,
        severity: Code::TooManyRemarks.severity(),
        code: Code::TooManyRemarks.name().to_owned(),
        key: String::new(),
        message: format!("{left_out} more remarks are left out"),
        help: Some("mend the first ones and look again".to_owned()),
    }
}

/// `text` without line breaks and other characters that control a terminal, shortened: what people wrote may be 64 KB long.
pub(crate) fn cut(text: &str, length: usize) -> String {
    let mut chars = text
        .chars()
        .map(|c| if c.is_control() || is_order(c) { '�' } else { c });
    let short: String = chars.by_ref().take(length).collect();
    if chars.next().is_some() {
        short + "…"
    } else {
        short
    }
}

/// Characters that end lines or turn the order of others round: a terminal would show something else than what is said.
fn is_order(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
