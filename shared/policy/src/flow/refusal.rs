use serde::Serialize;
use trennwand_domain::{Error, Locale, Target};

use super::Channel;
use crate::{Os, words::texts};

texts! {
    /// Why a policy is refused for a kind of phone.
    RefusalCode {
        /// M→U.
        ManagedToUnmanagedOpen = "managed_to_unmanaged_open",
            "Contact keys have no effect while managed documents may open in unmanaged apps: those would read business contacts.",
            "Die Schlüssel für Kontakte wirken nicht, solange verwaltete Dokumente in nicht verwalteten Apps geöffnet werden dürfen: Diese könnten geschäftliche Kontakte lesen.";
        /// Two restrictions payloads.
        SecondRestrictions = "second_restrictions_payload",
            "A phone may have one restrictions payload only; two that set the same key behave unpredictably.",
            "Ein Telefon darf nur eine Restrictions-Payload haben; zwei mit demselben Schlüssel verhalten sich unvorhersehbar.";
        /// Android default.
        ContactsAtDefault = "contact_sharing_at_default",
            "Left at its default, Android lets every private app read business contacts.",
            "In der Vorgabe lässt Android jede private App geschäftliche Kontakte lesen.";
        /// Catalogue app managed.
        MessengerManaged = "messenger_managed",
            "An app of the catalogue would be managed and so inside the wall.",
            "Eine App des Katalogs wäre verwaltet und damit innerhalb der Trennwand.";
        /// Catalogue app exempted.
        MessengerExempted = "messenger_exempted",
            "An app of the catalogue would be exempted from the border.",
            "Eine App des Katalogs wäre von der Trennung ausgenommen.";
        /// COBO with messengers.
        MessengersOnFullyManaged = "messengers_on_fully_managed",
            "A fully managed phone has no private side: messengers that are allowed there read all contacts. Block them, or enrol the phone with a work profile.",
            "Ein vollständig verwaltetes Telefon hat keine private Seite: Dort erlaubte Messenger lesen alle Kontakte. Bitte sperren oder das Telefon mit Arbeitsprofil einrichten.";
        /// A forbidden key.
        ProfileRejected = "profile_rejected",
            "The phone would reject the whole profile because of a key that is forbidden there.",
            "Das Telefon würde das ganze Profil wegen eines dort verbotenen Schlüssels ablehnen.";
        /// Another open way.
        ContactsOpen = "contacts_open",
            "Business contacts would reach private apps.",
            "Geschäftliche Kontakte gelangten in private Apps.";
        /// Blocking.
        BlockingHitsOldSystems = "blocking_hits_old_systems",
            "Phones with an older system answer this setting with API_LEVEL though they are safe; blocking would switch their business apps off.",
            "Telefone mit älterem System beantworten diese Einstellung mit API_LEVEL, obwohl sie sicher sind; das Sperren schaltete ihre geschäftlichen Apps ab.";
    }
}

/// A policy that is not put on phones of a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// Why.
    pub code: RefusalCode,
    /// For which kind of phone.
    pub target: Target,
    /// The way that leaks.
    pub channel: Channel,
    /// The field of the document that causes it, where there is one.
    pub field: Option<&'static str>,
    /// The settings that would close it.
    pub closed_by: Vec<&'static str>,
    /// The oldest system on which it would leak.
    pub since: Option<Os>,
}

impl Refusal {
    /// Why, where and what would close it, in the reader's language.
    #[must_use]
    pub fn text(&self, locale: Locale) -> String {
        let (way, closed) = match locale {
            Locale::En => ("way", "closed by"),
            Locale::De => ("Weg", "geschlossen durch"),
        };
        let channel = self.channel.text(locale);
        let mut text = format!("{}: {} ({way}: {channel}", self.target, self.code.text(locale));
        if !self.closed_by.is_empty() {
            text.push_str(&format!("; {closed} {}", self.closed_by.join(", ")));
        }
        text + ")"
    }
}

/// As a client hears it: the field of the document at fault, `document` if none is.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let field =
            refusal.field.map_or_else(|| "document".to_owned(), |f| format!("document.{f}"));
        Self::invalid(field, format!("{}: {}", refusal.code, refusal.text(Locale::En)))
    }
}
