//! Every operation of the API document, tried by everyone who may not: without a token, with a
//! broken one, without the scope, from another level, another reseller and another tenant. What a
//! caller may not see looks exactly like what does not exist, and no refusal writes anything.
//!
//! An operation that is added later is tried as well. If its path has a parameter that is unknown
//! here, the test fails and says so; if it needs a body, it goes into [`body_of`].

mod operation;
mod others;
mod tokens;
mod walk;

use reqwest::Method;

pub(crate) use self::{
    operation::{Ids, Operation, body_of},
    walk::{Walk, furnish},
};

/// Without this the walks would prove nothing: the same requests of those who may are taken.
#[tokio::test]
async fn those_who_may_are_let_in() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let ids = furnish(world, &world.reseller, &world.tenant, &world.tenant_id).await;
    let mut order: Vec<_> = walk.protected().collect();
    // What others are in goes last.
    order.sort_by_key(|op| (op.method == Method::DELETE, op.id == "group_delete"));
    for op in order {
        let seen = walk.send_as(op, &ids, walk.token(op)).await;
        let refused = [401, 403, 404, 405].contains(&seen.status) || seen.status >= 500;
        assert!(!refused, "{}: {seen:?}", op.id);
        if op.method == Method::GET {
            assert_eq!(seen.status, 200, "{}: {seen:?}", op.id);
        }
    }
}
