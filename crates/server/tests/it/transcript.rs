//! Today's server hears what agents of released link versions said, byte by byte, and answers as servers did then.

use std::path::Path;
use std::time::Duration;

use muster_link::{Channel, FrameReader, FrameWriter, LinkIo, MuxStream, StreamMux};
use muster_model::link::{StreamFrame, StreamRequest};
use muster_model::observed::Phase;
use muster_model::{HostId, StackId, UnitId};
use muster_server::api::{AgentError, AgentStream};
use muster_store::Store as _;
use muster_trust::AgentRequest;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::time::timeout;

use crate::link::{Up, until};

const SOON: Duration = Duration::from_secs(20);
/// The host and the unit of the recordings.
const HOST: &str = "host-1-1";
const UNIT: &str = "unit-1-1";

/// The agent's side of a conversation.
struct Player {
    up: Up,
    host: HostId,
    unit: Option<UnitId>,
    reader: FrameReader<ReadHalf<LinkIo>, Value>,
    writer: FrameWriter<WriteHalf<LinkIo>, Value>,
    mux: StreamMux<Value>,
    /// The stream that is open now: our end, and the server's of one that it opened.
    stream: Option<(MuxStream, Option<AgentStream>)>,
    tables: u32,
}

impl Player {
    async fn new() -> Self {
        let mut up = Up::of_two().await;
        let joined = up.other.take().unwrap();
        let host = joined.host.parse().unwrap();
        let control = up.dial_as(&joined, Channel::Control).await.into_io();
        let mux = up.dial_as(&joined, Channel::Streams).await.into_streams();
        let (read, write) = tokio::io::split(control);
        Self {
            up,
            host,
            unit: None,
            reader: FrameReader::new(read),
            writer: FrameWriter::new(write),
            mux,
            stream: None,
            tables: 0,
        }
    }

    async fn line(&mut self, line: &Value) {
        let line: Value = serde_json::from_str(&self.as_here(&line.to_string())).unwrap();
        let (by, opens) = (line["by"].as_str(), line["open"].is_object());
        match (line["control"].as_str(), by) {
            (Some("agent"), _) => self.writer.send(&line["say"]).await.unwrap(),
            (Some("server"), _) => self.hear(&line["say"]).await,
            (_, Some("server")) if opens => self.server_opens(&line["open"]).await,
            (_, Some("agent")) if opens => {
                let mut header = line["open"].clone();
                if header["csr_pem"] == "CSR" {
                    header["csr_pem"] = AgentRequest::generate().unwrap().csr_pem.into();
                }
                let stream = self.mux.open(&header).await.unwrap();
                self.stream = Some((stream, None));
            }
            (_, Some("server")) => self.server_sends(&line["frames"]).await,
            (_, Some("agent")) => self.agent_sends(&line["frames"]).await,
            _ => panic!("no such line: {line}"),
        }
    }

    /// Ids are this platform's.
    fn as_here(&self, text: &str) -> String {
        let text = text.replace(&format!("{HOST}\""), &format!("{}\"", self.host));
        match self.unit {
            Some(unit) => text.replace(&format!("{UNIT}\""), &format!("{unit}\"")),
            None => text,
        }
    }

    /// What the server says of this type; what it says meanwhile is passed over.
    async fn hear(&mut self, wanted: &Value) {
        let is_table = wanted["type"] == "table";
        if is_table {
            self.tables += 1;
            let stack = StackId::new(9, self.tables);
            let deploy = crate::core::deploy(stack, 1, crate::core::service("a", 1));
            self.up.store.commit(deploy).await.unwrap();
        }
        loop {
            let heard = self.reader.next().await.unwrap().expect("the server left");
            if heard["type"] != wanted["type"] || (is_table && heard["units"].is_null()) {
                continue;
            }
            for (key, _) in wanted.as_object().unwrap() {
                // A first table may come as a difference to an empty one.
                assert!(heard.get(key).is_some(), "{wanted} was said as {heard}");
            }
            if is_table && self.unit.is_none() {
                self.unit = serde_json::from_value(heard["units"][0]["unit"].clone()).unwrap();
            }
            return;
        }
    }

    async fn server_opens(&mut self, recorded: &Value) {
        let request: StreamRequest = serde_json::from_value(recorded.clone()).unwrap();
        let server = loop {
            match self.up.agents.open(self.host, request.clone()).await {
                Ok(stream) => break stream,
                Err(AgentError::NotConnected) => tokio::time::sleep(Duration::from_millis(5)).await,
                Err(error) => panic!("{error}"),
            }
        };
        let (header, agent) = self.mux.accept().await.unwrap();
        assert_eq!(header, *recorded, "an older agent reads this");
        self.stream = Some((agent, Some(server)));
    }

    async fn server_sends(&mut self, recorded: &Value) {
        let (agent, server) = self.stream.as_mut().unwrap();
        for frame in frames(recorded) {
            if let Some(server) = server {
                let frame = StreamFrame::decode(&frame).unwrap();
                server.send.send(frame).await.unwrap();
            }
            let heard = read_frame(agent).await;
            if frame.ends_with(b"CERTIFICATE") {
                assert_eq!(heard[0], frame[0]);
                assert!(heard[1..].starts_with(b"-----BEGIN CERTIFICATE-----"));
            } else {
                assert_eq!(heard, frame, "an older agent reads this");
            }
        }
    }

    async fn agent_sends(&mut self, recorded: &Value) {
        let (agent, server) = self.stream.as_mut().unwrap();
        for frame in frames(recorded) {
            let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
            agent.write_all(&[&length, &frame[..]].concat()).await.unwrap();
            agent.flush().await.unwrap();
            let heard = server.as_mut().unwrap().receive.recv().await;
            assert_eq!(heard, Some(StreamFrame::decode(&frame).unwrap()));
        }
    }
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

async fn read_frame(stream: &mut MuxStream) -> Vec<u8> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await.unwrap();
    let mut frame = vec![0; u32::from_be_bytes(length).try_into().unwrap()];
    stream.read_exact(&mut frame).await.unwrap();
    frame
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn todays_server_understands_the_agents_of_released_versions() {
    let mut versions = 0;
    for entry in std::fs::read_dir("../link/transcripts").unwrap().flatten() {
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            versions += 1;
            replay(&entry.path()).await;
        }
    }
    assert!(versions > 0);
}

async fn replay(file: &Path) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut player = Player::new().await;
    for (number, line) in text.lines().enumerate() {
        let line: Value = serde_json::from_str(line).unwrap();
        let played = timeout(SOON, player.line(&line)).await;
        played.unwrap_or_else(|_| panic!("{} line {} is not answered", file.display(), number + 1));
    }
    let (host, unit) = (player.host, player.unit.unwrap());
    until("what it reported is believed", &player.up.store, |world| {
        world
            .status(unit)
            .is_some_and(|status| status.phase == Phase::Running && status.host == host)
    })
    .await;
    // The session still stands.
    let beat = json!({ "type": "heartbeat", "sequence": 99 });
    player.writer.send(&beat).await.unwrap();
    let wanted = json!({ "type": "heartbeat_ack", "lease_ms": 0, "session": "" });
    timeout(SOON, player.hear(&wanted)).await.unwrap();
}
