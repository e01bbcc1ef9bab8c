//! No text of this repository claims what cannot be claimed of a phone, a tenant or this service.

use std::{
    fs,
    path::{Path, PathBuf},
};

use trennwand_policy::forbidden_phrase;

/// Where phrases stand because they are forbidden there or tried.
const ABOUT_PHRASES: [&str; 3] = [
    "shared/policy/src/claims.rs",
    "functions/onboarding/src/templates/create.rs",
    "tests/e2e/policies.rs",
];

/// What people read, and what such texts are made of.
const KINDS: [&str; 8] = ["rs", "md", "json", "yaml", "html", "css", "snap", "toml"];

fn texts(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "target" && !name.starts_with('.') {
                texts(&path, into);
            }
        } else if path.extension().is_some_and(|kind| KINDS.iter().any(|known| kind == *known)) {
            into.push(path);
        }
    }
}

#[test]
fn nothing_says_what_must_not_be_said() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    let mut files = Vec::new();
    texts(root, &mut files);
    let (mut seen, mut excepted) = (Vec::new(), 0);
    for file in files {
        let name = file.strip_prefix(root).expect("below the root").display().to_string();
        if ABOUT_PHRASES.contains(&name.as_str()) {
            excepted += 1;
            continue;
        }
        let text = fs::read_to_string(&file).expect("a text");
        assert_eq!(forbidden_phrase(&text), None, "{name}");
        seen.push(name);
    }
    assert_eq!(excepted, ABOUT_PHRASES.len());
    for text in ["README.md", "CHANGELOG.md", "openapi/trennwand.json"] {
        assert!(seen.iter().any(|name| name == text), "{text}");
    }
    assert!(seen.len() > 300, "{}", seen.len());
}
