//! Detaching the mounts of instances that have ended, and moving mounts to their place.
//!
//! Each is done by a short-lived child: walking a path may hang on a file system whose server
//! does not answer, and the launcher would hang with it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::mounts::Table;
use super::plan::Plan;
use super::process::ExitStatus;
use super::shown::shown;
use super::spawn_error::SpawnError;
use super::spawner::{Kind, Spawner};
use super::wire::{Reply, Request, Step};

/// How long the child has.
const DEADLINE: Duration = Duration::from_secs(5);
/// Unmounts for ordinary users; the older name comes with libfuse 2.
const FUSERMOUNT: &[&str] = &[
    "/usr/bin/fusermount3",
    "/bin/fusermount3",
    "/usr/bin/fusermount",
    "/bin/fusermount",
];
/// The most that is kept of what it says, in bytes.
const MOST_WORDS: u64 = 4096;

/// Why something could not be done about a mount.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MountError {
    /// It is not the mount that was meant, is covered by another, or is no FUSE mount.
    #[error("the mount at {} was left alone: {reason}", shown(path))]
    NotOurs {
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The system refused.
    #[error("failed to {action} at {}", shown(path))]
    System {
        /// Where it is.
        path: PathBuf,
        /// The step that failed.
        action: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file system in the path does not answer.
    #[error(
        "nothing could be done about the mount at {} within {seconds} s",
        shown(path)
    )]
    TimedOut {
        /// Where it is.
        path: PathBuf,
        /// How long the child was given, in seconds.
        seconds: u64,
    },
    /// The child did not do its work.
    #[error("failed to run the child that works on the mount at {}", shown(path))]
    Child {
        /// Where it is.
        path: PathBuf,
        /// What happened to it.
        source: io::Error,
    },
    /// `fusermount3` could not be run.
    #[error("failed to run fusermount3 for {}", shown(path))]
    Spawn {
        /// Where it is.
        path: PathBuf,
        /// Why.
        source: SpawnError,
    },
}

impl Spawner {
    /// Detaches the FUSE mount with this ID, if it is the topmost at the canonical `path`; one
    /// that is gone already is no error. Returns whether there was something to do. As root with the system call, otherwise with
    /// `fusermount3`, which detaches only what belongs to the user.
    ///
    /// # Errors
    /// When another mount is there, or it could not be detached in time.
    pub async fn detach(&self, mount_id: u64, path: &Path) -> Result<bool, MountError> {
        if rustix::process::geteuid().is_root() {
            let request = Request::Detach {
                mount_id,
                path: path.into(),
            };
            return self.on_mount(path, &request, &[]).await.map(|_| true);
        }
        let detached = self.without_root(mount_id, path, &["-u", "-z"]).await;
        detached.map(|()| true)
    }

    /// Unmounts the FUSE mount with this ID, if it is the topmost at the canonical `path` and
    /// nobody uses it; one that is gone already is no error. Returns whether it is gone.
    ///
    /// # Errors
    /// As for [`detach`](Self::detach).
    pub async fn unmount(&self, mount_id: u64, path: &Path) -> Result<bool, MountError> {
        let unmounted = if rustix::process::geteuid().is_root() {
            let request = Request::Unmount {
                mount_id,
                path: path.into(),
            };
            self.on_mount(path, &request, &[]).await.map(|_| ())
        } else {
            self.without_root(mount_id, path, &["-u"]).await
        };
        match unmounted {
            Ok(()) => Ok(true),
            Err(MountError::System { source, .. }) if is_busy(&source) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Has `fusermount3` take a mount away.
    async fn without_root(
        &self,
        mount_id: u64,
        path: &Path,
        options: &[&str],
    ) -> Result<(), MountError> {
        let looking = |source| MountError::System {
            path: path.to_owned(),
            action: "read the mounts".to_owned(),
            source,
        };
        let not_ours = |reason: &str| MountError::NotOurs {
            path: path.to_owned(),
            reason: reason.to_owned(),
        };
        let table = Table::read().map_err(looking)?;
        match (table.by_id(mount_id), table.topmost_at(path)) {
            (None, _) => return Ok(()),
            (Some(mount), Some(top)) if mount.is_fuse() && top.id == mount.id => {}
            (Some(mount), _) if !mount.is_fuse() => return Err(not_ours("it is no FUSE mount")),
            (Some(_), _) => return Err(not_ours("another mount is there")),
        }
        let words = tokio::time::timeout(DEADLINE, self.fusermount(path, options))
            .await
            .unwrap_or_else(|_| Err(timed_out(path)))?;
        if Table::read().map_err(looking)?.by_id(mount_id).is_some() {
            let source = io::Error::other(words);
            return Err(MountError::System {
                path: path.to_owned(),
                action: "detach the mount".to_owned(),
                source,
            });
        }
        Ok(())
    }

    /// Runs fusermount3 to its end; returns what it had to say.
    async fn fusermount(&self, path: &Path, options: &[&str]) -> Result<String, MountError> {
        let spawning = |source| MountError::Spawn {
            path: path.to_owned(),
            source,
        };
        let child = |source| MountError::Child {
            path: path.to_owned(),
            source,
        };
        let Some(place) = path.to_str() else {
            let reason = "its path is not UTF-8".to_owned();
            return Err(MountError::NotOurs {
                path: path.to_owned(),
                reason,
            });
        };
        let found = FUSERMOUNT
            .iter()
            .find(|program| Path::new(program).exists())
            .unwrap_or(&FUSERMOUNT[0]);
        let plan = Plan {
            executable: found.into(),
            arguments: [&["fusermount3"], options, &["--", place]]
                .concat()
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
                .into(),
            environment: vec![("PATH".to_owned(), "/usr/bin:/bin".to_owned())],
            work_directory: "/".into(),
            account: None,
            job: None,
            stderr_file: None,
            // Nobody need keep what it writes.
            one_output: false,
            die_with_launcher: true,
            stdin: false,
            mount: None,
        };
        let launched = self
            .start(Kind::Errand)
            .await
            .map_err(spawning)?
            .launch(plan, None)
            .await
            .map_err(|failed| spawning(failed.error))?;
        let mut words = Vec::new();
        if let Some(stderr) = launched.stderr {
            stderr
                .take(MOST_WORDS)
                .read_to_end(&mut words)
                .await
                .map_err(child)?;
        }
        match launched.process.wait().await.map_err(child)? {
            ExitStatus::Exited(_) | ExitStatus::Unknown => {}
            ExitStatus::Signaled(signal) => {
                words.extend_from_slice(format!("signal {signal}").as_bytes())
            }
        }
        Ok(String::from_utf8_lossy(&words)
            .trim()
            .escape_debug()
            .to_string())
    }

    /// Has a child work on the mount at `path`; returns the place that it answers.
    pub(super) async fn on_mount(
        &self,
        path: &Path,
        request: &Request,
        descriptors: &[std::os::fd::BorrowedFd<'_>],
    ) -> Result<Option<PathBuf>, MountError> {
        let path = path.to_owned();
        let failure = match self.ask(request, descriptors, DEADLINE).await {
            Ok(Some(Reply::Done { path })) => return Ok(path.map(PathBuf::from)),
            Ok(Some(Reply::Failed(failure))) => failure,
            Ok(Some(Reply::MountPoint { .. } | Reply::Executing) | None) => {
                return Err(MountError::Child {
                    path,
                    source: io::ErrorKind::UnexpectedEof.into(),
                });
            }
            Err(e) if e.kind() == io::ErrorKind::TimedOut => return Err(timed_out(&path)),
            Err(source) => return Err(MountError::Child { path, source }),
        };
        if failure.step == Step::MountPointRefused {
            return Err(MountError::NotOurs {
                path,
                reason: failure.detail,
            });
        }
        let source = failure.source();
        Err(MountError::System {
            path,
            action: failure.detail,
            source,
        })
    }
}

fn is_busy(source: &io::Error) -> bool {
    source.kind() == io::ErrorKind::ResourceBusy || says_busy(&source.to_string())
}

/// Whether fusermount3, or umount(8) that it may run, says of a mount that it is in use. They
/// quote its path before, which may have any words; without a locale they speak English.
pub(super) fn says_busy(words: &str) -> bool {
    words.ends_with(": Device or resource busy") || words.ends_with(": target is busy.")
}

fn timed_out(path: &Path) -> MountError {
    MountError::TimedOut {
        path: path.to_owned(),
        seconds: DEADLINE.as_secs(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_busy_in_it_is_not_in_use_for_that() {
        let fusermount = "fusermount3: failed to unmount /home/a/busybox";
        assert!(!says_busy(&format!(
            "{fusermount}: Operation not permitted"
        )));
        assert!(!says_busy(&format!(
            "{fusermount}: Device or resource busy: Invalid argument"
        )));
        assert!(says_busy(&format!("{fusermount}: Device or resource busy")));
        assert!(says_busy("umount: /home/a/b: target is busy."));
        assert!(is_busy(&io::Error::from_raw_os_error(libc::EBUSY)));
    }
}
