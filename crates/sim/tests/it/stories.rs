//! The stories show what they say. `UPDATE=1` writes what they show into them instead.

use std::path::{Path, PathBuf};

use muster_sim::story::play;

fn stories() -> Vec<PathBuf> {
    let below = Path::new("stories");
    let mut found: Vec<PathBuf> = std::fs::read_dir(below)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

#[test]
fn every_story_shows_what_it_says() {
    let update = std::env::var_os("UPDATE").is_some();
    let stories = stories();
    assert!(stories.len() >= 10, "{} stories", stories.len());
    for file in stories {
        let says = std::fs::read_to_string(&file).unwrap();
        let shows = play(&says).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        if update {
            std::fs::write(&file, shows).unwrap();
            continue;
        }
        let differs = says
            .lines()
            .zip(shows.lines())
            .find(|(says, shows)| says != shows);
        assert_eq!(differs, None, "{}", file.display());
        assert_eq!(says, shows, "{}", file.display());
    }
}

#[test]
fn a_story_that_cannot_be_played_says_where_and_why() {
    let error = |text: &str| play(text).unwrap_err().to_string();
    assert_eq!(
        error("add-host h1\nadvance far"),
        "line 2: `far` is not a time such as 500ms, 40s or 10m"
    );
    assert_eq!(error("cut h7"), "line 1: there is no host h7");
    assert!(error("deploy shop\n    services: 3").starts_with("line 1: "));
    assert_eq!(error("dance"), "line 1: `dance` is no command of stories");
}
