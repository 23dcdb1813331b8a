//! `doctor`: what is wrong, or may surprise, before somebody starts a file system.

use crate::classes::{Failed, explained, store};
use crate::options::Options;
use crate::outcome::Outcome;
use crate::present::{self, Finding, Form};
use fslaunch_client::Error as Failure;
use fslaunch_core::name::ClassName;
use fslaunch_core::record::{ClassRecord, RunAs};
use fslaunch_os::store::{ClassStore, StoreError};
use fslaunch_os::trust::check_path;
use fslaunch_protocol::Error;
use std::path::Path;

/// Looks at the launcher, whose answer this is, and at each class of the store.
pub(crate) fn doctor(options: &Options, answer: Result<(), Failure>) -> Outcome {
    let form = Form::from(options.json);
    let findings = || -> Result<Vec<Finding>, Failed> {
        let store = store(options)?;
        let mut findings: Vec<Finding> = answer.err().iter().map(of_launcher).collect();
        // The list leaves these out.
        if let Err(error @ StoreError::Folder { .. }) = store.registrations() {
            let words = error.to_string();
            findings.push(Finding { class: None, words });
        }
        for (class, record) in store.list() {
            let found = of_class(&store, &class, record).into_iter();
            findings.extend(found.map(|words| Finding {
                class: Some(class.as_str().to_owned()),
                words,
            }));
        }
        Ok(findings)
    };
    match findings() {
        Ok(findings) => present::findings(&findings, form),
        Err(failed) => explained(failed, form),
    }
}

fn of_launcher(failure: &Failure) -> Finding {
    Finding {
        class: None,
        words: present::explained(failure),
    }
}

/// What is to be said of a class.
fn of_class(
    store: &ClassStore,
    class: &ClassName,
    record: Result<ClassRecord, Error>,
) -> Vec<String> {
    let record = match record {
        Ok(record) => record,
        Err(error) => return vec![error.to_string()],
    };
    if let Err(error) = store.check_executable(class, &record) {
        return vec![error.to_string()];
    }
    let mut found = vec![];
    if let Err(error) = check_path(Path::new(&record.executable), store.trust()) {
        let whose = match record.run_as {
            RunAs::Caller => "of whoever starts this class",
            RunAs::LocalSystem
            | RunAs::LocalService
            | RunAs::NetworkService
            | RunAs::Unknown(_) => "of the account that this class runs as",
        };
        found.push(format!(
            "class '{class}': {error}: who changes it gets the rights {whose}"
        ));
    }
    if let RunAs::Unknown(account) = &record.run_as {
        found.push(format!(
            "class '{class}': run-as is {account:?}, and none of '.', LocalSystem, LocalService \
             and NetworkService"
        ));
    }
    if !record.rules.refuse_options {
        found.extend(options(class, &record));
    }
    found
}

/// The arguments with which a caller can give the program options.
fn options(class: &ClassName, record: &ClassRecord) -> Option<String> {
    let leading = record.command_line.leading_arguments();
    let names: Vec<String> = leading
        .iter()
        .map(|number| format!("'{}'", record.argument_label(usize::from(*number))))
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "class '{class}': who may start it may pass options to its program: {} begins a word \
             of the command line, and a value that begins with '-' is one (or with '/', for some \
             programs of Windows)",
            names.join(" or ")
        )
    })
}
