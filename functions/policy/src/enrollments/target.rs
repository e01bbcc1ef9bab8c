use trennwand_domain::{Error, Method, Ownership, Platform, Result, Target};

/// Which way to manage a phone was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) platform: Platform,
    pub(crate) ownership: Ownership,
    pub(crate) method: Method,
    pub(crate) target: Target,
}

/// What can be asked for; part of every refusal.
const ALLOWED: &str = "allowed are platform ios, ownership personal or company, method profile; \
    platform android, ownership personal, method work_profile; platform android, ownership company, \
    method setup_qr";

impl Way {
    /// The way that these words mean; a method left out is the platform's default.
    ///
    /// # Errors
    /// `invalid` at the word that is not offered, with what is.
    pub(crate) fn parse(platform: &str, ownership: &str, method: Option<&str>) -> Result<Self> {
        let refuse = |field: &'static str, why: String| Error::invalid(field, why);
        let platform = Platform::from_word(platform)
            .ok_or_else(|| refuse("platform", format!("no such platform; {ALLOWED}")))?;
        let ownership = Ownership::from_word(ownership)
            .ok_or_else(|| refuse("ownership", format!("no such ownership; {ALLOWED}")))?;
        let (usual, target) = match (platform, ownership) {
            (Platform::Ios, _) => (Method::Profile, Target::IosDevice),
            (Platform::Android, Ownership::Personal) => {
                (Method::WorkProfile, Target::AndroidPersonal)
            }
            (Platform::Android, Ownership::Company) => (Method::SetupQr, Target::AndroidCompany),
        };
        match method {
            None => {}
            Some(word) if word == usual.as_str() => {}
            Some(word) => {
                let is_later = platform == Platform::Ios && later(ownership, word);
                let why = if is_later { "is not offered yet" } else { "is not one" };
                let why = format!("{why} for this platform and ownership; {ALLOWED}");
                return Err(refuse("method", why));
            }
        }
        Ok(Self { platform, ownership, method: usual, target })
    }
}

/// Account-driven enrolment of personal and automated enrolment of company iPhones.
fn later(ownership: Ownership, method: &str) -> bool {
    matches!((ownership, method), (Ownership::Personal, "account") | (Ownership::Company, "ade"))
}

/// What an enrolment of this kind rests on, as codes.
pub(crate) const fn requires(target: Target) -> &'static [&'static str] {
    match target {
        Target::IosDevice => &["apns_certificate"],
        Target::AndroidPersonal | Target::AndroidCompany => {
            &["agreement", "android_enterprise", "android_device_quota"]
        }
        // Not offered yet.
        Target::IosUserEnrollment | Target::IosSupervised | Target::AndroidFullyManaged => &[],
    }
}

/// Whether the phone's user can end management in the phone's settings.
pub(crate) const fn user_can_remove(target: Target) -> bool {
    match target {
        Target::IosDevice | Target::IosUserEnrollment | Target::AndroidPersonal => true,
        Target::IosSupervised | Target::AndroidCompany | Target::AndroidFullyManaged => false,
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::ErrorKind;

    use super::*;

    #[test]
    fn an_iphone_is_enrolled_by_profile_unless_told_otherwise() {
        for ownership in ["personal", "company"] {
            for method in [None, Some("profile")] {
                let way = Way::parse("ios", ownership, method).unwrap();
                assert_eq!(way.target.as_str(), "ios-device");
                assert_eq!(way.method, Method::Profile);
                assert_eq!(way.ownership.as_str(), ownership);
            }
        }
    }

    #[test]
    fn everything_else_is_refused_with_the_allowed_list() {
        for (platform, ownership, method, at) in [
            ("android", "personal", Some("setup_qr"), "method"),
            ("android", "company", Some("work_profile"), "method"),
            ("android", "company", Some("profile"), "method"),
            ("ios", "personal", Some("work_profile"), "method"),
            ("windows", "personal", None, "platform"),
            ("ios", "borrowed", None, "ownership"),
            ("ios", "personal", Some("account"), "method"),
            ("ios", "company", Some("ade"), "method"),
            ("ios", "personal", Some("ade"), "method"),
            ("ios", "personal", Some(""), "method"),
        ] {
            let refusal = Way::parse(platform, ownership, method).unwrap_err();
            let ErrorKind::Invalid { field, message } = refusal.kind() else {
                panic!("{refusal:?}");
            };
            assert_eq!(field, at);
            assert!(message.contains("allowed are platform ios"), "{message}");
        }
    }

    #[test]
    fn an_android_phone_has_one_way_for_each_owner() {
        for (ownership, method, target) in [
            ("personal", "work_profile", Target::AndroidPersonal),
            ("company", "setup_qr", Target::AndroidCompany),
        ] {
            for asked in [None, Some(method)] {
                let way = Way::parse("android", ownership, asked).unwrap();
                assert_eq!((way.method.as_str(), way.target), (method, target));
            }
        }
    }
}
