//! Passwords kept by the Secret Service of the session (GNOME's keyring, KDE's wallet and
//! others), asked through libsecret's `secret-tool`: a client of the message bus in this
//! process would be a hundred crates more.

use std::env;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};

use fslaunch_protocol::Secret;
use zeroize::Zeroizing;

use super::super::program;
use crate::credential::Credential;

const ATTRIBUTES: [&str; 2] = ["application", "fslaunch"];
/// More than any secret has.
const MOST: u64 = 1 << 20;

#[derive(Debug)]
pub(super) struct SecretService {
    tool: std::path::PathBuf,
}

/// What the tool said.
struct Said {
    success: bool,
    out: Zeroizing<Vec<u8>>,
    err: String,
}

impl SecretService {
    /// The service, if the session has one.
    pub(super) fn open() -> Option<Self> {
        env::var_os("DBUS_SESSION_BUS_ADDRESS").filter(|address| !address.is_empty())?;
        let tool = program::find("secret-tool")?;
        let service = Self { tool };
        // Asked for what is not there, it says nothing; without a service it complains.
        let said = service.run("lookup", &["target", ""], b"").ok()?;
        said.err.is_empty().then_some(service)
    }

    pub(super) fn targets(&self) -> io::Result<Vec<String>> {
        let mut targets = self.attributes("target", &["--all"], &[])?;
        targets.sort();
        Ok(targets)
    }

    pub(super) fn get(&self, target: &str) -> io::Result<Option<Credential>> {
        let said = self.run("lookup", &["target", target], b"")?;
        if !said.success {
            return said.nothing().map(|()| None);
        }
        let broken = |_| io::Error::new(io::ErrorKind::InvalidData, "what is kept is not UTF-8");
        let secret = std::str::from_utf8(&said.out).map_err(broken)?;
        let user = self.attributes("user", &[], &["target", target])?.pop();
        Ok(Some(Credential {
            user,
            secret: Secret::new(secret.to_owned()),
        }))
    }

    pub(super) fn set(&self, target: &str, credential: &Credential) -> io::Result<()> {
        // With another user's name it would be a second one.
        self.remove(target)?;
        let label = format!("--label=fslaunch {target}");
        let mut words = vec![label.as_str()];
        words.extend(ATTRIBUTES);
        words.extend(["target", target]);
        if let Some(user) = &credential.user {
            words.extend(["user", user]);
        }
        let secret = credential.secret.expose().as_bytes();
        let said = self.run_plainly("store", &words, secret)?;
        if said.success {
            return Ok(());
        }
        said.nothing()?;
        Err(io::Error::other("the Secret Service did not keep it"))
    }

    pub(super) fn remove(&self, target: &str) -> io::Result<bool> {
        if !self.targets()?.iter().any(|known| known == target) {
            return Ok(false);
        }
        let said = self.run("clear", &["target", target], b"")?;
        if !said.success {
            said.nothing()?;
        }
        Ok(said.success)
    }

    /// The values of an attribute of what is found. They come apart from the secrets.
    fn attributes(&self, name: &str, options: &[&str], more: &[&str]) -> io::Result<Vec<String>> {
        let mut words = options.to_vec();
        words.extend(ATTRIBUTES);
        words.extend(more);
        let said = self.run_plainly("search", &words, b"")?;
        let prefix = format!("attribute.{name} = ");
        let values = said
            .err
            .lines()
            .filter_map(|line| line.strip_prefix(&prefix));
        Ok(values.map(str::to_owned).collect())
    }

    fn run(&self, verb: &str, more: &[&str], input: &[u8]) -> io::Result<Said> {
        let words: Vec<&str> = ATTRIBUTES.iter().chain(more).copied().collect();
        self.run_plainly(verb, &words, input)
    }

    fn run_plainly(&self, verb: &str, words: &[&str], input: &[u8]) -> io::Result<Said> {
        let mut command = Command::new(&self.tool);
        command.arg(verb).args(words).env("LC_ALL", "C.UTF-8");
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // It says itself why it did not read.
            let _ = stdin.write_all(input);
        }
        // A list can be long, and both are read: each in its own thread.
        let err = child.stderr.take();
        let err = std::thread::spawn(move || {
            let mut text = String::new();
            let read = err.map(|err| err.take(MOST).read_to_string(&mut text));
            read.transpose().map(|_| text)
        });
        // It never grows: nothing is left in memory where it was before.
        let mut out = Zeroizing::new(Vec::with_capacity(MOST as usize));
        if let Some(stdout) = child.stdout.take() {
            stdout.take(MOST).read_to_end(&mut out)?;
        }
        let err = err.join().unwrap_or_else(|_| Ok(String::new()))?;
        let success = child.wait()?.success();
        Ok(Said { success, out, err })
    }
}

impl Said {
    /// A failure without words means that there is nothing.
    fn nothing(&self) -> io::Result<()> {
        match self.err.trim() {
            "" => Ok(()),
            words => Err(io::Error::other(words.to_owned())),
        }
    }
}
