//! Holds the layering: a file may use only the folders that `ARCHITECTURE.md` lists for its own.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rows of the table `| folder | holds | may use |`.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [folder, _, uses] = cells.as_slice() else {
            panic!("not a row of the map: {line}");
        };
        let uses = uses.split_whitespace().filter(|used| *used != "–").map(str::to_owned);
        rows.insert(folder.trim_matches('`').to_owned(), uses.collect());
    }
    rows
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// The folders that a source names as `crate::folder` outside comments.
fn used(source: &str) -> BTreeSet<String> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let names = code.flat_map(|line| line.split("crate::").skip(1));
    names
        .map(|name| name.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
        .filter(|name: &String| name.starts_with(char::is_lowercase))
        .collect()
}

#[test]
fn no_file_uses_a_folder_above_its_own() {
    let allowed = allowed();
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut seen = BTreeSet::new();
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap();
        let first = relative.components().next().unwrap().as_os_str().to_str().unwrap();
        let folder = first.trim_end_matches(".rs");
        let is_test = relative
            .components()
            .any(|part| part.as_os_str().to_str().unwrap().starts_with("tests"));
        if folder == "lib" || is_test {
            continue;
        }
        let Some(uses) = allowed.get(folder) else {
            panic!("ARCHITECTURE.md has no row for `{folder}`");
        };
        seen.insert(folder.to_owned());
        for name in used(&fs::read_to_string(&file).unwrap()) {
            if name != folder && !uses.contains(&name) {
                wrong.push(format!("{} uses `{name}`", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let rows: BTreeSet<String> = allowed.into_keys().collect();
    assert_eq!(seen, rows, "the map lists folders that do not exist");
}

/// nom is the grammar's tool and nobody else's.
#[test]
fn only_the_grammar_names_nom() {
    let src = root().join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    for file in files.iter().filter(|file| !file.starts_with(src.join("syntax"))) {
        let text = fs::read_to_string(file).unwrap();
        assert!(!text.contains("nom::"), "{} names nom", file.display());
    }
}
