//! Whether nobody but a trusted owner can change a file.
//!
//! The path is walked from `/` by opened folders, so that what was checked is
//! what is used, and never below a folder that others can change (security
//! specification, rule 2 of what callers may never make the launcher do).

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::{OsStrExt, OsStringExt},
    },
    path::{Path, PathBuf},
};

use rustix::fs::{CWD, FileType, Mode, OFlags, Stat};

use super::{
    accounts::{group_label, user_label},
    peer::own_uid,
    shown::shown,
};

/// Whom to trust with files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The users whom files and folders may belong to.
    pub owners: Vec<u32>,
    /// Whether a folder of root that everybody may write to is good enough if
    /// it is sticky, as `/tmp` is.
    pub allow_sticky: bool,
}

impl Trust {
    /// Root alone: what the daemon of the system trusts.
    pub fn system() -> Trust {
        Trust {
            owners: vec![0],
            allow_sticky: false,
        }
    }

    /// Root and the user that this process runs as: what a user's own daemon
    /// trusts.
    pub fn user() -> Trust {
        Trust {
            owners: vec![0, own_uid()],
            allow_sticky: true,
        }
    }
}

/// Why a file is not trusted, or can't be looked at.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
pub enum TrustError {
    /// It belongs to somebody else.
    #[error("{path} belongs to {owner}, not to {trusted}", path = shown(path))]
    Owner {
        path: PathBuf,
        owner: String,
        trusted: String,
    },
    /// Somebody else can write to it.
    #[error("{path} is writable by {by} (mode {mode:04o})", path = shown(path))]
    Writable {
        path: PathBuf,
        by: String,
        mode: u32,
    },
    /// Links that lead to links, and so on.
    #[error("{path} is behind more than {MAX_LINKS} links", path = shown(path))]
    TooManyLinks { path: PathBuf },
    /// A path without a beginning.
    #[error("{path} is not a full path", path = shown(path))]
    NotFull { path: PathBuf },
    /// Something else than a file, or than a folder on the way to one.
    #[error("{path} is not a {expected}", path = shown(path))]
    Kind {
        path: PathBuf,
        expected: &'static str,
    },
    /// It is not there.
    #[error("{path} does not exist", path = shown(path))]
    NotFound { path: PathBuf },
    /// The system's answer to a look at it.
    #[error("failed to look at {path}: {source}", path = shown(path))]
    Os { path: PathBuf, source: io::Error },
}

/// The most links that are followed on one path.
const MAX_LINKS: usize = 40;

/// A file or folder that nobody but trusted users can change.
#[derive(Debug)]
pub struct Trusted {
    /// Where it is, with no link on the way.
    pub path: PathBuf,
    /// What it is.
    pub kind: FileType,
    /// Its permission bits.
    pub mode: u32,
    /// The folder that it is in and its name there; `None` for `/`.
    place: Option<(OwnedFd, OsString)>,
    stat: Stat,
}

/// Checks a path: it, and every folder above it, must belong to a trusted user
/// and be writable by nobody else. Links of trusted users are followed, and
/// what they lead to is checked the same way.
///
/// # Errors
/// The first thing on the way that is not so, or can't be looked at.
pub fn check_path(path: &Path, trust: &Trust) -> Result<Trusted, TrustError> {
    if !path.is_absolute() {
        return Err(TrustError::NotFull { path: path.into() });
    }
    let mut walk = Walk {
        trust,
        steps: vec![Step::root(trust)?],
        links: 0,
    };
    let mut ahead = components(path.as_os_str());
    while let Some(name) = ahead.pop() {
        match name.as_bytes() {
            b"" | b"." => {}
            b".." => walk.up(),
            _ => {
                if let Some(target) = walk.down(name)? {
                    ahead.extend(components(&target));
                }
            }
        }
    }
    Ok(walk.arrive())
}

impl Trusted {
    /// Opens the file to read it.
    ///
    /// # Errors
    /// It is not a regular file, or can't be opened.
    pub fn open(&self) -> Result<File, TrustError> {
        let os = |error: rustix::io::Errno| TrustError::Os {
            path: self.path.clone(),
            source: error.into(),
        };
        let (FileType::RegularFile, Some((folder, name))) = (self.kind, &self.place) else {
            return Err(TrustError::Kind {
                path: self.path.clone(),
                expected: "file",
            });
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file =
            rustix::fs::openat(folder, name.as_os_str(), flags, Mode::empty()).map_err(os)?;
        let stat = rustix::fs::fstat(&file).map_err(os)?;
        if (stat.st_dev, stat.st_ino) != (self.stat.st_dev, self.stat.st_ino) {
            // A trusted user replaced it since it was checked.
            return Err(os(rustix::io::Errno::STALE));
        }
        Ok(file.into())
    }
}

/// The components of a path, the last one first. One that is empty may stand
/// for the root at the beginning; it changes nothing elsewhere.
fn components(path: &OsStr) -> Vec<OsString> {
    let parts = path.as_bytes().split(|&byte| byte == b'/').rev();
    parts
        .map(|part| OsStr::from_bytes(part).to_owned())
        .collect()
}

/// One folder on the way, or what is at its end.
struct Step {
    name: OsString,
    fd: OwnedFd,
    stat: Stat,
}

impl Step {
    fn root(trust: &Trust) -> Result<Step, TrustError> {
        let step = Step::open(CWD, OsStr::new("/")).map_err(|source| TrustError::Os {
            path: "/".into(),
            source,
        })?;
        check(Path::new("/"), &step.stat, trust)?;
        Ok(step)
    }

    fn open(folder: impl AsFd, name: &OsStr) -> io::Result<Step> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = rustix::fs::openat(folder, name, flags, Mode::empty())?;
        let stat = rustix::fs::fstat(&fd)?;
        Ok(Step {
            name: name.to_owned(),
            fd,
            stat,
        })
    }

    fn kind(&self) -> FileType {
        FileType::from_raw_mode(self.stat.st_mode)
    }
}

struct Walk<'a> {
    trust: &'a Trust,
    /// From the root; never empty.
    steps: Vec<Step>,
    links: usize,
}

impl Walk<'_> {
    fn up(&mut self) {
        if self.steps.len() > 1 {
            self.steps.pop();
        }
    }

    /// Goes to what the folder has under a name. For a link, it stays where
    /// the link's path begins and returns that path.
    fn down(&mut self, name: OsString) -> Result<Option<OsString>, TrustError> {
        let path = self.path().join(&name);
        let here = self.here();
        if here.kind() != FileType::Directory {
            return Err(TrustError::Kind {
                path: self.path(),
                expected: "folder",
            });
        }
        let step = Step::open(&here.fd, &name).map_err(|source| os(&path, source))?;
        check(&path, &step.stat, self.trust)?;
        if step.kind() != FileType::Symlink {
            self.steps.push(step);
            return Ok(None);
        }
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(TrustError::TooManyLinks { path });
        }
        let target = rustix::fs::readlinkat(&step.fd, "", Vec::new());
        let target = target
            .map_err(|error| os(&path, error.into()))?
            .into_bytes();
        if target.first() == Some(&b'/') {
            self.steps.truncate(1);
        }
        Ok(Some(OsString::from_vec(target)))
    }

    fn here(&self) -> &Step {
        // The root is never popped nor truncated away.
        &self.steps[self.steps.len() - 1]
    }

    fn path(&self) -> PathBuf {
        self.steps
            .iter()
            .map(|step| step.name.as_os_str())
            .collect()
    }

    fn arrive(mut self) -> Trusted {
        let path = self.path();
        let last = self.steps.len() - 1;
        let step = self.steps.swap_remove(last);
        let folder = self.steps.pop().map(|folder| folder.fd);
        Trusted {
            path,
            kind: step.kind(),
            mode: step.stat.st_mode & 0o7777,
            stat: step.stat,
            place: folder.map(|folder| (folder, step.name)),
        }
    }
}

fn os(path: &Path, source: io::Error) -> TrustError {
    let path = path.to_owned();
    if source.kind() == io::ErrorKind::NotFound {
        TrustError::NotFound { path }
    } else {
        TrustError::Os { path, source }
    }
}

fn check(path: &Path, stat: &Stat, trust: &Trust) -> Result<(), TrustError> {
    let path = || path.to_owned();
    if !trust.owners.contains(&stat.st_uid) {
        let trusted: Vec<String> = trust.owners.iter().map(|&uid| user_label(uid)).collect();
        let (owner, trusted) = (user_label(stat.st_uid), trusted.join(" or "));
        return Err(TrustError::Owner {
            path: path(),
            owner,
            trusted,
        });
    }
    let kind = FileType::from_raw_mode(stat.st_mode);
    let mode = stat.st_mode & 0o7777;
    // The mode of a link means nothing.
    if kind == FileType::Symlink || mode & 0o022 == 0 {
        return Ok(());
    }
    let sticky = kind == FileType::Directory && mode & 0o1000 != 0 && stat.st_uid == 0;
    if sticky && trust.allow_sticky {
        return Ok(());
    }
    let by = match mode & 0o002 {
        0 => group_label(stat.st_gid),
        _ => "everyone".to_owned(),
    };
    Err(TrustError::Writable {
        path: path(),
        by,
        mode,
    })
}

#[cfg(test)]
mod tests;
