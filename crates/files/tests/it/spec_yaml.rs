//! YAML itself: anchors, merge keys, keys that stand twice, words that changed between its versions, and the formats of
//! ten years.

use crate::spec::run;

pub const TEXT: &str = r##"
== an anchor for a value, a list and a map
-- file compose.yaml
x-user: &user "1000"
x-caps: &caps [A, B]
x-env: &env {A: 1}
services:
  web: {image: a, user: *user, cap_add: *caps, environment: *env}
> web.user = "1000"
> web.cap_add = ["A","B"]
> web.environment = {"A":"1"}
== an anchor on a service
-- file compose.yaml
services:
  web: &web {image: a, environment: {A: 1}}
  two: *web
> two.image = "a"
> two.environment = {"A":"1"}
== a merge key adds what is missing
-- file compose.yaml
x-base: &base {image: a, user: u, restart: "no"}
services:
  web: {<<: *base, user: own}
> web.image = "a"
> web.user = "own"
> web.restart = "no"
== a merge key may stand behind what wins over it
-- file compose.yaml
x-base: &base {image: a, user: u}
services:
  web: {user: own, <<: *base}
> web.user = "own"
== a merge key does not merge below the first level
-- file compose.yaml
x-base: &base {image: a, environment: {A: 1, B: 1}}
services:
  web: {<<: *base, environment: {B: 2}}
> web.environment = {"B":"2"}
== of several maps the first wins
-- file compose.yaml
x-one: &one {image: one}
x-two: &two {image: two, user: two}
services:
  web: {<<: [*one, *two]}
> web.image = "one"
> web.user = "two"
== a map with a merge key of its own
-- file compose.yaml
x-one: &one {user: one, working_dir: /one}
x-two: &two {<<: *one, user: two}
services:
  web: {<<: *two, image: a}
> web.user = "two"
> web.working_dir = "/one"
== a merge key of a map written out
-- web
<<: {user: u}
> web.user = "u"
== two merge keys
-- file compose.yaml
x-one: &one {user: one}
x-two: &two {user: two, working_dir: /two}
services:
  web:
    <<: *one
    <<: *two
    image: a
> web.user = "one"
> web.working_dir = "/two"
== a list of merge keys behind an anchor
-- file compose.yaml
x-one: &one {user: one}
x-two: &two {working_dir: /two}
x-all: &all [*one, *two]
services:
  web: {<<: *all, image: a}
> web.user = "one"
> web.working_dir = "/two"
== a quoted merge key is a key
-- web
environment: {"<<": x}
> web.environment = {"<<":"x"}
== an anchor that is written again counts from there
-- file compose.yaml
x-one: &a "1"
x-two: &a "2"
services:
  web: {image: a, user: *a}
> web.user = "2"
== a merge key of a text
-- web
<<: text
! 4: error[wrong-type] <<: `<<` takes a map or a list of maps; found a single value
== a merge key of a list with a text
-- web
<<: [{user: u}, text]
! 4: error[wrong-type] <<: `<<` takes a map or a list of maps; found a single value
== an alias of nothing
-- web
user: *none
! 4: error[bad-yaml]: nothing above is anchored as `&none`
== an alias inside its own value
-- web
labels: &e {A: *e}
! 4: error[bad-yaml]: this alias stands inside the value that it repeats
== a key twice in a service
-- web
user: a
tty: true
user: b
! 6: warning[duplicate-key] services.web.user: the key stands here and on line 4 already; this one counts
> web.user = "b"
== a service twice
-- file compose.yaml
services:
  web: {image: a, user: u}
  web: {image: b}
! 3: warning[duplicate-key] services.web
> web.image = "b"
> web.user = -
== a section twice
-- file compose.yaml
services: {web: {image: a}}
volumes: {v: }
services: {db: {image: b}}
! 3: warning[duplicate-key] services: the key stands here and on line 1 already; this one counts
> services = ["db"]
== a variable twice in a map
-- web
environment: {A: 1, A: 2}
! 4: warning[duplicate-key] services.web.environment.A
> web.environment = {"A":"2"}
== words that were flags and numbers stay words
-- web
environment: {A: yes, B: no, C: on, D: off, E: y, F: 0755, G: 0o755, H: 0x10, I: 1_000, J: 1e3, K: .inf, L: .nan, M: 1:30, N: 190:20:30, O: 2001-12-14, P: 1.10, Q: +1, R: 0b1, S: 010, T: TRUE}
> web.environment = {"A":"yes","B":"no","C":"on","D":"off","E":"y","F":"0755","G":"0o755","H":"0x10","I":"1_000","J":"1e3","K":".inf","L":".nan","M":"1:30","N":"190:20:30","O":"2001-12-14","P":"1.10","Q":"+1","R":"0b1","S":"010","T":"TRUE"}
== nothing, in all spellings, and texts that are quoted
-- web
labels: {a: , b: ~, c: null, d: "null", e: '~', f: ""}
> web.labels = {"a":"","b":"","c":"","d":"null","e":"~","f":""}
== keys that look like flags and numbers are names
-- web
labels: {yes: a, 1: b, 1.10: c, true: d}
> web.labels = {"1":"b","1.10":"c","true":"d","yes":"a"}
== a tag makes a text of a number
-- web
environment: {A: !!str 1.10, B: !!int "2"}
> web.environment = {"A":"1.10","B":"2"}
== texts folded and kept, with and without their last line's end
-- web
environment:
  A: |
    one
    two
  B: >
    one
    two
  C: |-
    one
  D: |+
    one

  E: "a\
    b\tc\u00e9"
> web.environment = {"A":"one\ntwo\n","B":"one two\n","C":"one","D":"one\n\n","E":"ab\tcé"}
== a hash begins a comment only behind a blank
-- web
environment: {A: a#b}
user: u # a comment
> web.environment = {"A":"a#b"}
> web.user = "u"
== JSON is YAML
-- file compose.yaml
{"services": {"web": {"image": "a", "ports": ["80:80"], "tty": true, "user": null}}}
> web.ports = ["80:80/tcp"]
> web.tty = true
== a document's beginning and end
-- file compose.yaml
%YAML 1.2
---
services: {web: {image: a}}
...
> services = ["web"]
== two documents
-- file compose.yaml
services: {web: {image: a}}
---
services: {db: {image: b}}
! 2: error[bad-yaml]: a second document begins here; a file has one
== names in any script stay in values
-- web
environment: {A: 你好, B: "🎉", Ü: ü}
labels: {ключ: значение}
> web.environment = {"A":"你好","B":"🎉","Ü":"ü"}
> web.labels = {"ключ":"значение"}
== a tag of one's own is said and passed over
-- web
user: !mine u
! 4: warning[unknown-tag]: the tag `!mine` is not known
> web.user = "u"
"##;

pub const FORMATS: &str = r##"
== version 1: services at the root
-- file compose.yaml
web:
  image: a
  mem_limit: 64m
  volume_driver: local
  net: host
  log_driver: syslog
  log_opt: {tag: x}
db: {image: b}
> services = ["db","web"]
> web.resources = {"memory":67108864}
> web.namespaces = {"network":"host"}
> web.logging = {"driver":"syslog","options":{"tag":"x"}}
== version 1 with its number
-- file compose.yaml
version: '1'
web: {image: a}
> services = ["web"]
== version 1 passes over keys that it does not know
-- file compose.yaml
web: {image: a, imag: b}
! 1: warning[ignored-key] services.web.imag: `imag` is not a key here
> services = ["web"]
== version 2 with what it had
-- file compose.yaml
version: '2.4'
services:
  web:
    image: a
    depends_on: {db: {condition: service_healthy}}
    cpus: 0.5
    cpuset: 0,1
    mem_reservation: 1m
    pids_limit: 5
    init: true
    scale: 2
  db: {image: b, healthcheck: {test: x}}
> web.depends_on = {"db":"healthy"}
> web.resources = {"cpuset":"0,1","memory_reservation":1048576,"milli_cpus":500,"pids":5}
> web.scale = 2
== version 3 with its deployment
-- file compose.yaml
version: "3.8"
services:
  web: {image: a, deploy: {replicas: 2, resources: {limits: {cpus: '0.5', memory: 64M}}}}
> web.scale = 2
> web.resources = {"memory":67108864,"milli_cpus":500}
== a version as a number
-- file compose.yaml
version: 3.10
services: {web: {image: a}}
> services = ["web"]
== a version that never was
-- file compose.yaml
version: '7'
services: {web: {image: a}}
! 1: note[difference] version: there is no format `7`
> services = ["web"]
== files of different versions are merged
-- file compose.yaml
version: '2'
services: {web: {image: a}}
-- file b.yaml
version: '3'
services: {web: {user: u}}
> web.user = "u"
== today's file with a name
-- file compose.yaml
name: shop
services: {web: {image: a}}
> stack.name = "shop"
== a name with a variable
-- file compose.yaml
name: ${N:-shop}-${S}
services: {web: {image: a}}
-- with S=one
> stack.name = "shop-one"
== a pair: the second file says how many
-- file docker-compose.yml
web: {image: a}
db: {image: b}
-- file rancher-compose.yml
web: {scale: 3}
db: {scale: 0}
> web.scale = 3
> db.scale = 0
== a pair of version 2
-- file docker-compose.yml
version: '2'
services: {web: {image: a}}
-- file rancher-compose.yml
version: '2'
services: {web: {scale: 2, upgrade_strategy: {start_first: true, batch_size: 2, interval_millis: 100}}}
> web.scale = 2
> web.update.order = "start_first"
> web.update.batch_size = 2
> web.update.interval_ms = 100
== the second file is found by itself
-- file app/docker-compose.yml
web: {image: a}
-- beside app/rancher-compose.yml
web: {scale: 2}
> web.scale = 2
> named = ["app/.env DotEnv?","app/rancher-compose.yml Pair?"]
== the first file is found too
-- file rancher-compose.yml
web: {scale: 2}
-- beside docker-compose.yml
web: {image: a}
> web.scale = 2
== the order of a pair does not matter
-- file rancher-compose.yml
web: {scale: 2}
-- file docker-compose.yml
web: {image: a, scale: 1}
> web.scale = 2
== variables of a pair, with the catalog's defaults
-- file docker-compose.yml
web: {image: "a:${TAG}"}
-- file rancher-compose.yml
.catalog: {name: x, questions: [{variable: TAG, default: 7, type: string}, {variable: N, default: "2"}]}
web: {scale: "${N}"}
> web.image = "a:7"
> web.scale = 2
== an answer wins over the catalog's default
-- file docker-compose.yml
web: {image: "a:${TAG}"}
-- file rancher-compose.yml
.catalog: {questions: [{variable: TAG, default: 7}]}
web: {}
-- with TAG=8
> web.image = "a:8"
== sidekicks share their primary's place and volumes
-- file compose.yaml
web:
  image: a
  labels: {io.rancher.sidekicks: log}
log:
  image: b
  volumes_from: [web]
  net: container:web
> services = ["web"]
> web.sidekicks.log.image = "b"
! 6: unsupported[unsupported] services.log.volumes_from: volumes of `web` that have no name are not seen
== rules by label
-- file compose.yaml
web: {image: a, labels: {io.rancher.scheduler.affinity:host_label: "disk=ssd", io.rancher.scheduler.global: 'true'}}
> web.kind = "global"
> web.rules = [{"relation":"must","subject":{"host_label":{"key":"disk","value":"ssd"}}}]
== what of a pair is not acted on
-- file docker-compose.yml
web: {image: a}
-- file rancher-compose.yml
web: {health_check: {port: 80}, metadata: {a: 1}, scale_policy: {min: 1}}
! rancher-compose.yml:1: unsupported[not-active-yet] services.web.health_check
! rancher-compose.yml:1: unsupported[not-active-yet] services.web.metadata
> web.scale = -
"##;

#[test]
fn text() {
    run(TEXT);
}

#[test]
fn formats() {
    run(FORMATS);
}
