//! How a tenant looks at Google and on its phones while they are set up.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use trennwand_android::{
    ContactInfo, Enterprise, ExternalData, NotificationType, PersonalUsage, SigninDetail,
};
use trennwand_domain::{AndroidBinding, AssignmentHead, Digest, TenantScope};

use crate::AndroidState;

/// The longest `enterpriseDisplayName`.
const LONGEST_NAME: usize = 100;

/// What Google is told of a tenant.
pub(crate) fn enterprise(
    state: &AndroidState,
    scope: &TenantScope,
    head: &AssignmentHead,
    binding: &AndroidBinding,
) -> Enterprise {
    let base_url = &state.core.base_url;
    let brand = head.brand.as_ref();
    let logo = brand.and_then(|brand| {
        let (path, logo) = brand.logo_path().zip(brand.logo)?;
        Some(ExternalData {
            url: format!("{base_url}{path}"),
            sha256_hash: STANDARD.encode(logo.digest.as_bytes()),
        })
    });
    let officer = binding.officer.as_ref();
    let contact = ContactInfo {
        contact_email: brand.and_then(|brand| brand.support.email.clone()),
        data_protection_officer_name: officer.and_then(|officer| officer.name.clone()),
        data_protection_officer_email: officer.and_then(|officer| officer.email.clone()),
        data_protection_officer_phone: officer.and_then(|officer| officer.phone.clone()),
        ..ContactInfo::default()
    };
    Enterprise {
        enterprise_display_name: Some(head.organization.chars().take(LONGEST_NAME).collect()),
        logo,
        primary_color: brand.and_then(|brand| colour(&brand.colours.accent.to_string())),
        contact_info: Some(contact),
        pubsub_topic: Some(state.platform.topic.clone()),
        enabled_notification_types: Some(vec![
            NotificationType::Enrollment,
            NotificationType::StatusReport,
            NotificationType::Command,
            NotificationType::EnterpriseUpgrade,
        ]),
        signin_details: Some(vec![SigninDetail {
            signin_url: format!("{base_url}/android/signin/{}", scope.tenant()),
            allow_personal_usage: PersonalUsage::Allowed,
            token_tag: tag(binding),
            signin_enrollment_token: None,
            qr_code: None,
        }]),
        ..Enterprise::default()
    }
}

/// What an enterprise bears by which the sign-up is found that it was made for.
pub(crate) fn tag(binding: &AndroidBinding) -> Option<String> {
    let callback = binding.callback?.to_string();
    Some(format!("trennwand-{}", callback.chars().take(16).collect::<String>()))
}

/// Tells one set of it from another.
pub(crate) fn digest(enterprise: &Enterprise) -> Digest {
    // Our own types with text keys always serialise.
    Digest::of(&serde_json::to_vec(enterprise).unwrap_or_default())
}

/// `#rrggbb` as Google's number.
fn colour(text: &str) -> Option<i32> {
    i32::from_str_radix(text.strip_prefix('#')?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_is_red_times_65536_and_so_on() {
        assert_eq!(colour("#0b57d0"), Some((0x0b << 16) | (0x57 << 8) | 0xd0));
        assert_eq!(colour("#000000"), Some(0));
        assert_eq!(colour("0b57d0"), None);
    }
}
