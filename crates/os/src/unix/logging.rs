//! Where the daemon's own log goes: the journal when the service manager
//! reads it there, else standard error.

use std::path::PathBuf;

use super::places::Places;

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// Where the log goes, beside the journal or standard error.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    /// A file, on systems without a journal.
    pub file: Option<PathBuf>,
    /// The name of the service that this process is, on systems with an event log.
    pub service: Option<String>,
}

impl Destination {
    /// Where the log of the daemon with these places goes.
    pub fn of(_: &Places, _service: Option<String>) -> Destination {
        Destination::default()
    }
}

/// Starts logging. `FSLAUNCH_LOG` says how much.
pub fn start(_: &Destination) {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::INFO.into())
        .with_env_var("FSLAUNCH_LOG")
        .from_env_lossy();
    let journal = std::env::var_os("JOURNAL_STREAM").and_then(|_| tracing_journald::layer().ok());
    let terminal = journal.is_none().then(|| {
        tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_target(false)
            .with_ansi(false)
    });
    tracing_subscriber::registry()
        .with(journal.with_filter(filter.clone()))
        .with(terminal.with_filter(filter))
        .init();
}
