//! The local server as someone at a terminal meets it.
#![cfg(unix)]

use std::{os::unix::fs::PermissionsExt, path::Path, sync::Arc};

use reqwest::StatusCode;
use serde_json::Value;
use trennwand::{Console, Credentials, Data, Options, Running, StartError, play, start};
use trennwand_runtime::SystemClock;

fn options() -> Options {
    Options::for_test(Arc::new(SystemClock))
}

fn kept(directory: &Path) -> Options {
    Options {
        data: Data::Directory(directory.join("data")),
        credentials: Credentials::File(directory.join("credentials.json")),
        ..options()
    }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn sign_in(server: &Running, client: &Value) -> StatusCode {
    let (id, secret) = (client["client_id"].as_str(), client["client_secret"].as_str());
    let request = http().post(format!("{}/oauth/token", server.base_url()));
    let request = request.basic_auth(id.unwrap(), secret);
    request.form(&[("grant_type", "client_credentials")]).send().await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_plays_to_its_end_and_can_be_played_again() {
    // The timer takes the demo's roll-out on.
    let timer = Some(std::time::Duration::from_millis(500));
    let server = start(Options { timer, ..options() }).await.unwrap();
    for _ in 0..2 {
        play(&server, Console).await.unwrap();
    }
    assert_eq!(server.messages_given_up(), 0);
    server.shutdown().await;
}

#[tokio::test]
async fn a_taken_port_is_named_in_the_refusal() {
    let server = start(options()).await.unwrap();
    let again = Options { listen: server.address(), ..options() };
    let refusal = start(again).await.unwrap_err();
    assert!(matches!(refusal, StartError::Listen { .. }));
    assert!(refusal.to_string().contains(&server.address().to_string()), "{refusal}");
}

#[tokio::test]
async fn each_start_mints_fresh_clients_and_revokes_its_own_earlier_ones() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("credentials.json");
    let read = || serde_json::from_slice::<Value>(&std::fs::read(&file).unwrap()).unwrap();

    let first = start(kept(directory.path())).await.unwrap();
    let minted = read();
    assert_eq!(minted["base_url"], first.base_url());
    assert_eq!(minted["token_url"], format!("{}/oauth/token", first.base_url()));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    for owner in ["operator", "reseller"] {
        assert_eq!(sign_in(&first, &minted[owner]).await, StatusCode::OK);
    }
    first.shutdown().await;

    let second = start(kept(directory.path())).await.unwrap();
    let fresh = read();
    assert_eq!(fresh["reseller"]["id"], minted["reseller"]["id"]);
    for owner in ["operator", "reseller"] {
        assert_eq!(sign_in(&second, &minted[owner]).await, StatusCode::UNAUTHORIZED);
        assert_eq!(sign_in(&second, &fresh[owner]).await, StatusCode::OK);
    }
    second.shutdown().await;

    let third = Options { credentials: Credentials::None, ..kept(directory.path()) };
    let third = start(third).await.unwrap();
    assert_eq!(sign_in(&third, &fresh["operator"]).await, StatusCode::OK, "unasked, all stays");
}

#[tokio::test]
async fn a_database_without_its_master_key_is_not_given_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    start(kept(directory.path())).await.unwrap().shutdown().await;
    std::fs::remove_file(directory.path().join("data/master.key")).unwrap();
    let refusal = start(kept(directory.path())).await.unwrap_err();
    assert!(refusal.to_string().contains("master.key"), "{refusal}");
}

#[tokio::test]
async fn health_and_documents_are_open_to_all_and_load_nothing_from_elsewhere() {
    let server = start(options()).await.unwrap();
    let get = async |path: &str| {
        let answer = http().get(format!("{}{path}", server.base_url())).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    };
    assert_eq!(get("/healthz").await, "ok\n");
    let document: Value = serde_json::from_str(&get("/openapi.json").await).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.contains_key("/v1/tenants") && paths.contains_key("/oauth/token"));
    let page = get("/docs").await;
    assert!(paths.keys().all(|path| page.contains(path)));
    assert!(!page.contains("<script") && !page.contains("src="));
}
