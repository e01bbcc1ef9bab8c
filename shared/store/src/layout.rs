//! The key layout: which item lives where. Pure; what is built here is the whole truth, and `infra/`
//! cuts permissions by the kind code that follows the owner.
//!
//! | pk | sk | item |
//! |---|---|---|
//! | `T#<tenant>#O` | `0` | the tenant |
//! | `T#<tenant>#K` | `ca` | keys of device CA and registration authority |
//! | `T#<tenant>#N` | `0` | push certificate |
//! | `T#<tenant>#H` | `0` | assignment head |
//! | `T#<tenant>#A` | `<digest>` | template |
//! | `T#<tenant>#Z` | `<assignment>` | assignment of a policy |
//! | `T#<tenant>#G` | `<group>` | group |
//! | `T#<tenant>#C` | `<client>` | OAuth client |
//! | `T#<tenant>#U` | `<user>` | user |
//! | `T#<tenant>#L` | `e#<hash>#<user>`, `x#<hash>` | user by e-mail, by external id |
//! | `T#<tenant>#E` | `<enrollment>` | invitation |
//! | `T#<tenant>#P` | `<policy>` | policy |
//! | `T#<tenant>#V#<policy>` | `<version, 10 digits>` | policy version |
//! | `T#<tenant>#R#<policy>` | `<rollout>` | roll-out |
//! | `T#<tenant>#Y` | `<hash>#<device>` | the physical phone that an enrolment says to be |
//! | `T#<tenant>#D#<device>` | `0` | header |
//! | | `1#<uuid>` | queued command |
//! | | `I#<query>` | facts |
//! | | `R#<uuid>` | result of a queued command |
//! | | `S#<name>` | secret |
//! | | `G` | the phone as Google names it, and its last report |
//! | `T#<tenant>#AGR` | `<version>` | acceptance of the operator's terms |
//! | `T#<tenant>#W` | `0`, `policies` | enterprise at Google, its policies as written |
//! | | `e#<enrollment>` | Google's token for an invitation |
//! | `R#<reseller>#O`, `#T`, `#C` | `0`, `<tenant>`, `<client>` | reseller, its tenants, its clients |
//! | `R#<reseller>#B` | `0`, `logo` | its brand, the bytes of its logo |
//! | `R#<reseller>#P` | `t#<template>`, `default` | its policy templates, the one for new tenants |
//! | `O#R`, `O#C` | `<reseller>`, `<client>` | the operator's resellers, clients |
//! | `T#<tenant>#AUD`, `R#<reseller>#AUD`, `O#AUD` | `<event>` | audit trail |
//! | `T#<tenant>#IDK`, `R#<reseller>#IDK`, `O#IDK` | `<hash>` | answer kept under an idempotency key |
//! | `O#W` | `0` | how many phones of the platform's quota at Google are reserved |
//! | `X#client#<client>`, `X#link#<hash>` | `0` | directory |
//! | `X#enterprise#<id>`, `X#signup#<hash>`, `X#operation#<hash>` | `0` | directory of what Google names |
//! | table `keys`: `T#<tenant>#K` | `0` | the tenant's wrapped data key |
//! | table `keys`: `O#K` | `0` | the platform's wrapped data key |
//! | table `keys`: `O#J` | `0` | the key that signs access tokens |
//! | table `keys`: `T#<tenant>#S` | `<user>` | a person's wrapped key |

pub mod attribute;
mod subject;
#[cfg(test)]
mod tests;

use trennwand_domain::{
    AssignmentId, ClientId, CommandUuid, DeviceId, Digest, EnrollmentId, EventId, GroupId, Owner,
    PolicyId, ResellerId, RolloutId, SlotKind, TemplateId, TenantId, TenantScope, Timestamp,
    UserId,
};

pub use self::subject::{Subject, SubjectItem, brand_of};

/// Index over a tenant's phones.
pub const BY_TENANT: &str = "by_tenant";
/// Index over what is due when.
pub const BY_DUE: &str = "by_due";
/// What [`BY_TENANT`] carries beside the keys: what lists filter by and pushes need.
pub const BY_TENANT_ATTRIBUTES: &[&str] =
    &["pl", "ow", "tg", "st", "us", "osv", "vd", "fu", "dy", "gr", "wl", "pt", "pm", "pp"];
/// What [`BY_DUE`] carries beside the keys: what a wake needs.
pub const BY_DUE_ATTRIBUTES: &[&str] = &["st", "pt", "pm", "pp"];
/// Over how many partitions of [`BY_DUE`] the wakes are spread.
pub const WAKE_SHARDS: u8 = 4;

/// An item's primary key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

/// The items of a partition whose sort key starts with a prefix.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) pk: String,
    pub(crate) prefix: &'static str,
}

const fn key(pk: String, sk: String) -> Key {
    Key { pk, sk }
}

impl Span {
    const fn new(pk: String, prefix: &'static str) -> Self {
        Self { pk, prefix }
    }

    /// The item whose sort key goes on with `rest`.
    fn item(self, rest: impl ToString) -> Key {
        key(self.pk, format!("{}{}", self.prefix, rest.to_string()))
    }

    /// Bounds for `BETWEEN`: everything, or everything behind the item `after`. No sort key
    /// contains a character below `#` or above `z`.
    pub(crate) fn bounds(&self, after: Option<&str>) -> (String, String) {
        let from =
            after.map_or_else(|| format!("{}!", self.prefix), |a| format!("{}{a}!", self.prefix));
        (from, format!("{}~", self.prefix))
    }
}

/// Lower-case hexadecimal.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn tenant_pk(scope: &TenantScope, kind: &str) -> String {
    format!("T#{}#{kind}", scope.tenant())
}

/// The tenant that is being created, when nobody can hold its scope yet.
pub(crate) fn new_tenant(id: TenantId) -> Key {
    key(format!("T#{id}#O"), "0".into())
}

/// In table `keys`: the data key of the tenant that is being created.
pub(crate) fn new_tenant_key(id: TenantId) -> Key {
    key(format!("T#{id}#K"), "0".into())
}

pub(crate) fn tenant(scope: &TenantScope) -> Key {
    key(tenant_pk(scope, "O"), "0".into())
}

pub(crate) fn authority_keys(scope: &TenantScope) -> Key {
    key(tenant_pk(scope, "K"), "ca".into())
}

pub(crate) fn push_certificate(scope: &TenantScope) -> Key {
    key(tenant_pk(scope, "N"), "0".into())
}

pub(crate) fn head(scope: &TenantScope) -> Key {
    key(tenant_pk(scope, "H"), "0".into())
}

pub(crate) fn template(scope: &TenantScope, digest: Digest) -> Key {
    key(tenant_pk(scope, "A"), digest.to_string())
}

pub(crate) fn users(scope: &TenantScope) -> Span {
    Span::new(tenant_pk(scope, "U"), "")
}

pub(crate) fn user(scope: &TenantScope, id: UserId) -> Key {
    users(scope).item(id)
}

pub(crate) fn users_by_email(scope: &TenantScope) -> Span {
    Span::new(tenant_pk(scope, "L"), "e#")
}

pub(crate) fn user_by_email(scope: &TenantScope, hash: [u8; 16], id: UserId) -> Key {
    users_by_email(scope).item(format!("{}#{id}", hex(&hash)))
}

/// Bounds for `BETWEEN` over the users with one e-mail address.
pub(crate) fn email_bounds(hash: [u8; 16]) -> (String, String) {
    let hash = hex(&hash);
    (format!("e#{hash}#"), format!("e#{hash}#~"))
}

pub(crate) fn user_by_external_id(scope: &TenantScope, hash: [u8; 16]) -> Key {
    Span::new(tenant_pk(scope, "L"), "x#").item(hex(&hash))
}

pub(crate) fn enrollments(scope: &TenantScope) -> Span {
    Span::new(tenant_pk(scope, "E"), "")
}

pub(crate) fn enrollment(scope: &TenantScope, id: EnrollmentId) -> Key {
    enrollments(scope).item(id)
}

pub(crate) fn groups(scope: &TenantScope) -> Span {
    Span::new(tenant_pk(scope, "G"), "")
}

pub(crate) fn group(scope: &TenantScope, id: GroupId) -> Key {
    groups(scope).item(id)
}

pub(crate) fn assignments(scope: &TenantScope) -> Span {
    Span::new(tenant_pk(scope, "Z"), "")
}

pub(crate) fn assignment(scope: &TenantScope, id: AssignmentId) -> Key {
    assignments(scope).item(id)
}

pub(crate) fn policies(scope: &TenantScope) -> Span {
    Span::new(tenant_pk(scope, "P"), "")
}

pub(crate) fn policy(scope: &TenantScope, id: PolicyId) -> Key {
    policies(scope).item(id)
}

pub(crate) fn policy_version(scope: &TenantScope, id: PolicyId, version: u32) -> Key {
    key(tenant_pk(scope, &format!("V#{id}")), format!("{version:010}"))
}

pub(crate) fn rollouts(scope: &TenantScope, policy: PolicyId) -> Span {
    Span::new(tenant_pk(scope, &format!("R#{policy}")), "")
}

pub(crate) fn rollout(scope: &TenantScope, policy: PolicyId, id: RolloutId) -> Key {
    rollouts(scope, policy).item(id)
}

pub(crate) fn phone(scope: &TenantScope, udid_hash: [u8; 16], id: DeviceId) -> Key {
    key(tenant_pk(scope, "Y"), format!("{}#{id}", hex(&udid_hash)))
}

/// Partition and bounds for `BETWEEN` of the enrolments that say to be one phone.
pub(crate) fn same_phone(scope: &TenantScope, udid_hash: [u8; 16]) -> (String, (String, String)) {
    let hash = hex(&udid_hash);
    (tenant_pk(scope, "Y"), (format!("{hash}#"), format!("{hash}#~")))
}

/// Everything about one phone.
pub(crate) fn device_partition(scope: &TenantScope, id: DeviceId) -> Span {
    Span::new(tenant_pk(scope, &format!("D#{id}")), "")
}

pub(crate) fn device(scope: &TenantScope, id: DeviceId) -> Key {
    device_partition(scope, id).item("0")
}

pub(crate) fn queue(scope: &TenantScope, id: DeviceId) -> Span {
    Span { prefix: "1#", ..device_partition(scope, id) }
}

pub(crate) fn queued(scope: &TenantScope, id: DeviceId, uuid: CommandUuid) -> Key {
    queue(scope, id).item(uuid)
}

/// Bounds for `BETWEEN` that take in the header and the queue behind it.
pub(crate) fn connect_bounds() -> (String, String) {
    ("0".into(), "1~".into())
}

pub(crate) fn facts(scope: &TenantScope, id: DeviceId) -> Span {
    Span { prefix: "I#", ..device_partition(scope, id) }
}

pub(crate) fn fact(scope: &TenantScope, id: DeviceId, query: SlotKind) -> Key {
    facts(scope, id).item(query_word(query))
}

pub(crate) const fn query_word(query: SlotKind) -> &'static str {
    match query {
        SlotKind::Wall => "wall",
        SlotKind::Account => "account",
        SlotKind::RemoveAccount => "remove_account",
        SlotKind::ProfileList => "profile_list",
        SlotKind::Restrictions => "restrictions",
        SlotKind::SecurityInfo => "security_info",
        SlotKind::ManagedApplications => "managed_applications",
    }
}

pub(crate) fn results(scope: &TenantScope, id: DeviceId) -> Span {
    Span { prefix: "R#", ..device_partition(scope, id) }
}

pub(crate) fn result(scope: &TenantScope, id: DeviceId, uuid: CommandUuid) -> Key {
    results(scope, id).item(uuid)
}

/// The phone as Google names it.
pub(crate) fn android_phone(scope: &TenantScope, id: DeviceId) -> Key {
    device_partition(scope, id).item("G")
}

pub(crate) fn agreements(scope: &TenantScope) -> Span {
    Span::new(tenant_pk(scope, "AGR"), "")
}

pub(crate) fn agreement(scope: &TenantScope, version: &str) -> Key {
    agreements(scope).item(version)
}

/// The tenant's enterprise at Google.
pub(crate) fn android_binding(scope: &TenantScope) -> Key {
    key(tenant_pk(scope, "W"), "0".into())
}

/// Its policies as they were written last.
pub(crate) fn android_policies(scope: &TenantScope) -> Key {
    key(tenant_pk(scope, "W"), "policies".into())
}

/// Google's token for an invitation.
pub(crate) fn android_token(scope: &TenantScope, id: EnrollmentId) -> Key {
    key(tenant_pk(scope, "W"), format!("e#{id}"))
}

/// Phones of the platform's quota that are reserved for tenants.
pub(crate) fn android_reserved() -> Key {
    key("O#W".into(), "0".into())
}

/// Which tenant an enterprise belongs to; `id` is the part after `enterprises/`.
pub(crate) fn enterprise_directory(id: &str) -> Key {
    key(format!("X#enterprise#{id}"), "0".into())
}

pub(crate) fn signup_directory(callback: Digest) -> Key {
    key(format!("X#signup#{callback}"), "0".into())
}

pub(crate) fn operation_directory(operation: Digest) -> Key {
    key(format!("X#operation#{operation}"), "0".into())
}

/// Place in [`BY_DUE`] of an enterprise's daily reconciliation.
pub(crate) fn android_due(tenant: TenantId) -> Key {
    key(ANDROID_SHARD.into(), wake_minute((tenant.bits() % 1440) as u16))
}

/// Partition of [`BY_DUE`] that lists enterprises.
pub(crate) const ANDROID_SHARD: &str = "DUE#android#00";

pub(crate) fn unlock_token(scope: &TenantScope, id: DeviceId) -> Key {
    device_partition(scope, id).item("S#unlock")
}

/// Partition of [`BY_TENANT`] that lists a tenant's phones.
pub(crate) fn device_index(scope: &TenantScope) -> Span {
    Span::new(tenant_pk(scope, "D"), "")
}

/// Place in [`BY_DUE`] of a phone's daily wake.
pub(crate) fn wake_due(id: DeviceId, minute: u16) -> Key {
    let shard = (id.bits() / 1440 % u128::from(WAKE_SHARDS)) as u8;
    key(wake_shard(shard), wake_minute(minute))
}

pub(crate) fn wake_shard(shard: u8) -> String {
    format!("DUE#wake#{shard:02}")
}

pub(crate) fn wake_minute(minute: u16) -> String {
    format!("{minute:04}")
}

/// Partition of [`BY_DUE`] that lists the roll-outs with a step to come.
pub(crate) const ROLLOUTS_DUE: &str = "DUE#rollout#00";

/// Place in [`BY_DUE`] of a roll-out whose next step is due then.
pub(crate) fn rollout_due(at: Timestamp) -> Key {
    key(ROLLOUTS_DUE.to_owned(), rollout_due_at(at))
}

pub(crate) fn rollout_due_at(at: Timestamp) -> String {
    format!("{:015}", at.unix_ms().max(0))
}

/// Whose roll-out an item of the table is, and of which policy.
pub(crate) fn parse_rollout(pk: &str, sk: &str) -> Option<(TenantId, PolicyId, RolloutId)> {
    let (tenant, rest) = pk.strip_prefix("T#")?.split_once('#')?;
    let policy = rest.strip_prefix("R#")?;
    Some((tenant.parse().ok()?, policy.parse().ok()?, sk.parse().ok()?))
}

pub(crate) fn reseller(id: ResellerId) -> Key {
    key(format!("R#{id}#O"), "0".into())
}

pub(crate) fn brand(reseller: ResellerId) -> Key {
    key(format!("R#{reseller}#B"), "0".into())
}

pub(crate) fn logo(reseller: ResellerId) -> Key {
    key(format!("R#{reseller}#B"), "logo".into())
}

pub(crate) fn policy_templates(reseller: ResellerId) -> Span {
    Span::new(format!("R#{reseller}#P"), "t#")
}

pub(crate) fn policy_template(reseller: ResellerId, id: TemplateId) -> Key {
    policy_templates(reseller).item(id)
}

pub(crate) fn default_policy_template(reseller: ResellerId) -> Key {
    key(format!("R#{reseller}#P"), "default".into())
}

pub(crate) fn resellers() -> Span {
    Span::new("O#R".into(), "")
}

pub(crate) fn listed_reseller(id: ResellerId) -> Key {
    resellers().item(id)
}

pub(crate) fn tenants(reseller: ResellerId) -> Span {
    Span::new(format!("R#{reseller}#T"), "")
}

pub(crate) fn listed_tenant(reseller: ResellerId, id: TenantId) -> Key {
    tenants(reseller).item(id)
}

/// Who an owner is only an authenticator knows.
fn owner_pk(owner: Owner, kind: &str) -> String {
    match owner {
        Owner::Operator => format!("O#{kind}"),
        Owner::Reseller(id) => format!("R#{id}#{kind}"),
        Owner::Tenant(id) => format!("T#{id}#{kind}"),
    }
}

pub(crate) fn clients(owner: Owner) -> Span {
    Span::new(owner_pk(owner, "C"), "")
}

pub(crate) fn client(owner: Owner, id: ClientId) -> Key {
    clients(owner).item(id)
}

pub(crate) fn kept_answer(owner: Owner, key: Digest) -> Key {
    Span::new(owner_pk(owner, "IDK"), "").item(key)
}

pub(crate) fn audit_trail(owner: Owner) -> Span {
    Span::new(owner_pk(owner, "AUD"), "")
}

pub(crate) fn audit_event(owner: Owner, id: EventId) -> Key {
    audit_trail(owner).item(id)
}

pub(crate) fn client_directory(id: ClientId) -> Key {
    key(format!("X#client#{id}"), "0".into())
}

pub(crate) fn link_directory(token_hash: Digest) -> Key {
    key(format!("X#link#{token_hash}"), "0".into())
}

/// In table `keys`.
pub(crate) fn platform_key() -> Key {
    key("O#K".into(), "0".into())
}

/// In table `keys`.
pub(crate) fn token_key() -> Key {
    key("O#J".into(), "0".into())
}

/// In table `keys`.
pub(crate) fn tenant_key(scope: &TenantScope) -> Key {
    key(tenant_pk(scope, "K"), "0".into())
}

/// In table `keys`.
pub(crate) fn subject_key(scope: &TenantScope, user: UserId) -> Key {
    key(tenant_pk(scope, "S"), user.to_string())
}
