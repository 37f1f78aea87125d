//! Files that were made to take time or memory. Each runs in a process of its own, which measures itself.

use std::process::Command;
use std::time::Duration;

use muster_files::Project;

use crate::spec::short;
use crate::support::project;

/// One of them.
pub struct Bomb {
    name: &'static str,
    project: fn() -> Project,
    /// How the first error begins: `line: error[code]`, with the file before it if it is not the first. Nothing if the
    /// file may be deployed.
    expect: &'static str,
    /// What it may take: three times the milliseconds measured without optimization on a slow core, and MiB beyond its
    /// own files.
    within: (u128, u64),
}

fn bomb(name: &'static str, within: (u128, u64), expect: &'static str, project: fn() -> Project) -> Bomb {
    Bomb {
        name,
        project,
        expect,
        within,
    }
}

pub fn bombs() -> Vec<Bomb> {
    [yaml(), large(), growth(), many(), webs()]
        .into_iter()
        .flatten()
        .collect()
}

/// What YAML itself makes large or deep.
fn yaml() -> Vec<Bomb> {
    vec![
        bomb(
            "lists of aliases, nine times nine times …",
            (57, 44),
            "6: error[too-large]",
            || {
                let level = |i| format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(","));
                text("a0: &a0 [lol]\n", (1..20).map(level))
            },
        ),
        bomb(
            "maps of aliases, twice twice …",
            (84, 62),
            "15: error[too-large]",
            || {
                let level = |i| format!("a{i}: &a{i} {{x: *a{0}, y: *a{0}}}\n", i - 1);
                text("a0: &a0 {x: y}\n", (1..30).map(level))
            },
        ),
        bomb(
            "one alias a hundred thousand times",
            (219, 68),
            "23465: error[too-large]",
            || text("a: &a [1,2,3,4,5,6,7,8,9,10]\nb:\n", again(100_000, "- *a\n")),
        ),
        bomb(
            "an alias of a long text a thousand times",
            (30, 47),
            "16: error[too-large]",
            || {
                let start = format!("a: &a {}\nb:\n", "x".repeat(1 << 20));
                text(&start, again(1_000, "- *a\n"))
            },
        ),
        bomb(
            "merge keys of a thousand maps",
            (90, 68),
            "3: error[too-large]",
            || {
                let keys: String = (0..1_000).map(|i| format!("k{i}: v, ")).collect();
                let merges = "*a, ".repeat(10_000);
                project(&format!(
                    "x-a: &a {{{keys}}}\nservices:\n  web: {{<<: [{merges}]}}\n"
                ))
            },
        ),
        bomb("anchors in one another", (30, 11), "1: error[too-large]", || {
            project(&((0..60).map(|i| format!("&a{i} [")).collect::<String>() + "x" + &"]".repeat(60)))
        }),
        bomb(
            "thirty thousand anchors",
            (354, 38),
            "1: error[unknown-key] a",
            || text("a:\n", (0..30_000).map(|i| format!("- &a{i} x\n"))),
        ),
        bomb("brackets in one another", (30, 8), "1: error[too-deep]", || {
            project(&"[".repeat(1_000_000))
        }),
        bomb("braces in one another", (30, 8), "1: error[too-deep]", || {
            project(&"{a: ".repeat(250_000))
        }),
        bomb(
            "lists over lines in one another",
            (30, 8),
            "1: error[too-deep]",
            || project(&"- ".repeat(500_000)),
        ),
        bomb("questions in one another", (30, 8), "1: error[too-deep]", || {
            project(&"? ".repeat(500_000))
        }),
        bomb("steps in one another", (30, 8), "65: error[too-deep]", || {
            text("", (0..2_000).map(|i| format!("{}a:\n", " ".repeat(i))))
        }),
        bomb(
            "thirty thousand tags",
            (240, 20),
            "1: error[unknown-key] a",
            || text("a:\n", again(30_000, "- !x y\n")),
        ),
        bomb(
            "thirty thousand keys that are none",
            (444, 14),
            "1: error[bad-yaml]",
            || text("", again(30_000, "[a]: b\n")),
        ),
        bomb(
            "the same key fifty thousand times",
            (387, 14),
            "1: error[missing-key] services",
            || text("", again(50_000, "a:\n")),
        ),
        bomb(
            "a key twice, deep down, twenty thousand times",
            (393, 8),
            "1: error[unknown-key]",
            || {
                let start: String = (0..60)
                    .map(|i| format!("{}{}:\n", " ".repeat(i), "k".repeat(1_000)))
                    .collect();
                text(&start, again(20_000, &format!("{}a: 1\n", " ".repeat(61))))
            },
        ),
        bomb(
            "thirty thousand aliases of nothing",
            (156, 17),
            "2: error[bad-yaml]",
            || text("a:\n", again(30_000, "- *b\n")),
        ),
    ]
}

/// What is large and else in order.
fn large() -> Vec<Bomb> {
    vec![
        bomb("50 MB", (30, 8), "0: error[too-large]", || {
            project(&"a".repeat(50_000_000))
        }),
        bomb("one line of 8 MB", (105, 59), "", || {
            project(&format!(
                "services: {{web: {{image: a, user: {}}}}}\n",
                "u".repeat(8_000_000)
            ))
        }),
        bomb("1 MB of empty lines", (129, 8), "1: error[missing-key]", || {
            project(&"\n".repeat(1_000_000))
        }),
        bomb("1 MB of comments", (96, 8), "1: error[missing-key]", || {
            project(&"# x\n".repeat(250_000))
        }),
        bomb("1 MB of spaces", (87, 8), "1: error[missing-key]", || {
            project(&" ".repeat(1_000_000))
        }),
        bomb("1 MB of quotes", (159, 11), "1: error[bad-yaml]", || {
            project(&"'".repeat(1_000_001))
        }),
        bomb(
            "1 MB of dollars",
            (30, 8),
            "4: error[bad-interpolation] services.web.user",
            || web(&format!("user: {}", "$".repeat(1_000_000))),
        ),
        bomb(
            "variables in one another's defaults",
            (30, 8),
            "4: error[bad-interpolation] services.web.user",
            || web(&format!("user: \"{}\"", "${A:-".repeat(200_000))),
        ),
        bomb(
            "two hundred thousand variables",
            (30, 11),
            "4: error[bad-interpolation] services.web.user",
            || web(&format!("user: \"{}\"", "$A".repeat(200_000))),
        ),
        bomb(
            "a name of 64 KB for everything",
            (30, 17),
            "1: error[bad-name] name",
            || {
                let name = "n".repeat(65_536);
                project(&format!(
                    "name: {name}\nservices:\n  ? {name}\n  : {{image: a}}\n  web:\n    image: a\n    ? {name}\n    : 1\n    \
                 volumes: ['{name}:/a']\n    secrets: [{name}]\n    depends_on: [{name}]\n    networks: [{name}]\n    \
                 labels: ['io.rancher.{name}=1']\n    extends: {name}\nvolumes:\n  ? {name}\n  :\n"
                ))
            },
        ),
    ]
}

/// What grows by variables, files, `extends`, `include`.
fn growth() -> Vec<Bomb> {
    vec![
        bomb(
            "a large variable many times",
            (30, 44),
            "4: error[too-large] services.web.user",
            || {
                let mut made = web(&format!("user: \"{}\"", "$A".repeat(9_000)));
                made.variables.insert("A".into(), "x".repeat(1 << 17));
                made
            },
        ),
        bomb(
            "a large variable passed on to many services",
            (759, 35),
            ".env:1: error[too-large]",
            || {
                let mut made =
                    services((0..2_000).map(|i| format!("  s{i}: {{image: a, environment: [A]}}\n")));
                made.support
                    .insert(".env".into(), format!("A={}\n", "x".repeat(7 << 20)).into());
                made
            },
        ),
        bomb(
            "variables of a file that double one another",
            (42, 65),
            "a.env:20: error[too-large]",
            || {
                let lines: String = (1..100).map(|i| format!("A{i}=$A{0}$A{0}\n", i - 1)).collect();
                with_file(web("env_file: a.env"), "a.env", format!("A0=xxxxxxxxxx\n{lines}"))
            },
        ),
        bomb(
            "the same in `.env`",
            (36, 62),
            ".env:20: error[too-large]",
            || {
                let lines: String = (1..100).map(|i| format!("A{i}=$A{0}$A{0}\n", i - 1)).collect();
                with_file(web("user: u"), ".env", format!("A0=xxxxxxxxxx\n{lines}"))
            },
        ),
        bomb(
            "one large file of variables for two thousand services",
            (1089, 86),
            "a.env:0: error[too-large]",
            || {
                let lines: String = (0..1_000)
                    .map(|i| format!("A{i}={}\n", "x".repeat(4_000)))
                    .collect();
                let made = services((0..2_000).map(|i| format!("  s{i}: {{image: a, env_file: a.env}}\n")));
                with_file(made, "a.env", lines)
            },
        ),
        bomb(
            "one large file of labels many times",
            (1035, 71),
            "a:0: error[too-large]",
            || {
                let lines: String = (0..1_000)
                    .map(|i| format!("A{i}={}\n", "x".repeat(4_000)))
                    .collect();
                with_file(
                    web(&format!("label_file: [{}]", "a, ".repeat(100_000))),
                    "a",
                    lines,
                )
            },
        ),
        bomb(
            "one large secret under ten thousand names",
            (408, 128),
            "1059: error[too-large] secrets.s1056",
            || {
                let names = (0..10_000).map(|i| format!("  s{i}: {{file: s}}\n"));
                let made = text("services: {web: {image: a}}\nsecrets:\n", names);
                with_file(made, "s", "x".repeat(500 << 10))
            },
        ),
        bomb(
            "a large service extended by many",
            (777, 146),
            "2: error[too-large] services.s74",
            || {
                let large: String = (0..2_000).map(|i| format!("K{i}=v,")).collect();
                let base = format!("  s0: {{image: a, environment: [{large}]}}\n");
                let rest = (1..2_000).map(|i| format!("  s{i}: {{extends: s0}}\n"));
                services(std::iter::once(base).chain(rest))
            },
        ),
        bomb(
            "twenty thousand services that extend one another",
            (504, 47),
            "1: error[too-many] services",
            || services((0..20_000).map(|i| format!("  s{i}: {{extends: s{}}}\n", i + 1))),
        ),
        bomb(
            "two thousand services that extend nothing",
            (276, 47),
            "2: error[undefined] services.s0.extends",
            || services((0..2_000).map(|i| format!("  s{i}: {{extends: t{i}}}\n"))),
        ),
        bomb(
            "files that include ten others, twelve deep",
            (99, 14),
            "f11:1: error[too-large] include[0]",
            || {
                let mut made = project(&format!(
                    "services: {{web: {{image: a}}}}\ninclude: [{}]\n",
                    "f0, ".repeat(10)
                ));
                made.support.insert("f12".into(), "services: {}\n".into());
                for i in 0..12 {
                    let next = format!("f{}, ", i + 1).repeat(10);
                    made.support.insert(
                        format!("f{i}"),
                        format!("include: [{next}]\nservices: {{}}\n").into(),
                    );
                }
                made
            },
        ),
        bomb(
            "files that include one another in a row",
            (30, 14),
            "f14:1: error[cycle] include[0]",
            || {
                let mut made = project("services: {web: {image: a}}\ninclude: [f0]\n");
                for i in 0..1_000 {
                    made.support.insert(
                        format!("f{i}"),
                        format!("include: [f{}]\nservices: {{}}\n", i + 1).into(),
                    );
                }
                made
            },
        ),
        bomb(
            "one large file included many times",
            (1548, 20),
            "2: error[too-large] include[",
            || {
                let large: String = (0..5_000).map(|i| format!("  v{i}: \n")).collect();
                let made = project(&format!(
                    "services: {{web: {{image: a}}}}\ninclude: [{}]\n",
                    "f, ".repeat(1_000)
                ));
                with_file(made, "f", format!("volumes:\n{large}"))
            },
        ),
    ]
}

/// What there is too many of.
fn many() -> Vec<Bomb> {
    vec![
        bomb(
            "ten thousand services",
            (240, 29),
            "1: error[too-many] services",
            || services((0..10_000).map(|i| format!("  s{i}: {{image: a}}\n"))),
        ),
        bomb(
            "ten thousand services in version 1",
            (303, 29),
            "1: error[too-many] services",
            || text("", (0..10_000).map(|i| format!("s{i}: {{image: a}}\n"))),
        ),
        bomb(
            "ten thousand services of a pair",
            (609, 47),
            "docker-compose.yml:1: error[too-many] services",
            || {
                let lines = |keys: &str| {
                    (0..10_000)
                        .map(|i| format!("s{i}: {{{keys}}}\n"))
                        .collect::<String>()
                };
                let mut made = project(&lines("image: a"));
                made.sources[0].path = "docker-compose.yml".into();
                with_file(made, "rancher-compose.yml", lines("scale: 2"))
            },
        ),
        bomb("fifty thousand mounts", (549, 71), "", || {
            web(&format!(
                "volumes: [{}]",
                (0..50_000).map(|i| format!("/a{i}, ")).collect::<String>()
            ))
        }),
        bomb("the same mount thirty thousand times", (234, 20), "", || {
            web(&format!("volumes: [{}]", "/a, ".repeat(30_000)))
        }),
        bomb(
            "fifty thousand ports, most of them again and again",
            (489, 23),
            "",
            || {
                let ports: String = (1..4_096).map(|i| format!("{i}, ")).collect();
                web(&format!("ports: [{ports}{}]", "4095, ".repeat(50_000)))
            },
        ),
        bomb(
            "ranges of all ports",
            (99, 17),
            "4: error[too-many] services.web.ports[0]",
            || web(&format!("ports: [{}]", "1-65535, ".repeat(20_000))),
        ),
        bomb(
            "open ranges of all ports",
            (93, 14),
            "4: error[too-many] services.web.expose[0]",
            || web(&format!("expose: [{}]", "1-65535, ".repeat(20_000))),
        ),
        bomb(
            "ten thousand unknown keys",
            (366, 20),
            "4: error[unknown-key] services.web.imag0",
            || web(&(0..10_000).map(|i| format!("imag{i}: x\n")).collect::<String>()),
        ),
        bomb(
            "ten thousand unknown keys of the root",
            (618, 44),
            "2: error[unknown-key] servic0",
            || {
                text(
                    "services: {web: {image: a}}\n",
                    (0..10_000).map(|i| format!("servic{i}: {{a: {{image: a}}}}\n")),
                )
            },
        ),
        bomb("ten thousand unknown labels", (1374, 23), "", || {
            let labels = (0..10_000)
                .map(|i| format!("  io.rancher.contain{i}: x\n"))
                .collect::<String>();
            web(&format!("labels:\n{labels}"))
        }),
        bomb(
            "twenty thousand volumes, none of them declared",
            (765, 68),
            "",
            || {
                let volumes: String = (0..20_000).map(|i| format!("v{i}:/a{i}, ")).collect();
                let declared = (0..20_000).map(|i| format!("  w{i}:\n"));
                text(
                    &format!("services: {{web: {{image: a, volumes: [{volumes}]}}}}\nvolumes:\n"),
                    declared,
                )
            },
        ),
        bomb(
            "twenty thousand secrets, none of them declared",
            (861, 62),
            "1: error[undefined] services.web.secrets",
            || {
                let secrets: String = (0..20_000).map(|i| format!("v{i}, ")).collect();
                let declared = (0..20_000).map(|i| format!("  w{i}: {{content: x}}\n"));
                text(
                    &format!("services: {{web: {{image: a, secrets: [{secrets}]}}}}\nsecrets:\n"),
                    declared,
                )
            },
        ),
        bomb("twenty thousand hosts of one name", (273, 29), "", || {
            let hosts = "a:10.0.0.1, ".repeat(20_000);
            let mut made = web(&format!("extra_hosts: [{hosts}]"));
            made.sources.push(made.sources[0].clone());
            made
        }),
    ]
}

/// What refers to one another in every way.
fn webs() -> Vec<Bomb> {
    vec![
        bomb(
            "services that all wait for one another",
            (537, 53),
            "2: error[cycle] services.s0.depends_on",
            || {
                let names: String = (0..250).map(|i| format!("s{i}, ")).collect();
                services((0..250).map(|i| format!("  s{i}: {{image: a, depends_on: [{names}]}}\n")))
            },
        ),
        bomb(
            "two thousand services in one circle",
            (204, 56),
            "2: error[cycle] services.s0.depends_on",
            || {
                services(
                    (0..2_000).map(|i| format!("  s{i}: {{image: a, depends_on: [s{}]}}\n", (i + 1) % 2_000)),
                )
            },
        ),
        bomb(
            "services that wait for services that are not there",
            (597, 50),
            "2: error[undefined] services.s0.depends_on",
            || {
                services((0..500).map(|i| {
                    let names: String = (0..100).map(|j| format!("t{j}x{i}, ")).collect();
                    format!("  s{i}: {{image: a, depends_on: [{names}]}}\n")
                }))
            },
        ),
        bomb(
            "sidekicks that all see one another's volumes",
            (561, 74),
            "3: error[too-large] services.s0.volumes_from",
            || {
                let names: Vec<_> = (0..150).map(|i| format!("s{i}")).collect();
                let primary = format!(
                    "  web: {{image: a, labels: {{io.rancher.sidekicks: '{}'}}}}\n",
                    names.join(",")
                );
                let volumes = |i: usize| (0..100).map(|j| format!("/h:/v{i}x{j}, ")).collect::<String>();
                let rest = (0..150).map(move |i| {
                    let (from, volumes) = (names.join(", "), volumes(i));
                    format!("  s{i}: {{image: a, volumes_from: [{from}], volumes: [{volumes}]}}\n")
                });
                services(std::iter::once(primary).chain(rest.collect::<Vec<_>>()))
            },
        ),
        bomb(
            "sidekicks that are not there",
            (264, 56),
            "2: error[undefined] services.web.labels.io.rancher.sidekicks",
            || {
                let names: String = (0..20_000).map(|i| format!("t{i},")).collect();
                let primary = format!("  web: {{image: a, labels: {{io.rancher.sidekicks: '{names}'}}}}\n");
                services(
                    std::iter::once(primary).chain((0..1_999).map(|i| format!("  s{i}: {{image: a}}\n"))),
                )
            },
        ),
        bomb("links and namespaces in a circle", (315, 56), "", || {
            services((0..2_000).map(|i| {
                let next = (i + 1) % 2_000;
                format!("  s{i}: {{image: a, network_mode: 'service:s{next}', pid: 'service:s{next}', links: [s{next}], volumes_from: [s{next}]}}\n")
            }))
        }),
    ]
}

fn text(start: &str, lines: impl Iterator<Item = String>) -> Project {
    project(&(start.to_owned() + &lines.collect::<String>()))
}

fn again(times: usize, line: &str) -> impl Iterator<Item = String> {
    std::iter::repeat_n(line.to_owned(), times)
}

fn services(lines: impl IntoIterator<Item = String>) -> Project {
    text("services:\n", lines.into_iter())
}

fn web(keys: &str) -> Project {
    project(&crate::support::web_file(keys))
}

fn with_file(mut made: Project, path: &str, text: String) -> Project {
    made.support.insert(path.into(), text.into_bytes());
    made
}

const WHICH: &str = "MUSTER_TEST_BOMB";

#[test]
fn bombs_take_little_time_and_memory() {
    let all = bombs();
    println!("{} bombs", all.len());
    // Two at a time: each counts what it computes itself, not what passes.
    let halves = all.split_at(all.len() / 2);
    let failed: String = std::thread::scope(|scope| {
        let threads = [halves.0, halves.1]
            .map(|half| scope.spawn(|| half.iter().filter_map(failure).collect::<String>()));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "\n{failed}");
}

/// Runs one, and says what is not as it should be.
fn failure(bomb: &Bomb) -> Option<String> {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "hostile_bombs::one_in_this_process",
            "--ignored",
            "--nocapture",
        ])
        .env(WHICH, bomb.name)
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    let result = printed.lines().find_map(|line| line.strip_prefix("bomb "));
    println!("{:60} {}", bomb.name, result.unwrap_or("-"));
    let errors = String::from_utf8_lossy(&output.stderr);
    (!output.status.success()).then(|| format!("{}\n{printed}{errors}\n", bomb.name))
}

/// Memory that this process had at most, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap()
}

#[test]
#[ignore = "the test above runs it, once for each"]
fn one_in_this_process() {
    let name = std::env::var(WHICH).unwrap_or_default();
    let Some(bomb) = bombs().into_iter().find(|bomb| bomb.name == name) else {
        return;
    };
    let project = (bomb.project)();
    let (memory, started) = (peak(), computed());
    let reading = muster_files::read(&project);
    let (took, memory) = ((computed() - started).as_millis(), (peak() - memory) >> 10);
    let first = reading
        .diagnostics
        .iter()
        .find(|remark| remark.severity == muster_model::Severity::Error);
    let first = first.map(short).unwrap_or_default();
    println!("bomb {took} ms {memory} MiB {first:.100}");
    let as_said = if bomb.expect.is_empty() {
        first.is_empty()
    } else {
        first.starts_with(bomb.expect)
    };
    assert!(as_said, "expected {}", bomb.expect);
    assert!(
        took <= bomb.within.0 && memory <= bomb.within.1,
        "expected within {:?}",
        bomb.within
    );
}

fn computed() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}
