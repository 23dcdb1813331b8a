//! Which launcher is asked.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fslaunch_client::{Class, Error, Launcher};
use fslaunch_os::dial;

use super::exit::Failure;
use super::fill::same;

/// How long an answer may take that waits for no process.
const QUICK: Duration = Duration::from_secs(30);

/// The launchers that may be meant, the likeliest first: the one that the
/// environment names; otherwise that of the system, whose fstab is the
/// system's, too, and then the user's own.
pub(crate) fn addresses() -> Vec<PathBuf> {
    let named = env::var_os("FSLAUNCH_SOCKET").filter(|named| !named.is_empty());
    if let Some(named) = named {
        return vec![named.into()];
    }
    let own = dial::default_address(true).ok();
    let own = own.filter(|own| !dial::is_administrator() && own.exists());
    let system = dial::default_address(false).ok();
    system.into_iter().chain(own).collect()
}

/// A launcher that has a class.
pub(crate) struct Found {
    pub(crate) address: PathBuf,
    pub(crate) launcher: Launcher,
    pub(crate) class: Class,
}

/// A launcher that has the class, and what it says of it. Without one, the
/// classes that there are.
pub(crate) fn with_class(class: &str) -> Result<Result<Found, Vec<String>>, Failure> {
    let mut known = vec![];
    let mut absent = None;
    for address in addresses() {
        let asked = connect(&address).and_then(|mut launcher| {
            let classes = launcher.classes()?;
            Ok((launcher, classes))
        });
        let (mut launcher, classes) = match asked {
            Ok(answer) => answer,
            Err(error) => {
                absent.get_or_insert(error);
                continue;
            }
        };
        match classes.iter().position(|known| same(&known.class, class)) {
            Some(place) => {
                // From here on it waits for the file system, as long as its class allows.
                launcher.set_timeout(None)?;
                let class = classes[place].clone();
                return Ok(Ok(Found {
                    address,
                    launcher,
                    class,
                }));
            }
            None => known.extend(classes.into_iter().map(|class| class.class)),
        }
    }
    match absent {
        Some(error) if known.is_empty() => Err(error.into()),
        Some(_) | None => Ok(Err(known)),
    }
}

/// A connection whose answers must come soon.
pub(crate) fn connect(address: &Path) -> Result<Launcher, Error> {
    let mut launcher = Launcher::connect(address)?;
    launcher.set_timeout(Some(QUICK))?;
    Ok(launcher)
}
