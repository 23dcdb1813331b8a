//! The accounts that tests act as. They are those that every Debian has and
//! that own nothing.

use std::ffi::OsStr;
use std::fs;
use std::process::Command;

/// A user who calls the launcher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Name in `/etc/passwd`.
    pub name: String,
    /// User ID.
    pub uid: u32,
    /// Primary group ID.
    pub gid: u32,
    /// Supplementary group IDs.
    pub groups: Vec<u32>,
}

impl Account {
    /// The first ordinary user.
    pub fn alice() -> Self {
        Self::named("games")
    }

    /// Another ordinary user, in no group with the first.
    pub fn bob() -> Self {
        Self::named("news")
    }

    /// An account of this machine, with no groups but its own.
    ///
    /// # Panics
    /// When there is no such account.
    pub fn named(name: &str) -> Self {
        let accounts = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
        let fields: Vec<&str> = accounts
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>())
            .find(|fields| fields[0] == name)
            .unwrap_or_else(|| panic!("no account `{name}` on this machine"));
        let number = |at: usize| fields[at].parse().expect("a number in /etc/passwd");
        Self {
            name: name.to_owned(),
            uid: number(2),
            gid: number(3),
            groups: Vec::new(),
        }
    }

    /// Its SID, as the launcher makes it.
    pub fn sid(&self) -> String {
        format!("S-1-22-1-{}", self.uid)
    }

    /// The same account with further groups.
    pub fn with_groups(mut self, groups: &[u32]) -> Self {
        self.groups = groups.to_vec();
        self
    }

    /// The ID of a group of this machine.
    ///
    /// # Panics
    /// When there is no such group.
    pub fn group(name: &str) -> u32 {
        let groups = fs::read_to_string("/etc/group").expect("/etc/group can be read");
        let found = groups.lines().find_map(|line| {
            let fields: Vec<&str> = line.split(':').collect();
            (fields[0] == name).then(|| fields[2].parse().expect("a number in /etc/group"))
        });
        found.unwrap_or_else(|| panic!("no group `{name}` on this machine"))
    }

    /// Whether this process runs as root.
    pub fn is_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    /// A command that a process of this account runs: the identity is
    /// changed for good before the program starts.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let prefix = self.prefix();
        let mut command = Command::new(&prefix[0]);
        command.args(&prefix[1..]).arg(program);
        command
    }

    /// The words that, before a command, let this account run it.
    pub fn prefix(&self) -> Vec<String> {
        let groups: Vec<String> = self.groups.iter().map(u32::to_string).collect();
        let groups = match groups.as_slice() {
            [] => "--clear-groups".to_owned(),
            groups => format!("--groups={}", groups.join(",")),
        };
        let user = format!("--reuid={}", self.uid);
        let group = format!("--regid={}", self.gid);
        ["setpriv", &user, &group, &groups, "--"]
            .map(str::to_owned)
            .to_vec()
    }
}

/// The name of who runs the tests.
pub fn own_name() -> String {
    let own = rustix::process::geteuid().as_raw();
    let accounts = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let found = accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields[2].parse() == Ok(own)).then(|| fields[0].to_owned())
    });
    found.expect("a name of the own account")
}

/// The profile folder of who runs the tests.
pub fn own_profile() -> String {
    let accounts = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let own = own_name();
    let found = accounts.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        (fields[0] == own).then(|| fields[5].to_owned())
    });
    found.expect("a folder of the own account")
}

/// A word that is no text.
pub fn no_text() -> std::ffi::OsString {
    std::os::unix::ffi::OsStringExt::from_vec(b"a\xff".to_vec())
}
