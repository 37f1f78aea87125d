//! Every format leads to the same stack.

use muster_model::desired::RestartPolicy;

use crate::support::{project, said, service, stack};

const SPEC: &str = "services:\n  web:\n    image: nginx\n    environment:\n      A: b\n";

#[test]
fn all_formats_mean_the_same() {
    let expect = stack(&project(SPEC)).spec;
    for file in [
        "version: '2'\nservices:\n  web:\n    image: nginx\n    environment: [A=b]\n",
        "version: 2.4\nservices: {web: {image: nginx, environment: [A=b]}}\n",
        "version: '3.8'\nservices:\n  web:\n    image: nginx\n    environment: [A=b]\n",
        "version: 3\nservices:\n  web:\n    image: nginx\n    environment: {A: b}\n",
        "web:\n  image: nginx\n  environment:\n    - A=b\n",
        "version: '1'\nweb:\n  image: nginx\n  environment:\n    - A=b\n",
        "name: shop\nx-note: 1\nservices:\n  web:\n    x-mine: [1, 2]\n    image: nginx\n    environment: {A: b}\n",
        "x-env: &env {A: b}\nservices:\n  web:\n    image: nginx\n    environment: *env\n",
        "x-env: &env {A: b}\nservices:\n  web:\n    image: nginx\n    environment:\n      <<: *env\n",
        "x-a: &a {A: x}\nx-b: &b {A: b, image: nginx}\nservices:\n  web:\n    image: nginx\n    environment:\n      <<: *a\n      A: b\n",
        "\u{feff}services:\r\n  web:\r\n    image: nginx\r\n    environment:\r\n      A: b\r\n",
        "---\nservices:\n  web:\n    image: !!str nginx\n    environment:\n      A: b\n...\n",
        "services:\n  web:\n    image: \"nginx\"\n    environment:\n      A: 'b'\n    ports:\n    volumes: []\n",
    ] {
        assert_eq!(stack(&project(file)).spec, expect, "{file}");
    }
}

#[test]
fn merge_keys_take_several_maps_and_the_first_wins() {
    let file = "x-a: &a {A: 1}\nx-b: &b {A: 2, B: 2}\nservices:\n  web:\n    image: nginx\n    environment:\n      <<: [*a, *b]\n      C: 3\n";
    let stack = stack(&project(file));
    let environment = &service(&stack, "web").unit.primary.environment;
    assert_eq!(format!("{environment:?}"), r#"{"A": "1", "B": "2", "C": "3"}"#);
}

#[test]
fn odd_versions_are_noted_and_read() {
    let file = "version: '4.2'\nservices:\n  web:\n    image: nginx\n";
    assert_eq!(
        said(&project(file)),
        ["compose.yaml:1:10: note[difference] version: there is no format `4.2`"]
    );
}

#[test]
fn what_old_yaml_made_of_words_stays_text() {
    let file = "services:\n  web:\n    image: nginx\n    restart: no\n    environment: {A: yes, B: 22:22, C: 0755, D: 1.10, E: on, F: 1e3, G: 0x1f, H: 2001-01-01, I: .5, J: 1_000}\n";
    let stack = stack(&project(file));
    let container = &service(&stack, "web").unit.primary;
    let values: Vec<_> = container.environment.values().map(String::as_str).collect();
    assert_eq!(
        values,
        [
            "yes",
            "22:22",
            "0755",
            "1.10",
            "on",
            "1e3",
            "0x1f",
            "2001-01-01",
            ".5",
            "1_000"
        ]
    );
    assert_eq!(container.restart, RestartPolicy::No);
}

#[test]
fn the_catalogs_block_is_no_service() {
    for file in [
        ".catalog: {name: x, questions: []}\nweb: {image: nginx, environment: {A: b}}\n",
        "version: '2'\ncatalog: {name: x}\nservices: {web: {image: nginx, environment: {A: b}}}\n",
        "version: '2'\nservices: {.catalog: {name: x}, web: {image: nginx, environment: {A: b}}}\n",
    ] {
        assert_eq!(stack(&project(file)).spec, stack(&project(SPEC)).spec, "{file}");
    }
}
