//! `extends`, `include` and profiles.

use crate::spec::run;

pub const EXTENDS: &str = r##"
== a service of the same file, by name alone or in a map
-- file compose.yaml
services:
  base: {image: a, user: u}
  one: {extends: base}
  two: {extends: {service: base}, image: b}
> one.image = "a"
> two.image = "b"
> two.user = "u"
== maps are merged, the service's own words win
-- file compose.yaml
services:
  base: {image: a, environment: {A: 1, B: 1}, labels: [l=1], deploy: {resources: {limits: {memory: 1m}}}}
  web: {extends: base, environment: [B=2], labels: {m: 2}, deploy: {replicas: 2}}
> web.environment = {"A":"1","B":"2"}
> web.labels = {"l":"1","m":"2"}
> web.resources = {"memory":1048576}
> web.scale = 2
== lists are joined, the extended service's items first
-- file compose.yaml
services:
  base: {image: a, cap_add: [A], ports: ['80:80'], dns: [10.0.0.1], security_opt: [x]}
  web: {extends: base, cap_add: [A, B], ports: ['81:81'], dns: [10.0.0.2], security_opt: [y]}
> web.cap_add = ["A","B"]
> web.ports = ["80:80/tcp","81:81/tcp"]
> web.dns = ["10.0.0.1","10.0.0.2"]
> web.security_opt = ["x","y"]
== commands and tests are replaced
-- file compose.yaml
services:
  base: {image: a, command: [a, b], entrypoint: [c], healthcheck: {test: a, interval: 1s}}
  web: {extends: base, command: d, healthcheck: {test: b}}
> web.command = ["d"]
> web.entrypoint = ["c"]
> web.healthcheck = {"interval_ms":1000,"test":{"shell":"b"}}
== a check of the extended service may be switched off
-- file compose.yaml
services:
  base: {image: a, healthcheck: {test: a}}
  web: {extends: base, healthcheck: {disable: true}}
> web.healthcheck.test = "disabled"
== a volume at the same path is replaced
-- file compose.yaml
services:
  base: {image: a, volumes: ['v:/data', 'w:/more']}
  web: {extends: base, volumes: ['x:/data']}
volumes: {v: , w: , x: }
> web.mounts = ["volume x /data","volume w /more"]
== values are taken away and replaced whole
-- file compose.yaml
services:
  base: {image: a, user: u, ports: ['80:80'], environment: {A: 1}}
  web: {extends: base, user: !reset null, ports: !override ['81:81'], environment: {A: !reset null}}
> web.user = -
> web.ports = ["81:81/tcp"]
> web.environment = -
> base.user = "u"
== a row of services
-- file compose.yaml
services:
  a: {image: a, user: a, working_dir: /a}
  b: {extends: a, user: b}
  c: {extends: b, image: c}
> c.image = "c"
> c.user = "b"
> c.working_dir = "/a"
== the order in the file does not matter
-- file compose.yaml
services:
  c: {extends: b}
  b: {extends: a}
  a: {image: a}
> c.image = "a"
== a service of another file brings nothing else of it along
-- file compose.yaml
services: {web: {extends: {file: base.yaml, service: base}}}
-- beside base.yaml
services: {base: {image: a}, other: {image: b}}
volumes: {v: }
> services = ["web"]
> stack.volumes = {}
== a service of another file extends one of that file
-- file compose.yaml
services: {web: {extends: {file: base.yaml, service: mid}}}
-- beside base.yaml
services: {low: {image: a, user: u}, mid: {extends: low, working_dir: /m}}
> web.image = "a"
> web.user = "u"
> web.working_dir = "/m"
== paths start at the file that names them
-- file app/compose.yaml
services: {web: {extends: {file: ../lib/base.yaml, service: base}, env_file: own.env}}
-- beside lib/base.yaml
services: {base: {image: a, env_file: base.env, label_file: base.labels}}
-- beside lib/base.env
A=1
-- beside lib/base.labels
l=1
-- beside app/own.env
B=2
> web.environment = {"A":"1","B":"2"}
> web.labels = {"l":"1"}
== files of variables of one name in two directories are two
-- file app/compose.yaml
services: {web: {extends: {file: ../lib/base.yaml, service: base}, env_file: a.env, label_file: l}}
-- beside lib/base.yaml
services: {base: {image: a, env_file: a.env, label_file: l}}
-- beside lib/a.env
A=lib
B=lib
-- beside lib/l
a=lib
b=lib
-- beside app/a.env
A=app
-- beside app/l
a=app
> web.environment = {"A":"app","B":"lib"}
> web.labels = {"a":"app","b":"lib"}
== a volume of another file's service must be declared here
-- file compose.yaml
services: {web: {extends: {file: base.yaml, service: base}}}
volumes: {other: }
-- beside base.yaml
services: {base: {image: a, volumes: ['v:/v']}}
volumes: {v: {driver: x}}
! base.yaml:1: warning[undeclared-volume] services.web.volumes: the volume `v` is not declared
> stack.volumes = {"v":{}}
== a secret of another file's service must be declared here
-- file compose.yaml
services: {web: {extends: {file: base.yaml, service: base}}}
-- beside base.yaml
services: {base: {image: a, secrets: [s]}}
secrets: {s: {content: x}}
! base.yaml:1: error[undefined] services.web.secrets: `s` is not declared under `secrets:`
== what another file's service waits for must be here
-- file compose.yaml
services: {web: {extends: {file: base.yaml, service: base}}}
-- beside base.yaml
services: {base: {image: a, depends_on: [db]}, db: {image: b}}
! base.yaml:1: error[undefined] services.web.depends_on: there is no service `db`
== what a service waits for is taken over
-- file compose.yaml
services:
  base: {image: a, depends_on: {db: {condition: service_healthy}}}
  web: {extends: base, depends_on: [mq]}
  db: {image: b}
  mq: {image: c}
> web.depends_on = {"db":"healthy","mq":"started"}
== versions 1 and 2 take no ties over
-- file compose.yaml
version: '2.1'
services:
  base: {image: a, depends_on: [db], links: [db]}
  web: {extends: {service: base}}
  db: {image: b}
! 3: note[difference] services.base.links: `links` is not needed
> web.depends_on = {}
> base.depends_on = {"db":"started"}
== files of version 1 extend files of version 1
-- file compose.yaml
web:
  extends: {file: base.yml, service: base}
  command: b
-- beside base.yml
base:
  image: a
  command: a
> web.image = "a"
> web.command = ["b"]
== profiles are taken over and joined
-- file compose.yaml
services:
  base: {image: a, profiles: [one]}
  web: {extends: base, profiles: [two]}
-- profiles one
> services = ["base","web"]
== a later file merges with what extends made
-- file compose.yaml
services:
  base: {image: a, environment: {A: 1, B: 1, C: 1}}
  web: {extends: base, environment: {B: 2, C: 2}}
-- file b.yaml
services: {web: {environment: {C: 3}}}
> web.environment = {"A":"1","B":"2","C":"3"}
== a service extends one of another file with its own name
-- file compose.yaml
services: {web: {extends: {file: base.yaml, service: web}, user: u}}
-- beside base.yaml
services: {web: {image: a}}
> web.image = "a"
> web.user = "u"
== a file is not asked for its `include`
-- file compose.yaml
services: {web: {extends: {file: base.yaml, service: base}}}
-- beside base.yaml
include: [none.yaml]
services: {base: {image: a}}
> web.image = "a"
== a key of it that is none
-- file compose.yaml
services:
  base: {image: a}
  web:
    extends: {service: base, fil: b.yaml, x-note: 1}
! 4: error[unknown-key] services.web.extends.fil: `fil` is not a key here
== one that is not there
-- file compose.yaml
services:
  web:
    extends: {file: base.yaml, service: bass}
-- beside base.yaml
services: {base: {image: a}}
! 3: error[undefined] services.web.extends: `base.yaml` has no service `bass`
== a file that is not there
-- file compose.yaml
services:
  web:
    extends: {file: none.yaml, service: base}
! 3: error[missing-file] services.web.extends: the file `none.yaml` is not there
== a circle through two files
-- file compose.yaml
services:
  web: {extends: {file: b.yaml, service: b}}
-- beside b.yaml
services:
  b: {extends: {file: compose.yaml, service: web}}
-- beside compose.yaml
services:
  web: {extends: {file: b.yaml, service: b}}
! b.yaml:2: error[cycle] services.b.extends: services extend one another in a circle: web → b → web
"##;

pub const INCLUDE: &str = r##"
== services, volumes, secrets and configs become part
-- file compose.yaml
include: [more.yaml]
services: {web: {image: a, volumes: ['v:/v'], secrets: [s], configs: [c], depends_on: [db]}}
-- beside more.yaml
services: {db: {image: b}}
volumes: {v: {driver: x}}
secrets: {s: {content: x}}
configs: {c: {content: y}}
> services = ["db","web"]
> stack.volumes = {"v":{"driver":"x"}}
> stack.contents = {"c":"y","s":"x"}
> web.depends_on = {"db":"started"}
== a file of includes alone
-- file compose.yaml
include: [a.yaml, {path: b.yaml}]
-- beside a.yaml
services: {web: {image: a}}
-- beside b.yaml
services: {db: {image: b}}
> services = ["db","web"]
== an included file includes further, from where it is
-- file compose.yaml
include: [a/a.yaml]
-- beside a/a.yaml
include: [b/b.yaml]
services: {web: {image: a}}
-- beside a/b/b.yaml
services: {db: {image: b, env_file: b.env}}
-- beside a/b/b.env
A=1
> services = ["db","web"]
> db.environment = {"A":"1"}
== several files of one item are merged, paths start at the first
-- file compose.yaml
include: [{path: [a/a.yaml, over.yaml]}]
-- beside a/a.yaml
services: {web: {image: a, env_file: x.env}}
-- beside over.yaml
services: {web: {image: b, label_file: l}}
-- beside a/x.env
A=1
-- beside a/l
l=1
> web.image = "b"
> web.environment = {"A":"1"}
> web.labels = {"l":"1"}
== a directory of its own for paths
-- file compose.yaml
include: [{path: a/a.yaml, project_directory: other}]
-- beside a/a.yaml
services: {web: {image: a, env_file: x.env, volumes: ['./d:/d']}}
-- beside other/x.env
A=1
> web.environment = {"A":"1"}
> web.mounts = ["bind /srv/shop/other/d /d"]
== `.env` beside an included file is for that file
-- file compose.yaml
include: [a/a.yaml]
services: {web: {image: "a:${TAG:-none}"}}
-- beside a/a.yaml
services: {db: {image: "b:${TAG}"}}
-- beside a/.env
TAG=1
> web.image = "a:none"
> db.image = "b:1"
== the project's own variables win there
-- file compose.yaml
include: [a/a.yaml]
-- beside a/a.yaml
services: {db: {image: "b:${TAG}-${OUT}"}}
-- beside a/.env
TAG=1
OUT=1
-- beside .env
TAG=2
-- with OUT=3
> db.image = "b:2-3"
== what an included file passes on is set from its own `.env`
-- file compose.yaml
include: [a/a.yaml]
services: {web: {image: a, environment: [A]}}
-- beside a/a.yaml
services: {db: {image: b, environment: [A, B=b, C], secrets: [s]}, mq: {image: c, environment: {A: , C: c}}}
secrets: {s: {environment: S}}
-- beside a/.env
A=1
S=2
! 2: warning[left-unset] services.web.environment.A
! a/a.yaml:1: warning[left-unset] services.db.environment.C
> db.environment = {"A":"1","B":"b"}
> mq.environment = {"A":"1","C":"c"}
> web.environment = -
> stack.contents = {"s":"2"}
== named files of variables stand instead of `.env`
-- file compose.yaml
include: [{path: a/a.yaml, env_file: [one.env, two.env]}]
-- beside a/a.yaml
services: {db: {image: "b:${A}-${B}-${C:-none}"}}
-- beside one.env
A=1
B=1
-- beside two.env
B=${A}2
-- beside a/.env
C=3
> db.image = "b:1-12-none"
== the same file twice is the same
-- file compose.yaml
include: [a.yaml, b.yaml]
-- beside a.yaml
include: [common.yaml]
services: {web: {image: a, depends_on: [db]}}
-- beside b.yaml
include: [common.yaml]
services: {mq: {image: c, depends_on: [db]}}
-- beside common.yaml
services: {db: {image: b, ports: ['80:80']}}
volumes: {v: {labels: {a: 1}}}
> services = ["db","mq","web"]
== a service in both is an error
-- file compose.yaml
include: [a.yaml]
services: {web: {image: a}}
-- beside a.yaml
services: {web: {image: b}}
! 1: error[conflict] include[0]: the included file has a `web` under `services` too
== a volume in both is an error
-- file compose.yaml
include: [a.yaml]
services: {web: {image: a}}
volumes: {v: {driver: x}}
-- beside a.yaml
services: {db: {image: b}}
volumes: {v: {driver: y}}
! 1: error[conflict] include[0]: the included file has a `v` under `volumes` too
== a volume declared in the same way in both is one
-- file compose.yaml
include: [a.yaml]
services: {web: {image: a, volumes: ['v:/v']}}
volumes: {v: {driver: x}}
-- beside a.yaml
services: {db: {image: b, volumes: ['v:/v']}}
volumes:
  v:
    driver: "x"
> stack.volumes = {"v":{"driver":"x"}}
== an included file's name and extensions stay its own
-- file compose.yaml
name: own
include: [a.yaml]
x-a: 1
services: {web: {image: a}}
-- beside a.yaml
name: other
x-a: {b: 2}
services: {db: {image: b}}
> stack.name = "own"
== a later file may change an included service
-- file compose.yaml
include: [a.yaml]
services: {web: {image: a}}
-- file b.yaml
services: {db: {user: u}}
-- beside a.yaml
services: {db: {image: b}}
> db.user = "u"
> db.image = "b"
== an included file extends services of its own
-- file compose.yaml
include: [a/a.yaml]
-- beside a/a.yaml
services: {web: {extends: {file: base.yaml, service: base}}}
-- beside a/base.yaml
services: {base: {image: a}}
> web.image = "a"
== a file that is not there
-- file compose.yaml
include: [a.yaml]
services: {web: {image: a}}
! 1: error[missing-file] include[0]: the file `a.yaml` is not there
== a circle
-- file compose.yaml
include: [a.yaml]
-- beside a.yaml
include: [b.yaml]
-- beside b.yaml
services: {web: {image: a}}
include: [a.yaml]
! b.yaml:2: error[cycle] include[0]: files include one another in a circle: compose.yaml → a.yaml → b.yaml → a.yaml
== files that are named
-- file app/compose.yaml
include: [../lib/a.yaml, {path: /srv/b.yaml, env_file: ~/c.env}]
services: {web: {image: a}}
-- offline
! app/compose.yaml:1: warning[missing-file] include[0]: the file `lib/a.yaml` is not there
! app/compose.yaml:1: warning[missing-file] include[1]: the file `/srv/b.yaml` is not there
! app/compose.yaml:1: warning[missing-file] include[1]: the file `~/c.env` is not there
> named = ["/srv/b.yaml Include outside","app/.env DotEnv?","lib/.env DotEnv? outside","lib/a.yaml Include outside","~/c.env DotEnv outside"]
"##;

pub const PROFILES: &str = r##"
== a service without profiles is always on
-- file compose.yaml
services: {web: {image: a}, tool: {image: b, profiles: [debug]}, none: {image: c, profiles: []}}
> services = ["none","web"]
== one of several profiles is enough
-- file compose.yaml
services: {web: {image: a}, tool: {image: b, profiles: [debug, test]}}
-- profiles test
> services = ["tool","web"]
== several profiles may be on
-- file compose.yaml
services: {a: {image: a, profiles: [x]}, b: {image: b, profiles: [y]}, c: {image: c, profiles: [z]}}
-- profiles x z
> services = ["a","c"]
== all of them
-- file compose.yaml
services: {a: {image: a, profiles: [x]}, b: {image: b, profiles: [y]}}
-- profiles *
> services = ["a","b"]
== a look at a file sees all of them
-- file compose.yaml
services: {web: {image: a}, tool: {imag: b, profiles: [debug]}}
-- offline
! 1: error[missing-key] services.tool: the service has no image
! 1: error[unknown-key] services.tool.imag
== a service that is off may be mended by nobody
-- file compose.yaml
services: {web: {image: a}, tool: {profiles: [debug]}}
> services = ["web"]
== waiting for a service that is off is said and not done
-- file compose.yaml
services:
  web: {image: a, depends_on: [tool]}
  tool: {image: b, profiles: [debug]}
! 2: unsupported[unsupported] services.web.depends_on: it waits for `tool`, which is not deployed
> web.depends_on = {}
== one that need not be there is not missed
-- file compose.yaml
services:
  web: {image: a, depends_on: {tool: {condition: service_started, required: false}}}
  tool: {image: b, profiles: [debug]}
> web.depends_on = {}
== one that is on is waited for
-- file compose.yaml
services:
  web: {image: a, depends_on: {tool: {condition: service_started, required: false}}}
  tool: {image: b, profiles: [debug]}
-- profiles debug
> web.depends_on = {"tool":"started"}
== volumes of a service that is off are not made
-- file compose.yaml
services: {web: {image: a}, tool: {image: b, profiles: [debug], volumes: ['v:/v']}}
volumes: {v: }
> stack.volumes = {}
== a profile's name is a text
-- file compose.yaml
services: {web: {image: a}, tool: {image: b, profiles: [1, yes]}}
-- profiles yes
> services = ["tool","web"]
== profiles are a list
-- file compose.yaml
services: {web: {image: a, profiles: debug}}
! 1: error[wrong-type] services.web.profiles: `profiles` takes a list; found a single value
"##;

#[test]
fn extends() {
    run(EXTENDS);
}

#[test]
fn include() {
    run(INCLUDE);
}

#[test]
fn profiles() {
    run(PROFILES);
}
