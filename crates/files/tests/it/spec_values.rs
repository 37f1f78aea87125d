//! Single values: times, sizes, numbers, commands, and the other keys of a service in every form.

use crate::spec::run;

pub const TIMES_AND_SIZES: &str = r##"
== times in every unit
-- web
healthcheck: {test: a, interval: 1h2m3s, timeout: 1.5s, start_period: 250ms, start_interval: 1m30s}
> web.healthcheck = {"interval_ms":3723000,"start_interval_ms":90000,"start_period_ms":250,"test":{"shell":"a"},"timeout_ms":1500}
== a time of nothing
-- web
stop_grace_period: 0s
> web.stop_grace_ms = 0
== microseconds are at least a millisecond
-- web
stop_grace_period: 20us
> web.stop_grace_ms = 1
== days and weeks
-- web
stop_grace_period: 1d
> web.stop_grace_ms = 86400000
== a time without its unit
-- web
stop_grace_period: 10
! 4: error[bad-value] services.web.stop_grace_period: `10` is not a time
== a negative time
-- web
stop_grace_period: -1s
! 4: error[bad-value] services.web.stop_grace_period
== sizes in every unit, in both cases
-- file compose.yaml
services:
  a: {image: a, mem_limit: 1024}
  b: {image: a, mem_limit: 10b}
  c: {image: a, mem_limit: 1k}
  d: {image: a, mem_limit: 1KB}
  e: {image: a, mem_limit: 1Mb}
  f: {image: a, mem_limit: 1MiB}
  g: {image: a, mem_limit: 2G}
  h: {image: a, mem_limit: 1.5gb}
> a.resources.memory = 1024
> b.resources.memory = 10
> c.resources.memory = 1024
> d.resources.memory = 1024
> e.resources.memory = 1048576
> f.resources.memory = 1048576
> g.resources.memory = 2147483648
> h.resources.memory = 1610612736
== a size with a blank before its unit
-- web
mem_limit: 64 m
> web.resources.memory = 67108864
== a size in words
-- web
shm_size: big
! 4: error[bad-value] services.web.shm_size: `big` is not a size
== a size that no machine has
-- web
mem_limit: 99999999999999999999g
! 4: error[bad-value] services.web.mem_limit
== a size in another notation
-- web
mem_limit: 1e9
! 4: error[bad-value] services.web.mem_limit: `1e9` is not a size
== parts of a processor
-- file compose.yaml
services:
  a: {image: a, cpus: 0.5}
  b: {image: a, cpus: "1.25"}
  c: {image: a, cpus: 2}
  d: {image: a, cpus: .75}
> a.resources.milli_cpus = 500
> b.resources.milli_cpus = 1250
> c.resources.milli_cpus = 2000
> d.resources.milli_cpus = 750
== processors by quota
-- web
cpu_quota: 150000
cpu_period: 100000
> web.resources.milli_cpus = 1500
== the same limit twice is one
-- web
cpus: '0.5'
mem_limit: 64m
mem_reservation: 32m
pids_limit: 10
deploy: {resources: {limits: {cpus: 0.50, memory: 65536k, pids: 10}, reservations: {memory: 32m}}}
> web.resources = {"memory":67108864,"memory_reservation":33554432,"milli_cpus":500,"pids":10}
== two limits of memory that differ
-- web
mem_limit: 64m
deploy: {resources: {limits: {memory: 65m}}}
! 2: error[conflict] services.web.mem_limit
== two limits of processors that differ
-- web
cpus: 1
deploy: {resources: {limits: {cpus: '2'}}}
! 2: error[conflict] services.web.cpus
== two reservations that differ
-- web
mem_reservation: 1m
deploy: {resources: {reservations: {memory: 2m}}}
! 2: error[conflict] services.web.mem_reservation
== two limits of processes that differ
-- web
pids_limit: 10
deploy: {resources: {limits: {pids: 20}}}
! 2: error[conflict] services.web.pids_limit
== two reservations of processors that differ
-- web
milli_cpu_reservation: 100
deploy: {resources: {reservations: {cpus: '0.2'}}}
! 2: error[conflict] services.web.milli_cpu_reservation
== two scales that differ
-- web
scale: 2
deploy: {replicas: 3}
! 4: error[conflict] services.web.scale
== swap without end
-- web
mem_limit: 1g
memswap_limit: -1
> web.resources = {"memory":1073741824,"memory_swap":-1}
== processes without end
-- web
pids_limit: -1
> web.resources.pids = -1
== numbers as texts
-- web
cpu_shares: '512'
oom_score_adj: '-500'
scale: "2"
> web.resources.cpu_shares = 512
> web.resources.oom_score_adj = -500
> web.scale = 2
== a scale that is no number
-- web
scale: 1.5
! 4: error[bad-value] services.web.scale
== a whole number with decimals is one
-- web
scale: 2.0
> web.scale = 2
"##;

pub const PROCESSES: &str = r##"
== a command in words
-- web
command: serve --name 'a b' --path="c d"/e x\ y
> web.command = ["serve","--name","a b","--path=c d/e","x y"]
== empty words stay
-- web
command: a '' ""
> web.command = ["a","",""]
== quotes in quotes
-- web
command: >-
  sh -c 'echo "a b"' "it's"
> web.command = ["sh","-c","echo \"a b\"","it's"]
== a backslash in quotes
-- web
command: 'a "b\"c" "d\e"'
> web.command = ["a","b\"c","d\\e"]
== a command over lines
-- web
command: |
  serve
  --port 80
> web.command = ["serve","--port","80"]
== a list is taken as it is
-- web
command: [sh, -c, "a && b > c", 80, true, 1.10]
> web.command = ["sh","-c","a && b > c","80","true","1.10"]
== an entrypoint reads as a command does
-- web
entrypoint: /bin/sh -c "exec x"
> web.entrypoint = ["/bin/sh","-c","exec x"]
== an entrypoint of nothing
-- web
entrypoint: []
> web.entrypoint = []
== an empty text is no words
-- web
entrypoint: ''
command: ""
> web.entrypoint = []
> web.command = []
== what only a shell would do is said
-- web
command: a | b
! 4: warning[shell-syntax] services.web.command: `|` is given to the program as it is
> web.command = ["a","|","b"]
== a quote that is not closed
-- web
command: a "b
! 4: error[bad-value] services.web.command: a `"` in the command has nothing to close it
== a test in words for a shell
-- web
healthcheck: {test: curl -f http://localhost || exit 1}
> web.healthcheck.test = {"shell":"curl -f http://localhost || exit 1"}
== a test for a shell, and a program
-- file compose.yaml
services:
  a: {image: a, healthcheck: {test: [CMD-SHELL, "a || b"]}}
  b: {image: a, healthcheck: {test: [CMD, a, "b c"], retries: '5'}}
  c: {image: a, healthcheck: {test: [NONE]}}
  d: {image: a, healthcheck: {disable: true, test: [CMD, a]}}
> a.healthcheck.test = {"shell":"a || b"}
> b.healthcheck = {"retries":5,"test":{"command":["a","b c"]}}
> c.healthcheck.test = "disabled"
> d.healthcheck.test = "disabled"
== a test that begins with a program
-- web
healthcheck: {test: [curl, x]}
! 4: error[bad-value] services.web.healthcheck.test: the list begins with `curl`
== a test of nothing
-- web
healthcheck: {test: []}
! 4: error[bad-value] services.web.healthcheck.test: the check runs nothing
== restarts
-- file compose.yaml
services:
  a: {image: a, restart: no}
  b: {image: a, restart: "no"}
  c: {image: a, restart: false}
  d: {image: a, restart: always}
  e: {image: a, restart: unless-stopped}
  f: {image: a, restart: on-failure}
  g: {image: a, restart: "on-failure:5"}
  h: {image: a}
> a.restart = "no"
> b.restart = "no"
> c.restart = "no"
> d.restart = "always"
> e.restart = "always"
> f.restart = {"on_failure":null}
> g.restart = {"on_failure":5}
> h.restart = "always"
== restarts of a deployment win
-- file compose.yaml
services:
  a: {image: a, restart: "no", deploy: {restart_policy: {condition: any}}}
  b: {image: a, deploy: {restart_policy: {condition: on-failure, max_attempts: 3}}}
  c: {image: a, restart: always, deploy: {restart_policy: {condition: none}}}
> a.restart = "always"
> b.restart = {"on_failure":3}
> c.restart = "no"
== a number of restarts counts whatever the end
-- web
deploy: {restart_policy: {max_attempts: 3}}
> web.restart = {"at_most":3}
== no number of restarts is any number
-- web
deploy: {restart_policy: {condition: on-failure, max_attempts: 0}}
> web.restart = {"on_failure":null}
== the pace of restarts
-- web
deploy: {restart_policy: {condition: any, max_attempts: 3, delay: 5s, window: 2m}}
> web.restart_pace = {"delay_ms":5000,"window_ms":120000}
== a pace that says nothing
-- web
deploy: {restart_policy: {delay: 0s, window: 0}}
> web.restart_pace = -
== a restart that is none
-- web
restart: sometimes
! 4: error[bad-value] services.web.restart: `sometimes` is not
== how often, of what has no number
-- web
restart: always:3
! 4: error[bad-value] services.web.restart
== when images are pulled
-- file compose.yaml
services:
  a: {image: a, pull_policy: always}
  b: {image: a, pull_policy: never}
  c: {image: a, pull_policy: missing}
  d: {image: a, pull_policy: if_not_present}
> a.pull = "always"
> b.pull = "never"
> c.pull = "missing"
> d.pull = "missing"
== when images are pulled in ways that are not acted on
-- web
pull_policy: every_12h
! 4: unsupported[unsupported] services.web.pull_policy: `every_12h` is not acted on
> web.pull = "missing"
== when images are looked for again is not acted on
-- web
pull_refresh_after: 24h
! 4: unsupported[unsupported] services.web.pull_refresh_after: `pull_refresh_after` is not acted on
> web.pull = "missing"
== images in every form
-- file compose.yaml
services:
  a: {image: redis}
  b: {image: "redis:7.2"}
  c: {image: "library/redis@sha256:0000000000000000000000000000000000000000000000000000000000000000"}
  d: {image: "registry.example.com:5000/team/app:1"}
> a.image = "redis"
> b.image = "redis:7.2"
> c.image = "library/redis@sha256:0000000000000000000000000000000000000000000000000000000000000000"
> d.image = "registry.example.com:5000/team/app:1"
== an image with capitals or blanks
-- web
image: a b
! 3: error[bad-value] services.web.image
== a service is built, in both forms
-- web
build: .
! 3: error[needs-image] services.web.build: the service is built from source and names no image
== a build with everything
-- web
image: a
build: {context: ., dockerfile: D, dockerfile_inline: x, args: [A=1], target: t, labels: {a: 1}, secrets: [s], cache_from: [c], platforms: [p], tags: [t], ssh: [default], network: host, shm_size: 1m, extra_hosts: [a=b], privileged: true, pull: true, no_cache: true, ulimits: {nofile: 1}, entitlements: [e], additional_contexts: {a: b}, isolation: x, cache_to: [d], provenance: true, sbom: true}
! 4: note[difference] services.web.build: nothing is built; `a` is used as it is
! 4: unsupported[unsupported] services.web.build.dockerfile_inline
! 4: unsupported[unsupported] services.web.build.secrets
! 4: unsupported[unsupported] services.web.build.privileged
! 4: unsupported[unsupported] services.web.build.ulimits
! 4: unsupported[unsupported] services.web.build.entitlements
! 4: unsupported[unsupported] services.web.build.additional_contexts
! 4: unsupported[unsupported] services.web.build.isolation
> web.image = "a"
== the rest of a process
-- web
user: 1000:1000
group_add: [audio, 44]
working_dir: /app
hostname: h
domainname: example.com
tty: true
stdin_open: "true"
init: yes
read_only: on
privileged: y
stop_signal: SIGQUIT
> web.user = "1000:1000"
> web.group_add = ["audio","44"]
> web.tty = true
> web.stdin_open = true
> web.init = true
> web.read_only = true
> web.privileged = true
> web.stop_signal = "SIGQUIT"
== a flag that is none
-- web
tty: 1
! 4: error[bad-value] services.web.tty: `1` is not `true` or `false`
"##;

pub const THE_REST: &str = r##"
== limits of processes
-- web
ulimits: {nofile: 1024, nproc: {soft: 10, hard: 20}, core: -1, memlock: {soft: -1, hard: -1}}
> web.ulimits = {"core":{"hard":-1,"soft":-1},"memlock":{"hard":-1,"soft":-1},"nofile":{"hard":1024,"soft":1024},"nproc":{"hard":20,"soft":10}}
== a soft limit above the hard one
-- web
ulimits: {nofile: {soft: 2, hard: 1}}
! 4: error[bad-value] services.web.ulimits.nofile: the soft limit 2 is above the hard limit 1
== devices
-- web
devices: [/dev/a, '/dev/b:/dev/c', '/dev/d:/dev/e:r', '/dev/f:rw', {source: /dev/g, target: /dev/h, permissions: rwm}]
> web.devices = ["/dev/a:/dev/a:rwm","/dev/b:/dev/c:rwm","/dev/d:/dev/e:r","/dev/f:/dev/f:rw","/dev/g:/dev/h:rwm"]
== devices by class
-- web
devices: [vendor.com/class=one]
> web.devices = -
== rights of a device that are none
-- web
devices: ['/dev/a:/dev/b:x']
! 4: error[bad-value] services.web.devices[0]: this is not a device
== hosts as a list and as a map
-- file compose.yaml
services:
  a: {image: a, extra_hosts: ['one:10.0.0.1', 'two=10.0.0.2', 'six:fd00::1', 'out:host-gateway']}
  b: {image: a, extra_hosts: {one: 10.0.0.1, two: [10.0.0.2, "fd00::2"]}}
> a.extra_hosts = ["one=10.0.0.1","two=10.0.0.2","six=fd00::1","out=host-gateway"]
> b.extra_hosts = ["one=10.0.0.1","two=10.0.0.2","two=fd00::2"]
== a host without an address
-- web
extra_hosts: [one]
! 4: error[bad-value] services.web.extra_hosts: `` is not an IP address
== resolvers
-- web
dns: [10.0.0.1, 10.0.0.2]
dns_search: example.com
dns_opt: [use-vc]
> web.dns = ["10.0.0.1","10.0.0.2"]
> web.dns_search = ["example.com"]
> web.dns_opt = ["use-vc"]
== kernel parameters as a list and as a map
-- file compose.yaml
services:
  a: {image: a, sysctls: [net.core.somaxconn=1024]}
  b: {image: a, sysctls: {net.core.somaxconn: 1024}}
> a.sysctls = {"net.core.somaxconn":"1024"}
> b.sysctls = {"net.core.somaxconn":"1024"}
== namespaces
-- web
pid: host
ipc: private
uts: host
userns_mode: host
cgroup: host
network_mode: none
> web.namespaces = {"cgroup":"host","ipc":"private","network":"none","pid":"host","userns":"host","uts":"host"}
== networks in both forms
-- file compose.yaml
services:
  a: {image: a, networks: [default]}
  b: {image: a, networks: {default: }}
  c: {image: a, networks: {default: {priority: 10}}}
networks: {default: }
> services = ["a","b","c"]
== networks of one's own are not made
-- file compose.yaml
services: {web: {image: a, networks: {front: {aliases: [w], ipv4_address: 10.0.0.1}}}}
networks: {front: {driver: bridge, ipam: {config: [{subnet: 10.0.0.0/24}]}}}
! 1: unsupported[unsupported] services.web.networks.front.ipv4_address
! 2: unsupported[unsupported] networks.front: the network `front` is not made
> services = ["web"]
== a network that is not declared
-- file compose.yaml
services: {web: {image: a, networks: [front, bakc]}, db: {image: b, networks: {mine: }}}
networks: {front: , back: }
! 1: error[undefined] services.web.networks: there is no network `bakc`
! 1: error[undefined] services.db.networks: there is no network `mine`
! 2: unsupported[unsupported] networks.front
! 2: unsupported[unsupported] networks.back
== a network mode and networks
-- file compose.yaml
services: {web: {image: a, network_mode: host, networks: [default]}}
! 1: error[conflict] services.web.networks: `network_mode` and `networks` contradict each other
== labels as a list and as a map
-- file compose.yaml
services:
  a: {image: a, labels: [a.b=c=d, e, "f= g"]}
  b: {image: a, labels: {a.b: c, e: , f: '', g: 1, h: true, x-note: y}}
> a.labels = {"a.b":"c=d","e":"","f":" g"}
> b.labels = {"a.b":"c","e":"","f":"","g":"1","h":"true","x-note":"y"}
== variables as a list and as a map
-- file compose.yaml
services:
  a: {image: a, environment: [A=1, B=, "C=x y", D=a=b]}
  b: {image: a, environment: {A: 1, B: '', C: x y, D: a=b, E: true, F: 1.50, x-G: h}}
> a.environment = {"A":"1","B":"","C":"x y","D":"a=b"}
> b.environment = {"A":"1","B":"","C":"x y","D":"a=b","E":"true","F":"1.50","x-G":"h"}
== quotes in a list are part of the value
-- web
environment: ['A="1"', "B='2'"]
> web.environment = {"A":"\"1\"","B":"'2'"}
== waiting in both forms
-- file compose.yaml
services:
  web: {image: a, depends_on: {db: {condition: service_healthy, required: true}, job: {condition: service_completed_successfully}, mq: {condition: service_started}}}
  two: {image: a, depends_on: [db, mq]}
  db: {image: b}
  mq: {image: b}
  job: {image: b}
> web.depends_on = {"db":"healthy","job":"completed_successfully","mq":"started"}
> two.depends_on = {"db":"started","mq":"started"}
== a service whose name begins like an extension is one
-- file compose.yaml
services:
  web: {image: a, depends_on: [x-db]}
  x-db: {image: b}
> services = ["web","x-db"]
> web.depends_on = {"x-db":"started"}
== a deployment with everything
-- file compose.yaml
services:
  web:
    image: a
    deploy:
      mode: replicated
      replicas: 3
      labels: {l: 1}
      endpoint_mode: dnsrr
      resources: {limits: {cpus: '0.5', memory: 50M, pids: 9}, reservations: {cpus: '0.25', memory: 20M}}
      update_config: {parallelism: 0, delay: 10s, order: stop-first, failure_action: continue, monitor: 5s}
      placement: {constraints: [node.labels.disk == ssd, node.hostname != h]}
> web.scale = 3
> web.service_labels = {"l":"1"}
> web.resources = {"memory":52428800,"memory_reservation":20971520,"milli_cpus":500,"milli_cpus_reservation":250,"pids":9}
> web.update = {"batch_size":0,"interval_ms":10000,"monitor_ms":5000,"on_failure":"continue","order":"stop_first"}
== one on every host
-- web
deploy: {mode: global}
> web.kind = "global"
> web.scale = -
== a deployment that says much
-- web
deploy: {rollback_config: {parallelism: 1}, placement: {preferences: [{spread: node.labels.a}], max_replicas_per_node: 1}, restart_policy: {condition: any, delay: 5s, window: 1m}}
> web.restart = "always"
== output
-- web
logging: {driver: json-file, options: {max-size: 10m, max-file: 3, compress: true}}
> web.logging = {"driver":"json-file","options":{"compress":"true","max-file":"3","max-size":"10m"}}
== keys that no format has, with what they are like
-- web
enviroment: {A: 1}
port: [80]
! 4: error[unknown-key] services.web.enviroment: `enviroment` is not a key here
! 5: error[unknown-key] services.web.port: `port` is not a key here
== keys of one's own in every map
-- web
x-a: 1
healthcheck: {test: a, x-b: 2}
deploy: {x-c: 3, resources: {x-d: 4, limits: {x-e: 5}}, placement: {x-f: 6}}
logging: {driver: local, x-g: 7}
ports: [{target: 80, x-h: 8}]
volumes: [{type: tmpfs, target: /a, x-i: 9, tmpfs: {x-j: 10}}]
> web.ports = ["?:80/tcp"]
== the rest of what a container may have
-- web
cgroup_parent: x
mac_address: 02:42:ac:11:65:43
storage_opt: {size: 1G}
runtime: runc
isolation: default
device_cgroup_rules: ['c 1:3 mr']
blkio_config: {weight: 300}
mem_swappiness: 60
gpus: all
> web.cgroup_parent = "x"
> web.mac_address = "02:42:ac:11:65:43"
> web.runtime = "runc"
> services = ["web"]
"##;

#[test]
fn times_and_sizes() {
    run(TIMES_AND_SIZES);
}

#[test]
fn processes() {
    run(PROCESSES);
}

#[test]
fn the_rest() {
    run(THE_REST);
}
