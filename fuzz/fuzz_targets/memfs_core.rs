//! Sequences of operations on MEMFS's core, compared with its models after each: on names, or on contents.
#![no_main]

#[path = "../../samples/memfs/tests/contents/mod.rs"]
mod contents;
#[path = "../../samples/memfs/tests/model/mod.rs"]
mod model;

use libfuzzer_sys::fuzz_target;
use contents::{CHUNK, MOST};
use memfs::core::{Access, Allocation, CaseRule, Replace, Seek, SetXattr};
use model::operation::{Deed, Operation, Place, run};
use model::{Kind, MOST_BYTES, Path};

/// Takes bytes one after another; zeros behind the last one.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn below(&mut self, limit: usize) -> usize {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        usize::from(*first) % limit
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn path(&mut self) -> Path {
        let depth = 1 + self.below(3);
        let names = ["a", "A", "b", "ä", "Ä", "..", "."];
        (0..depth).map(|_| self.one(&names).to_owned()).collect()
    }

    fn contents(&mut self) -> Vec<u8> {
        vec![self.below(256) as u8; self.below(30)]
    }

    fn offset(&mut self) -> usize {
        self.below(MOST_BYTES as usize + 5)
    }

    fn deed(&mut self) -> Deed {
        let xattrs = ["user.a", "user.b"];
        match self.below(6) {
            0 => Deed::Write(self.offset(), self.contents()),
            1 => Deed::Read(self.offset(), self.below(50)),
            2 => Deed::Truncate(self.offset()),
            3 => Deed::SetAccess(Access {
                mode: self.one(&[0o644, 0o755, 0o2755, 0o6755, 0o1777]),
                uid: self.below(3) as u32,
                gid: self.below(3) as u32,
            }),
            4 => {
                let how = self.one(&[SetXattr::Either, SetXattr::Create, SetXattr::Replace]);
                Deed::SetXattr(self.one(&xattrs), self.contents(), how)
            }
            _ => Deed::RemoveXattr(self.one(&xattrs)),
        }
    }

    fn operation(&mut self) -> Operation {
        let kinds = [
            Kind::Folder,
            Kind::File(Vec::new()),
            Kind::Symlink("a/b".to_owned()),
            Kind::Fifo,
        ];
        match self.below(11) {
            0 => Operation::Create(self.path(), self.one(&kinds)),
            1 => Operation::CreateUnnamed,
            2 => Operation::Link(self.path(), self.path()),
            3 => Operation::LinkHandle(self.below(4), self.path()),
            4 => Operation::Unlink(self.path()),
            5 => Operation::RemoveFolder(self.path()),
            6 => {
                let replace = self.one(&[Replace::Existing, Replace::Never, Replace::Exchange]);
                Operation::Rename(self.path(), self.path(), replace)
            }
            7 => Operation::Open(self.path()),
            8 => Operation::Close(self.below(4)),
            9 => Operation::On(Place::Handle(self.below(4)), self.deed()),
            _ => Operation::On(Place::Path(self.path()), self.deed()),
        }
    }

    /// Anywhere in a file, or within a few bytes of where chunks meet.
    fn place(&mut self) -> usize {
        let more = match self.below(2) {
            0 => self.below(40),
            _ => self.below(256) * 256 + self.below(256),
        };
        (self.below(5) * CHUNK + more).max(3) - 3
    }

    fn length(&mut self) -> usize {
        match self.below(3) {
            0 => self.below(100),
            1 => self.below(256) * 40,
            _ => self.below(256) * CHUNK / 128,
        }
    }

    fn on_contents(&mut self) -> contents::Operation {
        use contents::Operation;
        let how = [
            Allocation::Reserve,
            Allocation::ReserveKeepingSize,
            Allocation::PunchHole,
            Allocation::Zero,
            Allocation::ZeroKeepingSize,
        ];
        match self.below(7) {
            0 => Operation::Write(self.place(), self.length(), self.below(256) as u8),
            1 => Operation::Append(self.length(), self.below(256) as u8),
            2 => Operation::Read(self.place(), self.length()),
            3 => Operation::Resize(self.place().min(MOST + 1)),
            4 => Operation::Allocate(self.place(), self.length(), self.one(&how)),
            5 => Operation::Seek(self.place(), self.one(&[Seek::Data, Seek::Hole])),
            _ => Operation::Copy(self.place(), self.length(), self.place(), self.below(2)),
        }
    }

    fn all<T>(&mut self, mut one: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let mut operations = Vec::new();
        while !self.0.is_empty() && operations.len() < 200 {
            operations.push(one(self));
        }
        operations
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut bytes = Bytes(bytes);
    let outcome = match bytes.below(3) {
        0 => run(CaseRule::Sensitive, &bytes.all(Bytes::operation)),
        1 => run(CaseRule::Insensitive, &bytes.all(Bytes::operation)),
        _ => contents::run(&bytes.all(|bytes| (bytes.below(2), bytes.on_contents()))),
    };
    if let Err(difference) = outcome {
        panic!("{difference}");
    }
});
