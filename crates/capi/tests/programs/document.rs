//! What docs/c-api.md shows is a program.

use crate::compile::{LINUX, WINDOWS_64, folder, source};
use crate::header::functions;

fn document() -> String {
    std::fs::read_to_string(source("../../docs/c-api.md")).unwrap()
}

#[test]
fn the_example_compiles_for_both_systems() {
    let document = document();
    let (_, example) = document.split_once("```c\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    for compiler in [LINUX, WINDOWS_64] {
        if compiler.is_lacking() {
            continue;
        }
        let folder = folder(&format!("document-{}", compiler.program));
        let file = folder.join("example.c");
        std::fs::write(&file, example).unwrap();
        let options = ["-std=c11", "-pedantic", "-c", file.to_str().unwrap()];
        compiler.compile(&options, &folder.join("example.o"));
    }
}

#[test]
fn the_document_names_each_function() {
    let document = document();
    for function in functions() {
        assert!(document.contains(&function), "{function}");
    }
}
