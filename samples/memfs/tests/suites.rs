//! Test suites that nobody here wrote, on a mounted MEMFS: `pjdfstest` for what POSIX says, `fsx` for contents.
//!
//! `cargo xtask test` installs them; `cargo xtask soak` lets the second run for as long as is asked.

#![cfg(unix)]

mod mounted;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use mounted::{Mounted, Place, Start, fuse_is_there, is_root, skip};

/// What they take at most, on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(600);

/// A program of the build folder, where `cargo xtask test` installs what is tested with.
fn tool(test: &str, name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let tool = own.ancestors().nth(3)?.join("tools/bin").join(name);
    if tool.is_file() {
        return Some(tool);
    }
    skip(
        test,
        &format!("{name} is not there; `cargo xtask test` installs it"),
    );
    None
}

fn said(output: &Output) -> String {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// A file system of the kernel's own in memory.
struct Tmpfs(PathBuf);

impl Tmpfs {
    fn mounted(point: PathBuf) -> Self {
        fs::create_dir(&point).expect("the place is new");
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=64m", "none"])
            .arg(&point)
            .status();
        assert!(done.is_ok_and(|status| status.success()), "mount a tmpfs");
        Self(point)
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _done = Command::new("umount")
            .args(["-l", "--"])
            .arg(&self.0)
            .status();
    }
}

/// What the suite cannot do on any file system here: it remounts by way of `mount(8)` without naming the type, and
/// finds no limit of links where there is none worth testing.
const SKIPPED: [&str; 2] = ["erofs_", "link_count_max"];

const CONFIGURATION: &str = r#"
[features]
posix_fallocate = {}
rename_ctime = {}
utimensat = {}
utime_now = {}
[settings]
# Longer than the clock's tick, by which the kernel's own file systems count.
naptime = 0.02
allow_remount = false
[dummy_auth]
entries = [["nobody", "nogroup"], ["daemon", "daemon"]]
"#;

/// Which tests failed, and which were skipped.
fn pjdfstest(program: &Path, place: &Place, on: &Path, other: &Path) -> (Vec<String>, Vec<String>) {
    let configuration = place.base.join("pjdfstest.toml");
    fs::write(&configuration, CONFIGURATION).expect("the place is ours");
    let output = Command::new(program)
        .arg("-c")
        .arg(configuration)
        .arg("-s")
        .arg(other)
        .arg("-p")
        .arg(on)
        .output()
        .expect("pjdfstest starts");
    let text = said(&output);
    let named = |end: &str| {
        let lines = text.lines().filter_map(|line| line.strip_suffix(end));
        let mut names: Vec<String> = lines.map(|name| name.trim().to_owned()).collect();
        names.sort();
        names
    };
    let failed = named("FAILED");
    assert!(named(" ok").len() > 300, "{text}");
    assert_eq!(output.status.success(), failed.is_empty(), "{text}");
    (failed, named("skipped"))
}

#[test]
fn pjdfstest_finds_nothing_and_skips_what_it_skips_on_tmpfs() {
    const TEST: &str = "pjdfstest_finds_nothing_and_skips_what_it_skips_on_tmpfs";
    if !fuse_is_there(TEST) || !is_root(TEST) {
        return;
    }
    let Some(program) = tool(TEST, "pjdfstest") else {
        return;
    };
    // It writes behind two gigabytes.
    for arguments in [&["-s", "4294967296"][..], &["-w", "-s", "4294967296"]] {
        let mounted = Start::new(arguments).within(PATIENCE).mounted();
        let base = mounted.place.base.clone();
        let other = Tmpfs::mounted(base.join("o"));
        let compared = Tmpfs::mounted(base.join("tmpfs"));
        let (failed, skipped) = pjdfstest(&program, &mounted.place, &mounted.path(""), &other.0);
        assert_eq!(failed, [""; 0], "{arguments:?}");
        let unexplained = |name: &&String| !SKIPPED.iter().any(|part| name.contains(part));
        let unexplained: Vec<&String> = skipped.iter().filter(unexplained).collect();
        assert_eq!(unexplained, [""; 0]);
        let (_, there) = pjdfstest(&program, &mounted.place, &compared.0, &other.0);
        assert_eq!(skipped, there);
    }
}

fn fsx_configuration(length: u32, most: u32) -> String {
    format!(
        "flen = {length}
[opsize]
max = {most}
[weights]
close_open = 1
read = 10
write = 10
mapread = 10
mapwrite = 10
invalidate = 1
truncate = 2
fsync = 1
fdatasync = 1
posix_fallocate = 1
punch_hole = 3
sendfile = 2
posix_fadvise = 1
copy_file_range = 3
"
    )
}

/// Runs so many random operations on one file, of at most this length.
fn fsx(program: &Path, mounted: &Mounted, seed: u64, operations: u32, length: u32) {
    let base = &mounted.place.base;
    let configuration = base.join(format!("fsx-{seed}.toml"));
    let text = fsx_configuration(length, (length / 4).min(1 << 20));
    fs::write(&configuration, text).expect("the place is ours");
    let file = mounted.path(format!("fsx-{seed}"));
    let output = Command::new(program)
        .arg("-f")
        .arg(configuration)
        .args(["-N", &operations.to_string(), "-S", &seed.to_string(), "-P"])
        .arg(base)
        .arg(&file)
        .output()
        .expect("fsx starts");
    let text = said(&output);
    let end: Vec<&str> = text.lines().rev().take(60).collect();
    assert!(
        output.status.success(),
        "seed {seed}, length {length}: {end:#?}"
    );
    fs::remove_file(file).expect("fsx leaves its file");
}

const KIB: u32 = 1 << 10;
const MIB: u32 = 1 << 20;

#[test]
fn fsx_finds_no_wrong_byte_in_50_000_operations() {
    const TEST: &str = "fsx_finds_no_wrong_byte_in_50_000_operations";
    if !fuse_is_there(TEST) {
        return;
    }
    let Some(program) = tool(TEST, "fsx") else {
        return;
    };
    let mounted = Start::new(&[]).within(PATIENCE).mounted();
    for (seed, operations, length) in [
        (1, 20_000, 256 * KIB),
        (2, 20_000, 70_001),
        (3, 8_000, 3 * MIB),
        (4, 2_000, 64 * MIB),
    ] {
        fsx(&program, &mounted, seed, operations, length);
    }
    let gathering = Start::new(&["-w"]).within(PATIENCE).mounted();
    for (seed, operations, length) in [(5, 5_000, 256 * KIB), (6, 500, 64 * MIB)] {
        fsx(&program, &gathering, seed, operations, length);
    }
}

#[test]
#[ignore = "for cargo xtask soak"]
fn soak_fsx() {
    let (seconds, seed) = mounted::soak();
    let (Some(program), true) = (tool("soak_fsx", "fsx"), fuse_is_there("soak_fsx")) else {
        panic!("a soak skips nothing");
    };
    let begun = Instant::now();
    let deadline = seconds + PATIENCE;
    let mounted = Start::new(&[]).within(deadline).mounted();
    let mut operations = 0;
    for seed in seed.. {
        let length = [256 * KIB, 70_001, 3 * MIB, 64 * MIB][seed as usize % 4];
        let count = if length > MIB { 10_000 } else { 100_000 };
        fsx(&program, &mounted, seed, count, length);
        operations += count;
        println!("fsx: seed {seed}, length {length}: {operations} operations so far");
        if begun.elapsed() > seconds {
            break;
        }
    }
}
