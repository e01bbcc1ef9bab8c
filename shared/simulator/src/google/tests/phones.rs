use trennwand_android::{
    AppliedState, Class, DevicePatch, ManagementMode, NonComplianceReason, Ownership, class,
};

use super::*;

#[tokio::test]
async fn a_personal_phone_gets_a_work_profile_and_reports_it() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    let report = rig.client.device(&phone.name().unwrap()).await.unwrap();
    assert_eq!(report.ownership, Ownership::PersonallyOwned);
    assert_eq!(report.management_mode, ManagementMode::ProfileOwner);
    assert_eq!(report.applied_state, AppliedState::Active);
    assert!(report.policy_compliant);
    assert_eq!(
        (report.applied_policy_name, report.applied_policy_version),
        (Some(rig.policy.clone()), Some(1))
    );
    assert_eq!(report.api_level, Some(36));
    assert_eq!(report.enrollment_token_data.as_deref(), Some("signed reference"));
    assert_eq!(report.software_info.unwrap().android_version.as_deref(), Some("16"));
    assert!(report.hardware_info.unwrap().enterprise_specific_id.is_some());
    assert_eq!(phone.contacts_access(), Some(ContactsAccess::Closed { but: vec![] }));
}

#[tokio::test]
async fn the_same_kind_of_token_makes_a_company_phone_when_the_wizard_reads_it() {
    let rig = Rig::new().await;
    let phone = rig.company(15).await;
    let report = rig.client.device(&phone.name().unwrap()).await.unwrap();
    assert_eq!(report.ownership, Ownership::CompanyOwned);
    assert_eq!(report.management_mode, ManagementMode::ProfileOwner);
}

#[tokio::test]
async fn a_token_is_good_for_one_phone_for_its_time_and_for_its_kind() {
    let rig = Rig::new().await;
    let token = rig.token(PersonalUsage::Allowed).await;
    let link = SetUp::Link(token.link().unwrap());
    rig.phone(16).enroll(&link).unwrap();
    let refused = |set_up: &SetUp| rig.phone(14).enroll(set_up).unwrap_err().to_string();
    assert!(refused(&link).contains("used already"));
    let fully = rig.token(PersonalUsage::Disallowed).await;
    assert!(refused(&SetUp::Link(fully.link().unwrap())).contains("company phones"));
    let deleted = rig.token(PersonalUsage::Allowed).await;
    rig.client.delete_enrollment_token(&deleted.name.clone().unwrap()).await.unwrap();
    assert!(refused(&SetUp::Link(deleted.link().unwrap())).contains("does not know"));
    let late = rig.token(PersonalUsage::Allowed).await;
    rig.clock.advance(Duration::from_secs(86_400));
    assert!(refused(&SetUp::Link(late.link().unwrap())).contains("expired"));
    rig.google.set_device_quota(1);
    let more = rig.token(PersonalUsage::Allowed).await;
    assert!(refused(&SetUp::Link(more.link().unwrap())).contains("quota"));
}

#[tokio::test]
async fn contact_sharing_set_back_behind_our_back_makes_a_compliant_phone_leak() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    rig.google.reset_contact_sharing(&rig.policy).unwrap();
    assert!(!phone.contacts_access().unwrap().lets("com.whatsapp"), "not before it goes online");
    phone.sync();
    assert!(phone.contacts_access().unwrap().lets("com.whatsapp"));
    let report = rig.client.device(&phone.name().unwrap()).await.unwrap();
    assert!(report.policy_compliant, "it follows the policy that it was given");
    assert_eq!(report.applied_policy_version, Some(2), "which is not the version that we wrote");
    let events: Vec<_> = phone.events().into_iter().map(|(_, event)| event).collect();
    assert_eq!(
        events,
        [
            AndroidEvent::Enrolled,
            AndroidEvent::PolicyApplied { version: 1 },
            AndroidEvent::PolicyApplied { version: 2 },
            AndroidEvent::ContactsOpened,
        ]
    );
    rig.client.patch_policy(&rig.policy, &closed()).await.unwrap();
    phone.sync();
    assert_eq!(phone.events().last().unwrap().1, AndroidEvent::ContactsClosed);
}

#[tokio::test]
async fn the_fallback_of_an_old_phone_is_reported_as_api_level() {
    let rig = Rig::new().await;
    let mut policy = closed();
    policy.settings["crossProfilePolicies"]["showWorkContactsInPersonalProfile"] =
        "SHOW_WORK_CONTACTS_IN_PERSONAL_PROFILE_DISALLOWED_EXCEPT_SYSTEM".into();
    rig.client.patch_policy(&rig.policy, &policy).await.unwrap();
    let phone = rig.personal(13).await;
    let report = rig.client.device(&phone.name().unwrap()).await.unwrap();
    assert!(!report.policy_compliant);
    let [detail] = report.non_compliance_details.as_slice() else {
        panic!("{report:?}");
    };
    assert_eq!(detail.non_compliance_reason, NonComplianceReason::ApiLevel);
    assert_eq!(phone.contacts_access(), Some(ContactsAccess::Closed { but: vec![] }));
}

#[tokio::test]
async fn a_phone_that_over_reports_tells_google_but_not_us() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    phone.behave(|b| b.over_reports = true);
    phone.sync();
    let handset = phone.handset();
    let subscription = Subscription { audience: "a".into(), email: "e".into() };
    let pushed = rig.google.push_requests(Delivery::default(), &subscription);
    let last = &pushed.last().unwrap().body;
    let message: serde_json::Value = serde_json::from_str(last).unwrap();
    use base64::Engine as _;
    let data = base64::engine::general_purpose::STANDARD
        .decode(message["message"]["data"].as_str().unwrap())
        .unwrap();
    let raw = String::from_utf8(data).unwrap();
    assert!(raw.contains(&handset.imei) && raw.contains(&handset.phone_number), "{raw}");
    assert!(!raw.contains(&handset.serial_number) || raw.contains("systemProperties"));
    let read = rig.client.device(&phone.name().unwrap()).await.unwrap();
    let kept = serde_json::to_string(&read).unwrap();
    for secret in [&handset.imei, &handset.phone_number, &handset.serial_number] {
        assert!(!kept.contains(secret.as_str()), "{kept}");
    }
}

#[tokio::test]
async fn a_user_who_removes_the_work_profile_leaves_nothing_but_silence() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    let name = phone.name().unwrap();
    let before = rig.client.device(&name).await.unwrap();
    phone.remove_work();
    rig.clock.advance(Duration::from_secs(86_400));
    phone.sync();
    assert_eq!(rig.client.device(&name).await.unwrap(), before, "Google does not know");
    let token = rig.token(PersonalUsage::Allowed).await;
    phone.enroll(&SetUp::Link(token.link().unwrap())).unwrap();
    let again = rig.client.device(&phone.name().unwrap()).await.unwrap();
    assert_eq!(again.previous_device_names, [name]);
}

#[tokio::test]
async fn a_phone_takes_another_policy_and_many_come_in_pages_of_100() {
    let rig = Rig::new().await;
    let phone = rig.personal(16).await;
    let other = rig.enterprise.policy("other").unwrap();
    rig.client.patch_policy(&other, &closed()).await.unwrap();
    let patch = DevicePatch { policy_name: Some(other.clone()), state: None };
    rig.client.patch_device(&phone.name().unwrap(), &patch).await.unwrap();
    phone.sync();
    let report = rig.client.device(&phone.name().unwrap()).await.unwrap();
    assert_eq!(report.applied_policy_name, Some(other));
    rig.google.set_device_quota(20_000);
    let mut token = rig.token(PersonalUsage::Allowed).await;
    token.one_time_only = false;
    token.name = None;
    let token = rig.client.create_enrollment_token(&rig.enterprise, &token).await.unwrap();
    let link = SetUp::Link(token.link().unwrap());
    for _ in 1..250 {
        rig.phone(16).enroll(&link).unwrap();
    }
    let (mut seen, mut sizes, mut page) = (std::collections::BTreeSet::new(), Vec::new(), None);
    loop {
        let part = rig.client.devices(&rig.enterprise, page.as_ref()).await.unwrap();
        sizes.push(part.items.len());
        seen.extend(part.items.into_iter().map(|d| d.name.to_string()));
        page = part.next;
        if page.is_none() {
            break;
        }
    }
    assert_eq!((sizes, seen.len()), (vec![100, 100, 50], 250));
    let gone = rig.enterprise.device("none").unwrap();
    assert_eq!(class(&rig.client.device(&gone).await.unwrap_err()), Class::NotFound);
}
