//! The machine that the figures are from.

use std::fs;
use std::time::SystemTime;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::failure::Failure;

/// Machine and date, in words.
pub(crate) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let date = humantime::format_rfc3339_seconds(SystemTime::now());
    format!(
        "{cores} cores ({}), Linux {}, {date}",
        processor(),
        kernel.trim_end()
    )
}

/// How many processes wanted to run in the last minute: what else the machine
/// was doing.
pub(crate) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// Lets this process and those it starts have as many files and processes as
/// the system grants.
pub(crate) fn raise_limits() -> Result<(), Failure> {
    for resource in [Resource::Nofile, Resource::Nproc] {
        let maximum = getrlimit(resource).maximum;
        let raised = Rlimit {
            current: maximum,
            maximum,
        };
        setrlimit(resource, raised).map_err(Failure::to("raise a limit"))?;
    }
    Ok(())
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| {
        let (field, value) = line.split_once(':')?;
        (field.trim_end() == "model name").then(|| value.trim().to_owned())
    });
    name.unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}
