//! Logs, programs, samples and images, through the second connection.

use muster_lab::{Image, UNIT};
use muster_link::{MuxStream, StreamFrameReader, StreamFrameWriter};
use muster_model::link::{ExecRequest, LogsRequest, StreamFrame, StreamRequest, StreamTarget};
use muster_model::observed::Phase;
use tokio::io::{ReadHalf, WriteHalf};

use crate::real::{serving, shell};
use crate::server::Stage;
use crate::wish::{id, table, with_spec};

type Both = (
    StreamFrameReader<ReadHalf<MuxStream>>,
    StreamFrameWriter<WriteHalf<MuxStream>>,
);

async fn open(stage: &Stage, request: StreamRequest) -> Both {
    let stream = stage.server.streams().await.open(&request).await.unwrap();
    let (read, write) = tokio::io::split(stream);
    (StreamFrameReader::new(read), StreamFrameWriter::new(write))
}

fn target() -> StreamTarget {
    StreamTarget {
        unit: id(1),
        sidekick: None,
    }
}

/// Reads output until it says this.
async fn until_said(reader: &mut StreamFrameReader<ReadHalf<MuxStream>>, wanted: &str) -> String {
    let mut said = String::new();
    let read = async {
        while !said.contains(wanted) {
            match reader.next().await.unwrap() {
                Some(StreamFrame::Output(bytes) | StreamFrame::Error(bytes)) => {
                    said.push_str(&String::from_utf8_lossy(&bytes));
                }
                other => panic!("{other:?} after {said:?}"),
            }
        }
    };
    let _ = tokio::time::timeout(std::time::Duration::from_secs(20), read).await;
    assert!(said.contains(wanted), "{said:?}");
    said
}

fn exec(command: &[&str], terminal: Option<(u16, u16)>) -> StreamRequest {
    StreamRequest::Exec(ExecRequest {
        target: target(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        terminal,
        stdin: true,
        user: None,
        working_dir: None,
        environment: vec!["GREETING=hello".to_owned()],
    })
}

async fn running(unit: muster_model::link::UnitAssignment) -> Stage {
    let stage = Stage::new().await;
    stage.server.wish(table(1, [unit]));
    stage.server.until(id(1), Phase::Running).await;
    stage
}

#[tokio::test]
async fn logs_are_followed_and_told_apart() {
    let stage = running(shell(1, "echo out; echo err >&2; cat /tmp/more 2>/dev/null; i=0; while true; do i=$((i+1)); echo line $i; sleep 0.1; done")).await;
    let request = |follow, tail| {
        StreamRequest::Logs(LogsRequest {
            target: target(),
            follow,
            tail,
            since: None,
        })
    };
    let (mut reader, writer) = open(&stage, request(true, None)).await;
    let (mut out, mut err) = (String::new(), String::new());
    while !out.contains("line 3") || err.is_empty() {
        match reader.next().await.unwrap().unwrap() {
            StreamFrame::Output(bytes) => out.push_str(&String::from_utf8_lossy(&bytes)),
            StreamFrame::Error(bytes) => err.push_str(&String::from_utf8_lossy(&bytes)),
            other => panic!("{other:?}"),
        }
    }
    let first = out.lines().next().unwrap();
    let (time, text) = first.split_once(' ').unwrap();
    assert!(
        time.ends_with('Z') && time.contains('T') && text == "out",
        "{first}"
    );
    assert!(err.contains(" err") && !out.contains("err"), "{out} {err}");
    drop((reader, writer));
    let (mut reader, _writer) = open(&stage, request(false, Some(2))).await;
    let mut lines = 0;
    while let Some(StreamFrame::Output(bytes)) = reader.next().await.unwrap() {
        lines += bytes.iter().filter(|byte| **byte == b'\n').count();
    }
    assert_eq!(lines, 2);
}

#[tokio::test]
async fn a_program_runs_with_a_terminal() {
    let stage = running(shell(1, "sleep 1000")).await;
    let (mut reader, mut writer) = open(&stage, exec(&["sh"], Some((100, 40)))).await;
    writer
        .send(&StreamFrame::Input(b"stty size; echo $GREETING\n".to_vec()))
        .await
        .unwrap();
    until_said(&mut reader, "hello").await;
    writer.send(&StreamFrame::Resize(120, 50)).await.unwrap();
    writer
        .send(&StreamFrame::Input(
            b"until stty size | grep '50 120'; do sleep 0.05; done; exit 7\n".to_vec(),
        ))
        .await
        .unwrap();
    let mut last = None;
    while let Some(frame) = reader.next().await.unwrap() {
        last = Some(frame);
    }
    assert_eq!(last, Some(StreamFrame::Exit(7)));
}

#[tokio::test]
async fn a_program_reads_to_the_end_of_its_input() {
    let stage = running(shell(1, "sleep 1000")).await;
    let (mut reader, mut writer) = open(&stage, exec(&["sh", "-c", "cat; echo done >&2"], None)).await;
    writer.send(&StreamFrame::Input(b"text".to_vec())).await.unwrap();
    writer.send(&StreamFrame::Input(vec![])).await.unwrap();
    let mut frames = vec![];
    while let Some(frame) = reader.next().await.unwrap() {
        frames.push(frame);
    }
    assert_eq!(frames.pop(), Some(StreamFrame::Exit(0)));
    // The two outputs are two pipes: which is heard first is not said.
    assert!(
        frames.contains(&StreamFrame::Output(b"text".to_vec())),
        "{frames:?}"
    );
    assert!(
        frames.contains(&StreamFrame::Error(b"done\n".to_vec())),
        "{frames:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_streamed_says_why() {
    let stage = running(serving(1)).await;
    let (mut reader, _writer) = open(&stage, exec(&["/no/such/program"], None)).await;
    let mut last = None;
    while let Some(frame) = reader.next().await.unwrap() {
        last = Some(frame);
    }
    assert!(
        matches!(
            &last,
            Some(StreamFrame::Failed(_)) | Some(StreamFrame::Exit(126 | 127))
        ),
        "{last:?}"
    );
    let absent = StreamTarget {
        unit: id(9),
        sidekick: None,
    };
    let (mut reader, _writer) = open(
        &stage,
        StreamRequest::Stats {
            target: absent,
            follow: false,
        },
    )
    .await;
    assert!(matches!(
        reader.next().await.unwrap(),
        Some(StreamFrame::Failed(_))
    ));
}

#[tokio::test]
async fn samples_come_as_json() {
    let stage = running(serving(1)).await;
    let (mut reader, _writer) = open(
        &stage,
        StreamRequest::Stats {
            target: target(),
            follow: true,
        },
    )
    .await;
    for _ in 0..2 {
        let Some(StreamFrame::Output(line)) = reader.next().await.unwrap() else {
            panic!()
        };
        let sample: serde_json::Value = serde_json::from_slice(&line).unwrap();
        assert!(sample["memory_stats"]["usage"].is_u64(), "{sample}");
    }
}

#[tokio::test]
async fn an_image_that_is_loaded_is_used_at_once() {
    let stage = Stage::new().await;
    let late = with_spec(serving(1), |spec| {
        spec.image = "127.0.0.1:9/late:1".to_owned().try_into().unwrap()
    });
    stage.server.wish(table(1, [late]));
    stage.server.until(id(1), Phase::Backoff).await;
    let script = format!(
        "docker tag {UNIT} 127.0.0.1:9/late:1; docker save 127.0.0.1:9/late:1; docker rmi 127.0.0.1:9/late:1 >&2"
    );
    let saved = stage
        .lab
        .command("sh")
        .args(["-c", &script])
        .output()
        .await
        .unwrap()
        .stdout;
    let (mut reader, mut writer) = open(&stage, StreamRequest::ImageLoad).await;
    for piece in saved.chunks(64 * 1024) {
        writer.send(&StreamFrame::Input(piece.to_vec())).await.unwrap();
    }
    writer.send(&StreamFrame::Input(vec![])).await.unwrap();
    let said = until_said(&mut reader, "Loaded image").await;
    assert!(said.contains("127.0.0.1:9/late:1"), "{said}");
    assert_eq!(reader.next().await.unwrap(), Some(StreamFrame::Exit(0)));
    stage.server.until(id(1), Phase::Running).await;
    let (mut reader, _writer) = open(&stage, StreamRequest::ImageList).await;
    until_said(&mut reader, "127.0.0.1:9/late:1").await;
}

#[tokio::test]
async fn half_a_tar_is_not_taken_for_a_whole_one() {
    let stage = running(serving(1)).await;
    let tar = Image::new("lab/half:1")
        .content("/file", vec![7; 300_000])
        .archive()
        .unwrap();
    let (mut reader, mut writer) = open(&stage, StreamRequest::ImageLoad).await;
    writer
        .send(&StreamFrame::Input(tar[..tar.len() / 2].to_vec()))
        .await
        .unwrap();
    writer.close().await.unwrap();
    let mut last = None;
    while let Ok(Some(frame)) = reader.next().await {
        last = Some(frame);
    }
    assert!(matches!(last, Some(StreamFrame::Failed(_))), "{last:?}");
    assert!(stage.lab.docker().inspect_image("lab/half:1").await.is_err());
}
