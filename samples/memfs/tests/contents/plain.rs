//! The reference: a file as a vector of bytes, and beside it how far each chunk is kept and what room it has.

use memfs::core::{Allocation, Error, Seek};

/// Contents are kept in chunks of so many bytes, each up to the last byte written in it.
pub(crate) const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 5;
/// Most bytes of one file, which end in the last chunk.
pub(crate) const MOST: usize = (CHUNKS - 1) * CHUNK + 100;
const PAGE: usize = 4096;

#[derive(Clone, Copy, Default)]
struct Chunk {
    kept: usize,
    room: usize,
}

#[derive(Clone, Default)]
pub(crate) struct Plain {
    pub(crate) bytes: Vec<u8>,
    chunks: [Chunk; CHUNKS],
}

/// What a range covers of a chunk.
#[derive(Clone, Copy)]
struct Cover {
    chunk: usize,
    start: usize,
    end: usize,
}

fn covered(offset: usize, length: usize) -> Vec<Cover> {
    let cover = |chunk: usize| {
        let start = offset.max(chunk * CHUNK);
        let end = (offset + length).min((chunk + 1) * CHUNK);
        (start < end).then(|| Cover {
            chunk,
            start: start - chunk * CHUNK,
            end: end - chunk * CHUNK,
        })
    };
    (0..CHUNKS).filter_map(cover).collect()
}

/// The first chunk has room to the byte, the others in pages.
fn least(chunk: usize, end: usize) -> usize {
    if chunk == 0 {
        end
    } else {
        end.div_ceil(PAGE) * PAGE
    }
}

impl Plain {
    /// What it is charged for.
    pub(crate) fn room(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.room).sum()
    }

    fn missing(&self, offset: usize, length: usize) -> usize {
        let missing = |cover: &Cover| {
            least(cover.chunk, cover.end).saturating_sub(self.chunks[cover.chunk].room)
        };
        covered(offset, length).iter().map(missing).sum()
    }

    fn keep(&mut self, offset: usize, length: usize) {
        for Cover { chunk, end, .. } in covered(offset, length) {
            let found = &mut self.chunks[chunk];
            found.kept = found.kept.max(end);
            found.room = found.room.max(least(chunk, end));
        }
    }

    fn forget(&mut self, chunk: usize, kept: usize) {
        let found = &mut self.chunks[chunk];
        found.kept = found.kept.min(kept);
        found.room = found.room.min(least(chunk, found.kept));
    }

    fn last(&self) -> usize {
        let kept = |chunk: &usize| self.chunks[*chunk].kept > 0;
        (0..CHUNKS).rev().find(kept).unwrap_or(0)
    }

    /// What the last chunk has in advance goes, and is left for others.
    fn give_spare(&mut self, left: usize) -> usize {
        let before = self.room();
        self.forget(self.last(), CHUNK);
        left + before - self.room()
    }

    fn leave(&mut self, offset: usize, left: usize) -> usize {
        if offset / CHUNK > self.last() {
            self.give_spare(left)
        } else {
            left
        }
    }

    /// Room for what is kept, and nothing in advance.
    pub(crate) fn needed(&self) -> usize {
        let needed = |chunk: usize| least(chunk, self.chunks[chunk].kept);
        (0..CHUNKS).map(needed).sum()
    }

    /// All of them, or none if `left` of the volume is too little.
    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8], left: usize) -> Result<(), Error> {
        let left = self.leave(offset, left);
        let missing = self.missing(offset, bytes.len());
        if missing > left {
            return Err(Error::VolumeFull);
        }
        let ahead = self.ahead(offset, bytes.len());
        self.keep(offset, bytes.len());
        if let Some(last) = covered(offset, bytes.len()).last()
            && missing + ahead <= left
        {
            self.chunks[last.chunk].room += ahead;
        }
        let end = offset + bytes.len();
        if !bytes.is_empty() {
            self.bytes.resize(self.bytes.len().max(end), 0);
            self.bytes[offset..end].copy_from_slice(bytes);
        }
        Ok(())
    }

    /// Room that what is appended to the last chunk gets in advance: a sixteenth of what the file has.
    fn ahead(&self, offset: usize, length: usize) -> usize {
        let covered = covered(offset, length);
        let Some(&Cover { chunk, start, end }) = covered.last() else {
            return 0;
        };
        let found = self.chunks[chunk];
        let needed = least(chunk, end);
        let before_is_full =
            chunk > 0 && start == 0 && (covered.len() > 1 || self.chunks[chunk - 1].kept == CHUNK);
        let most = match found.kept {
            _ if chunk < self.last() || end == CHUNK || needed <= found.room => 0,
            0 if before_is_full => CHUNK,
            1.. if start <= found.kept => CHUNK.min(2 * found.room),
            _ => 0,
        };
        let share = (self.room() + self.missing(offset, length)) / 16;
        let wanted = match chunk {
            0 => end + share - share % 64,
            _ => end + share - (end + share) % PAGE,
        };
        most.min(wanted).saturating_sub(needed)
    }

    pub(crate) fn punch(&mut self, offset: usize, length: usize) {
        for Cover { chunk, start, end } in covered(offset, length) {
            if end >= self.chunks[chunk].kept {
                self.forget(chunk, start);
            }
        }
        if length > 0 {
            self.give_spare(0);
        }
        self.zero(offset, length);
    }

    fn zero(&mut self, offset: usize, length: usize) {
        let end = (offset + length).min(self.bytes.len());
        if offset < end {
            self.bytes[offset..end].fill(0);
        }
    }

    pub(crate) fn resize(&mut self, size: usize) {
        if size < self.bytes.len() {
            for chunk in size / CHUNK..CHUNKS {
                self.forget(chunk, size.saturating_sub(chunk * CHUNK));
            }
        }
        self.bytes.resize(size, 0);
    }

    fn is_kept(&self, at: usize) -> bool {
        at % CHUNK < self.chunks[at / CHUNK].kept
    }

    pub(crate) fn seek(&self, offset: usize, what: Seek) -> Result<u64, Error> {
        if offset >= self.bytes.len() {
            return Err(Error::BehindTheEnd);
        }
        let wanted = |at: &usize| self.is_kept(*at) == (what == Seek::Data);
        match ((offset..self.bytes.len()).find(wanted), what) {
            (Some(at), _) => Ok(at as u64),
            (None, Seek::Hole) => Ok(self.bytes.len() as u64),
            (None, Seek::Data) => Err(Error::BehindTheEnd),
        }
    }

    /// The bytes from `at` on that are kept in one chunk, or else how long the hole is.
    pub(crate) fn run(&self, at: usize, end: usize) -> Result<Vec<u8>, usize> {
        if self.is_kept(at) {
            let chunk = at / CHUNK;
            let end = end.min(chunk * CHUNK + self.chunks[chunk].kept);
            Ok(self.bytes[at..end].to_vec())
        } else {
            let data = (at..end).find(|at| self.is_kept(*at));
            Err(data.unwrap_or(end) - at)
        }
    }

    pub(crate) fn allocate(
        &mut self,
        (offset, length): (usize, usize),
        how: Allocation,
        left: usize,
    ) -> Result<u64, Error> {
        match how {
            Allocation::PunchHole => {
                self.punch(offset, length);
                return Ok(0);
            }
            Allocation::Reserve
            | Allocation::ReserveKeepingSize
            | Allocation::Zero
            | Allocation::ZeroKeepingSize => {}
        }
        if offset + length > MOST {
            return Err(Error::FileTooLarge);
        }
        let left = self.leave(offset, left);
        if self.missing(offset, length) > left {
            return Err(Error::VolumeFull);
        }
        if matches!(how, Allocation::Zero | Allocation::ZeroKeepingSize) {
            self.zero(offset, length);
        }
        self.keep(offset, length);
        if matches!(how, Allocation::Reserve | Allocation::Zero) {
            self.bytes.resize(self.bytes.len().max(offset + length), 0);
        }
        Ok(0)
    }
}
