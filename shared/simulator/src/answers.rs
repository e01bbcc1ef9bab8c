use plist::{Dictionary, Value};

use crate::{Behaviour, Change, Fault, Handset, Profile, inside::Inside};

/// How a command was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Acknowledged(Dictionary),
    Error(Vec<Fault>),
    CommandFormatError,
    NotNow,
}

/// What a simulated phone knows of itself besides its contents.
pub(crate) struct Facts<'a> {
    pub(crate) handset: &'a Handset,
    pub(crate) access_rights: u32,
    /// The enrolment profile.
    pub(crate) enrollment: &'a Profile,
    /// The identity and what issued it, DER.
    pub(crate) certificates: &'a [(String, Vec<u8>)],
}

/// Apple's `AccessRights` that the commands below need.
mod right {
    pub(super) const INSPECT_PROFILES: u32 = 1;
    pub(super) const INSTALL_PROFILES: u32 = 2;
    pub(super) const LOCK: u32 = 4;
    pub(super) const DEVICE_INFORMATION: u32 = 16;
    pub(super) const NETWORK_INFORMATION: u32 = 32;
    pub(super) const RESTRICTIONS: u32 = 512;
    pub(super) const SECURITY: u32 = 1024;
    pub(super) const APPS: u32 = 4096;
}

/// Carries out a command and says what the phone reports.
pub(crate) fn answer(
    command: &Dictionary,
    inside: &mut Inside,
    behaviour: &mut Behaviour,
    facts: &Facts<'_>,
) -> Outcome {
    let request_type = command.get("RequestType").and_then(Value::as_string).unwrap_or_default();
    if behaviour.takes_not_now(request_type) {
        return Outcome::NotNow;
    }
    if behaviour.takes_format_error(request_type) {
        return Outcome::CommandFormatError;
    }
    if let Some(fault) = behaviour.takes_error(request_type) {
        return Outcome::Error(vec![fault]);
    }
    let needed = match request_type {
        "ProfileList" | "CertificateList" => right::INSPECT_PROFILES,
        "InstallProfile" | "RemoveProfile" => right::INSTALL_PROFILES,
        "DeviceLock" => right::LOCK,
        "Restrictions" => right::RESTRICTIONS,
        "SecurityInfo" => right::SECURITY,
        "ManagedApplicationList" => right::APPS,
        "DeviceInformation" => rights_of_queries(command),
        _ => return Outcome::CommandFormatError,
    };
    if facts.access_rights & needed != needed {
        inside.note(Change::RightMissing { request_type: request_type.into() });
        return Outcome::Error(vec![Fault::not_authorized()]);
    }
    let managed_only = flag(command, "ManagedOnly");
    match request_type {
        "InstallProfile" => install(command, inside),
        "RemoveProfile" => match command.get("Identifier").and_then(Value::as_string) {
            Some(identifier) => done(inside.remove(identifier)),
            None => Outcome::CommandFormatError,
        },
        "DeviceLock" => {
            inside.lock();
            Outcome::Acknowledged(Dictionary::new())
        }
        "ProfileList" => one("ProfileList", profile_list(inside, facts, managed_only)),
        "CertificateList" => one("CertificateList", certificate_list(facts)),
        "Restrictions" => one("GlobalRestrictions", global_restrictions(inside, behaviour).into()),
        "SecurityInfo" => one("SecurityInfo", security_info().into()),
        "ManagedApplicationList" => {
            one("ManagedApplicationList", managed_applications(behaviour).into())
        }
        _ => one("QueryResponses", device_information(command, facts.handset).into()),
    }
}

fn one(key: &str, value: Value) -> Outcome {
    Outcome::Acknowledged(dictionary([(key, value)]))
}

fn done(result: Result<(), Fault>) -> Outcome {
    match result {
        Ok(()) => Outcome::Acknowledged(Dictionary::new()),
        Err(fault) => Outcome::Error(vec![fault]),
    }
}

fn flag(command: &Dictionary, key: &str) -> bool {
    command.get(key).and_then(Value::as_boolean) == Some(true)
}

pub(crate) fn dictionary<const N: usize>(entries: [(&str, Value); N]) -> Dictionary {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn install(command: &Dictionary, inside: &mut Inside) -> Outcome {
    let Some(payload) = command.get("Payload").and_then(Value::as_data) else {
        return Outcome::CommandFormatError;
    };
    match Profile::read(payload) {
        Ok(profile) => done(inside.install(profile, true)),
        Err(error) => Outcome::Error(vec![Fault::profile(&error.to_string())]),
    }
}

/// `IsManaged` is left out on supervised phones only; simulated ones are not supervised. The
/// enrolment profile was not installed by MDM, so `ManagedOnly` leaves it out.
fn profile_list(inside: &Inside, facts: &Facts<'_>, managed_only: bool) -> Value {
    let own = (!managed_only).then_some((facts.enrollment, false));
    let installed = inside.profiles.iter().map(|p| (&p.profile, p.managed));
    let listed = own.into_iter().chain(installed.filter(|(_, managed)| *managed || !managed_only));
    Value::Array(listed.map(|(profile, managed)| profile_item(profile, managed)).collect())
}

fn profile_item(profile: &Profile, managed: bool) -> Value {
    let contents = profile.payloads.iter().map(|payload| {
        dictionary([
            ("PayloadType", payload.kind.as_str().into()),
            ("PayloadIdentifier", payload.identifier.as_str().into()),
            ("PayloadUUID", payload.uuid.as_str().into()),
            ("PayloadVersion", 1.into()),
        ])
    });
    let signers = profile.signer.iter().cloned().map(Value::Data).collect();
    let mut item = dictionary([
        ("PayloadIdentifier", profile.identifier.as_str().into()),
        ("PayloadUUID", profile.uuid.as_str().into()),
        ("PayloadVersion", 1.into()),
        ("PayloadContent", Value::Array(contents.map(Value::Dictionary).collect())),
        ("PayloadRemovalDisallowed", false.into()),
        ("HasRemovalPasscode", false.into()),
        ("IsEncrypted", false.into()),
        ("IsManaged", managed.into()),
        ("SignerCertificates", Value::Array(signers)),
    ]);
    if let Some(name) = &profile.display_name {
        item.insert("PayloadDisplayName".into(), name.as_str().into());
    }
    if let Some(name) = &profile.organization {
        item.insert("PayloadOrganization".into(), name.as_str().into());
    }
    item.into()
}

fn certificate_list(facts: &Facts<'_>) -> Value {
    let items = facts.certificates.iter().enumerate().map(|(place, (name, der))| {
        dictionary([
            ("CommonName", name.as_str().into()),
            ("IsIdentity", (place == 0).into()),
            ("Data", Value::Data(der.clone())),
        ])
    });
    Value::Array(items.map(Value::Dictionary).collect())
}

fn global_restrictions(inside: &Inside, behaviour: &Behaviour) -> Dictionary {
    let mut report = inside.restrictions().to_report();
    if let Some(bools) = report.get_mut("restrictedBool").and_then(Value::as_dictionary_mut) {
        for key in &behaviour.unlisted_restrictions {
            bools.remove(key);
        }
        if behaviour.reports_open_in {
            let open = dictionary([("value", true.into())]);
            bools.insert("allowOpenFromManagedToUnmanaged".into(), open.into());
        }
    }
    report
}

fn security_info() -> Dictionary {
    dictionary([
        ("HardwareEncryptionCaps", 3.into()),
        ("PasscodePresent", true.into()),
        ("PasscodeCompliant", true.into()),
        ("PasscodeCompliantWithProfiles", true.into()),
        (
            "ManagementStatus",
            dictionary([
                ("EnrolledViaDEP", false.into()),
                ("IsUserEnrollment", false.into()),
                ("UserApprovedEnrollment", true.into()),
            ])
            .into(),
        ),
    ])
}

fn managed_applications(behaviour: &Behaviour) -> Dictionary {
    behaviour
        .managed_apps
        .iter()
        .map(|(bundle_id, status)| {
            let item = dictionary([
                ("Status", status.as_str().into()),
                ("ManagementFlags", 5.into()),
                ("HasConfiguration", false.into()),
                ("HasFeedback", false.into()),
                ("IsValidated", true.into()),
            ]);
            (bundle_id.clone(), Value::Dictionary(item))
        })
        .collect()
}

fn queries(command: &Dictionary) -> impl Iterator<Item = &str> {
    let queries = command.get("Queries").and_then(Value::as_array);
    queries.into_iter().flatten().filter_map(Value::as_string)
}

/// The rights by Apple's schema: `AllowQueryDeviceInformation` for the hardware and the system,
/// `AllowQueryNetworkInformation` for numbers and addresses of the network.
fn rights_of_queries(command: &Dictionary) -> u32 {
    queries(command).fold(0, |rights, query| {
        rights
            | match query {
                "UDID" | "OrganizationInfo" | "MDMOptions" | "AwaitingConfiguration" => 0,
                "PhoneNumber" | "WiFiMAC" | "BluetoothMAC" | "ICCID" => right::NETWORK_INFORMATION,
                _ => right::DEVICE_INFORMATION,
            }
    })
}

fn device_information(command: &Dictionary, handset: &Handset) -> Dictionary {
    queries(command)
        .filter_map(|query| {
            let value = match query {
                "UDID" => handset.udid.as_str().into(),
                "DeviceName" => handset.device_name.as_str().into(),
                "OSVersion" => handset.os_version.as_str().into(),
                "BuildVersion" => handset.build_version.as_str().into(),
                "ProductName" => handset.product_name.as_str().into(),
                "ModelName" => handset.model_name.as_str().into(),
                "SerialNumber" => handset.serial_number.as_str().into(),
                "IMEI" => handset.imei.as_str().into(),
                "PhoneNumber" => handset.phone_number.as_str().into(),
                "WiFiMAC" => handset.wifi_mac.as_str().into(),
                "IsSupervised" => false.into(),
                "BatteryLevel" => Value::Real(0.8),
                "DeviceCapacity" => Value::Real(128.0),
                "AvailableDeviceCapacity" => Value::Real(64.0),
                _ => return None,
            };
            Some((query.to_owned(), value))
        })
        .collect()
}

#[cfg(test)]
#[path = "answers_tests.rs"]
mod tests;
