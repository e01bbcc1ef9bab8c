use std::fmt;

use plist::{Dictionary, Value};
use trennwand_domain::Digest;

use crate::xml;

/// A configuration profile: payloads under one identity.
#[derive(Clone, PartialEq)]
pub struct ConfigurationProfile {
    /// `PayloadIdentifier`: a profile with the same one is replaced.
    pub identifier: String,
    /// `PayloadUUID`.
    pub uuid: String,
    /// `PayloadDisplayName`.
    pub display_name: String,
    /// `PayloadDescription`.
    pub description: Option<String>,
    /// `PayloadOrganization`.
    pub organization: String,
    /// `PayloadContent`, each begun with [`payload`].
    pub payloads: Vec<Dictionary>,
}

impl ConfigurationProfile {
    /// The profile as XML: always the same bytes for the same profile.
    #[must_use]
    pub fn to_plist(&self) -> Vec<u8> {
        xml::write(self.to_dictionary())
    }

    pub(crate) fn to_dictionary(&self) -> Dictionary {
        let mut profile =
            payload("Configuration", &self.identifier, &self.uuid, &self.display_name);
        if let Some(description) = &self.description {
            profile.insert("PayloadDescription".to_owned(), description.clone().into());
        }
        profile.insert("PayloadOrganization".to_owned(), self.organization.clone().into());
        let payloads = self.payloads.iter().cloned().map(Value::from).collect();
        profile.insert("PayloadContent".to_owned(), Value::Array(payloads));
        profile
    }
}

/// Its payloads may name the phone's user.
impl fmt::Debug for ConfigurationProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigurationProfile")
            .field("identifier", &self.identifier)
            .field("uuid", &self.uuid)
            .finish_non_exhaustive()
    }
}

/// A payload with the members that all payloads have, `PayloadVersion` 1.
#[must_use]
pub fn payload(kind: &str, identifier: &str, uuid: &str, display_name: &str) -> Dictionary {
    let mut payload = Dictionary::new();
    payload.insert("PayloadType".to_owned(), kind.into());
    payload.insert("PayloadVersion".to_owned(), 1.into());
    payload.insert("PayloadIdentifier".to_owned(), identifier.into());
    payload.insert("PayloadUUID".to_owned(), uuid.into());
    payload.insert("PayloadDisplayName".to_owned(), display_name.into());
    payload
}

/// An upper-case UUID (version 8, RFC 9562) that is a function of these parts.
#[must_use]
pub fn payload_uuid(parts: &[&[u8]]) -> String {
    let digest = Digest::of_parts(parts);
    let bits = digest.as_bytes()[..16].iter().fold(0u128, |bits, &b| bits << 8 | u128::from(b));
    let bits = bits & !(0xf << 76) | 8 << 76;
    let bits = bits & !(0x3 << 62) | 2 << 62;
    format!(
        "{:08X}-{:04X}-{:04X}-{:04X}-{:012X}",
        bits >> 96,
        bits >> 80 & 0xffff,
        bits >> 64 & 0xffff,
        bits >> 48 & 0xffff,
        bits & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    #[test]
    fn a_profile_with_one_payload() {
        let mut restrictions =
            payload("com.apple.applicationaccess", "eu.example.wall.restrictions", "U-2", "Wall");
        restrictions.insert("allowOpenFromManagedToUnmanaged".to_owned(), false.into());
        let profile = ConfigurationProfile {
            identifier: "eu.example.wall".into(),
            uuid: "U-1".into(),
            display_name: "Wall".into(),
            description: None,
            organization: "Müller & Söhne".into(),
            payloads: vec![restrictions],
        };
        assert_snapshot!(String::from_utf8(profile.to_plist()).unwrap());
    }

    #[test]
    fn a_derived_uuid_is_a_version_8_uuid_and_depends_on_every_part() {
        let uuid = payload_uuid(&[b"a", b"b"]);
        let form: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(form, [8, 4, 4, 4, 12]);
        assert_eq!(uuid.as_bytes()[14], b'8');
        assert!(b"89AB".contains(&uuid.as_bytes()[19]), "{uuid}");
        assert_eq!(uuid, payload_uuid(&[b"a", b"b"]));
        assert_ne!(uuid, payload_uuid(&[b"ab", b""]));
    }
}
