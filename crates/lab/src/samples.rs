//! Images for tests that need some small program rather than a certain one.

use std::env;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use bollard::Docker;

use crate::{Error, Image, Result};

/// The tag that [`load_unit`] gives.
pub const UNIT: &str = "lab/unit:1";
/// The tag that [`load_busybox`] gives.
pub const BUSYBOX: &str = "lab/busybox:1";
/// What scripts call by their own paths; the shell finds all the others itself.
const APPLETS: [&str; 9] = ["sh", "ash", "cat", "echo", "env", "ls", "sleep", "test", "true"];

/// The image of this crate's `lab-unit`, a program that serves, exits, prints, waits or ignores signals as told
/// (entrypoint `/lab-unit`, default command `serve 80`; `lab-unit` without arguments lists what it can).
///
/// # Errors
/// When the binary is not built and cannot be built, or the engine does not take the image.
pub async fn load_unit(docker: &Docker) -> Result<()> {
    let image = Image::new(UNIT).file("/lab-unit", &unit_binary()?)?;
    image
        .entrypoint(&["/lab-unit"])
        .cmd(&["serve", "80"])
        .expose(&[80])
        .load(docker)
        .await
}

/// The image of the machine's busybox, which must be a static one: `/bin/sh` and the rest; default command `sh`.
///
/// # Errors
/// When there is no static busybox, or the engine does not take the image.
pub async fn load_busybox(docker: &Docker) -> Result<()> {
    let binary = ["/bin/busybox", "/usr/bin/busybox"]
        .map(Path::new)
        .into_iter()
        .find(|path| is_static(path));
    let binary = binary.ok_or_else(|| missing("a static busybox", "run scripts/ensure-engine.sh --tests"))?;
    let mut image = Image::new(BUSYBOX).file("/bin/busybox", binary)?.cmd(&["sh"]);
    for applet in APPLETS {
        image = image.link(&format!("/bin/{applet}"), "busybox");
    }
    image.load(docker).await
}

/// Beside the running program, which for a test is one directory up. A test run of another crate alone does not
/// build it, so cargo is asked to where a test runner says which one.
fn unit_binary() -> Result<PathBuf> {
    let missing = || missing("lab-unit", "run: cargo build -p muster-lab --bin lab-unit");
    let program = env::current_exe().map_err(Error::files("find", "this program's own file"))?;
    let found = || {
        program
            .ancestors()
            .skip(1)
            .take(2)
            .map(|dir| dir.join("lab-unit"))
            .find(|path| path.is_file())
    };
    if let Some(binary) = found() {
        return Ok(binary);
    }
    let mut build = Command::new(env::var_os("CARGO").ok_or_else(missing)?);
    build.args(["build", "--quiet", "-p", "muster-lab", "--bin", "lab-unit"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    build.status().map_err(Error::files("build", "lab-unit"))?;
    found().ok_or_else(missing)
}

/// A static program names no loader: no `PT_INTERP` (3) among its program headers. 64-bit little-endian only.
fn is_static(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    read.is_ok() && interpreter(&head) == Some(false)
}

/// Whether the beginning of an ELF file names an interpreter; `None` when it is no such file.
fn interpreter(head: &[u8]) -> Option<bool> {
    const PT_INTERP: u16 = 3;
    let number = |at: usize| {
        Some(usize::from(u16::from_le_bytes(
            head.get(at..at + 2)?.try_into().ok()?,
        )))
    };
    if head.get(..5)? != b"\x7fELF\x02" {
        return None;
    }
    let (table, size, count) = (number(32)?, number(54)?, number(56)?);
    let kinds = (0..count)
        .map(|i| number(table + i * size))
        .collect::<Option<Vec<_>>>()?;
    Some(kinds.contains(&usize::from(PT_INTERP)))
}

fn missing(what: &str, hint: &'static str) -> Error {
    Error::MissingSample {
        what: what.to_owned(),
        hint,
    }
}

#[cfg(test)]
mod tests {
    use super::is_static;
    use std::path::Path;

    #[test]
    fn this_program_is_static_and_the_shell_is_not() {
        assert!(is_static(&std::env::current_exe().unwrap()));
        assert!(!is_static(Path::new("/bin/ls")));
        assert!(!is_static(Path::new("/etc/passwd")));
    }
}
