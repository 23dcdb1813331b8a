//! What ours has replaced, until it is put back.
//!
//! That it is there says that ours is registered, is to be registered, or was
//! about to go: interrupted work is finished by this, whatever is registered.

use std::io;

use super::{
    MOST,
    values::{absent, said, text, units, value},
};
use crate::windows::registry::{Access, Key, RawValue, Root};

const PARENT: &str = r"Software\fslaunch";
const NAME: &str = "ReplacedProvider";
pub(super) const PATH: &str = r"Software\fslaunch\ReplacedProvider";
/// It is written under this name, and then gets its own: it is there whole or
/// not at all.
const BESIDE: &str = "ReplacedProvider~";
/// The registration; none where nothing was registered.
const REGISTRATION: &str = "Registration";
/// Whether it was in the order.
const ORDERED: &str = "Ordered";
/// The service that ours was registered for.
const SERVICE: &str = "Service";

const REG_DWORD: u32 = 4;

/// What is kept.
#[derive(Debug)]
pub(super) struct Kept(Key);

impl Kept {
    pub(super) fn load() -> io::Result<Option<Kept>> {
        let key = absent(Key::open(Root::Machine64, PATH, Access::Write))?;
        Ok(key.map(Kept))
    }

    /// Keeps a registration, or that there is none, in place of what was kept.
    pub(super) fn keep(theirs: Option<&Key>, ordered: bool) -> io::Result<Kept> {
        let (parent, _) = Key::create(Root::Machine64, PARENT)?;
        parent.remove_tree(&units(BESIDE))?;
        let (kept, _) = parent.create_below(&units(BESIDE))?;
        if let Some(theirs) = theirs {
            let (copy, _) = kept.create_below(&units(REGISTRATION))?;
            theirs.copy_to(&copy)?;
        }
        let ordered = u32::from(ordered).to_le_bytes();
        kept.set(&value(ORDERED, REG_DWORD, ordered.to_vec()))?;
        parent.remove_tree(&units(NAME))?;
        kept.rename(&units(NAME))?;
        Ok(Kept(kept))
    }

    /// The registration that is kept.
    pub(super) fn registration(&self) -> io::Result<Option<Key>> {
        absent(self.0.open_below(&units(REGISTRATION), Access::Read))
    }

    /// Whether it was in the order.
    pub(super) fn was_ordered(&self) -> io::Result<bool> {
        let values = self.0.values(MOST)?;
        let is_it = |value: &&RawValue| value.name == units(ORDERED);
        let found = values.iter().find(is_it);
        Ok(found.is_some_and(|value| value.bytes.iter().any(|&byte| byte != 0)))
    }

    /// The service that ours is registered for; an earlier build kept none.
    pub(super) fn service(&self) -> io::Result<Option<String>> {
        text(&self.0, SERVICE)
    }

    pub(super) fn set_service(&self, service: &str) -> io::Result<()> {
        self.0.set(&said(SERVICE, service))
    }

    /// Keeps nothing any more.
    pub(super) fn forget() -> io::Result<()> {
        let Some(parent) = absent(Key::open(Root::Machine64, PARENT, Access::Write))? else {
            return Ok(());
        };
        parent.remove_tree(&units(BESIDE))?;
        parent.remove_tree(&units(NAME))
    }
}
