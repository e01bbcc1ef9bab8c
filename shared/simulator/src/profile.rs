use std::collections::BTreeSet;

use plist::{Dictionary, Value};

use crate::{SimulatorError, error::Result, signed};

/// Largest profile that the phone opens.
const MAX_BYTES: usize = 1 << 20;

/// A configuration profile, checked as an iPhone checks one before it installs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// `PayloadIdentifier`: a profile with the same one replaces this one.
    pub identifier: String,
    /// `PayloadUUID`, reported by `ProfileList`.
    pub uuid: String,
    /// `PayloadDisplayName`.
    pub display_name: Option<String>,
    /// `PayloadOrganization`.
    pub organization: Option<String>,
    /// Its payloads in order.
    pub payloads: Vec<Payload>,
    /// Certificates of its signer, DER; empty if it is not signed.
    pub signer: Vec<Vec<u8>>,
}

/// One payload of a profile.
#[derive(Debug, Clone, PartialEq)]
pub struct Payload {
    /// `PayloadType`.
    pub kind: String,
    /// `PayloadIdentifier`.
    pub identifier: String,
    /// `PayloadUUID`.
    pub uuid: String,
    /// Everything in it.
    pub body: Dictionary,
}

impl Profile {
    /// Reads a profile, signed or not.
    ///
    /// # Errors
    /// If an iPhone would not install it.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > MAX_BYTES {
            return Err(SimulatorError::refused("the profile is too large"));
        }
        if bytes.first() == Some(&0x30) {
            let (content, signer) = signed::open(bytes)?;
            return Self::read_plist(&content, signer);
        }
        Self::read_plist(bytes, Vec::new())
    }

    fn read_plist(bytes: &[u8], signer: Vec<Vec<u8>>) -> Result<Self> {
        let root = Value::from_reader(std::io::Cursor::new(bytes))
            .map_err(|e| SimulatorError::refused(format_args!("not a property list: {e}")))?
            .into_dictionary()
            .ok_or_else(|| SimulatorError::refused("not a dictionary"))?;
        let top = Payload::read(root)?;
        if top.kind != "Configuration" {
            return Err(SimulatorError::refused("PayloadType is not Configuration"));
        }
        let contents = top.body.get("PayloadContent").and_then(Value::as_array);
        let payloads = contents
            .ok_or_else(|| SimulatorError::refused("PayloadContent is missing"))?
            .iter()
            .map(|p| Payload::read(p.as_dictionary().cloned().unwrap_or_default()))
            .collect::<Result<Vec<_>>>()?;
        let mut uuids = BTreeSet::from([top.uuid.as_str()]);
        if let Some(twice) = payloads.iter().find(|p| !uuids.insert(&p.uuid)) {
            return Err(SimulatorError::refused(format_args!("{} twice", twice.uuid)));
        }
        Ok(Self {
            display_name: top.text("PayloadDisplayName").map(str::to_owned),
            organization: top.text("PayloadOrganization").map(str::to_owned),
            identifier: top.identifier,
            uuid: top.uuid,
            payloads,
            signer,
        })
    }

    /// Its payloads of one type.
    pub fn of_kind(&self, kind: &str) -> impl Iterator<Item = &Payload> {
        self.payloads.iter().filter(move |p| p.kind == kind)
    }
}

impl Payload {
    fn read(body: Dictionary) -> Result<Self> {
        let text = |key: &str| {
            let text = body.get(key).and_then(Value::as_string).filter(|t| !t.is_empty());
            text.map(str::to_owned)
                .ok_or_else(|| SimulatorError::refused(format_args!("{key} is missing")))
        };
        let (kind, identifier, uuid) =
            (text("PayloadType")?, text("PayloadIdentifier")?, text("PayloadUUID")?);
        if body.get("PayloadVersion").and_then(Value::as_signed_integer) != Some(1) {
            return Err(SimulatorError::refused("PayloadVersion is not 1"));
        }
        Ok(Self { kind, identifier, uuid, body })
    }

    /// A text of the payload.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.body.get(key).and_then(Value::as_string)
    }

    /// A switch of the payload.
    #[must_use]
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.body.get(key).and_then(Value::as_boolean)
    }

    pub(crate) fn require(&self, key: &str) -> Result<&str> {
        self.text(key)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| SimulatorError::refused(format_args!("{} lacks {key}", self.kind)))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn payload(kind: &str, entries: &[(&str, Value)]) -> Dictionary {
        let mut body: Dictionary = [
            ("PayloadType", Value::from(kind)),
            ("PayloadIdentifier", format!("test.{kind}").into()),
            ("PayloadUUID", format!("UUID-{kind}").into()),
            ("PayloadVersion", 1.into()),
        ]
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v))
        .collect();
        body.extend(entries.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        body
    }

    pub(crate) fn xml(body: Dictionary) -> Vec<u8> {
        let mut out = Vec::new();
        Value::Dictionary(body).to_writer_xml(&mut out).unwrap();
        out
    }

    pub(crate) fn profile(identifier: &str, uuid: &str, payloads: &[Dictionary]) -> Vec<u8> {
        let contents = payloads.iter().cloned().map(Value::Dictionary).collect();
        xml(payload(
            "Configuration",
            &[
                ("PayloadIdentifier", identifier.into()),
                ("PayloadUUID", uuid.into()),
                ("PayloadContent", Value::Array(contents)),
            ],
        ))
    }

    #[test]
    fn a_profile_is_read() {
        let bytes = profile("a.b", "U1", &[payload("com.apple.applicationaccess", &[])]);
        let profile = Profile::read(&bytes).unwrap();
        assert_eq!((profile.identifier.as_str(), profile.uuid.as_str()), ("a.b", "U1"));
        assert_eq!(profile.of_kind("com.apple.applicationaccess").count(), 1);
    }

    #[test]
    fn what_an_iphone_would_refuse_is_refused() {
        let same = payload("a", &[]);
        let unversioned = payload("a", &[("PayloadVersion", 2.into())]);
        let nameless = payload("a", &[("PayloadIdentifier", "".into())]);
        for bytes in [
            b"no property list".to_vec(),
            xml(payload("Configuration", &[])),
            xml(payload("com.apple.mdm", &[("PayloadContent", Value::Array(Vec::new()))])),
            profile("a.b", "U1", &[same.clone(), same]),
            profile("a.b", "U1", &[unversioned]),
            profile("a.b", "U1", &[nameless]),
            vec![0x30, 0x80, 0, 0],
        ] {
            assert!(matches!(Profile::read(&bytes), Err(SimulatorError::Refused(_))));
        }
    }
}
