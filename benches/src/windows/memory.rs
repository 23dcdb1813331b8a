//! What the launcher takes, empty and full.

use std::time::{Duration, Instant};

use fslaunch_os::testing::{all, private_memory};

use super::calls;
use super::plain::Plain;
use super::round_trip::Lister;
use crate::failure::Failure;
use crate::figure::{Amount, Figure, Target};
use crate::launcher::{Launcher, SAME_USER};

const INSTANCES: usize = 100;
/// So many load what later ones have.
const FIRST: usize = 10;
/// Processes whose end one thread of Wine's pool waits for.
const WAITED_FOR: usize = 63;
/// Threads of that pool that call back, while there is somebody to be called.
const CALLING_BACK: usize = 1;
/// Threads that had something to do for a start are gone long before.
const REST: Duration = Duration::from_secs(60);
/// How often it is looked.
const POLL: Duration = Duration::from_millis(50);

/// Private memory of a launcher that was just started and asked a few times.
pub(crate) fn idle() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let mut wire = launcher.connect()?;
    let call = calls::list();
    for _ in 0..5 {
        calls::listed(wire.call(&call)?)?;
    }
    let plain = Plain::start(call.len())?;
    let mut figure = Figure::memory("idle launcher, private", private(launcher.pid())?)
        // 5.5 MiB.
        .target(Target::Under(Amount::Bytes(11 << 19)))
        .note("beside the plain server's");
    figure.baseline = Some(Amount::Bytes(private(plain.pid())?));
    Ok(vec![figure])
}

/// Memory for each of a hundred instances. Wine has one thread more for every
/// 63 processes whose end is waited for, which takes about 1 MiB there: 10 KiB
/// for each instance. Whether Windows does the same, nobody has measured.
pub(crate) fn full() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let idle = threads(launcher.pid())?;
    launcher.fill(0..FIRST)?;
    rest(launcher.pid(), idle, FIRST)?;
    let before = private(launcher.pid())?;
    let all = FIRST + INSTANCES;
    launcher.fill(FIRST..all)?;
    rest(launcher.pid(), idle, all)?;
    let after = private(launcher.pid())?;
    let count = Lister::of(&launcher)?.count;
    if count < all {
        // A list has no more than fits into one reply.
        let state = |number: usize| {
            let name = format!("one-of-many-{number}");
            launcher.wait_for(SAME_USER, &name, "running");
        };
        (0..all).for_each(state);
    }
    let each = after.saturating_sub(before) / INSTANCES as u64;
    let name = format!("{INSTANCES} instances: launcher's memory for each");
    let memory = Figure::memory(name, each)
        .target(Target::Under(Amount::Bytes(16 << 10)))
        .note(format!(
            "private memory was {} KiB with {FIRST} before and is {} KiB with all",
            before >> 10,
            after >> 10
        ));
    Ok(vec![memory])
}

/// Waits until a launcher has only the threads that it had when it was idle, and those that wait
/// for so many instances: others had something to do for a start, and are no instance's.
fn rest(pid: u32, idle: usize, instances: usize) -> Result<(), Failure> {
    let most = idle + CALLING_BACK + instances.div_ceil(WAITED_FOR);
    let deadline = Instant::now() + REST;
    loop {
        crate::interrupt::check()?;
        let count = threads(pid)?;
        if count <= most {
            return Ok(());
        }
        if Instant::now() > deadline {
            let words = format!("the launcher has {count} threads, and not {most}");
            return Err(Failure::Unfit(words));
        }
        std::thread::sleep(POLL);
    }
}

fn threads(pid: u32) -> Result<usize, Failure> {
    let all = all().map_err(Failure::to("list the processes"))?;
    let own = all.iter().find(|entry| entry.pid == pid);
    let own = own.ok_or_else(|| Failure::Unfit("the launcher is gone".to_owned()))?;
    Ok(own.threads as usize)
}

fn private(pid: u32) -> Result<u64, Failure> {
    let bytes = private_memory(pid).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| Failure::Unfit("the system does not tell of memory".to_owned()))
}
