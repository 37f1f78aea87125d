//! A small program for containers in tests: it does one plain thing, as its arguments say. Ends at once on SIGTERM,
//! also as process 1, unless told to ignore it.

use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "\
lab-unit serve PORT                      answer HTTP with hostname and request, 404 below /missing, 500 below /fail
lab-unit exit CODE [AFTER_MS]            end with that code
lab-unit print COUNT [EACH_MS] [err]     print \"line 1\" ..., then wait
lab-unit ignore-term                     wait; only SIGKILL ends it
lab-unit check-file PATH                 end with 0 if the file is there, else 1
lab-unit env                             print the environment, sorted
lab-unit cat FILE                        print a file
lab-unit sleep [MS]                      wait, for ever if not said";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ignore = words == ["ignore-term"];
    let code = tokio::select! {
        code = run(&words) => code,
        () = terminated(), if !ignore => Some(0),
    };
    ExitCode::from(code.unwrap_or_else(|| {
        eprintln!("{USAGE}");
        2
    }))
}

/// The exit code; `None` when the words make no sense.
async fn run(words: &[&str]) -> Option<u8> {
    match *words {
        ["serve", port] => serve(port.parse().ok()?).await,
        ["exit", code] => return code.parse().ok(),
        ["exit", code, after] => {
            pause(after).await?;
            return code.parse().ok();
        }
        ["print", count] => print(count, "0", false).await?,
        ["print", count, each] => print(count, each, false).await?,
        ["print", count, each, "err"] => print(count, each, true).await?,
        ["check-file", path] => return Some(u8::from(!std::path::Path::new(path).exists())),
        ["env"] => env(),
        ["cat", file] => return Some(cat(file)),
        ["sleep", ms] => pause(ms).await?,
        ["ignore-term"] => ignore_term().await,
        ["sleep"] => std::future::pending().await,
        _ => return None,
    }
    Some(0)
}

async fn terminated() {
    match signal(SignalKind::terminate()) {
        Ok(mut term) => drop(term.recv().await),
        Err(_) => std::future::pending().await,
    }
}

/// Taking the signal and doing nothing also holds where this is not process 1.
async fn ignore_term() {
    loop {
        terminated().await;
    }
}

async fn pause(ms: &str) -> Option<()> {
    tokio::time::sleep(Duration::from_millis(ms.parse().ok()?)).await;
    Some(())
}

async fn print(count: &str, each_ms: &str, to_stderr: bool) -> Option<()> {
    let count: u64 = count.parse().ok()?;
    for n in 1..=count {
        if to_stderr {
            eprintln!("line {n}");
        } else {
            println!("line {n}");
        }
        pause(each_ms).await?;
    }
    std::future::pending().await
}

fn env() {
    let mut variables: Vec<_> = std::env::vars_os().collect();
    variables.sort();
    for (name, value) in variables {
        println!("{}={}", name.to_string_lossy(), value.to_string_lossy());
    }
}

fn cat(file: &str) -> u8 {
    match std::fs::read_to_string(file) {
        Ok(text) => {
            print!("{text}");
            0
        }
        Err(e) => {
            eprintln!("{file}: {e}");
            1
        }
    }
}

async fn serve(port: u16) {
    let listener = match TcpListener::bind(("0.0.0.0", port)).await {
        Ok(listener) => listener,
        Err(e) => {
            eprintln!("cannot listen on port {port}: {e}");
            std::process::exit(1);
        }
    };
    println!("listening on {port}");
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer(stream));
        }
    }
}

async fn answer(mut stream: TcpStream) {
    let mut request = [0; 4096];
    let Ok(length) = stream.read(&mut request).await else {
        return;
    };
    let head = String::from_utf8_lossy(&request[..length]);
    let path = head.split_ascii_whitespace().nth(1).unwrap_or("/");
    let status = match path {
        _ if path.starts_with("/missing") => "404 Not Found",
        _ if path.starts_with("/fail") => "500 Internal Server Error",
        _ => "200 OK",
    };
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let body = format!(
        "hostname: {host}request: {}\n",
        head.lines().next().unwrap_or_default()
    );
    let length = body.len();
    let reply = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    let _ = stream.write_all(reply.as_bytes()).await;
}
