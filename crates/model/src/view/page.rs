//! Lists come in pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Revision;

/// One page of a list, in the order of its keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    /// What was found.
    pub items: Vec<T>,
    /// Give this as `cursor` to get the next page; none on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The platform's revision that the page was read at.
    pub revision: Revision,
}

/// In a watched list: an item that is no longer in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gone {
    /// The item's id, or its name where it has none.
    pub id: String,
}
