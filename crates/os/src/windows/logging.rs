//! Where the daemon's own log goes: a file, and the event log or standard error.

mod event_log;
mod file;
mod line;

use std::{io, panic, path::PathBuf};

use tracing_subscriber::{
    EnvFilter, Layer, filter::LevelFilter, fmt, layer::SubscriberExt, util::SubscriberInitExt,
};

use super::{places::Places, service};
use event_log::EventLog;
use file::LogFile;

/// Where the log goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    /// A file, which is kept from growing without end.
    pub file: Option<PathBuf>,
    /// The name of the service that this process is: warnings and errors go to
    /// the event log then, else everything goes to standard error as well.
    pub service: Option<String>,
}

impl Destination {
    /// Where the log of the daemon with these places goes.
    pub fn of(places: &Places, service: Option<String>) -> Destination {
        let file = Some(places.log_file.clone());
        Destination { file, service }
    }
}

/// Starts logging. `FSLAUNCH_LOG` says how much. A destination that can't be
/// used is said at those that can.
pub fn start(destination: &Destination) {
    let (file, no_file) = opened(destination.file.as_ref().map(|path| LogFile::open(path)));
    let source = destination.service.as_deref().map(service::event_source);
    let (events, no_events) = opened(source.map(|source| EventLog::open(&source)));
    let terminal = destination.service.is_none().then_some(line::Stderr);
    tracing_subscriber::registry()
        .with(file.map(|file| dated(file).with_filter(level())))
        .with(terminal.map(|terminal| dated(terminal).with_filter(level())))
        .with(events.map(|events| {
            let plain = fmt::layer().with_target(false).with_ansi(false);
            let plain = plain.without_time().with_level(false).with_writer(events);
            plain.with_filter(LevelFilter::WARN).with_filter(level())
        }))
        .init();
    log_panics();
    if let (Some(error), Some(path)) = (no_file, &destination.file) {
        tracing::warn!(%error, ?path, "the log goes to no file");
    }
    if let Some(error) = no_events {
        tracing::warn!(%error, "the log goes to no event log");
    }
}

fn opened<T>(destination: Option<io::Result<T>>) -> (Option<T>, Option<io::Error>) {
    match destination {
        None => (None, None),
        Some(Ok(destination)) => (Some(destination), None),
        Some(Err(error)) => (None, Some(error)),
    }
}

fn dated<S, W>(writer: W) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
    W: for<'a> fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    fmt::layer()
        .with_target(false)
        .with_ansi(false)
        .with_writer(writer)
}

fn level() -> EnvFilter {
    EnvFilter::builder()
        .with_default_directive(LevelFilter::INFO.into())
        .with_env_var("FSLAUNCH_LOG")
        .from_env_lossy()
}

/// A service has no standard error that a panic could be read from. Its words
/// stay out of the log: they may hold what a caller sent.
fn log_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, "the launcher panicked");
        before(panic);
    }));
}
