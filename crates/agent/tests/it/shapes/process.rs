use serde_json::json;

use super::{Shape, shape};

pub fn shapes() -> Vec<Shape> {
    let mut all = programs();
    all.extend(environment());
    all.extend(health());
    all.extend(output());
    all
}

fn programs() -> Vec<Shape> {
    vec![
        shape("image command entrypoint", "entrypoint: [/bin/sh, -c]\ncommand: [sleep 1000]")
            .is("/Config/Image", "lab/busybox:1")
            .is("/Config/Entrypoint", json!(["/bin/sh", "-c"]))
            .is("/Config/Cmd", json!(["sleep 1000"])),
        shape("command", "command: sleep '1 000'").is("/Config/Cmd", json!(["sleep", "1 000"])),
        shape("platform runtime", "platform: linux/amd64\nruntime: runc")
            .is("/Platform", "linux")
            .is("/HostConfig/Runtime", "runc"),
        shape("platform", "platform: linux/arm64").refused("is not on this host"),
        shape("runtime", "runtime: none-such").refused("none-such"),
        shape(
            "user group_add working_dir hostname domainname",
            "user: '1000:1001'\ngroup_add: [audio, 44]\nworking_dir: /app\nhostname: h\ndomainname: example.com",
        )
        .is("/Config/User", "1000:1001")
        .is("/HostConfig/GroupAdd", json!(["audio", "44"]))
        .is("/Config/WorkingDir", "/app")
        .is("/Config/Hostname", "h")
        .is("/Config/Domainname", "example.com"),
        shape("tty stdin_open init read_only", "tty: true\nstdin_open: true\ninit: true\nread_only: true")
            .is("/Config/Tty", true)
            .is("/Config/OpenStdin", true)
            .is("/HostConfig/Init", true)
            .is("/HostConfig/ReadonlyRootfs", true),
        shape("stop_signal stop_grace_period", "stop_signal: SIGINT\nstop_grace_period: 1m30s")
            .is("/Config/StopSignal", "SIGINT")
            .is("/Config/StopTimeout", 90),
        // The agent restarts, whatever the file says: an engine that comes up must not start what was moved elsewhere.
        shape("restart", "restart: always").is("/HostConfig/RestartPolicy/Name", "no"),
    ]
}

fn environment() -> Vec<Shape> {
    vec![
        shape("environment", "environment: [A=1, 'B=x y']").is("/Config/Env", json!(["…", "A=1", "B=x y"])),
        shape(
            "environment env_file env_file[].path env_file[].required env_file[].format",
            "env_file: [one.env, {path: two.env, format: raw}, {path: none.env, required: false}]\nenvironment: {B: mine}",
        )
        .beside(&[("one.env", "A='1'\nB=2\n"), ("two.env", "C='3'\n")])
        .is("/Config/Env", json!(["…", "A=1", "B=mine", "C='3'"])),
        shape("labels label_file", "labels: {a: b}\nlabel_file: web.labels")
            .beside(&[("web.labels", "a=file\nc=d\n")])
            .is("/Config/Labels", json!({"a": "b", "c": "d", "io.muster.stack": "shop"})),
    ]
}

fn health() -> Vec<Shape> {
    let second = 1_000_000_000_u64;
    vec![
        shape(
            "healthcheck healthcheck.test healthcheck.interval healthcheck.timeout healthcheck.retries healthcheck.start_period",
            "healthcheck: {test: [CMD, 'true'], interval: 5s, timeout: 2s, retries: 4, start_period: 1m}",
        )
        .is(
            "/Config/Healthcheck",
            json!({"Test": ["CMD", "true"], "Interval": 5 * second, "Timeout": 2 * second, "Retries": 4, "StartPeriod": 60 * second}),
        ),
        shape("healthcheck.test", "healthcheck: {test: 'a || b'}")
            .is("/Config/Healthcheck/Test", json!(["CMD-SHELL", "a || b"])),
        shape("healthcheck.interval", "image: CHECKED\nhealthcheck: {interval: 7s}")
            .is("/Config/Healthcheck", json!({"Test": ["CMD", "true"], "Interval": 7 * second, "Retries": 9})),
        shape("healthcheck.disable", "healthcheck: {disable: true}")
            .is("/Config/Healthcheck/Test", json!(["NONE"])),
    ]
}

fn output() -> Vec<Shape> {
    let expect = json!({"Type": "json-file", "Config": {"max-size": "10m"}});
    vec![
        shape(
            "logging logging.driver logging.options",
            "logging: {driver: json-file, options: {max-size: 10m}}",
        )
        .is("/HostConfig/LogConfig", expect.clone()),
        shape(
            "log_driver log_opt",
            "log_driver: json-file\nlog_opt: {max-size: 10m}",
        )
        .is("/HostConfig/LogConfig", expect),
    ]
}
