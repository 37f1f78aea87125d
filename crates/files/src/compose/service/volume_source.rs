//! Both ends of a mount: a volume or path, and the place in the container.

use muster_model::Name;
use muster_model::desired::MountSource;

use crate::code::Code;
use crate::cx::Cx;
use crate::path;
use crate::text::At;

/// An absolute path in the container.
pub(crate) fn target_of(cx: &Cx<'_>, at: At, target: &str) -> Option<String> {
    let tidy = path::tidy(target);
    if target.starts_with('/') && tidy != "/" {
        return Some(tidy);
    }
    cx.bad_text(
        at,
        target,
        "an absolute path in the container, such as `/data`, other than `/` itself",
    );
    None
}

/// Two of one list are seen at the same path.
pub(crate) fn say_twice(cx: &Cx<'_>, at: At, target: &str) {
    let shown = crate::report::cut(target, 80);
    let message = format!("`{shown}` is mounted twice; this one counts");
    cx.advise(Code::DuplicateKey, at, message, "remove one of them");
}

/// A name or a host path.
pub(super) fn source_of(cx: &Cx<'_>, at: At, source: &str) -> Option<MountSource> {
    if source.starts_with(['/', '.', '~']) {
        let path = host_path(cx, at, source)?;
        return Some(MountSource::Bind { path, create: true });
    }
    named(cx, at, source)
}

/// A volume by its name.
pub(super) fn named(cx: &Cx<'_>, at: At, source: &str) -> Option<MountSource> {
    match Name::parse(source) {
        Ok(name) => Some(MountSource::Volume(name)),
        Err(_) if source.contains('/') => {
            let shown = crate::report::cut(source, 80);
            let message = format!("`{shown}` is neither a volume's name nor a path");
            cx.advise(
                Code::BadValue,
                at,
                message,
                format!("for a path, write `./{shown}` or an absolute one"),
            );
            None
        }
        Err(error) => {
            cx.remark(Code::BadName, at, error.to_string());
            None
        }
    }
}

/// A path of the host that means the same on every host.
pub(super) fn host_path(cx: &Cx<'_>, at: At, source: &str) -> Option<String> {
    if source.starts_with('/') {
        return Some(path::tidy(source));
    }
    let base = cx
        .room
        .directory_on_hosts(at.file)
        .filter(|_| !source.starts_with('~'));
    if base.is_none() {
        let shown = crate::report::cut(source, 80);
        let message =
            format!("`{shown}` is a path of the machine that you write on; the hosts do not have it");
        let help = "name an absolute path that the hosts have, a volume for data, or `configs:` for a file that comes along";
        cx.advise(Code::RelativeBind, at, message, help);
    }
    base.map(|base| path::join(&base, source))
}
