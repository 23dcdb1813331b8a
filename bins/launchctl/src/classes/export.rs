//! `export`: registrations as text, which `register` takes again.

use super::{Failed, explained, refused, store};
use crate::options::Options;
use crate::outcome::Outcome;
use crate::present::Form;
use fslaunch_core::name::ClassName;
use fslaunch_core::record::Registration;
use fslaunch_os::store::ClassStore;

/// What is exported, and in which format.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Export {
    /// As a `.reg` file.
    Registry(Which),
    /// As a class file, which holds one class.
    Toml(String),
}

/// Which classes are exported.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Which {
    All,
    Named(Vec<String>),
}

/// Prints registrations, and nothing else: standard output is the file. Half
/// of what was asked for is never printed.
pub(crate) fn export(options: &Options, export: &Export) -> Outcome {
    let text = || -> Result<String, Failed> {
        let store = store(options)?;
        match export {
            Export::Toml(class) => Ok(registration(&store, class)?.to_toml()),
            Export::Registry(Which::All) => {
                let classes = store.registrations().map_err(refused)?;
                Ok(Registration::to_reg(&classes))
            }
            Export::Registry(Which::Named(names)) => {
                Ok(Registration::to_reg(&named(&store, names)?))
            }
        }
    };
    match text() {
        Ok(text) => Outcome::success(text),
        Err(failed) => explained(failed, Form::Words),
    }
}

/// In the order that was asked for. One that is named twice is there once: a
/// key of a `.reg` file can't be.
fn named(store: &ClassStore, names: &[String]) -> Result<Vec<Registration>, Failed> {
    let mut classes: Vec<Registration> = vec![];
    for name in names {
        let class = registration(store, name)?;
        if !classes.iter().any(|known| known.class() == class.class()) {
            classes.push(class);
        }
    }
    Ok(classes)
}

fn registration(store: &ClassStore, name: &str) -> Result<Registration, Failed> {
    let class = ClassName::parse(name).map_err(|error| Failed::Class(error.into()))?;
    store.registration(&class).map_err(Failed::Class)
}
