//! The README's walk through the API, run as it stands there.
#![cfg(unix)]

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

const README: &str = include_str!("../../../README.md");

/// The commands of the README's section, in order.
fn walk() -> String {
    let section = README.split("\n## ").find(|s| s.starts_with("A walk through the API"));
    let section = section.expect("the README has the section");
    let blocks = section.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```"));
    blocks.map(|(commands, _)| commands).collect()
}

/// Ends the server with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(directory: &Path) -> Server {
    let child = Command::new(env!("CARGO_BIN_EXE_trennwand"))
        .args(["serve", "--listen", "127.0.0.1:0", "--memory", "--credentials", "clients.json"])
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let server = Server(child.expect("the server starts"));
    for _ in 0..300 {
        if directory.join("clients.json").exists() {
            return server;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the server was not ready in time");
}

#[test]
fn the_walk_of_the_readme_works_as_written() {
    if Command::new("curl").arg("--version").output().is_err() {
        eprintln!("skipped: the walk needs curl");
        return;
    }
    let directory = tempfile::tempdir().expect("a directory");
    let _server = serve(directory.path());
    let clients = std::fs::read_to_string(directory.path().join("clients.json")).expect("clients");
    let clients: serde_json::Value = serde_json::from_str(&clients).expect("JSON");
    // The same binary, but the one that cargo has just built.
    let phone = format!("{} phone", env!("CARGO_BIN_EXE_trennwand"));
    let commands = walk().replace("cargo run --quiet -- phone", &phone);
    assert!(commands.contains(&phone), "the walk has a phone");
    let done = Command::new("bash")
        .args(["-eu", "-o", "pipefail", "-c", &commands])
        .current_dir(directory.path())
        .env("BASE", clients["base_url"].as_str().expect("an address"))
        .env("CREDENTIALS", "clients.json")
        .output()
        .expect("bash runs");
    let said = String::from_utf8_lossy(&done.stdout);
    let complained = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}\n{complained}");
    for expected in [
        "AccessRights",
        r#""verdict":"inferred""#,
        r#""control":"contacts_closed","verdict":"proven""#,
        "Das Telefon meldet",
        r#""version":2,"previous_version":1,"state":"running""#,
        "<title>Connected</title>",
        r#""status":"bound""#,
        r#"{"name":"enterprises/"#,
        r#""control":"account_managed","verdict":"inferred","reason":{"code":"sign_in_not_reported""#,
        r#""platforms":{"ios":true,"android":true}"#,
    ] {
        assert!(said.contains(expected), "{expected} is missing in:\n{said}");
    }
}
