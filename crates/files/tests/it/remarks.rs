//! What people read: places are exact, all is said at once, help is help.

use crate::support::{project, said, stack_with_remarks, web_file};

#[test]
fn all_at_once_with_exact_places() {
    let file = "\
version: '3'
services:
  web:
    imgae: nginx
    ports:
      - \"80\"
      - 'eighty'
    environment:
      A: [1]
    deploy:
      replicas: -3
  Ω: {image: x}
netwroks: {}
";
    let expect = [
        "compose.yaml:3:3: error[missing-key] services.web: the service has no image",
        "compose.yaml:4:5: error[unknown-key] services.web.imgae: `imgae` is not a key here",
        "compose.yaml:7:9: error[bad-value] services.web.ports[1]: `eighty` is not a port such as `80`, `8080:80`, `127.0.0.1:8080:80` or `53:53/udp`, with numbers from 1 to 65535",
        "compose.yaml:9:10: error[wrong-type] services.web.environment.A: `A` takes a single value; found a list",
        "compose.yaml:11:17: error[bad-value] services.web.deploy.replicas: `-3` is not a number of units from 0 to 10000",
        "compose.yaml:12:3: error[bad-name] services.Ω: a name starts with a letter or digit and goes on with letters, digits, `-`, `_` or `.`; `Ω` has 'Ω'",
        "compose.yaml:13:1: error[unknown-key] netwroks: `netwroks` is not a key here",
    ];
    assert_eq!(said(&project(file)), expect);
}

#[test]
fn columns_count_characters() {
    let said = said(&project(
        "services:\n  web: {image: nginx, labels: {é: \"ü\"}, tty: perhaps}\n",
    ));
    assert_eq!(
        said,
        ["compose.yaml:2:46: error[bad-value] services.web.tty: `perhaps` is not `true` or `false`"]
    );
}

#[test]
fn help_for_slips_and_shapes() {
    let check = |keys: &str, expect: &str| {
        let reading = muster_files::read(&project(&web_file(keys)));
        assert_eq!(reading.diagnostics.len(), 1, "{keys}: {:#?}", reading.diagnostics);
        assert_eq!(reading.diagnostics[0].help.as_deref(), Some(expect), "{keys}");
    };
    check("helthcheck: {}", "did you mean `healthcheck`?");
    check("depends-on: [x]", "did you mean `depends_on`?");
    check("port: [80]", "did you mean `ports`?");
    check(
        "entirely_unknown: 1",
        "remove it, or call it `x-entirely_unknown` if it is a note of your own",
    );
    check("ports: 80", "write it like `ports: [\"8080:80\"]`");
    check("deploy: {replica: 3}", "did you mean `replicas`?");
    check(
        "healthcheck: [a]",
        "write it like `healthcheck: { test: [\"CMD\", \"true\"] }`",
    );
    check(
        "build: ./src",
        "build it (`docker build -t web:1 ./src`), bring it in (`docker save web:1 | muster image load -`) and add `image: web:1`",
    );
}

#[test]
fn the_command_that_builds_is_told_whole() {
    let keys = "build:\n  context: ./src\n  dockerfile: prod.Dockerfile\n  args: [A=x y, B]\n  target: run\n  no_cache: true\n  extra_hosts: {db: 10.0.0.1}\n  labels: {team: web}\n  network: host\n  shm_size: 1m\n  platforms: [linux/amd64]\n  cache_from: [app:1]\n  ssh: [default]\n  pull: true\n";
    let remarks = muster_files::read(&project(&crate::support::web_file(keys))).diagnostics;
    let help = remarks[0].help.clone().unwrap();
    let command = "`docker build -t web:1 -f src/prod.Dockerfile --build-arg 'A=x y' --build-arg B --target run --no-cache --add-host db:10.0.0.1 --label team=web --network host --shm-size 1m --platform linux/amd64 --cache-from app:1 --ssh default --pull ./src`";
    assert!(help.contains(command), "{help}");
    assert_eq!(
        crate::support::said_of("image: a\nbuild: {contxt: .}")[1],
        "compose.yaml:4:13: error[unknown-key] services.web.build.contxt: `contxt` is not a key here"
    );
}

#[test]
fn unknown_keys_of_the_oldest_format_are_passed_over() {
    let said = said(&project("web:\n  image: nginx\n  helthcheck: x\n"));
    assert_eq!(
        said,
        ["compose.yaml:3:3: warning[ignored-key] services.web.helthcheck: `helthcheck` is not a key here"]
    );
}

#[test]
fn misspelt_services_are_not_taken_for_the_oldest_format() {
    let said = said(&project("service:\n  web:\n    image: nginx\n"));
    assert!(
        said.iter()
            .any(|remark| remark.contains("error[unknown-key] service: `service` is not a key here")),
        "{said:?}"
    );
}

#[test]
fn duplicate_keys_are_warned_of_and_the_last_counts() {
    let file = "services:\n  web:\n    image: one\n    image: two\n";
    let project = project(file);
    assert_eq!(
        said(&project),
        [
            "compose.yaml:4:5: warning[duplicate-key] services.web.image: the key stands here and on line 3 already; this one counts"
        ]
    );
    assert_eq!(
        crate::support::stack_with_remarks(&project).spec.services["web"]
            .unit
            .primary
            .image
            .as_str(),
        "two"
    );
}

#[test]
fn networks_are_one() {
    let said = said(&project(
        "services:\n  web: {image: a, networks: [front]}\nnetworks:\n  front:\n    driver: overlay\n  default: {internal: true, enable_ipv4: true}\n",
    ));
    let expect = [
        "compose.yaml:4:3: unsupported[unsupported] networks.front: the network `front` is not made",
        "compose.yaml:6:13: unsupported[unsupported] networks.default.internal: `internal` is not acted on",
    ];
    assert_eq!(said, expect);
    let said = said_of_file("services: {web: {image: a}}\nnetworks: {front: {drivr: overlay}, back: 5}\n");
    assert!(said.contains("unknown-key] networks.front.drivr"), "{said}");
    assert!(said.contains("wrong-type] networks.back"), "{said}");
}

#[test]
fn what_others_provide_is_left_out() {
    let file = "services: {db: {provider: {type: cloud}}, web: {image: a, depends_on: [db]}}";
    let project = project(file);
    let said = said(&project).join("\n");
    assert!(
        said.contains("unsupported[unsupported] services.db.provider: `provider` is not acted on"),
        "{said}"
    );
    let stack = stack_with_remarks(&project);
    assert_eq!(
        stack
            .spec
            .services
            .keys()
            .map(|name| name.as_str())
            .collect::<Vec<_>>(),
        ["web"]
    );
}

#[test]
fn the_tag_of_merge_keys_says_nothing() {
    let file = "x-all: &all {image: a}\nservices: {web: {!!merge <<: *all}}";
    assert_eq!(said(&project(file)), [""; 0]);
}

fn said_of_file(file: &str) -> String {
    said(&project(file)).join("\n")
}

#[test]
fn remarks_end_at_some_point_and_errors_come_through() {
    let keys: String = (0..3_000)
        .map(|i| format!("  s{i}: {{image: a, links: [b]}}\n"))
        .take(1_500)
        .collect();
    let reading = muster_files::read(&project(&format!("services:\n{keys}  zz: {{}}\n")));
    assert!(reading.stack.is_none());
    assert!(reading.diagnostics.iter().any(|d| d.code == "missing-key"));
    assert_eq!(reading.diagnostics.last().unwrap().code, "too-many-remarks");
}
