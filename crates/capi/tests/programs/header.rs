//! The header is plain C, and says of the library what is true.

use std::mem::offset_of;
use std::process::Command;

use fslaunch::FspLaunchRegRecord;
use fslaunch_tests::{Need, lacking, run_with_deadline};

use crate::compile::{Compiler, LINUX, WINDOWS_32, WINDOWS_64, folder, source};

/// The functions that the header declares, in order.
pub(crate) fn functions() -> Vec<String> {
    let header = std::fs::read_to_string(source("include/fslaunch.h")).unwrap();
    let declared = header.lines().filter_map(|line| {
        let before = line.strip_suffix('(')?;
        let name = before.split_whitespace().last()?;
        name.starts_with("FspLaunch").then(|| name.to_owned())
    });
    let mut names: Vec<String> = declared.collect();
    names.sort();
    assert_eq!(names.len(), 10, "{names:?}");
    names
}

fn is_plain_c(compiler: Compiler, language: &str, standards: &[&str]) {
    let folder = folder(&format!("header-{}-{language}", compiler.program));
    let file = folder.join("nothing-else");
    std::fs::write(&file, "#include \"fslaunch.h\"\n").unwrap();
    for standard in standards {
        let standard = format!("-std={standard}");
        let options = [
            "-pedantic",
            &standard,
            "-x",
            language,
            "-c",
            file.to_str().unwrap(),
        ];
        compiler.compile(&options, &folder.join("object"));
    }
}

#[test]
fn the_header_is_plain_c_for_linux_and_windows() {
    for compiler in [LINUX, WINDOWS_64, WINDOWS_32] {
        if !compiler.is_lacking() {
            is_plain_c(compiler, "c", &["c89", "c99", "c17"]);
        }
    }
}

#[test]
fn the_header_is_plain_cpp() {
    if !lacking(&[Need::Program("g++")]) {
        is_plain_c(LINUX, "c++", &["c++98", "c++17"]);
    }
}

#[test]
fn the_record_lies_in_memory_as_the_header_says() {
    for compiler in [LINUX, WINDOWS_64, WINDOWS_32] {
        if compiler.is_lacking() {
            continue;
        }
        // Each compiler checks each offset itself.
        let program = folder(&format!("layout-{}", compiler.program)).join("layout.exe");
        let file = source("tests/c/layout.c");
        compiler.compile(&["-std=c11", file.to_str().unwrap()], &program);
        if compiler == LINUX {
            let ran = run_with_deadline(&mut Command::new(&program), b"");
            let ours = [
                offset_of!(FspLaunchRegRecord, texts),
                offset_of!(FspLaunchRegRecord, reserved_texts),
                offset_of!(FspLaunchRegRecord, numbers),
                offset_of!(FspLaunchRegRecord, reserved_numbers),
                size_of::<FspLaunchRegRecord>(),
            ];
            let ours = ours.map(|number| number.to_string()).join(" ");
            assert_eq!(ran.out.trim_end(), ours);
        }
    }
}

#[test]
fn each_function_and_each_field_is_documented() {
    let header = std::fs::read_to_string(source("include/fslaunch.h")).unwrap();
    let lines: Vec<&str> = header.lines().collect();
    for function in functions() {
        let start = format!(" {function}(");
        let line = lines
            .iter()
            .position(|line| line.ends_with(&start))
            .unwrap();
        assert_eq!(lines[line - 1], " */", "{function}");
    }
    let (_, fields) = header
        .split_once("typedef struct _FSP_LAUNCH_REG_RECORD\n{")
        .unwrap();
    let (fields, _) = fields.split_once("\n}").unwrap();
    let undocumented: Vec<&str> = fields
        .lines()
        .filter(|line| line.contains(';') && !line.contains("/*"))
        .collect();
    assert!(undocumented.is_empty(), "{undocumented:?}");
}
