//! Paths as text: joined and tidied without looking at any disk.

/// The directory of a file: all before its last `/`.
pub(crate) fn directory(file: &str) -> &str {
    match file.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((directory, _)) => directory,
        None => "",
    }
}

/// `path` as seen from `directory`, tidied. Absolute paths and those of the home directory stay what they are.
pub(crate) fn join(directory: &str, path: &str) -> String {
    if path.starts_with('/') || path.starts_with('~') || directory.is_empty() {
        tidy(path)
    } else {
        tidy(&format!("{directory}/{path}"))
    }
}

/// Whether `path` lies in `directory`, or somewhere below it.
pub(crate) fn is_inside(directory: &str, path: &str) -> bool {
    match directory {
        "" => !path.starts_with(['/', '~']) && path != ".." && !path.starts_with("../"),
        "/" => path.starts_with('/'),
        _ => {
            path == directory
                || path
                    .strip_prefix(directory)
                    .is_some_and(|rest| rest.starts_with('/'))
        }
    }
}

/// Without `.`, doubled `/`, and `..` where a part before it can go.
pub(crate) fn tidy(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != ".." && *last != "~") => {
                parts.pop();
            }
            ".." if absolute => {}
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    if absolute { format!("/{joined}") } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_as_text() {
        let check =
            |directory: &str, path: &str, expect: &str| assert_eq!(join(directory, path), expect, "{path}");
        check("", "./a.env", "a.env");
        check("app", "./a.env", "app/a.env");
        check("app", "../a.env", "a.env");
        check("", "../../a", "../../a");
        check("/srv/app", "../../../../a", "/a");
        check("app", "/etc/a", "/etc/a");
        check("app", "~/a/../b", "~/b");
        check("app", "~/../b", "~/../b");
        check("/", "a", "/a");
        assert_eq!(directory("/a"), "/");
        assert_eq!(directory("a/b/c.yml"), "a/b");
        assert_eq!(directory("c.yml"), "");
    }

    #[test]
    fn what_lies_inside() {
        assert!(is_inside("app", "app/x") && is_inside("", "x/y") && is_inside("/a", "/a"));
        for (directory, path) in [
            ("app", "apple"),
            ("", "../x"),
            ("", "/x"),
            ("/a", "/b"),
            ("", "~/x"),
        ] {
            assert!(!is_inside(directory, path), "{directory} {path}");
        }
    }
}
