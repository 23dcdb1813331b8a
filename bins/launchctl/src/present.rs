//! Replies and failures as text. The first words are the original's; all
//! that comes from others is escaped (security specification, rule 7).

mod json;
mod words;

use crate::exit;
use crate::outcome::Outcome;
use fslaunch_client::Error as Failure;
use fslaunch_protocol::{Instance, Reply};
use std::path::PathBuf;

/// The form of what is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Words,
    Json,
}

impl From<bool> for Form {
    fn from(json: bool) -> Self {
        match json {
            true => Self::Json,
            false => Self::Words,
        }
    }
}

/// What a reply prints.
pub(crate) fn reply(reply: &Reply, form: Form) -> Outcome {
    Outcome::success(match form {
        Form::Words => words::reply(reply),
        Form::Json => json::reply(reply),
    })
}

/// What a list prints; with `all`, failed instances and what each is doing.
pub(crate) fn list(mut instances: Vec<Instance>, all: bool, form: Form) -> Outcome {
    instances.retain(|instance| all || instance.state.is_live());
    match form {
        Form::Words if all => Outcome::success(words::list_with_states(&instances)),
        Form::Words | Form::Json => reply(&Reply::Instances(instances), form),
    }
}

/// What a request without a result prints.
pub(crate) fn failure(failure: &Failure, form: Form) -> Outcome {
    let code = exit::code(failure);
    match form {
        Form::Words => Outcome {
            code,
            ..words::failure(failure)
        },
        Form::Json => Outcome {
            code,
            ..Outcome::success(json::failure(failure))
        },
    }
}

/// What registering classes, or forgetting one, prints: their files, and on
/// standard error what should be known of them.
pub(crate) fn files(files: &[(String, PathBuf)], remarks: &[String], form: Form) -> Outcome {
    let out = match form {
        Form::Words => words::files(files),
        Form::Json => json::files(files),
    };
    Outcome {
        err: words::remarks(remarks),
        ..Outcome::success(out)
    }
}

/// What is remembered: targets, and whose passwords they are.
pub(crate) fn credentials(all: &[(String, Option<String>)], form: Form) -> Outcome {
    Outcome::success(match form {
        Form::Words => words::credentials(all),
        Form::Json => json::credentials(all),
    })
}

/// What `doctor` prints: all that it has found.
pub(crate) fn findings(findings: &[Finding], form: Form) -> Outcome {
    let out = match form {
        Form::Words => words::findings(findings),
        Form::Json => json::findings(findings),
    };
    let code = match findings {
        [] => 0,
        _ => exit::UNUSABLE,
    };
    Outcome {
        code,
        ..Outcome::success(out)
    }
}

/// What `doctor` has found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The class that it is about, if it is.
    pub(crate) class: Option<String>,
    /// What it is.
    pub(crate) words: String,
}

/// What an action of this program prints that failed without the launcher.
pub(crate) fn local_failure(failed: &Local, form: Form) -> Outcome {
    let Local { name, code, cause } = failed;
    let out = match form {
        Form::Words => words::local_failure(cause),
        Form::Json => json::local_failure(name, cause),
    };
    Outcome {
        code: *code,
        ..Outcome::success(out)
    }
}

/// Why an action of this program failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Local {
    /// Its name in JSON.
    pub(crate) name: &'static str,
    /// The exit code.
    pub(crate) code: u8,
    /// The cause in words.
    pub(crate) cause: String,
}

/// A failure's text with all its sources.
pub(crate) fn explained(failure: &dyn std::error::Error) -> String {
    let mut text = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
