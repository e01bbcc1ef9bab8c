use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use trennwand_domain::Secret;

use crate::{EnterpriseName, EnterpriseType, NotificationType, PersonalUsage, SignupUrlName};

/// The parameters of `signupUrls.create` (the project is the client's).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignupRequest {
    /// Where Google sends the administrator afterwards, with `enterpriseToken` added to the query.
    pub callback_url: String,
    /// Prefills the form; only a hint.
    pub admin_email: Option<String>,
}

/// `SignupUrl`: a page of Google's where the customer's administrator binds the enterprise. It
/// cannot be shown in a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignupUrl {
    /// Needed again to create the enterprise.
    pub name: SignupUrlName,
    /// The page.
    pub url: String,
}

/// What came back from a finished sign-up, for `enterprises.create`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signup {
    /// Which sign-up.
    pub name: SignupUrlName,
    /// `enterpriseToken` of the callback.
    pub token: Secret<String>,
}

/// `Enterprise`, as far as used. What is `None` is neither set nor changed.
///
/// `contactInfo` is documented for EMM-managed enterprises; Google takes it for others too (unknown
/// whether it shows it).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Enterprise {
    /// Made by Google.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<EnterpriseName>,
    /// The name that users see, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enterprise_display_name: Option<String>,
    /// Shown while a phone is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<ExternalData>,
    /// `(red << 16) | (green << 8) | blue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_color: Option<i32>,
    /// Pages to accept while a phone is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terms_and_conditions: Option<Vec<TermsAndConditions>>,
    /// Data protection officer and representative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_info: Option<ContactInfo>,
    /// `projects/{project}/topics/{topic}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pubsub_topic: Option<String>,
    /// What is published to the topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled_notification_types: Option<Vec<NotificationType>>,
    /// Our own sign-in pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signin_details: Option<Vec<SigninDetail>>,
    /// Read-only.
    #[serde(default, skip_serializing)]
    pub enterprise_type: EnterpriseType,
}

impl Enterprise {
    /// The `updateMask` for exactly what is set here.
    #[must_use]
    pub fn mask(&self) -> String {
        let set = [
            (self.enterprise_display_name.is_some(), "enterpriseDisplayName"),
            (self.logo.is_some(), "logo"),
            (self.primary_color.is_some(), "primaryColor"),
            (self.terms_and_conditions.is_some(), "termsAndConditions"),
            (self.contact_info.is_some(), "contactInfo"),
            (self.pubsub_topic.is_some(), "pubsubTopic"),
            (self.enabled_notification_types.is_some(), "enabledNotificationTypes"),
            (self.signin_details.is_some(), "signinDetails"),
        ];
        let set: Vec<_> = set.into_iter().filter(|(is, _)| *is).map(|(_, name)| name).collect();
        set.join(",")
    }
}

/// `ExternalData`: bytes at a public address, with their hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalData {
    /// Where they are, without credentials.
    pub url: String,
    /// Their SHA-256 in base 64; the phone uses nothing else.
    pub sha256_hash: String,
}

/// `ContactInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContactInfo {
    /// For announcements about managed Google Play.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<String>,
    /// Data protection officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_protection_officer_name: Option<String>,
    /// Data protection officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_protection_officer_email: Option<String>,
    /// Data protection officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_protection_officer_phone: Option<String>,
    /// Representative in the Union.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eu_representative_name: Option<String>,
    /// Representative in the Union.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eu_representative_email: Option<String>,
    /// Representative in the Union.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eu_representative_phone: Option<String>,
}

/// `TermsAndConditions`: one page to accept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsAndConditions {
    /// Its heading.
    pub header: UserFacingMessage,
    /// HTML as `android.text.Html` reads it.
    pub content: UserFacingMessage,
}

/// `UserFacingMessage`: a text with translations by BCP 47 language, at most 4096 characters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserFacingMessage {
    /// For languages without a translation.
    pub default_message: String,
    /// Language → text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub localized_messages: BTreeMap<String, String>,
}

impl UserFacingMessage {
    /// A text in English, and in German for phones that speak it.
    #[must_use]
    pub fn new(english: impl Into<String>, german: impl Into<String>) -> Self {
        let localized_messages = BTreeMap::from([("de".to_owned(), german.into())]);
        Self { default_message: english.into(), localized_messages }
    }
}

/// `SigninDetail`: our own sign-in page during set-up. It ends with
/// `https://enterprise.google.com/android/enroll?et=<token>` or `…/enroll/invalid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SigninDetail {
    /// The page.
    pub signin_url: String,
    /// Which kind of phone.
    #[serde(default)]
    pub allow_personal_usage: PersonalUsage,
    /// Tells several apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_tag: Option<String>,
    /// Made by Google: the same for everyone, worth nothing without signing in.
    #[serde(default, skip_serializing)]
    pub signin_enrollment_token: Option<String>,
    /// Made by Google: JSON for a QR code.
    #[serde(default, skip_serializing)]
    pub qr_code: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_patch_changes_what_is_set_and_nothing_else() {
        let enterprise = Enterprise {
            enterprise_display_name: Some("Musterbau GmbH".into()),
            primary_color: Some(0x00ff_8800),
            ..Enterprise::default()
        };
        assert_eq!(enterprise.mask(), "enterpriseDisplayName,primaryColor");
        assert_eq!(
            serde_json::to_value(&enterprise).unwrap(),
            json!({"enterpriseDisplayName": "Musterbau GmbH", "primaryColor": 16_746_496})
        );
    }
}
