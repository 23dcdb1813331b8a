//! Where the daemon's own log goes: the journal when the service manager
//! reads it there, else standard error.

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

/// Starts logging. `FSLAUNCH_LOG` says how much.
pub fn start() {
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
