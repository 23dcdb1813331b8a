//! Requests about the contents of files.

use memfs::core::{Range, Seek};
use rustix::io::Errno;

use super::errno::errno;
use super::filesystem::Memfs;
use super::session::Reply;
use super::translate::{allocation, node, now, privileges};
use super::wire::WRITE_KILL_SUIDGID;
use super::wire::request::{Contents, Header};

/// As `lseek(2)` numbers them.
const SEEK_DATA: u32 = 3;
const SEEK_HOLE: u32 = 4;

impl Memfs {
    pub(super) fn contents(
        &self,
        request: &Header,
        asked: Contents<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<(), Errno> {
        let (this, volume) = (node(request.node), &self.volume);
        // Only of writing does the kernel say whether set-user-id is to go.
        let others = privileges(request.uid != 0);
        match asked {
            Contents::Read { offset, size } => volume
                .read(this, offset, size.into(), now(), |bytes| {
                    reply.send(bytes.0).map_err(|_| Errno::IO)
                })
                .map_err(errno)?,
            Contents::Write {
                offset,
                flags,
                bytes,
            } => {
                let keep = privileges(flags & WRITE_KILL_SUIDGID != 0);
                let write = || volume.write(this, offset, bytes, keep, now());
                let written = self.with_room(write).map_err(errno)?;
                // Never more than was given, and that came with a length of 32 bits.
                reply.body.written(written as u32);
                Ok(())
            }
            Contents::Fallocate {
                offset,
                length,
                mode,
            } => {
                let how = allocation(mode).ok_or(Errno::OPNOTSUPP)?;
                let range = Range { offset, length };
                self.with_room(|| volume.allocate(this, range, how, others, now()))
                    .map_err(errno)
            }
            Contents::Lseek { offset, whence } => {
                let what = match whence {
                    SEEK_DATA => Seek::Data,
                    SEEK_HOLE => Seek::Hole,
                    _ => return Err(Errno::INVAL),
                };
                let found = volume.seek(this, offset, what).map_err(errno)?;
                reply.body.offset(found);
                Ok(())
            }
            Contents::Copy {
                from,
                to,
                length,
                wide,
            } => {
                let most = if wide { u64::MAX } else { u32::MAX.into() };
                let range = Range {
                    offset: from,
                    length: length.min(most),
                };
                let to = (node(to.0), to.1);
                let copy = || volume.copy((this, range), to, others, now());
                let copied = self.with_room(copy).map_err(errno)?;
                match wide {
                    true => reply.body.offset(copied),
                    // It was asked for with 32 bits.
                    false => reply.body.written(copied as u32),
                }
                Ok(())
            }
        }
    }
}
