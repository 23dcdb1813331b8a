//! Requests about extended attributes.

use memfs::core::{Error, NodeId, Probed};
use rustix::io::Errno;

use super::errno::errno;
use super::filesystem::Memfs;
use super::session::Reply;
use super::translate::{now, set_xattr};
use super::wire::request::Xattr;

impl Memfs {
    pub(super) fn xattr(
        &self,
        this: NodeId,
        asked: Xattr<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<(), Errno> {
        let volume = &self.volume;
        match asked {
            Xattr::Set { name, .. } | Xattr::Get { name, .. } | Xattr::Remove { name }
                if is_system(name) =>
            {
                Err(Errno::OPNOTSUPP)
            }
            Xattr::Set { name, value, flags } => self
                .with_room(|| volume.set_xattr(this, name, value, set_xattr(flags), now()))
                .map_err(errno),
            Xattr::Get { name, size } => probed(volume.xattr(this, name, size as usize), reply),
            Xattr::List { size } => probed(volume.xattrs(this, size as usize), reply),
            Xattr::Remove { name } => volume.remove_xattr(this, name, now()).map_err(errno),
        }
    }
}

/// Names of the system's own, such as those of access control lists, promise what nobody here would keep.
fn is_system(name: &[u8]) -> bool {
    name.starts_with(b"system.")
}

fn probed(result: Result<Probed, Error>, reply: &mut Reply<'_>) -> Result<(), Errno> {
    match result.map_err(errno)? {
        // Bounded by the limits of the volume.
        Probed::Size(size) => reply.body.xattr_size(size as u32),
        Probed::Value(value) => reply.body.bytes(&value),
    }
    Ok(())
}
