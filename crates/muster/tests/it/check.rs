//! `muster check`, offline.

use std::process::Command;

#[test]
fn a_file_whose_path_the_shell_completes_is_read() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("conf")).unwrap();
    let file = directory.path().join("docker-compose.yml");
    std::fs::write(
        &file,
        "services:\n  web:\n    image: a\n    env_file: ${WHERE:?}/web.env\n",
    )
    .unwrap();
    let check = || {
        Command::new(env!("CARGO_BIN_EXE_muster"))
            .args(["check", "-o", "json"])
            .arg(&file)
            .env("WHERE", "conf")
            .output()
            .unwrap()
    };
    let missing = check();
    assert!(String::from_utf8_lossy(&missing.stdout).contains("conf/web.env"));
    std::fs::write(directory.path().join("conf/web.env"), "A=1\n").unwrap();
    let found = check();
    assert!(found.status.success());
    assert_eq!(String::from_utf8_lossy(&found.stdout).trim(), "[]");
}
