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
            user: user.filter(|user| !user.is_empty()),
            secret: Secret::new(secret.to_owned()),
        }))
    }

    pub(super) fn set(&self, target: &str, credential: &Credential) -> io::Result<()> {
        // Older ones go only once this one is kept: what is there now may be all that there is.
        self.store(target, credential)?;
        let user = user_of(credential);
        for other in self.attributes("user", &["--all"], &["target", target])? {
            // With another user's name it is a second one.
            if other != user {
                self.run("clear", &["target", target, "user", &other], b"")?
                    .nothing()?;
            }
        }
        Ok(())
    }

    fn store(&self, target: &str, credential: &Credential) -> io::Result<()> {
        let label = format!("--label=fslaunch {target}");
        let mut words = vec![label.as_str()];
        words.extend(ATTRIBUTES);
        words.extend(["target", target, "user", user_of(credential)]);
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

/// Each has a user's name, be it an empty one: it can be found by that, and by no lack of it.
fn user_of(credential: &Credential) -> &str {
    credential.user.as_deref().unwrap_or_default()
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    /// A tool that knows a password of anna, and writes down what it is asked to change.
    struct Tool {
        folder: PathBuf,
        service: SecretService,
    }

    impl Tool {
        fn new(name: &str, store: &str) -> Self {
            let folder = env::temp_dir().join(format!("fslaunch-{}-{name}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let tool = folder.join("secret-tool");
            let asked = folder.join("asked");
            let script = format!(
                "#!/bin/sh\ncat >/dev/null\ncase $1 in\n\
                 search) echo 'attribute.user = anna' >&2; echo 'attribute.user = bob' >&2;;\n\
                 *) echo \"$@\" >>{}; if [ $1 = store ]; then {store}; fi;;\nesac\n",
                asked.display()
            );
            fs::write(&tool, script).unwrap();
            fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
            let service = SecretService { tool };
            Self { folder, service }
        }

        fn set(&self) -> (io::Result<()>, String) {
            let credential = Credential {
                user: Some("bob".into()),
                secret: Secret::new("x".into()),
            };
            let done = self.service.set("t", &credential);
            (done, fs::read_to_string(self.folder.join("asked")).unwrap())
        }
    }

    impl Drop for Tool {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    #[test]
    fn what_can_not_be_kept_takes_nothing_away() {
        let (done, asked) = Tool::new("full", "echo no room >&2; exit 1").set();
        assert_eq!(done.unwrap_err().to_string(), "no room");
        assert!(!asked.contains("clear"), "{asked}");
    }

    #[test]
    fn what_is_kept_takes_the_place_of_what_was_kept_for_another_user() {
        let (done, asked) = Tool::new("kept", "exit 0").set();
        done.unwrap();
        let asked: Vec<_> = asked.lines().collect();
        let cleared = "clear application fslaunch target t user anna";
        assert!(
            asked[0].starts_with("store ") && asked[1] == cleared,
            "{asked:?}"
        );
        assert_eq!(asked.len(), 2);
    }
}
