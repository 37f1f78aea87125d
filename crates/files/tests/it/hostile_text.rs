//! Small files that mean no good: each with what is said, and where.

use crate::spec::run;

pub const YAML: &str = r##"
== a tab as indentation
-- file compose.yaml
services:
	web: {image: a}
! 2: error[bad-yaml]: this is not YAML
== a tab behind a colon is a blank
-- file compose.yaml
services:
  web:
    image:	a
> web.image = "a"
== a template
-- file compose.yaml
services:
  {{ range .Services }}
  web: {image: a}
! 2: error[bad-yaml]: a key must be a text; found a map
! 3: error[bad-yaml]: this is not YAML
== a template in a value
-- file compose.yaml
services: {web: {image: {{ .Image }}}}
! 1: error[wrong-type] services.web.image: `image` takes a single value; found a map
! 1: error[bad-yaml]: a key must be a text; found a map
== a template in quotes is a text
-- web
user: "{{ .User }}"
> web.user = "{{ .User }}"
== a key that is a list
-- file compose.yaml
services: {web: {image: a}}
? [a, b]
: c
! 2: error[bad-yaml]: a key must be a text; found a list
== a key that is a map
-- file compose.yaml
services: {web: {image: a}}
? {a: b}
: c
! 2: error[bad-yaml]: a key must be a text; found a map
== no key at all
-- file compose.yaml
services: {web: {image: a}}
: x
! 2: error[unknown-key]: `` is not a key here
== a list among keys
-- file compose.yaml
services:
  web: {image: a}
  - db
! 3: error[bad-yaml]
== steps that do not fit
-- file compose.yaml
services:
  web:
      image: a
    user: b
! 4: error[bad-yaml]
== a quote that is not closed
-- file compose.yaml
services: {web: {image: "a}}
! 1: error[bad-yaml]
== a bracket that is not closed
-- file compose.yaml
services: {web: {image: a, cap_add: [A}}
! 1: error[bad-yaml]
== two colons
-- file compose.yaml
services: {web: {image: a}}
name: a: b
! 2: error[bad-yaml]
== an escape that is none
-- web
user: "\q"
! 4: error[bad-yaml]
== a document's end and more
-- file compose.yaml
services: {web: {image: a}}
...
more: x
! 3: error[bad-yaml]
== an alias as a key
-- file compose.yaml
x-a: &a web
services:
  *a : {image: a}
> services = ["web"]
== a merge key at the root of a text
-- file compose.yaml
<<: text
services: {web: {image: a}}
! 1: error[wrong-type] <<: `<<` takes a map or a list of maps; found a single value
== nothing but a comment
-- file compose.yaml
# services:
! 1: error[missing-key]: there is nothing in this file
== a text alone
-- file compose.yaml
services
! 1: error[wrong-type]: a compose file is a map; found a single value
== a list alone
-- file compose.yaml
- services
! 1: error[wrong-type]: a compose file is a map; found a list
== another kind of file
-- file compose.yaml
apiVersion: v1
kind: Pod
metadata: {name: a}
! 1: error[unknown-key] apiVersion
! 1: error[missing-key] services: there are no services
! 2: error[unknown-key] kind
! 3: error[unknown-key] metadata
"##;

pub const NUMBERS: &str = r##"
== a scale in another base
-- web
scale: 0x10
! 4: error[bad-value] services.web.scale: `0x10` is not a number of units from 0 to 10000
== a scale with an exponent
-- web
scale: 1e3
! 4: error[bad-value] services.web.scale
== a scale with underscores
-- web
scale: 1_000
! 4: error[bad-value] services.web.scale
== a scale without end
-- web
scale: .inf
! 4: error[bad-value] services.web.scale
== a scale that is no number
-- web
scale: .nan
! 4: error[bad-value] services.web.scale
== a negative scale
-- web
scale: -1
! 4: error[bad-value] services.web.scale
== a scale beyond what there is
-- web
scale: 10001
! 4: error[bad-value] services.web.scale
== a scale beyond all numbers
-- web
deploy: {replicas: 99999999999999999999999999}
! 4: error[bad-value] services.web.deploy.replicas
== a scale as a word
-- web
scale: yes
! 4: error[bad-value] services.web.scale
== a time of day for a scale
-- web
scale: 1:30
! 4: error[bad-value] services.web.scale
== a port in another base
-- web
ports: [0x50, 0o120, 8_0, 8e1]
! 4: error[bad-value] services.web.ports[0]
! 4: error[bad-value] services.web.ports[1]
! 4: error[bad-value] services.web.ports[2]
! 4: error[bad-value] services.web.ports[3]
== ports far beyond the last
-- web
ports: [99999999999999999999, {target: 70000}, {target: 80, published: -1}]
! 4: error[bad-value] services.web.ports[0]
! 4: error[bad-value] services.web.ports[1].target
! 4: error[bad-value] services.web.ports[2].published
== a port with a sign
-- web
ports: ['+80:80']
! 4: error[bad-value] services.web.ports[0]
== a size below nothing
-- web
mem_limit: -1m
! 4: error[bad-value] services.web.mem_limit
== a size without end
-- web
mem_limit: .inf
! 4: error[bad-value] services.web.mem_limit
== a size of dots
-- web
shm_size: 1.2.3m
! 4: error[bad-value] services.web.shm_size
== processors below nothing
-- web
cpus: -0.5
! 4: error[bad-value] services.web.cpus
== processors without end
-- web
cpus: 99999999999999999999
! 4: error[bad-value] services.web.cpus
== a time without end
-- web
stop_grace_period: 99999999999999999999h
! 4: error[bad-value] services.web.stop_grace_period
== a time of its own making
-- web
stop_grace_period: 1fortnight
! 4: error[bad-value] services.web.stop_grace_period
== retries below nothing
-- web
healthcheck: {test: a, retries: -1}
! 4: error[bad-value] services.web.healthcheck.retries
== restarts beyond all numbers
-- web
restart: on-failure:99999999999
! 4: error[bad-value] services.web.restart
== rights beyond all bits
-- file compose.yaml
services: {web: {image: a, secrets: [{source: s, mode: 07777777}]}}
secrets: {s: {content: x}}
! 1: error[bad-value] services.web.secrets[0].mode
== an owner below nothing
-- file compose.yaml
services: {web: {image: a, secrets: [{source: s, uid: -1}]}}
secrets: {s: {content: x}}
! 1: error[bad-value] services.web.secrets[0].uid
== limits beyond all numbers
-- web
ulimits: {nofile: 99999999999999999999}
pids_limit: 1e9
! 4: error[bad-value] services.web.ulimits.nofile
! 5: error[bad-value] services.web.pids_limit
"##;

pub const NAMES_AND_PATHS: &str = r##"
== services with names that lead elsewhere
-- file compose.yaml
services:
  ../../etc: {image: a}
  /root: {image: a}
  "a b": {image: a}
  "": {image: a}
  .hidden: {image: a}
! 2: error[bad-name] services.../../etc
! 3: error[bad-name] services./root
! 4: error[bad-name] services.a b
! 5: error[bad-name] services.: a name must not be empty
! 6: error[bad-name] services..hidden
== a name that is written backwards
-- file compose.yaml
services: {"web\u202Egnp": {image: a}}
! 1: error[bad-name] services.web�gnp: a name starts with a letter or digit and goes on with letters, digits, `-`, `_` or `.`; `web�gnp`
== a value that is written backwards
-- web
restart: "\u2066no\u2069 \u202eon\u2028"
! 4: error[bad-value] services.web.restart: `�no� �on�` is not
== a name with letters that look like others
-- file compose.yaml
services: {"wеb": {image: a}}
! 1: error[bad-name] services.w
== a name with a line's end and an escape in it
-- file compose.yaml
services: {"web\n\e[31m": {image: a}}
! 1: error[bad-name] services.web��[31m: a name starts with a letter or digit
== a stack's name that leads elsewhere
-- file compose.yaml
name: ../other
services: {web: {image: a}}
! 1: error[bad-name] name
== volumes, secrets and configs with names that lead elsewhere
-- file compose.yaml
services: {web: {image: a}}
volumes: {../v: }
secrets: {../s: {content: x}}
configs: {"c/../d": {content: x}}
! 2: error[bad-name] volumes
! 3: error[bad-name] secrets
! 4: error[bad-name] configs
== names from elsewhere that lead elsewhere
-- file compose.yaml
services: {web: {image: a, volumes: ['v:/v'], secrets: [s]}}
volumes: {v: {external: true, name: ../x}}
secrets: {s: {external: true, name: "a/b"}}
! 2: error[bad-name] volumes.v
! 3: error[bad-name] secrets.s
== an image with a path that leads elsewhere
-- web
image: ../../image
! 3: error[bad-value] services.web.image
== an image with a control character
-- web
image: "a\e[0m"
! 3: error[bad-value] services.web.image: `a�[0m` is not an image
== a path in the container that leads above it
-- web
volumes: ['vol:/../../etc']
> web.mounts = ["volume vol /etc"]
== a path in the container that is its root
-- web
volumes: ['vol:/x/..']
! 4: error[bad-value] services.web.volumes[0]: `/x/..` is not an absolute path in the container
== a host path that leads above the root
-- web
volumes: ['/../../etc:/etc']
> web.mounts = ["bind /etc /etc"]
== secrets at paths that lead elsewhere
-- file compose.yaml
services: {web: {image: a, secrets: [{source: s, target: ../../etc/passwd}, {source: s, target: /}]}}
secrets: {s: {content: x}}
! 1: error[bad-value] services.web.secrets: `/` is not an absolute path in the container
== files that lie outside are marked
-- file app/compose.yaml
include: [../../up.yaml]
services:
  web:
    image: a
    env_file: [../a.env, /etc/shadow, ~/b.env, x/../../c.env, in/../d.env]
    label_file: ../l
    extends: {file: /srv/base.yaml, service: s}
secrets: {s: {file: ../../key}, t: {file: ~/.ssh/id}, u: {file: in}}
configs: {c: {file: /etc/passwd}}
-- beside /srv/base.yaml
services: {s: {env_file: next.env}}
-- offline
! app/compose.yaml:1: warning[missing-file] include[0]: the file `../up.yaml` is not there
! app/compose.yaml:5: warning[missing-file] services.web.env_file[1]: the file `a.env` is not there
! app/compose.yaml:5: warning[missing-file] services.web.env_file[2]: the file `/etc/shadow` is not there
! app/compose.yaml:5: warning[missing-file] services.web.env_file[3]: the file `~/b.env` is not there
! app/compose.yaml:5: warning[missing-file] services.web.env_file[4]: the file `c.env` is not there
! app/compose.yaml:5: warning[missing-file] services.web.env_file[5]: the file `app/d.env` is not there
! app/compose.yaml:6: warning[missing-file] services.web.label_file[0]: the file `l` is not there
! app/compose.yaml:8: warning[missing-file] secrets.s.file: the file `../key` is not there
! app/compose.yaml:8: warning[missing-file] secrets.t.file: the file `~/.ssh/id` is not there
! app/compose.yaml:8: warning[missing-file] secrets.u.file: the file `app/in` is not there
! app/compose.yaml:9: warning[missing-file] configs.c.file: the file `/etc/passwd` is not there
! /srv/base.yaml:1: warning[missing-file] services.web.env_file[0]: the file `/srv/next.env` is not there
> named = ["../.env DotEnv? outside","../key Secret outside","../up.yaml Include outside","/etc/passwd Config outside","/etc/shadow EnvFile outside","/srv/base.yaml Extends outside","/srv/next.env EnvFile outside","a.env EnvFile outside","app/.env DotEnv?","app/d.env EnvFile","app/in Secret","c.env EnvFile outside","l LabelFile outside","~/.ssh/id Secret outside","~/b.env EnvFile outside"]
== a file whose name has a control character
-- web
env_file: "a\nb"
! 4: error[missing-file] services.web.env_file[0]: the file `a�b` is not there
== labels of the platform
-- web
labels: {io.muster.stack: other, io.muster.exclusive: true}
deploy: {labels: [io.muster.x=1]}
! 4: error[reserved-label] services.web.labels.io.muster.stack
! 5: error[reserved-label] services.web.deploy.labels.io.muster.x
== a variable without a name
-- web
environment: ["=x", "", "A=1"]
! 4: error[bad-value] services.web.environment[0]: a value stands here without a name
! 4: error[bad-value] services.web.environment[1]: a value stands here without a name
== a file of variables with an escape that is a NUL
-- web
env_file: a.env
-- beside a.env
A="x\0y"
> web.environment = {"A":"x\\0y"}
"##;

pub const NOTHING: &str = r##"
== a port with nothing as its target
-- web
ports: [{target: , published: 80}]
! 4: error[missing-key] services.web.ports[0]: the port in the container is not named
== a volume with nothing as its target
-- web
volumes: [{type: volume, source: vol, target: }]
! 4: error[missing-key] services.web.volumes[0]: the path in the container is not named
== a host path that is nothing
-- web
volumes: [{type: bind, source: ~, target: /x}]
! 4: error[missing-key] services.web.volumes[0]: the host's path is not named
== a volume of nothing is one without a name
-- web
volumes: [{type: volume, source: , target: /x}, {source: , target: /y}]
> web.mounts = ["volume /x","volume /y"]
== a secret of nothing
-- web
secrets: [{source: , target: x}]
! 4: error[missing-key] services.web.secrets[0]: it is not said which one
== a device of nothing
-- web
devices: [{target: /dev/a}, {source: }]
! 4: error[missing-key] services.web.devices[0]: the device is not named
! 4: error[missing-key] services.web.devices[1]: the device is not named
== a file of variables of nothing
-- web
env_file: [{required: false}, {path: }]
! 4: error[missing-key] services.web.env_file[0]: the file is not named
! 4: error[missing-key] services.web.env_file[1]: the file is not named
== an included file of nothing
-- file compose.yaml
include: [{env_file: x}, {path: []}]
services: {web: {image: a}}
! 1: error[missing-key] include[0]: the file is not named
! 1: error[missing-key] include[1]: the file is not named
== a service that extends nothing
-- file compose.yaml
services:
  web: {image: a, extends: {service: }}
! 2: error[missing-key] services.web.extends: it is not said which service
== a check of nothing
-- web
healthcheck: {test: , interval: 1s}
> web.healthcheck = {"interval_ms":1000,"test":"of_image"}
== no check at all
-- web
healthcheck: {}
> web.healthcheck = -
== contents from nowhere
-- file compose.yaml
services: {web: {image: a, secrets: [a, b, c]}}
secrets: {a: {external: false}, b: {file: }, c: {}}
! 2: error[missing-key] secrets.a: it is not said where the content comes from
! 2: error[missing-key] secrets.b: it is not said where the content comes from
! 2: error[missing-key] secrets.c: it is not said where the content comes from
== contents from somewhere that is not known
-- file compose.yaml
services: {web: {image: a, secrets: [a]}}
secrets: {a: {file: $NOPE}}
! 2: error[unset-variable] secrets.a.file: the variable `NOPE` is not set
== keys with nothing behind them
-- web
command:
entrypoint: ~
environment: null
ports:
volumes:
deploy:
healthcheck:
logging:
ulimits:
depends_on:
networks:
labels:
user:
scale:
tty:
> services = ["web"]
== a service of nothing
-- file compose.yaml
services:
  web:
! 2: error[missing-key] services.web: the service has no image
"##;

pub const CIRCLES: &str = r##"
== a service that extends itself
-- file compose.yaml
services:
  web: {extends: web}
! 2: error[cycle] services.web.extends: services extend one another in a circle: web → web
== three services that extend one another
-- file compose.yaml
services:
  a: {extends: b}
  b: {extends: c}
  c: {extends: a}
! 4: error[cycle] services.c.extends: services extend one another in a circle: a → b → c → a
== a file that includes itself
-- file compose.yaml
include: [compose.yaml]
services: {web: {image: a}}
-- beside compose.yaml
include: [compose.yaml]
services: {web: {image: a}}
! 1: error[cycle] include[0]: files include one another in a circle: compose.yaml → compose.yaml
== a file that includes itself by another way of writing it
-- file compose.yaml
include: [./x/../compose.yaml]
services: {web: {image: a}}
! 1: error[cycle] include[0]: files include one another in a circle: compose.yaml → compose.yaml
== services that wait for one another
-- file compose.yaml
services:
  a: {image: x, depends_on: [b]}
  b: {image: x, depends_on: {a: {condition: service_healthy}}}
! 2: error[cycle] services.a.depends_on: services wait for one another in a circle: a → b → a
== a service that waits for itself
-- file compose.yaml
services:
  a: {image: x, depends_on: {a: {condition: service_started, required: false}}}
! 2: error[cycle] services.a.depends_on
== a circle by way of a sidekick
-- file compose.yaml
services:
  a: {image: x, labels: {io.rancher.sidekicks: s}}
  s: {image: x, depends_on: [b]}
  b: {image: x, depends_on: [s]}
! 2: error[cycle] services.a.depends_on: services wait for one another in a circle: a → b → a
== sidekicks of one another
-- file compose.yaml
services:
  a: {image: x, labels: {io.rancher.sidekicks: b}}
  b: {image: x, labels: {io.rancher.sidekicks: a}}
! 2: error[conflict] services.a.labels.io.rancher.sidekicks: `b` cannot be a sidekick
! 3: error[conflict] services.b.labels.io.rancher.sidekicks: `a` cannot be a sidekick
== volumes of one another, in one unit
-- file compose.yaml
a: {image: x, labels: {io.rancher.sidekicks: b}, volumes_from: [b], volumes: ['/h:/one']}
b: {image: x, volumes_from: [a], volumes: ['/h:/two']}
> a.mounts = ["bind /h /one","bind /h /two"]
> a.sidekicks.b.mounts = ["bind /h /two","bind /h /one"]
== volumes and namespaces of one another, in two units
-- file compose.yaml
services:
  a: {image: x, volumes_from: [b], network_mode: "service:b", pid: "service:b"}
  b: {image: x, volumes_from: [a], network_mode: "service:a", ipc: "service:a"}
! 2: unsupported[unsupported] services.a.volumes_from: the volumes of `b` are not seen
! 2: unsupported[unsupported] services.a: the network namespace of `b` is not shared
! 2: unsupported[unsupported] services.a: the pid namespace of `b` is not shared
! 3: unsupported[unsupported] services.b.volumes_from: the volumes of `a` are not seen
! 3: unsupported[unsupported] services.b: the network namespace of `a` is not shared
! 3: unsupported[unsupported] services.b: the ipc namespace of `a` is not shared
== links of one another
-- file compose.yaml
services:
  a: {image: x, links: ['b:']}
  b: {image: x, links: ['a:other']}
! 2: note[difference] services.a.links: `links` is not needed
! 3: note[difference] services.b.links: `other` is a name of `a` in the whole stack
"##;

#[test]
fn yaml() {
    run(YAML);
}

#[test]
fn numbers() {
    run(NUMBERS);
}

#[test]
fn names_and_paths() {
    run(NAMES_AND_PATHS);
}

#[test]
fn nothing() {
    run(NOTHING);
}

#[test]
fn circles() {
    run(CIRCLES);
}

#[test]
fn there_are_a_hundred_hostile_files() {
    let texts = [YAML, NUMBERS, NAMES_AND_PATHS, NOTHING, CIRCLES];
    let texts: usize = texts.map(|text| crate::spec::cases(text).len()).iter().sum();
    let bytes = crate::hostile_bytes::all().len();
    let bombs = crate::hostile_bombs::bombs().len();
    println!("{texts} small ones, {bytes} of odd bytes, {bombs} bombs");
    assert!(texts + bytes + bombs >= 100);
}
