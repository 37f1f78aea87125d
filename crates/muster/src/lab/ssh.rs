//! SSH between the machines of a lab: a server on each, one key that opens all, and the names that clients know.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context as _;
use muster_lab::{Host, Tool};
use tokio::process::{Child, Command};

use super::plan::Planned;

/// What a lab needs for it.
pub const TOOLS: [Tool; 2] = [
    Tool {
        program: "sshd",
        package: "openssh-server",
    },
    Tool {
        program: "ssh-keygen",
        package: "openssh-client",
    },
];

/// Where the lab's key is, below the lab's directory; hosts see the same file.
const KEY: &str = "ssh/id_ed25519";

/// Makes the key that opens every machine, and a key of its own for each, which the others know.
pub async fn make_keys(lab: &Path, machines: &[Planned]) -> anyhow::Result<()> {
    let dir = lab.join("ssh");
    fs::create_dir_all(&dir).with_context(|| format!("could not make {}", dir.display()))?;
    keygen(&lab.join(KEY), "lab").await?;
    let mut known = String::new();
    for machine in machines {
        let key = host_key(lab, &machine.name);
        keygen(&key, &machine.name).await?;
        let public = fs::read_to_string(key.with_extension("pub")).context("could not read a host's key")?;
        known.push_str(&format!("{},{} {public}", machine.name, machine.address));
    }
    fs::write(dir.join("known_hosts"), known).context("could not write the hosts' keys")
}

async fn keygen(file: &Path, comment: &str) -> anyhow::Result<()> {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"])
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .await
        .context("could not run ssh-keygen")?;
    let said = String::from_utf8_lossy(&made.stderr);
    anyhow::ensure!(
        made.status.success(),
        "ssh-keygen did not make {}: {said}",
        file.display()
    );
    Ok(())
}

fn host_key(lab: &Path, name: &str) -> PathBuf {
    lab.join("ssh").join(format!("host_{name}"))
}

/// Starts the server; clients on the host are told of the lab's key and names.
pub fn serve(lab: &Path, host: &Host) -> anyhow::Result<Child> {
    let write = |name: &str, text: String| {
        let path = host.dir().join(name);
        fs::write(&path, text).with_context(|| format!("could not write {}", path.display()))?;
        anyhow::Ok(path)
    };
    let server = write("sshd_config", server_settings(lab, host.short_name()))?;
    let client = write("ssh_config", client_settings(lab))?;
    let log = host.dir().join("sshd.log");
    let open = || File::options().create(true).append(true).open(&log);
    let errors = open().with_context(|| format!("could not write {}", log.display()))?;
    let script = "mkdir -p /run/sshd /etc/ssh/ssh_config.d && cp \"$2\" /etc/ssh/ssh_config.d/lab.conf && exec \"$(command -v sshd)\" -D -e -f \"$1\"";
    let command = host
        .command("sh")
        .args(["-c", script, "sshd"])
        .arg(server)
        .arg(client);
    Ok(command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors)
        .spawn()?)
}

fn server_settings(lab: &Path, name: &str) -> String {
    let (key, authorized) = (host_key(lab, name), lab.join(KEY).with_extension("pub"));
    format!(
        "HostKey {}\nAuthorizedKeysFile {}\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n\
         StrictModes no\nUsePAM no\nPidFile none\nSubsystem sftp internal-sftp\n",
        key.display(),
        authorized.display()
    )
}

fn client_settings(lab: &Path) -> String {
    format!(
        "IdentityFile {}\nUserKnownHostsFile {}\nBatchMode yes\n",
        lab.join(KEY).display(),
        lab.join("ssh/known_hosts").display()
    )
}
