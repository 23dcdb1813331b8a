//! Values of the registry: as texts, and compared.

use std::io;

use super::MOST;
use crate::windows::{
    raw::wide,
    registry::{Access, Key, RawValue},
};

pub(super) const REG_SZ: u32 = 1;

/// More keys than a registration has below it.
const MOST_KEYS: usize = 256;

/// Whether all that one key has, the other has as well, with the same values.
pub(super) fn is_part(one: &Key, other: &Key) -> io::Result<bool> {
    let there = other.values(MOST)?;
    if !one.values(MOST)?.iter().all(|value| there.contains(value)) {
        return Ok(false);
    }
    for name in one.keys(MOST_KEYS)? {
        let below = one.open_below(&name, Access::Read)?;
        let Some(there) = absent(other.open_below(&name, Access::Read))? else {
            return Ok(false);
        };
        if !is_part(&below, &there)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The text of that name.
pub(super) fn text(key: &Key, name: &str) -> io::Result<Option<String>> {
    let values = key.values(MOST)?;
    let found = values.iter().find(|value| same(&value.name, name));
    Ok(found.map(|value| text_of(&value.bytes)))
}

/// What a text says, up to its NUL.
pub(super) fn text_of(bytes: &[u8]) -> String {
    let units = bytes.as_chunks::<2>().0.iter();
    let units: Vec<u16> = units
        .map(|&pair| u16::from_le_bytes(pair))
        .take_while(|&unit| unit != 0)
        .collect();
    String::from_utf16_lossy(&units)
}

/// Names of values differ in case here and there.
pub(super) fn same(name: &[u16], other: &str) -> bool {
    String::from_utf16_lossy(name).eq_ignore_ascii_case(other)
}

/// A text as it is stored.
pub(super) fn said(name: &str, text: &str) -> RawValue {
    let bytes = wide(text).into_iter().flat_map(u16::to_le_bytes);
    value(name, REG_SZ, bytes.collect())
}

pub(super) fn value(name: &str, kind: u32, bytes: Vec<u8>) -> RawValue {
    let name = units(name);
    RawValue { name, kind, bytes }
}

pub(super) fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// What is not there is none, and no error.
pub(super) fn absent<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}
