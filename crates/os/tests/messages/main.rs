//! The pipe of existing clients, as these find it. Wine enforces no descriptor of a pipe; who may
//! connect is proven by the attributes that are passed, in the module's own tests.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod clients;
mod endings;
mod leaving;
mod requests;
mod silence;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use fslaunch_os::{event_loop, messages::MessageEndpoint, peer::Identities};
use tokio::{
    task::{spawn_blocking, spawn_local},
    time::timeout,
};

/// How long anything may take that is to happen.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a client is watched that nothing is to happen to.
const A_WHILE: Duration = Duration::from_millis(200);

/// A pipe of a test of this name.
fn name(test: &str) -> PathBuf {
    format!(r"\\.\pipe\fslaunch-test-{}-{test}", std::process::id()).into()
}

/// Runs a test on the thread of an event loop; one that hangs fails.
fn run<T>(test: impl Future<Output = T>) -> T {
    let done = event_loop::run(async { timeout(4 * PATIENCE, test).await }).unwrap();
    done.expect("the test hangs")
}

fn listen(path: &Path) -> MessageEndpoint {
    MessageEndpoint::listen(path, Identities::default()).unwrap()
}

/// Answers each request with itself, backwards, for as long as there is a loop.
fn serve(path: &Path) {
    let endpoint = listen(path);
    spawn_local(async move {
        loop {
            let mut conversation = endpoint.accept().await;
            spawn_local(async move {
                let mut reply = conversation.request();
                reply.reverse();
                conversation.peer().unwrap();
                conversation.reply(reply, PATIENCE).await;
            });
        }
    });
}

/// Does what blocks on a thread of its own.
async fn elsewhere<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    spawn_blocking(work).await.unwrap()
}
