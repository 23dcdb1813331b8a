//! The machine that the figures are from.

use std::time::SystemTime;

use crate::failure::Failure;

/// Machine and date, in words.
pub(crate) fn description() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let processor = std::env::var("PROCESSOR_IDENTIFIER").unwrap_or_default();
    let system = match fslaunch_tests::is_wine() {
        true => "Wine",
        false => "Windows",
    };
    let date = humantime::format_rfc3339_seconds(SystemTime::now());
    format!("{cores} cores ({processor}), {system}, {date}")
}

/// What else the machine was doing. Windows has no such figure; under Wine the
/// files of Linux are there.
pub(crate) fn load() -> String {
    let text = std::fs::read_to_string(r"Z:\proc\loadavg").unwrap_or_default();
    let load = text.split(' ').next().filter(|load| !load.is_empty());
    load.unwrap_or("unknown").to_owned()
}

/// There are no limits to be raised.
pub(crate) fn raise_limits() -> Result<(), Failure> {
    Ok(())
}
