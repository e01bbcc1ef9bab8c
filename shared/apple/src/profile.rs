use plist::Dictionary;

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
        todo!()
    }
}

/// A payload with the members that all payloads have, `PayloadVersion` 1.
#[must_use]
pub fn payload(_kind: &str, _identifier: &str, _uuid: &str, _display_name: &str) -> Dictionary {
    todo!()
}

/// An upper-case UUID (version 8) that is a function of these parts.
#[must_use]
pub fn payload_uuid(_parts: &[&[u8]]) -> String {
    todo!()
}
