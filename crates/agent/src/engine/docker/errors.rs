//! What an engine's errors mean. The only place that reads its words.

use std::path::Path;

use bollard::errors::Error;

use crate::engine::Failure;

/// Names the culprit. `name` is the container, network or volume that was to be worked on.
pub(super) fn translate(verb: &str, name: &str, error: Error, socket: &Path) -> Failure {
    let detail = words(&error);
    match &error {
        Error::DockerResponseServerError { status_code, .. } => answered(verb, name, *status_code, detail),
        Error::DockerStreamError { .. } => answered(verb, name, 500, detail),
        Error::JsonDataError { .. } | Error::JsonSerdeError { .. } => Failure::Refused {
            verb: verb.to_owned(),
            detail: format!("its answer makes no sense ({detail})"),
        },
        _ => Failure::Unreachable {
            socket: socket.display().to_string(),
            detail,
        },
    }
}

/// Of a stream, where the container is known to whoever asked.
pub(crate) fn stream_failure(error: Error) -> Failure {
    translate("do that", "the container", error, Path::new("its socket"))
}

/// Whether the engine answered with this status.
pub(super) fn is_status(error: &Error, status: u16) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code, .. } if *status_code == status)
}

/// Whether a create found its name taken. Podman says so with a status of its own.
pub(super) fn is_name_taken(error: &Error) -> bool {
    is_status(error, 409) || words(error).contains("name is already in use")
}

/// Whether a create found no image.
pub(super) fn is_missing_image(error: &Error) -> bool {
    let text = words(error).to_lowercase();
    let words = [
        "no such image",
        "image not known",
        "does not match the specified platform",
    ];
    is_status(error, 404) && words.iter().any(|words| text.contains(words))
}

/// What the engine said, without the library's words around it.
pub(super) fn words(error: &Error) -> String {
    let text = match error {
        Error::DockerResponseServerError { message, .. } => message.clone(),
        Error::DockerStreamError { error } => error.clone(),
        other => chain(other),
    };
    text.trim().replace('\n', " ")
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Port,
    Address,
    Disk,
    Range,
    Program,
    Mount,
    Network,
    Container,
    Stopped,
}

/// What engines say in lower case, Docker's words and then Podman's, and what that means. The first that fits counts.
const WORDS: &[(&str, Kind)] = &[
    ("port is already allocated", Kind::Port),
    ("bind: address already in use", Kind::Port),
    ("ports are not available", Kind::Port),
    ("address already in use", Kind::Address),
    ("requested ip address", Kind::Address),
    ("no space left on device", Kind::Disk),
    ("disk quota exceeded", Kind::Disk),
    ("pool overlaps", Kind::Range),
    ("is already used on the host or by another config", Kind::Range),
    ("executable file not found", Kind::Program),
    ("executable file `", Kind::Program),
    ("no such file or directory: unknown", Kind::Program),
    ("permission denied: unknown", Kind::Program),
    ("exec format error", Kind::Program),
    ("not a directory: unknown", Kind::Program),
    ("is a directory: unknown", Kind::Program),
    ("chdir to cwd", Kind::Program),
    ("bind source path does not exist", Kind::Mount),
    ("bind mount source path does not exist", Kind::Mount),
    ("no such container", Kind::Container),
    ("no container with name", Kind::Container),
    ("is not running", Kind::Stopped),
    ("can only kill running containers", Kind::Stopped),
    ("network not found", Kind::Network),
    ("could not find network", Kind::Network),
];

fn answered(verb: &str, name: &str, status: u16, detail: String) -> Failure {
    let (name, text) = (name.to_owned(), detail.to_lowercase());
    let said = WORDS
        .iter()
        .find(|(words, _)| text.contains(words))
        .map(|(_, kind)| *kind);
    let network = status == 404 && text.starts_with("network ") && text.ends_with(" not found");
    match said.or(network.then_some(Kind::Network)) {
        Some(Kind::Port) => Failure::PortTaken {
            port: port(&detail),
            detail,
        },
        Some(Kind::Address) => Failure::AddressTaken { name, detail },
        Some(Kind::Disk) => Failure::DiskFull { detail },
        Some(Kind::Range) => Failure::RangeTaken {
            name,
            subnet: String::new(),
            detail,
        },
        Some(Kind::Program) => Failure::NotExecutable {
            name,
            detail: last_sentence(&detail),
        },
        Some(Kind::Mount) => Failure::MountMissing { name, detail },
        Some(Kind::Network) => Failure::NoSuchNetwork { name },
        Some(Kind::Container) => Failure::NoSuchContainer { name },
        Some(Kind::Stopped) => Failure::NotRunning { name },
        None => Failure::Refused {
            verb: verb.to_owned(),
            detail,
        },
    }
}

/// `port 8080` out of `Bind for 0.0.0.0:8080 failed` or `listen tcp4 0.0.0.0:8080: bind`.
fn port(detail: &str) -> String {
    let mut ports = detail.split_whitespace().rev().filter_map(|word| {
        let digits = word.trim_end_matches(':').rsplit_once(':')?.1;
        digits.parse::<u16>().ok()
    });
    ports
        .next()
        .map_or_else(|| "a port".to_owned(), |port| format!("port {port}"))
}

/// Runtimes wrap what matters in what they were doing when they found out.
fn last_sentence(detail: &str) -> String {
    let at = detail
        .find("exec: ")
        .or_else(|| detail.find("chdir to cwd"))
        .unwrap_or(0);
    detail[at..].trim_end_matches(": unknown").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(status_code: u16, message: &str) -> Failure {
        let error = Error::DockerResponseServerError {
            status_code,
            message: message.to_owned(),
        };
        translate("start web", "web", error, Path::new("/run/docker.sock"))
    }

    #[test]
    fn engines_words_become_culprits() {
        let port = |failure: Failure| match failure {
            Failure::PortTaken { port, .. } => port,
            other => panic!("{other:?}"),
        };
        let allocated = "driver failed programming external connectivity on endpoint web (0a1b): Bind for 0.0.0.0:8080 failed: port is already allocated";
        assert_eq!(port(failure(500, allocated)), "port 8080");
        let in_use = "driver failed programming external connectivity on endpoint web (0a1b): Error starting userland proxy: listen tcp4 0.0.0.0:80: bind: address already in use";
        assert_eq!(port(failure(500, in_use)), "port 80");
        let missing = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"nope\": executable file not found in $PATH: unknown";
        assert_eq!(
            failure(400, missing),
            Failure::NotExecutable {
                name: "web".to_owned(),
                detail: "exec: \"nope\": executable file not found in $PATH".to_owned()
            }
        );
        assert!(matches!(
            failure(500, "write /var/lib/docker/x: no space left on device"),
            Failure::DiskFull { .. }
        ));
        assert!(matches!(
            failure(404, "No such container: web"),
            Failure::NoSuchContainer { .. }
        ));
        assert!(matches!(
            failure(404, "network managed not found"),
            Failure::NoSuchNetwork { .. }
        ));
        assert!(matches!(
            failure(403, "Address already in use"),
            Failure::AddressTaken { .. }
        ));
        assert!(matches!(failure(500, "something else"), Failure::Refused { .. }));
    }
}
