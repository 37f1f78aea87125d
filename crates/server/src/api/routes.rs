//! The one table of routes.

use axum::http::StatusCode;
use muster_model::view::{EventView, ImageLoadLine, LogLine, StatsView};

use super::handlers::{
    access, accounts, environments, events, exec, hosts, images, install, join, join_tokens, logs, metrics,
    objects, platform, preflight, services, stacks, stats, units, volumes,
};
use super::route::ParamKind::{Flag, Number, Text, Texts};
use super::route::{Draft, Gives, Row, Takes, delete, get, patch, post, put, schema};
use crate::auth::Permission::{
    Administer, Anyone, ChangeHosts, ChangeMembers, ChangeStacks, Exec, Local, Look, SignedIn,
};

const OK: StatusCode = StatusCode::OK;
const CREATED: StatusCode = StatusCode::CREATED;
const ACCEPTED: StatusCode = StatusCode::ACCEPTED;
const NONE: StatusCode = StatusCode::NO_CONTENT;

/// Every route there is.
pub fn table() -> Vec<Row> {
    [
        platform(),
        access(),
        joining(),
        stack_rows(),
        service_rows(),
        unit_rows(),
        host_rows(),
        object_rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn platform() -> Vec<Row> {
    vec![
        get("/healthz", "alive", Anyone, "The server's process answers").stream(
            Takes::Nothing,
            Gives::Text("text/plain"),
            platform::alive,
        ),
        get(
            "/readyz",
            "ready",
            Anyone,
            "The server has read its store and can do its work",
        )
        .problems(&[503])
        .stream(Takes::Nothing, Gives::Text("text/plain"), platform::ready),
        get("/metrics", "metrics", Local, "Metrics for Prometheus").stream(
            Takes::Nothing,
            Gives::Text("application/openmetrics-text"),
            platform::metrics,
        ),
        get(
            "/openapi.json",
            "openapi",
            Anyone,
            "This description, for programs",
        )
        .stream(Takes::Nothing, Gives::Text("application/json"), platform::openapi),
        get("/docs", "docs", Anyone, "This description, for people").stream(
            Takes::Nothing,
            Gives::Text("text/html"),
            platform::docs,
        ),
    ]
}

fn access() -> Vec<Row> {
    vec![
        post(
            "/v1/setup",
            "set_up",
            Anyone,
            "Make the first administrator with the one-time setup token, from the server's own machine",
        )
        .problems(&[403, 409, 422])
        .write(CREATED, access::setup),
        post(
            "/v1/login",
            "log_in",
            Anyone,
            "Trade a name and password for a session",
        )
        .problems(&[401, 429])
        .write(OK, access::login),
        post("/v1/logout", "log_out", SignedIn, "Give the session back").act(NONE, access::logout),
        get(
            "/v1/me",
            "me",
            SignedIn,
            "Who is asking, and where they may do what",
        )
        .look(access::me),
        get("/v1/keys", "keys", SignedIn, "The asker's keys and sessions").list(access::KEYS),
        post("/v1/keys", "add_key", SignedIn, "Make a key for the asker")
            .problems(&[422])
            .write(CREATED, access::add_key),
        delete(
            "/v1/keys/{key}",
            "delete_key",
            SignedIn,
            "Take one of the asker's keys back",
        )
        .problems(&[404])
        .act(NONE, access::delete_key),
        get("/v1/accounts", "accounts", Administer, "All accounts").list(accounts::LIST),
        post("/v1/accounts", "add_account", Administer, "Make an account")
            .problems(&[422])
            .write(CREATED, accounts::create),
        delete(
            "/v1/accounts/{account}",
            "remove_account",
            Administer,
            "An account goes, with its keys",
        )
        .act(NONE, accounts::remove),
        get(
            "/v1/environments",
            "environments",
            SignedIn,
            "Environments that the asker has a part in",
        )
        .list(environments::LIST),
        post(
            "/v1/environments",
            "add_environment",
            Administer,
            "Make an environment",
        )
        .problems(&[409])
        .write(CREATED, environments::create),
        get("/v1/environments/{env}", "environment", Look, "An environment").look(environments::read),
        delete(
            "/v1/environments/{env}",
            "remove_environment",
            ChangeMembers,
            "An empty environment goes",
        )
        .problems(&[409])
        .act(NONE, environments::remove),
        patch(
            "/v1/environments/{env}",
            "change_environment",
            ChangeHosts,
            "How soon the environment's hosts count as lost, and how long their leases are",
        )
        .problems(&[412, 422])
        .write(OK, environments::change),
        post(
            "/v1/environments/{env}/release-brake",
            "release_brake",
            ChangeHosts,
            "Give up the hosts that are silent now, although most fell silent together",
        )
        .act(OK, environments::release_brake),
        put(
            "/v1/environments/{env}/members/{account}",
            "put_member",
            ChangeMembers,
            "Give an account a part in the environment",
        )
        .write(OK, accounts::put_member),
        delete(
            "/v1/environments/{env}/members/{account}",
            "delete_member",
            ChangeMembers,
            "Take an account's part in the environment away",
        )
        .act(OK, accounts::delete_member),
    ]
}

fn joining() -> Vec<Row> {
    vec![
        get("/v1/ca", "ca", Anyone, "The certificate of the platform's own CA").stream(
            Takes::Nothing,
            Gives::Text("application/x-pem-file"),
            join::ca,
        ),
        post("/v1/join", "join", Anyone, "A host joins with a join token")
            .problems(&[401, 403, 422])
            .write(OK, join::join),
        post(
            "/v1/preflight",
            "preflight",
            Anyone,
            "How the asking machine looks from here: its address, the clock, whether datagrams reach it and come back",
        )
        .write(OK, preflight::look),
        get(
            "/v1/install.sh",
            "install_script",
            Anyone,
            "The script that a joining command runs: it fetches muster and makes its machine a host",
        )
        .stream(Takes::Nothing, Gives::Text("text/x-shellscript"), install::script),
        get(
            "/v1/muster",
            "binary",
            Anyone,
            "The server's own program, for hosts that join",
        )
        .param(
            "arch",
            Text,
            "refused unless it is made for this architecture: `amd64`, `arm64`",
        )
        .problems(&[404])
        .stream(
            Takes::Nothing,
            Gives::Text("application/octet-stream"),
            install::binary,
        ),
        get(
            "/v1/link/control",
            "link_control",
            Anyone,
            "An agent's first socket; who it is shows the TLS inside",
        )
        .stream(Takes::Nothing, Gives::WebSocket, join::control),
        get(
            "/v1/link/streams",
            "link_streams",
            Anyone,
            "An agent's second socket; who it is shows the TLS inside",
        )
        .stream(Takes::Nothing, Gives::WebSocket, join::streams),
    ]
}

fn stack_rows() -> Vec<Row> {
    vec![
        get(
            "/v1/environments/{env}/stacks",
            "stacks",
            Look,
            "The environment's stacks",
        )
        .list(stacks::LIST),
        get("/v1/environments/{env}/stacks/{stack}", "stack", Look, "A stack").look(stacks::read),
        post(
            "/v1/environments/{env}/stacks/{stack}/plan",
            "plan_deploy",
            ChangeStacks,
            "What deploying these files would do",
        )
        .problems(&[409, 422])
        .write(OK, stacks::plan_deploy),
        put(
            "/v1/environments/{env}/stacks/{stack}",
            "deploy",
            ChangeStacks,
            "A stack becomes what these files say",
        )
        .problems(&[409, 412, 422])
        .write(ACCEPTED, stacks::deploy),
        post(
            "/v1/environments/{env}/stacks/{stack}/plan-removal",
            "plan_removal",
            ChangeStacks,
            "What removing the stack would do",
        )
        .param("volumes", Flag, "its volumes too, with their data")
        .act(OK, stacks::plan_removal),
        delete(
            "/v1/environments/{env}/stacks/{stack}",
            "remove_stack",
            ChangeStacks,
            "A stack goes",
        )
        .param("volumes", Flag, "its volumes too, with their data")
        .param("plan", Text, "the hash of the plan that was shown")
        .problems(&[409, 412])
        .act(ACCEPTED, stacks::remove),
        get(
            "/v1/environments/{env}/stacks/{stack}/revisions",
            "revisions",
            Look,
            "The stack's revisions, oldest first",
        )
        .list(stacks::REVISIONS),
        get(
            "/v1/environments/{env}/stacks/{stack}/revisions/{n}",
            "revision",
            Look,
            "A revision of the stack",
        )
        .look(stacks::read_revision),
        post(
            "/v1/environments/{env}/stacks/{stack}/plan-rollback",
            "plan_rollback",
            ChangeStacks,
            "What going back would do",
        )
        .problems(&[409])
        .write(OK, stacks::plan_rollback),
        post(
            "/v1/environments/{env}/stacks/{stack}/rollback",
            "rollback",
            ChangeStacks,
            "A stack becomes what an earlier revision said",
        )
        .problems(&[409, 412, 422])
        .write(ACCEPTED, stacks::rollback),
        log_params(get(
            "/v1/environments/{env}/stacks/{stack}/logs",
            "stack_logs",
            Look,
            "What the stack's containers write, merged",
        ))
        .stream(Takes::Nothing, Gives::Lines(schema::<LogLine>), logs::of_stack),
        get(
            "/v1/environments/{env}/stacks/{stack}/metrics",
            "stack_metrics",
            Look,
            "What the stack's containers used in the last hour: a sample each ten seconds",
        )
        .param("service", Text, "of this service only")
        .act(OK, metrics::of_stack),
        get(
            "/v1/environments/{env}/events",
            "events",
            Look,
            "What happens: `change`, `progress`, `ready`, `compacted`; resumes by `Last-Event-ID`",
        )
        .param("from", Number, "begin after this revision; now, if left out")
        .stream(Takes::Nothing, Gives::Events(schema::<EventView>), events::stream),
    ]
}

fn service_rows() -> Vec<Row> {
    vec![
        get(
            "/v1/environments/{env}/services",
            "services",
            Look,
            "The environment's services",
        )
        .param("stack", Text, "of this stack only")
        .list(services::LIST),
        get(
            "/v1/environments/{env}/stacks/{stack}/services/{service}",
            "service",
            Look,
            "A service",
        )
        .look(services::read),
        get(
            "/v1/environments/{env}/stacks/{stack}/services/{service}/why",
            "why",
            Look,
            "Why a service is as it is, what the platform does about it, and what you can do",
        )
        .look(services::why),
        get(
            "/v1/environments/{env}/stacks/{stack}/services/{service}/hosts/{host}/why-not",
            "why_not",
            Look,
            "Whether a host would take a unit of a service now, and if not, every reason",
        )
        .look(services::why_not),
        patch(
            "/v1/environments/{env}/stacks/{stack}/services/{service}",
            "change_service",
            ChangeStacks,
            "Scale a service, or let its rollouts wait",
        )
        .problems(&[409, 412, 422])
        .write(OK, services::change),
        post(
            "/v1/environments/{env}/stacks/{stack}/services/{service}/restart",
            "restart_service",
            ChangeStacks,
            "Make all units of a service anew, in batches",
        )
        .problems(&[409, 412])
        .act(ACCEPTED, services::restart),
        log_params(get(
            "/v1/environments/{env}/stacks/{stack}/services/{service}/logs",
            "service_logs",
            Look,
            "What the service's containers write, merged",
        ))
        .stream(Takes::Nothing, Gives::Lines(schema::<LogLine>), logs::of_service),
    ]
}

fn unit_rows() -> Vec<Row> {
    vec![
        get("/v1/environments/{env}/units", "units", Look, "The environment's units")
            .param("stack", Text, "of this stack only")
            .param("service", Text, "of services with this name only")
            .param("host", Text, "on this host only")
            .list(units::LIST),
        get("/v1/environments/{env}/units/{unit}", "unit", Look, "A unit").look(units::read),
        log_params(get("/v1/environments/{env}/units/{unit}/logs", "unit_logs", Look, "What the unit's container writes"))
            .stream(Takes::Nothing, Gives::Lines(schema::<LogLine>), logs::of_unit),
        get("/v1/environments/{env}/units/{unit}/exec", "exec", Exec, "Run a program in the unit's container: a WebSocket of binary messages, each a frame (first byte 1 input, 2 output, 3 error, 4 resize, 5 exit, 6 failed; then the data)")
            .param("command", Texts, "the program, then its arguments")
            .param("tty", Flag, "with a terminal")
            .param("stdin", Flag, "with standard input")
            .param("cols", Number, "columns of the terminal")
            .param("rows", Number, "rows of the terminal")
            .param("user", Text, "as this user")
            .param("workdir", Text, "in this directory")
            .param("env", Texts, "with this variable, `KEY=value`")
            .param("sidekick", Text, "in this sidekick's container")
            .problems(&[403, 426, 502])
            .stream(Takes::Nothing, Gives::WebSocket, exec::run),
        get("/v1/environments/{env}/units/{unit}/stats", "stats", Look, "What the unit uses: one sample, or one a second")
            .param("follow", Flag, "go on")
            .param("sidekick", Text, "of this sidekick's container")
            .problems(&[502])
            .stream(Takes::Nothing, Gives::Lines(schema::<StatsView>), stats::of_unit),
    ]
}

fn host_rows() -> Vec<Row> {
    vec![
        get(
            "/v1/environments/{env}/hosts",
            "hosts",
            Look,
            "The environment's hosts",
        )
        .param("selector", Text, "with these labels only: `zone=a,gpu,!old`")
        .list(hosts::LIST),
        get("/v1/environments/{env}/hosts/{host}", "host", Look, "A host").look(hosts::read),
        patch(
            "/v1/environments/{env}/hosts/{host}",
            "change_host",
            ChangeHosts,
            "Cordon, evacuate, label or rename a host, or say that it is dead",
        )
        .problems(&[409, 412, 422])
        .write(OK, hosts::change),
        delete(
            "/v1/environments/{env}/hosts/{host}",
            "remove_host",
            ChangeHosts,
            "A host leaves the platform",
        )
        .param(
            "discard_data",
            Flag,
            "although volumes lie on it, whose data is lost then",
        )
        .problems(&[409, 412])
        .act(NONE, hosts::remove),
        get(
            "/v1/environments/{env}/hosts/{host}/metrics",
            "host_metrics",
            Look,
            "What the host used in the last hour: a sample each ten seconds",
        )
        .problems(&[502])
        .act(OK, metrics::of_host),
        post(
            "/v1/environments/{env}/join-tokens",
            "add_join_token",
            ChangeHosts,
            "Make a token with which hosts may join",
        )
        .problems(&[422])
        .write(CREATED, join_tokens::create),
        get(
            "/v1/environments/{env}/join-tokens",
            "join_tokens",
            ChangeHosts,
            "Tokens with which hosts may join, without their texts",
        )
        .list(join_tokens::LIST),
        delete(
            "/v1/environments/{env}/join-tokens/{token}",
            "remove_join_token",
            ChangeHosts,
            "A join token lets nobody in any more",
        )
        .act(NONE, join_tokens::remove),
        get(
            "/v1/environments/{env}/hosts/{host}/images",
            "images",
            Look,
            "Images that the host's engine has",
        )
        .problems(&[502])
        .act(OK, images::list),
        post(
            "/v1/environments/{env}/hosts/{host}/images",
            "load_images",
            ChangeHosts,
            "Bring a tar of images in; how it goes comes line by line, the last one says how it ended",
        )
        .problems(&[502])
        .stream(
            Takes::Bytes("application/x-tar"),
            Gives::Lines(schema::<ImageLoadLine>),
            images::load,
        ),
        get(
            "/v1/environments/{env}/volumes",
            "volumes",
            Look,
            "The environment's volumes",
        )
        .list(volumes::LIST),
        post(
            "/v1/environments/{env}/volumes",
            "add_volume",
            ChangeHosts,
            "Make a volume, for stacks to name as external",
        )
        .problems(&[409])
        .write(CREATED, volumes::create),
        delete(
            "/v1/environments/{env}/volumes/{name}",
            "remove_volume",
            ChangeHosts,
            "A volume goes, with its data",
        )
        .problems(&[409])
        .act(NONE, volumes::remove),
    ]
}

fn object_rows() -> Vec<Row> {
    vec![
        get(
            "/v1/environments/{env}/secrets",
            "secrets",
            Look,
            "The environment's secrets, without their values",
        )
        .list(objects::SECRETS),
        get(
            "/v1/environments/{env}/secrets/{name}",
            "secret",
            Look,
            "A secret, without its value",
        )
        .look(objects::read_secret),
        put(
            "/v1/environments/{env}/secrets/{name}",
            "put_secret",
            ChangeStacks,
            "Set a secret; its value is sealed and never shown",
        )
        .problems(&[412, 422])
        .write(OK, objects::put_secret),
        delete(
            "/v1/environments/{env}/secrets/{name}",
            "delete_secret",
            ChangeStacks,
            "A secret goes; stacks keep what they were deployed with",
        )
        .act(NONE, objects::delete_secret),
        get(
            "/v1/environments/{env}/configs",
            "configs",
            Look,
            "The environment's configs, without their values",
        )
        .list(objects::CONFIGS),
        get(
            "/v1/environments/{env}/configs/{name}",
            "config",
            Look,
            "A config with its value",
        )
        .look(objects::read_config),
        put(
            "/v1/environments/{env}/configs/{name}",
            "put_config",
            ChangeStacks,
            "Set a config",
        )
        .problems(&[412, 422])
        .write(OK, objects::put_config),
        delete(
            "/v1/environments/{env}/configs/{name}",
            "delete_config",
            ChangeStacks,
            "A config goes; stacks keep what they were deployed with",
        )
        .act(NONE, objects::delete_config),
        get(
            "/v1/environments/{env}/registries",
            "registries",
            Look,
            "Registries that the environment logs in at",
        )
        .list(objects::REGISTRIES),
        get(
            "/v1/environments/{env}/registries/{registry}",
            "registry",
            Look,
            "Credentials of a registry, without the password",
        )
        .look(objects::read_registry),
        put(
            "/v1/environments/{env}/registries/{registry}",
            "put_registry",
            ChangeHosts,
            "Set the credentials of a registry; the password is sealed and never shown",
        )
        .problems(&[422])
        .write(OK, objects::put_registry),
        delete(
            "/v1/environments/{env}/registries/{registry}",
            "delete_registry",
            ChangeHosts,
            "Credentials of a registry go",
        )
        .act(NONE, objects::delete_registry),
    ]
}

fn log_params(draft: Draft) -> Draft {
    draft
        .param("follow", Flag, "go on as more is written")
        .param(
            "tail",
            Number,
            "lines from the end of each container's output; all, if left out",
        )
        .param("since", Number, "not before this, seconds since 1970")
        .param("search", Text, "only lines with this text")
        .param("sidekick", Text, "of this sidekick's containers")
}
