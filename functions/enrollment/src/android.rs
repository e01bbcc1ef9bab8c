//! The page for the user of an Android phone: Google's link for a personal phone, the code that a new
//! company phone scans.

use maud::{Markup, PreEscaped, html};
use trennwand_android::enrollment_link;
use trennwand_domain::{Brand, Locale, Ownership, Sealed, SealedField, Timestamp};

use crate::{
    EnrollmentState,
    link::Link,
    page::{Refusal, date, frame},
    qr,
    show_page::unavailable,
    texts::Texts,
};

/// What Google gave for an invitation.
#[derive(Debug)]
pub(crate) struct Given {
    /// The token, for a phone without a camera.
    value: String,
    /// Where the set-up of a personal phone begins.
    link: String,
    /// What a new phone scans.
    qr: String,
}

impl Given {
    /// What was given for the link's invitation.
    ///
    /// # Errors
    /// `Preparing` if Google has not answered yet; `Unavailable`, also while the tenant is not bound.
    pub(crate) async fn find(state: &EnrollmentState, link: &Link) -> Result<Self, Refusal> {
        let (core, id) = (&state.core, link.enrollment.id);
        let token = core.store.android(&link.scope).current_token(id).await.map_err(unavailable)?;
        let token = token.ok_or(Refusal::Unavailable)?;
        // One for an earlier link of the same invitation leads nowhere.
        let current = token.filter(|token| token.link == link.enrollment.token_hash);
        let token = current.ok_or(Refusal::Preparing)?;
        let of_link = SealedField::AndroidToken(id);
        let value = open(state, link, of_link, &token.value).await?;
        let enrol = enrollment_link(&value).ok_or(Refusal::Unavailable)?;
        let of_code = SealedField::AndroidQr(id);
        Ok(Self { value, link: enrol, qr: open(state, link, of_code, &token.qr).await? })
    }
}

async fn open(
    state: &EnrollmentState,
    link: &Link,
    field: SealedField,
    sealed: &Sealed,
) -> Result<String, Refusal> {
    let text = state.core.vault.open(&link.scope, field, sealed).await.map_err(unavailable)?;
    String::from_utf8(text.expose().clone()).map_err(|_| Refusal::Unavailable)
}

/// What the page of a valid link shows.
#[derive(Debug)]
pub(crate) struct AndroidPage<'a> {
    pub(crate) brand: Option<&'a Brand>,
    pub(crate) company: &'a str,
    pub(crate) ownership: Ownership,
    pub(crate) expires_at: Timestamp,
    /// The page's own address, for the code that moves it from a computer to the phone.
    pub(crate) link: &'a str,
    /// What is typed on our sign-in page.
    pub(crate) code: &'a str,
    pub(crate) given: &'a Given,
}

/// The page of a valid link.
pub(crate) fn page(locale: Locale, page: &AndroidPage<'_>) -> Markup {
    let (texts, words) = (Texts::of(locale), Words::of(locale));
    let title = texts.title.replace("{company}", page.company);
    let personal = page.ownership == Ownership::Personal;
    let (intro, steps, cannot, can) = match personal {
        true => {
            (words.intro_personal, words.steps_personal, words.personal_cannot, words.personal_can)
        }
        false => {
            (words.intro_company, words.steps_company, words.company_cannot, words.company_can)
        }
    };
    frame(
        locale,
        &title,
        page.brand,
        html! {
            h1 { (title) }
            p { (intro.replace("{company}", page.company)) }
            @if personal {
                a.act href=(page.given.link) rel="noreferrer" { (words.open) }
            } @else if let Some(code) = qr::svg(&page.given.qr) {
                div.qr.whole role="img" aria-label=(words.setup_label) { (PreEscaped(code)) }
            }
            h2 { (texts.steps_title) }
            ol { @for step in steps { li { (step) } } }
            @if personal {
                p { (words.code) " " code { (page.code) } }
            } @else {
                p { (words.by_hand) " " code { (page.given.value) } }
            }
            h2 { (texts.cannot_title) }
            ul { @for line in cannot { li { (line) } } }
            h2 { (texts.can_title) }
            ul { @for line in can { li { (line) } } }
            p { (texts.expires.replace("{date}", &date(locale, page.expires_at))) }
            @if personal && let Some(code) = qr::svg(page.link) {
                details {
                    summary { (texts.on_computer) }
                    div.qr role="img" aria-label=(texts.code_label) { (PreEscaped(code)) }
                }
            }
        },
    )
}

struct Words {
    intro_personal: &'static str,
    intro_company: &'static str,
    open: &'static str,
    code: &'static str,
    by_hand: &'static str,
    setup_label: &'static str,
    steps_personal: &'static [&'static str],
    steps_company: &'static [&'static str],
    personal_cannot: &'static [&'static str],
    personal_can: &'static [&'static str],
    company_cannot: &'static [&'static str],
    company_can: &'static [&'static str],
}

impl Words {
    const fn of(locale: Locale) -> &'static Self {
        match locale {
            Locale::En => &ENGLISH,
            Locale::De => &GERMAN,
        }
    }
}

static ENGLISH: Words = Words {
    intro_personal: "This keeps the business contacts of {company} apart from WhatsApp and your other \
        private apps: they live in a work profile of their own. Open this page on the Android phone \
        that you want to set up.",
    intro_company: "This is for a new or reset Android phone of {company}. It gets a work profile for \
        business; the rest of the phone stays yours.",
    open: "Set up the work profile",
    code: "If the phone asks for the code of your invitation:",
    by_hand: "Without a camera: enter afw#setup instead of an account, and then this code:",
    setup_label: "QR code that the phone scans while it is set up.",
    steps_personal: &[
        "Tap “Set up the work profile” and agree to what Google shows.",
        "Wait until the work profile is there. Business apps bear a small briefcase.",
        "Open the mail app with the briefcase and sign in with your business address.",
    ],
    steps_company: &[
        "Switch the phone on. On the first screen tap six times on the same place.",
        "Connect it to the network and scan the code on this page.",
        "Follow the steps, then sign in to the mail app with the briefcase.",
    ],
    personal_cannot: &[
        "It cannot see your private apps, photos, messages, contacts or calls, and not where you are.",
        "It cannot erase your phone. It can only remove the work profile.",
    ],
    personal_can: &[
        "It sets up the work profile, its rules and its apps.",
        "It sees the version of Android, security settings of the phone such as encryption and screen \
         lock, and which rules the phone follows.",
        "It can lock the phone, or only the work profile if that has a lock of its own, and remove the \
         work profile.",
        "Your phone reports to Google, and Google to us.",
        "You can end it at any time: remove the work profile in the settings. What is private stays.",
    ],
    company_cannot: &["It cannot see your private photos, messages, contacts or calls."],
    company_can: &[
        "This is a company phone: it can be locked and reset.",
        "It sets up the work profile, its rules and its apps.",
        "It sees model, version of Android, security settings and which rules the phone follows.",
        "The phone reports to Google, and Google to us.",
    ],
};

static GERMAN: Words = Words {
    intro_personal: "So bleiben die Geschäftskontakte von {company} von WhatsApp und Ihren anderen privaten \
        Apps getrennt: Sie liegen in einem eigenen Arbeitsprofil. Öffnen Sie diese Seite auf dem \
        Android-Telefon, das Sie einrichten möchten.",
    intro_company: "Dies ist für ein neues oder zurückgesetztes Android-Telefon von {company}. Es erhält ein \
        Arbeitsprofil für Geschäftliches; der Rest des Telefons bleibt Ihr Bereich.",
    open: "Arbeitsprofil einrichten",
    code: "Falls das Telefon nach dem Code Ihrer Einladung fragt:",
    by_hand: "Ohne Kamera: statt eines Kontos afw#setup eingeben und danach diesen Code:",
    setup_label: "QR-Code, den das Telefon bei der Einrichtung scannt.",
    steps_personal: &[
        "Tippen Sie auf „Arbeitsprofil einrichten“ und stimmen Sie dem zu, was Google zeigt.",
        "Warten Sie, bis das Arbeitsprofil da ist. Geschäftliche Apps tragen einen kleinen Koffer.",
        "Öffnen Sie die Mail-App mit dem Koffer und melden Sie sich mit Ihrer Geschäftsadresse an.",
    ],
    steps_company: &[
        "Schalten Sie das Telefon ein. Tippen Sie auf dem ersten Bildschirm sechsmal auf dieselbe Stelle.",
        "Verbinden Sie es mit dem Netz und scannen Sie den Code auf dieser Seite.",
        "Folgen Sie den Schritten und melden Sie sich dann in der Mail-App mit dem Koffer an.",
    ],
    personal_cannot: &[
        "Sie kann Ihre privaten Apps, Fotos, Nachrichten, Kontakte und Anrufe nicht sehen und nicht, wo Sie sind.",
        "Sie kann Ihr Telefon nicht löschen. Sie kann nur das Arbeitsprofil entfernen.",
    ],
    personal_can: &[
        "Sie richtet das Arbeitsprofil, seine Regeln und seine Apps ein.",
        "Sie sieht die Android-Version, Sicherheitseinstellungen des Telefons wie Verschlüsselung und \
         Bildschirmsperre und welche Regeln das Telefon befolgt.",
        "Sie kann das Telefon sperren, oder nur das Arbeitsprofil, wenn es eine eigene Sperre hat, und das \
         Arbeitsprofil entfernen.",
        "Ihr Telefon meldet dies an Google, Google an uns.",
        "Sie können es jederzeit beenden: das Arbeitsprofil in den Einstellungen entfernen. Privates bleibt.",
    ],
    company_cannot: &[
        "Sie kann Ihre privaten Fotos, Nachrichten, Kontakte und Anrufe nicht sehen.",
    ],
    company_can: &[
        "Dies ist ein Firmentelefon: Es kann gesperrt und zurückgesetzt werden.",
        "Sie richtet das Arbeitsprofil, seine Regeln und seine Apps ein.",
        "Sie sieht Modell, Android-Version, Sicherheitseinstellungen und welche Regeln das Telefon befolgt.",
        "Das Telefon meldet dies an Google, Google an uns.",
    ],
};
