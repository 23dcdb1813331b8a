//! The figures of fslaunch, each beside its baseline in the same run. Nothing
//! is asserted: a figure that misses its target is shown as such. The exit
//! code is non-zero when something could not be measured.
//!
//! `cargo xtask bench` builds what is measured, and runs this; words after it
//! choose what is measured: `list`, `life`, `others`, `full`, `idle`, on Linux
//! `burst`, and on Windows `crowd` and `drive`.
//!
//! What the systems do differently is in `unix/` and `windows/`, twins with the
//! same names: on Windows it is the pipe of existing clients that is measured.
#![forbid(unsafe_code)]

mod failure;
mod figure;
mod interrupt;
mod launcher;
mod samples;
#[cfg_attr(unix, path = "unix/mod.rs")]
#[cfg_attr(windows, path = "windows/mod.rs")]
mod system;
mod table;

use std::any::Any;
use std::panic::catch_unwind;
use std::process::ExitCode;
use std::time::Instant;

use failure::Failure;
use figure::Figure;
use system::{GROUPS, machine};

/// What is measured together, on a launcher of its own.
type Group = (&'static str, fn() -> Result<Vec<Figure>, Failure>);

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let names = GROUPS.map(|(name, _)| name);
    if let Some(unknown) = words.iter().find(|word| !names.contains(&word.as_str())) {
        eprintln!(
            "nothing to measure is called '{unknown}': there is {}",
            names.join(", ")
        );
        return ExitCode::from(2);
    }
    if let Err(failure) = machine::raise_limits().and_then(|()| interrupt::watch()) {
        eprintln!("{failure}");
        return ExitCode::FAILURE;
    }
    let (begun, load) = (Instant::now(), machine::load());
    let (mut figures, mut failures) = (Vec::new(), Vec::new());
    for (name, measure) in GROUPS {
        if !words.is_empty() && !words.iter().any(|word| word == name) {
            continue;
        }
        eprintln!("measuring: {name}");
        match attempt(measure) {
            Ok(more) => figures.extend(more),
            Err(failure) => failures.push(format!("NOT MEASURED: {name}: {failure}")),
        }
    }
    println!("{}", machine::description());
    println!(
        "load average {load} before, {} after; {:.0} s",
        machine::load(),
        begun.elapsed().as_secs_f64()
    );
    println!();
    for line in table::lines(&figures).iter().chain(&failures) {
        println!("{line}");
    }
    match failures.is_empty() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// Measures, also when the harness panics: the other figures are still of
/// use. What was started is taken down on the way.
fn attempt(measure: fn() -> Result<Vec<Figure>, Failure>) -> Result<Vec<Figure>, Failure> {
    interrupt::check()?;
    catch_unwind(measure).unwrap_or_else(|panic| Err(Failure::Harness(words(&*panic))))
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("for a reason that is not in words")
        .to_owned()
}
