//! Why a figure could not be measured.

use std::io;

/// Why a figure could not be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The system refused something.
    #[error("failed to {action}: {source}")]
    System {
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// The server has gone.
    #[error("the connection was closed before the reply")]
    Closed,
    /// The launcher did not do what it was asked for.
    #[error("the launcher answered {0}")]
    Refused(String),
    /// What was to be measured did not come about.
    #[error("{0}")]
    Unfit(String),
    /// Ctrl-C or SIGTERM.
    #[error("interrupted")]
    Interrupted,
    /// The harness gave up.
    #[error("the harness gave up: {0}")]
    Harness(String),
}

impl Failure {
    /// "failed to `action`", for `map_err`.
    pub(crate) fn to<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::System {
            action,
            source: source.into(),
        }
    }
}
