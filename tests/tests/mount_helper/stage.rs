//! What all of these tests begin with: a launcher, and a mount(8) that finds
//! its helper.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fslaunch_tests::{
    Account, Class, Daemon, Need, Ran, has_own_mounts, lacking, mounts, program, run_with_deadline,
    until,
};
use serde_json::json;

/// A launcher, and mount(8) that finds its helper.
pub(crate) struct Stage {
    pub(crate) daemon: Daemon,
}

/// `None` where the test can't run, and outside of its own mounts.
pub(crate) fn stage() -> Option<Stage> {
    if lacking(&[Need::Root, Need::Fuse, Need::Program("unshare")]) || !has_own_mounts() {
        return None;
    }
    for name in ["mount.fslaunch", "umount.fslaunch"] {
        fs::copy(program("mount-fslaunch"), Path::new("/sbin").join(name)).unwrap();
    }
    let stage = Stage {
        daemon: Daemon::system().start(),
    };
    stage.daemon.register(&stage.memfs("memfs64"));
    Some(stage)
}

impl Stage {
    /// MEMFS for everybody, which takes no options of mounts.
    pub(crate) fn memfs(&self, name: &str) -> Class {
        Class::new(name, self.daemon.program("memfs"))
            .set("command-line", "-i -n 65536 -s 67108864 -u %1 -m %2")
            .set("arguments", json!(["unc", "mount-point"]))
            .set("mount-point", "%2")
            .set("stop-grace", 2)
            .set("allow-start", json!(["everyone"]))
    }

    /// Registers `vault`, MEMFS behind a program that wants the password
    /// `open-sesame` before.
    pub(crate) fn vault(&self) {
        self.vault_with("%1", &["mount-point"], 1);
    }

    /// The same, which wants a user name as well: the mount says which.
    pub(crate) fn vault_of_users(&self) {
        self.vault_with("%1 %2", &["mount-point", "user"], 3);
    }

    fn vault_with(&self, command_line: &str, arguments: &[&str], credentials: u32) {
        let script = format!(
            "#!/bin/sh\nsecret=$(cat)\necho x >>{}\n\
             if [ \"$secret\" = open-sesame ]; then echo OK; exec {} -m \"$1\" -u \"u$2\"\n\
             else echo NO; exit 1; fi\n",
            self.daemon.out("attempts"),
            self.daemon.program("memfs").display(),
        );
        let script = self.daemon.place().make_file("bin/vault", script, 0o755);
        let class = Class::new("vault", script)
            .set("mount-point", "%1")
            .set("command-line", command_line)
            .set("arguments", json!(arguments))
            .set("credentials", credentials);
        self.daemon.register(&class.for_everyone());
    }

    /// How often a password was tried on the vault.
    pub(crate) fn attempts(&self) -> usize {
        let file = fs::read_to_string(self.daemon.out("attempts"));
        file.unwrap_or_default().lines().count()
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.daemon.place().make_folder(name, 0o755)
    }

    /// A folder that belongs to an ordinary user.
    pub(crate) fn folder_of(&self, account: &Account) -> PathBuf {
        self.daemon.place().make_folder_of("of-user", account)
    }

    pub(crate) fn launchctl(&self) -> Command {
        Command::new(self.daemon.program("launchctl"))
    }

    /// Runs a command with the launcher of the test.
    pub(crate) fn with(
        &self,
        mut command: Command,
        words: &[impl AsRef<OsStr>],
        input: &[u8],
    ) -> Ran {
        run_with_deadline(self.prepare(&mut command).args(words), input)
    }

    /// Lets a command find the launcher, and nobody who could be asked.
    pub(crate) fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("FSLAUNCH_SOCKET", self.daemon.socket());
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command.env_remove("DBUS_SESSION_BUS_ADDRESS")
    }

    /// In a session without a terminal.
    pub(crate) fn run(&self, words: &[impl AsRef<OsStr>], input: &[u8]) -> Ran {
        let mut command = Command::new("setsid");
        command.arg("--wait");
        self.with(command, words, input)
    }

    pub(crate) fn run_as(&self, account: &Account, words: &[impl AsRef<OsStr>]) -> Ran {
        let mut command = account.command("setsid");
        command.arg("--wait");
        self.with(command, words, b"")
    }

    pub(crate) fn mount(&self, source: &str, at: &Path, options: &str) -> Ran {
        let options = format!("rw,{options}");
        self.mount_with(&["-t", "fslaunch", "-o", &options, source], at, b"")
    }

    /// Runs mount(8) with these words before the folder.
    pub(crate) fn mount_with(&self, words: &[&str], at: &Path, input: &[u8]) -> Ran {
        let words = ["mount"].iter().chain(words).copied();
        let words: Vec<&str> = words.chain([at.to_str().unwrap()]).collect();
        self.run(&words, input)
    }

    pub(crate) fn umount(&self, at: &Path) -> Ran {
        self.run(&[OsStr::new("umount"), at.as_os_str()], b"")
    }

    pub(crate) fn fstab(&self, line: &str) {
        fs::write("/etc/fstab", format!("{line}\n")).unwrap();
    }

    /// Neither an instance nor a mount is there.
    #[track_caller]
    pub(crate) fn nothing_is_left(&self, at: &Path) {
        assert!(mounts::at(at).is_none(), "{:?}", mounts::at(at));
        until("no instance is listed", || {
            let listed = self.daemon.launchctl(&["list", "--all"]);
            listed.out.trim() == "OK"
        });
    }

    /// Unmounts as root; then nothing is left.
    #[track_caller]
    pub(crate) fn take_down(&self, at: &Path) {
        done(&self.umount(at));
        self.nothing_is_left(at);
    }
}

/// Expects success without a word.
#[track_caller]
pub(crate) fn done(ran: &Ran) {
    assert_eq!(
        (ran.code, ran.out.as_str(), ran.err.as_str()),
        (0, "", ""),
        "{ran:#?}"
    );
}

/// Expects failure with that exit code of mount(8); gives its words.
#[track_caller]
pub(crate) fn failed(ran: &Ran, code: i32) -> &str {
    assert_eq!(ran.code, code, "{ran:#?}");
    assert!(ran.err.contains("mount.fslaunch: "), "{ran:#?}");
    &ran.err
}

/// Expects that the helper of umount(8) fails; gives its exit code.
#[track_caller]
pub(crate) fn failed_umount(ran: &Ran) -> i32 {
    assert!(ran.err.contains("umount.fslaunch: "), "{ran:#?}");
    ran.code
}

/// The full path of a helper; other words stay.
pub(crate) fn sbin(word: &str) -> String {
    match word.ends_with(".fslaunch") {
        true => format!("/sbin/{word}"),
        false => word.to_owned(),
    }
}

/// Expects that what is mounted at a place forbids all that.
#[track_caller]
pub(crate) fn forbids(at: &Path, wanted: &[&str]) {
    let options = mounts::at(at).unwrap().options;
    for wanted in wanted {
        assert!(options.contains(*wanted), "{wanted}: {options:?}");
    }
}
