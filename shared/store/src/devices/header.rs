use aws_sdk_dynamodb::types::AttributeValue;
use trennwand_domain::{
    Control, ControlState, ControlStates, Device, DeviceId, DeviceState, Digest, Error, GroupId,
    Ownership, Platform, PushTarget, ReasonCode, Result, Secret, Slot, SlotKind, SlotStatus, Slots,
    Target, TenantScope, Timestamp, Token, UserId, Verdict,
};

use crate::{
    IndexedPhone, WakeTarget,
    item::{Fields, Item, Map, byte_set, bytes, moment, number, text},
    layout::{self, attribute},
};

/// First byte of packed slots and controls.
const VERSION: u8 = 1;
/// `round:40 | status:8 | cause:8 | at_ms:48 | token:80`.
const SLOT_BYTES: usize = 23;
/// `verdict:8 | reason:8 | observed_at_s:40`, 0 if it never was.
const CONTROL_BYTES: usize = 7;

/// The whole header, with this revision.
pub(crate) fn encode(scope: &TenantScope, device: &Device, revision: u64) -> Item {
    let due = (device.state.is_managed() && device.push.is_some())
        .then(|| layout::wake_due(device.id, device.wake_minute()));
    let push = device.push.as_ref();
    Item::at(&layout::device(scope, device.id))
        .with(attribute::TENANT_PK, text(layout::device_index(scope).pk))
        .with(attribute::TENANT_SK, text(device.id))
        .maybe(attribute::DUE_PK, due.as_ref().map(|d| text(&d.pk)))
        .maybe(attribute::DUE_SK, due.as_ref().map(|d| text(&d.sk)))
        .with("en", text(device.enrollment))
        .maybe("us", device.user.map(text))
        .with("pl", text(device.platform))
        .with("ow", text(device.ownership))
        .with("tg", text(device.target))
        .with(attribute::STATE, text(device.state))
        .with("cr", moment(device.created_at))
        .maybe("ea", device.enrolled_at.map(moment))
        .maybe("osv", device.os_version.as_ref().map(text))
        .maybe("mdl", device.model.as_ref().map(text))
        .maybe("ce", device.certificate.map(|c| bytes(*c.as_bytes())))
        .maybe("pe", device.pending_certificate.map(|c| bytes(*c.as_bytes())))
        .with("qk", bytes(device.query_key))
        .maybe("uh", device.udid_hash.map(bytes))
        .maybe("cl", device.claimed_by.map(device_bits))
        .maybe("pt", push.map(|p| bytes(p.token.expose().clone())))
        .maybe("pm", push.map(|p| text(p.magic.expose())))
        .maybe("pp", push.map(|p| text(&p.topic)))
        .maybe("pz", pack_former(&device.former_push_tokens).map(bytes))
        .maybe(attribute::PERSON, device.person.map(|p| bytes(*p.as_bytes())))
        .maybe(attribute::GROUPS, group_set(&device.groups))
        .with("sl", bytes(pack_slots(&device.slots)))
        .maybe(attribute::WALL, pack_wall(device.slots.of(SlotKind::Wall)).map(bytes))
        .maybe("av", device.applied_version.map(number))
        .maybe("ap", device.applied_policy.map(|mark| bytes(mark.to_be_bytes())))
        .with("co", bytes(pack_controls(&device.controls)))
        .with("vd", number(device.controls.verdict() as u8))
        .maybe("fu", device.controls.fresh_until().map(|t| number(t.unix_s())))
        .maybe("ls", device.last_seen_at.map(moment))
        .maybe("dy", device.last_seen_at.map(|t| number(t.unix_day())))
        .with("rv", number(revision))
}

pub(crate) fn decode(mut item: Fields) -> Result<Device> {
    Ok(Device {
        id: item.parsed(attribute::TENANT_SK)?,
        enrollment: item.parsed("en")?,
        user: item.opt_parsed::<UserId>("us")?,
        platform: item.word("pl", Platform::from_word)?,
        ownership: item.word("ow", Ownership::from_word)?,
        target: item.word("tg", Target::from_word)?,
        state: item.word(attribute::STATE, DeviceState::from_word)?,
        created_at: item.moment("cr")?,
        enrolled_at: item.opt_moment("ea")?,
        os_version: item.opt_text("osv")?,
        model: item.opt_text("mdl")?,
        certificate: item.opt_array("ce")?.map(Digest::from_bytes),
        pending_certificate: item.opt_array("pe")?.map(Digest::from_bytes),
        query_key: item.array("qk")?,
        udid_hash: item.opt_array("uh")?,
        claimed_by: item.opt_array("cl")?.map(|b| DeviceId::from_bits(u128::from_be_bytes(b))),
        push: decode_push(&mut item)?,
        former_push_tokens: unpack_former(&item.opt_bytes("pz")?.unwrap_or_default()),
        person: item.opt_array(attribute::PERSON)?.map(Token::from_bytes),
        groups: group_ids(&mut item)?,
        slots: unpack_slots(&item.bytes("sl")?)?,
        applied_version: item.opt_number("av")?,
        applied_policy: item.opt_array("ap")?.map(u32::from_be_bytes),
        controls: unpack_controls(&item.bytes("co")?)?,
        last_seen_at: item.opt_moment("ls")?,
        revision: item.number("rv")?,
    })
}

fn decode_push(item: &mut Fields) -> Result<Option<PushTarget>> {
    let Some(token) = item.opt_bytes("pt")? else { return Ok(None) };
    Ok(Some(PushTarget {
        token: Secret::new(token),
        magic: Secret::new(item.text("pm")?),
        topic: item.text("pp")?,
    }))
}

/// A phone's groups as a header and the index have them; `None` if it is in none.
pub(crate) fn group_set(groups: &[GroupId]) -> Option<AttributeValue> {
    let bits = groups.iter().map(|group| group.bits().to_be_bytes().to_vec());
    (!groups.is_empty()).then(|| byte_set(bits))
}

pub(crate) fn group_ids(item: &mut Fields) -> Result<Vec<GroupId>> {
    let bits = item.byte_set(attribute::GROUPS)?;
    Ok(bits.into_iter().map(|bits| GroupId::from_bits(u128::from_be_bytes(bits))).collect())
}

/// A phone's identifier in half the room of its text.
pub(crate) fn device_bits(id: DeviceId) -> AttributeValue {
    bytes(id.bits().to_be_bytes())
}

/// `status:8 | mark of the token:32` of the wall, for the index; nothing until it was answered.
pub(crate) fn pack_wall(slot: &Slot) -> Option<Vec<u8>> {
    let answered = slot.status != SlotStatus::Never;
    answered.then(|| [&[slot.status as u8], slot.token.mark().as_slice()].concat())
}

pub(crate) fn unpack_wall(packed: Option<[u8; 5]>) -> Result<(SlotStatus, [u8; 4])> {
    let Some([status, mark @ ..]) = packed else {
        return Ok((SlotStatus::Never, Token::default().mark()));
    };
    let status = SlotStatus::from_number(status).ok_or_else(malformed)?;
    Ok((status, mark))
}

/// How many earlier push tokens a header remembers.
const FORMER: usize = 4;

/// What a header keeps of a push token that is not in use any more.
pub(crate) fn former_push_token(token: &[u8]) -> [u8; 8] {
    let hash = Digest::of(token);
    let mut short = [0; 8];
    short.copy_from_slice(&hash.as_bytes()[..8]);
    short
}

/// The latest of them, if there are any.
pub(crate) fn pack_former(tokens: &[[u8; 8]]) -> Option<Vec<u8>> {
    let latest = &tokens[tokens.len().saturating_sub(FORMER)..];
    (!latest.is_empty()).then(|| latest.concat())
}

pub(crate) fn unpack_former(packed: &[u8]) -> Vec<[u8; 8]> {
    packed.as_chunks().0.to_vec()
}

/// Where a phone can be woken, of a header or of what an index carries of it; `None` if it is not
/// managed or cannot be woken.
pub(crate) fn decode_target(item: Map) -> Result<Option<WakeTarget>> {
    let mut item = Fields::from(item);
    let state = item.word(attribute::STATE, DeviceState::from_word)?;
    let Some(push) = decode_push(&mut item)?.filter(|_| state.is_managed()) else {
        return Ok(None);
    };
    let pk = item.text(attribute::PK)?;
    let Some(layout::SubjectItem::Device(device)) =
        layout::Subject::parse(&pk, "0").map(|s| s.item)
    else {
        return Err(Error::internal("an index entry that is not a phone's"));
    };
    Ok(Some(WakeTarget { device, state, push }))
}

/// What an index carries of a phone.
pub(crate) fn decode_indexed(item: Map) -> Result<IndexedPhone> {
    let wake = decode_target(item.clone())?;
    let mut item = Fields::from(item);
    Ok(IndexedPhone {
        id: item.parsed(attribute::TENANT_SK)?,
        target: item.word("tg", Target::from_word)?,
        groups: group_ids(&mut item)?,
        state: item.word(attribute::STATE, DeviceState::from_word)?,
        wall: unpack_wall(item.opt_array(attribute::WALL)?)?,
        wake,
    })
}

pub(crate) fn pack_slots(slots: &Slots) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + SLOT_BYTES * SlotKind::ALL.len());
    out.push(VERSION);
    for kind in SlotKind::ALL {
        let slot = slots.of(kind);
        out.extend(&slot.round.to_be_bytes()[3..]);
        out.push(slot.status as u8);
        out.push(slot.cause.map_or(0, |cause| cause as u8));
        out.extend(&slot.at.unix_ms().max(0).to_be_bytes()[2..]);
        out.extend(slot.token.as_bytes());
    }
    out
}

fn unpack_slots(packed: &[u8]) -> Result<Slots> {
    let mut slots = Slots::default();
    let chunks = chunks(packed, SLOT_BYTES, SlotKind::ALL.len())?;
    for (kind, chunk) in SlotKind::ALL.into_iter().zip(chunks) {
        let mut token = [0; 10];
        token.copy_from_slice(&chunk[13..23]);
        let cause = Some(chunk[6]).filter(|&cause| cause != 0);
        *slots.of_mut(kind) = Slot {
            round: big_endian(&chunk[..5]),
            status: SlotStatus::from_number(chunk[5]).ok_or_else(malformed)?,
            cause: cause
                .map(|cause| ReasonCode::from_number(cause).ok_or_else(malformed))
                .transpose()?,
            at: Timestamp::from_unix_ms(big_endian(&chunk[7..13]) as i64),
            token: Token::from_bytes(token),
        };
    }
    Ok(slots)
}

pub(crate) fn pack_controls(controls: &ControlStates) -> Vec<u8> {
    let mut out = Vec::with_capacity(1 + CONTROL_BYTES * Control::ALL.len());
    out.push(VERSION);
    for (_, state) in controls.iter() {
        out.push(state.verdict as u8);
        out.push(state.reason as u8);
        let seconds = state.observed_at.map_or(0, |t| t.unix_s().max(0));
        out.extend(&seconds.to_be_bytes()[3..]);
    }
    out
}

fn unpack_controls(packed: &[u8]) -> Result<ControlStates> {
    let mut controls = ControlStates::default();
    let chunks = chunks(packed, CONTROL_BYTES, Control::ALL.len())?;
    for (control, chunk) in Control::ALL.into_iter().zip(chunks) {
        let seconds = big_endian(&chunk[2..7]) as i64;
        let state = ControlState {
            verdict: Verdict::from_number(chunk[0]).ok_or_else(malformed)?,
            reason: ReasonCode::from_number(chunk[1]).ok_or_else(malformed)?,
            observed_at: (seconds != 0).then(|| Timestamp::from_unix_s(seconds)),
        };
        controls.set(control, state);
    }
    Ok(controls)
}

/// The equal parts behind the version byte; fewer than `most` if a kind was added since.
fn chunks(packed: &[u8], size: usize, most: usize) -> Result<std::slice::ChunksExact<'_, u8>> {
    match packed.split_first() {
        Some((&VERSION, rest)) if rest.len() % size == 0 && rest.len() <= size * most => {
            Ok(rest.chunks_exact(size))
        }
        _ => Err(malformed()),
    }
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, &b| n << 8 | u64::from(b))
}

fn malformed() -> Error {
    Error::internal("stored header: packed slots or controls are malformed")
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{Authenticator, CommandUuid, TenantId};

    use super::*;
    use crate::testing::full_device;

    fn scope() -> TenantScope {
        #[expect(clippy::disallowed_methods, reason = "a test vouches for itself")]
        TenantScope::vouched(Authenticator::Timer, TenantId::from_bits(u128::MAX))
    }

    /// An item's size as DynamoDB counts it for the values that a header has: names and texts in
    /// bytes, numbers at most one byte per two digits plus two.
    fn size(item: &Map) -> usize {
        use aws_sdk_dynamodb::types::AttributeValue::{B, Bs, N, S};
        let value = |v: &_| match v {
            S(text) => text.len(),
            N(digits) => digits.len().div_ceil(2) + 2,
            B(blob) => blob.as_ref().len(),
            Bs(set) => set.iter().map(|blob| blob.as_ref().len()).sum(),
            other => panic!("{other:?}"),
        };
        item.iter().map(|(name, v)| name.len() + value(v)).sum()
    }

    #[test]
    fn a_full_header_with_eight_groups_fits_into_one_kilobyte() {
        let device = full_device(1);
        assert_eq!(device.groups.len(), trennwand_domain::Group::MOST_OF_A_DEVICE);
        let item = encode(&scope(), &device, 1000).into_map();
        assert!(size(&item) <= 1024, "{} bytes", size(&item));
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let mut device = full_device(1);
        assert_eq!(
            decode(encode(&scope(), &device, 7).into_map().into()).unwrap(),
            Device { revision: 7, ..device.clone() }
        );
        device.push = None;
        device.former_push_tokens = Vec::new();
        device.user = None;
        device.person = None;
        device.groups = Vec::new();
        device.applied_policy = None;
        device.slots = Slots::default();
        device.controls = ControlStates::default();
        device.last_seen_at = None;
        let read = decode(encode(&scope(), &device, device.revision).into_map().into());
        assert_eq!(read.unwrap(), device);
    }

    #[test]
    fn the_greatest_round_survives() {
        let mut slots = Slots::default();
        slots.of_mut(SlotKind::Restrictions).round = CommandUuid::MAX_ROUND;
        assert_eq!(unpack_slots(&pack_slots(&slots)).unwrap(), slots);
    }

    #[test]
    fn the_index_says_what_came_of_the_wall() {
        let device = full_device(1);
        let slot = device.slots.of(SlotKind::Wall);
        let packed = pack_wall(slot).and_then(|packed| packed.try_into().ok());
        assert_eq!(unpack_wall(packed).unwrap(), (slot.status, slot.token.mark()));
        assert_eq!(pack_wall(&Slot::default()), None);
        assert_eq!(unpack_wall(None).unwrap(), (SlotStatus::Never, [0; 4]));
        assert!(unpack_wall(Some([9; 5])).is_err());
    }

    #[test]
    fn slots_and_revision_are_in_no_index() {
        for private in ["sl", "co", "rv", "ls"] {
            assert!(!layout::BY_TENANT_ATTRIBUTES.contains(&private));
            assert!(!layout::BY_DUE_ATTRIBUTES.contains(&private));
        }
    }

    #[test]
    fn malformed_bytes_are_an_error_and_no_panic() {
        for packed in [&[][..], &[2], &[1, 0], &[1; 400]] {
            assert!(unpack_slots(packed).is_err());
            assert!(unpack_controls(packed).is_err());
        }
        let bad = [[VERSION].as_slice(), &[0xff; SLOT_BYTES]].concat();
        assert!(unpack_slots(&bad).is_err());
    }

    #[test]
    fn only_managed_phones_that_can_be_woken_are_targets() {
        let mut device = full_device(1);
        let target = |d: &Device| decode_target(encode(&scope(), d, 1).into_map()).unwrap();
        assert_eq!(target(&device).unwrap().device, device.id);
        device.state = DeviceState::Released;
        assert_eq!(target(&device), None);
        device.state = DeviceState::Enrolled;
        device.push = None;
        assert_eq!(target(&device), None);
    }
}
