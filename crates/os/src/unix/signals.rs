//! Requests to end.

use std::{future::poll_fn, io, task::Poll, thread};

use tokio::{
    runtime,
    signal::unix::{Signal, SignalKind, signal},
};

use super::raw;

/// Waits for a request to end: SIGTERM, or SIGINT from a terminal.
///
/// SIGHUP is such a request as well: it comes when the terminal goes away.
#[derive(Debug)]
pub struct Ending(Vec<Signal>);

impl Ending {
    /// Requests from now on are waited for, and end nothing by themselves.
    ///
    /// # Errors
    /// The system's.
    pub fn new() -> io::Result<Ending> {
        Ending::of(&all())
    }

    fn of(kinds: &[SignalKind]) -> io::Result<Ending> {
        let signals: io::Result<_> = kinds.iter().map(|kind| signal(*kind)).collect();
        signals.map(Ending)
    }

    /// Returns when there is a request.
    pub async fn wait(&mut self) {
        poll_fn(|context| {
            let mut signals = self.0.iter_mut();
            match signals.any(|signal| signal.poll_recv(context).is_ready()) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}

fn all() -> [SignalKind; 3] {
    [
        SignalKind::terminate(),
        SignalKind::interrupt(),
        SignalKind::hangup(),
    ]
}

/// Acts on each request to end from now on, in a thread of its own; they end nothing by
/// themselves any more. Those that the process was started to ignore stay ignored, as
/// `nohup` and shells ask for; SIGTERM never is.
///
/// # Errors
/// The system's.
///
/// # Platform behaviour
/// Only on Unix.
pub fn on_each(mut act: impl FnMut() + Send + 'static) -> io::Result<()> {
    let [terminate, others @ ..] = all();
    let heard = others
        .into_iter()
        .filter(|kind| !raw::is_ignored(kind.as_raw_value()));
    let heard: Vec<SignalKind> = heard.chain([terminate]).collect();
    let runtime = runtime::Builder::new_current_thread().enable_io().build()?;
    let mut ending = {
        let _inside = runtime.enter();
        Ending::of(&heard)?
    };
    let watch = move || {
        runtime.block_on(async {
            loop {
                ending.wait().await;
                act();
            }
        })
    };
    let name = "signals".to_owned();
    thread::Builder::new().name(name).spawn(watch).map(drop)
}
