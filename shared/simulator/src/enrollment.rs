use plist::Value;
use reqwest::Url;

use crate::{Payload, Profile, SimulatorError, error::Result};

/// What the enrolment profile asks the phone to do, checked as an iPhone would.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The profile itself.
    pub profile: Profile,
    /// `ServerURL`.
    pub server_url: Url,
    /// `CheckInURL`; the server's if there is none.
    pub check_in_url: Url,
    /// `Topic` of the pushes.
    pub topic: String,
    /// `AccessRights`.
    pub access_rights: u32,
    /// `CheckOutWhenRemoved`.
    pub check_out_when_removed: bool,
    /// The identity to be had by SCEP.
    pub scep: ScepOrder,
}

/// A `com.apple.security.scep` payload.
#[derive(Debug, Clone)]
pub struct ScepOrder {
    /// `URL`.
    pub url: Url,
    /// `Challenge`.
    pub challenge: Option<String>,
    /// The common name in `Subject`.
    pub common_name: String,
    /// `CAFingerprint`.
    pub ca_fingerprint: Option<Vec<u8>>,
    /// `KeyIsExtractable`; Apple's default is true.
    pub key_is_extractable: bool,
    /// `Key Usage`: 1 signing, 4 encryption.
    pub key_usage: u32,
}

impl Offer {
    /// Reads an enrolment profile.
    ///
    /// # Errors
    /// If an iPhone would not enrol by it.
    pub fn of(profile: Profile) -> Result<Self> {
        let found: Vec<_> = profile.of_kind("com.apple.mdm").collect();
        let [mdm] = found[..] else {
            return Err(SimulatorError::refused("not exactly one com.apple.mdm payload"));
        };
        let topic = mdm.require("Topic")?;
        if !topic.starts_with("com.apple.mgmt.") {
            return Err(SimulatorError::refused("the topic is not one of management"));
        }
        let identity = mdm.require("IdentityCertificateUUID")?;
        let identity = profile
            .payloads
            .iter()
            .find(|p| p.uuid == identity && p.kind == "com.apple.security.scep")
            .ok_or_else(|| SimulatorError::refused("IdentityCertificateUUID points nowhere"))?;
        if mdm.flag("SignMessage") != Some(true) {
            return Err(SimulatorError::refused("messages would not be signed"));
        }
        let server_url = url(mdm.require("ServerURL")?)?;
        let check_in_url = mdm.text("CheckInURL").map_or_else(|| Ok(server_url.clone()), url)?;
        Ok(Self {
            server_url,
            check_in_url,
            topic: topic.to_owned(),
            access_rights: access_rights(mdm)?,
            check_out_when_removed: mdm.flag("CheckOutWhenRemoved") == Some(true),
            scep: ScepOrder::of(identity)?,
            profile,
        })
    }
}

/// `AccessRights`: "Don't set to '0'. Specify '1' if you specify '2'. Specify '64' if you specify
/// '128'."
fn access_rights(mdm: &Payload) -> Result<u32> {
    let rights = mdm.body.get("AccessRights").and_then(Value::as_signed_integer);
    let rights = rights.and_then(|r| u32::try_from(r).ok()).filter(|r| (1..=8191).contains(r));
    rights
        .filter(|r| (r & 2 == 0 || r & 1 != 0) && (r & 128 == 0 || r & 64 != 0))
        .ok_or_else(|| SimulatorError::refused("AccessRights are not acceptable"))
}

impl ScepOrder {
    fn of(payload: &Payload) -> Result<Self> {
        let inner = payload.body.get("PayloadContent").and_then(Value::as_dictionary);
        let inner = inner.ok_or_else(|| SimulatorError::refused("SCEP without PayloadContent"))?;
        let text = |key: &str| inner.get(key).and_then(Value::as_string);
        let number = |key: &str| inner.get(key).and_then(Value::as_signed_integer);
        if number("Keysize") != Some(2048) || text("Key Type").is_some_and(|t| t != "RSA") {
            return Err(SimulatorError::refused(
                "simulated phones make RSA keys of 2048 bits only",
            ));
        }
        let url = url(text("URL").unwrap_or_default())?;
        if url.query().is_some() {
            return Err(SimulatorError::refused("some clients mangle a query in the SCEP URL"));
        }
        Ok(Self {
            url,
            challenge: text("Challenge").map(str::to_owned),
            common_name: common_name(inner.get("Subject")).unwrap_or_default(),
            ca_fingerprint: inner.get("CAFingerprint").and_then(Value::as_data).map(<[u8]>::to_vec),
            key_is_extractable: inner
                .get("KeyIsExtractable")
                .and_then(Value::as_boolean)
                .unwrap_or(true),
            key_usage: number("Key Usage").and_then(|u| u32::try_from(u).ok()).unwrap_or(0),
        })
    }
}

/// The common name in Apple's form of a subject: `[[["O", "Acme"]], [["CN", "phone"]]]`.
fn common_name(subject: Option<&Value>) -> Option<String> {
    subject?.as_array()?.iter().flat_map(|set| set.as_array().into_iter().flatten()).find_map(
        |pair| match pair.as_array().map(Vec::as_slice) {
            Some([Value::String(name), Value::String(value)]) if name == "CN" => {
                Some(value.clone())
            }
            _ => None,
        },
    )
}

/// An iPhone insists on https; simulated phones also speak plain HTTP, but only to this machine.
pub(crate) fn url(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|_| SimulatorError::refused("not a URL"))?;
    match (url.scheme(), url.host_str()) {
        ("http", Some("127.0.0.1" | "localhost" | "[::1]")) => Ok(url),
        _ => Err(SimulatorError::refused("simulated phones speak only to this machine")),
    }
}

#[cfg(test)]
mod tests {
    use plist::Dictionary;

    use super::*;
    use crate::profile::tests::{payload, profile};

    fn offer(mdm: &[(&str, Value)], scep: &[(&str, Value)]) -> Result<Offer> {
        let mut inner: Dictionary = [
            ("URL", Value::from("http://127.0.0.1:8080/scep/ten_1/TOKEN")),
            ("Keysize", 2048.into()),
            ("Challenge", "word".into()),
            ("KeyIsExtractable", false.into()),
            ("Key Usage", 5.into()),
        ]
        .into_iter()
        .map(|(k, v)| (k.to_owned(), v))
        .collect();
        let pair = Value::Array(vec!["CN".into(), "phone".into()]);
        inner.insert("Subject".into(), Value::Array(vec![Value::Array(vec![pair])]));
        inner.extend(scep.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        let scep = payload("com.apple.security.scep", &[("PayloadContent", inner.into())]);
        let mut settings = vec![
            ("Topic", Value::from("com.apple.mgmt.External.1")),
            ("IdentityCertificateUUID", "UUID-com.apple.security.scep".into()),
            ("ServerURL", "http://127.0.0.1:8080/mdm/ten_1/dev_1".into()),
            ("SignMessage", true.into()),
            ("AccessRights", 5635.into()),
        ];
        settings.extend(mdm.iter().cloned());
        let bytes = profile("enrol", "U", &[scep, payload("com.apple.mdm", &settings)]);
        Offer::of(Profile::read(&bytes)?)
    }

    #[test]
    fn a_sound_enrolment_profile_is_accepted() {
        let offer = offer(&[], &[]).unwrap();
        assert_eq!(offer.access_rights, 5635);
        assert_eq!(offer.check_in_url, offer.server_url);
        assert_eq!(offer.scep.common_name, "phone");
        assert!(!offer.scep.key_is_extractable);
    }

    #[test]
    fn an_enrolment_profile_that_an_iphone_refuses_is_refused() {
        for wrong in [
            ("Topic", Value::from("com.example.app")),
            ("IdentityCertificateUUID", "elsewhere".into()),
            ("ServerURL", "http://mdm.example.com/".into()),
            ("ServerURL", "mdm".into()),
            ("SignMessage", false.into()),
            ("AccessRights", 0.into()),
            ("AccessRights", 2.into()),
            ("AccessRights", 128.into()),
            ("AccessRights", "5635".into()),
        ] {
            assert!(offer(std::slice::from_ref(&wrong), &[]).is_err(), "{wrong:?}");
        }
        assert!(offer(&[], &[("Keysize", 1024.into())]).is_err());
    }
}
