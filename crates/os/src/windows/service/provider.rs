//! The network provider's registration: the library beside this program, as
//! the first that Windows asks about names of the network.
//!
//! One registration serves 32-bit and 64-bit programs: this part of the
//! registry is the same for both. Programs of the other kind than the library
//! can't load it and go without.

mod order;
#[cfg(test)]
mod tests;

use std::{
    io,
    path::{Path, PathBuf},
};

use super::install::InstallError;
use super::install::error::os;
use crate::windows::{
    raw::wide,
    registry::{Access, Key, RawValue, Root},
    trust::{Trust, check_path},
};

const LIBRARY: &str = "fslaunch_np.dll";
/// The name that users of WinFsp's provider know.
const NAME: &str = "WinFsp.Np";
/// What users see; the library says the same of itself.
const SHOWN: &str = "fslaunch file systems";
const DEVICE: &str = r"\Device\WinFsp.Mup";

const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";
const ORDER: &str = r"SYSTEM\CurrentControlSet\Control\NetworkProvider\Order";
const ORDER_VALUE: &str = "ProviderOrder";
/// Where a registration is kept that ours replaces.
const REPLACED: &str = r"Software\fslaunch\ReplacedProvider";
const REPLACED_PARENT: &str = r"Software\fslaunch";
/// Whether that one was in the order.
const ORDERED: &str = "Ordered";

/// More than a registration has.
const MOST: usize = 64 << 10;

const REG_SZ: u32 = 1;
const REG_DWORD: u32 = 4;

/// Registers the library beside the program, if it is there; returns what was
/// done, in words, and whether there is anything to be undone by [`remove`].
pub(super) fn add(program: &str) -> Result<(String, bool), InstallError> {
    let library = beside(program);
    if !library.is_file() {
        let words = format!(
            "{LIBRARY} is not beside this program: names of the network are left to others"
        );
        return Ok((words, false));
    }
    // It is loaded into everybody's programs.
    check_path(&library, &Trust::system())?;
    let path = library.to_string_lossy();
    let was_ours = is_ours(&path).map_err(failed)?;
    if !was_ours {
        replace().map_err(failed)?;
    }
    write(&path).map_err(failed)?;
    put_first().map_err(failed)?;
    Ok((
        format!("network provider '{NAME}' is registered, before all others"),
        !was_ours,
    ))
}

/// Takes the registration away if it is that of the library beside the
/// program, and puts back what it replaced; returns what was done, in words.
pub(super) fn remove(program: &str) -> Result<Option<String>, InstallError> {
    let path = beside(program);
    if !is_ours(&path.to_string_lossy()).map_err(failed)? {
        return Ok(None);
    }
    put_back().map(Some).map_err(failed)
}

fn failed(error: io::Error) -> InstallError {
    os("register or remove the network provider", NAME)(error)
}

fn beside(program: &str) -> PathBuf {
    Path::new(program).with_file_name(LIBRARY)
}

/// Whether the registered provider is this library.
fn is_ours(library: &str) -> io::Result<bool> {
    let path = format!(r"{SERVICES}\{NAME}\NetworkProvider");
    let Some(key) = absent(Key::open(Root::Machine64, &path, Access::Read))? else {
        return Ok(false);
    };
    let registered = text(&key, "ProviderPath")?;
    Ok(registered.is_some_and(|path| path.to_lowercase() == library.to_lowercase()))
}

/// Keeps a registration that is somebody else's.
fn replace() -> io::Result<()> {
    let path = format!(r"{SERVICES}\{NAME}");
    let Some(theirs) = absent(Key::open(Root::Machine64, &path, Access::Read))? else {
        return forget();
    };
    forget()?;
    let (kept, _) = Key::create(Root::Machine64, REPLACED)?;
    let (copy, _) = kept.create_below(&units("Registration"))?;
    theirs.copy_to(&copy)?;
    let (order, _) = order_text()?;
    let ordered = u32::from(order::has(&order, NAME));
    kept.set(&value(ORDERED, REG_DWORD, ordered.to_le_bytes().to_vec()))
}

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

/// Puts back what was replaced, or leaves nothing.
fn put_back() -> io::Result<String> {
    let kept = absent(Key::open(Root::Machine64, REPLACED, Access::Read))?;
    let (services, _) = Key::create(Root::Machine64, SERVICES)?;
    services.remove_tree(&units(NAME))?;
    let (order, kind) = order_text()?;
    let Some(kept) = kept else {
        set_order(&order, &order::without(&order, NAME), kind)?;
        return Ok(format!("network provider '{NAME}' is removed"));
    };
    let copy = kept.open_below(&units("Registration"), Access::Read)?;
    let (key, _) = services.create_below(&units(NAME))?;
    copy.copy_to(&key)?;
    let values = kept.values(MOST)?;
    let ordered = |value: &&RawValue| value.name == units(ORDERED);
    let ordered = values.iter().find(ordered);
    if ordered.is_some_and(|value| value.bytes.iter().all(|&byte| byte == 0)) {
        set_order(&order, &order::without(&order, NAME), kind)?;
    }
    drop((kept, copy));
    forget()?;
    Ok(format!("network provider '{NAME}' is what it was before"))
}

fn forget() -> io::Result<()> {
    match absent(Key::open(Root::Machine64, REPLACED_PARENT, Access::Write))? {
        Some(parent) => parent.remove_tree(&units("ReplacedProvider")),
        None => Ok(()),
    }
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

fn text(key: &Key, name: &str) -> io::Result<Option<String>> {
    let values = key.values(MOST)?;
    let found = values.iter().find(|value| same(&value.name, name));
    Ok(found.map(|value| text_of(&value.bytes)))
}

fn text_of(bytes: &[u8]) -> String {
    let units = bytes.as_chunks::<2>().0.iter();
    let units: Vec<u16> = units
        .map(|&pair| u16::from_le_bytes(pair))
        .take_while(|&unit| unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

fn same(name: &[u16], other: &str) -> bool {
    String::from_utf16_lossy(name).eq_ignore_ascii_case(other)
}

fn said(name: &str, text: &str) -> RawValue {
    let bytes = wide(text).into_iter().flat_map(u16::to_le_bytes);
    value(name, REG_SZ, bytes.collect())
}

fn value(name: &str, kind: u32, bytes: Vec<u8>) -> RawValue {
    let name = units(name);
    RawValue { name, kind, bytes }
}

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// What is not there is none, and no error.
fn absent<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}
