//! The pages for people in a real browser, where there is one: it shows them without complaint. What
//! is admitted by a hash is easily out of step with it, and no other test would see that.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use reqwest::Method;
use serde_json::json;

use crate::{
    android, brand,
    world::{World, text},
};

const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

const GLANCE: Duration = Duration::from_millis(50);

/// For a minute: longer than a browser takes for a page on a busy machine.
const GLANCES: u32 = 1_200;

fn browser() -> Option<&'static str> {
    let mut there = BROWSERS.into_iter();
    there.find(|name| Command::new(name).arg("--version").output().is_ok())
}

/// A page as the browser has it in the end, and what it complains of.
struct Seen {
    page: String,
    complaints: Vec<String>,
}

fn look(browser: &str, url: &str) -> Seen {
    let directory = tempfile::tempdir().expect("a directory");
    let (out, err) = (directory.path().join("out"), directory.path().join("err"));
    let file = |path: &Path| Stdio::from(std::fs::File::create(path).expect("a file"));
    let mut child = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--no-proxy-server", "--window-size=390,844", "--accept-lang=de"])
        .args(["--enable-logging=stderr", "--v=0", "--dump-dom"])
        .arg(format!("--user-data-dir={}", directory.path().join("profile").display()))
        .arg(url)
        .stdout(file(&out))
        .stderr(file(&err))
        .spawn()
        .expect("the browser starts");
    let mut glances = 0;
    while child.try_wait().expect("its state").is_none() {
        if glances == GLANCES {
            let _ = child.kill();
            panic!("the browser does not come to an end with {url}");
        }
        glances += 1;
        std::thread::sleep(GLANCE);
    }
    let read =
        |path: &Path| String::from_utf8_lossy(&std::fs::read(path).expect("it")).into_owned();
    let lines = read(&err);
    let complaints = lines.lines().filter(|line| line.contains("CONSOLE"));
    // A page that says that a link leads nowhere has that status.
    let complaints = complaints.filter(|line| !line.contains("the server responded with"));
    Seen { page: read(&out), complaints: complaints.map(str::to_owned).collect() }
}

/// Beside the server, which runs on this thread.
async fn seen(browser: &'static str, url: String) -> Seen {
    tokio::task::spawn_blocking(move || look(browser, &url)).await.expect("it was looked at")
}

#[tokio::test]
async fn a_browser_shows_every_page_for_people_without_complaint() {
    let Some(browser) = browser() else {
        eprintln!("skipped: there is no Chromium");
        return;
    };
    let wrong = "data:text/html,<meta http-equiv=Content-Security-Policy content=\"style-src 'none'\">\
                 <style>p{color:red}</style>";
    let wrong = seen(browser, wrong.to_owned()).await;
    assert_eq!(wrong.complaints.len(), 1, "complaints are heard: {:?}", wrong.complaints);

    let world = World::new().await;
    android::bind(&world).await;
    let looks = json!({ "name": "Nordwand IT", "colors": { "accent": "#ffcc00" } });
    world.reseller.send(Method::PUT, "/v1/brand", Some(&looks), Some("\"0\"")).await.expect(200);
    assert_eq!(brand::put_logo(&world, brand::PNG).await, 200);
    world.settle().await;
    let base = world.server.base_url();
    let mut pages = vec![
        (format!("{base}/e/0123456789ABCDEFGHJKMNPQRSTVWXYZ"), "Dieser Link ist nicht gültig"),
        (format!("{base}/e/%00"), "Dieser Link führt nirgendwohin"),
        (format!("{base}/android/signin/{}", world.tenant_id), "Ihr Telefon einrichten"),
        (format!("{base}/android/callback/x"), "Diese Adresse ist nicht gültig"),
    ];
    for invited in [
        world.invite("personal", None).await,
        android::invite(&world, "personal").await,
        android::invite(&world, "company").await,
    ] {
        pages.push((text(&invited, "url"), "Nordwand IT"));
    }
    for (url, shown) in pages {
        let seen = seen(browser, url.clone()).await;
        assert!(seen.page.contains("<html lang=\"de\">"), "{url}: {}", seen.page);
        assert!(seen.page.contains(shown), "{url}: {}", seen.page);
        assert_eq!(seen.complaints, Vec::<String>::new(), "{url}");
    }
}
