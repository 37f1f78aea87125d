//! Specs too large for one commit: pieces of their JSON, written first and read by nobody until a head names them.

use std::sync::Arc;

use muster_model::Digest;
use muster_model::desired::{Part, RevisionBody, StackSpec};
use muster_model::document::Document as _;
use muster_model::limits::{PART_BYTES_MAX, REVISION_BYTES_MAX};
use muster_store::Commit;

use super::{Author, Denial, out_of_bounds};

/// Where the spec stands, and the commits of its parts if it is too large to stand in the revision.
pub(super) fn body_of(author: &Author, spec: &Arc<StackSpec>) -> Result<(RevisionBody, Vec<Commit>), Denial> {
    // Maps of the model have keys that are text, so this cannot fail; an empty text would be refused on reading.
    let text = serde_json::to_string(&**spec).unwrap_or_default();
    if text.len() > REVISION_BYTES_MAX {
        let allowed =
            format!("at most {REVISION_BYTES_MAX} bytes; make large configs or secrets objects of their own");
        return Err(out_of_bounds(
            "the stack with its configs and secrets",
            format!("{} bytes", text.len()),
            allowed,
        )
        .into());
    }
    if text.len() <= PART_BYTES_MAX {
        return Ok((RevisionBody::Inline(spec.clone()), Vec::new()));
    }
    let (mut named, mut commits) = (Vec::new(), Vec::new());
    for (number, piece) in (0..).zip(pieces(&text)) {
        let part = Part {
            request: author.request.clone(),
            number,
            at: author.now,
            text: piece.to_owned(),
        };
        named.push((part.key(), Digest::of(piece.as_bytes())));
        commits.push(Commit::new().write(&part)?);
    }
    Ok((RevisionBody::Parts(named), commits))
}

/// Pieces that each fit into a commit, even when every character of theirs is escaped.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let mut end = rest.len().min(PART_BYTES_MAX / 2);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        let (piece, after) = rest.split_at(end);
        pieces.push(piece);
        rest = after;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn pieces_join_to_the_whole(seed in "[a-zé\"漢]{1,40}", times in 1_usize..60_000) {
            let text = seed.repeat(times);
            let pieces = pieces(&text);
            prop_assert!(pieces.concat() == text);
            for piece in pieces {
                prop_assert!(!piece.is_empty() && serde_json::to_string(piece).unwrap().len() <= PART_BYTES_MAX + 2);
            }
        }
    }
}
