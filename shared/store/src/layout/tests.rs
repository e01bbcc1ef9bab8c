use trennwand_domain::{Authenticator, Priority};

use super::*;

fn scope(bits: u128) -> TenantScope {
    #[expect(clippy::disallowed_methods, reason = "a test vouches for itself")]
    TenantScope::vouched(Authenticator::Timer, TenantId::from_bits(bits))
}

const TENANT: &str = "ten_00000000000000000000000001";
const DEVICE: &str = "dev_00000000000000000000000002";

#[test]
fn a_phones_items_share_a_partition_and_sort_as_header_then_queue() {
    let (scope, id) = (scope(1), DeviceId::from_bits(2));
    let uuid = CommandUuid::queued(Priority::Urgent, Timestamp::from_unix_ms(5), [1; 10]);
    let header = device(&scope, id);
    assert_eq!(header.pk, format!("T#{TENANT}#D#{DEVICE}"));
    assert_eq!(header.sk, "0");
    let queued = queued(&scope, id, uuid);
    assert_eq!(queued.pk, header.pk);
    assert_eq!(queued.sk, "1#10000000-0005-0101-0101-010101010101");
    let (from, to) = connect_bounds();
    assert!(from <= header.sk && header.sk < queued.sk && queued.sk < to);
    assert!(fact(&scope, id, SlotKind::ProfileList).sk > to, "facts are not read at connect");
}

#[test]
fn one_tenants_prefix_is_never_anothers() {
    let (one, ten) = (tenant(&scope(1)), tenant(&scope(32)));
    assert_eq!(one.pk, format!("T#{TENANT}#O"));
    assert!(!ten.pk.starts_with(&format!("T#{TENANT}#")));
}

#[test]
fn roll_outs_are_due_in_the_order_of_time_and_known_by_their_keys() {
    let at = |ms| rollout_due(Timestamp::from_unix_ms(ms));
    assert!(at(999).sk < at(1_000).sk && at(1_000).sk < at(1_795_000_000_000).sk);
    let scope = scope(1);
    let (policy, id) = (PolicyId::from_bits(3), RolloutId::from_bits(4));
    let item = rollout(&scope, policy, id);
    assert_eq!(parse_rollout(&item.pk, &item.sk), Some((scope.tenant(), policy, id)));
    assert_eq!(parse_rollout(&tenant(&scope).pk, "0"), None);
    assert_eq!(parse_rollout("", ""), None);
}

#[test]
fn a_list_goes_on_behind_its_cursor() {
    let span = users(&scope(1));
    let (all, _) = span.bounds(None);
    let (behind, to) = span.bounds(Some("usr_00000000000000000000000005"));
    let (five, six) = ("usr_00000000000000000000000005", "usr_00000000000000000000000006");
    assert!(all.as_str() < five);
    assert!(five < behind.as_str() && behind.as_str() < six && six < to.as_str());
}

#[test]
fn the_streams_reader_finds_out_whose_brand_changed() {
    let reseller = ResellerId::from_bits(7);
    let (brand, logo) = (brand(reseller), logo(reseller));
    assert_eq!(brand_of(&brand.pk, &brand.sk), Some(reseller));
    assert_eq!(brand_of(&logo.pk, &logo.sk), None);
    for pk in ["R#res_1#B", "T#x#B", "R#res_00000000000000000000000007#O", ""] {
        assert_eq!(brand_of(pk, "0"), None, "{pk}");
    }
}

#[test]
fn the_streams_reader_finds_out_what_a_record_is_about() {
    let (scope, id) = (scope(1), DeviceId::from_bits(2));
    let uuid = CommandUuid::queued(Priority::Normal, Timestamp::from_unix_ms(5), [1; 10]);
    let user_id = UserId::from_bits(9);
    for (key, item) in [
        (tenant(&scope), Some(SubjectItem::Tenant)),
        (head(&scope), Some(SubjectItem::Head)),
        (user(&scope, user_id), Some(SubjectItem::User(user_id))),
        (group(&scope, GroupId::from_bits(4)), Some(SubjectItem::Group(GroupId::from_bits(4)))),
        (phone(&scope, [7; 16], id), None),
        (android_phone(&scope, id), Some(SubjectItem::AndroidPhone(id))),
        (android_binding(&scope), Some(SubjectItem::AndroidBinding)),
        (android_policies(&scope), None),
        (device(&scope, id), Some(SubjectItem::Device(id))),
        (queued(&scope, id, uuid), Some(SubjectItem::Queued(id, uuid))),
        (result(&scope, id, uuid), Some(SubjectItem::Result(id, uuid))),
        (fact(&scope, id, SlotKind::Wall), None),
        (template(&scope, Digest::of(b"")), None),
        (client_directory(ClientId::from_bits(3)), None),
        (reseller(ResellerId::from_bits(3)), None),
    ] {
        let expected = item.map(|item| Subject { tenant: scope.tenant(), item });
        assert_eq!(Subject::parse(&key.pk, &key.sk), expected, "{key:?}");
    }
    assert_eq!(Subject::parse("T#ten_1#D#dev_2", "0"), None);
    assert_eq!(Subject::parse("", ""), None);
}
