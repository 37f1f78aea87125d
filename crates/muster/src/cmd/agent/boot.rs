//! What starts the agent when the machine starts, where systemd does not.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

/// Starts and stops the supervisor by hand, and at boot where something runs it.
pub const INIT_SCRIPT: &str = "/etc/init.d/muster-agent";
const LOCAL_D: &str = "/etc/local.d/muster-agent.start";
const RC_LOCAL: &str = "/etc/rc.local";
const CRON: &str = "/etc/cron.d/muster-agent";

/// What a machine has that starts things at boot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// OpenRC, with its `local` service.
    pub openrc: bool,
    /// An init that reads /etc/inittab, and so the links to /etc/init.d.
    pub inittab: bool,
    /// Makes those links: `update-rc.d`.
    pub update_rc_d: bool,
    /// Makes those links: `chkconfig`.
    pub chkconfig: bool,
    /// /etc/rc.local is there and may be executed.
    pub rc_local: bool,
    /// A cron daemon is installed, and has /etc/cron.d.
    pub cron: bool,
}

/// The way that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hook {
    /// A file in /etc/local.d.
    LocalD,
    /// Links to the init script.
    UpdateRcD,
    /// The same, by another tool.
    Chkconfig,
    /// A line in /etc/rc.local.
    RcLocal,
    /// A file in /etc/cron.d.
    Cron,
    /// There is none.
    Nothing,
}

/// The first way that works.
pub fn choose(found: Found) -> Hook {
    match found {
        Found { openrc: true, .. } => Hook::LocalD,
        Found {
            inittab: true,
            update_rc_d: true,
            ..
        } => Hook::UpdateRcD,
        Found {
            inittab: true,
            chkconfig: true,
            ..
        } => Hook::Chkconfig,
        Found { rc_local: true, .. } => Hook::RcLocal,
        Found { cron: true, .. } => Hook::Cron,
        _ => Hook::Nothing,
    }
}

/// Looks at this machine.
pub fn found() -> Found {
    let there = |path: &str| Path::new(path).exists();
    let rc_local = fs::metadata(RC_LOCAL).is_ok_and(|file| file.permissions().mode() & 0o100 != 0);
    Found {
        openrc: program("rc-update") && there("/etc/local.d"),
        inittab: there("/etc/inittab"),
        update_rc_d: program("update-rc.d"),
        chkconfig: program("chkconfig"),
        rc_local,
        cron: (program("cron") || program("crond")) && there("/etc/cron.d"),
    }
}

fn program(name: &str) -> bool {
    ["/usr/sbin", "/sbin", "/usr/bin", "/bin"]
        .iter()
        .any(|dir| Path::new(dir).join(name).exists())
}

/// Writes the init script and makes the machine run it at boot; the way that was found.
pub fn install(program: &Path, data: &Path) -> anyhow::Result<Hook> {
    write(INIT_SCRIPT, &init_script(program, data), 0o755)?;
    let hook = choose(found());
    match hook {
        Hook::LocalD => {
            write(LOCAL_D, &format!("#!/bin/sh\n{INIT_SCRIPT} start\n"), 0o755)?;
            tool("rc-update", &["add", "local", "default"])?;
        }
        Hook::UpdateRcD => tool("update-rc.d", &["muster-agent", "defaults"])?,
        Hook::Chkconfig => tool("chkconfig", &["--add", "muster-agent"])?,
        Hook::RcLocal => {
            let text = fs::read_to_string(RC_LOCAL).context("could not read /etc/rc.local")?;
            write(RC_LOCAL, &with_start(&text), 0o755)?;
        }
        Hook::Cron => write(CRON, &format!("@reboot root {INIT_SCRIPT} start\n"), 0o644)?,
        Hook::Nothing => {}
    }
    Ok(hook)
}

/// Takes back all that [`install`] may have made.
pub fn remove() -> anyhow::Result<()> {
    for path in [LOCAL_D, CRON, INIT_SCRIPT] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("could not remove {path}"));
            }
            _ => {}
        }
    }
    if let Ok(text) = fs::read_to_string(RC_LOCAL)
        && text.contains(INIT_SCRIPT)
    {
        write(RC_LOCAL, &without_start(&text), 0o755)?;
    }
    if choose(found()) == Hook::UpdateRcD {
        tool("update-rc.d", &["muster-agent", "remove"])?;
    }
    Ok(())
}

/// Before a last `exit`, once.
fn with_start(rc_local: &str) -> String {
    let text = without_start(rc_local);
    let line = format!("{INIT_SCRIPT} start\n");
    match text.rfind("\nexit ") {
        Some(at) => format!("{}\n{line}{}", &text[..at], &text[at + 1..]),
        None => format!("{}\n{line}", text.trim_end()),
    }
}

fn without_start(rc_local: &str) -> String {
    let kept = rc_local.lines().filter(|line| !line.starts_with(INIT_SCRIPT));
    kept.map(|line| format!("{line}\n")).collect()
}

fn init_script(program: &Path, data: &Path) -> String {
    let (program, data) = (quoted(program), quoted(data));
    format!(
        "#!/bin/sh\n\
         ### BEGIN INIT INFO\n\
         # Provides:          muster-agent\n\
         # Required-Start:    $local_fs $network\n\
         # Should-Start:      docker\n\
         # Required-Stop:\n\
         # Default-Start:     2 3 4 5\n\
         # Default-Stop:      0 1 6\n\
         # Short-Description: Muster agent\n\
         ### END INIT INFO\n\
         # chkconfig: 2345 96 04\n\
         # Written by `muster agent install`.\n\
         case \"${{1:-}}\" in\n\
         start) exec {program} agent supervise --background --data {data} ;;\n\
         stop) exec {program} agent supervise --stop --data {data} ;;\n\
         restart) {program} agent supervise --stop --data {data}; exec \"$0\" start ;;\n\
         status) exec {program} agent status --data {data} ;;\n\
         *) echo \"usage: $0 start|stop|restart|status\" >&2; exit 2 ;;\n\
         esac\n"
    )
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

fn write(path: &str, text: &str, mode: u32) -> anyhow::Result<()> {
    let draft = format!("{path}.muster-new");
    let written = || {
        if let Some(directory) = Path::new(path).parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(&draft, text)?;
        fs::set_permissions(&draft, fs::Permissions::from_mode(mode))?;
        fs::rename(&draft, path)
    };
    written().with_context(|| format!("could not write {path}"))
}

fn tool(name: &str, words: &[&str]) -> anyhow::Result<()> {
    let line = format!("{name} {}", words.join(" "));
    let done = Command::new(name).args(words).stdin(Stdio::null()).output();
    let done = done.with_context(|| format!("could not run `{line}`"))?;
    anyhow::ensure!(
        done.status.success(),
        "`{line}` failed: {}",
        String::from_utf8_lossy(&done.stderr).trim()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_machine_gets_what_it_runs_at_boot() {
        let none = Found::default();
        assert_eq!(choose(none), Hook::Nothing);
        // Tools that make links help only where an init reads them.
        let tools = Found {
            update_rc_d: true,
            ..none
        };
        assert_eq!(choose(tools), Hook::Nothing);
        let debian = Found {
            inittab: true,
            cron: true,
            ..tools
        };
        assert_eq!(choose(debian), Hook::UpdateRcD);
        assert_eq!(choose(Found { cron: true, ..tools }), Hook::Cron);
        let rc_local = Found {
            rc_local: true,
            cron: true,
            ..none
        };
        assert_eq!(choose(rc_local), Hook::RcLocal);
        let alpine = Found {
            openrc: true,
            inittab: true,
            cron: true,
            ..none
        };
        assert_eq!(choose(alpine), Hook::LocalD);
    }

    #[test]
    fn a_line_in_rc_local_stands_once_and_before_the_end() {
        let text = "#!/bin/sh -e\nother\nexit 0\n";
        let line = format!("{INIT_SCRIPT} start\n");
        let once = with_start(text);
        assert_eq!(once, format!("#!/bin/sh -e\nother\n{line}exit 0\n"));
        assert_eq!(with_start(&once), once);
        assert_eq!(without_start(&once), text);
        assert!(with_start("#!/bin/sh\n").ends_with(&line));
    }

    #[test]
    fn odd_paths_stay_one_word() {
        let script = init_script(Path::new("/opt/it's here/muster"), Path::new("/d"));
        assert!(
            script.contains("exec '/opt/it'\\''s here/muster' agent"),
            "{script}"
        );
    }
}
