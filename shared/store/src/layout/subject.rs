//! What a record of the stream is about.

use std::str::FromStr;

use trennwand_domain::{
    CommandUuid, DeviceId, EnrollmentId, GroupId, ResellerId, TenantId, UserId,
};

/// Whose brand a record of the stream is about, if it is about one.
#[must_use]
pub fn brand_of(pk: &str, sk: &str) -> Option<ResellerId> {
    let (reseller, kind) = pk.strip_prefix("R#")?.split_once('#')?;
    if (kind, sk) == ("B", "0") { reseller.parse().ok() } else { None }
}

/// What a record of the stream is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// The tenant.
    pub tenant: TenantId,
    /// The item.
    pub item: SubjectItem,
}

/// The items of a tenant that somebody follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectItem {
    /// The tenant itself.
    Tenant,
    /// The assignment head.
    Head,
    /// The enterprise at Google.
    AndroidBinding,
    /// A user.
    User(UserId),
    /// An invitation.
    Enrollment(EnrollmentId),
    /// A group.
    Group(GroupId),
    /// A phone's header.
    Device(DeviceId),
    /// A phone as Google names it.
    AndroidPhone(DeviceId),
    /// A command in a phone's queue.
    Queued(DeviceId, CommandUuid),
    /// The result of a command.
    Result(DeviceId, CommandUuid),
}

impl Subject {
    /// Reads a primary key of table `data`; `None` for what nobody follows.
    #[must_use]
    pub fn parse(pk: &str, sk: &str) -> Option<Self> {
        fn id<T: FromStr>(text: &str) -> Option<T> {
            text.parse().ok()
        }
        let (tenant, rest) = pk.strip_prefix("T#")?.split_once('#')?;
        let item = match rest.split_once('#') {
            None => match rest {
                "O" => SubjectItem::Tenant,
                "H" => SubjectItem::Head,
                "U" => SubjectItem::User(id(sk)?),
                "E" => SubjectItem::Enrollment(id(sk)?),
                "G" => SubjectItem::Group(id(sk)?),
                "W" if sk == "0" => SubjectItem::AndroidBinding,
                _ => return None,
            },
            Some(("D", device)) => match sk.split_once('#') {
                None if sk == "0" => SubjectItem::Device(id(device)?),
                None if sk == "G" => SubjectItem::AndroidPhone(id(device)?),
                Some(("1", uuid)) => SubjectItem::Queued(id(device)?, id(uuid)?),
                Some(("R", uuid)) => SubjectItem::Result(id(device)?, id(uuid)?),
                _ => return None,
            },
            Some(_) => return None,
        };
        Some(Self { tenant: id(tenant)?, item })
    }
}
