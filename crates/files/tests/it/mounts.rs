//! Volumes, host paths, memory, secrets and configs.

use muster_model::desired::{Below, Mount, MountSource, Relabel};

use crate::support::{container, project, said, said_of, service, stack, stack_with_remarks};

fn mount(source: MountSource) -> Mount {
    Mount::new("/data", source)
}

fn volume() -> Mount {
    mount(MountSource::Volume("vol".parse().unwrap()))
}

fn bind(path: &str, create: bool) -> Mount {
    mount(MountSource::Bind {
        path: path.into(),
        create,
    })
}

#[track_caller]
fn check(text: &str, expect: Mount) {
    let keys = format!("volumes: [{text}]");
    assert_eq!(said_of(&keys), [""; 0], "{text}");
    assert_eq!(container(&keys).mounts, [expect], "{text}");
}

#[track_caller]
fn refuse(text: &str, expect: &str) {
    let said = said_of(&format!("volumes: [{text}]"));
    assert!(said.len() == 1 && said[0].contains(expect), "{text}: {said:?}");
}

#[test]
fn short_forms() {
    check("/data", mount(MountSource::Anonymous));
    check("vol:/data", volume());
    check("vol:/data/", volume());
    check("vol:/data:rw", volume());
    check(
        "vol:/data:ro",
        Mount {
            read_only: true,
            ..volume()
        },
    );
    check(
        "'vol:/data:ro,nocopy'",
        Mount {
            read_only: true,
            no_copy: true,
            ..volume()
        },
    );
    check("/host/a:/data", bind("/host/a", true));
    check("/host/../a/.:/data", bind("/a", true));
    check(
        "/host:/data:rshared",
        Mount {
            propagation: Some("rshared".into()),
            ..bind("/host", true)
        },
    );
    for (mode, relabel) in [("z", Relabel::Shared), ("Z", Relabel::Private)] {
        let expect = |mount| Mount {
            relabel: Some(relabel),
            ..mount
        };
        check(&format!("/host:/data:{mode}"), expect(bind("/host", true)));
        check(&format!("vol:/data:{mode}"), expect(volume()));
    }
    check("./a:/data", bind("/srv/shop/a", true));
    check(".:/data", bind("/srv/shop", true));
    check("../a:/data", bind("/srv/a", true));
}

#[test]
fn long_forms() {
    check("{type: volume, source: vol, target: /data}", volume());
    check(
        "{type: volume, source: vol, target: /data, volume: {nocopy: true}}",
        Mount {
            no_copy: true,
            ..volume()
        },
    );
    check("{type: volume, target: /data}", mount(MountSource::Anonymous));
    check(
        "{source: vol, target: /data, read_only: true}",
        Mount {
            read_only: true,
            ..volume()
        },
    );
    check("{type: bind, source: /host, target: /data}", bind("/host", true));
    check(
        "{type: bind, source: /host, target: /data, bind: {create_host_path: false}}",
        bind("/host", false),
    );
    check(
        "{type: bind, source: ./a, target: /data, consistency: cached}",
        bind("/srv/shop/a", true),
    );
    for (word, below) in [
        ("enabled", None),
        ("disabled", Some(Below::Hidden)),
        ("writable", Some(Below::Writable)),
        ("readonly", Some(Below::ReadOnly)),
    ] {
        check(
            &format!("{{type: bind, source: /host, target: /data, bind: {{recursive: {word}}}}}"),
            Mount {
                below,
                ..bind("/host", true)
            },
        );
    }
    check(
        "{type: bind, source: /host, target: /data, bind: {selinux: Z}}",
        Mount {
            relabel: Some(Relabel::Private),
            ..bind("/host", true)
        },
    );
    check(
        "{type: volume, source: vol, target: /data, volume: {subpath: a/b}}",
        Mount {
            subpath: Some("a/b".into()),
            ..volume()
        },
    );
    check(
        "{type: volume, target: /data, volume: {labels: [a=b]}}",
        Mount {
            labels: [("a".into(), "b".into())].into(),
            ..mount(MountSource::Anonymous)
        },
    );
    let tmpfs = mount(MountSource::Tmpfs {
        size: Some(1 << 20),
        mode: Some(0o755),
        options: vec![],
    });
    check(
        "{type: tmpfs, target: /data, tmpfs: {size: 1m, mode: 0755}}",
        tmpfs.clone(),
    );
    assert_eq!(container("tmpfs: '/data:size=1m,mode=0755'").mounts, [tmpfs]);
    assert_eq!(
        container("tmpfs: [/data]").mounts,
        [mount(MountSource::Tmpfs {
            size: None,
            mode: None,
            options: vec![],
        })]
    );
    assert_eq!(
        container("tmpfs: '/data:mode=1770,uid=5,exec'").mounts,
        [mount(MountSource::Tmpfs {
            size: None,
            mode: Some(0o1770),
            options: vec!["uid=5".into(), "exec".into()],
        })]
    );
    assert!(said_of("tmpfs: '/data:fast'")[0].contains("`fast` is not an option of tmpfs"));
}

#[test]
fn what_cannot_be_mounted() {
    refuse("'a:b:c:d'", "error[bad-value] services.web.volumes[0]");
    refuse("'C:\\\\a:/data'", "error[bad-value] services.web.volumes[0]");
    refuse("data", "is not an absolute path in the container");
    refuse("'vol:/'", "is not an absolute path in the container");
    refuse("a/b:/data", "`a/b` is neither a volume's name nor a path");
    refuse("vol:/data:fast", "`fast` is not a mode");
    refuse(
        "{type: bind, source: /a, target: /data, bind: {selinux: z, create_host_path: false}}",
        "error[conflict] services.web.volumes[0]: `selinux` is for a host path that may be made",
    );
    refuse(
        "{type: bind, source: /a, target: /data, volume: {subpath: a}}",
        "error[conflict] services.web.volumes[0]: `subpath` is a part of a named volume",
    );
    refuse(
        "{type: volume, source: vol, target: /data, volume: {subpath: ../a}}",
        "`../a` is not a path inside the volume",
    );
    refuse(
        "{type: npipe, source: x, target: /data}",
        "volumes of the type `npipe` cannot be mounted",
    );
    refuse(
        "{type: bind, target: /data}",
        "error[missing-key] services.web.volumes[0]: the host's path is not named",
    );
    refuse(
        "{type: volume, source: vol}",
        "error[missing-key] services.web.volumes[0]: the path in the container",
    );
    refuse(
        "{type: volume, source: vol, target: /data, subpath: x}",
        "error[unknown-key]",
    );
    refuse("~/a:/data", "error[relative-bind]");
}

#[test]
fn relative_host_paths_need_a_directory() {
    let mut project = project("services:\n  web:\n    image: nginx\n    volumes: [./a:/data]\n");
    assert_eq!(said(&project), [""; 0]);
    assert_eq!(muster_files::check(&project)[0].code, "relative-bind");
    project.directory = None;
    let error = "compose.yaml:4:15: error[relative-bind] services.web.volumes[0]: `./a` is a path of the machine that you write on; the hosts do not have it";
    assert_eq!(said(&project), [error]);
    assert_eq!(
        muster_files::check(&project)[0].severity,
        muster_model::Severity::Warning
    );
}

#[test]
fn declared_volumes() {
    let file = |volumes: &str| {
        format!("services:\n  web:\n    image: nginx\n    volumes: [vol:/data]\nvolumes: {volumes}\n")
    };
    let spec = |volumes: &str| stack(&project(&file(volumes))).spec.volumes["vol"].clone();
    assert_eq!(spec("{vol: }"), Default::default());
    assert_eq!(
        spec("{vol: {driver: nfs, driver_opts: {o: 1}}, other: }").options["o"],
        "1"
    );
    assert_eq!(spec("{vol: {labels: [a=b]}}").labels["a"], "b");
    for external in [
        "{external: true}",
        "{external: true, name: vol}",
        "{external: {name: vol}}",
        "{external: vol}",
    ] {
        assert_eq!(
            spec(&format!("{{vol: {external}}}")).external,
            "vol".parse().ok(),
            "{external}"
        );
    }
    let remarks = |volumes: &str| said(&project(&file(volumes))).join("\n");
    assert!(
        remarks("{vole: }")
            .contains("warning[undeclared-volume] services.web.volumes: the volume `vol` is not declared")
    );
    assert!(remarks("{vol: {name: other}}").contains("unsupported[unsupported] volumes.vol.name"));
    assert!(remarks("{vol: {diver: x}}").contains("error[unknown-key] volumes.vol.diver"));
    assert!(
        remarks("{vol: , ../x: }").contains("error[bad-name] volumes: a name starts with a letter or digit")
    );
    assert!(remarks("[vol]").contains("error[wrong-type] volumes: `volumes` takes a map; found a list"));
}

#[test]
fn a_drivers_volumes_of_the_oldest_format() {
    let file = "web:\n  image: nginx\n  volume_driver: convoy\n  volumes: [vol:/data]\n";
    assert_eq!(
        stack(&project(file)).spec.volumes["vol"].driver.as_deref(),
        Some("convoy")
    );
}

#[test]
fn secrets_and_configs_as_files() {
    let file = "
services:
  web:
    image: nginx
    secrets: [one, {source: one, target: other, uid: '103', gid: 103, mode: 0440}, {source: one, target: /etc/one}]
    configs: [two, {source: two, target: dir/two}]
secrets: {one: {environment: ONE}}
configs: {two: {content: \"a = ${ONE}\"}}
";
    let project = crate::support::with_variables(file, &[("ONE", "secret")]);
    let stack = stack(&project);
    let files = &service(&stack, "web").unit.primary.files;
    let targets: Vec<_> = files
        .iter()
        .map(|file| (file.secret, file.target.as_str()))
        .collect();
    let expect = [
        (true, "/run/secrets/one"),
        (true, "/run/secrets/other"),
        (true, "/etc/one"),
        (false, "/two"),
        (false, "/dir/two"),
    ];
    assert_eq!(targets, expect);
    assert_eq!(
        (files[1].uid, files[1].gid, files[1].mode),
        (Some(103), Some(103), Some(0o440))
    );
    let contents: Vec<_> = stack
        .contents
        .values()
        .map(|blob| (blob.name.as_str(), blob.bytes.reveal()))
        .collect();
    assert!(
        contents.contains(&("one", b"secret")) && contents.contains(&("two", b"a = secret")),
        "{contents:?}"
    );
    assert!(
        !format!("{stack:?}").contains("a = secret"),
        "contents do not print"
    );
}

#[test]
fn secrets_that_are_not_right() {
    let check = |secrets: &str, root: &str, expect: &str| {
        let file = format!("services:\n  web:\n    image: nginx\n    secrets: {secrets}\nsecrets: {root}\n");
        let said = said(&project(&file)).join("\n");
        assert!(said.contains(expect), "{secrets} {root}: {said}");
    };
    check(
        "[one]",
        "{}",
        "error[undefined] services.web.secrets: `one` is not declared under `secrets:`",
    );
    check(
        "[one]",
        "{one: }",
        "error[missing-key] secrets.one: it is not said where the content comes from",
    );
    check(
        "[one]",
        "{one: {file: x}}",
        "error[missing-file] secrets.one.file: the file `x` is not there",
    );
    check(
        "[one]",
        "{one: {environment: NONE}}",
        "error[unset-variable] secrets.one.environment: the variable `NONE`",
    );
    check(
        "[{target: x}]",
        "{}",
        "error[missing-key] services.web.secrets[0]: it is not said which one",
    );
    check(
        "[{source: one, mode: 440}]",
        "{one: {content: x}}",
        "warning[decimal-mode] services.web.secrets[0].mode",
    );
    check("[{source: one, mode: 9}]", "{one: {content: x}}", "");
    check(
        "[{source: one, mode: 0999}]",
        "{one: {content: x}}",
        "error[bad-value] services.web.secrets[0].mode",
    );
}

#[test]
fn volumes_of_nobody_are_not_seen() {
    let file = "services:\n  web:\n    image: nginx\n    volumes_from: [data]\n  data:\n    image: x\n    volumes: [/data]\n";
    assert!(
        said(&project(file))[0]
            .contains("unsupported[unsupported] services.web.volumes_from: the volumes of `data`")
    );
    assert_eq!(
        service(&stack_with_remarks(&project(file)), "web")
            .unit
            .primary
            .mounts,
        []
    );
}

#[test]
fn relative_host_paths_start_at_the_file_that_names_them() {
    let path = |file: &str, named: &str| {
        let main = format!("services:\n  web: {{image: nginx, extends: {{file: {named}, service: base}}}}\n");
        let base = "services:\n  base:\n    volumes: [./a:/data]\n";
        let named = if named.starts_with("..") {
            "lib/base.yaml"
        } else {
            "app/sub/base.yaml"
        };
        let project = crate::support::files(1, &[(file, &main), (named, base)]);
        let reading = muster_files::read(&project);
        reading
            .stack
            .map(|stack| service(&stack, "web").unit.primary.mounts[0].source.clone())
    };
    let inside = MountSource::Bind {
        path: "/srv/shop/sub/a".into(),
        create: true,
    };
    assert_eq!(path("app/compose.yaml", "sub/base.yaml"), Some(inside));
    assert_eq!(path("app/compose.yaml", "../lib/base.yaml"), None);
}

#[test]
fn undeclared_volumes_are_warned_of_where_tools_refuse_them() {
    let keys = "{image: nginx, volumes: [/a, vol:/data]}\n";
    let warning = "warning[undeclared-volume] services.web.volumes: the volume `vol` is not declared; a new one is made";
    assert_eq!(
        said(&project(&format!("services:\n  web: {keys}"))),
        [format!("compose.yaml:2:37: {warning}")]
    );
    assert_eq!(
        said(&project(&format!("version: '2'\nservices:\n  web: {keys}"))),
        [""; 0]
    );
    assert_eq!(said(&project(&format!("web: {keys}"))), [""; 0]);
}
