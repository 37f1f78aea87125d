//! Keys of a service, one line a case: what is written, what the container gets.

use muster_model::desired::{
    ContainerSpec, DeviceRequest, DiskLimits, Healthcheck, HealthcheckTest, Logging, PullPolicy, Resources,
    RestartPolicy, Ulimit,
};

use crate::support::{container, project, said_of, service};

/// The container of a service with `keys` is the plain one with `change`; nothing is said.
#[track_caller]
fn check(keys: &str, change: impl FnOnce(&mut ContainerSpec)) {
    assert_eq!(said_of(keys), [""; 0], "{keys}");
    let mut expect = container("");
    change(&mut expect);
    assert_eq!(container(keys), expect, "{keys}");
}

/// One remark is made, whose text begins so after its place.
#[track_caller]
fn refuse(keys: &str, expect: &str) {
    let said = said_of(keys);
    let [one] = said.as_slice() else {
        panic!("{keys}: {said:#?}");
    };
    let (_, text) = one.split_once(": ").unwrap();
    assert!(
        text.starts_with(expect),
        "{keys}\n  said   {text}\n  expect {expect}"
    );
}

fn words(words: &[&str]) -> Option<Vec<String>> {
    Some(words.iter().map(ToString::to_string).collect())
}

#[test]
fn image() {
    check("image: nginx", |_| ());
    for (policy, expect) in [
        ("always", PullPolicy::Always),
        ("missing", PullPolicy::Missing),
        ("if_not_present", PullPolicy::Missing),
        ("never", PullPolicy::Never),
    ] {
        check(&format!("pull_policy: {policy}"), |c| c.pull = expect);
    }
    refuse(
        "pull_policy: daily",
        "unsupported[unsupported] services.web.pull_policy: `daily`",
    );
    refuse(
        "pull_policy: sometimes",
        "error[bad-value] services.web.pull_policy: `sometimes` is not",
    );
    refuse(
        "image: '../x'",
        "error[bad-value] services.web.image: `../x` is not an image",
    );
    refuse(
        "image: [nginx]",
        "error[wrong-type] services.web.image: `image` takes a single value; found a list",
    );
    refuse(
        "build: .",
        "error[needs-image] services.web.build: the service is built from source",
    );
    refuse(
        "image: nginx\nbuild: .",
        "note[difference] services.web.build: nothing is built; `nginx` is used",
    );
    check("platform: linux/arm64", |c| {
        c.platform = Some("linux/arm64".into())
    });
    refuse(
        "platform: linux arm64",
        "error[bad-value] services.web.platform: `linux arm64` is not a platform",
    );
    check("runtime: runc", |c| c.runtime = Some("runc".into()));
    check("container_name: web", |_| ());
    refuse(
        "container_name: my-web",
        "note[difference] services.web.container_name: the container gets another name",
    );
}

#[test]
fn commands() {
    check("command: serve --port 80", |c| {
        c.command = words(&["serve", "--port", "80"])
    });
    check("command: sh -c 'a && b'", |c| {
        c.command = words(&["sh", "-c", "a && b"])
    });
    check("command: [serve, 80, true]", |c| {
        c.command = words(&["serve", "80", "true"])
    });
    check("command: ''", |c| c.command = words(&[]));
    check("command: []", |c| c.command = words(&[]));
    check("command:", |_| ());
    check("command: >\n  serve\n  --port 80", |c| {
        c.command = words(&["serve", "--port", "80"])
    });
    check("entrypoint: /start.sh a", |c| {
        c.entrypoint = words(&["/start.sh", "a"])
    });
    check("entrypoint: [\"/start.sh\"]", |c| {
        c.entrypoint = words(&["/start.sh"])
    });
    refuse(
        "command: a && b",
        "warning[shell-syntax] services.web.command: `&&` is given to the program as it is",
    );
    refuse(
        "command: a 'b",
        "error[bad-value] services.web.command: a `'` in the command has nothing to close it",
    );
    refuse(
        "command: {a: b}",
        "error[wrong-type] services.web.command: `command` takes a single value; found a map",
    );
}

#[test]
fn process() {
    check("user: 1000:1000", |c| c.user = Some("1000:1000".into()));
    check("user: 1000", |c| c.user = Some("1000".into()));
    check("working_dir: /app", |c| c.working_dir = Some("/app".into()));
    check("hostname: h", |c| c.hostname = Some("h".into()));
    check("domainname: example.com", |c| {
        c.domainname = Some("example.com".into())
    });
    check("tty: true", |c| c.tty = true);
    check("tty: 'yes'", |c| c.tty = true);
    check("stdin_open: on", |c| c.stdin_open = true);
    check("init: false", |c| c.init = Some(false));
    check("read_only: true", |c| c.read_only = true);
    check("stop_signal: SIGINT", |c| c.stop_signal = Some("SIGINT".into()));
    check("stop_grace_period: 1m30s", |c| c.stop_grace_ms = Some(90_000));
    check("group_add: [audio, 44]", |c| {
        c.group_add = vec!["audio".into(), "44".into()]
    });
    check("privileged: true", |c| c.privileged = true);
    refuse(
        "tty: maybe",
        "error[bad-value] services.web.tty: `maybe` is not `true` or `false`",
    );
    refuse(
        "stop_grace_period: 10",
        "error[bad-value] services.web.stop_grace_period: `10` is not a time such as",
    );
    refuse(
        "develop: {watch: []}",
        "unsupported[unsupported] services.web.develop: `develop` is not acted on",
    );
}

#[test]
fn restart() {
    for (text, expect) in [
        ("always", RestartPolicy::Always),
        ("unless-stopped", RestartPolicy::Always),
        ("no", RestartPolicy::No),
        ("'no'", RestartPolicy::No),
        ("on-failure", RestartPolicy::OnFailure(None)),
        ("on-failure:3", RestartPolicy::OnFailure(Some(3))),
    ] {
        check(&format!("restart: {text}"), |c| c.restart = expect);
    }
    check("deploy: {restart_policy: {condition: none}}", |c| {
        c.restart = RestartPolicy::No
    });
    check(
        "restart: always\ndeploy: {restart_policy: {condition: on-failure, max_attempts: 2}}",
        |c| {
            c.restart = RestartPolicy::OnFailure(Some(2));
        },
    );
    check(
        "deploy: {restart_policy: {max_attempts: 2, delay: 5s, window: 1m}}",
        |c| {
            c.restart = RestartPolicy::AtMost(2);
            c.restart_pace.delay_ms = Some(5_000);
            c.restart_pace.window_ms = Some(60_000);
        },
    );
    refuse(
        "restart: sometimes",
        "error[bad-value] services.web.restart: `sometimes` is not",
    );
    refuse(
        "restart: on-failure:x",
        "error[bad-value] services.web.restart: `on-failure:x` is not",
    );
}

#[test]
fn environment_and_labels() {
    let set = |c: &mut ContainerSpec| {
        c.environment = [("A", "1"), ("B", ""), ("C", "x=y")]
            .map(|(k, v)| (k.into(), v.into()))
            .into();
    };
    check("environment: {A: 1, B: '', C: x=y}", set);
    check("environment: [A=1, B=, C=x=y]", set);
    check("environment:\n  - A: 1\n  - B=\n  - C=x=y", set);
    check("labels: {a.b: c, d:}", |c| {
        c.labels = [("a.b", "c"), ("d", "")]
            .map(|(k, v)| (k.into(), v.into()))
            .into()
    });
    check("labels: [a.b=c, d]", |c| {
        c.labels = [("a.b", "c"), ("d", "")]
            .map(|(k, v)| (k.into(), v.into()))
            .into()
    });
    refuse(
        "environment: [A]",
        "warning[left-unset] services.web.environment.A: `A` is passed on from outside",
    );
    refuse(
        "environment: {A: [1]}",
        "error[wrong-type] services.web.environment.A: `A` takes a single value",
    );
    refuse(
        "environment: A=1",
        "error[wrong-type] services.web.environment: `environment` takes a map or a list",
    );
    refuse(
        "environment: [=1]",
        "error[bad-value] services.web.environment[0]: a value stands here without a name",
    );
    refuse(
        "labels: {io.muster.unit: x}",
        "error[reserved-label] services.web.labels.io.muster.unit: labels that begin",
    );
}

#[track_caller]
fn resources(keys: &str, expect: Resources) {
    check(keys, |c| c.resources = expect);
}

fn default() -> Resources {
    Resources::default()
}

#[test]
fn limits() {
    resources(
        "mem_limit: 512m",
        Resources {
            memory: Some(512 << 20),
            ..default()
        },
    );
    resources(
        "mem_limit: 1048576",
        Resources {
            memory: Some(1 << 20),
            ..default()
        },
    );
    resources(
        "deploy: {resources: {limits: {memory: 1.5G}}}",
        Resources {
            memory: Some(3 << 29),
            ..default()
        },
    );
    resources(
        "mem_limit: 1g\ndeploy: {resources: {limits: {memory: 1024m}}}",
        Resources {
            memory: Some(1 << 30),
            ..default()
        },
    );
    resources(
        "mem_reservation: 64m",
        Resources {
            memory_reservation: Some(64 << 20),
            ..default()
        },
    );
    resources(
        "memswap_limit: -1",
        Resources {
            memory_swap: Some(-1),
            ..default()
        },
    );
    resources(
        "memswap_limit: 1g",
        Resources {
            memory_swap: Some(1 << 30),
            ..default()
        },
    );
    resources(
        "cpus: 0.5",
        Resources {
            milli_cpus: Some(500),
            ..default()
        },
    );
    resources(
        "cpus: '1.25'",
        Resources {
            milli_cpus: Some(1_250),
            ..default()
        },
    );
    resources(
        "cpu_quota: 50000",
        Resources {
            milli_cpus: Some(500),
            ..default()
        },
    );
    resources(
        "cpu_quota: 50000\ncpu_period: 25000",
        Resources {
            milli_cpus: Some(2_000),
            ..default()
        },
    );
    resources("cpu_quota: -1", default());
    resources(
        "cpu_shares: 512",
        Resources {
            cpu_shares: Some(512),
            ..default()
        },
    );
    resources(
        "cpuset: 0-2,4",
        Resources {
            cpuset: Some("0-2,4".into()),
            ..default()
        },
    );
    resources(
        "cpuset: 1",
        Resources {
            cpuset: Some("1".into()),
            ..default()
        },
    );
    resources(
        "pids_limit: 100",
        Resources {
            pids: Some(100),
            ..default()
        },
    );
    resources(
        "shm_size: 64m",
        Resources {
            shm_size: Some(64 << 20),
            ..default()
        },
    );
    resources(
        "oom_score_adj: -500",
        Resources {
            oom_score_adj: Some(-500),
            ..default()
        },
    );
    resources(
        "milli_cpu_reservation: 250",
        Resources {
            milli_cpus_reservation: Some(250),
            ..default()
        },
    );
    let reserved = Resources {
        milli_cpus_reservation: Some(250),
        memory_reservation: Some(1 << 20),
        ..default()
    };
    resources(
        "deploy: {resources: {reservations: {cpus: 0.25, memory: 1m}}}",
        reserved,
    );
    refuse(
        "mem_limit: lots",
        "error[bad-value] services.web.mem_limit: `lots` is not a size",
    );
    refuse(
        "mem_limit: -1",
        "error[bad-value] services.web.mem_limit: `-1` is not a size",
    );
    refuse(
        "cpus: two",
        "error[bad-value] services.web.cpus: `two` is not a number of processors",
    );
    refuse(
        "mem_limit: 1g\ndeploy: {resources: {limits: {memory: 2g}}}",
        "error[conflict] services.web.mem_limit",
    );
    check("oom_kill_disable: false", |_| ());
    resources(
        "oom_kill_disable: true",
        Resources {
            oom_kill_disable: true,
            ..default()
        },
    );
    resources(
        "mem_swappiness: 0",
        Resources {
            swappiness: Some(0),
            ..default()
        },
    );
    refuse(
        "mem_swappiness: 101",
        "error[bad-value] services.web.mem_swappiness: `101` is not a number from 0 to 100",
    );
    resources(
        "cpu_rt_period: 1000000\ncpu_rt_runtime: 400ms",
        Resources {
            realtime_period_us: Some(1_000_000),
            realtime_runtime_us: Some(400_000),
            ..default()
        },
    );
    refuse(
        "cpu_percent: 50",
        "unsupported[unsupported] services.web.cpu_percent",
    );
    check("isolation: default", |_| ());
}

#[test]
fn disks() {
    let sda = |value| [("/dev/sda".to_owned(), value)].into();
    let expect = Resources {
        disks: DiskLimits {
            weight: Some(300),
            weights: [("/dev/sda".to_owned(), 400)].into(),
            read_bps: sda(10 << 20),
            write_bps: sda(1024),
            read_iops: sda(100),
            write_iops: sda(200),
        },
        ..default()
    };
    let of_old = "blkio_weight: 300\nblkio_weight_device: ['/dev/sda:400']\ndevice_read_bps: ['/dev/sda:10m']\ndevice_write_bps: {/dev/sda: 1k}\ndevice_read_iops: ['/dev/sda:100']\ndevice_write_iops: {/dev/sda: 200}";
    resources(of_old, expect.clone());
    let today = "blkio_config: {weight: 300, weight_device: [{path: /dev/sda, weight: 400}], device_read_bps: [{path: /dev/sda, rate: 10mb}], device_write_bps: [{path: /dev/sda, rate: 1024}], device_read_iops: [{path: /dev/sda, rate: 100}], device_write_iops: [{path: /dev/sda, rate: 200}]}";
    resources(today, expect);
    refuse(
        "blkio_weight: 5",
        "error[bad-value] services.web.blkio_weight: `5` is not a weight",
    );
    refuse(
        "device_read_bps: ['sda:1m']",
        "error[bad-value] services.web.device_read_bps.sda: `sda` is not the path of a device",
    );
    refuse(
        "blkio_config: {device_read_bps: [{path: /dev/sda}]}",
        "error[wrong-type] services.web.blkio_config.device_read_bps[0]: `device_read_bps` takes a map with `path`",
    );
}

#[test]
fn devices_that_a_driver_gives() {
    let gpu = |change: fn(&mut DeviceRequest)| {
        move |c: &mut ContainerSpec| {
            let mut request = DeviceRequest {
                count: Some(-1),
                capabilities: vec!["gpu".into()],
                ..DeviceRequest::default()
            };
            change(&mut request);
            c.device_requests = vec![request];
        }
    };
    check("gpus: all", gpu(|_| ()));
    check(
        "gpus: [{count: 2, driver: nvidia}]",
        gpu(|r| (r.count, r.driver) = (Some(2), Some("nvidia".into()))),
    );
    let one = gpu(|r| {
        (r.count, r.ids) = (None, vec!["0".into()]);
        r.options = [("a".into(), "b".into())].into();
    });
    check(
        "deploy: {resources: {reservations: {devices: [{device_ids: ['0'], capabilities: [gpu], options: {a: b}}]}}}",
        one,
    );
    check("devices: ['nvidia.com/gpu=all']", |c| {
        c.device_requests = vec![DeviceRequest {
            driver: Some("cdi".into()),
            ids: vec!["nvidia.com/gpu=all".into()],
            ..DeviceRequest::default()
        }];
    });
    refuse(
        "gpus: [{count: 1, device_ids: ['0']}]",
        "error[conflict] services.web.gpus[0]: `count` and `device_ids` exclude each other",
    );
    refuse(
        "deploy: {resources: {reservations: {devices: [{count: 1}]}}}",
        "error[missing-key] services.web.deploy.resources.reservations.devices: what the devices",
    );
    refuse(
        "gpus: some",
        "error[bad-value] services.web.gpus: `some` is not `all` or a number",
    );
}

#[test]
fn kernel() {
    let ulimit = |soft, hard| {
        move |c: &mut ContainerSpec| c.ulimits = [("nofile".into(), Ulimit { soft, hard })].into()
    };
    check("ulimits: {nofile: 1024}", ulimit(1024, 1024));
    check("ulimits: {nofile: {soft: 1, hard: 2}}", ulimit(1, 2));
    check("ulimits: {nofile: {soft: -1, hard: -1}}", ulimit(-1, -1));
    check("sysctls: {net.core.somaxconn: 1024}", |c| {
        drop(c.sysctls.insert("net.core.somaxconn".into(), "1024".into()))
    });
    check("sysctls: [net.core.somaxconn=1024]", |c| {
        drop(c.sysctls.insert("net.core.somaxconn".into(), "1024".into()))
    });
    check("cap_add: [ALL]\ncap_drop: [NET_RAW]", |c| {
        (c.cap_add, c.cap_drop) = (vec!["ALL".into()], vec!["NET_RAW".into()])
    });
    check("security_opt: [\"no-new-privileges:true\"]", |c| {
        c.security_opt = vec!["no-new-privileges:true".into()]
    });
    for text in ["/dev/a", "/dev/a:/dev/a", "/dev/a:/dev/a:rwm", "/dev/a:rwm"] {
        check(&format!("devices: ['{text}']"), |c| {
            c.devices = vec!["/dev/a:/dev/a:rwm".into()]
        });
    }
    check(
        "devices: [{source: /dev/a, target: /dev/b, permissions: r}]",
        |c| c.devices = vec!["/dev/a:/dev/b:r".into()],
    );
    check("cgroup_parent: /batch", |c| {
        c.cgroup_parent = Some("/batch".into())
    });
    check("device_cgroup_rules: ['c 1:3 mr']", |c| {
        c.device_cgroup_rules = vec!["c 1:3 mr".into()]
    });
    check("storage_opt: {size: 1G}", |c| {
        drop(c.storage_opt.insert("size".into(), "1G".into()))
    });
    for text in ["{a: b}", "[a=b]"] {
        check(&format!("annotations: {text}"), |c| {
            drop(c.annotations.insert("a".into(), "b".into()))
        });
    }
    refuse(
        "devices: [x]",
        "error[bad-value] services.web.devices[0]: this is not a device",
    );
    refuse(
        "ulimits: {nofile: {soft: 2, hard: 1}}",
        "error[bad-value] services.web.ulimits.nofile: the soft limit",
    );
    refuse(
        "ulimits: {nofile: many}",
        "error[bad-value] services.web.ulimits.nofile: `many` is not a number",
    );
}

#[test]
fn namespaces_and_network() {
    for (keys, which, mode) in [
        ("network_mode: host", "network", "host"),
        ("net: host", "network", "host"),
        ("network_mode: none", "network", "none"),
        ("pid: host", "pid", "host"),
        ("ipc: shareable", "ipc", "shareable"),
        ("uts: host", "uts", "host"),
        ("userns_mode: host", "userns", "host"),
        ("cgroup: private", "cgroup", "private"),
    ] {
        check(keys, |c| drop(c.namespaces.insert(which.into(), mode.into())));
    }
    check("networks: [default]", |_| ());
    check("net: managed", |_| ());
    check("dns: 10.0.0.1", |c| c.dns = vec!["10.0.0.1".into()]);
    check("dns: [10.0.0.1, 10.0.0.2]", |c| {
        c.dns = vec!["10.0.0.1".into(), "10.0.0.2".into()]
    });
    check("dns_search: a.example", |c| {
        c.dns_search = vec!["a.example".into()]
    });
    check("dns_opt: [\"ndots:2\"]", |c| c.dns_opt = vec!["ndots:2".into()]);
    let host = |c: &mut ContainerSpec| c.extra_hosts = vec![("a".into(), "10.0.0.1".into())];
    check("extra_hosts: ['a:10.0.0.1']", host);
    check("extra_hosts: ['a=10.0.0.1']", host);
    check("extra_hosts: {a: 10.0.0.1}", host);
    check("extra_hosts: ['a:host-gateway']", |c| {
        c.extra_hosts = vec![("a".into(), "host-gateway".into())]
    });
    check("extra_hosts: ['a=[::1]']", |c| {
        c.extra_hosts = vec![("a".into(), "::1".into())]
    });
    refuse(
        "extra_hosts: ['a:b']",
        "error[bad-value] services.web.extra_hosts: `b` is not an IP address",
    );
    refuse(
        "pid: other",
        "error[bad-value] services.web.pid: `other` is not one of `host`",
    );
    refuse(
        "network_mode: bridge",
        "note[difference] services.web.network_mode: the engine's default bridge",
    );
    refuse(
        "network_mode: service:db",
        "unsupported[unsupported] services.web: the network namespace of `db`",
    );
    refuse(
        "network_mode: mine",
        "unsupported[unsupported] services.web.network_mode: the network mode `mine`",
    );
    check("networks: {default: {aliases: [a, b, a]}}", |c| {
        c.aliases = vec!["a".into(), "b".into()]
    });
    refuse(
        "networks: {default: {aliases: [db.example.com]}}",
        "note[difference] services.web.networks.default.aliases[0]: `db.example.com` is a name in the whole environment",
    );
    refuse(
        "networks: {default: {aliases: ['a b']}}",
        "error[bad-value] services.web.networks.default.aliases[0]: `a b` is not a name",
    );
    for key in [
        "mac_address: 02-42-0A-00-00-05",
        "networks: {default: {mac_address: '02:42:0a:00:00:05'}}",
    ] {
        check(key, |c| c.mac_address = Some("02:42:0a:00:00:05".into()));
    }
    refuse(
        "mac_address: 02:42",
        "error[bad-value] services.web.mac_address: `02:42` is not a hardware address",
    );
    refuse(
        "mac_address: 02:42:0a:00:00:05\nnetworks: {default: {mac_address: '02:42:0a:00:00:06'}}",
        "error[conflict] services.web",
    );
    refuse(
        "links: [db]",
        "note[difference] services.web.links: `links` is not needed",
    );
    refuse(
        "links: ['db:database']",
        "error[undefined] services.web.links: there is no service `db`",
    );
}

/// Names that links and networks have for `db`, of a stack with the services `web`, `api` and `db`.
fn names_of_db(web: &str, api: &str) -> (Vec<String>, Vec<String>) {
    let text = format!(
        "services:\n  web: {{image: a, links: [{web}]}}\n  api: {{image: a, links: [{api}]}}\n  db: {{image: a}}\n"
    );
    let reading = muster_files::read(&project(&text));
    let names = reading
        .stack
        .map(|stack| service(&stack, "db").unit.primary.aliases.clone());
    let said = reading
        .diagnostics
        .iter()
        .map(|d| format!("{}: {}", d.code, d.message));
    (names.unwrap_or_default(), said.collect())
}

#[test]
fn a_links_other_name_is_a_name_in_the_stack() {
    let (names, said) = names_of_db("'db:database'", "'db:database', 'db:store'");
    assert_eq!(names, ["database", "store"]);
    assert_eq!(said.len(), 3);
    assert!(
        said.iter()
            .all(|said| said.starts_with("difference: ") && said.ends_with("in the whole stack")),
        "{said:?}"
    );
    let (_, said) = names_of_db("'db:store'", "'web:store'");
    assert!(
        said.iter()
            .any(|said| said.starts_with("conflict: `store` cannot be ")),
        "{said:?}"
    );
    let (_, said) = names_of_db("'db:api'", "");
    assert_eq!(
        said,
        ["conflict: `api` cannot be `db`: in this stack it is `api` already"]
    );
}

#[test]
fn health() {
    let set = |test, interval_ms| {
        move |c: &mut ContainerSpec| {
            c.healthcheck = Some(Healthcheck {
                test,
                interval_ms,
                timeout_ms: None,
                retries: None,
                start_period_ms: None,
                start_interval_ms: None,
            });
        }
    };
    let command = || HealthcheckTest::Command(vec!["true".into()]);
    check("healthcheck: {test: [CMD, 'true']}", set(command(), None));
    check(
        "healthcheck: {test: [CMD, true], interval: 5s}",
        set(command(), Some(5_000)),
    );
    check(
        "healthcheck: {test: [CMD-SHELL, a || b]}",
        set(HealthcheckTest::Shell("a || b".into()), None),
    );
    check(
        "healthcheck: {test: a || b}",
        set(HealthcheckTest::Shell("a || b".into()), None),
    );
    check(
        "healthcheck: {test: [NONE]}",
        set(HealthcheckTest::Disabled, None),
    );
    check(
        "healthcheck: {disable: true}",
        set(HealthcheckTest::Disabled, None),
    );
    refuse(
        "healthcheck: {test: [curl, x]}",
        "error[bad-value] services.web.healthcheck.test: the list begins with `curl`",
    );
    refuse(
        "healthcheck: {test: [CMD]}",
        "error[bad-value] services.web.healthcheck.test: the check runs nothing",
    );
    check(
        "healthcheck: {interval: 5s}",
        set(HealthcheckTest::OfImage, Some(5_000)),
    );
    check("healthcheck: {}", |_| ());
    refuse(
        "healthcheck: {test: a, retries: some}",
        "error[bad-value] services.web.healthcheck.retries: `some`",
    );
}

#[test]
fn logging() {
    let set = |c: &mut ContainerSpec| {
        let options = [("max-size".into(), "10m".into())].into();
        c.logging = Some(Logging {
            driver: "json-file".into(),
            options,
        });
    };
    check("logging: {driver: json-file, options: {max-size: 10m}}", set);
    check("log_driver: json-file\nlog_opt: {max-size: 10m}", set);
    check("log_opt: {max-size: 10m}\nlog_driver: json-file", set);
}
