//! `docs/compatibility.md` is what the tables say. `UPDATE=1` writes it.

use std::path::Path;

#[test]
fn the_page_is_printed_from_the_tables() {
    let path = Path::new("../../docs/compatibility.md");
    let page = muster_files::compatibility();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page,
        "docs/compatibility.md is old; run `UPDATE=1 cargo test -p muster-files page`"
    );
}

#[test]
fn every_key_stands_once_in_its_table() {
    let page = muster_files::compatibility();
    for section in page.split("\n#") {
        let keys: Vec<_> = section
            .lines()
            .filter(|line| line.starts_with("| `"))
            .filter_map(|line| line.split('`').nth(1))
            .collect();
        let unique: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(keys.len(), unique.len(), "{}", section.lines().next().unwrap());
    }
}
