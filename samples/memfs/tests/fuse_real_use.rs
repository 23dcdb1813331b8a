//! What people do with a file system: build a project, keep a repository, run a database, pack and unpack.

#![cfg(unix)]

mod mounted;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use mounted::{Mounted, Start, fuse_is_there, skip};

const PATIENCE: Duration = Duration::from_secs(300);

fn workspace() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.join("../..").canonicalize().expect("it is a workspace")
}

/// A mounted file system, if it and these programs are there.
fn ready(test: &str, programs: &[&str]) -> Option<Mounted> {
    if !fuse_is_there(test) {
        return None;
    }
    for program in programs {
        if let Err(error) = Command::new(program).arg("--version").output() {
            skip(test, &format!("cannot run {program}: {error}"));
            return None;
        }
    }
    Some(Start::new(&[]).within(PATIENCE).mounted())
}

/// Runs words of the shell in a folder; they must succeed.
fn run(folder: &Path, words: &str) -> String {
    attempt(folder, words).unwrap_or_else(|said| panic!("{said}"))
}

/// Runs words of the shell in a folder, and answers with what they print.
fn attempt(folder: &Path, words: &str) -> Result<String, String> {
    let output = Command::new("/bin/sh")
        .args(["-euc", words])
        .current_dir(folder)
        .env_remove("GIT_DIR")
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .expect("the shell starts");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (said(&output.stdout), said(&output.stderr));
    match output.status.success() {
        true => Ok(out),
        false => Err(format!("{words}\n{out}\n{err}")),
    }
}

/// A published crate with tests of its own, which this workspace depends on, as it was downloaded.
const CRATE: &str = "tracing-core";

/// Its version and archive, if cargo has kept that.
fn archive() -> Result<(String, PathBuf), String> {
    let lock = fs::read_to_string(workspace().join("Cargo.lock")).map_err(|e| e.to_string())?;
    let entry = format!("name = \"{CRATE}\"\nversion = \"");
    let version = lock
        .split(&entry)
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let version = version.ok_or(format!("Cargo.lock has no {CRATE}"))?;
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let cache = home.ok_or("there is no CARGO_HOME")?.join("registry/cache");
    let name = format!("{CRATE}-{version}");
    let registries = fs::read_dir(&cache).map_err(|e| format!("{}: {e}", cache.display()))?;
    let found = registries
        .flatten()
        .map(|registry| registry.path().join(format!("{name}.crate")))
        .find(|archive| archive.exists());
    let found = found.ok_or(format!("no {name}.crate in {}", cache.display()))?;
    Ok((name, found))
}

/// Packs the crate and all that it depends on, vendored, as people hand it on: into `project.tar` of a folder.
fn packed(folder: &Path) -> Result<String, String> {
    let (name, archive) = archive()?;
    run(folder, &format!("tar -xzf '{}'", archive.display()));
    let project = folder.join(&name);
    fs::copy(workspace().join("Cargo.lock"), project.join("Cargo.lock"))
        .map_err(|e| e.to_string())?;
    // Fails where the cache lacks one of its dependencies.
    let vendor = "mkdir .cargo && cargo vendor --offline --quiet vendor > .cargo/config.toml";
    attempt(&project, vendor)?;
    run(folder, &format!("tar -cf project.tar {name}"));
    Ok(name)
}

#[test]
fn a_published_crate_with_its_dependencies_is_unpacked_built_and_tested() {
    let test = "a_published_crate_with_its_dependencies_is_unpacked_built_and_tested";
    let Some(mounted) = ready(test, &["cargo", "tar"]) else {
        return;
    };
    let outside = mounted.place.base.join("outside");
    fs::create_dir(&outside).unwrap();
    let name = match packed(&outside) {
        Ok(name) => name,
        Err(lacking) => {
            skip(test, &lacking);
            return;
        }
    };
    let inside = mounted.path("");
    let tar = outside.join("project.tar");
    run(&inside, &format!("tar -xf '{}'", tar.display()));
    run(
        &inside,
        &format!("diff -r '{}/{name}' {name}", outside.display()),
    );
    let project = inside.join(&name);
    let out = run(&project, "cargo test --offline --locked --lib --tests 2>&1");
    // Each file of its folder `tests` is a program, and the library is one more.
    let programs = fs::read_dir(project.join("tests")).unwrap().flatten();
    let programs = programs.filter(|file| file.path().extension().is_some_and(|end| end == "rs"));
    let passed = out.matches("test result: ok.").count();
    assert_eq!(passed, programs.count() + 1, "{out}");
    assert!(passed > 1, "{out}");
    run(
        &project,
        "cargo clean --offline --quiet && test ! -e target",
    );
}

#[test]
fn a_repository_is_cloned_by_hard_links_and_is_whole() {
    let test = "a_repository_is_cloned_by_hard_links_and_is_whole";
    let Some(mounted) = ready(test, &["git"]) else {
        return;
    };
    let folder = mounted.path("");
    run(&folder, "git init --quiet --initial-branch=main one");
    let copy = format!("cp -r '{}'/samples '{0}'/docs one/", workspace().display());
    run(&folder, &copy);
    let commit = "git -c user.name=n -c user.email=e commit --quiet";
    run(
        &folder.join("one"),
        &format!("git add . && {commit} -m first"),
    );
    run(
        &folder.join("one"),
        &format!("git mv samples moved && {commit} -m second && git gc --quiet"),
    );
    run(&folder, "git clone --quiet --local one two");
    for clone in ["one", "two"] {
        run(&folder.join(clone), "git fsck --full --strict 2>&1");
        assert_eq!(run(&folder.join(clone), "git status --porcelain"), "");
    }
    run(&folder, "diff -r one/moved two/moved");
    run(&folder, "rm -rf one two");
}

#[test]
fn a_database_with_a_write_ahead_log_stays_whole_under_load() {
    let test = "a_database_with_a_write_ahead_log_stays_whole_under_load";
    let Some(mounted) = ready(test, &["python3"]) else {
        return;
    };
    let script = r#"
import multiprocessing, os, sqlite3, sys
path = sys.argv[1]
def connect():
    c = sqlite3.connect(path, timeout=60, isolation_level=None)
    assert c.execute('pragma journal_mode=wal').fetchone()[0] == 'wal'
    c.execute('pragma wal_autocheckpoint=50')
    return c
def write(n):
    c = connect()
    for i in range(150):
        c.execute('begin immediate')
        c.execute('insert into t values (?, ?, ?)', (n, i, os.urandom(3000)))
        c.execute('update total set n = n + 1')
        c.execute('commit')
def read(n):
    c = connect()
    for i in range(150):
        c.execute('begin')
        rows = c.execute('select count(*) from t').fetchone()[0]
        assert rows == c.execute('select n from total').fetchone()[0]
        c.execute('commit')
c = connect()
c.execute('create table t (writer, i, bytes)')
c.execute('create table total (n)')
c.execute('insert into total values (0)')
c.close()
jobs = [multiprocessing.Process(target=f, args=(n,)) for n in range(3) for f in (write, read)]
for j in jobs: j.start()
for j in jobs: j.join()
assert [j.exitcode for j in jobs] == [0] * 6, [j.exitcode for j in jobs]
c = connect()
assert c.execute('select n from total').fetchone()[0] == 450
assert c.execute('pragma integrity_check').fetchone()[0] == 'ok'
"#;
    fs::write(mounted.place.base.join("load.py"), script).unwrap();
    run(
        &mounted.place.base,
        "python3 load.py 'mount point/database'",
    );
}

#[test]
fn an_archive_unpacks_to_what_was_packed() {
    let test = "an_archive_unpacks_to_what_was_packed";
    let Some(mounted) = ready(test, &["tar"]) else {
        return;
    };
    let folder = mounted.path("");
    let source = workspace();
    run(
        &folder,
        "mkdir unpacked && mkdir -p odd/deep && cd odd && : > empty && ln -s deep link \
        && ln empty hard && printf x > 'a name with spaces' && truncate -s 30000000 sparse \
        && printf y >> sparse && chmod 4750 hard && touch -d '1969-12-31 23:59:58.25 UTC' deep",
    );
    let pack = format!(
        "tar -S -cf all.tar odd -C '{}' samples crates docs && tar -C unpacked -xpf all.tar",
        source.display()
    );
    run(&folder, &pack);
    run(&folder, "diff -r odd unpacked/odd");
    // Contents, modes, owners, times and links, as the archive has them.
    run(&folder, "tar -C unpacked -df all.tar");
    run(
        &folder,
        &format!("diff -r '{}/crates' unpacked/crates", source.display()),
    );
}
