//! The kernel's protocol, version 7, as `linux/fuse.h` lays it out: numbers, requests, replies. Pure: bytes in, bytes
//! out.

pub(super) mod reply;
pub(super) mod request;

pub(super) const MAJOR: u32 = 7;
/// The newest minor version whose layouts are used here; the kernel adapts to older ones.
pub(super) const MINOR: u32 = 39;
/// Older kernels (before Linux 5.4) lay out replies differently or lack what is relied on.
pub(super) const OLDEST_MINOR: u32 = 31;

/// Most bytes of one write, and so of a request without what describes it.
pub(super) const MAX_WRITE: u32 = 1 << 20;
/// Pages of such a write.
pub(super) const MAX_PAGES: u16 = 256;
/// Room for a whole request: the bytes of a write and what describes them.
pub(super) const BUFFER: usize = MAX_WRITE as usize + 4096;

/// What kernel and server agree on at the start.
pub(super) mod init {
    pub(crate) const ASYNC_READ: u32 = 1 << 0;
    pub(crate) const BIG_WRITES: u32 = 1 << 5;
    pub(crate) const DO_READDIRPLUS: u32 = 1 << 13;
    pub(crate) const READDIRPLUS_AUTO: u32 = 1 << 14;
    pub(crate) const ASYNC_DIO: u32 = 1 << 15;
    pub(crate) const WRITEBACK_CACHE: u32 = 1 << 16;
    pub(crate) const NO_OPEN_SUPPORT: u32 = 1 << 17;
    pub(crate) const PARALLEL_DIROPS: u32 = 1 << 18;
    pub(crate) const ABORT_ERROR: u32 = 1 << 21;
    pub(crate) const MAX_PAGES: u32 = 1 << 22;
    pub(crate) const CACHE_SYMLINKS: u32 = 1 << 23;
    pub(crate) const NO_OPENDIR_SUPPORT: u32 = 1 << 24;
    pub(crate) const HANDLE_KILLPRIV_V2: u32 = 1 << 28;
}

/// Which fields of a request to set attributes count.
pub(super) mod valid {
    pub(crate) const MODE: u32 = 1 << 0;
    pub(crate) const UID: u32 = 1 << 1;
    pub(crate) const GID: u32 = 1 << 2;
    pub(crate) const SIZE: u32 = 1 << 3;
    pub(crate) const ATIME: u32 = 1 << 4;
    pub(crate) const MTIME: u32 = 1 << 5;
    pub(crate) const ATIME_NOW: u32 = 1 << 7;
    pub(crate) const MTIME_NOW: u32 = 1 << 8;
    pub(crate) const CTIME: u32 = 1 << 10;
    pub(crate) const KILL_SUIDGID: u32 = 1 << 11;
}

/// In the flags of a write: set-user-id and set-group-id are to go.
pub(super) const WRITE_KILL_SUIDGID: u32 = 1 << 2;
/// In the flags of an opened file: what the kernel has cached of it stays good.
pub(super) const OPEN_KEEP_CACHE: u32 = 1 << 1;
