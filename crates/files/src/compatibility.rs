//! The page about compatibility, printed from the tables that the readers use.

use std::fmt::Write as _;

use muster_model::Severity;

use crate::catalogue::{self, Here, Maps, Row};
use crate::code::Code;
use crate::rancher_compose::labels;

/// Markdown: what is done with every key of every format, and all kinds of remarks.
pub fn compatibility() -> String {
    let mut page = String::from(HEAD);
    page.push_str("\n## Root of a compose file\n\n");
    table(&mut page, &catalogue::root());
    maps(&mut page, catalogue::root_maps());
    for (title, rows) in catalogue::service() {
        let _ = write!(page, "\n## Service: {title}\n\n");
        table(&mut page, &rows);
        maps(&mut page, catalogue::service_maps(title));
    }
    page.push_str("\n## Labels `io.rancher.*`\n\nOther labels of this prefix are named in a remark.\n\n");
    table(&mut page, &catalogue::rows("", labels::LABELS));
    page.push_str(CODES);
    for code in Code::ALL {
        let (name, meaning) = (code.name(), code.meaning());
        let _ = writeln!(page, "| `{name}` | {} | {meaning} |", severities(*code));
    }
    page
}

const HEAD: &str = "\
# Compatibility

What Muster does with every key of every compose format: files without `services:` (version 1), versions 2.x and 3.x,
today's Compose Specification, and Rancher's `rancher-compose.yml` and labels. `version` is not asked about: a key means
the same in every format, but for what is said below.

**yes** is acted on, with the difference that stands beside it. **in part** is acted on as far as is said beside it,
and the rest is reported. **not yet** is understood, reported with what happens
instead, and changes nothing. **kept** is read, checked and kept for a capability that is still to come; it is reported,
and changes nothing now. **no effect** has nothing to act on here and is not reported. A key that is in no table is
a mistake: an error, or a warning in files of version 1 and in `rancher-compose.yml`, whose tools passed over such keys. Keys that begin with `x-` are
your own. **since** is the version of Muster that first did it.

This page is printed from the tables that the reader itself uses (`crates/files`); a test compares them.

## Variables, several files

| what | here |
|---|---|
| `$NAME`, `${NAME}` and `:-` `-` `:?` `?` `:+` `+`, in one another; `$$` | yes; a `$` before anything else stays, as in `$1` and `$(date)` |
| a variable without value and default | an error when deploying, a warning of `muster check`; other tools take an empty text |
| `.env` beside the first file, `--env-file` | yes; whoever deploys wins over them |
| `env_file` and `.env`: `export`, comments, quotes, values over several lines, variables | yes |
| questions of a catalog's `rancher-compose.yml` | their defaults are used; an empty one of a question that must be answered is none |
| several files | merged as the Compose Specification says, with `!reset` and `!override` |
| `COMPOSE_FILE`, `COMPOSE_PATH_SEPARATOR`, `COMPOSE_PROFILES`, of the shell or of `.env`; `COMPOSE_ENV_FILES` of the shell | where no flag says it; profiles are added |
| `COMPOSE_PROJECT_NAME` | is the stack's name inside of files; what a stack is called, whoever deploys it says |
| other variables `COMPOSE_*` | mean nothing |
| anchors, aliases, merge keys (`<<`) | yes, up to a size |
| a key twice in one map | a warning; the last one counts |
| templates (`{{ … }}`) | refused; render them first |
| `yes`, `on`, `0755`, `22:22`, `1.10` | stay the text they are, unless the key takes a flag or a number |
| services whose image is a part of Rancher: `rancher/lb-service-haproxy`, `rancher/load-balancer-service`, `rancher/external-service`, `rancher/dns-service` | kept, with what they say of targets; nothing runs for them. `rancher/none` is left out |
| relative host paths (`./data:/data`) | an error when deploying, unless the project's directory is on the hosts; a warning of `muster check` |
";

const HEADER: &str = "| key | here | since | how |\n|---|---|---|---|\n";

const CODES: &str = "
## Kinds of remarks

Every remark has one of these names, which do not change, and a place: file, line, column, key. Where two severities
stand, the second is that of `muster check`, which cannot know what only a deployment has.

| name | severity | says |
|---|---|---|
";

fn severities(code: Code) -> String {
    let words = |severity: Severity| severity.to_string();
    let (deployed, offline) = (words(code.severity()), words(code.severity_offline()));
    if deployed == offline {
        deployed
    } else {
        format!("{deployed}, {offline}")
    }
}

fn table(page: &mut String, rows: &[Row]) {
    page.push_str(HEADER);
    for row in rows {
        let here = match row.here {
            Here::Yes => "yes",
            Here::InPart => "in part",
            Here::Kept => "kept",
            Here::NotYet => "not yet",
            Here::NoEffect => "no effect",
        };
        let about = row.about.replace('|', "\\|");
        let since = match row.here {
            Here::NotYet | Here::NoEffect => "",
            _ => row.since,
        };
        let _ = writeln!(page, "| `{}` | {here} | {since} | {about} |", row.path);
    }
}

fn maps(page: &mut String, maps: Maps) {
    for (path, rows) in maps {
        let _ = write!(page, "\n### `{path}`\n\n");
        table(page, &rows);
    }
}
