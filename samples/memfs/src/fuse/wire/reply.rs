//! Replies to the kernel.

use super::request::Time;
use super::{MAJOR, MAX_PAGES, MAX_WRITE, MINOR};

/// Bytes before what is answered.
pub(crate) const HEADER: usize = 16;

/// The bytes before an answer: of how many bytes, to which request; or a system's error number instead.
pub(crate) fn header(unique: u64, body: usize, error: i32) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    // Answers are at most as long as the kernel asked for, with 32 bits.
    let length = u32::try_from(HEADER + body).unwrap_or(u32::MAX);
    header[..4].copy_from_slice(&length.to_ne_bytes());
    header[4..8].copy_from_slice(&(-error).to_ne_bytes());
    header[8..].copy_from_slice(&unique.to_ne_bytes());
    header
}

/// What the kernel knows of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Attr {
    pub(crate) node: u64,
    pub(crate) size: u64,
    /// Of 512 bytes.
    pub(crate) blocks: u64,
    pub(crate) atime: Time,
    pub(crate) mtime: Time,
    pub(crate) ctime: Time,
    /// With the type in the highest bits.
    pub(crate) mode: u32,
    pub(crate) links: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) device: u32,
    pub(crate) block_size: u32,
}

/// How much a file system has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatFs {
    pub(crate) blocks: u64,
    pub(crate) free: u64,
    pub(crate) files: u64,
    pub(crate) free_files: u64,
    pub(crate) block_size: u32,
    pub(crate) name_length: u32,
}

/// How long the kernel may believe something, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lifetimes {
    pub(crate) name: u64,
    pub(crate) attributes: u64,
}

/// Writes an answer, field by field.
#[derive(Debug, Default)]
pub(crate) struct Body(pub(crate) Vec<u8>);

impl Body {
    fn u16(&mut self, value: u16) {
        self.0.extend_from_slice(&value.to_ne_bytes());
    }

    fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_ne_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_ne_bytes());
    }

    fn zeros(&mut self, count: usize) {
        self.0.resize(self.0.len() + count, 0);
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn init(&mut self, minor: u32, max_readahead: u32, flags: u32) {
        self.u32(MAJOR);
        self.u32(minor.min(MINOR));
        self.u32(max_readahead);
        self.u32(flags);
        // Requests in the background, and from which number on it counts as congested.
        self.u16(64);
        self.u16(48);
        self.u32(MAX_WRITE);
        // Times are kept to the nanosecond.
        self.u32(1);
        self.u16(MAX_PAGES);
        self.zeros(34);
    }

    pub(crate) fn attr(&mut self, lifetimes: Lifetimes, attr: &Attr) {
        self.u64(lifetimes.attributes);
        self.zeros(8);
        self.raw_attr(attr);
    }

    pub(crate) fn entry(&mut self, lifetimes: Lifetimes, attr: &Attr) {
        self.u64(attr.node);
        // Numbers of nodes are never used again, so there is one generation.
        self.u64(0);
        self.u64(lifetimes.name);
        self.u64(lifetimes.attributes);
        self.zeros(8);
        self.raw_attr(attr);
    }

    /// That there is no such entry, to be believed for so many seconds.
    pub(crate) fn no_entry(&mut self, lifetime: u64) {
        self.zeros(16);
        self.u64(lifetime);
        self.zeros(16 + ATTR);
    }

    fn raw_attr(&mut self, attr: &Attr) {
        self.u64(attr.node);
        self.u64(attr.size);
        self.u64(attr.blocks);
        for time in [attr.atime, attr.mtime, attr.ctime] {
            self.u64(time.0.cast_unsigned());
        }
        for time in [attr.atime, attr.mtime, attr.ctime] {
            self.u32(time.1);
        }
        self.u32(attr.mode);
        self.u32(attr.links);
        self.u32(attr.uid);
        self.u32(attr.gid);
        self.u32(attr.device);
        self.u32(attr.block_size);
        self.u32(0);
    }

    pub(crate) fn opened(&mut self, flags: u32) {
        self.u64(0);
        self.u32(flags);
        self.u32(0);
    }

    pub(crate) fn written(&mut self, count: u32) {
        self.u32(count);
        self.u32(0);
    }

    pub(crate) fn offset(&mut self, offset: u64) {
        self.u64(offset);
    }

    pub(crate) fn xattr_size(&mut self, size: u32) {
        self.u32(size);
        self.u32(0);
    }

    pub(crate) fn statfs(&mut self, found: &StatFs) {
        self.u64(found.blocks);
        self.u64(found.free);
        self.u64(found.free);
        self.u64(found.files);
        self.u64(found.free_files);
        self.u32(found.block_size);
        self.u32(found.name_length);
        self.u32(found.block_size);
        self.zeros(28);
    }

    /// Bytes that an entry of a listing takes.
    pub(crate) fn entry_length(name: &[u8], plus: bool) -> usize {
        let entry = if plus { ENTRY } else { 0 };
        (entry + DIRENT + name.len()).next_multiple_of(8)
    }

    /// An entry of a listing: number and mode of its node, where the listing goes on after it, and its name.
    pub(crate) fn dirent(&mut self, (node, mode): (u64, u32), next: u64, name: &[u8]) {
        self.u64(node);
        self.u64(next);
        // Names have at most 255 bytes.
        self.u32(name.len() as u32);
        self.u32(mode >> 12);
        self.bytes(name);
        let end = self.0.len().next_multiple_of(8);
        self.0.resize(end, 0);
    }

    /// What stands, before an entry of a listing with attributes, for no attributes.
    pub(crate) fn no_attributes(&mut self) {
        self.zeros(ENTRY);
    }
}

const ATTR: usize = 88;
const ENTRY: usize = 40 + ATTR;
const DIRENT: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    const ATTRIBUTES: Attr = Attr {
        node: 2,
        size: 3,
        blocks: 1,
        atime: (-1, 5),
        mtime: (0, 0),
        ctime: (0, 0),
        mode: 0o100_644,
        links: 1,
        uid: 0,
        gid: 0,
        device: 0,
        block_size: 4096,
    };
    const LIFETIMES: Lifetimes = Lifetimes {
        name: 1,
        attributes: 1,
    };

    fn length(write: impl FnOnce(&mut Body)) -> usize {
        let mut body = Body::default();
        write(&mut body);
        body.0.len()
    }

    #[test]
    fn each_answer_has_the_length_of_its_structure() {
        assert_eq!(length(|body| body.init(39, 0, 0)), 64);
        assert_eq!(length(|body| body.attr(LIFETIMES, &ATTRIBUTES)), 104);
        assert_eq!(length(|body| body.entry(LIFETIMES, &ATTRIBUTES)), 128);
        assert_eq!(length(|body| body.no_entry(1)), 128);
        assert_eq!(length(|body| body.opened(0)), 16);
        assert_eq!(length(|body| body.written(0)), 8);
        assert_eq!(length(|body| body.xattr_size(0)), 8);
        let statfs = StatFs {
            blocks: 0,
            free: 0,
            files: 0,
            free_files: 0,
            block_size: 0,
            name_length: 0,
        };
        assert_eq!(length(|body| body.statfs(&statfs)), 80);
    }

    #[test]
    fn an_entry_takes_the_room_it_says() {
        for name in [&b"a"[..], b"12345678", b"123456789"] {
            let plain = length(|body| body.dirent((1, 0), 1, name));
            assert_eq!(plain, Body::entry_length(name, false));
            let plus = length(|body| {
                body.no_attributes();
                body.dirent((1, 0), 1, name);
            });
            assert_eq!(plus, Body::entry_length(name, true));
        }
    }

    #[test]
    fn an_error_is_negative_and_has_no_body() {
        let bytes = header(7, 0, 2);
        assert_eq!(bytes[..4], 16u32.to_ne_bytes());
        assert_eq!(bytes[4..8], (-2i32).to_ne_bytes());
        assert_eq!(bytes[8..], 7u64.to_ne_bytes());
    }
}
