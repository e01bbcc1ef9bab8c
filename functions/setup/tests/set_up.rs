//! Set-up over an embedded database.

use std::sync::Arc;

use dynoxide::Database;
use tokio::net::TcpListener;
use trennwand_auth::{ClientSecret, Scopes};
use trennwand_domain::{Clock, Entropy, ErrorKind, ManualClock, Owner, Secret, Timestamp};
use trennwand_fn_setup::{Operator, Order, set_up};
use trennwand_pki::FileMasterKey;
use trennwand_runtime::{Core, token_key};
use trennwand_simulator::Seeded;
use trennwand_store::{Page, Store, Tables, client};

const REPLACE: Order = Order { replace_operators: true };

async fn core() -> Core {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(dynoxide::server::serve_on(listener, Database::memory().unwrap()));
    let store = Store::new(client::connect(&endpoint, None), Tables::default());
    store.create_tables().await.unwrap();
    let entropy: Arc<dyn Entropy> = Arc::new(Seeded::new(1));
    let master = FileMasterKey::from_bytes(Secret::new([1; 32]), Arc::clone(&entropy));
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::from_unix_s(1_795_000_000)));
    Core::new(store, Arc::new(master), clock, entropy, "https://mdm.example.com")
}

/// The operator's clients that are not revoked.
async fn in_force(core: &Core) -> Vec<String> {
    let listed = core.store.clients().list(Owner::Operator, &Page::first(100)).await.unwrap();
    listed.items.iter().filter(|c| !c.revoked).map(|c| c.id.to_string()).collect()
}

#[tokio::test]
async fn the_first_operator_can_sign_in_with_the_secret_that_was_shown() {
    let core = core().await;
    let operator: Operator = set_up(&core, &Order::default()).await.unwrap();
    let stored = core.store.clients().get(Owner::Operator, operator.client_id).await.unwrap();
    let stored = stored.unwrap();
    assert!(ClientSecret::presented(operator.client_secret.clone()).verify(&stored.secret_hash));
    let issuer = token_key::issuer(&core).await.unwrap();
    let token = issuer.issue(&stored, Scopes::of(Owner::Operator.level())).unwrap();
    let verifier = token_key::verifier(&core).await.unwrap();
    let claims = verifier.verify(token.token.expose(), core.clock.now()).unwrap();
    assert_eq!(claims.client, operator.client_id);
    assert!(!format!("{operator:?}").contains(&operator.client_secret));
}

#[tokio::test]
async fn nothing_is_set_up_twice() {
    let core = core().await;
    let first = set_up(&core, &Order::default()).await.unwrap();
    let error = set_up(&core, &Order::default()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::AlreadyExists { .. }), "{error:?}");
    assert_eq!(in_force(&core).await, [first.client_id.to_string()]);
}

#[tokio::test]
async fn operators_are_replaced_only_when_that_is_asked_for() {
    let core = core().await;
    let first = set_up(&core, &Order::default()).await.unwrap();
    let before = token_key::verifier(&core).await.unwrap();
    let second = set_up(&core, &REPLACE).await.unwrap();
    assert_ne!(first.client_id, second.client_id);
    assert_eq!(in_force(&core).await, [second.client_id.to_string()]);
    let client =
        core.store.clients().get(Owner::Operator, second.client_id).await.unwrap().unwrap();
    let issuer = token_key::issuer(&core).await.unwrap();
    let token = issuer.issue(&client, Scopes::of(Owner::Operator.level())).unwrap();
    before.verify(token.token.expose(), core.clock.now()).expect("tokens stay good");
}

#[tokio::test]
async fn before_set_up_tokens_are_neither_made_nor_checked() {
    let core = core().await;
    assert!(token_key::issuer(&core).await.unwrap_err().retryable());
    assert!(token_key::verifier(&core).await.unwrap_err().retryable());
}

#[test]
fn an_order_is_read_strictly() {
    let read = serde_json::from_str::<Order>;
    assert_eq!(read("{}").unwrap(), Order::default());
    assert_eq!(read(r#"{"replace_operators":true}"#).unwrap(), REPLACE);
    assert!(read(r#"{"replace":true}"#).is_err());
}
