//! Variables: in values, in files of variables, in the container, and which of them wins.

use crate::spec::run;

pub const IN_VALUES: &str = r##"
== both ways to write one
-- web
user: $A-${A}
-- with A=x
> web.user = "x-x"
== a name ends where letters, digits and underscores end
-- web
user: $A_B.$A1/$A
-- with A=x A_B=y A1=z
> web.user = "y.z/x"
== a default for what is unset or empty
-- web
environment: {A: "${U:-d}", B: "${E:-d}", C: "${S:-d}"}
-- with E= S=s
> web.environment = {"A":"d","B":"d","C":"s"}
== a default for what is unset alone
-- web
environment: {A: "${U-d}", B: "${E-d}", C: "${S-d}"}
-- with E= S=s
> web.environment = {"A":"d","B":"","C":"s"}
== a replacement for what is set and not empty
-- web
environment: {A: "${U:+r}", B: "${E:+r}", C: "${S:+r}"}
-- with E= S=s
> web.environment = {"A":"","B":"","C":"r"}
== a replacement for what is set
-- web
environment: {A: "${U+r}", B: "${E+r}", C: "${S+r}"}
-- with E= S=s
> web.environment = {"A":"","B":"r","C":"r"}
== a demand that is met says nothing
-- web
user: ${S:?say who}
-- with S=s
> web.user = "s"
== an empty variable meets the milder demand alone
-- web
user: ${E?say who}
working_dir: ${E:?say where}
-- with E=
! 5: error[required-variable] services.web.working_dir: the variable `E` must be set: say where
== a demand's words may hold variables
-- web
user: ${U:?ask $WHO}
-- with WHO=me
! 4: error[required-variable] services.web.user: the variable `U` must be set: ask me
== a default in a default
-- web
user: ${U:-${V:-${W-deep}}}
> web.user = "deep"
== a default stops where a value is
-- web
user: ${U:-${V:-${W-deep}}}
-- with V=mid
> web.user = "mid"
== a default may hold what looks like an operator
-- web
user: ${U:-a:-b?c+d}
> web.user = "a:-b?c+d"
== a default may hold braces in pairs
-- web
user: '${U:-{"a": {"b": 1}}}'
> web.user = "{\"a\": {\"b\": 1}}"
== a value's own dollars are not read again
-- web
user: ${A}
-- with A=$B
> web.user = "$B"
== two dollars are one
-- web
user: a$$b$${C}
> web.user = "a$b${C}"
== a default may hold two dollars
-- web
user: ${U:-a$$b}
> web.user = "a$b"
== several in one text
-- web
image: ${R:-registry.example.com}/${N}:${T-latest}
-- with N=app
> web.image = "registry.example.com/app:latest"
== numbers and flags may be variables
-- web
scale: ${N}
tty: ${T}
mem_limit: ${M:-64}m
-- with N=3 T=true
> web.scale = 3
> web.tty = true
> web.resources = {"memory":67108864}
== an empty text is no value for a number
-- web
scale: ${E}
-- with E=
! 4: error[bad-value] services.web.scale: `` is not
== items of lists may be variables
-- web
ports: ['${P}:80', "${Q:-127.0.0.1}:81:81"]
-- with P=8080
> web.ports = ["8080:80/tcp","127.0.0.1:81:81/tcp"]
== a port that is left out by an empty variable is the platform's choice
-- web
ports: ['${P:-}:80']
> web.ports = ["?:80/tcp"]
== in a list, names of variables may be variables
-- web
environment: ["$A=1", "B_${A}=2"]
labels: ["l.$A=3"]
-- with A=x
> web.environment = {"B_x":"2","x":"1"}
> web.labels = {"l.x":"3"}
== in a map, they are not
-- web
environment: {B_$A: 2}
-- with A=x
> web.environment = {"B_$A":"2"}
== single quotes of YAML do not keep a dollar from being read
-- web
user: '$A'
-- with A=x
> web.user = "x"
== a text over several lines
-- web
command:
  - |
    one $A
    two $$A
-- with A=x
> web.command = ["one x\ntwo $A\n"]
== paths of files are texts with variables too
-- file compose.yaml
include: ["${D}/more.yaml"]
services: {web: {image: a, env_file: "${D}/a.env", extends: {file: "${D}/base.yaml", service: base}}}
-- beside x/more.yaml
services: {db: {image: b}}
-- beside x/a.env
A=1
-- beside x/base.yaml
services: {base: {user: u}}
-- with D=x
> services = ["db","web"]
> web.environment = {"A":"1"}
> web.user = "u"
== the text of a config has variables
-- file compose.yaml
services: {web: {image: a, configs: [c]}}
configs: {c: {content: "port = ${PORT:-80}\nhome = $$HOME"}}
> stack.contents.c = "port = 80\nhome = $HOME"
== what is asked for is known by name
-- web
user: ${A:-${B}}
environment: [C]
-- with A=x
! 5: warning[left-unset] services.web.environment.C
> asked = ["A","C"]
== an unset variable is an error when deploying
-- web
user: a$NOPE
! 4: error[unset-variable] services.web.user: the variable `NOPE` is not set
== and a warning when looking
-- web
user: a$NOPE
-- offline
! 4: warning[unset-variable] services.web.user: the variable `NOPE` is not set
== notes of one's own are not asked for variables, what is taken from them is
-- file compose.yaml
x-note: $NOPE ${ and $
x-user: &user u$U
services: {web: {image: a, user: *user, x-mine: $NOPE, environment: {x-A: a$U}}}
-- with U=1
> web.user = "u1"
> web.environment = {"x-A":"a1"}
> asked = ["U"]
== an operator that is none
-- web
user: ${A/b/c}
! 4: error[bad-interpolation] services.web.user: a variable's name is followed by something that is no operator
== a brace that is not closed
-- web
user: ${A
! 4: error[bad-interpolation] services.web.user: a `${` is not closed
== nothing between the braces
-- web
user: ${}
! 4: error[bad-interpolation] services.web.user: `${` is not followed by a variable's name
== a dollar before a digit
-- web
command: awk $1
> web.command = ["awk","$1"]
== a dollar at the end
-- web
user: cash$
> web.user = "cash$"
"##;

pub const FILES: &str = r##"
== `.env` beside the first file gives values
-- file app/compose.yaml
services: {web: {image: "a:$TAG"}}
-- beside app/.env
TAG=1
> web.image = "a:1"
> named = ["app/.env DotEnv?"]
== whoever deploys wins over `.env`
-- file compose.yaml
services: {web: {image: "a:$TAG"}}
-- beside .env
TAG=1
-- with TAG=2
> web.image = "a:2"
== several files of variables, the later counts
-- file compose.yaml
services: {web: {image: "a:$TAG", user: $U}}
-- beside one
TAG=1
U=u
-- beside two
TAG=2
-- env-files one two
> web.image = "a:2"
> web.user = "u"
== a file of variables may use those of the file before
-- file compose.yaml
services: {web: {image: a, user: $B}}
-- beside one
A=x
-- beside two
B=${A}y
-- env-files one two
> web.user = "xy"
== a file of variables may use what stands above in it
-- file compose.yaml
services: {web: {image: a, user: $C}}
-- beside .env
A=x
B=${A}y
C="${B}z"
> web.user = "xyz"
== what whoever deploys sets is used in a file of variables too
-- file compose.yaml
services: {web: {image: a, user: $B}}
-- beside .env
A=x
B=$A
-- with A=mine
> web.user = "mine"
== variables of `.env` are no container's
-- file compose.yaml
services: {web: {image: a}}
-- beside .env
A=1
> web.environment = -
== but are passed on where they are named
-- file compose.yaml
services: {web: {image: a, environment: [A]}}
-- beside .env
A=1
> web.environment = {"A":"1"}
== a container's variables are over those of its files
-- web
env_file: a.env
environment: {A: own}
-- beside a.env
A=file
B=file
> web.environment = {"A":"own","B":"file"}
== an empty variable of the container is over that of its files
-- web
env_file: a.env
environment: {A: ''}
-- beside a.env
A=file
> web.environment = {"A":""}
== one that is passed on and set nowhere takes that of the files away
-- web
env_file: a.env
environment: [A]
-- beside a.env
A=file
B=file
! 5: warning[left-unset] services.web.environment.A
> web.environment = {"B":"file"}
== one that is passed on wins over the files
-- web
environment: [A]
env_file: a.env
-- beside a.env
A=file
-- with A=out
> web.environment = {"A":"out"}
== the later file of variables counts
-- web
env_file: [a.env, b.env]
-- beside a.env
X=a
Y=a
-- beside b.env
X=b
> web.environment = {"X":"b","Y":"a"}
== a container's file may use those of the file before
-- web
env_file: [a.env, b.env]
-- beside a.env
HOST=db
-- beside b.env
URL=http://${HOST}/
> web.environment = {"HOST":"db","URL":"http://db/"}
== a container's file may use the container's variables
-- web
env_file: a.env
environment: {HOST: db}
-- beside a.env
URL=http://$HOST/
> web.environment = {"HOST":"db","URL":"http://db/"}
== the container's variables win there over the file's own
-- web
environment: [HOST=db]
env_file: a.env
-- beside a.env
HOST=other
URL=$HOST
> web.environment = {"HOST":"db","URL":"db"}
== and `.env` over both
-- file compose.yaml
services: {web: {image: a, environment: {HOST: db}, env_file: a.env}}
-- beside .env
HOST=outer
-- beside a.env
URL=$HOST
> web.environment = {"HOST":"db","URL":"outer"}
== a variable of another file of variables is not set in a compose file
-- web
env_file: a.env
user: $A
-- beside a.env
A=1
! 5: error[unset-variable] services.web.user: the variable `A` is not set
== a file that is not required may be missing, and is named
-- web
env_file: [{path: a.env, required: false}]
> web.environment = -
> named = [".env DotEnv?","a.env EnvFile?"]
== a file that must be there
-- web
env_file: [{path: a.env, required: true}]
! 4: error[missing-file] services.web.env_file[0]: the file `a.env` is not there
== a raw file is taken as it is
-- web
env_file: [{path: a.env, format: raw}]
-- beside a.env
# a comment
A='x'
B="$Y" # no comment
C=
D=a:b=c
E:F=g
> web.environment = {"A":"'x'","B":"\"$Y\" # no comment","C":"","D":"a:b=c","E:F":"g"}
== another format is none
-- web
env_file: [{path: a.env, format: json}]
-- beside a.env
A=1
! 4: error[bad-value] services.web.env_file[0].format: `json` is not `raw`
== a path without its key
-- web
env_file: [{file: a.env}]
! 4: error[missing-key] services.web.env_file[0]: the file is not named
! 4: error[unknown-key] services.web.env_file[0].file
== an empty file gives nothing
-- web
env_file: a.env
-- beside a.env
> web.environment = -
"##;

pub const GRAMMAR: &str = r##"
== plain values, with `=` and `:`
-- web
env_file: a.env
-- beside a.env
A=1
B: 2
C = 3
D=a=b:c
> web.environment = {"A":"1","B":"2","C":"3","D":"a=b:c"}
== comments stand behind a blank
-- web
env_file: a.env
-- beside a.env
# one
   # two
A=x # three
B=x# value
C=x#value # four # five
D=# value
E= # six
> web.environment = {"A":"x","B":"x# value","C":"x#value","D":"# value","E":""}
== comments behind quotes
-- web
env_file: a.env
-- beside a.env
A="x # in" # out
B='x # in'# out
C="" # out
> web.environment = {"A":"x # in","B":"x # in","C":""}
== blanks around a value go, those in quotes stay
-- web
env_file: a.env
-- beside a.env
A=   x y
B="  x "
C='  y '
> web.environment = {"A":"x y","B":"  x ","C":"  y "}
== single quotes keep everything but the quote
-- web
env_file: a.env
-- beside a.env
A='$X ${Y} \n \t'
B='it\'s'
C='say "x"'
> web.environment = {"A":"$X ${Y} \\n \\t","B":"it's","C":"say \"x\""}
== double quotes read escapes
-- web
env_file: a.env
-- beside a.env
A="a\nb\tc\\d\"e"
B="it's \q"
C="\a\b\f\v"
> web.environment = {"A":"a\nb\tc\\d\"e","B":"it's \\q","C":"\u0007\b\f\u000b"}
== plain values read none
-- web
env_file: a.env
-- beside a.env
A=a\nb\t"c"
> web.environment = {"A":"a\\nb\\t\"c\""}
== dollars in plain and double quoted values are variables
-- web
env_file: a.env
-- beside a.env
A=x
B=$A-${A}-${U:-d}
C="$A-${A}-${U:-d}"
D='$A'
> web.environment = {"A":"x","B":"x-x-d","C":"x-x-d","D":"$A"}
== dollars that are meant
-- web
env_file: a.env
-- beside a.env
A=$$x
B="\$x $$y"
> web.environment = {"A":"$x","B":"$x $y"}
== values over several lines
-- web
env_file: a.env
-- beside a.env
A="-----BEGIN-----
abc
-----END-----"
B='one
# two'
C=3
> web.environment = {"A":"-----BEGIN-----\nabc\n-----END-----","B":"one\n# two","C":"3"}
== `export` is dropped
-- web
env_file: a.env
-- beside a.env
export A=1
export   B="2"
exported=3
> web.environment = {"A":"1","B":"2","exported":"3"}
== a name alone is passed on
-- web
env_file: a.env
-- beside a.env
A
export B
-- with A=1 B=2
> web.environment = {"A":"1","B":"2"}
== a name alone that nothing sets is left out
-- web
env_file: a.env
-- beside a.env
A
! a.env:1: warning[left-unset] services.web.env_file[0]: `A` is passed on from outside
> web.environment = -
== names have dots, dashes and brackets
-- web
env_file: a.env
-- beside a.env
a.b-c=1
list[0]=2
> web.environment = {"a.b-c":"1","list[0]":"2"}
== the last of a name counts
-- web
env_file: a.env
-- beside a.env
A=1
A=2
> web.environment = {"A":"2"}
== JSON in double quotes, escaped, and in single quotes
-- web
env_file: a.env
-- beside a.env
A="{\"hello\": \"json\"}"
B='{"hello": "json"}'
> web.environment = {"A":"{\"hello\": \"json\"}","B":"{\"hello\": \"json\"}"}
== a name with a blank
-- web
env_file: a.env
-- beside a.env
A=1
B C=2
! a.env:2: error[bad-env-file]: a name has no blanks in it
== a value without a name
-- web
env_file: a.env
-- beside a.env
=2
! a.env:1: error[bad-env-file]: this is not `NAME=value`
== a quote that is not closed
-- web
env_file: a.env
-- beside a.env
A=1

B="2
C=3
! a.env:3: error[bad-env-file]: the quote that opens here is not closed
== text behind a quote
-- web
env_file: a.env
-- beside a.env
A="1" 2
! a.env:1: error[bad-env-file]: something stands behind the closing quote
== a variable that nothing sets
-- web
env_file: a.env
-- beside a.env
A=1
B=$NOPE
! a.env:2: error[unset-variable]: the variable `NOPE` is not set
== a demand that is not met
-- web
env_file: a.env
-- beside a.env
B=${NOPE:?say it}
! a.env:1: error[required-variable]: the variable `NOPE` must be set: say it
== labels from a file
-- web
label_file: a.labels
labels: {a: own}
-- beside a.labels
a=file
b="x y"
# no
c
> web.labels = {"a":"own","b":"x y","c":""}
"##;

#[test]
fn in_values() {
    run(IN_VALUES);
}

#[test]
fn from_files() {
    run(FILES);
}

#[test]
fn grammar() {
    run(GRAMMAR);
}
