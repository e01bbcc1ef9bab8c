//! A phone and what it shall have, for the tests of this crate.

use trennwand_domain::{
    ControlStates, Device, DeviceId, DeviceState, EnrollmentId, Ownership, Platform, ReasonCode,
    Slot, SlotKind, SlotStatus, Slots, Target, Timestamp, Token, UserId,
};

use crate::{Expected, ExpectedProfile, Facts};

pub(crate) const NOON: Timestamp = Timestamp::from_unix_s(1_795_000_000);
pub(crate) const WALL: ExpectedProfile<'_> = ExpectedProfile { identifier: "wall", uuid: "AA-1" };
pub(crate) const ACCOUNT: ExpectedProfile<'_> =
    ExpectedProfile { identifier: "account", uuid: "BB-1" };

pub(crate) const fn expected(no_account: Option<ReasonCode>) -> Expected<'static> {
    let account = match no_account {
        None => Ok(ACCOUNT),
        Some(cause) => Err(cause),
    };
    Expected { wall: WALL, account }
}

pub(crate) fn device() -> Device {
    Device {
        id: DeviceId::from_bits(5),
        enrollment: EnrollmentId::from_bits(6),
        user: Some(UserId::from_bits(8)),
        platform: Platform::Ios,
        ownership: Ownership::Personal,
        target: Target::IosDevice,
        state: DeviceState::Enrolled,
        created_at: NOON,
        enrolled_at: Some(NOON),
        os_version: None,
        model: None,
        certificate: None,
        pending_certificate: None,
        query_key: [1; 16],
        udid_hash: None,
        push: None,
        claimed_by: None,
        former_push_tokens: Vec::new(),
        person: Some(Token::from_bytes([9; 10])),
        groups: Vec::new(),
        slots: Slots::default(),
        controls: ControlStates::default(),
        applied_version: None,
        applied_policy: None,
        last_seen_at: None,
        revision: 1,
    }
}

/// A phone whose wall and account were answered like this.
pub(crate) fn answered(wall: SlotStatus, account: SlotStatus, cause: Option<ReasonCode>) -> Device {
    let mut device = device();
    let slot = |status| Slot { round: 1, status, at: NOON, ..Slot::default() };
    *device.slots.of_mut(SlotKind::Wall) = slot(wall);
    *device.slots.of_mut(SlotKind::Account) = Slot { cause, ..slot(account) };
    device
}

pub(crate) fn profiles(listed: &[(&str, &str)]) -> Facts {
    let ours = listed.iter().map(|(id, uuid)| ((*id).to_owned(), (*uuid).to_owned())).collect();
    Facts::ProfileList { ours, others: 0 }
}

pub(crate) fn bools(values: &[(&str, bool)]) -> Facts {
    Facts::Restrictions {
        bools: values.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect(),
    }
}

/// The values in force behind a sound wall.
pub(crate) fn closed() -> Facts {
    bools(&[
        ("allowOpenFromManagedToUnmanaged", false),
        ("allowOpenFromUnmanagedToManaged", false),
        ("allowUnmanagedToReadManagedContacts", false),
        ("allowManagedToWriteUnmanagedContacts", false),
        ("requireManagedPasteboard", true),
    ])
}

pub(crate) fn apps(messengers: &[&str]) -> Facts {
    let messengers = messengers.iter().map(|id| (*id).to_owned()).collect();
    Facts::ManagedApplications { messengers, others: 1 }
}
