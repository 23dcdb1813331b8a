//! Requests of the kernel.

use super::valid;

/// The operation that answers with 64 bits how much was copied.
const COPY_WIDE: u32 = 53;

/// Bytes before what belongs to the operation.
const HEADER: usize = 40;

/// Who asks, and about which node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) opcode: u32,
    pub(crate) unique: u64,
    pub(crate) node: u64,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Seconds since 1970, negative before, and nanoseconds.
pub(crate) type Time = (i64, u32);

/// When to set a time to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    At(Time),
}

/// What to set; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SetAttr {
    pub(crate) mode: Option<u32>,
    pub(crate) uid: Option<u32>,
    pub(crate) gid: Option<u32>,
    pub(crate) size: Option<u64>,
    pub(crate) atime: Option<When>,
    pub(crate) mtime: Option<When>,
    pub(crate) ctime: Option<Time>,
    pub(crate) kill_suidgid: bool,
}

/// What is asked for. Fields that do not matter here are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation<'a> {
    Init {
        major: u32,
        minor: u32,
        max_readahead: u32,
        flags: u32,
    },
    Destroy,
    Lookup {
        name: &'a [u8],
    },
    Forget {
        times: u64,
    },
    /// Pairs of node and times.
    BatchForget {
        pairs: &'a [u8],
    },
    GetAttr,
    SetAttr(SetAttr),
    ReadLink,
    Symlink {
        name: &'a [u8],
        target: &'a [u8],
    },
    MkNod {
        mode: u32,
        device: u32,
        name: &'a [u8],
    },
    MkDir {
        mode: u32,
        name: &'a [u8],
    },
    Unlink {
        name: &'a [u8],
    },
    RmDir {
        name: &'a [u8],
    },
    Rename {
        name: &'a [u8],
        new_parent: u64,
        new_name: &'a [u8],
        flags: u32,
    },
    Link {
        node: u64,
        name: &'a [u8],
    },
    TmpFile {
        mode: u32,
    },
    Release,
    StatFs,
    ReadDir {
        offset: u64,
        size: u32,
    },
    ReadDirPlus {
        offset: u64,
        size: u32,
    },
    Contents(Contents<'a>),
    Xattr(Xattr<'a>),
    /// Answered once with "no such operation", which the kernel takes as leave to do without: opening, flushing,
    /// syncing, interrupting, and what it invents in future. `FUSE_STATX` is one of them on purpose: where there are
    /// times of creation, the kernel asks for that of each file once more than for all its other attributes.
    /// `FUSE_CREATE` is another: without it the kernel makes a node, and opens it as it opens all others, which asks
    /// nothing; with it each file is given back when it is closed.
    Other,
}

/// What is asked for of the contents of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents<'a> {
    Read {
        offset: u64,
        size: u32,
    },
    Write {
        offset: u64,
        flags: u32,
        bytes: &'a [u8],
    },
    Fallocate {
        offset: u64,
        length: u64,
        mode: u32,
    },
    Lseek {
        offset: u64,
        whence: u32,
    },
    /// With `wide`, the answer has 64 bits.
    Copy {
        from: u64,
        to: (u64, u64),
        length: u64,
        wide: bool,
    },
}

/// What is asked for of extended attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Xattr<'a> {
    Set {
        name: &'a [u8],
        value: &'a [u8],
        flags: u32,
    },
    Get {
        name: &'a [u8],
        size: u32,
    },
    List {
        size: u32,
    },
    Remove {
        name: &'a [u8],
    },
}

/// A request that is not what the protocol says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

impl Header {
    /// Reads the header, and hands out the rest.
    pub(crate) fn read(message: &[u8]) -> Result<(Self, &[u8]), Malformed> {
        let mut fields = Fields(message);
        let length = fields.u32()?;
        if length as usize != message.len() {
            return Err(Malformed);
        }
        let opcode = fields.u32()?;
        let unique = fields.u64()?;
        let node = fields.u64()?;
        let uid = fields.u32()?;
        let gid = fields.u32()?;
        let rest = message.get(HEADER..).ok_or(Malformed)?;
        Ok((
            Self {
                opcode,
                unique,
                node,
                uid,
                gid,
            },
            rest,
        ))
    }
}

impl<'a> Operation<'a> {
    /// Reads what belongs to the operation of this number.
    pub(crate) fn read(opcode: u32, body: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Fields(body);
        let f = &mut fields;
        Ok(match opcode {
            1 => Self::Lookup { name: f.name()? },
            2 => Self::Forget { times: f.u64()? },
            3 => Self::GetAttr,
            4 => Self::SetAttr(set_attr(f)?),
            5 => Self::ReadLink,
            6 => Self::Symlink {
                name: f.name()?,
                target: f.name()?,
            },
            8 => {
                let (mode, device) = (f.u32()?, f.u32()?);
                f.skip(8)?;
                Self::MkNod {
                    mode,
                    device,
                    name: f.name()?,
                }
            }
            9 => {
                let mode = f.u32()?;
                f.skip(4)?;
                Self::MkDir {
                    mode,
                    name: f.name()?,
                }
            }
            10 => Self::Unlink { name: f.name()? },
            11 => Self::RmDir { name: f.name()? },
            12 => {
                let new_parent = f.u64()?;
                Self::Rename {
                    name: f.name()?,
                    new_parent,
                    new_name: f.name()?,
                    flags: 0,
                }
            }
            13 => Self::Link {
                node: f.u64()?,
                name: f.name()?,
            },
            15 | 16 | 43 | 46 | 47 | COPY_WIDE => Self::Contents(contents(opcode, f)?),
            17 => Self::StatFs,
            18 | 29 => Self::Release,
            21..=24 => Self::Xattr(xattr(opcode, f)?),
            26 => Self::Init {
                major: f.u32()?,
                minor: f.u32()?,
                max_readahead: f.u32()?,
                flags: f.u32()?,
            },
            28 => page(f, |offset, size| Self::ReadDir { offset, size })?,
            38 => Self::Destroy,
            42 => {
                let count = f.u32()? as usize;
                f.skip(4)?;
                Self::BatchForget {
                    pairs: f.take(count.checked_mul(16).ok_or(Malformed)?)?,
                }
            }
            44 => page(f, |offset, size| Self::ReadDirPlus { offset, size })?,
            45 => {
                let (new_parent, flags) = (f.u64()?, f.u32()?);
                f.skip(4)?;
                Self::Rename {
                    name: f.name()?,
                    new_parent,
                    new_name: f.name()?,
                    flags,
                }
            }
            51 => {
                let (_flags, mode) = (f.u32()?, f.u32()?);
                Self::TmpFile { mode }
            }
            _ => Self::Other,
        })
    }
}

/// Node and times of each pair of a batch.
pub(crate) fn pairs(bytes: &[u8]) -> impl Iterator<Item = (u64, u64)> {
    bytes.chunks_exact(16).filter_map(|pair| {
        let mut fields = Fields(pair);
        Some((fields.u64().ok()?, fields.u64().ok()?))
    })
}

fn page<'a>(
    fields: &mut Fields<'a>,
    make: impl FnOnce(u64, u32) -> Operation<'a>,
) -> Result<Operation<'a>, Malformed> {
    fields.skip(8)?;
    let offset = fields.u64()?;
    Ok(make(offset, fields.u32()?))
}

fn contents<'a>(opcode: u32, f: &mut Fields<'a>) -> Result<Contents<'a>, Malformed> {
    // The handle: a node is as good.
    f.skip(8)?;
    let offset = f.u64()?;
    Ok(match opcode {
        15 => Contents::Read {
            offset,
            size: f.u32()?,
        },
        16 => {
            let (size, flags) = (f.u32()?, f.u32()?);
            f.skip(16)?;
            let bytes = f.take(size as usize)?;
            Contents::Write {
                offset,
                flags,
                bytes,
            }
        }
        43 => Contents::Fallocate {
            offset,
            length: f.u64()?,
            mode: f.u32()?,
        },
        46 => Contents::Lseek {
            offset,
            whence: f.u32()?,
        },
        _copy => {
            let node = f.u64()?;
            f.skip(8)?;
            let (to, length) = ((node, f.u64()?), f.u64()?);
            Contents::Copy {
                from: offset,
                to,
                length,
                wide: opcode == COPY_WIDE,
            }
        }
    })
}

fn xattr<'a>(opcode: u32, f: &mut Fields<'a>) -> Result<Xattr<'a>, Malformed> {
    Ok(match opcode {
        21 => {
            let (size, flags) = (f.u32()?, f.u32()?);
            let name = f.name()?;
            let value = f.take(size as usize)?;
            Xattr::Set { name, value, flags }
        }
        22 => {
            let size = f.u32()?;
            f.skip(4)?;
            let name = f.name()?;
            Xattr::Get { name, size }
        }
        23 => Xattr::List { size: f.u32()? },
        _remove => Xattr::Remove { name: f.name()? },
    })
}

fn set_attr(fields: &mut Fields<'_>) -> Result<SetAttr, Malformed> {
    let which = fields.u32()?;
    fields.skip(12)?;
    let size = fields.u64()?;
    fields.skip(8)?;
    let seconds = [fields.i64()?, fields.i64()?, fields.i64()?];
    let nanoseconds = [fields.u32()?, fields.u32()?, fields.u32()?];
    let mode = fields.u32()?;
    fields.skip(4)?;
    let (uid, gid) = (fields.u32()?, fields.u32()?);
    let set = |bit: u32| which & bit != 0;
    let time = |n: usize| (seconds[n], nanoseconds[n].min(999_999_999));
    let when = |bit, now, n| {
        set(bit).then(|| {
            if set(now) {
                When::Now
            } else {
                When::At(time(n))
            }
        })
    };
    Ok(SetAttr {
        mode: set(valid::MODE).then_some(mode),
        uid: set(valid::UID).then_some(uid),
        gid: set(valid::GID).then_some(gid),
        size: set(valid::SIZE).then_some(size),
        atime: when(valid::ATIME, valid::ATIME_NOW, 0),
        mtime: when(valid::MTIME, valid::MTIME_NOW, 1),
        ctime: set(valid::CTIME).then(|| time(2)),
        kill_suidgid: set(valid::KILL_SUIDGID),
    })
}

/// Reads fields one after another, and never beyond what there is.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    fn skip(&mut self, length: usize) -> Result<(), Malformed> {
        self.take(length).map(drop)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_ne_bytes)
    }

    fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_ne_bytes)
    }

    fn i64(&mut self) -> Result<i64, Malformed> {
        self.array().map(i64::from_ne_bytes)
    }

    /// A name that ends with NUL.
    fn name(&mut self) -> Result<&'a [u8], Malformed> {
        let end = self.0.iter().position(|byte| *byte == 0).ok_or(Malformed)?;
        let name = self.take(end)?;
        self.skip(1)?;
        Ok(name)
    }
}

#[cfg(test)]
mod tests;
