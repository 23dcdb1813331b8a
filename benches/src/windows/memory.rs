//! What the launcher takes, empty and full.

use fslaunch_os::testing::private_memory;

use super::calls;
use super::plain::Plain;
use super::round_trip::Lister;
use crate::failure::Failure;
use crate::figure::{Amount, Figure, Target};
use crate::launcher::{Launcher, SAME_USER};

const INSTANCES: usize = 100;

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

/// Memory for each of a hundred instances.
pub(crate) fn full() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let mut wire = launcher.connect()?;
    // The first start makes threads and loads what later ones have.
    calls::started(wire.call(&calls::start(SAME_USER, "first"))?)?;
    let before = private(launcher.pid())?;
    launcher.fill(0..INSTANCES)?;
    let after = private(launcher.pid())?;
    let count = Lister::of(&launcher)?.count;
    if count < INSTANCES {
        // A list has no more than fits into one reply.
        let state = |number: usize| {
            let name = format!("one-of-many-{number}");
            launcher.wait_for(SAME_USER, &name, "running");
        };
        (0..INSTANCES).for_each(state);
    }
    let each = after.saturating_sub(before) / INSTANCES as u64;
    let name = format!("{INSTANCES} instances: launcher's memory for each");
    let memory = Figure::memory(name, each)
        .target(Target::Under(Amount::Bytes(16 << 10)))
        .note(format!(
            "private memory was {} KiB with one and is {} KiB with all",
            before >> 10,
            after >> 10
        ));
    Ok(vec![memory])
}

fn private(pid: u32) -> Result<u64, Failure> {
    let bytes = private_memory(pid).filter(|bytes| *bytes > 0);
    bytes.ok_or_else(|| Failure::Unfit("the system does not tell of memory".to_owned()))
}
