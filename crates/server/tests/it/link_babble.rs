//! Agents that make no sense: each loses its own link, and nobody else notices.

use std::time::{Duration, Instant};

use muster_link::{Channel, FrameReader, FrameWriter, Joined, LinkIo};
use muster_model::link::{FromAgent, Heartbeat, ToAgent};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::link::{Agent, Up, hello};

/// A link that babbles is over within this.
const ENOUGH: Duration = Duration::from_secs(15);
/// What the server takes of a message that is too long, and what pipes and sockets hold on the way.
const TAKEN_MAX: usize = 16 << 20;

fn framed(text: &[u8]) -> Vec<u8> {
    [&u32::try_from(text.len()).unwrap().to_be_bytes(), text].concat()
}

/// Bytes without sense, the same each time.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(count).collect()
}

struct Two {
    up: Up,
    /// In session, and well.
    good: Agent,
    beats: u64,
}

impl Two {
    async fn new() -> Self {
        let up = Up::of_two().await;
        let mut good = up.agent().await;
        assert!(matches!(good.next().await, Some(ToAgent::Welcome(_))));
        Self { up, good, beats: 0 }
    }

    fn bad(&self) -> &Joined {
        self.up.other.as_ref().unwrap()
    }

    async fn link(&self, channel: Channel) -> LinkIo {
        self.up.dial_as(self.bad(), channel).await.into_io()
    }

    /// The other host's session goes on, without delay.
    async fn is_well(&mut self) {
        self.beats += 1;
        let beat = Heartbeat::new(self.beats);
        let began = Instant::now();
        self.good.say(FromAgent::Heartbeat(beat)).await;
        while !matches!(self.good.next().await.expect("its link stands"), ToAgent::HeartbeatAck(ack) if ack.sequence == self.beats)
        {
        }
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
}

/// Says this again and again until the other side hangs up; how much it took.
async fn pour(io: &mut LinkIo, bytes: &[u8], most: usize) -> usize {
    let mut taken = 0;
    let pouring = async {
        while taken < most && io.write_all(bytes).await.is_ok() && io.flush().await.is_ok() {
            taken += bytes.len();
        }
    };
    timeout(ENOUGH, pouring).await.expect("it is read or refused");
    taken
}

async fn is_hung_up(io: &mut LinkIo) {
    let mut heard = [0; 4_096];
    let ended = async { while let Ok(1..) = io.read(&mut heard).await {} };
    timeout(ENOUGH, ended).await.expect("the link is ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_a_hundred_megabytes_is_not_taken() {
    let mut two = Two::new().await;
    for greets in [false, true] {
        let mut io = two.link(Channel::Control).await;
        if greets {
            let text = serde_json::to_vec(&FromAgent::Hello(Box::new(hello(
                two.bad().host.parse().unwrap(),
            ))));
            io.write_all(&framed(&text.unwrap())).await.unwrap();
        }
        io.write_all(&100_000_000_u32.to_be_bytes()).await.unwrap();
        let taken = pour(&mut io, &[b' '; 64 * 1024], 100_000_000).await;
        assert!(taken < TAKEN_MAX, "{taken}");
        two.is_well().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_that_are_no_message_end_the_link() {
    let mut two = Two::new().await;
    let deep = "[".repeat(100_000);
    let texts: [&[u8]; 5] = [
        b"",
        b"null",
        br#"{"type":"heartbeat"}"#,
        deep.as_bytes(),
        &[0xFF; 100],
    ];
    let mut all: Vec<_> = texts.into_iter().map(framed).collect();
    all.push(noise(100_000));
    for bytes in all {
        let mut io = two.link(Channel::Control).await;
        pour(&mut io, &bytes, 1).await;
        is_hung_up(&mut io).await;
        two.is_well().await;
    }
    let mut io = two.link(Channel::Streams).await;
    pour(&mut io, &noise(100_000), 1).await;
    is_hung_up(&mut io).await;
    two.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_message_is_not_waited_for_for_ever() {
    let mut two = Two::new().await;
    let whole = framed(br#"{"type":"resync"}"#);
    drop({
        let mut io = two.link(Channel::Control).await;
        pour(&mut io, &whole[..7], 1).await;
        io
    });
    two.is_well().await;
    let mut io = two.link(Channel::Control).await;
    pour(&mut io, &whole[..7], 1).await;
    let waiting = tokio::spawn(async move { is_hung_up(&mut io).await });
    while !waiting.is_finished() {
        two.is_well().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    waiting.await.unwrap();
    two.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_messages_in_a_second_delay_nobody() {
    let mut two = Two::new().await;
    let mut io = two.link(Channel::Control).await;
    let hello = FromAgent::Hello(Box::new(hello(two.bad().host.parse().unwrap())));
    io.write_all(&framed(&serde_json::to_vec(&hello).unwrap()))
        .await
        .unwrap();
    let (mut read, mut write) = tokio::io::split(io);
    let beats = (0..10_000_u64).flat_map(|sequence| {
        let beat = FromAgent::Heartbeat(Heartbeat::new(sequence));
        framed(&serde_json::to_vec(&beat).unwrap())
    });
    let beats: Vec<u8> = beats.collect();
    // It never reads: what is answered piles up, and is not allowed to.
    let pouring = tokio::spawn(async move { write.write_all(&beats).await });
    for _ in 0..10 {
        two.is_well().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    timeout(ENOUGH, pouring)
        .await
        .expect("it is read or refused")
        .unwrap()
        .ok();
    let mut heard = [0; 65_536];
    let first = timeout(ENOUGH, read.read(&mut heard)).await.expect("an answer");
    assert!(first.unwrap() > 0);
    two.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_speaks_for_another_host() {
    let mut two = Two::new().await;
    let (read, write) = tokio::io::split(two.link(Channel::Control).await);
    let mut reader = FrameReader::<_, ToAgent>::new(read);
    let mut writer = FrameWriter::<_, FromAgent>::new(write);
    let claims = FromAgent::Hello(Box::new(hello(two.up.host())));
    writer.send(&claims).await.unwrap();
    let answer = timeout(ENOUGH, reader.next()).await.unwrap().unwrap();
    let Some(ToAgent::Refused { message, retry }) = answer else {
        panic!("{answer:?}");
    };
    assert!(message.contains("another host") && !retry, "{message}");
    assert!(timeout(ENOUGH, reader.next()).await.unwrap().unwrap().is_none());
    two.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_version_too_far_away_is_told_who_is_to_upgrade() {
    let mut two = Two::new().await;
    for (protocol, upgrade) in [
        (muster_model::link::PROTOCOL + 2, "upgrade the server"),
        (u32::MAX, "upgrade the server"),
    ] {
        let (read, write) = tokio::io::split(two.link(Channel::Control).await);
        let mut reader = FrameReader::<_, ToAgent>::new(read);
        let mut writer = FrameWriter::<_, Value>::new(write);
        let mut said = json!(FromAgent::Hello(Box::new(hello(two.bad().host.parse().unwrap()))));
        said["protocol"] = json!(protocol);
        writer.send(&said).await.unwrap();
        let answer = timeout(ENOUGH, reader.next()).await.unwrap().unwrap();
        assert!(
            matches!(&answer, Some(ToAgent::Refused { message, .. }) if message.contains(upgrade)),
            "{answer:?}"
        );
    }
    two.is_well().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_newer_agent_says_is_passed_over() {
    let mut two = Two::new().await;
    let (read, write) = tokio::io::split(two.link(Channel::Control).await);
    let mut reader = FrameReader::<_, ToAgent>::new(read);
    let mut writer = FrameWriter::<_, Value>::new(write);
    let hello = FromAgent::Hello(Box::new(hello(two.bad().host.parse().unwrap())));
    let mut said = json!(hello);
    said["protocol"] = json!(muster_model::link::PROTOCOL + 1);
    said["weather"] = json!({ "sun": true });
    writer.send(&said).await.unwrap();
    writer
        .send(&json!({ "type": "weather", "sun": [1, 2] }))
        .await
        .unwrap();
    writer
        .send(&json!({ "type": "heartbeat", "sequence": 3, "mood": "good" }))
        .await
        .unwrap();
    let hears = async {
        loop {
            match reader.next().await.unwrap() {
                Some(ToAgent::Welcome(_)) => {
                    let beat = json!({ "type": "heartbeat", "sequence": 4, "mood": "good" });
                    writer.send(&beat).await.unwrap();
                }
                Some(ToAgent::HeartbeatAck(ack)) if ack.sequence == 4 => return,
                Some(_) => {}
                None => panic!("the link was ended"),
            }
        }
    };
    timeout(ENOUGH, hears).await.expect("its heartbeat is heard");
    two.is_well().await;
}
