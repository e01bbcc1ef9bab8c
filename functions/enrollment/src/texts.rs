use trennwand_domain::Locale;

/// The pages' texts in one language.
#[derive(Debug)]
pub(crate) struct Texts {
    pub(crate) title: &'static str,
    pub(crate) intro: &'static str,
    pub(crate) download: &'static str,
    pub(crate) steps_title: &'static str,
    pub(crate) steps: &'static [&'static str],
    pub(crate) cannot_title: &'static str,
    pub(crate) can_title: &'static str,
    pub(crate) personal_cannot: &'static [&'static str],
    pub(crate) personal_can: &'static [&'static str],
    pub(crate) company_cannot: &'static [&'static str],
    pub(crate) company_can: &'static [&'static str],
    pub(crate) expires: &'static str,
    pub(crate) on_computer: &'static str,
    pub(crate) code_label: &'static str,
    pub(crate) footer: &'static str,
    pub(crate) help: &'static str,
    pub(crate) help_page: &'static str,
    pub(crate) imprint: &'static str,
    pub(crate) privacy: &'static str,
    /// The end of the enrolment profile's description.
    pub(crate) provided: &'static str,
    /// Heading and advice, likewise below.
    pub(crate) unknown: (&'static str, &'static str),
    pub(crate) expired: (&'static str, &'static str),
    pub(crate) revoked: (&'static str, &'static str),
    pub(crate) used: (&'static str, &'static str),
    pub(crate) unavailable: (&'static str, &'static str),
    pub(crate) preparing: (&'static str, &'static str),
}

impl Texts {
    /// The texts in this language.
    pub(crate) const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &ENGLISH,
            Locale::De => &GERMAN,
        }
    }
}

static ENGLISH: Texts = Texts {
    title: "Set up your phone for {company}",
    intro: "This keeps the business contacts of {company} apart from WhatsApp and your other private apps. Open this page in Safari on the iPhone or iPad that you want to set up.",
    download: "Download the profile",
    steps_title: "How it works",
    steps: &[
        "Tap “Download the profile” and allow the download.",
        "Open Settings. At the top you find “Profile Downloaded”; tap it.",
        "Tap “Install”, enter your passcode and follow the steps. The phone shows what the company may do before you agree.",
        "Keep the phone connected for a few minutes. The rest happens by itself.",
    ],
    cannot_title: "What your company cannot do",
    can_title: "What your company can do",
    personal_cannot: &[
        "It cannot see your private apps, photos, messages, contacts, calls or where you are.",
        "It cannot lock or erase your phone or change your passcode. These rights are not part of the profile and cannot be added later.",
    ],
    personal_can: &[
        "It installs rules that keep business data inside business accounts and apps, and the business account itself.",
        "It sees which of these rules are in effect, whether a passcode is set, and the apps that it installed itself.",
        "During set-up the phone sends its serial number and a device identifier. The serial number is not kept; of the identifier only a fingerprint is kept.",
        "You can end it at any time: Settings > General > VPN & Device Management. The business account then disappears from the phone, private data stays.",
    ],
    company_cannot: &["It cannot see your private photos, messages, contacts or calls."],
    company_can: &[
        "This is a company phone: the profile gives the right to lock it and to erase it.",
        "It installs rules that keep business data inside business accounts and apps, and the business account itself.",
        "It sees model, system version and installed profiles, which rules are in effect, and the apps that it installed itself.",
    ],
    expires: "The link works until {date} and for one phone.",
    on_computer: "Reading this on a computer?",
    code_label: "QR code with the address of this page. Scan it with the camera of the phone.",
    footer: "Questions? Please ask the person who sent you the link.",
    help: "Help:",
    help_page: "help page",
    imprint: "Imprint",
    privacy: "Privacy",
    provided: "Provided by {brand}.",
    unknown: (
        "This link is not valid",
        "Please check that you opened the whole link, or ask for a new one.",
    ),
    expired: ("This link has expired", "Please ask for a new one."),
    revoked: ("This link was withdrawn", "Please ask for a new one."),
    used: (
        "This link was used already",
        "A phone was set up with it. If that was not you, or if you want to set up another phone, please ask for a new link.",
    ),
    unavailable: ("Please try again in a moment", "The page cannot be shown right now."),
    preparing: (
        "Just a moment",
        "Your invitation is still being prepared. This page loads itself again.",
    ),
};

static GERMAN: Texts = Texts {
    title: "Ihr Telefon für {company} einrichten",
    intro: "So bleiben die Geschäftskontakte von {company} von WhatsApp und Ihren anderen privaten Apps getrennt. Öffnen Sie diese Seite in Safari auf dem iPhone oder iPad, das Sie einrichten möchten.",
    download: "Profil laden",
    steps_title: "So geht es",
    steps: &[
        "Tippen Sie auf „Profil laden“ und erlauben Sie das Laden.",
        "Öffnen Sie die Einstellungen. Oben steht „Profil geladen“; tippen Sie darauf.",
        "Tippen Sie auf „Installieren“, geben Sie Ihren Code ein und folgen Sie den Schritten. Das Telefon zeigt vor Ihrer Zustimmung, was die Firma darf.",
        "Lassen Sie das Telefon einige Minuten mit dem Netz verbunden. Der Rest geschieht von selbst.",
    ],
    cannot_title: "Was Ihre Firma nicht kann",
    can_title: "Was Ihre Firma kann",
    personal_cannot: &[
        "Sie kann Ihre privaten Apps, Fotos, Nachrichten, Kontakte und Anrufe nicht sehen und nicht, wo Sie sind.",
        "Sie kann Ihr Telefon nicht sperren, nicht löschen und Ihren Code nicht ändern. Diese Rechte gehören nicht zum Profil und lassen sich nicht nachträglich ergänzen.",
    ],
    personal_can: &[
        "Sie installiert Regeln, die Geschäftsdaten in geschäftlichen Konten und Apps halten, und das geschäftliche Konto selbst.",
        "Sie sieht, welche dieser Regeln gelten, ob ein Code gesetzt ist, und die Apps, die sie selbst installiert hat.",
        "Beim Einrichten sendet das Telefon seine Seriennummer und eine Gerätekennung. Die Seriennummer wird nicht gespeichert, von der Kennung nur ein Fingerabdruck.",
        "Sie können es jederzeit beenden: Einstellungen > Allgemein > VPN und Geräteverwaltung. Das geschäftliche Konto verschwindet dann vom Telefon, Privates bleibt.",
    ],
    company_cannot: &[
        "Sie kann Ihre privaten Fotos, Nachrichten, Kontakte und Anrufe nicht sehen.",
    ],
    company_can: &[
        "Dies ist ein Firmentelefon: Das Profil gibt das Recht, es zu sperren und zu löschen.",
        "Sie installiert Regeln, die Geschäftsdaten in geschäftlichen Konten und Apps halten, und das geschäftliche Konto selbst.",
        "Sie sieht Modell, Systemversion und installierte Profile, welche Regeln gelten, und die Apps, die sie selbst installiert hat.",
    ],
    expires: "Der Link gilt bis {date} und für ein Telefon.",
    on_computer: "Sie lesen dies am Computer?",
    code_label: "QR-Code mit der Adresse dieser Seite. Scannen Sie ihn mit der Kamera des Telefons.",
    footer: "Fragen? Bitte wenden Sie sich an die Person, von der Sie den Link haben.",
    help: "Hilfe:",
    help_page: "Hilfeseite",
    imprint: "Impressum",
    privacy: "Datenschutz",
    provided: "Bereitgestellt von {brand}.",
    unknown: (
        "Dieser Link ist nicht gültig",
        "Bitte prüfen Sie, ob Sie den ganzen Link geöffnet haben, oder bitten Sie um einen neuen.",
    ),
    expired: ("Dieser Link ist abgelaufen", "Bitte lassen Sie sich einen neuen geben."),
    revoked: ("Dieser Link wurde zurückgezogen", "Bitte lassen Sie sich einen neuen geben."),
    used: (
        "Dieser Link wurde bereits verwendet",
        "Damit wurde ein Telefon eingerichtet. Wenn Sie das nicht waren oder ein weiteres Telefon einrichten möchten, bitten Sie um einen neuen Link.",
    ),
    unavailable: (
        "Bitte versuchen Sie es gleich noch einmal",
        "Die Seite kann gerade nicht gezeigt werden.",
    ),
    preparing: (
        "Einen Moment bitte",
        "Ihre Einladung wird noch vorbereitet. Diese Seite lädt sich von selbst neu.",
    ),
};
