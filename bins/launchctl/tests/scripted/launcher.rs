//! A launcher of which every answer is known, and the program that asks it.

use fslaunch_os::dial;
use fslaunch_os::endpoint::Endpoint;
use fslaunch_os::peer::Identities;
use fslaunch_protocol::varlink::{self, Called, Frames};
use fslaunch_protocol::{Request, limits};
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Builder;
use tokio::time::timeout;

/// A launcher that was not asked by then never will be.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// An address of its own, as the system's launcher has one: a pipe, or a path
/// in a folder that is to be removed.
fn address(name: &str) -> (PathBuf, Option<PathBuf>) {
    let name = format!("launchctl-{name}-{}", std::process::id());
    if dial::messages_address().is_some() {
        return (format!(r"\\.\pipe\{name}").into(), None);
    }
    let folder = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).unwrap();
    (folder.join("socket"), Some(folder))
}

/// A runtime for one thread, on which everything ends in time.
pub(crate) fn within<T>(work: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { timeout(LONG, work).await.expect("it takes too long") })
}

pub(crate) struct Socket(pub(crate) PathBuf, Option<PathBuf>);

impl Socket {
    pub(crate) fn new(name: &str) -> Self {
        let (address, folder) = address(name);
        Self(address, folder)
    }

    /// Answers one request, and gives it back.
    pub(crate) fn answer(&self, answer: Vec<u8>) -> JoinHandle<Request> {
        let (listening, listens) = mpsc::channel();
        let address = self.0.clone();
        let served = std::thread::spawn(move || {
            within(async {
                let identities = Identities::new(true, None).unwrap();
                let endpoint = Endpoint::bind(&address, identities).unwrap();
                listening.send(()).unwrap();
                serve(&endpoint, &answer).await
            })
        });
        listens.recv_timeout(LONG).unwrap();
        served
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &[u8]) -> (i32, String, String) {
        run(self.command().args(arguments), input)
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_launchctl"));
        command
            .env("FSLAUNCH_SOCKET", &self.0)
            .env_remove("FSLAUNCH_PIPE");
        command
    }
}

/// The first connection that asks something gets the answer.
async fn serve(endpoint: &Endpoint, answer: &[u8]) -> Request {
    let mut stream = endpoint.accept().await.unwrap();
    let mut frames = Frames::new(limits::REQUEST_BYTES);
    let mut piece = [0; 4096];
    let message = loop {
        if let Some(message) = frames.take().unwrap() {
            break message;
        }
        match stream.read(&mut piece).await.unwrap() {
            // One that only looked who listens.
            0 if !frames.is_partial() => stream = endpoint.accept().await.unwrap(),
            0 => panic!("half a message"),
            length => frames.push(&piece[..length]),
        }
    };
    stream.write_all(answer).await.unwrap();
    if !answer.is_empty() {
        // Until the client has read it and is gone.
        let _ = stream.read(&mut piece).await;
    }
    match varlink::decode(&message).unwrap().request {
        Called::Launcher(request) => request,
        Called::Service(request) => panic!("{request:?}"),
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = self.1.take().map(std::fs::remove_dir_all);
    }
}

pub(crate) fn run(command: &mut Command, input: &[u8]) -> (i32, String, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    told(child.wait_with_output().unwrap())
}

pub(crate) fn told(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}
