//! `mount -t fslaunch` of MEMFS beside MEMFS started by itself, in the same
//! run: from the start of the command to the mount. The goal is at most twice
//! the time. Both are made in a namespace of this program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    linux::main()
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("bench-mount: there is no mount(8) on this system");
    ExitCode::FAILURE
}

#[cfg(unix)]
mod linux {
    use std::io::{self, Read};
    use std::path::Path;
    use std::process::{Command, ExitCode, Stdio};
    use std::time::{Duration, Instant};

    use fslaunch_tests::{Class, Daemon, is_inside, mounts, own_mounts, program};
    use serde_json::json;

    const ROUNDS: usize = 50;
    const GOAL: f64 = 2.0;

    pub(super) fn main() -> ExitCode {
        let done = match is_inside() {
            true => measure(),
            false => own_mounts().status().and_then(|status| {
                let failed = || io::Error::other(status.to_string());
                status.success().then_some(()).ok_or_else(failed)
            }),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("bench-mount: {error}");
                ExitCode::FAILURE
            }
        }
    }

    fn measure() -> io::Result<()> {
        std::fs::copy(program("mount-fslaunch"), "/sbin/mount.fslaunch")?;
        let daemon = Daemon::system().start();
        let class = Class::new("memfs64", daemon.program("memfs"))
            .set("command-line", "-u %1 -m %2")
            .set("arguments", json!(["unc", "mount-point"]))
            .set("mount-point", "%2");
        daemon.register(&class);
        let at = daemon.place().make_folder("mnt", 0o755);
        let (mut direct, mut launched) = (vec![], vec![]);
        for _ in 0..ROUNDS {
            direct.push(by_itself(&daemon.program("memfs"), &at)?);
            launched.push(by_mount(&daemon, &at)?);
        }
        let (direct, launched) = (median(direct), median(launched));
        let ratio = launched.as_secs_f64() / direct.as_secs_f64();
        let met = if ratio <= GOAL { "met" } else { "MISSED" };
        let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
        println!(
            "MEMFS by itself       {:6.2} ms p50 of {ROUNDS}",
            milliseconds(direct)
        );
        println!(
            "mount -t fslaunch     {:6.2} ms p50",
            milliseconds(launched)
        );
        println!("ratio                 {ratio:6.2}    goal at most {GOAL} ({met})");
        Ok(())
    }

    /// MEMFS says `OK` once it is mounted.
    fn by_itself(memfs: &Path, at: &Path) -> io::Result<Duration> {
        let begun = Instant::now();
        let mut command = Command::new(memfs);
        let mut child = command.arg("-m").arg(at).stdout(Stdio::piped()).spawn()?;
        let mut answer = [0; 2];
        let out = child.stdout.as_mut();
        out.ok_or(io::ErrorKind::BrokenPipe)?
            .read_exact(&mut answer)?;
        let time = begun.elapsed();
        let unmounted = unmount(at);
        child.wait()?;
        unmounted.map(|()| time)
    }

    fn by_mount(daemon: &Daemon, at: &Path) -> io::Result<Duration> {
        let begun = Instant::now();
        let mut command = Command::new("mount");
        command.env("FSLAUNCH_SOCKET", daemon.socket());
        let status = command
            .args(["-t", "fslaunch", "//memfs64/share"])
            .arg(at)
            .status()?;
        let time = begun.elapsed();
        if !status.success() || mounts::at(at).is_none() {
            return Err(io::Error::other(format!("mount failed: {status}")));
        }
        daemon.launchctl(&["stop", "memfs64", "share"]).ok();
        Ok(time)
    }

    fn unmount(at: &Path) -> io::Result<()> {
        let status = Command::new("umount").arg(at).status()?;
        let failed = || io::Error::other(format!("umount failed: {status}"));
        status.success().then_some(()).ok_or_else(failed)
    }

    fn median(mut times: Vec<Duration>) -> Duration {
        times.sort();
        times[times.len() / 2]
    }
}
