//! Requests of the kernel as operations of the volume.
//!
//! What the kernel does better on its own is left to it by not answering: access checks (`default_permissions`),
//! locks, flushing, seeking for holes.

use std::ffi::OsStr;
use std::io;
use std::mem::ManuallyDrop;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use fuser::{
    BsdFileFlags, Errno, FileHandle, Filesystem, FopenFlags, Generation, INodeNo, InitFlags,
    KernelConfig, LockOwner, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyDirectoryPlus, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite,
    ReplyXattr, Request, TimeOrNow, WriteFlags,
};
use memfs::command_line::Options;
use memfs::core::{
    Access, Attributes, CaseRule, Changes, Creation, Entry, Error, Limits, Listed, MAX_NAME,
    NodeId, Privileges, Probed, Replace, SetXattr, Volume,
};
use rustix::fs::XattrFlags;

use super::errno::errno;
use super::translate::{
    BLOCK, creation, file_attr, file_type, ino, node, now, requested, time_or_now,
};

/// The volume changes through this mount only, so what the kernel knows stays true until it changes it itself.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);
/// Numbers of nodes are never used again, so there is one generation.
const GENERATION: Generation = Generation(0);
/// The volume keeps what is open by node; one handle is as good as another.
const HANDLE: FileHandle = FileHandle(0);
/// `.` and `..` come before the entries: places 1 and 2.
const DOTS: u64 = 2;

pub(super) struct Memfs {
    /// Never dropped: the process ends with it, and the system takes memory back faster than node by node.
    volume: ManuallyDrop<Volume>,
    /// How long the kernel may believe that a name means a node.
    name_lifetime: Duration,
}

impl Memfs {
    pub(super) fn new(options: &Options) -> Self {
        let (case, name_lifetime) = if options.case_insensitive {
            // The kernel knows each spelling by itself, and would not notice that a name went in another spelling.
            (CaseRule::Insensitive, Duration::ZERO)
        } else {
            (CaseRule::Sensitive, LONG)
        };
        let limits = Limits {
            files: options.files,
            file_size: options.file_size,
        };
        let root = Access {
            mode: 0o755,
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
        };
        Self {
            volume: ManuallyDrop::new(Volume::new(limits, case, root, now())),
            name_lifetime,
        }
    }

    fn entry(&self, found: Result<Attributes, Error>, reply: ReplyEntry) {
        match found {
            Ok(found) => {
                reply.entry_with_ttls(&LONG, &self.name_lifetime, &file_attr(&found), GENERATION)
            }
            Err(error) => reply.error(errno(error)),
        }
    }

    fn make(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        what: Creation<'_>,
        mode: u32,
    ) -> Made {
        let access = Access {
            mode: (mode & 0o7777) as u16,
            uid: req.uid(),
            gid: req.gid(),
        };
        self.volume
            .create(node(parent), name.as_bytes(), what, access, now())
    }

    /// Shows `.`, `..` and the entries after the place `offset` to `add`, until that says that it is full.
    fn list(
        &self,
        folder: NodeId,
        offset: u64,
        mut add: impl FnMut(Entry<'_>) -> Listed,
    ) -> Result<(), Error> {
        for (cookie, name) in [(1, &b"."[..]), (2, b"..")] {
            if offset < cookie {
                let shown = if cookie == 1 {
                    folder
                } else {
                    self.volume.parent(folder)?
                };
                // The kernel keeps no number of these two.
                let attributes = self.volume.attributes(shown)?;
                if add(Entry {
                    name,
                    attributes,
                    cookie,
                }) == Listed::Full
                {
                    return Ok(());
                }
            }
        }
        self.volume
            .entries(folder, offset.saturating_sub(DOTS), now(), |entry| {
                add(Entry {
                    cookie: entry.cookie + DOTS,
                    ..entry
                })
            })
    }
}

type Made = Result<Attributes, Error>;

fn empty(result: Result<(), Error>, reply: ReplyEmpty) {
    match result {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(errno(error)),
    }
}

fn probed(result: Result<Probed, Error>, reply: ReplyXattr) {
    match result {
        // Bounded by the limits of the volume.
        Ok(Probed::Size(size)) => reply.size(u32::try_from(size).unwrap_or(u32::MAX)),
        Ok(Probed::Value(value)) => reply.data(&value),
        Err(error) => reply.error(errno(error)),
    }
}

/// Names of the system's own, such as those of access control lists, promise what nobody here would keep.
fn is_system(name: &OsStr) -> bool {
    name.as_bytes().starts_with(b"system.")
}

impl Filesystem for Memfs {
    fn init(&mut self, _: &Request, config: &mut KernelConfig) -> io::Result<()> {
        let mut wanted = vec![
            InitFlags::FUSE_PARALLEL_DIROPS,
            InitFlags::FUSE_CACHE_SYMLINKS,
            // Clearing set-user-id bits here saves the kernel a request before each write.
            InitFlags::FUSE_HANDLE_KILLPRIV_V2,
            // Tells an aborted connection, which leaves its mount behind, from an unmounted one.
            InitFlags::FUSE_ABORT_ERROR,
        ];
        if !self.name_lifetime.is_zero() {
            wanted.extend([
                InitFlags::FUSE_DO_READDIRPLUS,
                InitFlags::FUSE_READDIRPLUS_AUTO,
            ]);
        }
        for flag in wanted {
            // What an older kernel does not know it does not need.
            let _unknown = config.add_capabilities(flag);
        }
        Ok(())
    }

    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        self.entry(self.volume.lookup(node(parent), name.as_bytes()), reply);
    }

    fn forget(&self, _: &Request, ino: INodeNo, times: u64) {
        self.volume.forget(node(ino), times);
    }

    fn getattr(&self, _: &Request, ino: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.volume.attributes(node(ino)) {
            Ok(found) => reply.attr(&LONG, &file_attr(&found)),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn setattr(
        &self,
        req: &Request,
        ino: INodeNo,
        mode: Option<u32>,
        uid: Option<u32>,
        gid: Option<u32>,
        size: Option<u64>,
        atime: Option<TimeOrNow>,
        mtime: Option<TimeOrNow>,
        ctime: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let now = now();
        let changes = Changes {
            mode: mode.map(|mode| (mode & 0o7777) as u16),
            uid,
            gid,
            size,
            accessed: atime.map(|time| time_or_now(time, now)),
            modified: mtime.map(|time| time_or_now(time, now)),
            changed: ctime.map(requested),
        };
        // The kernel says so when it wants the bits cleared, but fuser does not pass it on.
        let privileges = if req.uid() == 0 {
            Privileges::Keep
        } else {
            Privileges::Clear
        };
        match self
            .volume
            .set_attributes(node(ino), &changes, privileges, now)
        {
            Ok(found) => reply.attr(&LONG, &file_attr(&found)),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn readlink(&self, _: &Request, ino: INodeNo, reply: ReplyData) {
        match self.volume.read_link(node(ino)) {
            Ok(target) => reply.data(&target),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn mknod(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        rdev: u32,
        reply: ReplyEntry,
    ) {
        match creation(mode, rdev) {
            Some(what) => self.entry(self.make(req, parent, name, what, mode), reply),
            None => reply.error(Errno::EINVAL),
        }
    }

    fn mkdir(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        self.entry(self.make(req, parent, name, Creation::Folder, mode), reply);
    }

    fn symlink(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        target: &Path,
        reply: ReplyEntry,
    ) {
        let what = Creation::Symlink(target.as_os_str().as_bytes());
        self.entry(self.make(req, parent, name, what, 0o777), reply);
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(
            self.volume.unlink(node(parent), name.as_bytes(), now()),
            reply,
        );
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        empty(
            self.volume
                .remove_folder(node(parent), name.as_bytes(), now()),
            reply,
        );
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let replace = if flags == RenameFlags::empty() {
            Replace::Existing
        } else if flags == RenameFlags::RENAME_NOREPLACE {
            Replace::Never
        } else if flags == RenameFlags::RENAME_EXCHANGE {
            Replace::Exchange
        } else {
            return reply.error(Errno::EINVAL);
        };
        let (from, to) = (
            (node(parent), name.as_bytes()),
            (node(new_parent), new_name.as_bytes()),
        );
        empty(self.volume.rename(from, to, replace, now()), reply);
    }

    fn link(
        &self,
        _: &Request,
        ino: INodeNo,
        new_parent: INodeNo,
        new_name: &OsStr,
        reply: ReplyEntry,
    ) {
        self.entry(
            self.volume
                .link(node(ino), node(new_parent), new_name.as_bytes(), now()),
            reply,
        );
    }

    fn open(&self, _: &Request, ino: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        match self.volume.open(node(ino)) {
            Ok(()) => reply.opened(HANDLE, FopenFlags::FOPEN_KEEP_CACHE),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn create(
        &self,
        req: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        _: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let made = self.make(req, parent, name, Creation::File, mode);
        match made.and_then(|made| self.volume.open(made.node).map(|()| made)) {
            // The reply has one lifetime for both, the name and the attributes.
            Ok(made) => {
                let attr = file_attr(&made);
                reply.created(
                    &self.name_lifetime,
                    &attr,
                    GENERATION,
                    HANDLE,
                    FopenFlags::FOPEN_KEEP_CACHE,
                );
            }
            Err(error) => reply.error(errno(error)),
        }
    }

    fn read(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut reply = Some(reply);
        let send = |bytes: &[u8]| {
            if let Some(reply) = reply.take() {
                reply.data(bytes);
            }
        };
        let result = self
            .volume
            .read(node(ino), offset, size as usize, now(), send);
        if let (Err(error), Some(reply)) = (result, reply) {
            reply.error(errno(error));
        }
    }

    fn write(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        offset: u64,
        data: &[u8],
        flags: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let clear = flags.contains(WriteFlags::FUSE_WRITE_KILL_SUIDGID);
        let privileges = if clear {
            Privileges::Clear
        } else {
            Privileges::Keep
        };
        match self
            .volume
            .write(node(ino), offset, data, privileges, now())
        {
            // Never more than was given, and that came with a length of 32 bits.
            Ok(written) => reply.written(u32::try_from(written).unwrap_or(u32::MAX)),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn release(
        &self,
        _: &Request,
        ino: INodeNo,
        _: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        empty(self.volume.close(node(ino)), reply);
    }

    fn readdir(
        &self,
        _: &Request,
        folder: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        let result = self.list(node(folder), offset, |entry| {
            let Attributes { node, kind, .. } = entry.attributes;
            match reply.add(
                ino(node),
                entry.cookie,
                file_type(kind),
                OsStr::from_bytes(entry.name),
            ) {
                true => Listed::Full,
                false => Listed::Seen,
            }
        });
        match result {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn readdirplus(
        &self,
        _: &Request,
        folder: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectoryPlus,
    ) {
        let result = self.list(node(folder), offset, |entry| {
            let (attr, name) = (file_attr(&entry.attributes), OsStr::from_bytes(entry.name));
            match reply.add(
                attr.ino,
                entry.cookie,
                name,
                &self.name_lifetime,
                &attr,
                GENERATION,
            ) {
                true => Listed::Full,
                false => Listed::Remembered,
            }
        });
        match result {
            Ok(()) => reply.ok(),
            Err(error) => reply.error(errno(error)),
        }
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        let (limits, usage) = (self.volume.limits(), self.volume.usage());
        let blocks = (limits.files.saturating_mul(limits.file_size)) / u64::from(BLOCK);
        let free = blocks.saturating_sub(usage.bytes.div_ceil(u64::from(BLOCK)));
        let free_files = limits.files.saturating_sub(usage.files);
        reply.statfs(
            blocks,
            free,
            free,
            limits.files,
            free_files,
            BLOCK,
            MAX_NAME as u32,
            BLOCK,
        );
    }

    fn setxattr(
        &self,
        _: &Request,
        ino: INodeNo,
        name: &OsStr,
        value: &[u8],
        flags: i32,
        _: u32,
        reply: ReplyEmpty,
    ) {
        if is_system(name) {
            return reply.error(Errno::EOPNOTSUPP);
        }
        let flags = XattrFlags::from_bits_retain(flags.cast_unsigned());
        let how = if flags.contains(XattrFlags::CREATE) {
            SetXattr::Create
        } else if flags.contains(XattrFlags::REPLACE) {
            SetXattr::Replace
        } else {
            SetXattr::Either
        };
        empty(
            self.volume
                .set_xattr(node(ino), name.as_bytes(), value, how, now()),
            reply,
        );
    }

    fn getxattr(&self, _: &Request, ino: INodeNo, name: &OsStr, size: u32, reply: ReplyXattr) {
        if is_system(name) {
            return reply.error(Errno::EOPNOTSUPP);
        }
        probed(
            self.volume.xattr(node(ino), name.as_bytes(), size as usize),
            reply,
        );
    }

    fn listxattr(&self, _: &Request, ino: INodeNo, size: u32, reply: ReplyXattr) {
        probed(self.volume.xattrs(node(ino), size as usize), reply);
    }

    fn removexattr(&self, _: &Request, ino: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        if is_system(name) {
            return reply.error(Errno::EOPNOTSUPP);
        }
        empty(
            self.volume.remove_xattr(node(ino), name.as_bytes(), now()),
            reply,
        );
    }
}
