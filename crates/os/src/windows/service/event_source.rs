//! The source of the service's lines in the event log.

use std::io;

use crate::windows::{
    raw::wide,
    registry::{Access, Key, RawValue, Root},
};

const SOURCES: &str = r"SYSTEM\CurrentControlSet\Services\EventLog\Application";

/// Windows shows an event by a template from a file. This one is part of every
/// Windows, and its template is the event's text and nothing else.
const TEMPLATES: &str = r"%SystemRoot%\System32\EventCreate.exe";

/// Errors, warnings and information.
const TYPES: u32 = 7;

const REG_EXPAND_SZ: u32 = 2;
const REG_DWORD: u32 = 4;

/// What a service's lines in the event log are marked with: a name of our own,
/// as the service's own may be a source of whoever had the service before.
pub fn event_source(service: &str) -> String {
    format!("fslaunchd-{service}")
}

/// Makes a service's source known; tells whether it is new.
pub(super) fn add(service: &str) -> io::Result<bool> {
    let (key, is_new) = Key::create(
        Root::Machine64,
        &format!(r"{SOURCES}\{}", event_source(service)),
    )?;
    let bytes = |text: &str| wide(text).into_iter().flat_map(u16::to_le_bytes).collect();
    for (name, kind, bytes) in [
        ("EventMessageFile", REG_EXPAND_SZ, bytes(TEMPLATES)),
        ("TypesSupported", REG_DWORD, TYPES.to_le_bytes().to_vec()),
    ] {
        let name = name.encode_utf16().collect();
        key.set(&RawValue { name, kind, bytes })?;
    }
    Ok(is_new)
}

/// Forgets a service's source; one that is not there counts as forgotten.
pub(super) fn remove(service: &str) -> io::Result<()> {
    let name: Vec<u16> = event_source(service).encode_utf16().collect();
    match Key::open(Root::Machine64, SOURCES, Access::Write) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        sources => sources?.remove_tree(&name),
    }
}
