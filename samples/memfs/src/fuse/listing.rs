//! Requests about the entries of folders.

use memfs::core::{Attributes, Error, Listed, NodeId};

use super::filesystem::Memfs;
use super::session::Reply;
use super::translate::{attr, mode, now};
use super::wire::reply::Body;

/// `.` and `..` come before the entries: places 1 and 2.
const DOTS: [&[u8]; 2] = [b".", b".."];

impl Memfs {
    /// Lists entries after the place `offset`, as many as fit into `size` bytes; with `plus`, the kernel gets to know
    /// each of them.
    pub(super) fn list(
        &self,
        folder: NodeId,
        (offset, size): (u64, u32),
        plus: bool,
        reply: &mut Reply<'_>,
    ) -> Result<(), Error> {
        let body = &mut *reply.body;
        let fits = |body: &Body, name: &[u8]| {
            body.0.len() + Body::entry_length(name, plus) <= size as usize
        };
        for (place, name) in (1..).zip(DOTS) {
            if offset >= place {
                continue;
            }
            if !fits(body, name) {
                return Ok(());
            }
            let shown = match place {
                1 => folder,
                _ => self.volume.parent(folder)?,
            };
            let found = self.volume.attributes(shown)?;
            if plus {
                // The kernel knows these two already.
                body.no_attributes();
            }
            body.dirent((found.node.0, mode(&found)), place, name);
        }
        let dots = DOTS.len() as u64;
        let after = offset.saturating_sub(dots);
        self.volume.entries(folder, after, now(), |entry| {
            if !fits(body, entry.name) {
                return Listed::Full;
            }
            let found: &Attributes = &entry.attributes;
            if plus {
                body.entry(self.lifetimes, &attr(found));
            }
            let next = entry.cookie + dots;
            body.dirent((found.node.0, mode(found)), next, entry.name);
            match plus {
                true => Listed::Remembered,
                false => Listed::Seen,
            }
        })
    }
}
