//! The API's side.

mod bodies;
mod requests;
mod words;

use super::{Reply, send, send_bytes};
use crate::authorization::{Ids, Operation, Walk, furnish};

const JSON: (&str, &[u8]) = ("content-type", b"application/json");

async fn walk() -> (Walk, Ids) {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    drop(walk.world.server.take_measured());
    (walk, ids)
}

/// Sends to an operation as someone who may.
async fn to(
    walk: &Walk,
    op: &Operation,
    ids: &Ids,
    headers: &[(&str, &[u8])],
    body: impl Into<Vec<u8>>,
) -> Reply {
    let url = format!("{}{}", walk.world.server.base_url(), op.filled(ids));
    let token = format!("Bearer {}", walk.token(op));
    let mut all = vec![("authorization", token.as_bytes())];
    if !headers.iter().any(|(name, _)| *name == "if-match") {
        all.push(("if-match", b"*"));
    }
    all.extend(headers);
    send(&walk.http, op.method.clone(), &url, &all, body).await
}

fn json_bodies(op: &Operation) -> bool {
    op.about["requestBody"]["content"]["application/json"].is_object()
}
