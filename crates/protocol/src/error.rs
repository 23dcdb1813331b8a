//! What can go wrong with a request: one variant for each error of the
//! interface file, with the same parameters. `code` and `message` are not
//! fields: they follow from the variant.

mod code;
mod examples;

use crate::State;
use crate::escape::{bare, quoted, sentence};
use serde::{Deserialize, Serialize};

/// Why a request failed. The text names the things that are concerned, and
/// what to do where that helps; names in it are escaped for a terminal.
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "error", content = "parameters")]
pub enum Error {
    /// The message is not a request.
    #[error("the message is not a request: {}", sentence(.reason))]
    MalformedRequest { reason: String },

    /// The message is longer than the launcher reads, in bytes.
    #[error("the request is longer than {limit} bytes")]
    RequestTooLarge { limit: u64 },

    /// A class or instance name that can't be one; `what` says which.
    #[error("{} is not a {}: {}", quoted(.name), bare(.what), sentence(.reason))]
    InvalidName {
        what: String,
        name: String,
        reason: String,
    },

    /// No class file or key of that name.
    #[error("class {} is not registered", quoted(.class))]
    ClassNotFound { class: String },

    /// The class's record can't be used.
    #[error("class {} can't be used: {}", quoted(.class), sentence(.reason))]
    ClassUnusable { class: String, reason: String },

    /// The class's security descriptor does not parse.
    #[error("the security descriptor of class {} does not parse: {}", quoted(.class), sentence(.reason))]
    SecurityInvalid { class: String, reason: String },

    /// The program that the class names can't be run.
    #[error("the executable {} of class {} can't be run: {}", quoted(.executable), quoted(.class), sentence(.reason))]
    ExecutableNotFound {
        class: String,
        executable: String,
        reason: String,
    },

    /// Nothing of that name runs or has failed.
    #[error("class {} has no instance {}", quoted(.class), quoted(.instance))]
    InstanceNotFound { class: String, instance: String },

    /// It already runs; `instance` is spelled as it was started.
    #[error("instance {} of class {} already runs{}", quoted(.instance), quoted(.class), not_quite_running(*.state))]
    InstanceExists {
        class: String,
        instance: String,
        state: State,
    },

    /// The caller lacks a right: `start`, `stop` or `query`.
    #[error("you may not {} {}", bare(.right), subject(.class, .instance.as_deref()))]
    AccessDenied {
        right: String,
        class: String,
        instance: Option<String>,
    },

    /// The account that the class names can't be used.
    #[error("class {} can't run as {}: {}", quoted(.class), quoted(.run_as), sentence(.reason))]
    RunAsRefused {
        class: String,
        run_as: String,
        reason: String,
    },

    /// The class runs as its caller, whose client lets nobody act as the caller.
    #[error("class {} runs as whoever starts it, and your client only lets the launcher see who you are: it must allow impersonation", quoted(.class))]
    IdentificationOnly { class: String },

    /// The class asks for a secret and none was given.
    #[error("class {} needs a secret: start it with one", quoted(.class))]
    SecretRequired { class: String },

    /// A secret was given that the class does not ask for.
    #[error("class {} takes no secret: start it without one", quoted(.class))]
    SecretNotExpected { class: String },

    /// The secret has no characters.
    #[error("the secret for class {} is empty", quoted(.class))]
    SecretEmpty { class: String },

    /// The process refused the secret.
    #[error("{} refused the secret: {}", unc(.class, .instance), sentence(.reason))]
    SecretRefused {
        class: String,
        instance: String,
        reason: String,
    },

    /// The process did not answer to the secret in that time.
    #[error("{} did not answer to the secret within {seconds} s and was stopped", unc(.class, .instance))]
    SecretTimeout {
        class: String,
        instance: String,
        seconds: u64,
    },

    /// More positional arguments than a command line can name.
    #[error("{count} arguments are too many: a class takes at most {limit}")]
    TooManyArguments { count: u64, limit: u64 },

    /// The command line needs an argument that was not given.
    #[error("class {} needs argument {}", quoted(.class), bare(.argument))]
    ArgumentMissing { class: String, argument: String },

    /// The class names no such argument.
    #[error("class {} has no argument named {}", quoted(.class), quoted(.argument))]
    ArgumentUnknown { class: String, argument: String },

    /// An argument, by number or name, that can't be passed on.
    #[error("argument {} is refused: {}", bare(.argument), sentence(.reason))]
    ArgumentInvalid { argument: String, reason: String },

    /// The mount point does not exist.
    #[error("mount point {} does not exist: create the folder first", quoted(.mount_point))]
    MountPointNotFound { mount_point: String },

    /// The mount point is something else than a folder.
    #[error("mount point {} is not a folder", quoted(.mount_point))]
    MountPointNotAFolder { mount_point: String },

    /// Something is mounted there.
    #[error("mount point {} is in use: {}", quoted(.mount_point), sentence(.reason))]
    MountPointBusy { mount_point: String, reason: String },

    /// The caller may not mount there.
    #[error("you may not mount at {}: {}", quoted(.mount_point), sentence(.reason))]
    MountPointRefused { mount_point: String, reason: String },

    /// The process could not be started.
    #[error("{} could not be started: {}", unc(.class, .instance), sentence(.reason))]
    StartFailed {
        class: String,
        instance: String,
        reason: String,
    },

    /// The process ended before it was ready. `reason` is how, in words; if
    /// it is empty, the text tells the exit code or the signal.
    #[error("the process of {} ended before it was ready: {}", unc(.class, .instance), ending(.reason, *.exit_code, *.signal))]
    ProcessEnded {
        class: String,
        instance: String,
        exit_code: Option<i32>,
        signal: Option<i32>,
        reason: String,
        output: Option<String>,
    },

    /// Not ready in time; the process was left alone.
    #[error("{} was not ready within {seconds} s: it is left running and may still become ready", unc(.class, .instance))]
    StillStarting {
        class: String,
        instance: String,
        seconds: u64,
    },

    /// It was stopped before it was ready.
    #[error("{} was stopped before it was ready", unc(.class, .instance))]
    StartCancelled { class: String, instance: String },

    /// The process could not be ended.
    #[error("{} could not be stopped: {}", unc(.class, .instance), sentence(.reason))]
    StopFailed {
        class: String,
        instance: String,
        reason: String,
    },

    /// A limit of the launcher; `scope` says whether it is the caller's own
    /// or everybody's.
    #[error("the limit of {limit} {} is reached ({})", bare(.what), bare(.scope))]
    LimitReached {
        what: String,
        limit: u64,
        scope: String,
    },

    /// The launcher is about to end.
    #[error("the launcher is shutting down")]
    ShuttingDown {},

    /// A fault of the launcher itself.
    #[error("the launcher failed: {}", sentence(.reason))]
    Internal { reason: String },

    /// An error that this program does not know, from another or newer
    /// launcher. `name` is the whole name, with its interface; `code` is 0 if
    /// the error came without one.
    #[error("{}", if message.is_empty() { sentence(name) } else { sentence(message) })]
    #[serde(skip)]
    Unknown {
        name: String,
        message: String,
        code: u32,
    },
}

/// `\\class\instance`, as the network provider names it.
fn unc(class: &str, instance: &str) -> String {
    format!(r"\\{}\{}", bare(class), bare(instance))
}

fn subject(class: &str, instance: Option<&str>) -> String {
    match instance {
        Some(instance) => format!("instance {} of class {}", quoted(instance), quoted(class)),
        None => format!("class {}", quoted(class)),
    }
}

fn not_quite_running(state: State) -> String {
    match state {
        State::Running => String::new(),
        State::Starting | State::Stopping | State::Failed => format!(" ({state})"),
    }
}

fn ending(reason: &str, exit_code: Option<i32>, signal: Option<i32>) -> String {
    match (exit_code, signal) {
        _ if !reason.is_empty() => sentence(reason).to_string(),
        (Some(exit_code), _) => format!("exit code {exit_code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "for an unknown reason".to_owned(),
    }
}
