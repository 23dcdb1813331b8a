//! What clients are told of an instance.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fslaunch_core::{
    instance::{Exit, Phase, Why},
    table::Entry,
};
use fslaunch_protocol::{Error, Info, Instance};

/// An instance as a line of a list.
pub(crate) fn instance(entry: &Entry) -> Instance {
    Instance {
        class: entry.class.as_str().into(),
        instance: entry.instance.as_str().into(),
        state: entry.state(),
        pid: entry.pid,
        starter: entry.starter.name.clone(),
        run_as: entry.run_as.clone(),
        since: time(entry.since),
        mount_point: entry.mount_point.clone(),
        failure: failed(entry),
    }
}

/// Why it failed, or waits to be started again.
fn failed(entry: &Entry) -> Option<String> {
    if let Phase::Waiting(pause) = &entry.life.phase {
        return Some(pause.to_string());
    }
    entry.failure.as_ref().map(ToString::to_string)
}

/// All that is known of an instance. The output is for some only, as it may
/// hold secrets (security specification, "Who may do what").
pub(crate) fn info(entry: &Entry, with_output: bool) -> Info {
    Info {
        instance: instance(entry),
        command_line: entry.command_text.clone(),
        arguments: entry.command_line.iter().skip(1).cloned().collect(),
        output: with_output.then(|| entry.output.text()).flatten(),
    }
}

/// Why a start failed.
pub(crate) fn failure(entry: &Entry, why: Why) -> Error {
    let class = entry.class.as_str().to_owned();
    let instance = entry.instance.as_str().to_owned();
    match why {
        Why::Asked => Error::StartCancelled { class, instance },
        Why::LauncherStops => Error::ShuttingDown {},
        Why::SecretRefused(reason) => {
            let reason = with_last_words(reason, entry);
            Error::SecretRefused {
                class,
                instance,
                reason,
            }
        }
        Why::SecretTimedOut => {
            let seconds = seconds(entry.settings.secret_timeout);
            Error::SecretTimeout {
                class,
                instance,
                seconds,
            }
        }
        Why::MountFailed(reason) => {
            let mount_point = entry.mount_point.clone().unwrap_or_default();
            Error::MountPointRefused {
                mount_point,
                reason,
            }
        }
        Why::NotStarted(reason) => Error::StartFailed {
            class,
            instance,
            reason,
        },
        Why::Exited(exit) => {
            let (exit_code, signal) = match exit {
                Exit::Code(code) => (Some(code), None),
                Exit::WentAway(_) => (Some(0), None),
                Exit::Signal(signal) => (None, Some(signal)),
                Exit::Unknown => (None, None),
            };
            let (reason, output) = (exit.to_string(), entry.output.text());
            Error::ProcessEnded {
                class,
                instance,
                exit_code,
                signal,
                reason,
                output,
            }
        }
    }
}

/// What the process said last explains most refusals better than its end does.
fn with_last_words(reason: String, entry: &Entry) -> String {
    let output = entry.output.text().unwrap_or_default();
    match output
        .lines()
        .rev()
        .map(str::trim)
        .find(|line| !line.is_empty())
    {
        Some(line) => format!("{reason}; its last words: {line}"),
        None => reason,
    }
}

/// Whole seconds, as errors state them.
pub(crate) fn seconds(duration: Duration) -> u64 {
    duration.as_secs()
}

/// RFC 3339 in UTC, to the second.
fn time(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(writable(time)).to_string()
}

/// A clock may be set to anything; what is written has four digits for a year.
fn writable(time: SystemTime) -> SystemTime {
    const YEAR_9999: Duration = Duration::from_secs(253_370_764_800);
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    UNIX_EPOCH + since_epoch.min(YEAR_9999)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_whatever_the_clock_says() {
        assert_eq!(
            time(UNIX_EPOCH + Duration::from_secs(1_767_225_600)),
            "2026-01-01T00:00:00Z"
        );
        assert_eq!(
            time(UNIX_EPOCH - Duration::from_secs(5)),
            "1970-01-01T00:00:00Z"
        );
        assert!(time(UNIX_EPOCH + Duration::from_secs(1 << 38)).starts_with("9999-"));
    }
}
