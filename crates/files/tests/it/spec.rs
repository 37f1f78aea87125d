//! Cases that state what files mean, as text: short enough to be read in a row.
//!
//! ```text
//! == a later file's command counts            a case begins, with its name
//! -- web                                      keys of a service `web`; they begin on line 4 of its file
//! command: [a]
//! -- web                                      the same in a second file, `over.yaml`
//! command: [b]
//! > web.command = ["b"]                       what is read, as JSON; `-` for what is not there
//! ```
//!
//! `-- file NAME` begins a compose file, `-- beside NAME` one that is named by another; `-- with A=1 B=2` sets
//! variables, `-- profiles a b` and `-- env-files a b` what they say; `-- offline` looks at the files as `check` does.
//! A line `! 4: warning[code] key: text` is the beginning of a remark, with the file before the line's number if it is
//! another than `compose.yaml`. Nothing else may be said. Ports, mounts and files stand in one line of text each.

use std::fmt::Write as _;

use muster_files::{DraftStack, Project};
use muster_model::Diagnostic;
use muster_model::desired::{ContainerSpec, Mount, MountSource, Relabel, ServiceSpec};
use serde_json::{Map, Value, json};

use crate::support::{project, source, web_file};

/// One case.
pub struct Case<'a> {
    pub name: &'a str,
    blocks: Vec<(&'a str, String)>,
    facts: Vec<&'a str>,
    remarks: Vec<&'a str>,
}

/// The cases of a text.
pub fn cases(text: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            cases.push(Case {
                name,
                blocks: Vec::new(),
                facts: Vec::new(),
                remarks: Vec::new(),
            });
            continue;
        }
        let Some(case) = cases.last_mut() else {
            assert!(line.is_empty(), "nothing stands before the first case: {line}");
            continue;
        };
        if let Some(block) = line.strip_prefix("-- ") {
            case.blocks.push((block, String::new()));
        } else if let Some(fact) = line.strip_prefix("> ") {
            case.facts.push(fact);
        } else if let Some(remark) = line.strip_prefix("! ") {
            case.remarks.push(remark);
        } else if let Some((_, text)) = case.blocks.last_mut() {
            *text += line;
            text.push('\n');
        } else {
            assert!(line.is_empty(), "{}: in no block: {line}", case.name);
        }
    }
    cases
}

/// Runs all cases of a text and shows every one that fails.
#[track_caller]
pub fn run(text: &str) {
    let failed: String = cases(text).iter().filter_map(Case::failure).collect();
    assert!(failed.is_empty(), "\n{failed}");
}

impl Case<'_> {
    /// What is not as the case says.
    fn failure(&self) -> Option<String> {
        let (project, offline) = self.project();
        let (stack, diagnostics) = if offline {
            (None, muster_files::check(&project))
        } else {
            let reading = muster_files::read(&project);
            (reading.stack, reading.diagnostics)
        };
        let mut wrong = String::new();
        let said: Vec<_> = diagnostics.iter().map(short).collect();
        let as_said =
            said.len() == self.remarks.len() && said.iter().zip(&self.remarks).all(|(a, b)| a.starts_with(b));
        if !as_said {
            let _ = writeln!(wrong, "  said   {said:#?}\n  expect {:#?}", self.remarks);
        }
        let view = view(&project, stack.as_ref());
        for fact in &self.facts {
            let (path, expect) = fact.split_once(" = ").unwrap_or((fact, "-"));
            let found = found(&view, path);
            let expected = (expect != "-").then(|| {
                serde_json::from_str(expect).unwrap_or_else(|error| panic!("{}: {fact}: {error}", self.name))
            });
            if found != expected.as_ref() {
                let found = found.map_or("-".to_owned(), Value::to_string);
                let _ = writeln!(wrong, "  {path}\n    found  {found}\n    expect {expect}");
            }
        }
        if self.facts.is_empty() && self.remarks.is_empty() {
            wrong += "  the case says nothing\n";
        }
        (!wrong.is_empty()).then(|| format!("{}\n{wrong}", self.name))
    }

    fn project(&self) -> (Project, bool) {
        let mut made = project("");
        made.sources.clear();
        let mut offline = false;
        for (block, text) in &self.blocks {
            let (word, rest) = block.split_once(' ').unwrap_or((block, ""));
            let names = || rest.split_whitespace().map(str::to_owned);
            match word {
                "web" if made.sources.is_empty() => {
                    made.sources.push(source("compose.yaml", &web_file(text)))
                }
                "web" => made.sources.push(source("over.yaml", &web_file(text))),
                "file" => made.sources.push(source(rest, text)),
                "beside" => drop(made.support.insert(rest.to_owned(), text.clone().into_bytes())),
                "with" => made.variables.extend(names().map(|pair| {
                    let (name, value) = pair.split_once('=').unwrap();
                    (name.to_owned(), value.to_owned())
                })),
                "profiles" => made.profiles.extend(names()),
                "env-files" => made.env_files.extend(names()),
                "offline" => offline = true,
                _ => panic!("{}: there is no block `{word}`", self.name),
            }
        }
        (made, offline)
    }
}

/// A remark as cases state it.
pub fn short(remark: &Diagnostic) -> String {
    let file = if remark.file == "compose.yaml" {
        String::new()
    } else {
        format!("{}:", remark.file)
    };
    let key = if remark.key.is_empty() {
        String::new()
    } else {
        format!(" {}", remark.key)
    };
    let Diagnostic {
        line,
        severity,
        code,
        message,
        ..
    } = remark;
    format!("{file}{line}: {severity}[{code}]{key}: {message}")
}

fn found<'v>(view: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(view, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    })
}

/// A stack for cases: services by name with their container's keys among their own, `stack`, and what the project
/// names (`named`) and asks for (`asked`).
fn view(project: &Project, stack: Option<&DraftStack>) -> Value {
    let mut view = Map::new();
    let named = muster_files::references(project).into_iter().map(|named| {
        let required = if named.required { "" } else { "?" };
        let outside = if named.outside { " outside" } else { "" };
        format!("{} {:?}{required}{outside}", named.path, named.kind)
    });
    view.insert("named".into(), named.collect());
    view.insert(
        "asked".into(),
        muster_files::variables(project).into_iter().collect(),
    );
    let Some(stack) = stack else {
        return Value::Object(view);
    };
    let names = stack.spec.services.keys();
    view.insert("services".into(), names.map(|name| name.as_str()).collect());
    for (name, spec) in &stack.spec.services {
        view.insert(name.to_string(), service(spec));
    }
    let contents = stack.contents.values().map(|blob| {
        let text = String::from_utf8_lossy(blob.bytes.reveal()).into_owned();
        (blob.name.to_string(), Value::from(text))
    });
    let externals = stack
        .externals
        .values()
        .map(|external| Value::from(external.name.as_str()));
    let parts = json!({
        "name": stack.name.as_ref().map(ToString::to_string),
        "volumes": stack.spec.volumes,
        "contents": contents.collect::<Map<_, _>>(),
        "externals": externals.collect::<Vec<_>>(),
    });
    view.insert("stack".into(), parts);
    Value::Object(view)
}

fn service(spec: &ServiceSpec) -> Value {
    let mut view = container(&spec.unit.primary);
    let sidekicks = spec.unit.sidekicks.iter();
    let own = json!({
        "kind": spec.kind,
        "exclusive": spec.exclusive,
        "scale": spec.scale,
        "depends_on": spec.depends_on,
        "rules": spec.rules,
        "update": spec.update,
        "service_labels": spec.labels,
        "sidekicks": sidekicks.map(|(name, spec)| (name.to_string(), container(spec))).collect::<Map<_, _>>(),
    });
    if let (Value::Object(view), Value::Object(own)) = (&mut view, own) {
        view.extend(own.into_iter().filter(|(_, value)| !value.is_null()));
    }
    view
}

fn container(spec: &ContainerSpec) -> Value {
    let mut view = serde_json::to_value(spec).unwrap();
    let ports = spec.ports.iter().map(|port| {
        let ip = port.host_ip.map(|ip| format!("{ip}:")).unwrap_or_default();
        let host = port.host_port.map_or("?".to_owned(), |port| port.to_string());
        format!("{ip}{host}:{}/{}", port.container_port, port.protocol)
    });
    view["ports"] = ports.collect();
    view["expose"] = spec
        .expose
        .iter()
        .map(|(port, protocol)| format!("{port}/{protocol}"))
        .collect();
    view["mounts"] = spec.mounts.iter().map(mount).collect();
    let hosts = spec.extra_hosts.iter();
    view["extra_hosts"] = hosts.map(|(name, address)| format!("{name}={address}")).collect();
    let files = spec.files.iter().map(|file| {
        let kind = if file.secret { "secret" } else { "config" };
        let mut text = format!("{kind} {} {}", file.name, file.target);
        let mode = file.mode.map(|mode| format!("{mode:o}"));
        let parts = [
            ("uid", file.uid.map(|id| id.to_string())),
            ("gid", file.gid.map(|id| id.to_string())),
            ("mode", mode),
        ];
        for (name, value) in parts {
            text += &value.map(|value| format!(" {name}={value}")).unwrap_or_default();
        }
        text
    });
    view["files"] = files.collect();
    view
}

fn mount(mount: &Mount) -> String {
    let source = match &mount.source {
        MountSource::Volume(name) => format!("volume {name}"),
        MountSource::Anonymous => "volume".to_owned(),
        MountSource::Bind { path, create: true } => format!("bind {path}"),
        MountSource::Bind { path, create: false } => format!("bind existing {path}"),
        MountSource::Tmpfs { size, mode, options } => {
            let size = size.map(|size| format!(" size={size}")).unwrap_or_default();
            let mode = mode.map(|mode| format!(" mode={mode:o}")).unwrap_or_default();
            let options = options
                .iter()
                .map(|option| format!(" {option}"))
                .collect::<String>();
            format!("tmpfs{size}{mode}{options}")
        }
    };
    let read_only = if mount.read_only { " ro" } else { "" };
    let no_copy = if mount.no_copy { " nocopy" } else { "" };
    let propagation = mount
        .propagation
        .iter()
        .map(|word| format!(" {word}"))
        .collect::<String>();
    let subpath = mount
        .subpath
        .iter()
        .map(|path| format!("/{path}"))
        .collect::<String>();
    let label = match mount.relabel {
        Some(Relabel::Shared) => " shared_label",
        Some(Relabel::Private) => " private_label",
        None => "",
    };
    format!(
        "{source}{subpath} {}{label}{read_only}{no_copy}{propagation}",
        mount.target
    )
}

#[test]
fn there_are_three_hundred_cases() {
    use crate::{spec_merge, spec_ports, spec_reuse, spec_values, spec_variables, spec_yaml};
    let texts = [
        ("maps and lists", spec_merge::MAPS_AND_LISTS),
        ("pairs", spec_merge::PAIRS),
        ("what stands for the same", spec_merge::UNIQUE),
        ("tags", spec_merge::TAGS),
        ("ports", spec_ports::PORTS),
        ("volumes", spec_ports::VOLUMES),
        ("contents", spec_ports::CONTENTS),
        ("extends", spec_reuse::EXTENDS),
        ("include", spec_reuse::INCLUDE),
        ("profiles", spec_reuse::PROFILES),
        ("times and sizes", spec_values::TIMES_AND_SIZES),
        ("processes", spec_values::PROCESSES),
        ("the rest of a service", spec_values::THE_REST),
        ("variables in values", spec_variables::IN_VALUES),
        ("variables from files", spec_variables::FILES),
        ("grammar of files of variables", spec_variables::GRAMMAR),
        ("text", spec_yaml::TEXT),
        ("formats", spec_yaml::FORMATS),
    ];
    let mut names = std::collections::BTreeSet::new();
    let mut count = 0;
    for (subject, text) in texts {
        let cases = cases(text);
        println!("{:4} {subject}", cases.len());
        count += cases.len();
        names.extend(cases.iter().map(|case| format!("{subject}: {}", case.name)));
    }
    println!("{count:4} cases");
    assert!(count >= 300);
    assert_eq!(names.len(), count, "every case has a name of its own");
}
