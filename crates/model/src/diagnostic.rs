//! What is said about text that people wrote: all at once, with file, line, key and help.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One remark on a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Diagnostic {
    /// The file, as it was named.
    pub file: String,
    /// Line, from 1; 0 when the remark is on the whole file.
    pub line: u32,
    /// Column in characters, from 1; 0 when the remark is on the whole line or file.
    pub column: u32,
    /// How bad it is.
    pub severity: Severity,
    /// A stable name of the kind of remark, such as `unknown-key`.
    pub code: String,
    /// The path of the key, such as `services.web.ports[0]`.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What to write instead, or what will happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// How bad it is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is done until it is mended.
    Error,
    /// Something may not be as meant.
    Warning,
    /// Understood, and not done by this platform.
    Unsupported,
    /// Worth knowing.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Unsupported => "unsupported",
            Self::Note => "note",
        })
    }
}

impl fmt::Display for Diagnostic {
    /// `file:line:column: severity[code] key: message (help)`, on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if self.column > 0 {
            write!(f, ":{}", self.column)?;
        }
        write!(f, ": {}[{}]", self.severity, self.code)?;
        if !self.key.is_empty() {
            write!(f, " {}", self.key)?;
        }
        write!(f, ": {}", self.message)?;
        self.help.iter().try_for_each(|help| write!(f, " ({help})"))
    }
}

/// Whether nothing may be done.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}
