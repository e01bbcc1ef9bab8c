use std::collections::BTreeMap;

use serde_json::json;
use trennwand_domain::{CommandKind, Ownership};

use crate::{Answer, PlistError, Report, Request};

fn report(members: &str) -> Report {
    let body = format!(
        "<plist version=\"1.0\"><dict><key>Status</key><string>Acknowledged</string>\
        <key>CommandUUID</key><string>40000000-04D3-0102-0304-05060708090A</string>\
        <key>UDID</key><string>00008140-001C2D3E4F5A6B7C</string>{members}</dict></plist>"
    );
    match Request::parse(body.as_bytes()) {
        Ok(Request::Report(report)) => report,
        other => panic!("{other:?}"),
    }
}

fn profile(identifier: &str, managed: &str, payload: &str) -> String {
    format!(
        "<dict><key>PayloadIdentifier</key><string>{identifier}</string>\
        <key>PayloadUUID</key><string>0c5a1f6e-0000-8000-8000-00000000000a</string>{managed}\
        <key>PayloadDisplayName</key><string>Clinic VPN of Anna</string>\
        <key>SignerCertificates</key><array><data>AAAA</data></array>\
        <key>PayloadContent</key><array><dict><key>PayloadType</key><string>{payload}</string>\
        </dict></array></dict>"
    )
}

fn profile_list() -> Report {
    report(&format!(
        "<key>ProfileList</key><array>{}{}{}</array>",
        profile("ours", "<key>IsManaged</key><true/>", "com.apple.applicationaccess"),
        profile("private.vpn", "<key>IsManaged</key><false/>", "com.apple.vpn.managed"),
        profile("unsaid", "", "com.apple.eas.account"),
    ))
}

#[test]
fn a_personal_phones_own_profiles_are_not_taken_even_if_it_lists_them() {
    let answer =
        Answer::decode(CommandKind::ProfileList, Ownership::Personal, &profile_list()).unwrap();
    let uuid = "0C5A1F6E-0000-8000-8000-00000000000A";
    assert_eq!(
        answer.to_json(),
        json!({"profiles": [
            {"identifier": "ours", "uuid": uuid, "managed": true, "restricts": true},
            {"identifier": "unsaid", "uuid": uuid, "restricts": false},
        ]})
    );
}

#[test]
fn a_company_phone_shows_strangers_profiles_without_their_names() {
    let answer =
        Answer::decode(CommandKind::ProfileList, Ownership::Company, &profile_list()).unwrap();
    let Answer::ProfileList(profiles) = &answer else { panic!("{answer:?}") };
    assert_eq!(profiles.len(), 3);
    let shown = answer.to_json().to_string();
    assert!(!shown.contains("Anna") && !shown.contains("AAAA"), "{shown}");
}

fn global_restrictions() -> Report {
    report(
        "<key>GlobalRestrictions</key><dict>\
        <key>restrictedBool</key><dict>\
          <key>allowOpenFromManagedToUnmanaged</key><dict><key>value</key><false/></dict>\
          <key>allowExplicitContent</key><dict><key>value</key><true/></dict>\
          <key>allowScreenShot</key><dict><key>value</key><string>yes</string></dict>\
        </dict>\
        <key>restrictedValue</key><dict>\
          <key>ratingApps</key><dict><key>value</key><integer>600</integer></dict></dict>\
        <key>intersection</key><dict><key>trustedPlaces</key><dict><key>values</key>\
          <array><string>home</string></array></dict></dict>\
        </dict>",
    )
}

#[test]
fn restrictions_of_a_personal_phone_are_those_that_a_company_may_set() {
    let decoded =
        Answer::decode(CommandKind::Restrictions, Ownership::Personal, &global_restrictions());
    assert_eq!(
        decoded.unwrap().to_json(),
        json!({"restrictions": {"allowOpenFromManagedToUnmanaged": false}})
    );
}

#[test]
fn restrictions_of_a_company_phone_are_all_booleans_and_numbers() {
    let decoded =
        Answer::decode(CommandKind::Restrictions, Ownership::Company, &global_restrictions());
    assert_eq!(
        decoded.unwrap().to_json(),
        json!({
            "restrictions": {"allowOpenFromManagedToUnmanaged": false, "allowExplicitContent": true},
            "values": {"ratingApps": 600},
        })
    );
}

#[test]
fn security_info_keeps_passcode_and_encryption() {
    let report = report(
        "<key>SecurityInfo</key><dict><key>HardwareEncryptionCaps</key><integer>3</integer>\
        <key>PasscodePresent</key><true/><key>PasscodeCompliant</key><true/>\
        <key>ManagementStatus</key><dict><key>IsUserEnrollment</key><false/></dict>\
        <key>FDE_PersonalRecoveryKeyDeviceKey</key><string>C02SERIAL</string></dict>",
    );
    let answer = Answer::decode(CommandKind::SecurityInfo, Ownership::Personal, &report).unwrap();
    assert_eq!(
        answer.to_json(),
        json!({
            "hardware_encryption_caps": 3,
            "passcode_present": true,
            "passcode_compliant": true,
            "user_enrollment": false,
        })
    );
}

#[test]
fn managed_apps_keep_their_status_only() {
    let report = report(
        "<key>ManagedApplicationList</key><dict><key>net.whatsapp.WhatsApp</key><dict>\
        <key>Status</key><string>Managed</string><key>UnusedRedemptionCode</key>\
        <string>secret</string></dict></dict>",
    );
    let answer =
        Answer::decode(CommandKind::ManagedApplicationList, Ownership::Personal, &report).unwrap();
    assert_eq!(answer.to_json(), json!({"applications": {"net.whatsapp.WhatsApp": "Managed"}}));
    let members =
        [("applications".to_owned(), r#"{"net.whatsapp.WhatsApp":"Managed"}"#.to_owned())];
    assert_eq!(answer.to_members(), BTreeMap::from(members));
}

fn device_information() -> Report {
    report(
        "<key>QueryResponses</key><dict><key>OSVersion</key><string>27.1</string>\
        <key>SerialNumber</key><string>F2LXYZ</string><key>IsSupervised</key><false/>\
        <key>BatteryLevel</key><real>0.5</real><key>PhoneNumber</key><string>+49151</string>\
        <key>IMEI</key><string>35 000000</string><key>UDID</key><string>0000</string></dict>",
    )
}

#[test]
fn device_information_keeps_what_was_asked() {
    let answer =
        Answer::decode(CommandKind::DeviceInformation, Ownership::Company, &device_information());
    assert_eq!(
        answer.unwrap().to_json(),
        json!({
            "os_version": "27.1",
            "serial_number": "F2LXYZ",
            "is_supervised": false,
            "battery_level": 0.5,
        })
    );
}

#[test]
fn a_personal_phone_that_volunteers_its_identifiers_is_not_listened_to() {
    let answer =
        Answer::decode(CommandKind::DeviceInformation, Ownership::Personal, &device_information());
    assert_eq!(answer, Err(PlistError::NotPermitted));
}

#[test]
fn certificates_are_told_apart_by_their_hash() {
    let report = report(
        "<key>CertificateList</key><array><dict><key>CommonName</key><string>dev_2</string>\
        <key>IsIdentity</key><true/><key>Data</key><data>YWJj</data></dict></array>",
    );
    let answer = Answer::decode(CommandKind::CertificateList, Ownership::Personal, &report);
    // SHA-256 of "abc", FIPS 180-2 appendix B.1.
    assert_eq!(
        answer.unwrap().to_json(),
        json!({"certificates": [{
            "common_name": "dev_2",
            "identity": true,
            "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        }]})
    );
}

#[test]
fn an_answer_without_what_the_schema_requires_is_refused() {
    let empty = report("");
    for (kind, missing) in [
        (CommandKind::ProfileList, "ProfileList"),
        (CommandKind::Restrictions, "GlobalRestrictions"),
        (CommandKind::SecurityInfo, "SecurityInfo"),
        (CommandKind::ManagedApplicationList, "ManagedApplicationList"),
        (CommandKind::CertificateList, "CertificateList"),
        (CommandKind::DeviceInformation, "QueryResponses"),
    ] {
        let refused = Answer::decode(kind, Ownership::Company, &empty);
        assert_eq!(refused, Err(PlistError::Missing(missing)));
    }
    let lock = Answer::decode(CommandKind::DeviceLock, Ownership::Company, &empty).unwrap();
    assert_eq!((lock.to_json(), lock.to_members()), (json!({}), BTreeMap::new()));
}
