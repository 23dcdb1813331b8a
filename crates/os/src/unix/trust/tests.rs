use std::{
    fs, iter,
    os::unix::fs::{PermissionsExt, chown, symlink},
};

use super::*;

/// A folder that root owns and that only root can write to, all the way up.
struct Place(PathBuf);

impl Place {
    /// `None`, said aloud, for anybody but root.
    fn new(name: &str) -> Option<Place> {
        if !rustix::process::geteuid().is_root() {
            println!("SKIPPED: {name} needs root, for files of several users");
            return None;
        }
        let path = PathBuf::from(format!(
            "/var/lib/fslaunch-test-{}-{name}",
            std::process::id()
        ));
        fs::create_dir(&path).unwrap();
        Some(Place(path))
    }

    fn folder(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(&path).unwrap();
        set_mode(&path, mode);
        path
    }

    fn file(&self, name: &str, mode: u32) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, "content").unwrap();
        set_mode(&path, mode);
        path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

const ALICE: u32 = 4_000_001;

fn check(path: &Path) -> Result<Trusted, TrustError> {
    check_path(path, &Trust::system())
}

fn message(path: &Path) -> String {
    check(path).unwrap_err().to_string()
}

/// What a user's own daemon trusts.
fn of_user(uid: u32) -> Trust {
    Trust {
        owners: vec![0, uid],
        allow_sticky: true,
    }
}

#[test]
fn a_file_that_only_root_can_change_is_trusted_and_opened() {
    let Some(place) = Place::new("trusted") else {
        return;
    };
    place.folder("a/b", 0o755);
    let file = place.file("a/b/c", 0o755);
    let trusted = check(&file).unwrap();
    assert_eq!(
        (trusted.path.as_path(), trusted.mode),
        (file.as_path(), 0o755)
    );
    let text = io::read_to_string(trusted.open().unwrap()).unwrap();
    assert_eq!(text, "content");
    let folder = check(&place.0.join("a/./b//../b/")).unwrap();
    assert_eq!(folder.path, place.0.join("a/b"));
    assert_eq!(
        folder.open().unwrap_err().to_string(),
        format!("{} is not a file", folder.path.display())
    );
}

#[test]
fn a_folder_above_that_others_can_write_to_is_named_with_its_mode() {
    let Some(place) = Place::new("writable") else {
        return;
    };
    let folder = place.folder("a", 0o777);
    let file = place.file("a/c", 0o644);
    let expected = format!("{} is writable by everyone (mode 0777)", folder.display());
    assert_eq!(message(&file), expected);
    set_mode(&folder, 0o775);
    chown(&folder, None, Some(0)).unwrap();
    let expected = format!(
        "{} is writable by group 'root' (mode 0775)",
        folder.display()
    );
    assert_eq!(message(&file), expected);
    set_mode(&folder, 0o755);
    assert!(check(&file).is_ok());
    set_mode(&file, 0o664);
    assert!(message(&file).starts_with(&format!("{} is writable by group", file.display())));
}

#[test]
fn a_file_or_folder_of_somebody_else_is_not_trusted() {
    let Some(place) = Place::new("owner") else {
        return;
    };
    let folder = place.folder("a", 0o755);
    let file = place.file("a/c", 0o644);
    chown(&file, Some(ALICE), None).unwrap();
    let expected = format!(
        "{} belongs to user {ALICE}, not to user 'root'",
        file.display()
    );
    assert_eq!(message(&file), expected);
    assert!(check_path(&file, &of_user(ALICE)).is_ok());
    assert!(check_path(&file, &of_user(ALICE + 1)).is_err());
    chown(&file, Some(0), None).unwrap();
    chown(&folder, Some(ALICE), None).unwrap();
    assert!(message(&file).starts_with(&format!("{} belongs to user {ALICE}", folder.display())));
}

#[test]
fn nothing_below_a_folder_that_is_not_trusted_is_looked_at() {
    let Some(place) = Place::new("below") else {
        return;
    };
    let folder = place.folder("a", 0o777);
    let message = message(&folder.join("no/such/file"));
    assert!(
        message.starts_with(&format!("{} is writable", folder.display())),
        "{message}"
    );
}

#[test]
fn links_of_root_are_followed_and_what_they_lead_to_is_checked() {
    let Some(place) = Place::new("links") else {
        return;
    };
    place.folder("real/bin", 0o755);
    let file = place.file("real/bin/c", 0o755);
    symlink("real", place.0.join("relative")).unwrap();
    symlink("../real/./bin/../bin", place.0.join("real/up")).unwrap();
    symlink(place.0.join("relative/up"), place.0.join("absolute")).unwrap();
    for path in ["relative/bin/c", "real/up/c", "absolute/c"] {
        assert_eq!(check(&place.0.join(path)).unwrap().path, file);
    }
    set_mode(&place.0.join("real/bin"), 0o777);
    assert!(message(&place.0.join("absolute/c")).contains("real/bin is writable by everyone"));
}

#[test]
fn a_link_of_somebody_else_is_not_followed() {
    let Some(place) = Place::new("foreign-link") else {
        return;
    };
    let file = place.file("c", 0o755);
    let link = place.0.join("link");
    symlink(&file, &link).unwrap();
    std::os::unix::fs::lchown(&link, Some(ALICE), None).unwrap();
    assert!(message(&link).starts_with(&format!("{} belongs to user {ALICE}", link.display())));
}

#[test]
fn links_that_lead_to_themselves_end() {
    let Some(place) = Place::new("loop") else {
        return;
    };
    let link = place.0.join("link");
    symlink("link", &link).unwrap();
    assert!(matches!(check(&link), Err(TrustError::TooManyLinks { .. })));
}

#[test]
fn a_sticky_folder_of_root_is_good_enough_for_a_users_own_daemon_only() {
    let Some(place) = Place::new("sticky") else {
        return;
    };
    let folder = place.folder("tmp", 0o1777);
    let file = place.file("tmp/c", 0o644);
    assert!(message(&file).contains("is writable by everyone (mode 1777)"));
    assert!(check_path(&file, &of_user(ALICE)).is_ok());
    chown(&folder, Some(ALICE), None).unwrap();
    assert!(check_path(&file, &of_user(ALICE)).is_err());
}

#[test]
fn what_is_missing_or_not_a_folder_is_told() {
    let Some(place) = Place::new("missing") else {
        return;
    };
    let file = place.file("c", 0o644);
    assert!(
        matches!(check(&place.0.join("x/y")), Err(TrustError::NotFound { path }) if path.ends_with("x"))
    );
    assert!(matches!(check(&file.join("y")), Err(TrustError::Kind { path, .. }) if path == file));
    assert!(matches!(
        check(Path::new("usr/bin")),
        Err(TrustError::NotFull { .. })
    ));
    let long: PathBuf = iter::once("/").chain(iter::repeat_n("x", 3)).collect();
    assert!(check(&long.join("y".repeat(300))).is_err());
    assert_eq!(check(Path::new("/../..")).unwrap().path, Path::new("/"));
}

#[test]
fn a_file_that_was_replaced_since_it_was_checked_is_not_opened() {
    let Some(place) = Place::new("replaced") else {
        return;
    };
    let file = place.file("c", 0o644);
    let trusted = check(&file).unwrap();
    let other = place.file("d", 0o644);
    fs::rename(other, &file).unwrap();
    assert!(matches!(trusted.open(), Err(TrustError::Os { .. })));
}
