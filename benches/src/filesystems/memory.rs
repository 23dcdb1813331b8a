//! What MEMFS takes of memory.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};

use rustix::fs::{FallocateFlags, fallocate};

use crate::mounted::{Kind, Mounted};

const FILE: u64 = 256 << 20;
const NODES: u64 = 100_000;
/// Wanted: at most so many bytes for an empty file.
const NODE: u64 = 512;

/// Bytes of memory that a process has.
fn resident(pid: u32) -> Result<u64, String> {
    let path = format!("/proc/{pid}/status");
    let status = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.map(|kib| kib * 1024)
        .ok_or_else(|| format!("{path} has no VmRSS"))
}

/// Wanted: at most so many times what `-q` charges.
const CHARGED: f64 = 1.1;
const CHUNK: u64 = 64 << 10;

/// Measures it in bytes of a large file, of one that was cut and a sparse one, and in empty files.
pub(crate) fn measure() -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let memfs = Mounted::new(Kind::Memfs)?;
    let empty = resident(memfs.pid())?;
    println!("\nmemory, empty: {:.1} MiB", empty as f64 / 1_048_576.0);

    let file = large(&memfs).map_err(failed)?;
    let more = resident(memfs.pid())? - empty;
    let share = more as f64 / FILE as f64;
    let met = if share <= 1.1 { "yes" } else { "NO" };
    println!("memory of a file of 256 MiB: {share:.3} x its bytes; at most 1.1: {met}");
    drop((file, memfs));

    // The allocator may keep what was given back, for what comes next.
    beside_charge("a file of 256 MiB cut to half", None, |memfs| {
        let file = large(memfs)?;
        file.set_len(FILE / 2)?;
        Ok(vec![file])
    })?;
    beside_charge("that and one of the other half", Some(CHARGED), |memfs| {
        let cut = large(memfs)?;
        cut.set_len(FILE / 2)?;
        fs::rename(memfs.point.join("file"), memfs.point.join("cut"))?;
        Ok(vec![cut, written(memfs, FILE / 2)?])
    })?;
    beside_charge("4096 bytes, one in each 64 KiB", Some(CHARGED), |memfs| {
        let file = File::create(memfs.point.join("sparse"))?;
        for at in 0..FILE / CHUNK {
            file.write_all_at(b"x", at * CHUNK)?;
        }
        Ok(vec![file])
    })?;

    punched()?;

    let memfs = Mounted::new(Kind::Memfs)?;
    let empty = resident(memfs.pid())?;
    for n in 0..NODES {
        let name = memfs.point.join(format!("file-{n:06}"));
        File::create_new(name).map_err(failed)?;
    }
    let each = (resident(memfs.pid())? - empty) / NODES;
    let met = if each <= NODE { "yes" } else { "NO" };
    println!("memory of an empty file, of {NODES}: {each} bytes; at most {NODE}: {met}");
    Ok(())
}

fn large(memfs: &Mounted) -> io::Result<File> {
    written(memfs, FILE)
}

fn written(memfs: &Mounted, length: u64) -> io::Result<File> {
    let file = File::create(memfs.point.join("file"))?;
    let bytes = vec![1; 1 << 20];
    for at in 0..length / bytes.len() as u64 {
        file.write_all_at(&bytes, at * bytes.len() as u64)?;
    }
    Ok(file)
}

/// What the process has, beside what `-q` charges files for: that is what they say they take.
fn beside_charge(
    what: &str,
    most: Option<f64>,
    make: fn(&Mounted) -> io::Result<Vec<File>>,
) -> Result<(), String> {
    let failed = |error: io::Error| format!("{what}: {error}");
    let memfs = Mounted::new(Kind::Memfs)?;
    let empty = resident(memfs.pid())?;
    let files = make(&memfs).map_err(failed)?;
    let mut charged = 0;
    for file in &files {
        charged += file.metadata().map_err(failed)?.blocks() * 512;
    }
    let more = resident(memfs.pid())?.saturating_sub(empty);
    let share = more as f64 / charged as f64;
    let met = match most {
        Some(most) if share <= most => format!("; at most {most}: yes"),
        Some(most) => format!("; at most {most}: NO"),
        None => String::new(),
    };
    println!(
        "memory of {what}: {:.1} MiB charged, {share:.3} x that taken{met}",
        charged as f64 / 1_048_576.0
    );
    Ok(())
}

/// Several large files one after another, of each of which a sixteenth is left: the room between what is left has to
/// serve the next one, so that the process never has much more than was charged at its most.
fn punched() -> Result<(), String> {
    const FILES: u64 = 4;
    const LEFT: u64 = 4096;
    let memfs = Mounted::new(Kind::Memfs)?;
    let empty = resident(memfs.pid())?;
    for n in 0..FILES {
        let punch = || -> io::Result<()> {
            let file = large(&memfs)?;
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            for at in 0..FILE / CHUNK {
                fallocate(&file, flags, at * CHUNK + LEFT, CHUNK - LEFT)?;
            }
            fs::rename(memfs.point.join("file"), memfs.point.join(n.to_string()))
        };
        punch().map_err(|error| format!("punch holes: {error}"))?;
    }
    let more = resident(memfs.pid())?.saturating_sub(empty);
    let most = FILE + (FILES - 1) * (FILE / CHUNK) * LEFT;
    let share = more as f64 / most as f64;
    let met = if share <= CHARGED { "yes" } else { "NO" };
    println!(
        "memory after {FILES} such files were punched to a sixteenth: {share:.3} x the most that was charged; \
         at most {CHARGED}: {met}"
    );
    Ok(())
}
