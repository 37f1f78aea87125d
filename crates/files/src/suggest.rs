//! "Did you mean …?"

/// The candidate that `word` is most likely a slip of, if any is close.
pub(crate) fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = fold(word);
    if word.len() > 64 {
        return None;
    }
    let allowed = (word.len() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&word, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// `-` and `_` and case are the usual mix-ups, so they count for nothing.
fn fold(word: &str) -> Vec<char> {
    let chars = word.chars().take(65);
    chars
        .map(|c| if c == '-' { '_' } else { c.to_ascii_lowercase() })
        .collect()
}

/// Letters to insert, remove, change or swap with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            row[j] = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised() {
        let keys = ["healthcheck", "image", "ports", "depends_on", "expose"];
        let check = |word: &str, expect: Option<&str>| assert_eq!(suggest(word, keys), expect, "{word}");
        check("helthcheck", Some("healthcheck"));
        check("iamge", Some("image"));
        check("port", Some("ports"));
        check("depends-on", Some("depends_on"));
        check("Image", Some("image"));
        check("volumes", None);
        check("", None);
        check(&"x".repeat(65_536), None);
    }
}
