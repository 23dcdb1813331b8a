//! What the launcher takes, empty and full.

use std::fs;
use std::time::Duration;

use fslaunch_tests::processes::resident;

use crate::failure::Failure;
use crate::figure::{Amount, Figure, Target};
use crate::launcher::{Launcher, SAME_USER};
use crate::system::calls;
use crate::system::echo::Echo;
use crate::system::round_trip::Lister;

const INSTANCES: usize = 1000;
const ROUNDS: usize = 5;
const CALLS: usize = 50;

/// Resident memory of a launcher that was just started and asked a few times.
pub(crate) fn idle() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let mut wire = launcher.connect()?;
    let call = calls::list();
    for _ in 0..5 {
        calls::listed(wire.call(&call)?)?;
    }
    let mut echo = Echo::start(&call)?;
    echo.time(call.len())?;
    let own = private(launcher.pid())? >> 10;
    let mut figure = Figure::memory("idle launcher, resident", resident(launcher.pid()))
        .target(Target::Under(Amount::Bytes(8 << 20)))
        .note(format!(
            "beside the echo's; {own} KiB of the launcher's are private, the rest is shared with others"
        ));
    figure.baseline = Some(Amount::Bytes(resident(echo.pid())));
    Ok(vec![figure])
}

/// Memory for each of a thousand instances, and `List` of them all.
pub(crate) fn full() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    warm_up(&launcher)?;
    let before = private(launcher.pid())?;
    launcher.fill(0..INSTANCES)?;
    let after = private(launcher.pid())?;
    let mut lister = Lister::of(&launcher)?;
    let (count, size) = lister.listed()?;
    if count != INSTANCES {
        let words = format!("{count} instances are listed instead of {INSTANCES}");
        return Err(Failure::Unfit(words));
    }
    let (list, echo) = lister.in_turns(ROUNDS, CALLS)?;
    let each = after.saturating_sub(before) / INSTANCES as u64;
    let name = |what: &str| format!("{INSTANCES} instances: {what}");
    let memory = Figure::memory(name("launcher's memory for each"), each)
        .target(Target::AtMost(Amount::Bytes(16 << 10)))
        .note(format!(
            "private memory was {} KiB with none and is {} KiB with all",
            before >> 10,
            after >> 10
        ));
    let limit = Amount::Time(Duration::from_millis(5));
    let list = Figure::time(
        name("List of all, p50"),
        list.percentile(50),
        echo.percentile(50),
    )
    .target(Target::Under(limit))
    .samples(list.count())
    .note(format!("{} KiB", size >> 10));
    Ok(vec![memory, list])
}

/// The first start makes threads and loads what looks up accounts: that is
/// not for each instance.
fn warm_up(launcher: &Launcher) -> Result<(), Failure> {
    let mut wire = launcher.connect()?;
    calls::started(wire.call(&calls::start(SAME_USER, "first"))?)?;
    calls::accepted(wire.call(&calls::stop(SAME_USER, "first"))?)?;
    Ok(())
}

/// Memory that a process shares with no other, in bytes.
fn private(pid: u32) -> Result<u64, Failure> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))
        .map_err(Failure::to("read how much memory the launcher has"))?;
    let kib = text.lines().filter_map(|line| {
        let value = line.strip_prefix("Private_")?.split_once(':')?.1;
        value.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    });
    Ok(kib.sum::<u64>() << 10)
}
