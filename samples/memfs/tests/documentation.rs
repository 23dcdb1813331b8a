//! The page on writing a service quotes MEMFS; what it quotes is what there is.

use std::fs;
use std::path::Path;

fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let after = text.split(&fence).skip(1);
    after
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn each_quoted_function_is_in_the_source_word_for_word() {
    let page = file("../../docs/writing-a-service.md");
    let sources: Vec<String> = ["src/main.rs", "src/fuse/mod.rs", "src/fuse/readiness.rs"]
        .map(file)
        .into();
    let quoted = blocks(&page, "rust");
    assert_eq!(quoted.len(), sources.len());
    for (block, source) in quoted.iter().zip(&sources) {
        assert!(source.contains(block), "no longer so:\n{block}");
    }
}

#[test]
fn the_quoted_class_is_that_of_the_page_on_class_files() {
    let quoted = blocks(&file("../../docs/writing-a-service.md"), "toml");
    let [class] = quoted.as_slice() else {
        panic!("{} classes", quoted.len());
    };
    assert!(blocks(&file("../../docs/class-file.md"), "toml").contains(class));
}
