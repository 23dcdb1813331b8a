//! What MEMFS takes of memory.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

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

/// Measures it in bytes of a large file, and in empty files.
pub(crate) fn measure() -> Result<(), String> {
    let failed = |error: std::io::Error| error.to_string();
    let memfs = Mounted::new(Kind::Memfs)?;
    let empty = resident(memfs.pid())?;
    println!("\nmemory, empty: {:.1} MiB", empty as f64 / 1_048_576.0);

    let file = File::create(memfs.point.join("file")).map_err(failed)?;
    let bytes = vec![1; 1 << 20];
    for at in 0..FILE / bytes.len() as u64 {
        file.write_all_at(&bytes, at * bytes.len() as u64)
            .map_err(failed)?;
    }
    let more = resident(memfs.pid())? - empty;
    let share = more as f64 / FILE as f64;
    let met = if share <= 1.1 { "yes" } else { "NO" };
    println!("memory of a file of 256 MiB: {share:.3} x its bytes; at most 1.1: {met}");
    drop(memfs);

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
