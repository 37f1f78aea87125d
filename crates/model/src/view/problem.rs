//! Every error answer has one shape.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PlanView;
use crate::{Diagnostic, Refusal};

/// Why a request was not done: RFC 9457, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// Names the kind of problem: `urn:muster:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong and what to do next.
    pub detail: String,
    /// A stable word for programs, such as `not_found` or `plan_changed`.
    pub code: String,
    /// Remarks on the files that were sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
    /// The refusal as data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// The plan as it is now, if it is not the one that was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Box<PlanView>>,
}
