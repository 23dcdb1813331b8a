//! Tests that change folders of the system do it where nobody else sees it, and
//! where nothing is left of it when they end, however they end.

use std::process::Command;

use crate::ran::run_within;
use crate::watchdog::LIMIT;

/// Set in a test that runs with mounts of its own.
const INSIDE: &str = "FSLAUNCH_TEST_NAMESPACE";

/// What the test has for itself: `/etc` and the folder of `/sbin` as they are,
/// and whatever it does to them; an empty `/run`.
const PREPARE: &str = r#"
mount -t tmpfs -o mode=755 tmpfs /run
for folder in /etc "$(readlink -f /sbin)"; do
    changes=/run/changes/$(basename "$folder")
    mkdir -p "$changes/upper" "$changes/work"
    mount -t overlay -o "lowerdir=$folder,upperdir=$changes/upper,workdir=$changes/work" overlay "$folder"
done
exec "$@"
"#;

/// Whether this process has mounts of its own already.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// This program in a process with mounts of its own, without arguments so far.
///
/// # Panics
/// When the program does not know where it lies.
pub fn own_mounts() -> Command {
    let mut command = Command::new("setpriv");
    // Should this process be killed, that one goes as well.
    command.args(["--pdeathsig=KILL", "--"]);
    command.args(["unshare", "--mount", "--propagation", "private", "--"]);
    command.args(["sh", "-ec", PREPARE, "sh"]);
    command.arg(std::env::current_exe().expect("the program knows where it lies"));
    command.env(INSIDE, "1");
    command
}

/// Runs the test that asks again, in a process with mounts of its own. `true`
/// in there; outside, `false` once it has passed.
///
/// # Panics
/// When it fails in there.
pub fn has_own_mounts() -> bool {
    if is_inside() {
        return true;
    }
    let test = std::thread::current();
    let test = test.name().expect("tests run in threads of their name");
    let mut command = own_mounts();
    command.args([test, "--exact", "--nocapture"]);
    let ran = run_within(&mut command, b"", LIMIT);
    assert_eq!(ran.code, 0, "{}\n{}", ran.out, ran.err);
    assert!(ran.out.contains("1 passed"), "{}\n{}", ran.out, ran.err);
    false
}
