//! The network provider's registration: the library beside this program, as
//! the first that Windows asks about names of the network.
//!
//! One registration serves 32-bit and 64-bit programs: this part of the
//! registry is the same for both. Programs of the other kind than the library
//! can't load it and go without.

mod kept;
mod order;
#[cfg(test)]
mod tests;
mod values;

use std::{
    io,
    path::{Path, PathBuf},
};

use super::install::InstallError;
use super::install::error::os;
use crate::windows::{
    registry::{Access, Key, RawValue, Root},
    trust::{Trust, check_path},
};
use kept::Kept;
use values::{REG_SZ, absent, said, same, text, text_of, units};

const LIBRARY: &str = "fslaunch_np.dll";
/// The name that users of WinFsp's provider know.
const NAME: &str = "WinFsp.Np";
/// What users see; the library says the same of itself.
const SHOWN: &str = "fslaunch file systems";
const DEVICE: &str = r"\Device\WinFsp.Mup";

const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";
const ORDER: &str = r"SYSTEM\CurrentControlSet\Control\NetworkProvider\Order";
const ORDER_VALUE: &str = "ProviderOrder";

/// More than a registration has.
const MOST: usize = 64 << 10;

/// Registers the library beside the program for a service, if it is there;
/// returns what was done, in words. It is undone by [`Before::restore`].
pub(super) fn add(program: &str, service: &str) -> Result<String, InstallError> {
    let library = beside(program);
    if !library.is_file() {
        return Ok(format!(
            "{LIBRARY} is not beside this program: names of the network are left to others"
        ));
    }
    // It is loaded into everybody's programs.
    check_path(&library, &Trust::system())?;
    register(&library.to_string_lossy(), service).map_err(failed)?;
    Ok(format!(
        "network provider '{NAME}' is registered, before all others"
    ))
}

/// Takes the registration away that was made for a service, and puts back what
/// it replaced; returns what was done, in words. What was interrupted is
/// finished.
pub(super) fn remove(service: &str) -> Result<Option<String>, InstallError> {
    take_away(service).map_err(failed)
}

/// Ours as it was registered before an installation, if it was.
#[derive(Debug)]
pub(super) struct Before {
    ours: Option<(String, Option<String>)>,
    order: String,
}

/// What is registered now.
pub(super) fn before() -> Result<Before, InstallError> {
    let look = || {
        let kept = Kept::load()?;
        let service = kept.map_or(Ok(None), |kept| kept.service())?;
        let ours = match registered()? {
            Registered::Ours(path) => Some((path, service)),
            Registered::Theirs(_) | Registered::Nothing => None,
        };
        let (order, _) = order_text()?;
        Ok(Before { ours, order })
    };
    look().map_err(failed)
}

impl Before {
    /// Puts it back after an installation for this service has failed.
    pub(super) fn restore(self, service: &str) -> io::Result<()> {
        match self.ours {
            None if take_away(service)?.is_none() => return Ok(()),
            None => {}
            Some((path, before)) => {
                if let (Some(kept), Some(before)) = (Kept::load()?, before) {
                    kept.set_service(&before)?;
                }
                write(&path)?;
            }
        }
        let (order, kind) = order_text()?;
        set_order(&order, &self.order, kind)
    }
}

fn failed(error: io::Error) -> InstallError {
    os("register or remove the network provider", NAME)(error)
}

fn beside(program: &str) -> PathBuf {
    Path::new(program).with_file_name(LIBRARY)
}

/// Whose library is registered, and its path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Registered {
    /// None, or half of a registration.
    Nothing,
    /// One of fslaunch's, wherever it lies.
    Ours(String),
    Theirs(String),
}

fn registered() -> io::Result<Registered> {
    let path = format!(r"{SERVICES}\{NAME}");
    let key = absent(Key::open(Root::Machine64, &path, Access::Read))?;
    let path = key.map_or(Ok(None), |key| library_of(&key))?;
    Ok(path.map_or(Registered::Nothing, |path| {
        let name = path.rsplit(['\\', '/']).next().unwrap_or(&path);
        match name.eq_ignore_ascii_case(LIBRARY) {
            true => Registered::Ours(path),
            false => Registered::Theirs(path),
        }
    }))
}

/// The library of a registration.
fn library_of(registration: &Key) -> io::Result<Option<String>> {
    let below = registration.open_below(&units("NetworkProvider"), Access::Read);
    absent(below)?.map_or(Ok(None), |key| text(&key, "ProviderPath"))
}

/// Whether somebody has registered a library after ours was. Work of ours that
/// was interrupted leaves ours, the one that is kept, or half of either.
fn came_after(kept: &Kept, present: &Registered) -> io::Result<bool> {
    let Registered::Theirs(present) = present else {
        return Ok(false);
    };
    let before = kept.registration()?;
    let before = before.map_or(Ok(None), |key| library_of(&key))?;
    Ok(before.is_none_or(|before| before.to_lowercase() != present.to_lowercase()))
}

fn register(library: &str, service: &str) -> io::Result<()> {
    let present = registered()?;
    let kept = match Kept::load()? {
        Some(kept) if !came_after(&kept, &present)? => kept,
        _ => keep(&present)?,
    };
    kept.set_service(service)?;
    write(library)?;
    put_first()
}

/// Keeps what is registered, unless that is ours.
fn keep(present: &Registered) -> io::Result<Kept> {
    let path = format!(r"{SERVICES}\{NAME}");
    let theirs = match present {
        Registered::Ours(_) => None,
        Registered::Theirs(_) | Registered::Nothing => {
            absent(Key::open(Root::Machine64, &path, Access::Read))?
        }
    };
    let (order, _) = order_text()?;
    let ordered = theirs.is_some() && order::has(&order, NAME);
    Kept::keep(theirs.as_ref(), ordered)
}

/// The library comes last: what has none is half of a registration.
fn write(library: &str) -> io::Result<()> {
    let (services, _) = Key::create(Root::Machine64, SERVICES)?;
    services.remove_tree(&units(NAME))?;
    let (key, _) = services.create_below(&units(NAME))?;
    key.set(&said("Group", "NetworkProvider"))?;
    let (provider, _) = key.create_below(&units("NetworkProvider"))?;
    provider.set(&said("Name", SHOWN))?;
    provider.set(&said("DeviceName", DEVICE))?;
    provider.set(&said("ProviderPath", library))
}

fn put_first() -> io::Result<()> {
    let (order, kind) = order_text()?;
    set_order(&order, &order::first(&order, NAME), kind)
}

fn take_away(service: &str) -> io::Result<Option<String>> {
    let present = registered()?;
    let Some(kept) = Kept::load()? else {
        // An earlier build kept nothing where there was nothing.
        return match present {
            Registered::Ours(_) => put_back(None).map(Some),
            Registered::Theirs(_) | Registered::Nothing => Ok(None),
        };
    };
    let other = kept
        .service()?
        .filter(|of| !of.eq_ignore_ascii_case(service));
    if other.is_some() {
        return Ok(None);
    }
    if came_after(&kept, &present)? {
        drop(kept);
        Kept::forget()?;
        return Ok(Some(format!(
            "network provider '{NAME}' is another program's meanwhile: it is left alone"
        )));
    }
    put_back(Some(kept)).map(Some)
}

/// Puts back what was replaced, or leaves nothing. What is kept is forgotten
/// last.
fn put_back(kept: Option<Kept>) -> io::Result<String> {
    let before = kept.as_ref().map_or(Ok(None), Kept::registration)?;
    let ordered = kept.as_ref().map_or(Ok(false), Kept::was_ordered)?;
    let (services, _) = Key::create(Root::Machine64, SERVICES)?;
    services.remove_tree(&units(NAME))?;
    if let Some(before) = &before {
        let (key, _) = services.create_below(&units(NAME))?;
        before.copy_to(&key)?;
    }
    if !ordered {
        let (order, kind) = order_text()?;
        set_order(&order, &order::without(&order, NAME), kind)?;
    }
    let what = match before {
        Some(_) => "what it was before",
        None => "removed",
    };
    drop((kept, before));
    Kept::forget()?;
    Ok(format!("network provider '{NAME}' is {what}"))
}

/// The order of providers and the type that it is stored as.
fn order_text() -> io::Result<(String, u32)> {
    let key = absent(Key::open(Root::Machine64, ORDER, Access::Read))?;
    let values = key.map_or(Ok(vec![]), |key| key.values(MOST))?;
    let named = |value: &&RawValue| same(&value.name, ORDER_VALUE);
    let found = values.iter().find(named);
    Ok(found.map_or((String::new(), REG_SZ), |value| {
        (text_of(&value.bytes), value.kind)
    }))
}

fn set_order(before: &str, after: &str, kind: u32) -> io::Result<()> {
    if before == after {
        return Ok(());
    }
    let (key, _) = Key::create(Root::Machine64, ORDER)?;
    let said = said(ORDER_VALUE, after);
    key.set(&RawValue { kind, ..said })
}
