/// An app that uploads the address book it can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct App {
    /// `CFBundleIdentifier`.
    pub bundle_id: &'static str,
    /// Its name for people.
    pub name: &'static str,
}

/// When the catalogue was looked over last.
pub const CATALOGUE_DATE: &str = "2026-11-23";

/// Apps that must never be managed, because a managed app is inside the wall. The identifiers are
/// those of the App Store; none comes from a document of Apple's.
pub const CATALOGUE: &[App] = &[
    App {
        bundle_id: "net.whatsapp.WhatsApp",
        name: "WhatsApp",
    },
    App {
        bundle_id: "net.whatsapp.WhatsAppSMB",
        name: "WhatsApp Business",
    },
    App {
        bundle_id: "com.facebook.Messenger",
        name: "Messenger",
    },
    App {
        bundle_id: "com.burbn.instagram",
        name: "Instagram",
    },
    App {
        bundle_id: "ph.telegra.Telegraph",
        name: "Telegram",
    },
    App {
        bundle_id: "com.viber",
        name: "Viber",
    },
    App {
        bundle_id: "jp.naver.line",
        name: "LINE",
    },
    App {
        bundle_id: "com.tencent.xin",
        name: "WeChat",
    },
    App {
        bundle_id: "com.toyopagroup.picaboo",
        name: "Snapchat",
    },
    App {
        bundle_id: "com.zhiliaoapp.musically",
        name: "TikTok",
    },
];

/// The name of an app of the catalogue. Bundle identifiers are compared without regard to case, as
/// the phone does.
#[must_use]
pub fn app_name(bundle_id: &str) -> Option<&'static str> {
    let app = CATALOGUE
        .iter()
        .find(|app| app.bundle_id.eq_ignore_ascii_case(bundle_id));
    app.map(|app| app.name)
}
