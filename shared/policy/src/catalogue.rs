use serde::Serialize;

use crate::Confidence;

/// An app that uploads the address book it can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct App {
    /// Its name for people.
    pub name: &'static str,
    /// `CFBundleIdentifier`.
    pub ios: &'static str,
    /// Package name.
    pub android: &'static str,
    /// How sure the identifiers are.
    pub confidence: Confidence,
}

/// When the catalogue was looked over last.
pub const CATALOGUE_DATE: &str = "2026-11-23";

/// Apps that must never be managed, because a managed app is inside the wall, and that no policy may
/// exempt. The identifiers are those of the stores; none comes from a document of the maker's.
pub const CATALOGUE: &[App] = &[
    app("WhatsApp", "net.whatsapp.WhatsApp", "com.whatsapp"),
    app("WhatsApp Business", "net.whatsapp.WhatsAppSMB", "com.whatsapp.w4b"),
    app("Messenger", "com.facebook.Messenger", "com.facebook.orca"),
    app("Facebook", "com.facebook.Facebook", "com.facebook.katana"),
    app("Instagram", "com.burbn.instagram", "com.instagram.android"),
    app("Telegram", "ph.telegra.Telegraph", "org.telegram.messenger"),
    app("Signal", "org.whispersystems.signal", "org.thoughtcrime.securesms"),
    app("Viber", "com.viber", "com.viber.voip"),
    app("LinkedIn", "com.linkedin.LinkedIn", "com.linkedin.android"),
    app("LINE", "jp.naver.line", "jp.naver.line.android"),
    app("WeChat", "com.tencent.xin", "com.tencent.mm"),
    app("Snapchat", "com.toyopagroup.picaboo", "com.snapchat.android"),
    app("TikTok", "com.zhiliaoapp.musically", "com.zhiliaoapp.musically"),
    app("Clubhouse", "co.alphaexploration.clubhouse", "com.clubhouse.app"),
];

const fn app(name: &'static str, ios: &'static str, android: &'static str) -> App {
    App { name, ios, android, confidence: Confidence::Believed }
}

/// The app of the catalogue with this identifier, of either platform. Identifiers are compared
/// without regard to case, as an iPhone does.
#[must_use]
pub fn catalogue_app(id: &str) -> Option<&'static App> {
    CATALOGUE
        .iter()
        .find(|app| app.ios.eq_ignore_ascii_case(id) || app.android.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_apps_that_the_service_is_about_are_found_by_either_identifier() {
        for id in ["net.whatsapp.WhatsApp", "NET.WHATSAPP.WHATSAPPSMB", "com.whatsapp", "com.viber"]
        {
            assert!(catalogue_app(id).is_some(), "{id}");
        }
        assert_eq!(catalogue_app("com.apple.MobileSMS"), None);
        assert_eq!(catalogue_app(""), None);
    }

    #[test]
    fn an_identifier_names_one_app() {
        for (i, app) in CATALOGUE.iter().enumerate() {
            assert_eq!(catalogue_app(app.ios), Some(app), "{i}");
            assert_eq!(catalogue_app(app.android), Some(app), "{i}");
        }
    }
}
