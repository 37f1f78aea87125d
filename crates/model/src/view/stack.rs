//! Stacks: what is sent to deploy one, and how it is shown.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PlanView;
use crate::assigned::ServiceState;
use crate::{Digest, EnvironmentId, Name, Revision, StackId, WallTime};

/// Everything a deploy needs to know: the compose files, and every file that they name.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StackFiles {
    /// Compose files, in the order in which they are merged.
    pub sources: Vec<SourceFile>,
    /// Files that they name (`env_file`, `extends`, secrets, configs), under the paths by which they name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub support: Vec<SupportFile>,
    /// Files of variables, by their path in `support`; none means `.env` beside the first source, if it is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env_files: Vec<String>,
    /// Variables of whoever deploys; they win over files of variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Profiles that are on; `*` is all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Absolute directory of the project on the hosts that will run it, where relative host paths start. The server never opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project_directory: Option<String>,
}

/// A compose file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// Its path, as it was named; it stands in diagnostics.
    pub path: String,
    /// Its text.
    pub content: String,
}

/// A file that a compose file names.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SupportFile {
    /// Its path, as the compose file names it.
    pub path: String,
    /// What it holds.
    #[serde(flatten)]
    pub content: FileContent,
}

/// What a file holds. It may be a secret, so it never prints.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileContent {
    /// Text.
    Content(String),
    /// Any bytes, in base64.
    ContentBase64(String),
}

impl FileContent {
    /// For any bytes: as text if they are text.
    pub fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Content(text),
            Err(error) => Self::ContentBase64(BASE64_STANDARD.encode(error.as_bytes())),
        }
    }

    /// The bytes; none if the base64 is none.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Self::Content(text) => Some(text.clone().into_bytes()),
            Self::ContentBase64(text) => BASE64_STANDARD.decode(text).ok(),
        }
    }
}

/// Asks for a deploy.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StackDeploy {
    /// What is wanted.
    pub files: StackFiles,
    /// The hash of the plan that was shown: nothing is done if the plan is another one now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
    /// The stack's revision that was looked at, 0 for none: nothing is done if it is at another one now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_revision: Option<u64>,
}

/// The answer to a deploy, rollback or removal: it is accepted and on its way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deployed {
    /// The stack.
    pub stack: StackView,
    /// The stack's revision that was made.
    pub revision: u64,
    /// What will be done.
    pub plan: PlanView,
    /// The platform's revision: events after this one tell how it goes.
    pub since: Revision,
}

/// Asks for the plan of a rollback.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackPlan {
    /// The revision to go back to; none is the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
}

/// Asks for a rollback.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollbackRequest {
    /// The revision to go back to; none is the one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// The hash of the plan that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Digest>,
    /// The stack's revision that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_revision: Option<u64>,
}

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StackView {
    /// Its id.
    pub id: StackId,
    /// Its name.
    pub name: Name,
    /// The environment it belongs to.
    pub environment: EnvironmentId,
    /// The wanted revision; also its `ETag`.
    pub revision: u64,
    /// How it stands: as its service that is worst off.
    pub state: StackState,
    /// Services it has.
    pub services: u32,
    /// Units wanted.
    pub wanted: u32,
    /// Units that run.
    pub running: u32,
    /// Units that run and are healthy, as far as they can be asked.
    pub healthy: u32,
    /// When it was first deployed.
    pub created: WallTime,
}

/// How a stack stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StackState {
    /// On its way.
    Converging,
    /// As wished.
    Steady,
    /// All its units have run to their end, as they were meant to.
    Completed,
    /// A service cannot go on by itself.
    Blocked,
    /// It is being removed.
    Removing,
}

impl From<ServiceState> for StackState {
    fn from(state: ServiceState) -> Self {
        match state {
            ServiceState::Converging => Self::Converging,
            ServiceState::Steady => Self::Steady,
            ServiceState::Completed => Self::Completed,
            ServiceState::Blocked => Self::Blocked,
        }
    }
}

/// One accepted version of a stack's files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StackRevisionView {
    /// Which, from 1.
    pub number: u64,
    /// Whether it is the wanted one.
    pub current: bool,
    /// The name of the account that made it; none if the account is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Name>,
    /// When it was accepted.
    pub at: WallTime,
    /// The revision it repeats, if it is a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_of: Option<u64>,
    /// Image of each service's primary container.
    pub images: BTreeMap<Name, String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_travel_as_text_where_they_are_text() {
        let file = |bytes: &[u8]| SupportFile {
            path: "x".to_owned(),
            content: FileContent::of(bytes.to_vec()),
        };
        let text = serde_json::to_string(&file(b"a=b")).unwrap();
        assert_eq!(text, r#"{"path":"x","content":"a=b"}"#);
        let text = serde_json::to_string(&file(b"\xff")).unwrap();
        assert_eq!(text, r#"{"path":"x","content_base64":"/w=="}"#);
        let back: SupportFile = serde_json::from_str(&text).unwrap();
        assert_eq!(back.content.bytes(), Some(vec![0xff]));
    }
}
