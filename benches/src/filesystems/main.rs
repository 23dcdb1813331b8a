//! MEMFS beside other file systems, in the same run: the kernel's own in
//! memory, which is the floor, and others through FUSE.
//!
//! `cargo xtask bench filesystems [ROW...]` builds for release what is needed
//! and runs it. Rounds go from one file system to the next, so all of them see the
//! same noise of the machine; a figure is the best of the rounds.
#![forbid(unsafe_code)]

mod memory;
mod mounted;
mod rows;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mounted::{Kind, Mounted};
use rows::ROWS;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

const ROUNDS: usize = 15;
/// Metadata is to take at most so many times as long as the round trip of a
/// server that does nothing.
const ROUND_TRIPS: f64 = 1.3;
/// Closer to a peer than this is neither ahead nor behind: what the kernel answers by itself takes as long with any
/// server, give or take that.
const EVEN: f64 = 0.03;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench-filesystems: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    // Nothing may stay mounted, also when it is ended early.
    let asked = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(&asked))
            .map_err(|error| error.to_string())?;
    }
    let mut mounted = Vec::new();
    for kind in Kind::ALL {
        match Mounted::new(kind) {
            Ok(there) => mounted.push(there),
            Err(failure) => println!("NOT MEASURED: {}: {failure}", kind.name()),
        }
    }
    if !mounted.iter().any(|there| there.kind == Kind::Memfs) {
        return Err("there is nothing to compare".to_owned());
    }
    heading(&mounted);
    for (name, trips, measure) in ROWS {
        if !words.is_empty() && !words.iter().any(|word| name.contains(word.as_str())) {
            continue;
        }
        for threads in [1, 8] {
            let mut times = vec![Vec::new(); mounted.len()];
            for _ in 0..ROUNDS {
                for (there, times) in mounted.iter().zip(&mut times) {
                    if asked.load(Ordering::Relaxed) {
                        return Err("interrupted".to_owned());
                    }
                    if there.kind.does(name) {
                        let time = measure(&there.point, threads)
                            .map_err(|error| format!("{name} on {}: {error}", there.kind.name()))?;
                        times.push(time);
                    }
                }
            }
            let bests: Vec<Option<Duration>> = times.into_iter().map(best).collect();
            row(
                &format!("{name}, {threads} threads"),
                *trips,
                &mounted,
                &bests,
            );
        }
    }
    drop(mounted);
    if words.is_empty() || words.iter().any(|word| "memory".contains(word.as_str())) {
        memory::measure()?;
    }
    Ok(())
}

/// What else the machine does only adds to a time: the shortest says most.
fn best(times: Vec<Duration>) -> Option<Duration> {
    times.into_iter().min()
}

fn heading(mounted: &[Mounted]) {
    print!("{:<34}", "microseconds each");
    for there in mounted {
        print!("{:>16}", there.kind.name());
    }
    println!("  ahead of each FUSE peer");
}

fn row(name: &str, trips: Option<f64>, mounted: &[Mounted], bests: &[Option<Duration>]) {
    print!("{name:<34}");
    for best in bests {
        match best {
            Some(time) => print!("{:>16.2}", time.as_secs_f64() * 1e6),
            None => print!("{:>16}", "-"),
        }
    }
    let of = |kind: Kind| {
        let at = mounted.iter().position(|there| there.kind == kind)?;
        bests[at]
    };
    let ours = of(Kind::Memfs).unwrap_or_default();
    let peers = [Kind::Bindfs, Kind::PassthroughLl]
        .into_iter()
        .filter_map(of);
    if let Some(best) = peers.min() {
        let times = ratio(ours, best);
        let ahead = match times - 1.0 {
            more if more.abs() < EVEN => "even",
            more if more < 0.0 => "yes",
            _ => "NO",
        };
        print!("  {ahead}, {times:.2} x");
    }
    if let (Some(trips), Some(empty)) = (trips, of(Kind::Empty)) {
        let each = ratio(ours, empty) / trips;
        let met = if each <= ROUND_TRIPS { "yes" } else { "NO" };
        print!("; {each:.2} round trips of an empty server for each of {trips} ({met})");
    }
    println!();
}

fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64()
}
