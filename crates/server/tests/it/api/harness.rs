//! A server without sockets, agents or a leader: requests go into the router, documents of control are written by hand.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use futures_util::future::BoxFuture;
use http_body_util::BodyExt as _;
use muster_control::World;
use muster_link::Channel;
use muster_model::assigned::{HostAssigned, Presence, ServiceAssigned, ServiceState, Unit, UnitWish};
use muster_model::desired::{
    ContainerSpec, Environment, HostWish, ImageRef, Platform, RevisionBody, ServiceSpec, Stack,
    StackRevision, StackSpec,
};
use muster_model::document::Document;
use muster_model::id::IdSource;
use muster_model::link::{Progress, StreamFrame, StreamRequest};
use muster_model::observed::{Health, HostFacts, HostObserved, Phase, SessionRecord, UnitStatus};
use muster_model::{
    AccountId, EnvironmentId, Generation, HostId, Name, NetworkId, RequestId, Revision, ServerId, SessionId,
    StackId, Timestamp, UnitId, WallTime,
};
use muster_server::api::{
    AgentError, AgentStream, Agents, App, ClientAddress, Clock, Mirror, Traffic, router,
};
use muster_server::logic::CoreError;
use muster_server::vault::Vault;
use muster_store::{Commit, MemoryStore, Range, Store};
use muster_trust::{BearerKind, BearerToken, Ca, OsRandom, SealKeys};
use prometheus_client::registry::Registry;
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

pub const NOW: WallTime = WallTime(1_800_000_000_000);
pub const HERE: &str = "127.0.0.1:40000";
pub const ELSEWHERE: &str = "203.0.113.9:40000";
pub const PASSWORD: &str = "correct horse battery";
/// The first environment.
pub const ENV: EnvironmentId = EnvironmentId::new(1, 1);

/// A platform under test.
pub struct Harness {
    pub app: Arc<App>,
    pub store: Arc<MemoryStore>,
    pub agents: Arc<Scripted>,
    pub router: Router,
    pub halted: watch::Sender<Option<Arc<CoreError>>>,
    setup_token: String,
    _mirror: JoinSet<()>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() {
            Value::Null
        } else {
            self.json()
        }
    }

    /// A problem with this status and code, well formed.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{} {}",
            self.status,
            self.text
        );
        let problem = self.json();
        assert_eq!(
            (self.status.as_u16(), problem["code"].as_str().unwrap()),
            (status, code),
            "{problem}"
        );
        assert_eq!(problem["status"], status);
        assert!(problem["detail"].as_str().unwrap().len() > 10 && problem["title"].is_string());
        assert_eq!(problem["type"], format!("urn:muster:problem:{code}"));
        problem
    }
}

/// A request under construction.
pub struct Ask<'h> {
    harness: &'h Harness,
    request: axum::http::request::Builder,
    body: Body,
}

impl Ask<'_> {
    pub fn key(mut self, token: &str) -> Self {
        if !token.is_empty() {
            self.request = self.request.header("authorization", format!("Bearer {token}"));
        }
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.header("content-type", "application/json");
        self.body = Body::from(body.to_string());
        self
    }

    pub fn bytes(mut self, media: &str, body: impl Into<Body>) -> Self {
        self.request = self.request.header("content-type", media);
        self.body = body.into();
        self
    }

    pub fn from(mut self, address: &str) -> Self {
        self.request = self.request.extension(ClientAddress(address.parse().unwrap()));
        self
    }

    /// The answer, its body not read.
    pub async fn open(self) -> Response {
        let request = self.request.body(self.body).unwrap();
        self.harness.router.clone().oneshot(request).await.unwrap()
    }

    /// The whole answer.
    pub async fn send(self) -> Reply {
        let (parts, body) = self.open().await.into_parts();
        let bytes = tokio::time::timeout(Duration::from_secs(20), body.collect())
            .await
            .expect("the answer ends")
            .unwrap();
        let text = String::from_utf8_lossy(&bytes.to_bytes()).into_owned();
        Reply {
            status: parts.status,
            headers: parts.headers,
            text,
        }
    }
}

impl Harness {
    /// A new platform, nobody signed in.
    pub async fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        Self::on(store.clone(), store).await
    }

    /// A new platform in `store`, which handlers reach through `seen`.
    pub async fn on(store: Arc<MemoryStore>, seen: Arc<dyn Store>) -> Self {
        let token = BearerToken::generate(BearerKind::Setup, &mut OsRandom).unwrap();
        store.commit(first_documents(&token)).await.unwrap();
        let (mirror, worlds) = follow(store.clone()).await;
        let agents = Arc::new(Scripted::default());
        let mut registry = Registry::default();
        let traffic = Traffic::new(&mut registry);
        let (halted, halted_seen) = watch::channel(None);
        let app = Arc::new(App {
            store: seen,
            mirror: Mirror::new(worlds),
            vault: Arc::new(Vault::new(SealKeys::generate(&mut OsRandom).unwrap())),
            ca: Arc::new(Ca::generate("test", NOW, &mut OsRandom).unwrap()),
            reach: Default::default(),
            ids: Mutex::new(IdSource::new(7)),
            clock: Clock {
                wall: || NOW,
                boot: || Timestamp(1_000),
            },
            agents: agents.clone(),
            progress: broadcast::channel(16).0,
            metrics: Arc::new(registry),
            traffic,
            halted: halted_seen,
            attempts: Default::default(),
            passwords: Default::default(),
        });
        let router = router(app.clone());
        Self {
            app,
            store,
            agents,
            router,
            halted,
            setup_token: token.text().to_string(),
            _mirror: mirror,
        }
    }

    /// A new platform and its first administrator's session.
    pub async fn set_up() -> (Self, String) {
        let harness = Self::new().await;
        let root = harness.first_administrator().await;
        (harness, root)
    }

    /// Makes the first administrator; gives their session.
    pub async fn first_administrator(&self) -> String {
        let asked = json!({ "token": self.setup_token(), "name": "root", "password": PASSWORD });
        let reply = self.post("/v1/setup").json(&asked).send().await.expect(201);
        reply["token"].as_str().unwrap().to_owned()
    }

    pub fn setup_token(&self) -> &str {
        &self.setup_token
    }

    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        let from: SocketAddr = HERE.parse().unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .extension(ClientAddress(from));
        Ask {
            harness: self,
            request,
            body: Body::empty(),
        }
    }

    pub fn get(&self, path: &str) -> Ask<'_> {
        self.ask("GET", path)
    }

    pub fn post(&self, path: &str) -> Ask<'_> {
        self.ask("POST", path)
    }

    pub fn put(&self, path: &str) -> Ask<'_> {
        self.ask("PUT", path)
    }

    /// An account with a role in an environment, signed in.
    pub async fn member(&self, root: &str, name: &str, environment: &str, role: Option<&str>) -> String {
        let asked = json!({ "name": name, "password": PASSWORD });
        self.post("/v1/accounts")
            .key(root)
            .json(&asked)
            .send()
            .await
            .expect(201);
        if let Some(role) = role {
            let path = format!("/v1/environments/{environment}/members/{name}");
            self.put(&path)
                .key(root)
                .json(&json!({ "role": role }))
                .send()
                .await
                .expect(200);
        }
        self.log_in(name).await
    }

    pub async fn log_in(&self, name: &str) -> String {
        let asked = json!({ "name": name, "password": PASSWORD });
        let reply = self.post("/v1/login").json(&asked).send().await.expect(200);
        reply["token"].as_str().unwrap().to_owned()
    }

    /// Writes a document, as the leader or a session would; answers when the mirror has it.
    pub async fn write<D: Document>(&self, document: &D) -> Revision {
        let committed = self
            .store
            .commit(Commit::new().write(document).unwrap())
            .await
            .unwrap();
        self.reached(committed.revision).await;
        committed.revision
    }

    /// Deletes a document.
    pub async fn delete<D: Document>(&self, document: &D) -> Revision {
        let key = muster_store::typed::key(document).unwrap();
        let committed = self.store.commit(Commit::new().delete(key)).await.unwrap();
        self.reached(committed.revision).await;
        committed.revision
    }

    pub async fn reached(&self, revision: Revision) {
        wait_for("the mirror", || self.app.mirror.world().revision() >= revision).await;
    }

    /// A host in touch.
    pub async fn host(&self, number: u32, environment: EnvironmentId) -> HostId {
        let id = HostId::new(3, number);
        let name: Name = format!("host-{number}").parse().unwrap();
        let wish = HostWish::new(id, environment, name, NOW);
        self.write(&wish).await;
        self.write(&HostAssigned {
            host: id,
            environment,
            networks: Vec::new(),
            presence: Presence::Active,
            braked: false,
            losses: 0,
        })
        .await;
        let engine = "Docker Engine 20.10".to_owned();
        let facts = HostFacts {
            engine,
            cpus: 4,
            memory: 8 << 30,
            ..HostFacts::default()
        };
        let session = SessionRecord {
            id: SessionId::new(3, number),
            server: ServerId::new(1, 1),
            epoch: 3,
            silent: false,
            since: NOW,
            lease_ms: None,
        };
        self.write(&HostObserved {
            host: id,
            session,
            facts,
        })
        .await;
        id
    }

    /// A stack at its first revision, each of its services with one container.
    pub async fn stack(
        &self,
        number: u32,
        environment: EnvironmentId,
        name: &str,
        services: &[&str],
    ) -> StackId {
        let id = StackId::new(4, number);
        let services = services
            .iter()
            .map(|service| (service.parse().unwrap(), Arc::new(service_spec())));
        let spec = StackSpec {
            services: services.collect(),
            ..StackSpec::default()
        };
        let body = RevisionBody::Inline(Arc::new(spec));
        let by = AccountId::new(1, 1);
        self.write(&StackRevision {
            stack: id,
            number: 1,
            by,
            at: NOW,
            rollback_of: None,
            body,
        })
        .await;
        let request = RequestId::parse(&format!("test-{number}")).unwrap();
        let name = name.parse().unwrap();
        self.write(&Stack {
            id,
            environment,
            name,
            revision: 1,
            removed: false,
            volumes_go: false,
            created: NOW,
            request,
        })
        .await;
        id
    }

    /// A unit that runs, of a stack's wanted revision.
    pub async fn unit(&self, number: u32, stack: StackId, service: &str, host: HostId) -> Unit {
        let world = self.app.mirror.world();
        let service: Name = service.parse().unwrap();
        let head = world.stack(stack).unwrap();
        let facts = world.service_facts(stack, head.revision, &service).unwrap();
        let unit = Unit {
            id: UnitId::new(5, number),
            environment: head.environment,
            stack,
            service,
            number,
            host,
            revision: head.revision,
            spec: facts.hash,
            generation: Generation(1),
            restarts: 0,
            address: None,
            ports: Vec::new(),
            wish: UnitWish::Run,
            reasons: Vec::new(),
            created: NOW,
        };
        self.write(&unit).await;
        self.write(&running(&unit)).await;
        unit
    }

    /// Control's verdict on a service.
    pub async fn verdict(
        &self,
        stack: StackId,
        service: &str,
        revision: u64,
        wanted: u32,
        state: ServiceState,
    ) {
        let service = service.parse().unwrap();
        self.write(&ServiceAssigned {
            stack,
            service,
            revision,
            wanted,
            state,
            reasons: Vec::new(),
        })
        .await;
    }
}

fn service_spec() -> ServiceSpec {
    ServiceSpec::new(ContainerSpec::new(ImageRef::parse("muster/whoami").unwrap()))
}

pub fn running(unit: &Unit) -> UnitStatus {
    UnitStatus {
        unit: unit.id,
        host: unit.host,
        generation: unit.generation,
        phase: Phase::Running,
        health: Health::None,
        restarts: 0,
        running_since: Some(NOW),
        message: None,
        containers: Vec::new(),
    }
}

/// Polls until something is so.
#[track_caller]
pub fn wait_for(what: &str, mut so: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let what = what.to_owned();
    async move {
        let deadline = std::time::Instant::now() + Duration::from_secs(10);
        while !so() {
            assert!(std::time::Instant::now() < deadline, "waited too long for {what}");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

fn first_documents(token: &BearerToken) -> Commit {
    let platform = Platform {
        incarnation: "test".to_owned(),
        created: NOW,
        setup_token: Some(token.hash()),
        loading: false,
    };
    let environment = Environment::new(
        ENV,
        "default".parse().unwrap(),
        NetworkId::new(1, 1),
        "10.42.0.0/16".parse().unwrap(),
        NOW,
    );
    Commit::new()
        .create(&platform)
        .unwrap()
        .create(&environment)
        .unwrap()
}

/// A mirror of the store.
async fn follow(store: Arc<MemoryStore>) -> (JoinSet<()>, watch::Receiver<World>) {
    let snapshot = store.read(Range::All).await.unwrap();
    let mut world = World::default();
    for entry in &snapshot.entries {
        world.apply(entry.modified, entry.key.as_str(), Some(entry.record().unwrap()));
    }
    world.reach(snapshot.revision);
    let (send, worlds) = watch::channel(world.clone());
    let mut mirror = JoinSet::new();
    mirror.spawn(async move {
        let mut watch = store.watch(Range::All, snapshot.revision);
        while let Ok(batch) = watch.next().await {
            for event in &batch.events {
                let record = match event {
                    muster_store::Event::Put(entry) => Some(entry.record().unwrap()),
                    muster_store::Event::Delete { .. } => None,
                };
                world.apply(batch.revision, event.key().as_str(), record);
            }
            world.reach(batch.revision);
            send.send_replace(world.clone());
        }
    });
    (mirror, worlds)
}

type Script = Box<dyn Fn(HostId, &StreamRequest) -> Vec<StreamFrame> + Send + Sync>;

/// Agents that answer each stream from a script, and remember what they were sent.
#[derive(Default)]
pub struct Scripted {
    script: Mutex<Option<Script>>,
    pub requests: Mutex<Vec<(HostId, StreamRequest)>>,
    pub received: Arc<Mutex<Vec<StreamFrame>>>,
}

impl Scripted {
    /// What every stream from now on answers.
    pub fn play(&self, script: impl Fn(HostId, &StreamRequest) -> Vec<StreamFrame> + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Some(Box::new(script));
    }
}

impl Agents for Scripted {
    fn open(&self, host: HostId, request: StreamRequest) -> BoxFuture<'_, Result<AgentStream, AgentError>> {
        Box::pin(async move {
            let frames = match &*self.script.lock().unwrap() {
                Some(script) => script(host, &request),
                None => return Err(AgentError::NotConnected),
            };
            let wants_input = matches!(request, StreamRequest::ImageLoad | StreamRequest::Exec(_));
            self.requests.lock().unwrap().push((host, request));
            let (send, mut input) = mpsc::channel(4);
            let (output, receive) = mpsc::channel(4);
            let received = self.received.clone();
            tokio::spawn(async move {
                // A program reads its input to the end, then writes.
                while wants_input && let Some(frame) = input.recv().await {
                    let end = frame == StreamFrame::Input(Vec::new());
                    received.lock().unwrap().push(frame);
                    if end {
                        break;
                    }
                }
                for frame in frames {
                    if output.send(frame).await.is_err() {
                        return;
                    }
                }
            });
            Ok(AgentStream { send, receive })
        })
    }

    fn link(&self, _: Channel, _: IpAddr, _: Request<Body>) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        response
    }
}

/// For tests that show pulls.
pub fn pull(unit: UnitId) -> Progress {
    Progress {
        unit,
        image: "muster/whoami".to_owned(),
        bytes: 1,
        total: 2,
    }
}
