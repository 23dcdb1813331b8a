//! Requests of the kernel as operations of the volume.
//!
//! What the kernel does better on its own is left to it: access checks (`default_permissions`), locks, and all that
//! it learns to do without by being told that there is no such operation: opening and closing, flushing, syncing.

use std::mem::ManuallyDrop;
use std::sync::Mutex;
use std::time::Duration;

use memfs::command_line::Options;
use memfs::core::{Access, Attributes, CaseRule, Creation, Error, Limits, MAX_NAME, Volume};
use rustix::io::Errno;

use super::errno::errno;
use super::session::{ALWAYS, Handler, Reply};
use super::translate::{BLOCK, access, attr, changes, creation, node, now, privileges, replace};
use super::wire::reply::{Lifetimes, StatFs};
use super::wire::request::{Header, Operation, pairs};
use super::wire::{OPEN_KEEP_CACHE, init};

/// The volume changes through this mount only, so what the kernel knows stays true until it changes it itself.
const LONG: u64 = 24 * 60 * 60;

pub(super) struct Memfs {
    /// Never dropped: the process ends with it, and the system takes memory back faster than node by node.
    pub(super) volume: ManuallyDrop<Volume>,
    pub(super) lifetimes: Lifetimes,
    gather_writes: bool,
    /// Held by the one thread that waits for removed files to be given back.
    settling: Mutex<()>,
}

impl Memfs {
    pub(super) fn new(options: &Options) -> Self {
        let (case, name) = if options.case_insensitive {
            // The kernel knows each spelling by itself, and would not notice that a name went in another spelling.
            (CaseRule::Insensitive, 0)
        } else {
            (CaseRule::Sensitive, LONG)
        };
        let most = Limits::all_files(options.files, options.file_size);
        let limits = Limits {
            files: options.files,
            file_size: options.file_size,
            bytes: options.bytes.unwrap_or_else(half_of_memory).min(most),
        };
        let root = Access {
            mode: 0o755,
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
        };
        Self {
            volume: ManuallyDrop::new(Volume::new(limits, case, root, now())),
            lifetimes: Lifetimes {
                name,
                attributes: LONG,
            },
            gather_writes: options.gather_writes,
            settling: Mutex::new(()),
        }
    }

    /// Does something that may need room. The kernel gives a removed file back a moment after the program was told
    /// that it is gone: if room is short, that moment is waited for, by one thread at most.
    pub(super) fn with_room<R>(&self, attempt: impl Fn() -> Result<R, Error>) -> Result<R, Error> {
        /// Each twice as long as the one before: 64 ms together, for a machine that does other things as well.
        const ATTEMPTS: u32 = 8;
        const MOMENT: Duration = Duration::from_micros(250);
        let short = |result: &Result<R, Error>| {
            matches!(result, Err(Error::TooManyFiles | Error::VolumeFull))
        };
        // Before the attempt: those that go in between have given back what it lacked.
        let nameless = self.volume.nameless();
        let mut result = attempt();
        if !short(&result) || nameless == 0 {
            return result;
        }
        let Ok(_turn) = self.settling.try_lock() else {
            return result;
        };
        for attempts in 0..ATTEMPTS {
            std::thread::sleep(MOMENT * (1 << attempts));
            result = attempt();
            if !short(&result) {
                break;
            }
        }
        result
    }

    fn make(
        &self,
        request: &Header,
        name: &[u8],
        what: Creation<'_>,
        mode: u32,
    ) -> Result<Attributes, Error> {
        let access = access(mode, request.uid, request.gid);
        self.with_room(|| {
            self.volume
                .create(node(request.node), name, what, access, now())
        })
    }

    fn entry(&self, found: Result<Attributes, Error>, reply: &mut Reply<'_>) -> Result<(), Errno> {
        let found = found.map_err(errno)?;
        reply.body.entry(self.lifetimes, &attr(&found));
        Ok(())
    }

    fn lookup(&self, request: &Header, name: &[u8], reply: &mut Reply<'_>) -> Result<(), Errno> {
        match self.volume.lookup(node(request.node), name) {
            Err(Error::NotFound) if self.lifetimes.name > 0 => {
                reply.body.no_entry(self.lifetimes.name);
                Ok(())
            }
            found => self.entry(found, reply),
        }
    }

    fn statfs(&self, reply: &mut Reply<'_>) {
        let (limits, usage) = (self.volume.limits(), self.volume.usage());
        let block = u64::from(BLOCK);
        let blocks = limits.bytes / block;
        reply.body.statfs(&StatFs {
            blocks,
            free: blocks.saturating_sub(usage.bytes.div_ceil(block)),
            files: limits.files,
            free_files: limits.files.saturating_sub(usage.files),
            block_size: BLOCK,
            name_length: MAX_NAME as u32,
        });
    }
}

/// What a file system in the memory of this machine should take at most, as the kernel's own does.
fn half_of_memory() -> u64 {
    let info = rustix::system::sysinfo();
    let total = (info.totalram as u64).saturating_mul(u64::from(info.mem_unit));
    total / 2
}

impl Handler for Memfs {
    fn wanted(&self) -> u32 {
        let plus = match self.lifetimes.name {
            0 => 0,
            _ => init::DO_READDIRPLUS | init::READDIRPLUS_AUTO,
        };
        // Not by default: a write that there is no room for would seem to succeed.
        let gather = match self.gather_writes {
            true => init::WRITEBACK_CACHE,
            false => 0,
        };
        // Clearing set-user-id bits here saves the kernel a request before each write.
        ALWAYS
            | plus
            | gather
            | init::HANDLE_KILLPRIV_V2
            | init::CACHE_SYMLINKS
            | init::NO_OPEN_SUPPORT
            | init::NO_OPENDIR_SUPPORT
    }

    fn handle(
        &self,
        request: &Header,
        operation: &Operation<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<(), Errno> {
        let (this, volume) = (node(request.node), &self.volume);
        match *operation {
            Operation::Lookup { name } => self.lookup(request, name, reply),
            Operation::Forget { times } => {
                reply.unwanted();
                volume.forget(this, times);
                Ok(())
            }
            Operation::BatchForget { pairs: list } => {
                reply.unwanted();
                for (which, times) in pairs(list) {
                    volume.forget(node(which), times);
                }
                Ok(())
            }
            Operation::GetAttr => {
                let found = volume.attributes(this).map_err(errno)?;
                reply.body.attr(self.lifetimes, &attr(&found));
                Ok(())
            }
            Operation::SetAttr(asked) => {
                let now = now();
                let keep = privileges(asked.kill_suidgid);
                let found = volume
                    .set_attributes(this, &changes(&asked, now), keep, now)
                    .map_err(errno)?;
                reply.body.attr(self.lifetimes, &attr(&found));
                Ok(())
            }
            Operation::ReadLink => {
                let target = volume.read_link(this).map_err(errno)?;
                reply.body.bytes(&target);
                Ok(())
            }
            Operation::Symlink { name, target } => {
                let what = Creation::Symlink(target);
                self.entry(self.make(request, name, what, 0o777), reply)
            }
            Operation::MkNod { mode, device, name } => {
                let what = creation(mode, device).ok_or(Errno::INVAL)?;
                self.entry(self.make(request, name, what, mode), reply)
            }
            Operation::MkDir { mode, name } => {
                self.entry(self.make(request, name, Creation::Folder, mode), reply)
            }
            Operation::TmpFile { mode } => {
                let access = access(mode, request.uid, request.gid);
                let make = || volume.create_unnamed(this, access, now());
                self.entry(self.with_room(make), reply)?;
                reply.body.opened(OPEN_KEEP_CACHE);
                Ok(())
            }
            Operation::Unlink { name } => volume.unlink(this, name, now()).map_err(errno),
            Operation::RmDir { name } => volume.remove_folder(this, name, now()).map_err(errno),
            Operation::Rename {
                name,
                new_parent,
                new_name,
                flags,
            } => {
                let replace = replace(flags).ok_or(Errno::INVAL)?;
                let to = (node(new_parent), new_name);
                volume
                    .rename((this, name), to, replace, now())
                    .map_err(errno)
            }
            Operation::Link { node: which, name } => {
                let link = || volume.link(node(which), this, name, now());
                self.entry(self.with_room(link), reply)
            }
            Operation::StatFs => {
                self.statfs(reply);
                Ok(())
            }
            Operation::Release | Operation::Destroy => Ok(()),
            Operation::Contents(asked) => self.contents(request, asked, reply),
            Operation::ReadDir { offset, size } => {
                self.list(this, (offset, size), false, reply).map_err(errno)
            }
            Operation::ReadDirPlus { offset, size } => {
                self.list(this, (offset, size), true, reply).map_err(errno)
            }
            Operation::Xattr(asked) => self.xattr(this, asked, reply),
            // The greeting comes once, before all others.
            Operation::Init { .. } => Err(Errno::IO),
            Operation::Other => Err(Errno::NOSYS),
        }
    }
}

#[cfg(test)]
mod tests;
