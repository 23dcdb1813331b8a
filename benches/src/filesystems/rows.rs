//! What is measured: each a function of folder and number of threads that
//! says how long one operation takes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use rustix::fs::{Advice, AtFlags, CWD, Mode, OFlags, StatxFlags, fadvise, open, statx};

type Measure = fn(&Path, usize) -> io::Result<Duration>;

/// Name, round trips to the server that are waited for, if it is held to
/// those, and how it is measured.
pub(crate) const ROWS: &[(&str, Option<f64>, Measure)] = &[
    ("round trip", Some(1.0), round_trip),
    // The kernel asks anew for the folder's attributes to check them, looks the
    // name up, and has a node made. Opening and closing it asks nothing.
    ("create", Some(3.0), create),
    // It asks for the folder's attributes, and removes. That it forgets the
    // node afterwards is a request that nobody waits for.
    ("unlink", Some(2.0), unlink),
    // These two ask nothing at all: what the kernel knows of a name, of its
    // attributes and of opening stays good. There is no round trip to be held
    // to; it is the kernel alone that is measured.
    ("stat", None, stat),
    ("open and close", None, open_close),
    ("write 4 KiB", None, |folder, threads| {
        write(folder, threads, 4 * KIB, OFlags::empty())
    }),
    ("write 1 MiB", None, |folder, threads| {
        write(folder, threads, MIB, OFlags::empty())
    }),
    ("read 4 KiB", None, |folder, threads| {
        read(folder, threads, 4 * KIB, OFlags::empty())
    }),
    ("read 1 MiB", None, |folder, threads| {
        read(folder, threads, MIB, OFlags::empty())
    }),
    ("write 4 KiB direct", None, |folder, threads| {
        write(folder, threads, 4 * KIB, OFlags::DIRECT)
    }),
    ("write 1 MiB direct", None, |folder, threads| {
        write(folder, threads, MIB, OFlags::DIRECT)
    }),
    ("read 4 KiB direct", None, |folder, threads| {
        read(folder, threads, 4 * KIB, OFlags::DIRECT)
    }),
    ("read 1 MiB direct", None, |folder, threads| {
        read(folder, threads, MIB, OFlags::DIRECT)
    }),
    ("readdir of 10,000", None, readdir),
];

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;
/// Of metadata, by all threads together.
const OPERATIONS: usize = 2000;
/// Of contents, by all threads together.
const BYTES: usize = 32 * MIB;
const ENTRIES: usize = 10_000;

/// Whether the empty server is measured beside it.
pub(crate) fn is_metadata(row: &str) -> bool {
    ROWS.iter()
        .any(|(name, trips, _)| *name == row && trips.is_some())
}

/// The empty server has one file and makes no others: there, a round trip is
/// measured instead.
fn is_empty_server(folder: &Path) -> bool {
    folder.join("hello").exists()
}

fn round_trip(folder: &Path, threads: usize) -> io::Result<Duration> {
    let path = if is_empty_server(folder) {
        folder.join("hello")
    } else {
        let path = folder.join("round-trip");
        fs::write(&path, "x")?;
        path
    };
    let path = &path;
    timed(threads, OPERATIONS, |_| {
        let file = File::open(path)?;
        Ok(move || {
            let flags = AtFlags::EMPTY_PATH | AtFlags::STATX_FORCE_SYNC;
            statx(&file, "", flags, StatxFlags::BASIC_STATS)?;
            Ok(())
        })
    })
}

/// The time of one operation, of `count` by so many threads. Each thread
/// prepares before the clock starts.
fn timed<P, O>(threads: usize, count: usize, prepare: P) -> io::Result<Duration>
where
    P: Fn(usize) -> io::Result<O> + Sync,
    O: FnMut() -> io::Result<()>,
{
    let each = count / threads;
    let barrier = Barrier::new(threads + 1);
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|thread| {
                let (barrier, prepare) = (&barrier, &prepare);
                scope.spawn(move || {
                    let operation = prepare(thread);
                    barrier.wait();
                    let begun = Instant::now();
                    let mut operation = operation?;
                    for _ in 0..each {
                        operation()?;
                    }
                    Ok((begun, Instant::now()))
                })
            })
            .collect();
        barrier.wait();
        let mut spans = Vec::new();
        for thread in started {
            let failed = || io::Error::other("a thread panicked");
            let span: io::Result<(Instant, Instant)> = thread.join().map_err(|_| failed())?;
            spans.push(span?);
        }
        let begun = spans.iter().map(|(begun, _)| *begun).min();
        let end = spans.iter().map(|(_, end)| *end).max();
        let (Some(begun), Some(end)) = (begun, end) else {
            return Ok(Duration::ZERO);
        };
        // Counts are far below what 32 bits hold.
        Ok((end - begun) / (each * threads) as u32)
    })
}

/// A folder of the thread's own with so many names in it; the files are there
/// if `made`.
fn names(folder: &Path, thread: usize, count: usize, made: bool) -> io::Result<Vec<PathBuf>> {
    let own = folder.join(format!("thread-{thread}"));
    let _not_there = fs::remove_dir_all(&own);
    fs::create_dir(&own)?;
    let names: Vec<PathBuf> = (0..count)
        .map(|n| own.join(format!("file-{n:05}")))
        .collect();
    if made {
        for name in &names {
            File::create_new(name)?;
        }
    }
    Ok(names)
}

fn on_names(
    folder: &Path,
    threads: usize,
    made: bool,
    operation: fn(&Path) -> io::Result<()>,
) -> io::Result<Duration> {
    if is_empty_server(folder) {
        return round_trip(folder, threads);
    }
    let each = OPERATIONS / threads;
    let time = timed(threads, OPERATIONS, |thread| {
        let mut names = names(folder, thread, each, made)?.into_iter();
        Ok(move || names.next().map_or(Ok(()), |name| operation(&name)))
    });
    for thread in 0..threads {
        fs::remove_dir_all(folder.join(format!("thread-{thread}")))?;
    }
    time
}

fn create(folder: &Path, threads: usize) -> io::Result<Duration> {
    on_names(folder, threads, false, |name| {
        File::create_new(name).map(drop)
    })
}

fn unlink(folder: &Path, threads: usize) -> io::Result<Duration> {
    on_names(folder, threads, true, |name| fs::remove_file(name))
}

fn stat(folder: &Path, threads: usize) -> io::Result<Duration> {
    on_names(folder, threads, true, |name| {
        fs::symlink_metadata(name).map(drop)
    })
}

fn open_close(folder: &Path, threads: usize) -> io::Result<Duration> {
    on_names(folder, threads, true, |name| File::open(name).map(drop))
}

/// Bytes where direct access wants them.
struct Aligned {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
}

impl Aligned {
    fn new(length: usize) -> Self {
        const PAGE: usize = 4096;
        let bytes = vec![7; length + PAGE];
        let start = bytes.as_ptr().align_offset(PAGE);
        Self {
            bytes,
            start,
            length,
        }
    }

    fn bytes(&mut self) -> &mut [u8] {
        &mut self.bytes[self.start..self.start + self.length]
    }
}

fn opened(folder: &Path, thread: usize, flags: OFlags) -> io::Result<File> {
    let path = folder.join(format!("contents-{thread}"));
    let flags = flags | OFlags::RDWR | OFlags::CREATE;
    Ok(open(path, flags, Mode::RUSR | Mode::WUSR)?.into())
}

/// Over the contents that are there, after the first round.
fn write(folder: &Path, threads: usize, size: usize, flags: OFlags) -> io::Result<Duration> {
    let each = BYTES / threads;
    timed(threads, BYTES / size, |thread| {
        let file = opened(folder, thread, flags)?;
        let (mut buffer, mut at) = (Aligned::new(size), 0);
        Ok(move || {
            file.write_all_at(buffer.bytes(), at as u64)?;
            at = (at + size) % each;
            Ok(())
        })
    })
}

fn read(folder: &Path, threads: usize, size: usize, flags: OFlags) -> io::Result<Duration> {
    let each = BYTES / threads;
    timed(threads, BYTES / size, |thread| {
        let file = opened(folder, thread, flags)?;
        let (mut buffer, mut at) = (Aligned::new(size), 0);
        if file.metadata()?.len() < each as u64 {
            file.write_all_at(Aligned::new(each).bytes(), 0)?;
        }
        if !flags.contains(OFlags::DIRECT) {
            // All of it is in the cache then, and has come there by being read:
            // what was written lies in smaller pieces, and some servers have
            // the kernel drop that when the file is opened, and some not.
            file.sync_all()?;
            fadvise(&file, 0, None, Advice::DontNeed)?;
            file.read_exact_at(&mut vec![0; each], 0)?;
        }
        Ok(move || {
            file.read_exact_at(buffer.bytes(), at as u64)?;
            at = (at + size) % each;
            Ok(())
        })
    })
}

fn readdir(folder: &Path, threads: usize) -> io::Result<Duration> {
    let full = folder.join("full");
    if !full.exists() {
        fs::create_dir(&full)?;
        for n in 0..ENTRIES {
            File::create_new(full.join(format!("file-{n:05}")))?;
        }
    }
    let full = &full;
    timed(threads, 8, |_| {
        Ok(move || {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY;
            let opened = rustix::fs::openat(CWD, full, flags, Mode::empty())?;
            let count = rustix::fs::Dir::read_from(&opened)?.count();
            if count == ENTRIES + 2 {
                Ok(())
            } else {
                Err(io::Error::other(format!("{count} entries")))
            }
        })
    })
}
