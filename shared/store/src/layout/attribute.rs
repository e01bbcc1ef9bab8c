//! Names of the attributes that something outside this crate needs to know.

/// Partition key.
pub const PK: &str = "pk";
/// Sort key.
pub const SK: &str = "sk";
/// When the database may delete the item, Unix seconds.
pub const TTL: &str = "ttl";
/// Partition key of [`super::BY_TENANT`].
pub const TENANT_PK: &str = "t_pk";
/// Sort key of [`super::BY_TENANT`].
pub const TENANT_SK: &str = "t_sk";
/// Partition key of [`super::BY_DUE`].
pub const DUE_PK: &str = "due_pk";
/// Sort key of [`super::BY_DUE`].
pub const DUE_SK: &str = "due_sk";
/// State of a header (`DeviceState`'s word) or of a tenant (`TenantStatus`'s word).
pub const STATE: &str = "st";
/// The phone (`dev_…`) that an invitation becomes, or that another item is about.
pub const DEVICE: &str = "dv";
/// Hash over what phones shall have, of an assignment head.
pub const WANTED: &str = "wt";
/// The operating system of a phone, of an invitation, of a queued command's phone.
pub const PLATFORM: &str = "pl";
/// Hash of the token in an invitation's link.
pub const LINK: &str = "th";
/// What is to be done at Google about an Android phone (`AndroidNeed`'s word).
pub const NEED: &str = "nd";
/// Whether an invitation was taken back.
pub const REVOKED: &str = "rk";
/// The push token in a phone's header.
pub const PUSH_TOKEN: &str = "pt";
/// The groups in a phone's header, a set of their 16 bytes each.
pub const GROUPS: &str = "gr";
/// What an assignment head says, as JSON.
pub const HEAD: &str = "js";
/// What came of the wall last, in a phone's header: status and token.
pub(crate) const WALL: &str = "wl";
/// Hash over the personal variables: of a user, and in the headers of the user's phones.
pub const PERSON: &str = "ps";
/// The operation at Google in place of which a command waits.
pub(crate) const INSTEAD: &str = "io";
