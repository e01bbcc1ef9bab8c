//! The arrows of the architecture: which room may use which.

#![expect(clippy::disallowed_methods, reason = "cargo says which cargo runs this")]

use std::{collections::BTreeMap, process::Command};

use serde_json::Value;

/// Lowest first: a room may use only rooms above it in this list.
const ROOMS: [&str; 12] = [
    "trennwand-domain",
    "trennwand-apple",
    "trennwand-android",
    "trennwand-policy",
    "trennwand-evidence",
    "trennwand-pki",
    "trennwand-store",
    "trennwand-auth",
    "trennwand-push",
    "trennwand-web",
    "trennwand-runtime",
    "trennwand-simulator",
];

/// What a pure room must never pull in, at any depth of our own crates: IO, an async runtime, HTTP.
const PURE: [&str; 4] =
    ["trennwand-domain", "trennwand-apple", "trennwand-policy", "trennwand-evidence"];
const IMPURE: [&str; 6] = ["tokio", "axum", "reqwest", "aws-sdk-dynamodb", "hyper", "a2"];

/// Our crates as cargo describes them.
fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path", manifest])
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo speaks JSON");
    metadata["packages"].as_array().expect("a list of packages").clone()
}

/// Our crates and what each names under `[dependencies]`; dev-dependencies are free.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let name = |v: &Value| v["name"].as_str().unwrap_or_default().to_owned();
    packages()
        .iter()
        .map(|p| {
            let list = p["dependencies"].as_array().expect("a list of dependencies");
            (name(p), list.iter().filter(|d| d["kind"].is_null()).map(name).collect())
        })
        .collect()
}

#[test]
fn rooms_use_only_rooms_below_them() {
    let all = dependencies();
    for (place, room) in ROOMS.iter().enumerate() {
        let uses = all.get(*room).unwrap_or_else(|| panic!("{room} is missing"));
        for used in uses.iter().filter(|d| d.starts_with("trennwand")) {
            let below = ROOMS[..place].contains(&used.as_str());
            assert!(below, "{room} must not use {used}");
        }
    }
}

#[test]
fn every_crate_has_its_place() {
    for name in dependencies().keys() {
        let known = ROOMS.contains(&name.as_str())
            || name.starts_with("trennwand-fn-")
            || ["trennwand", "trennwand-tests"].contains(&name.as_str());
        assert!(known, "{name} is in no list: say where it lives and which way its arrows point");
    }
}

#[test]
fn functions_do_not_know_each_other_and_never_the_simulator() {
    let all = dependencies();
    for (function, uses) in all.iter().filter(|(name, _)| name.starts_with("trennwand-fn-")) {
        for used in uses {
            let forbidden = used.starts_with("trennwand-fn-")
                || ["trennwand", "trennwand-simulator"].contains(&used.as_str());
            assert!(!forbidden, "{function} must not use {used}");
        }
    }
}

#[test]
fn pure_rooms_do_no_io() {
    let all = dependencies();
    for room in PURE {
        for used in &all[room] {
            assert!(!IMPURE.contains(&used.as_str()), "{room} must not use {used}");
        }
    }
}

/// What goes to Google over HTTPS is a feature; whoever needs the types only gets no IO with them.
#[test]
fn android_does_io_behind_a_feature_only() {
    let packages = packages();
    let android = packages.iter().find(|p| p["name"] == "trennwand-android").expect("the room");
    let always = android["dependencies"].as_array().expect("a list of dependencies");
    let always = always.iter().filter(|d| d["kind"].is_null() && d["optional"] == false);
    let always: Vec<_> = always.filter_map(|d| d["name"].as_str()).collect();
    assert!(always.contains(&"serde"), "the list is read: {always:?}");
    let io = |name: &&str| IMPURE.contains(name) || name.starts_with("aws-smithy");
    assert!(!always.iter().any(io), "{always:?}");
}

#[test]
fn only_the_store_speaks_to_the_database() {
    for (name, uses) in dependencies() {
        let speaks = uses.iter().any(|d| d == "aws-sdk-dynamodb");
        let may = ["trennwand-store", "trennwand"].contains(&name.as_str());
        assert!(!speaks || may, "{name} must not use aws-sdk-dynamodb");
    }
}
