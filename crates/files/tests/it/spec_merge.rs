//! Several files, and several lists in one: what the specification says of each kind of key.

use crate::spec::run;

pub const MAPS_AND_LISTS: &str = r##"
== a map gets what is missing and keeps the rest
-- web
healthcheck: {test: [CMD, a], interval: 1s, retries: 3}
-- web
healthcheck: {timeout: 2s, retries: 5}
> web.healthcheck = {"test":{"command":["a"]},"interval_ms":1000,"timeout_ms":2000,"retries":5}
== a map merges at every depth
-- web
deploy: {resources: {limits: {cpus: '1', memory: 64m}, reservations: {memory: 32m}}}
-- web
deploy: {resources: {limits: {memory: 128m}}}
> web.resources = {"memory":134217728,"memory_reservation":33554432,"milli_cpus":1000}
== a service of the second file alone is added
-- file compose.yaml
services: {web: {image: a}}
-- file b.yaml
services: {db: {image: b}}
> services = ["db","web"]
== three files, the last counts
-- file compose.yaml
services: {web: {image: a:1}}
-- file b.yaml
services: {web: {image: a:2, user: two}}
-- file c.yaml
services: {web: {image: a:3}}
> web.image = "a:3"
> web.user = "two"
== an empty service of a later file changes nothing
-- file compose.yaml
services: {web: {image: a, user: u}}
-- file b.yaml
services: {web: }
> web.user = "u"
== an empty services section of a later file changes nothing
-- file compose.yaml
services: {web: {image: a}}
-- file b.yaml
services:
> services = ["web"]
== nothing in place of a map changes nothing
-- web
environment: {A: 1}
-- web
environment:
> web.environment = {"A":"1"}
== nothing in place of a list changes nothing
-- web
ports: ['80:80']
-- web
ports:
> web.ports = ["80:80/tcp"]
== whatever follows nothing counts
-- web
ports:
environment:
command:
dns:
depends_on:
extra_hosts:
logging:
ulimits:
env_file:
user:
-- web
ports: ['80:80']
environment: [A=1]
command: [a]
dns: 10.0.0.1
depends_on: []
extra_hosts: ['a:10.0.0.1']
logging: {driver: local}
ulimits: {nofile: 1}
env_file: a.env
user: u
-- beside a.env
B=2
> web.ports = ["80:80/tcp"]
> web.environment = {"A":"1","B":"2"}
> web.command = ["a"]
> web.dns = ["10.0.0.1"]
> web.extra_hosts = ["a=10.0.0.1"]
> web.logging = {"driver":"local"}
> web.ulimits = {"nofile":{"hard":1,"soft":1}}
> web.user = "u"
== a single value where a list belongs is said although another file follows
-- web
ports: 80:80
cap_add: A
volumes: [vol:/a]
-- web
ports: ['81:81']
cap_add: [B]
volumes: vol:/b
! 4: error[wrong-type] services.web.ports: `ports` takes a list; found a single value
! 5: error[wrong-type] services.web.cap_add: `cap_add` takes a list; found a single value
! over.yaml:6: error[wrong-type] services.web.volumes: `volumes` takes a list; found a single value
== nothing in place of a command is the image's command
-- web
command: [a]
-- web
command:
> web.command = -
== nothing in place of an entrypoint is the image's entrypoint
-- web
entrypoint: [a]
-- web
entrypoint: null
> web.entrypoint = -
== an empty command is one
-- web
command: [a]
-- web
command: []
> web.command = []
== a command as a text replaces one as a list
-- web
command: [a, b]
-- web
command: c d
> web.command = ["c","d"]
== an entrypoint does not take the command away
-- web
command: [a]
-- web
entrypoint: [b]
> web.command = ["a"]
> web.entrypoint = ["b"]
== a test as a text replaces one as a list
-- web
healthcheck: {test: [CMD, a, b]}
-- web
healthcheck: {test: a || b}
> web.healthcheck = {"test":{"shell":"a || b"}}
== a check may be switched off later
-- web
healthcheck: {test: [CMD, a], interval: 1s}
-- web
healthcheck: {disable: true}
> web.healthcheck.test = "disabled"
== a check may be switched on again
-- web
healthcheck: {test: [CMD, a], disable: true}
-- web
healthcheck: {disable: false}
> web.healthcheck.test = {"command":["a"]}
== lists are joined, the earlier file's items first
-- web
dns: [10.0.0.1]
dns_search: [a.example]
dns_opt: [ndots:2]
-- web
dns: [10.0.0.2]
dns_search: b.example
dns_opt: [timeout:1]
> web.dns = ["10.0.0.1","10.0.0.2"]
> web.dns_search = ["a.example","b.example"]
> web.dns_opt = ["ndots:2","timeout:1"]
== lists of words hold each once
-- web
cap_add: [A]
cap_drop: [B]
security_opt: [c]
group_add: [d]
dns_opt: [ndots:2]
-- web
cap_add: [A]
cap_drop: [B]
security_opt: [c]
group_add: [d, e]
dns_opt: [ndots:2]
> web.cap_add = ["A"]
> web.cap_drop = ["B"]
> web.security_opt = ["c"]
> web.group_add = ["d","e"]
> web.dns_opt = ["ndots:2"]
== constraints are joined, each once
-- web
deploy: {placement: {constraints: [node.labels.a == 1]}}
-- web
deploy: {placement: {constraints: [node.labels.a == 1, node.hostname != h]}}
> web.rules = [{"relation":"must","subject":{"host_label":{"key":"a","value":"1"}}},{"relation":"must_not","subject":{"host_name":"h"}}]
== open ports are joined, each once
-- web
expose: [80, '81']
-- web
expose: ['80', 82/udp]
> web.expose = ["80/tcp","81/tcp","82/udp"]
== profiles are joined
-- file compose.yaml
services: {web: {image: a}, tool: {image: b, profiles: [one]}}
-- file b.yaml
services: {tool: {profiles: [two]}}
-- profiles two
> services = ["tool","web"]
== the rest of a service is replaced value by value
-- web
user: a
working_dir: /a
hostname: a
domainname: a
stop_signal: SIGINT
stop_grace_period: 1s
restart: "no"
pull_policy: always
tty: true
read_only: true
-- web
user: b
working_dir: /b
hostname: b
domainname: b
stop_signal: SIGTERM
stop_grace_period: 2s
restart: on-failure
pull_policy: never
tty: false
read_only: false
> web.user = "b"
> web.working_dir = "/b"
> web.hostname = "b"
> web.domainname = "b"
> web.stop_signal = "SIGTERM"
> web.stop_grace_ms = 2000
> web.restart = {"on_failure":null}
> web.pull = "never"
> web.tty = -
> web.read_only = -
== limits are replaced each by itself
-- web
mem_limit: 1m
cpus: 1
pids_limit: 5
-- web
mem_limit: 2m
shm_size: 3m
> web.resources = {"memory":2097152,"milli_cpus":1000,"pids":5,"shm_size":3145728}
== limits of processes merge by name, and a number replaces a pair
-- web
ulimits: {nofile: {soft: 1, hard: 2}, nproc: 7}
-- web
ulimits: {nofile: 9}
> web.ulimits = {"nofile":{"hard":9,"soft":9},"nproc":{"hard":7,"soft":7}}
== a pair of limits gets what the later file says of it
-- web
ulimits: {nofile: {soft: 1, hard: 2}}
-- web
ulimits: {nofile: {hard: 3}}
> web.ulimits = {"nofile":{"hard":3,"soft":1}}
== a number of processes is replaced by a pair
-- web
ulimits: {nofile: 5}
-- web
ulimits: {nofile: {soft: 1, hard: 2}}
> web.ulimits = {"nofile":{"hard":2,"soft":1}}
== an update policy is merged
-- web
deploy: {update_config: {parallelism: 2, delay: 1s}}
-- web
deploy: {update_config: {parallelism: 3}}
> web.update.batch_size = 3
> web.update.interval_ms = 1000
== a list where the first file has a map is the later file's
-- web
healthcheck: {test: a}
-- web
healthcheck: [b]
! over.yaml:4: error[wrong-type] services.web.healthcheck: `healthcheck` takes a map; found a list
== extension keys of both files are no business of the reader
-- file compose.yaml
x-a: [1]
services: {web: {image: a, x-b: {c: d}}}
-- file b.yaml
x-a: {b: 1}
services: {web: {x-b: 3}}
> services = ["web"]
== the stack's name of the last file counts
-- file compose.yaml
name: one
services: {web: {image: a}}
-- file b.yaml
name: two
> stack.name = "two"
== volumes, secrets and configs merge by name
-- file compose.yaml
services: {web: {image: a, volumes: ['v:/v'], secrets: [s], configs: [c]}}
volumes: {v: {labels: {a: 1}}}
secrets: {s: {content: one}}
configs: {c: {content: one}}
-- file b.yaml
volumes: {v: {labels: [b=2], driver: nfs}}
secrets: {s: {content: two}}
configs: {c: {content: two}}
> stack.volumes = {"v":{"driver":"nfs","labels":{"a":"1","b":"2"}}}
> stack.contents = {"c":"two","s":"two"}
== relative paths of all files start at the first one
-- file app/compose.yaml
services: {web: {image: a, env_file: a.env}}
-- file deploy/prod.yaml
services: {web: {env_file: b.env, volumes: ['./d:/d']}}
-- beside app/a.env
A=1
-- beside app/b.env
B=2
> web.environment = {"A":"1","B":"2"}
> web.mounts = ["bind /srv/shop/d /d"]
== each file is interpolated by itself, before the merge
-- file compose.yaml
services: {web: {image: "a:${TAG:-1}", user: "${U:-u}"}}
-- file b.yaml
services: {web: {user: "${U:-v}"}}
> web.image = "a:1"
> web.user = "v"
"##;

pub const PAIRS: &str = r##"
== variables merge by name, whichever way they are written
-- web
environment: [A=1, B=1]
-- web
environment: {B: 2, C: 3}
> web.environment = {"A":"1","B":"2","C":"3"}
== a name alone in a later file is passed on from outside
-- web
environment: {A: 1}
-- web
environment: [A]
-- with A=out
> web.environment = {"A":"out"}
== a name alone in a later file, without anything outside, is not in the container
-- web
environment: {A: 1, B: 2}
-- web
environment: {A: }
! over.yaml:4: warning[left-unset] services.web.environment.A
> web.environment = {"B":"2"}
== a value in a later file replaces a name alone
-- web
environment: [A]
-- web
environment: [A=1]
> web.environment = {"A":"1"}
== an empty value is a value
-- web
environment: {A: 1}
-- web
environment: {A: ''}
> web.environment = {"A":""}
== a mistake in a list is said although another file follows
-- web
environment: [[A=1], {B: 1, C: 2}]
depends_on: [{db: {condition: service_healthy}}]
extra_hosts: [[a]]
-- web
environment: {D: 1}
depends_on: []
extra_hosts: {b: 10.0.0.1}
! 4: error[wrong-type] services.web.environment[0]
! 4: error[wrong-type] services.web.environment[1]
! 5: error[wrong-type] services.web.depends_on[0]
! 6: error[wrong-type] services.web.extra_hosts[0]
== a value keeps its equals signs
-- web
environment: [A=a=b]
-- web
environment: {B: c=d}
> web.environment = {"A":"a=b","B":"c=d"}
== a variable twice in one list is what the last says
-- web
environment: [A=1, A=2]
> web.environment = {"A":"2"}
== labels merge by name
-- web
labels: [a=1, b]
-- web
labels: {b: 2, c: }
> web.labels = {"a":"1","b":"2","c":""}
== a label without value in a later file is empty
-- web
labels: {a: 1}
-- web
labels: [a]
> web.labels = {"a":""}
== labels of the service merge by name
-- web
deploy: {labels: [a=1]}
-- web
deploy: {labels: {a: 2, b: 3}}
> web.service_labels = {"a":"2","b":"3"}
== kernel parameters merge by name
-- web
sysctls: [net.core.somaxconn=1]
-- web
sysctls: {net.core.somaxconn: 2}
> web.sysctls = {"net.core.somaxconn":"2"}
== a host of a later file replaces that of the same name
-- web
extra_hosts: ['a:10.0.0.1', 'b:10.0.0.2']
-- web
extra_hosts: [a=10.0.0.3]
> web.extra_hosts = ["a=10.0.0.3","b=10.0.0.2"]
== several addresses of one host stay when another file names another host
-- web
extra_hosts: ['a:10.0.0.1', 'a:10.0.0.2']
-- web
extra_hosts: {b: 10.0.0.3}
> web.extra_hosts = ["a=10.0.0.1","a=10.0.0.2","b=10.0.0.3"]
== several addresses of one host replace one
-- web
extra_hosts: {a: 10.0.0.1}
-- web
extra_hosts: {a: [10.0.0.2, 10.0.0.3]}
> web.extra_hosts = ["a=10.0.0.2","a=10.0.0.3"]
== an IPv6 address is not cut at its colons
-- web
extra_hosts: ['a:fd00::1']
-- web
extra_hosts: ['b=[fd00::2]']
> web.extra_hosts = ["a=fd00::1","b=fd00::2"]
== a driver's options merge while the driver is the same
-- web
logging: {driver: json-file, options: {max-size: 1m, max-file: '2'}}
-- web
logging: {driver: json-file, options: {max-size: 5m}}
> web.logging = {"driver":"json-file","options":{"max-file":"2","max-size":"5m"}}
== a driver's options merge where the first file names no driver
-- web
logging: {options: {a: 1}}
-- web
logging: {driver: local, options: {b: 2}}
> web.logging = {"driver":"local","options":{"a":"1","b":"2"}}
== another driver takes its own options alone
-- web
logging: {driver: json-file, options: {max-size: 1m}}
-- web
logging: {driver: syslog, options: {tag: x}}
> web.logging = {"driver":"syslog","options":{"tag":"x"}}
== waiting merges by service
-- file compose.yaml
services: {web: {image: a, depends_on: [db]}, db: {image: b}, mq: {image: c}}
-- file b.yaml
services: {web: {depends_on: {mq: {condition: service_healthy}}}}
> web.depends_on = {"db":"started","mq":"healthy"}
== a name in a list says that it is enough to have started
-- file compose.yaml
services: {web: {image: a, depends_on: {db: {condition: service_healthy}}}, db: {image: b}}
-- file b.yaml
services: {web: {depends_on: [db]}}
> web.depends_on = {"db":"started"}
== a condition of a later file replaces that of a list
-- file compose.yaml
services: {web: {image: a, depends_on: [db]}, db: {image: b}}
-- file b.yaml
services: {web: {depends_on: {db: {condition: service_completed_successfully}}}}
> web.depends_on = {"db":"completed_successfully"}
== a part of a dependency leaves the rest
-- file compose.yaml
services: {web: {image: a, depends_on: {db: {condition: service_healthy}}}, db: {image: b}}
-- file b.yaml
services: {web: {depends_on: {db: {required: false}}}}
> web.depends_on = {"db":"healthy"}
"##;

pub const UNIQUE: &str = r##"
== ports of both files are published
-- web
ports: ['8080:80']
-- web
ports: ['8081:80']
> web.ports = ["8080:80/tcp","8081:80/tcp"]
== the same port in both files is published once
-- web
ports: ['8080:80', '53:53/udp']
-- web
ports: [8080:80, 53:53/udp]
> web.ports = ["8080:80/tcp","53:53/udp"]
== the short and the long form of a port are the same
-- web
ports: ['8080:80']
-- web
ports: [{target: 80, published: 8080}]
> web.ports = ["8080:80/tcp"]
== a port on one address is another than on all
-- web
ports: ['8080:80']
-- web
ports: ['127.0.0.1:8080:80']
> web.ports = ["8080:80/tcp","127.0.0.1:8080:80/tcp"]
== a port of another protocol is another
-- web
ports: ['53:53']
-- web
ports: ['53:53/udp']
> web.ports = ["53:53/tcp","53:53/udp"]
== a volume at the same path replaces the earlier in its place
-- web
volumes: ['a:/data', 'b:/more']
-- web
volumes: ['c:/data:ro']
> web.mounts = ["volume c /data ro","volume b /more"]
== a path is the same with a slash behind it
-- web
volumes: ['a:/data']
-- web
volumes: ['b:/data/']
> web.mounts = ["volume b /data"]
== a host path replaces a volume, the long form the short
-- web
volumes: ['a:/data']
-- web
volumes: [{type: bind, source: /srv, target: /data}]
> web.mounts = ["bind /srv /data"]
== memory replaces a volume
-- web
volumes: [/data]
-- web
volumes: [{type: tmpfs, target: /data}]
> web.mounts = ["tmpfs /data"]
== in one list the last volume at a path counts, and it is said
-- web
volumes: ['a:/data', 'b:/more', 'c:/data']
! 4: warning[duplicate-key] services.web.volumes[2]: `/data` is mounted twice
> web.mounts = ["volume c /data","volume b /more"]
== memory and a volume at the same path contradict each other
-- web
volumes: ['a:/data']
tmpfs: /data
! 5: error[conflict] services.web.tmpfs[0]: `/data` is mounted by `volumes` already
== memory at a path replaces that of an earlier file
-- web
tmpfs: ['/run', '/tmp']
-- web
tmpfs: '/run:size=1m'
> web.mounts = ["tmpfs size=1048576 /run","tmpfs /tmp"]
== a device at the same path replaces the earlier
-- web
devices: ['/dev/a:/dev/x', /dev/b]
-- web
devices: ['/dev/c:/dev/x:r', {source: /dev/d, target: /dev/b}]
> web.devices = ["/dev/c:/dev/x:r","/dev/d:/dev/b:rwm"]
== devices with rights and no path of their own are different devices
-- web
devices: ['/dev/a:rwm']
-- web
devices: ['/dev/b:rwm']
> web.devices = ["/dev/a:/dev/a:rwm","/dev/b:/dev/b:rwm"]
== secrets are the same where they are seen at the same path
-- file compose.yaml
services: {web: {image: a, secrets: [one, two]}}
secrets: {one: {content: a}, two: {content: b}, three: {content: c}}
-- file b.yaml
services: {web: {secrets: [{source: three, target: /run/secrets/one}, {source: two, mode: 0400}]}}
> web.files = ["secret three /run/secrets/one","secret two /run/secrets/two mode=400"]
== a secret's target may be a name
-- file compose.yaml
services: {web: {image: a, secrets: [one]}}
secrets: {one: {content: a}, two: {content: b}}
-- file b.yaml
services: {web: {secrets: [{source: two, target: one}]}}
> web.files = ["secret two /run/secrets/one"]
== a secret at two paths is two
-- file compose.yaml
services: {web: {image: a, secrets: [one]}}
secrets: {one: {content: a}}
-- file b.yaml
services: {web: {secrets: [{source: one, target: other}]}}
> web.files = ["secret one /run/secrets/one","secret one /run/secrets/other"]
== configs are the same where they are seen at the same path
-- file compose.yaml
services: {web: {image: a, configs: [one]}}
configs: {one: {content: a}, two: {content: b}}
-- file b.yaml
services: {web: {configs: [{source: two, target: /one}]}}
> web.files = ["config two /one"]
== files of variables are read in order, each once
-- web
env_file: [a.env, b.env]
-- web
env_file: a.env
-- beside a.env
X=a
-- beside b.env
X=b
> web.environment = {"X":"b"}
== a file of variables need not be there if a later file says so
-- web
env_file: none.env
-- web
env_file: [{path: none.env, required: false}]
> web.environment = -
== files of labels are joined
-- web
label_file: a.labels
-- web
label_file: [b.labels]
-- beside a.labels
x=1
-- beside b.labels
y=2
> web.labels = {"x":"1","y":"2"}
"##;

pub const TAGS: &str = r##"
== a value is taken away, whatever stands behind the tag
-- web
user: a
working_dir: /a
-- web
user: !reset
working_dir: !reset /other
> web.user = -
> web.working_dir = -
== a map is taken away
-- web
healthcheck: {test: a}
labels: {a: 1}
-- web
healthcheck: !reset {}
labels: !reset null
> web.healthcheck = -
> web.labels = -
== one variable is taken away
-- web
environment: [A=1, B=2]
-- web
environment: {A: !reset null}
> web.environment = {"B":"2"}
== a command is taken away
-- web
command: [a]
-- web
command: !reset []
> web.command = -
== a service is taken away
-- file compose.yaml
services: {web: {image: a}, db: {image: b}}
-- file b.yaml
services: {db: !reset {}}
> services = ["web"]
== a service that is waited for and is taken away is missing
-- file compose.yaml
services: {web: {image: a, depends_on: [db]}, db: {image: b}}
-- file b.yaml
services: {db: !reset null}
! 1: error[undefined] services.web.depends_on: there is no service `db`
== what is not there may be taken away
-- web
user: a
-- web
tty: !reset true
> web.user = "a"
== what a second file takes away a third may set
-- file compose.yaml
services: {web: {image: a, ports: ['80:80'], environment: {A: 1}, user: u}}
-- file b.yaml
services: {web: {ports: !reset [], environment: !reset {}, user: !reset null}}
-- file c.yaml
services: {web: {ports: ['81:81'], environment: {B: 2}, user: v}}
> web.ports = ["81:81/tcp"]
> web.environment = {"B":"2"}
> web.user = "v"
== a list is replaced whole
-- web
volumes: ['a:/a', 'b:/b']
-- web
volumes: !override ['c:/c']
> web.mounts = ["volume c /c"]
== a map is replaced whole
-- web
healthcheck: {test: a, interval: 1s}
-- web
healthcheck: !override {test: b}
> web.healthcheck = {"test":{"shell":"b"}}
== a map of a map is replaced whole
-- web
deploy: {replicas: 2, resources: {limits: {memory: 1m}}}
-- web
deploy: {resources: !override {limits: {cpus: '1'}}}
> web.scale = 2
> web.resources = {"milli_cpus":1000}
== a service is replaced whole
-- file compose.yaml
services: {web: {image: a, user: u}}
-- file b.yaml
services: {web: !override {image: b}}
> web.image = "b"
> web.user = -
== what a second file replaces a third adds to
-- web
cap_add: [A]
-- web
cap_add: !override [B]
-- file c.yaml
services: {web: {cap_add: [C]}}
> web.cap_add = ["B","C"]
== tags in the first file take and leave as they say
-- web
user: !reset a
cap_add: !override [A]
> web.user = -
> web.cap_add = ["A"]
== volumes and secrets are taken away too
-- file compose.yaml
services: {web: {image: a}}
volumes: {v: }
secrets: {s: {file: none}}
-- file b.yaml
volumes: {v: !reset {}}
secrets: {s: !reset {}}
> services = ["web"]
== a dependency is taken away
-- file compose.yaml
services: {web: {image: a, depends_on: [db, mq]}, db: {image: b}, mq: {image: c}}
-- file b.yaml
services: {web: {depends_on: {db: !reset null}}}
> web.depends_on = {"mq":"started"}
"##;

#[test]
fn maps_and_lists() {
    run(MAPS_AND_LISTS);
}

#[test]
fn pairs() {
    run(PAIRS);
}

#[test]
fn what_stands_for_the_same() {
    run(UNIQUE);
}

#[test]
fn tags() {
    run(TAGS);
}
