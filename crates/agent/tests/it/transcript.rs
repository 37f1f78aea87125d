//! Today's agent hears what servers of released link versions said, byte by byte, and answers as agents did then.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use muster_agent::{AgentConfig, become_member};
use muster_link::{FrameReader, FrameWriter, Joined, LinkIo, MuxStream, StreamMux, upgrade};
use muster_model::SessionId;
use muster_model::link::{
    ExecRequest, HeartbeatAck, PROTOCOL, StreamFrame, StreamRequest, StreamTarget, ToAgent, Welcome,
};
use muster_trust::{AgentRequest, Ca, OsRandom, ServerNames, tls};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::real::shell;
use crate::server::{Agent, clock, lab_host};
use crate::wish::{PLATFORM, difference, host, id, table, whole};

const SOON: Duration = Duration::from_secs(30);
/// In its last third from the start, so that it is renewed at once.
const LIFE: Duration = Duration::from_secs(600);

fn directory() -> PathBuf {
    PathBuf::from("../link/transcripts")
}

/// The server's side of a conversation: what comes from the agent goes into these.
struct Player {
    ca: Ca,
    control: mpsc::Receiver<LinkIo>,
    streams: mpsc::Receiver<Arc<StreamMux<Value>>>,
    reader: FrameReader<ReadHalf<LinkIo>, Value>,
    writer: FrameWriter<WriteHalf<LinkIo>, Value>,
    mux: Option<Arc<StreamMux<Value>>>,
    open: BTreeMap<u64, MuxStream>,
    /// The last heartbeat's number.
    beat: u64,
    csr: String,
    _tasks: JoinSet<()>,
}

impl Player {
    /// An agent over this engine has dialled.
    async fn new(lab: &muster_lab::Host) -> (Self, Agent) {
        let ca = Ca::generate("Muster test CA", clock(), &mut OsRandom)
            .unwrap()
            .with_agent_life(LIFE);
        let own = ca
            .issue_server("server-1-1", &ServerNames::default(), clock(), &mut OsRandom)
            .unwrap();
        let link = tls::link_server_config(ca.certificate(), &own).unwrap();
        let (mut tasks, (control_send, mut control), (streams_send, streams)) =
            (JoinSet::new(), mpsc::channel(8), mpsc::channel(8));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answer = move |mut request: Request<Incoming>| {
            let (link, control, streams) = (link.clone(), control_send.clone(), streams_send.clone());
            async move {
                let path = request.uri().path().to_owned();
                let (answer, upgrade) = upgrade(&mut request, "the test").unwrap();
                tokio::spawn(async move {
                    let peer = upgrade.accept(link).await.unwrap();
                    if path.ends_with("streams") {
                        drop(streams.send(Arc::new(peer.into_streams::<Value>())).await);
                    } else {
                        drop(control.send(peer.into_io()).await);
                    }
                });
                Ok::<_, Infallible>(answer.map(|()| Full::<Bytes>::default()))
            }
        };
        tasks.spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let http =
                    http1::Builder::new().serve_connection(TokioIo::new(tcp), service_fn(answer.clone()));
                tokio::spawn(http.with_upgrades());
            }
        });
        let config = AgentConfig {
            engine_socket: lab.socket().to_owned(),
            run_dir: lab.dir().join("agent/run"),
            ..AgentConfig::new(vec![url.parse().unwrap()], lab.dir().join("agent/data"))
        };
        let request = AgentRequest::generate().unwrap();
        let joined = Joined {
            host: host().to_string(),
            certificate_pem: ca
                .issue_agent(
                    &request.csr_pem,
                    &host().to_string(),
                    None,
                    clock(),
                    &mut OsRandom,
                )
                .unwrap(),
            key: request.key,
            ca_pem: ca.certificate_pem().to_owned(),
            name: None,
            remarks: Vec::new(),
        };
        become_member(&config.data_dir, joined).unwrap();
        // Dates are whole seconds, and the next one must end later.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let agent = Agent::start(config);
        let (read, write) = tokio::io::split(timeout(SOON, control.recv()).await.unwrap().unwrap());
        let player = Self {
            ca,
            control,
            streams,
            reader: FrameReader::new(read),
            writer: FrameWriter::new(write),
            mux: None,
            open: BTreeMap::new(),
            beat: 0,
            csr: String::new(),
            _tasks: tasks,
        };
        (player, agent)
    }

    /// Plays the lines; they come back as they were said now.
    async fn play(&mut self, lines: &[Value]) -> Vec<Value> {
        let mut said = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            let played = timeout(SOON, self.line(line));
            said.push(
                played
                    .await
                    .unwrap_or_else(|_| panic!("line {} is not answered: {line}", number + 1)),
            );
        }
        assert!(
            self.control.try_recv().is_err(),
            "the agent stayed in its session"
        );
        said
    }

    async fn line(&mut self, line: &Value) -> Value {
        let mut now = line.clone();
        match (
            line["control"].as_str(),
            line["by"].as_str(),
            line["stream"].as_u64(),
        ) {
            (Some("agent"), ..) => now["say"] = self.hear(&line["say"]).await,
            (Some("server"), ..) => {
                if line["say"]["type"] == "heartbeat_ack" {
                    now["say"]["sequence"] = self.beat.into();
                }
                self.writer.send(&now["say"]).await.unwrap();
            }
            (_, Some("server"), Some(stream)) if line["open"].is_object() => {
                let opened = self.mux().await.open(&line["open"]).await.unwrap();
                self.open.insert(stream, opened);
            }
            (_, Some("agent"), Some(stream)) if line["open"].is_object() => {
                let (header, opened) = self.mux().await.accept().await.unwrap();
                assert!(fits(&line["open"], &header), "{header}");
                self.csr = header["csr_pem"].as_str().unwrap_or_default().to_owned();
                now["open"] = header;
                now["open"]["csr_pem"] = "CSR".into();
                self.open.insert(stream, opened);
            }
            (_, Some("server"), Some(stream)) => {
                let frames = frames(&line["frames"]);
                for frame in frames {
                    let frame = self.filled_in(frame);
                    let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
                    let stream = self.open.get_mut(&stream).unwrap();
                    stream.write_all(&[&length, &frame[..]].concat()).await.unwrap();
                    stream.flush().await.unwrap();
                }
            }
            (_, Some("agent"), Some(stream)) => {
                let heard = read_frames(self.open.get_mut(&stream).unwrap()).await;
                if let Some(recorded) = line["frames"].as_array().filter(|frames| !frames.is_empty()) {
                    let recorded = frames(&json!(recorded));
                    assert_eq!(joined(&heard), joined(&recorded), "{line}");
                }
                now["frames"] = heard.iter().map(|frame| hex(frame)).collect();
            }
            _ => panic!("no such line: {line}"),
        }
        now
    }

    /// What the agent says that fits; what it says meanwhile is passed over.
    async fn hear(&mut self, wanted: &Value) -> Value {
        loop {
            let heard = self.reader.next().await.unwrap().expect("the agent left");
            if heard["type"] == "heartbeat" {
                self.beat = heard["sequence"].as_u64().unwrap();
            }
            if heard["type"] == wanted["type"] && is_that(wanted, &heard) {
                assert!(fits(wanted, &heard), "{wanted} was said as {heard}");
                return heard;
            }
        }
    }

    async fn mux(&mut self) -> Arc<StreamMux<Value>> {
        if self.mux.is_none() {
            self.mux = self.streams.recv().await;
        }
        self.mux.clone().unwrap()
    }

    fn filled_in(&self, frame: Vec<u8>) -> Vec<u8> {
        if &frame[1..] != b"CERTIFICATE" {
            return frame;
        }
        let signed = self
            .ca
            .issue_agent(&self.csr, &host().to_string(), None, clock(), &mut OsRandom);
        [&frame[..1], signed.unwrap().as_bytes()].concat()
    }
}

/// Of several messages of one type, the one that was meant.
fn is_that(wanted: &Value, heard: &Value) -> bool {
    match wanted["type"].as_str() {
        Some("applied") => heard["revision"] == wanted["revision"],
        Some("observed") => {
            let phase = &wanted["units"][0]["phase"];
            let mut units = heard["units"].as_array().unwrap().iter();
            units.any(|unit| unit["phase"] == *phase && unit["unit"] == wanted["units"][0]["unit"])
        }
        _ => true,
    }
}

/// Whatever was said then is said now: others may rely on it.
fn fits(recorded: &Value, now: &Value) -> bool {
    let mut keys = recorded.as_object().into_iter().flatten();
    keys.all(|(key, _)| now.get(key).is_some())
}

fn hex(bytes: &[u8]) -> Value {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<String>()
        .into()
}

fn frames(texts: &Value) -> Vec<Vec<u8>> {
    let bytes = |text: &Value| {
        let text = text.as_str().unwrap();
        let pairs = (0..text.len()).step_by(2);
        pairs
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    };
    texts.as_array().unwrap().iter().map(bytes).collect()
}

/// To the stream's end.
async fn read_frames(stream: &mut MuxStream) -> Vec<Vec<u8>> {
    let mut heard = Vec::new();
    let mut length = [0; 4];
    while stream.read_exact(&mut length).await.is_ok() {
        let mut frame = vec![0; u32::from_be_bytes(length).try_into().unwrap()];
        stream.read_exact(&mut frame).await.unwrap();
        heard.push(frame);
    }
    heard
}

/// By kind: in which pieces a program's output comes, and which of two outputs comes first, is chance.
fn joined(frames: &[Vec<u8>]) -> BTreeMap<u8, Vec<u8>> {
    let mut joined = BTreeMap::<u8, Vec<u8>>::new();
    for frame in frames {
        joined.entry(frame[0]).or_default().extend(&frame[1..]);
    }
    joined
}

#[tokio::test]
async fn todays_agent_understands_the_servers_of_released_versions() {
    for entry in std::fs::read_dir(directory()).unwrap().flatten() {
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            let lab = lab_host().await;
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let lines: Vec<Value> = text
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect();
            assert!(lines.len() > 10);
            let (mut player, _agent) = Player::new(&lab).await;
            player.play(&lines).await;
        }
    }
}

/// A conversation that touches all there is, as today's server would hold it.
fn script() -> Vec<Value> {
    let agent = |say: Value| json!({ "control": "agent", "say": say });
    let server = |say: ToAgent| json!({ "control": "server", "say": say });
    let frames =
        |frames: &[StreamFrame]| -> Value { frames.iter().map(|frame| hex(&frame.encode())).collect() };
    let session = SessionId::new(1, 1);
    let welcome = Welcome {
        session,
        incarnation: PLATFORM.to_owned(),
        heartbeat_ms: 2_000,
    };
    let (first, second) = (
        table(1, [shell(1, "sleep 1000")]),
        table(2, [shell(1, "sleep 1000"), shell(2, "sleep 1000")]),
    );
    let acknowledged = HeartbeatAck {
        sequence: 0,
        lease_ms: 15_000,
        session,
    };
    let line = "read line; echo $line; echo other >&2; exit 7";
    let target = StreamTarget {
        unit: id(1),
        sidekick: None,
    };
    let exec = StreamRequest::Exec(ExecRequest {
        target,
        command: ["sh", "-c", line].map(str::to_owned).to_vec(),
        terminal: None,
        stdin: true,
        user: None,
        working_dir: Some("/tmp".to_owned()),
        environment: vec!["GREETING=hello".to_owned()],
    });
    let runs = |n: u32| json!({ "type": "observed", "units": [{ "unit": id(n), "phase": "running" }] });
    vec![
        agent(json!({ "type": "hello" })),
        server(ToAgent::Welcome(welcome)),
        agent(json!({ "type": "heartbeat" })),
        server(ToAgent::HeartbeatAck(acknowledged)),
        json!({ "stream": 1, "by": "agent", "open": { "type": "certificate", "csr_pem": "CSR" } }),
        json!({ "stream": 1, "by": "server", "frames": frames(&[StreamFrame::Output(b"CERTIFICATE".to_vec())]) }),
        agent(json!({ "type": "facts" })),
        server(ToAgent::Table(Box::new(whole(&first)))),
        agent(json!({ "type": "applied", "revision": 1 })),
        agent(runs(1)),
        server(ToAgent::Table(Box::new(difference(&first, &second)))),
        agent(json!({ "type": "applied", "revision": 2 })),
        agent(runs(2)),
        json!({ "stream": 2, "by": "server", "open": exec }),
        json!({ "stream": 2, "by": "server", "frames": frames(&[StreamFrame::Input(b"hi\n".to_vec())]) }),
        json!({ "stream": 2, "by": "agent", "frames": [] }),
    ]
}

/// As if it had been said by a machine that could stand anywhere.
fn anywhere(mut line: Value) -> Value {
    let say = &mut line["say"];
    if say["boot"].is_string() {
        say["boot"] = "6c5bf6c4-0d3b-4a3c-9f0e-2f1d6a7b8c9d".into();
    }
    let facts = if say["facts"].is_object() {
        &mut say["facts"]
    } else {
        say
    };
    if facts["hostname"].is_string() {
        facts["hostname"] = "h1".into();
        facts["kernel"] = "6.1.0-13-amd64".into();
        facts["addresses"] = json!(["192.0.2.7", "2001:db8::7"]);
        facts["memory"] = 16_000_000_000_u64.into();
    }
    if line["say"].is_null() {
        line.as_object_mut().unwrap().remove("say");
    }
    line
}

/// Records this version's conversation, if that is wanted. Without, it shows that what would be recorded can be.
#[tokio::test]
async fn todays_conversation_can_be_recorded() {
    let lab = lab_host().await;
    let (mut player, _agent) = Player::new(&lab).await;
    let said = player.play(&script()).await;
    if std::env::var("MUSTER_RECORD_LINK").is_ok() {
        let text: String = said
            .into_iter()
            .map(|line| format!("{}\n", anywhere(line)))
            .collect();
        std::fs::write(directory().join(format!("link-{PROTOCOL}.jsonl")), text).unwrap();
    }
    assert!(
        directory().join(format!("link-{PROTOCOL}.jsonl")).exists(),
        "record it, see its README"
    );
}
