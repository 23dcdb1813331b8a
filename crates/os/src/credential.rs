//! What is kept of a user for the next time, and where it is asked for.

use fslaunch_protocol::Secret;

/// What a file system is told of who uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The user's name there, where it wants one.
    pub user: Option<String>,
    /// The password, or what else it takes.
    pub secret: Secret,
}

/// A question that a person is to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Names what is asked for, for programs that keep answers apart.
    pub id: String,
    /// In words, in one line, fit to be shown.
    pub words: String,
    /// Whether the answer is shown while it is typed.
    pub shown: bool,
}
