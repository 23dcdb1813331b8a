//! `register`, `unregister` and `export`: the class store is read and written
//! directly, so no launcher need run. Whoever may write it may register.

mod export;
mod file;

use crate::exit;
use crate::options::{Options, Scope};
use crate::outcome::Outcome;
use crate::present::{self, Form, Local};
use fslaunch_core::name::ClassName;
use fslaunch_core::record::Registration;
use fslaunch_os::dial::is_administrator;
use fslaunch_os::places::Chosen;
use fslaunch_os::store::{ClassStore, StoreError, record};
use fslaunch_protocol::Error;
use std::env;
use std::io;
use std::path::{Path, PathBuf};

pub(crate) use export::{Export, Which, export};

/// Why a class is not registered, not forgotten or not exported.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The store's refusal, as the launcher would word it.
    Class(Error),
    Other(Local),
}

/// Registers the class, or the classes, of a file.
pub(crate) fn register(options: &Options, path: &Path, force: bool) -> Outcome {
    let form = Form::from(options.json);
    let (mut files, mut remarks) = (vec![], vec![]);
    let mut all = || -> Result<(), Failed> {
        let store = store(options)?;
        let read = file::read(path)?;
        remarks = read.remarks;
        for registration in &read.classes {
            let file = store.register(registration, force).map_err(refused)?;
            remarks.extend(problem(&store, registration));
            files.push((registration.class().as_str().to_owned(), file));
        }
        Ok(())
    };
    match all() {
        Ok(()) => present::files(&files, &remarks, form),
        Err(failed) => {
            let before = files
                .iter()
                .map(|(class, _)| format!("class '{class}' was registered"));
            remarks.extend(before);
            let outcome = explained(failed, form);
            Outcome {
                err: present::files(&[], &remarks, form).err,
                ..outcome
            }
        }
    }
}

/// Forgets a class.
pub(crate) fn unregister(options: &Options, class: &str) -> Outcome {
    let form = Form::from(options.json);
    let removed = || -> Result<(String, PathBuf), Failed> {
        let store = store(options)?;
        let class = ClassName::parse(class).map_err(|error| Failed::Class(error.into()))?;
        let file = store.unregister(&class).map_err(refused)?;
        Ok((class.as_str().to_owned(), file))
    };
    match removed() {
        Ok(file) => present::files(&[file], &[], form),
        Err(failed) => explained(failed, form),
    }
}

/// The store that is meant: the command line first, then the environment,
/// then who asks.
pub(crate) fn store(options: &Options) -> Result<ClassStore, Failed> {
    let set = |name| env::var_os(name).filter(|value| !value.is_empty());
    let environment = || Chosen {
        classes: set("FSLAUNCH_CLASSES").map(PathBuf::from),
        config_dir: set("FSLAUNCH_CONFIG_DIR").map(PathBuf::from),
        ..Chosen::default()
    };
    let given = Chosen {
        classes: options.classes.clone(),
        config_dir: options.config_dir.clone(),
        ..Chosen::default()
    };
    let chosen = match options.scope {
        None if given == Chosen::default() => environment(),
        Some(_) | None => given,
    };
    let system = match options.scope {
        Some(scope) => scope == Scope::System,
        None => is_administrator(),
    };
    let whose = if system {
        ClassStore::system()
    } else {
        ClassStore::user()
    };
    let place = chosen.classes().map_err(|error| {
        let cause = format!("the place of the classes can't be found: {error}");
        other("ConfigDir", exit::WRONG, cause)
    })?;
    Ok(match place {
        Some(place) => ClassStore::at(vec![place], whose.trust().clone()),
        None => whose,
    })
}

/// What will keep a class that was just registered from being started.
fn problem(store: &ClassStore, registration: &Registration) -> Option<String> {
    let class = registration.class();
    let record = record(registration).map_err(|error| error.for_class(class));
    let checked = record.and_then(|record| store.check_executable(class, &record));
    let problem = checked.err()?;
    Some(format!("class '{class}' can't be started yet: {problem}"))
}

fn refused(error: StoreError) -> Failed {
    let cause = error.to_string();
    match error {
        StoreError::Class(error) => Failed::Class(error),
        StoreError::TooLong { .. } => other("ClassTooLong", exit::UNUSABLE, cause),
        StoreError::Exists { .. } => {
            let cause = format!("{cause}: --force replaces it");
            other("ClassExists", exit::EXISTS, cause)
        }
        StoreError::NotOwn { .. } => other("ClassOfSystem", exit::DENIED, cause),
        StoreError::Folder { .. } => other("ClassFolder", exit::UNUSABLE, cause),
        StoreError::NoFolder => other("NoFolder", exit::OTHER, cause),
        StoreError::Os { source, .. } => other("Store", of_system(&source), cause),
    }
}

fn of_system(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::PermissionDenied {
        exit::DENIED
    } else {
        exit::OTHER
    }
}

fn other(name: &'static str, code: u8, cause: String) -> Failed {
    Failed::Other(Local { name, code, cause })
}

pub(crate) fn explained(failed: Failed, form: Form) -> Outcome {
    match failed {
        Failed::Class(error) => present::failure(&error.into(), form),
        Failed::Other(failed) => present::local_failure(&failed, form),
    }
}
