//! Eight writers over one tree at the same time. Each has names of its own in folders that all share, and a model of
//! them: every answer is compared with the model, and in the end so is all of the tree.

#![cfg(unix)]

mod mounted;
mod stress;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use mounted::{DEADLINE, Start, fuse_is_there, soak};
use stress::{Entry, Writer};

const WRITERS: u64 = 8;

/// Lets them write, and compares what is there then with what they say.
fn round(root: &Path, seed: u64, time: Duration) -> usize {
    for folder in stress::SHARED {
        fs::create_dir(root.join(folder)).expect("the volume is empty");
    }
    let end = Instant::now() + time;
    let writers: Vec<Writer> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..WRITERS)
            .map(|number| {
                let mut writer = Writer::new(root, number, seed * WRITERS + number);
                scope.spawn(move || {
                    while Instant::now() < end {
                        writer.step();
                    }
                    writer
                })
            })
            .collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Writer>| match thread.join() {
            Ok(writer) => writer,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        threads.into_iter().map(join).collect()
    });
    let mut expected = BTreeMap::new();
    for folder in stress::SHARED {
        expected.insert(folder.to_owned(), Entry::Folder);
    }
    for writer in &writers {
        expected.extend(writer.entries());
    }
    let found = stress::walk(root);
    for (path, entry) in &expected {
        assert_eq!(found.get(path), Some(entry), "seed {seed}: {path}");
    }
    assert_eq!(found.len(), expected.len(), "seed {seed}");
    for writer in &writers {
        writer.check_links();
    }
    writers.iter().map(Writer::steps).sum()
}

#[test]
fn eight_writers_over_one_tree_find_what_each_of_them_wrote() {
    if !fuse_is_there("eight_writers_over_one_tree_find_what_each_of_them_wrote") {
        return;
    }
    let mounted = Start::new(&[]).mounted();
    let steps = round(&mounted.path(""), 1, Duration::from_secs(5));
    assert!(steps > 500, "{steps} steps in five seconds are hardly any");
}

#[test]
#[ignore = "for cargo xtask soak"]
fn soak_eight_writers() {
    assert!(fuse_is_there("soak_eight_writers"), "a soak skips nothing");
    let (time, first) = soak();
    let begun = Instant::now();
    let mut steps = 0;
    for seed in first.. {
        let left = time.saturating_sub(begun.elapsed());
        let mounted = Start::new(&[]).mounted();
        let share = left.clamp(Duration::from_secs(1), DEADLINE / 3);
        steps += round(&mounted.path(""), seed, share);
        println!("stress: seed {seed}: {steps} steps so far");
        if begun.elapsed() >= time {
            break;
        }
    }
}
