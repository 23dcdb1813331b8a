//! The network provider's registration: the library beside this program, as
//! the first that Windows asks about names of the network.
//!
//! One registration serves 32-bit and 64-bit programs: this part of the
//! registry is the same for both. Programs of the other kind than the library
//! can't load it and go without.

mod kept;
mod library;
mod order;
#[cfg(test)]
mod tests;
mod undo;
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
pub(super) use undo::before;
use values::{REG_SZ, absent, is_part, said, same, text, text_of, units};

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
/// returns what was done, in words. It is undone by [`undo::Before::restore`].
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
    let done = take_away(service, Lost::Goes).map_err(failed)?;
    Ok(done.words())
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
    let path = present()?.map_or(Ok(None), |key| library_of(&key))?;
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

/// The registration that there is now.
fn present() -> io::Result<Option<Key>> {
    let path = format!(r"{SERVICES}\{NAME}");
    absent(Key::open(Root::Machine64, &path, Access::Read))
}

/// Whether another program's library is registered, and nothing is to be put
/// back over it. Work of ours that was interrupted leaves ours, or a part of
/// the registration that is kept. Whatever else is there somebody has made
/// since, and what is there whole needs nothing more.
fn is_whole(kept: &Kept, registered: &Registered) -> io::Result<bool> {
    if !matches!(registered, Registered::Theirs(_)) {
        return Ok(false);
    }
    let (Some(before), Some(now)) = (kept.registration()?, present()?) else {
        return Ok(true);
    };
    Ok(!is_part(&now, &before)? || is_part(&before, &now)?)
}

fn register(library: &str, service: &str) -> io::Result<()> {
    let registered = registered()?;
    let kept = match Kept::load()? {
        Some(kept) if !is_whole(&kept, &registered)? => kept,
        _ => keep(&registered)?,
    };
    kept.set_service(service)?;
    write(library)?;
    put_first()
}

/// Keeps what is registered, unless that is ours.
fn keep(registered: &Registered) -> io::Result<Kept> {
    let theirs = match registered {
        Registered::Ours(_) => None,
        Registered::Theirs(_) | Registered::Nothing => present()?,
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

/// What becomes of a kept registration whose library is gone by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lost {
    ComesBack,
    Goes,
}

/// What was done to the registration.
#[derive(Debug, PartialEq, Eq)]
enum Done {
    /// It was not made for this service.
    Nothing,
    /// It is another program's.
    LeftAlone,
    /// What there was is back, as these words say.
    Back(String),
}

impl Done {
    fn words(self) -> Option<String> {
        match self {
            Done::Nothing => None,
            Done::LeftAlone => Some(format!(
                "network provider '{NAME}' is another program's meanwhile: it is left alone"
            )),
            Done::Back(words) => Some(words),
        }
    }
}

fn take_away(service: &str, lost: Lost) -> io::Result<Done> {
    let registered = registered()?;
    let Some(kept) = Kept::load()? else {
        // An earlier build kept nothing where there was nothing.
        return match registered {
            Registered::Ours(_) => put_back(None, lost).map(Done::Back),
            Registered::Theirs(_) | Registered::Nothing => Ok(Done::Nothing),
        };
    };
    let other = kept
        .service()?
        .filter(|of| !of.eq_ignore_ascii_case(service));
    if other.is_some() {
        return Ok(Done::Nothing);
    }
    if is_whole(&kept, &registered)? {
        drop(kept);
        Kept::forget()?;
        return Ok(Done::LeftAlone);
    }
    put_back(Some(kept), lost).map(Done::Back)
}

/// Puts back what was replaced, or leaves nothing. What is kept is forgotten
/// last.
fn put_back(kept: Option<Kept>, lost: Lost) -> io::Result<String> {
    let mut before = kept.as_ref().map_or(Ok(None), Kept::registration)?;
    let mut ordered = kept.as_ref().map_or(Ok(false), Kept::was_ordered)?;
    let mut gone = before.as_ref().map_or(Ok(None), library_of)?;
    gone = gone.filter(|path| lost == Lost::Goes && library::is_gone(path));
    if gone.is_some() {
        (before, ordered) = (None, false);
    }
    // The order comes first: a registration that is whole says that all is
    // done.
    if !ordered {
        let (order, kind) = order_text()?;
        set_order(&order, &order::without(&order, NAME), kind)?;
    }
    let (services, _) = Key::create(Root::Machine64, SERVICES)?;
    services.remove_tree(&units(NAME))?;
    if let Some(before) = &before {
        let (key, _) = services.create_below(&units(NAME))?;
        before.copy_to(&key)?;
    }
    let what = match (&before, gone) {
        (Some(_), _) => "what it was before".to_owned(),
        (None, None) => "removed".to_owned(),
        (None, Some(path)) => {
            format!("removed: the library that it was before is gone ('{path}')")
        }
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
