//! Callers without a valid token, or without the scope.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use trennwand_domain::Duration;

use super::{
    operation::{Operation, RESELLER, TENANT, Who},
    walk::{Walk, client, furnish, reseller_client},
};
use crate::world::{Api, World, text};

/// Operations that need no token. This list only shrinks.
const PUBLIC: [&str; 4] = ["authorization_server_get", "health_get", "jwks_get", "token_create"];

#[tokio::test]
async fn no_operation_takes_a_caller_without_a_valid_token() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    let token = world.tenant.sign_in().await;
    let elsewhere = World::with(|o| {
        o.entropy = std::sync::Arc::new(trennwand_simulator::Seeded::new(2));
    })
    .await;
    let foreign = elsewhere.tenant.sign_in().await;
    let broken = broken(&token, &foreign);
    drop(world.server.take_measured());

    let mut public = BTreeSet::new();
    for op in &walk.operations {
        if op.who == Who::Everyone {
            public.insert(op.id.as_str());
            let seen = walk.send(op, &ids, &[]).await;
            assert_ne!(seen.status, 401, "{} is public: {seen:?}", op.id);
            continue;
        }
        let seen = walk.send(op, &ids, &[]).await;
        assert_eq!((seen.status, seen.code()), (401, "unauthenticated"), "{}: {seen:?}", op.id);
        assert_eq!(seen.challenge(), "Bearer realm=\"trennwand\"", "{}", op.id);
        for values in &broken {
            let values: Vec<_> = values.iter().map(String::as_str).collect();
            let seen = walk.send(op, &ids, &values).await;
            let got = (seen.status, seen.code());
            assert_eq!(got, (401, "unauthenticated"), "{} with {values:?}: {seen:?}", op.id);
            assert!(seen.challenge().contains("invalid_token"), "{}: {seen:?}", op.id);
        }
        let query = Operation { path: format!("{}?access_token={token}", op.path), ..op.clone() };
        assert_eq!(walk.send(&query, &ids, &[]).await.status, 401, "{}: not in the URL", op.id);
    }
    assert_eq!(public, BTreeSet::from(PUBLIC), "what needs no token");
    walk.nothing_was_written("without a valid token");
}

/// `Authorization` headers that say nothing true.
fn broken(token: &str, foreign: &str) -> Vec<Vec<String>> {
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    let (head, rest) = token.split_once('.').expect("a JWT");
    let (claims, signature) = rest.split_once('.').expect("a JWT");
    let encoded = |json: &str| URL_SAFE_NO_PAD.encode(json);
    let decode = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_slice::<Value>(&bytes).expect("JSON")
    };
    let none = encoded(r#"{"alg":"none","typ":"at+jwt"}"#);
    let mut wider = decode(claims);
    wider["scope"] = "resellers setup users audit".into();
    let mut symmetric = decode(head);
    symmetric["alg"] = "HS256".into();
    let mut id_token = decode(head);
    id_token["typ"] = "JWT".into();
    let mut last = signature.to_owned();
    let first = if last.starts_with('A') { "B" } else { "A" };
    last.replace_range(..1, first);
    vec![
        bearer(""),
        bearer("x"),
        bearer("a.b.c"),
        bearer(foreign),
        bearer(&format!("{head}.{claims}.{last}")),
        bearer(&format!("{head}.{claims}.")),
        bearer(&format!("{none}.{claims}.")),
        bearer(&format!("{none}.{claims}.{signature}")),
        bearer(&format!("{head}.{}.{signature}", encoded(&wider.to_string()))),
        bearer(&format!("{}.{claims}.{signature}", encoded(&symmetric.to_string()))),
        bearer(&format!("{}.{claims}.{signature}", encoded(&id_token.to_string()))),
        bearer(&format!("{token}.{token}")),
        bearer(&"A".repeat(20_000)),
        vec!["Bearer".to_owned()],
        vec![token.to_owned()],
        vec![format!("Basic {token}")],
        vec![format!("Bearer {token}"), format!("Bearer {token}")],
    ]
}

#[tokio::test]
async fn tokens_end_with_their_time_and_with_their_client() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    let path = world.path("/clients");
    let made = world.reseller.post(&path, json!({ "name": "short-lived" })).await.expect(201);
    let (id, secret) = (text(&made, "client_id"), text(&made, "client_secret"));
    let short_lived = Api::new(world.server.base_url(), &id, &secret);
    let revoked = short_lived.sign_in().await;
    short_lived.get(&world.path("/users")).await.expect(200);
    world.reseller.delete(&format!("{path}/{id}")).await.expect(204);
    world.clock.advance(Duration::from_secs(31));
    let tokens = [world.operator.sign_in(), world.reseller.sign_in(), world.tenant.sign_in()];
    let mut late = Vec::new();
    for token in tokens {
        late.push(token.await);
    }
    drop(world.server.take_measured());
    for op in walk.protected() {
        let seen = walk.send_as(op, &ids, &revoked).await;
        assert_eq!((seen.status, seen.code()), (401, "unauthenticated"), "{}: revoked", op.id);
    }
    world.clock.advance(Duration::from_secs(901));
    for op in walk.protected() {
        for token in &late {
            let seen = walk.send_as(op, &ids, token).await;
            assert_eq!((seen.status, seen.code()), (401, "unauthenticated"), "{}: late", op.id);
        }
    }
    walk.nothing_was_written("with tokens that have ended");
}

#[tokio::test]
async fn no_operation_takes_a_caller_without_its_scope() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    let mut tokens = BTreeMap::new();
    for scope in TENANT {
        let rest: Vec<_> = TENANT.into_iter().filter(|s| *s != scope).collect();
        let api = client(world, &world.reseller, &world.path("/clients"), Some(&rest)).await;
        tokens.insert((Who::Tenant as u8, scope), api.sign_in().await);
    }
    for scope in RESELLER {
        let rest: Vec<_> = RESELLER.into_iter().filter(|s| *s != scope).collect();
        let token = reseller_client(world, &ids["reseller"], Some(&rest)).await.sign_in().await;
        tokens.insert((Who::Reseller as u8, scope), token.clone());
        tokens.insert((Who::ResellerOfTenant as u8, scope), token);
    }
    drop(world.server.take_measured());
    for op in walk.protected() {
        // The operator has one scope only, so no client of its can lack it.
        let Some(scope) = op.scope.as_deref().filter(|_| op.who != Who::Operator) else { continue };
        let token = tokens.get(&(op.who as u8, scope)).expect("a client without the scope");
        let mut expect_refusal = vec![token];
        if scope == "setup" {
            // The reseller's way in is closed as well.
            expect_refusal.push(&tokens[&(Who::Reseller as u8, scope)]);
        }
        for token in expect_refusal {
            let seen = walk.send_as(op, &ids, token).await;
            let got = (seen.status, seen.code());
            assert_eq!(got, (403, "insufficient_scope"), "{}: {seen:?}", op.id);
            assert!(seen.challenge().contains(&format!("scope=\"{scope}\"")), "{}", op.id);
        }
    }
    walk.nothing_was_written("without the scope");
}
