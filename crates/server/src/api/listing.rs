//! Lists: read page by page, stable while things come and go, or watched.

use axum::response::Response;
use muster_control::World;
use muster_model::limits::{PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX};
use muster_model::view::Page;
use serde::Serialize;

use super::call::{Answer, Call};
use super::cursor::Cursor;
use super::error::ApiError;
use super::sse;

/// The items of a list, each with the text it is sorted by, which is unique in the list and never changes.
pub(crate) type Selection<K> = Result<Vec<(String, K)>, ApiError>;

/// How a list is made: cheaply which items, and dearly how each is shown, so that only the page's items are.
pub(crate) struct Listing<K, V> {
    /// The items that belong to it, in any order.
    pub(crate) select: fn(&Call, &World) -> Selection<K>,
    /// How one is shown; none if it is no longer there.
    pub(crate) show: fn(&Call, &World, &K) -> Option<V>,
    /// What it is called when it is gone.
    pub(crate) id: fn(&V) -> String,
}

impl<K, V> Clone for Listing<K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Listing<K, V> {}

/// Answers with a page, or with all items and then their changes.
pub(crate) async fn answer<K, V>(
    name: &'static str,
    listing: Listing<K, V>,
    call: Call,
) -> Result<Response, ApiError>
where
    K: Clone + Send + Sync + 'static,
    V: Serialize + Send + 'static,
{
    if call.query.flag("watch")? {
        return sse::watch_list(listing, call);
    }
    let page = page(name, &listing, &call)?;
    Ok(Answer::of(page).into_response())
}

fn page<K, V>(name: &str, listing: &Listing<K, V>, call: &Call) -> Result<Page<V>, ApiError> {
    let limit = limit(call)?;
    let after = call.query.get("cursor").map(Cursor::parse).transpose();
    let after = after.map_err(|error| ApiError::field("cursor", error.to_string()))?;
    let mut items = (listing.select)(call, &call.world)?;
    if let Some(cursor) = &after {
        let key = cursor
            .key_in(name)
            .map_err(|error| ApiError::field("cursor", error.to_string()))?;
        items.retain(|(own, _)| own.as_str() > key);
    }
    let more = items.len() > limit;
    if more {
        items.select_nth_unstable_by(limit, |(a, _), (b, _)| a.cmp(b));
        items.truncate(limit);
    }
    items.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let next = items
        .last()
        .filter(|_| more)
        .map(|(key, _)| Cursor::new(name, key).to_string());
    let items = items
        .iter()
        .filter_map(|(_, item)| (listing.show)(call, &call.world, item))
        .collect();
    Ok(Page {
        items,
        next,
        revision: call.world.revision(),
    })
}

fn limit(call: &Call) -> Result<usize, ApiError> {
    let limit = call.query.read("limit")?.unwrap_or(PAGE_ITEMS_DEFAULT);
    if (1..=PAGE_ITEMS_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(ApiError::field(
            "limit",
            format!("write a number from 1 to {PAGE_ITEMS_MAX}"),
        ))
    }
}
