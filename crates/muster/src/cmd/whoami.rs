//! `muster whoami`: a tiny web server that says who it is; the sample image is made of it.
//!
//! It runs as process 1 of a container, where signals have no default action: so it listens to SIGTERM itself and
//! ends at once.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::WhoamiArgs;

/// The sample image's name.
pub const IMAGE: &str = "muster/whoami:latest";

/// Serves, probes a server, or writes the sample image.
pub async fn run(args: WhoamiArgs) -> anyhow::Result<ExitCode> {
    if args.image {
        return write_image();
    }
    match args.probe {
        Some(port) => Ok(probe(port).await),
        None => serve(args.port).await,
    }
}

async fn serve(port: u16) -> anyhow::Result<ExitCode> {
    let mut stop = signal(SignalKind::terminate()).context("could not listen for SIGTERM")?;
    let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
        .await
        .with_context(|| format!("could not listen on port {port}; choose another with --port"))?;
    println!("whoami listens on port {port}");
    loop {
        tokio::select! {
            _ = stop.recv() => return Ok(ExitCode::SUCCESS),
            _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => { tokio::spawn(answer(stream, peer)); }
                // Out of descriptors: the connections that are open will end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
        }
    }
}

async fn answer(stream: TcpStream, peer: SocketAddr) {
    let local = stream
        .local_addr()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip());
    let service = service_fn(move |request: Request<Incoming>| async move {
        Ok::<_, Infallible>(Response::new(describe(&request, local, peer)))
    });
    // A visitor that goes away early is no event.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// Who answers, who asks, and with which headers.
fn describe(request: &Request<Incoming>, local: IpAddr, peer: SocketAddr) -> String {
    let mut text = format!("hostname: {}\naddress: {local}\nfrom: {peer}\n", hostname());
    let _ = writeln!(
        text,
        "{} {} {:?}",
        request.method(),
        request.uri(),
        request.version()
    );
    for (name, value) in request.headers() {
        let _ = writeln!(text, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    text
}

fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether a server on this machine answers 200: the health check of an image that has no shell and no curl.
async fn probe(port: u16) -> ExitCode {
    let ask = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await?;
        let mut head = [0; 12];
        stream.read_exact(&mut head).await?;
        Ok::<_, std::io::Error>(head.ends_with(b" 200"))
    };
    match tokio::time::timeout(Duration::from_secs(5), ask).await {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// A muster binary as the sample image.
pub fn image(binary: &Path) -> anyhow::Result<muster_lab::Image> {
    let image = muster_lab::Image::new(IMAGE).file("/muster", binary);
    let image = image.context("could not read the muster binary")?;
    Ok(image.entrypoint(&["/muster", "whoami"]).expose(&[80]))
}

/// This very binary as an image, in the form that `docker load` and `muster image load` read.
fn write_image() -> anyhow::Result<ExitCode> {
    let binary = std::env::current_exe().context("could not find this binary")?;
    let tar = image(&binary)?
        .archive()
        .context("could not put the image together")?;
    let mut out = std::io::stdout().lock();
    out.write_all(&tar)
        .and_then(|()| out.flush())
        .context("could not write the image; is the reader gone?")?;
    Ok(ExitCode::SUCCESS)
}
