//! Where something is mounted, told without touching it.

use std::io;
use std::path::{Component, Path, PathBuf};

use fslaunch_os::mounts::{Mount, Table};

use super::exit::Failure;

/// The full path of a mount point. The folders above it are looked at, it
/// itself never: what is mounted there may hang whoever asks it.
pub(crate) fn of(folder: &str) -> Result<PathBuf, Failure> {
    let failed = |source| Failure::system(format!("find {folder}"), source);
    let path = std::path::absolute(folder).map_err(failed)?;
    // A last component `.` or `..` is no name of its own; `/` has none.
    match (path.parent(), path.components().next_back()) {
        (Some(above), Some(Component::Normal(name))) => {
            Ok(above.canonicalize().map_err(failed)?.join(name))
        }
        _ => path.canonicalize().map_err(failed),
    }
}

/// The topmost FUSE mount at a place.
pub(crate) fn mount_at(place: &Path) -> Result<Option<Mount>, Failure> {
    let table = table()?;
    let mount = table.topmost_at(place);
    Ok(mount.filter(|mount| mount.is_fuse()).cloned())
}

/// What is mounted at a place, all of it.
pub(crate) fn ids_at(place: &Path) -> Result<Vec<u64>, Failure> {
    let table = table()?;
    let here = table.iter().filter(|mount| mount.mount_point == place);
    Ok(here.map(|mount| mount.id).collect())
}

/// What is mounted now.
pub(crate) fn table() -> Result<Table, Failure> {
    let failed = |source: io::Error| Failure::system("read the table of mounts", source);
    Table::read().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_full_and_its_end_is_not_looked_at() {
        assert_eq!(
            of("/proc/./sys/../nowhere").unwrap(),
            Path::new("/proc/nowhere")
        );
        assert_eq!(of("/").unwrap(), Path::new("/"));
        assert_eq!(of("/proc/sys/..").unwrap(), Path::new("/proc"));
        // A link at the end is not followed: that would look at where it leads.
        assert_eq!(of("/proc/self").unwrap(), Path::new("/proc/self"));
        assert!(of("/no/such/folder").is_err());
    }
}
