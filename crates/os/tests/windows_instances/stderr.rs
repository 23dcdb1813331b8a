//! The file that standard error goes to.

use std::path::Path;

use fslaunch_os::plan::Plan;
use fslaunch_os::spawn_error::SpawnError;
use tokio::io::AsyncReadExt;

use crate::runner::{skip, tests};
use crate::stage::{Folder, finish, launch, plan, run, soon};

tests![
    standard_error_is_read_apart_from_standard_output,
    standard_error_and_standard_output_are_one_where_the_plan_says_so,
    standard_error_is_appended_to_its_file,
    instances_may_share_the_file,
    a_folder_is_refused,
    a_link_is_refused,
    a_link_to_a_folder_on_the_way_is_refused,
    a_path_is_read_as_the_system_reads_it,
    a_folder_that_is_missing_is_not_made,
    a_file_with_two_names_is_refused,
    what_is_no_file_is_refused,
    a_relative_path_is_refused,
];

fn to_file(path: &Path, words: &str) -> Plan {
    Plan {
        stderr_file: Some(path.to_owned()),
        ..plan("speak", &["out", words])
    }
}

fn standard_error_is_read_apart_from_standard_output() {
    run(async {
        let mut launched = launch(plan("speak", &["to out", "to err"])).await.unwrap();
        let mut stderr = launched.stderr.take().unwrap();
        let mut text = String::new();
        soon(stderr.read_to_string(&mut text)).await.unwrap();
        assert_eq!(text, "to err\n");
        assert_eq!(finish(launched).await.0, "to out\n");
    });
}

fn standard_error_and_standard_output_are_one_where_the_plan_says_so() {
    run(async {
        let plan = Plan {
            one_output: true,
            ..plan("speak", &["to out", "to err"])
        };
        let launched = launch(plan).await.unwrap();
        assert!(launched.stderr.is_none());
        assert_eq!(finish(launched).await.0, "to out\nto err\n");
    });
}

fn standard_error_is_appended_to_its_file() {
    run(async {
        let folder = Folder::new();
        let path = folder.0.join("größe.log");
        for words in ["first", "second"] {
            let launched = launch(to_file(&path, words)).await.unwrap();
            assert!(launched.stderr.is_none());
            assert_eq!(finish(launched).await.0, "out\n");
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "first\nsecond\n");
    });
}

fn instances_may_share_the_file() {
    run(async {
        let folder = Folder::new();
        let path = folder.0.join("log");
        let sleeper = Plan {
            stderr_file: Some(path.clone()),
            ..plan("sleep", &[])
        };
        let sleeper = launch(sleeper).await.unwrap();
        finish(launch(to_file(&path, "here")).await.unwrap()).await;
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "here\n");
        sleeper.process.kill().unwrap();
        finish(sleeper).await;
    });
}

async fn refused(path: &Path) {
    match launch(to_file(path, "x")).await {
        Err(SpawnError::StderrFile { path: named, .. }) => assert_eq!(named, path),
        other => panic!("{other:?}"),
    }
}

fn a_folder_is_refused() {
    run(async {
        let folder = Folder::new();
        refused(&folder.0).await;
    });
}

fn a_link_is_refused() {
    let folder = Folder::new();
    let (target, link) = (folder.0.join("target"), folder.0.join("link"));
    std::fs::write(&target, "").unwrap();
    let made = std::os::windows::fs::symlink_file(&target, &link);
    let is_link = std::fs::symlink_metadata(&link).is_ok_and(|found| found.is_symlink());
    if made.is_err() || !is_link {
        drop(folder);
        skip("symbolic links can't be made here, or are not seen");
    }
    run(async {
        refused(&link).await;
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "");
    });
}

fn a_link_to_a_folder_on_the_way_is_refused() {
    let folder = Folder::new();
    let (target, link) = (folder.0.join("target"), folder.0.join("link"));
    std::fs::create_dir(&target).unwrap();
    if !junction(&link, &target) {
        drop(folder);
        skip("links to folders can't be made here, or are not seen");
    }
    run(async {
        refused(&link.join("log")).await;
        assert!(!target.join("log").exists());
    });
    std::fs::remove_dir(&link).unwrap();
}

/// Makes the kind of link that every user may make.
fn junction(link: &Path, target: &Path) -> bool {
    let mut command = std::process::Command::new("cmd.exe");
    command.args(["/c", "mklink", "/J"]).args([link, target]);
    let made = command.output().is_ok_and(|done| done.status.success());
    made && std::fs::symlink_metadata(link).is_ok_and(|found| found.is_symlink())
}

fn a_path_is_read_as_the_system_reads_it() {
    run(async {
        let folder = Folder::new();
        let path = folder.0.to_str().unwrap();
        for (spelled, name) in [
            (format!("{path}/slash"), "slash"),
            (format!(r"{path}\missing\..\up"), "up"),
            (format!(r"\\?\{path}\verbatim"), "verbatim"),
            (format!(r"{}\CASE", path.to_uppercase()), "case"),
        ] {
            finish(launch(to_file(Path::new(&spelled), name)).await.unwrap()).await;
            let written = std::fs::read_to_string(folder.0.join(name)).unwrap();
            assert_eq!(written, format!("{name}\n"), "{spelled}");
        }
    });
}

fn a_folder_that_is_missing_is_not_made() {
    run(async {
        let folder = Folder::new();
        refused(&folder.0.join(r"missing\log")).await;
        assert!(!folder.0.join("missing").exists());
    });
}

fn a_file_with_two_names_is_refused() {
    run(async {
        let folder = Folder::new();
        let (target, link) = (folder.0.join("target"), folder.0.join("link"));
        std::fs::write(&target, "").unwrap();
        std::fs::hard_link(&target, &link).unwrap();
        refused(&link).await;
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "");
    });
}

fn what_is_no_file_is_refused() {
    run(async {
        for path in [r"\\.\NUL", r"\\.\pipe\no such pipe", r"C:\NUL"] {
            refused(Path::new(path)).await;
        }
    });
}

fn a_relative_path_is_refused() {
    run(async {
        refused(Path::new("x.log")).await;
        refused(Path::new(r"C:x.log")).await;
    });
}
