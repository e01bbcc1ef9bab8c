use plist::{Dictionary, Value};
use trennwand_domain::{DeviceId, Locale, Secret, TenantId};

use crate::{AccessRights, ConfigurationProfile, payload, payload_uuid, xml};

/// What makes a phone enrol: a SCEP payload for its identity and the `com.apple.mdm` payload.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrollmentProfile {
    /// The tenant.
    pub tenant: TenantId,
    /// The enrolment.
    pub device: DeviceId,
    /// Who manages, as shown to the phone's user.
    pub organization: String,
    /// Who provides the service and helps, as the end of the description.
    pub note: Option<String>,
    /// Language of the texts that the phone shows.
    pub locale: Locale,
    /// `ServerURL`, for check-ins too; can never change later. `https` except on a laptop.
    pub server_url: String,
    /// `URL` of the SCEP payload; no query string, some clients mangle it.
    pub scep_url: String,
    /// `Challenge`, for one certificate.
    pub challenge: Secret<String>,
    /// `Topic`; can never change later.
    pub topic: String,
    /// `AccessRights`; can never be widened later.
    pub access_rights: AccessRights,
    /// `Subject`: attribute (`C`, `L`, `ST`, `O`, `OU` or `CN` only) and value.
    pub subject: Vec<(&'static str, String)>,
    /// `CAFingerprint` of the device authority's certificate.
    pub ca_fingerprint: Option<Vec<u8>>,
}

/// Both signing (1) and encryption (4): SCEP answers are enveloped for the phone's key.
const KEY_USAGE: i64 = 5;
const KEY_SIZE_BITS: i64 = 2048;
/// iPhone and iPad: keeps the phone from asking whether a paired watch is meant.
const TARGET_DEVICE_TYPE: i64 = 1;

impl EnrollmentProfile {
    /// `PayloadIdentifier` of the enrolment profiles of a tenant.
    #[must_use]
    pub fn identifier(tenant: TenantId) -> String {
        format!("trennwand.{tenant}.enrollment")
    }

    /// The unsigned profile as XML: always the same bytes for the same enrolment.
    #[must_use]
    pub fn to_plist(&self) -> Vec<u8> {
        let texts = Texts::of(self.locale);
        let profile = ConfigurationProfile {
            identifier: Self::identifier(self.tenant),
            uuid: self.uuid("profile"),
            display_name: format!("{} ({})", texts.profile, self.organization),
            description: Some(self.description(&texts)),
            organization: self.organization.clone(),
            payloads: vec![self.scep(&texts), self.mdm(&texts)],
        };
        let mut profile = profile.to_dictionary();
        profile.insert("TargetDeviceType".to_owned(), TARGET_DEVICE_TYPE.into());
        xml::write(profile)
    }

    fn description(&self, texts: &Texts) -> String {
        let text = if self.access_rights == AccessRights::PERSONAL {
            texts.personal
        } else {
            texts.company
        };
        let text = text.replace("{organization}", &self.organization);
        match &self.note {
            Some(note) => format!("{text} {note}"),
            None => text,
        }
    }

    fn scep(&self, texts: &Texts) -> Dictionary {
        let attribute = |(name, value): &(&'static str, String)| {
            let pair = vec![(*name).into(), value.clone().into()];
            Value::Array(vec![Value::Array(pair)])
        };
        let mut content = Dictionary::new();
        content.insert("URL".to_owned(), self.scep_url.clone().into());
        content.insert(
            "Subject".to_owned(),
            Value::Array(self.subject.iter().map(attribute).collect()),
        );
        content.insert("Challenge".to_owned(), self.challenge.expose().clone().into());
        content.insert("Keysize".to_owned(), KEY_SIZE_BITS.into());
        content.insert("Key Type".to_owned(), "RSA".into());
        content.insert("Key Usage".to_owned(), KEY_USAGE.into());
        content.insert("KeyIsExtractable".to_owned(), false.into());
        if let Some(fingerprint) = &self.ca_fingerprint {
            content.insert("CAFingerprint".to_owned(), Value::Data(fingerprint.clone()));
        }
        let mut scep = self.payload("com.apple.security.scep", "scep", texts.identity);
        scep.insert("PayloadContent".to_owned(), content.into());
        scep
    }

    /// Without `CheckInURL`, check-ins go to `ServerURL`; production push servers are the default.
    fn mdm(&self, texts: &Texts) -> Dictionary {
        let mut mdm = self.payload("com.apple.mdm", "mdm", texts.management);
        mdm.insert("IdentityCertificateUUID".to_owned(), self.uuid("scep").into());
        mdm.insert("Topic".to_owned(), self.topic.clone().into());
        mdm.insert("ServerURL".to_owned(), self.server_url.clone().into());
        mdm.insert("AccessRights".to_owned(), i64::from(self.access_rights.bits()).into());
        mdm.insert("SignMessage".to_owned(), true.into());
        mdm.insert("CheckOutWhenRemoved".to_owned(), true.into());
        mdm
    }

    fn payload(&self, kind: &str, purpose: &str, display_name: &str) -> Dictionary {
        let identifier = format!("{}.{purpose}", Self::identifier(self.tenant));
        let mut payload = payload(kind, &identifier, &self.uuid(purpose), display_name);
        payload.insert("PayloadOrganization".to_owned(), self.organization.clone().into());
        payload
    }

    fn uuid(&self, purpose: &str) -> String {
        payload_uuid(&[
            b"enrollment",
            &self.tenant.bits().to_be_bytes(),
            &self.device.bits().to_be_bytes(),
            purpose.as_bytes(),
        ])
    }
}

/// What the phone shows when the profile is installed.
struct Texts {
    profile: &'static str,
    identity: &'static str,
    management: &'static str,
    personal: &'static str,
    company: &'static str,
}

impl Texts {
    const fn of(locale: Locale) -> Self {
        match locale {
            Locale::En => Self {
                profile: "Protection of business data",
                identity: "Identity of this device",
                management: "Device management",
                personal: "Keeps business contacts, mail and documents away from private apps. \
                    {organization} cannot list your private apps, cannot see photos, messages or your \
                    location, and can neither lock nor erase this device. You can remove this profile \
                    at any time; the business data go with it.",
                company: "Keeps business contacts, mail and documents away from private apps. \
                    {organization} manages this device and can lock or erase it.",
            },
            Locale::De => Self {
                profile: "Schutz geschäftlicher Daten",
                identity: "Identität dieses Geräts",
                management: "Geräteverwaltung",
                personal: "Hält geschäftliche Kontakte, Mails und Dokumente von privaten Apps fern. \
                    {organization} kann Ihre privaten Apps nicht auflisten, weder Fotos noch \
                    Nachrichten noch Ihren Standort sehen und dieses Gerät weder sperren noch löschen. \
                    Sie können dieses Profil jederzeit entfernen; die geschäftlichen Daten gehen mit.",
                company: "Hält geschäftliche Kontakte, Mails und Dokumente von privaten Apps fern. \
                    {organization} verwaltet dieses Gerät und kann es sperren oder löschen.",
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn sample(access_rights: AccessRights, locale: Locale) -> EnrollmentProfile {
        EnrollmentProfile {
            tenant: TenantId::from_bits(1),
            device: DeviceId::from_bits(2),
            organization: "Müller & Söhne".into(),
            note: None,
            locale,
            server_url: "https://mdm.example.com/mdm/ten_1/dev_2".into(),
            scep_url: "https://mdm.example.com/scep/ten_1/token".into(),
            challenge: Secret::new("challenge".into()),
            topic: "com.apple.mgmt.External.sample".into(),
            access_rights,
            subject: vec![("O", "ten_1".into()), ("CN", "dev_2".into())],
            ca_fingerprint: Some(vec![7; 32]),
        }
    }

    fn shown(profile: &EnrollmentProfile) -> String {
        String::from_utf8(profile.to_plist()).unwrap()
    }

    #[test]
    fn profile_of_a_personal_phone_in_german() {
        assert_snapshot!(shown(&sample(AccessRights::PERSONAL, Locale::De)));
    }

    #[test]
    fn profile_of_a_company_phone_in_english() {
        assert_snapshot!(shown(&sample(AccessRights::COMPANY, Locale::En)));
    }

    #[test]
    fn a_note_ends_the_description() {
        let sample = sample(AccessRights::PERSONAL, Locale::En);
        let noted = EnrollmentProfile { note: Some("By <Nordwand>.".into()), ..sample };
        assert!(shown(&noted).contains("go with it. By &lt;Nordwand&gt;.</string>"));
    }

    #[test]
    fn two_enrolments_share_the_identifier_but_no_uuid() {
        let one = sample(AccessRights::PERSONAL, Locale::En);
        let other = EnrollmentProfile { device: DeviceId::from_bits(3), ..one.clone() };
        let uuids = |p: &EnrollmentProfile| ["profile", "scep", "mdm"].map(|u| p.uuid(u));
        let mut all = [uuids(&one), uuids(&other)].concat();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 6);
        assert_eq!(shown(&one), shown(&one.clone()));
    }
}
