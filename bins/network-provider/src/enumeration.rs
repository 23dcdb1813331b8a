//! Listing what is connected.

use crate::connections::{self, Connection};
use crate::failure::{Failure, code};
use crate::layout::{self, Room, TooSmall};
use crate::world::World;

/// The name of this provider, as users see it; the registration has the same.
pub(crate) const PROVIDER: &str = "fslaunch file systems";

const CONNECTED: u32 = 1;
const CONTEXT: u32 = 5;
/// Kinds of resources: bits. None is any.
const DISK: u32 = 1;
const ANY: u32 = 0;

/// An enumeration that was begun: what was connected then, and how much of it
/// was told.
#[derive(Debug)]
pub(crate) struct Enumeration {
    connections: Vec<Connection>,
    told: usize,
}

/// What one call of an enumeration gives.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Entries {
        bytes: Vec<u8>,
        count: usize,
    },
    /// Not even one fits: the bytes that it needs.
    TooSmall(usize),
    End,
}

impl Enumeration {
    /// Begins one.
    ///
    /// # Errors
    /// 50 for scopes other than what is connected, and the context.
    pub(crate) fn open(
        world: &mut impl World,
        scope: u32,
        kind: u32,
    ) -> Result<Enumeration, Failure> {
        if !matches!(scope, CONNECTED | CONTEXT) {
            return Err(Failure::Plain(code::NOT_SUPPORTED));
        }
        let connections = match kind == ANY || kind & DISK != 0 {
            true => connections::all(world),
            false => vec![],
        };
        Ok(Enumeration {
            connections,
            told: 0,
        })
    }

    /// The next entries, as many as fit and not more than `most`.
    pub(crate) fn next(&mut self, room: Room, most: usize) -> Page {
        let left = self.connections.get(self.told..).unwrap_or_default();
        if left.is_empty() {
            return Page::End;
        }
        match layout::resources(room, left, most) {
            Ok((bytes, count)) => {
                self.told += count;
                Page::Entries { bytes, count }
            }
            Err(TooSmall(needed)) => Page::TooSmall(needed),
        }
    }
}

#[cfg(test)]
mod tests;
