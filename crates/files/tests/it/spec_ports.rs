//! Ports, volumes, and the files that a container sees.

use crate::spec::run;

pub const PORTS: &str = r##"
== a range without host ports
-- web
ports: [8000-8002]
> web.ports = ["?:8000/tcp","?:8001/tcp","?:8002/tcp"]
== a range on a range, on one address, of one protocol
-- web
ports: ['127.0.0.1:9000-9001:8000-8001/udp']
> web.ports = ["127.0.0.1:9000:8000/udp","127.0.0.1:9001:8001/udp"]
== of a range for one port the first is used, and it is said
-- web
ports: ['8000-8010:80']
! 4: unsupported[unsupported] services.web.ports[0]: a range of host ports for one container port
> web.ports = ["8000:80/tcp"]
== ports above 60 are no times of day
-- web
ports: [22:22, 3306:3306, 59:59]
> web.ports = ["22:22/tcp","3306:3306/tcp","59:59/tcp"]
== a number, a text, a list over lines
-- web
ports:
  - 80
  - "443"
  - 8080:8080
> web.ports = ["?:80/tcp","?:443/tcp","8080:8080/tcp"]
== the highest and the lowest
-- web
ports: ['1:65535', '65535:1']
> web.ports = ["1:65535/tcp","65535:1/tcp"]
== addresses of IPv6 that mean all
-- web
ports: ['[::]:80:80', ':::81:81']
> web.ports = ["80:80/tcp","81:81/tcp"]
== one address of IPv6 is not published, and it is said
-- web
ports: ['[::1]:80:80']
! 4: unsupported[unsupported] services.web.ports[0]: ports are not published on single IPv6 addresses
> web.ports = []
== an address and no host port
-- web
ports: ['10.0.0.1::80']
> web.ports = ["10.0.0.1:?:80/tcp"]
== an address that says all
-- web
ports: ['0.0.0.0:80:80']
> web.ports = ["0.0.0.0:80:80/tcp"]
== a host port of 0 is the platform's choice
-- web
ports: ['0:80', {target: 81, published: 0}]
> web.ports = ["?:80/tcp","?:81/tcp"]
== protocols
-- web
ports: [53/udp, 54/sctp, 55/tcp, 56/UDP]
> web.ports = ["?:53/udp","?:54/sctp","?:55/tcp","?:56/udp"]
== the long form with everything
-- web
ports:
  - name: web
    target: 80
    published: "8080"
    host_ip: 127.0.0.1
    protocol: udp
    mode: host
> web.ports = ["127.0.0.1:8080:80/udp"]
== the long form with a range
-- web
ports: [{target: 80, published: 8080-8090}]
! 4: unsupported[unsupported] services.web.ports[0]: a range of host ports for one container port
> web.ports = ["8080:80/tcp"]
== a target as a text
-- web
ports: [{target: '80', published: '80'}]
> web.ports = ["80:80/tcp"]
== `ingress` is on the hosts of the units alone
-- web
ports: [{target: 80, published: 80, mode: ingress}]
! 4: note[difference] services.web.ports[0].mode: the port is not published on every host
> web.ports = ["80:80/tcp"]
== a list of one range twice is one range
-- web
ports: ['80-81:80-81', '81:81']
> web.ports = ["80:80/tcp","81:81/tcp"]
== ranges of different length
-- web
ports: ['80-82:80-81']
! 4: error[bad-value] services.web.ports[0]: 3 host ports cannot stand for 2 container ports
== a range that goes down
-- web
ports: [81-80]
! 4: error[bad-value] services.web.ports[0]
== a port beyond the last
-- web
ports: ['65536:80']
! 4: error[bad-value] services.web.ports[0]
== a port of 0 in the container
-- web
ports: ['80:0']
! 4: error[bad-value] services.web.ports[0]
== a negative port
-- web
ports: [-80]
! 4: error[bad-value] services.web.ports[0]
== a name of a host
-- web
ports: ['localhost:80:80']
! 4: error[bad-value] services.web.ports[0]: `localhost` is not an IP address
== a range as a target
-- web
ports: [{target: 80-81}]
! 4: error[bad-value] services.web.ports[0].target
== a map for all ports
-- web
ports: {80: 80}
! 4: error[wrong-type] services.web.ports: `ports` takes a list; found a map
== one port alone
-- web
ports: 80:80
! 4: error[wrong-type] services.web.ports: `ports` takes a list; found a single value
== a list in the list
-- web
ports: [[80]]
! 4: error[wrong-type] services.web.ports[0]: `ports` takes a single value; found a list
== nothing in the list
-- web
ports: [ , 80]
! 4: error[bad-yaml]
== null in the list
-- web
ports: [null]
! 4: error[wrong-type] services.web.ports[0]: `ports` takes a single value; found nothing
== open ports, alone, in a range, of a protocol
-- web
expose: [80, "443", 9000-9001, 53/udp]
> web.expose = ["80/tcp","443/tcp","9000/tcp","9001/tcp","53/udp"]
== an open port's host port is not published
-- web
expose: ['8080:80']
! 4: note[difference] services.web.expose[0]: the port is open to other services and published on no host
> web.expose = ["80/tcp"]
"##;

pub const VOLUMES: &str = r##"
== the short forms
-- web
volumes: [/anon, 'vol:/vol', '/host:/host', './rel:/rel', '../up:/up']
> web.mounts = ["volume /anon","volume vol /vol","bind /host /host","bind /srv/shop/rel /rel","bind /srv/up /up"]
== modes, several with commas
-- web
volumes: ['a:/a:ro', 'b:/b:rw', 'c:/c:ro,nocopy', '/d:/d:ro,rslave']
> web.mounts = ["volume a /a ro","volume b /b","volume c /c ro nocopy","bind /d /d ro rslave"]
== modes without effect on Linux
-- web
volumes: ['/a:/a:cached', '/b:/b:delegated', '/c:/c:consistent']
> web.mounts = ["bind /a /a","bind /b /b","bind /c /c"]
== the long form of a volume
-- web
volumes: [{type: volume, source: vol, target: /data, read_only: true, volume: {nocopy: true}}]
> web.mounts = ["volume vol /data ro nocopy"]
== the long form of a host path
-- web
volumes:
  - type: bind
    source: ./x
    target: /data
    read_only: yes
    bind: {propagation: rshared, create_host_path: false}
> web.mounts = ["bind existing /srv/shop/x /data ro rshared"]
== the long form of memory
-- web
volumes: [{type: tmpfs, target: /a, tmpfs: {size: 10m, mode: 01777}}, {type: tmpfs, target: /b}]
> web.mounts = ["tmpfs size=10485760 mode=1777 /a","tmpfs /b"]
== sizes of memory as numbers
-- web
volumes: [{type: tmpfs, target: /a, tmpfs: {size: 1000}}]
> web.mounts = ["tmpfs size=1000 /a"]
== memory by its own key
-- web
tmpfs: [/run, '/tmp:size=64m,mode=1777']
> web.mounts = ["tmpfs /run","tmpfs size=67108864 mode=1777 /tmp"]
== memory with further options
-- web
tmpfs: '/run:noexec,size=1m'
> web.mounts = ["tmpfs size=1048576 noexec /run"]
== a path in the container is tidied
-- web
volumes: ['a:/x/../data/./']
> web.mounts = ["volume a /data"]
== a volume's name of digits is a name
-- file compose.yaml
services: {web: {image: a, volumes: ['1:/one']}}
volumes: {1: }
> web.mounts = ["volume 1 /one"]
> stack.volumes = {"1":{}}
== only volumes that are mounted are made
-- file compose.yaml
services: {web: {image: a, volumes: ['a:/a']}}
volumes: {a: {driver: local, driver_opts: {type: nfs, o: "addr=10.0.0.1"}, labels: [x=1]}, b: }
> stack.volumes = {"a":{"driver":"local","labels":{"x":"1"},"options":{"o":"addr=10.0.0.1","type":"nfs"}}}
== a volume whose name begins like an extension is one
-- file compose.yaml
services: {web: {image: a, volumes: ['x-data:/a']}}
volumes: {x-data: {driver: nfs}}
> stack.volumes = {"x-data":{"driver":"nfs"}}
== volumes from elsewhere
-- file compose.yaml
services: {web: {image: a, volumes: ['a:/a', 'b:/b', 'c:/c']}}
volumes: {a: {external: true}, b: {external: true, name: other}, c: {external: {name: old}}}
> stack.volumes = {"a":{"external":"a"},"b":{"external":"other"},"c":{"external":"old"}}
== a volume that is not from elsewhere
-- file compose.yaml
services: {web: {image: a, volumes: ['a:/a']}}
volumes: {a: {external: false}}
> stack.volumes = {"a":{}}
== too many colons
-- web
volumes: ['a:/b:ro:x']
! 4: error[bad-value] services.web.volumes[0]
== an empty part
-- web
volumes: [':/b']
! 4: error[bad-value] services.web.volumes[0]
== a mode that is none
-- web
volumes: ['a:/b:fast']
! 4: error[bad-value] services.web.volumes[0]: `fast` is not a mode
== a type that is none
-- web
volumes: [{type: disk, source: a, target: /a}]
! 4: error[bad-value] services.web.volumes[0]: volumes of the type `disk` cannot be mounted
== a path that is relabelled
-- web
volumes: ['/a:/a:Z']
> web.mounts = ["bind /a /a private_label"]
== a part of a volume
-- web
volumes: [{type: volume, source: a, target: /a, volume: {subpath: x}}]
> web.mounts = ["volume a/x /a"]
== a home directory is the author's
-- web
volumes: ['~/x:/x']
! 4: error[relative-bind] services.web.volumes[0]
"##;

pub const CONTENTS: &str = r##"
== from a file, the environment, a text
-- file app/compose.yaml
services: {web: {image: a, secrets: [f, e], configs: [t]}}
secrets: {f: {file: ./f.txt}, e: {environment: E}}
configs: {t: {content: text}}
-- beside app/f.txt
from a file
-- with E=from-outside
> stack.contents = {"e":"from-outside","f":"from a file\n","t":"text"}
== from the environment by way of `.env`
-- file compose.yaml
services: {web: {image: a, secrets: [e]}}
secrets: {e: {environment: E}}
-- beside .env
E=1
> stack.contents = {"e":"1"}
== from elsewhere, under its own name and under another
-- file compose.yaml
services: {web: {image: a, secrets: [one, two], configs: [three]}}
secrets: {one: {external: true}, two: {external: true, name: other}}
configs: {three: {external: {name: old}}}
> stack.externals = ["one","other","old"]
== where they are seen
-- file compose.yaml
services:
  web:
    image: a
    secrets: [s, {source: s, target: t}, {source: s, target: /etc/t}]
    configs: [c, {source: c, target: /etc/c}]
secrets: {s: {content: x}}
configs: {c: {content: x}}
> web.files = ["secret s /run/secrets/s","secret s /run/secrets/t","secret s /etc/t","config c /c","config c /etc/c"]
== owners and rights
-- file compose.yaml
services: {web: {image: a, secrets: [{source: s, uid: '103', gid: 104, mode: 0440}, {source: s, target: t, mode: "0400"}, {source: s, target: u, mode: 0o444}]}}
secrets: {s: {content: x}}
> web.files = ["secret s /run/secrets/s uid=103 gid=104 mode=440","secret s /run/secrets/t mode=400","secret s /run/secrets/u mode=444"]
== rights without a leading zero are decimal, and it is said
-- file compose.yaml
services: {web: {image: a, secrets: [{source: s, mode: 440}]}}
secrets: {s: {content: x}}
! 1: warning[decimal-mode] services.web.secrets[0].mode: `440` is a decimal number here
> web.files = ["secret s /run/secrets/s mode=670"]
== a secret whose name begins like an extension is one
-- file compose.yaml
services: {web: {image: a, secrets: [x-key]}}
secrets: {x-key: {content: x}}
> stack.contents = {"x-key":"x"}
== two at one path, the last counts and it is said
-- file compose.yaml
services: {web: {image: a, secrets: [one, {source: two, target: one}]}}
secrets: {one: {content: a}, two: {content: b}}
! 1: warning[duplicate-key] services.web.secrets: `/run/secrets/one` is mounted twice
> web.files = ["secret two /run/secrets/one"]
== one that is declared and not used goes nowhere
-- file compose.yaml
services: {web: {image: a}}
secrets: {s: {content: x}}
> stack.contents = {}
== two places for one content
-- file compose.yaml
services: {web: {image: a}}
configs: {c: {file: c.txt, content: x}}
-- beside c.txt
x
! 2: error[conflict] configs.c: `file` and `content` both say where the content comes from
== from elsewhere and from a file
-- file compose.yaml
services: {web: {image: a}}
secrets: {s: {file: s.txt, external: true}}
-- beside s.txt
x
! 2: error[conflict] secrets.s: `file` and `external` both say where the content comes from
== `external: false` is no place
-- file compose.yaml
services: {web: {image: a, secrets: [s]}}
secrets: {s: {content: x, external: false}}
> stack.contents = {"s":"x"}
== one that is not declared
-- web
secrets: [s]
! 4: error[undefined] services.web.secrets: `s` is not declared under `secrets:`
== a config is no secret
-- file compose.yaml
services: {web: {image: a, secrets: [c]}}
configs: {c: {content: x}}
! 1: error[undefined] services.web.secrets: `c` is not declared under `secrets:`
== a file that is not there
-- file compose.yaml
services: {web: {image: a}}
configs: {c: {file: none}}
! 2: error[missing-file] configs.c.file: the file `none` is not there
"##;

#[test]
fn ports() {
    run(PORTS);
}

#[test]
fn volumes() {
    run(VOLUMES);
}

#[test]
fn contents() {
    run(CONTENTS);
}
