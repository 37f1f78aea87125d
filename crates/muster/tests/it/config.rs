//! `muster config`, offline: which files and profiles it takes.

use std::path::Path;
use std::process::Command;

/// What it prints in a directory, with these variables.
fn config(directory: &Path, args: &[&str], variables: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_muster"))
        .arg("config")
        .args(args)
        .current_dir(directory)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn files_come_from_flags_then_the_shell_then_the_file_of_variables_then_what_lies_there() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    for (name, service) in [
        ("compose.yaml", "a"),
        ("compose.override.yaml", "b"),
        ("c.yml", "c"),
        ("d.yml", "d"),
    ] {
        let text = format!("services: {{{service}: {{image: busybox}}}}\n");
        std::fs::write(directory.join(name), text).unwrap();
    }
    let services = |args: &[&str], variables: &[(&str, &str)]| -> String {
        let text = config(directory, args, variables);
        let names = text
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
        names.filter(|name| !name.starts_with(' ')).collect()
    };
    assert_eq!(services(&[], &[]), "ab");
    std::fs::write(
        directory.join(".env"),
        "COMPOSE_PATH_SEPARATOR=;\nCOMPOSE_FILE=c.yml;d.yml\n",
    )
    .unwrap();
    assert_eq!(services(&[], &[]), "cd");
    assert_eq!(services(&[], &[("COMPOSE_FILE", "d.yml")]), "d");
    assert_eq!(services(&["-f", "c.yml"], &[("COMPOSE_FILE", "d.yml")]), "c");
}
