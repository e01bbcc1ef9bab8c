//! Callers who have a token, but of another level, another reseller or another tenant.

use reqwest::Method;

use super::{
    operation::{Ids, Operation, Who},
    walk::{Seen, Walk, absent, furnish, stranger},
};
use crate::world::{Api, new_tenant};

/// Parameters of a path that name what may belong to someone else, besides `tenant`.
const OBJECTS: [&str; 11] = [
    "client",
    "user",
    "enrollment",
    "device",
    "command",
    "policy",
    "rollout",
    "group",
    "assignment",
    "version",
    "reseller",
];

#[tokio::test]
async fn what_belongs_to_others_looks_like_what_does_not_exist() {
    let walk = Walk::new().await;
    let world = &walk.world;
    let (resellers, tenants) = (&world.reseller, &world.tenant);
    let ids = furnish(world, resellers, tenants, &world.tenant_id).await;
    let (sibling_id, sibling) = new_tenant(&world.server, resellers, "Schwesterbau GmbH").await;
    let sibling_ids = furnish(world, resellers, &sibling, &sibling_id).await;
    let (other_reseller, other_id, other) = stranger(world).await;
    let other_ids = furnish(world, &other_reseller, &other, &other_id).await;
    let before = everything(&walk, &ids).await;
    drop(world.server.take_measured());

    let [operator, reseller, tenant] = [&world.operator, resellers, tenants];
    let callers = [
        ("the operator", operator, Who::Operator, false),
        ("the reseller", reseller, Who::Reseller, true),
        ("another reseller", &other_reseller, Who::Reseller, false),
        ("the tenant", tenant, Who::Tenant, true),
        ("a tenant of the same reseller", &sibling, Who::Tenant, false),
        ("a tenant of another reseller", &other, Who::Tenant, false),
    ];
    let nothing = absent(&ids);
    for (name, api, level, own) in callers {
        let token = api.sign_in().await;
        for op in walk.protected() {
            let what = format!("{} by {name}", op.id);
            match expected(op, level, own) {
                Expected::Allowed => {}
                Expected::WrongLevel => {
                    let seen = walk.send_as(op, &ids, &token).await;
                    assert_eq!((seen.status, seen.code()), (403, "wrong_level"), "{what}");
                    // Only a reseller is told so about its own tenant, and about no other.
                    let elsewhere = walk.send_as(op, &nothing, &token).await;
                    let same = !(op.who == Who::Tenant && own);
                    assert_eq!(elsewhere == seen, same, "{what}: {elsewhere:?}");
                }
                Expected::NotThere => {
                    let real = walk.send_as(op, &ids, &token).await;
                    assert_eq!((real.status, real.code()), (404, "not_found"), "{what}: {real:?}");
                    let other_tenant = walk.send_as(op, &nothing, &token).await;
                    assert_eq!(real, other_tenant, "{what}: absent looks different");
                    let mut unreadable = ids.clone();
                    unreadable.insert("tenant", "ten_none".into());
                    let unreadable = walk.send_as(op, &unreadable, &token).await;
                    assert_eq!(real, unreadable, "{what}: unreadable looks different");
                }
            }
        }
    }
    walk.nothing_was_written("by others");

    let attackers = [(&sibling, resellers, &sibling_ids), (&other, &other_reseller, &other_ids)];
    for (api, owner, own) in attackers {
        foreign_objects(&walk, api, owner, own, &ids).await;
    }
    assert_eq!(everything(&walk, &ids).await, before, "nothing of the tenant changed");
}

enum Expected {
    Allowed,
    WrongLevel,
    NotThere,
}

/// What a caller of this level is to be answered about a tenant that is its own or not.
fn expected(op: &Operation, level: Who, own: bool) -> Expected {
    let setup = op.scope.as_deref() == Some("setup");
    match (op.who, level) {
        (Who::Everyone | Who::Anyone, _)
        | (Who::Operator, Who::Operator)
        | (Who::Reseller, Who::Reseller) => Expected::Allowed,
        (Who::Tenant, Who::Tenant) | (Who::ResellerOfTenant, Who::Reseller) if own => {
            Expected::Allowed
        }
        (Who::Tenant, Who::Reseller) if own && setup => Expected::Allowed,
        (Who::Tenant, Who::Reseller) if own => Expected::WrongLevel,
        (Who::Tenant, _) | (Who::ResellerOfTenant, Who::Reseller) => Expected::NotThere,
        _ => Expected::WrongLevel,
    }
}

/// A tenant or its reseller names things of someone else under its own tenant: one at a time, with
/// everything else its own.
async fn foreign_objects(walk: &Walk, tenant: &Api, owner: &Api, own: &Ids, foreign: &Ids) {
    let absent = absent(foreign);
    let (tenant, owner) = (tenant.sign_in().await, owner.sign_in().await);
    let mut tried = 0;
    for op in walk.protected() {
        let token = match op.who {
            Who::Tenant => &tenant,
            Who::ResellerOfTenant => &owner,
            _ => continue,
        };
        for name in op.parameters().filter(|name| OBJECTS.contains(name)) {
            // Versions are numbers and have no owner of their own.
            if name == "version" {
                continue;
            }
            let with = |others: &Ids| {
                let mut ids = own.clone();
                ids.extend(
                    others.iter().filter(|(n, _)| **n == name).map(|(n, v)| (*n, v.clone())),
                );
                ids
            };
            let real = walk.send_as(op, &with(foreign), token).await;
            let what = format!("{} with the {name} of someone else", op.id);
            assert_eq!((real.status, real.code()), (404, "not_found"), "{what}: {real:?}");
            let none = walk.send_as(op, &with(&absent), token).await;
            assert_eq!(real, none, "{what}: absent looks different");
            tried += 1;
        }
    }
    assert!(tried >= 20, "objects were tried: {tried}");
}

/// Everything that the tenant and its reseller can read about the tenant.
async fn everything(walk: &Walk, ids: &Ids) -> Vec<(String, Seen)> {
    let tenant = walk.world.tenant.sign_in().await;
    let reseller = walk.world.reseller.sign_in().await;
    let mut all = Vec::new();
    for op in walk.protected().filter(|op| op.method == Method::GET) {
        let token = match op.who {
            Who::Tenant => &tenant,
            Who::ResellerOfTenant => &reseller,
            _ => continue,
        };
        let seen = walk.send_as(op, ids, token).await;
        assert_eq!(seen.status, 200, "{} by its own: {seen:?}", op.id);
        all.push((op.id.clone(), seen));
    }
    all
}
