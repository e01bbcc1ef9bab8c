use std::collections::BTreeMap;

use trennwand_domain::Locale;

use crate::words::texts;

/// Counts the editions of [`Claim`]'s texts. A text that was given out is never changed; a new
/// wording is a new edition.
pub const CLAIMS_VERSION: u32 = 1;

texts! {
    /// What may be said about a phone, word by word. All that is claimed is what the phone reported.
    Claim {
        /// The wall.
        WallReported = "wall_reported",
            "On {at} the phone reported that version {version} of the policy of {organization} is installed.",
            "Am {at} hat das Telefon gemeldet, dass Version {version} der Richtlinie von {organization} installiert ist.";
        /// Reported keys.
        ContactsReported = "contacts_reported",
            "On {at} the phone reported settings under which private apps cannot read the contacts of the managed account.",
            "Am {at} hat das Telefon Einstellungen gemeldet, unter denen private Apps die Kontakte des verwalteten Kontos nicht lesen können.";
        /// Inferred keys.
        ContactsInferred = "contacts_inferred",
            "On {at} the phone reported the profile under which private apps cannot read the contacts of the managed account. This kind of phone does not report the settings themselves; that they are in effect is inferred.",
            "Am {at} hat das Telefon das Profil gemeldet, unter dem private Apps die Kontakte des verwalteten Kontos nicht lesen können. Die Einstellungen selbst meldet diese Art Telefon nicht; dass sie wirken, ist daraus gefolgert.";
        /// Android.
        ComplianceReported = "compliance_reported",
            "On {at} Google reported that the phone applies version {version} of the policy of {organization}.",
            "Am {at} hat Google gemeldet, dass das Telefon Version {version} der Richtlinie von {organization} anwendet.";
        /// Ways.
        WaysCovered = "ways_covered",
            "This is about the following ways: {channels}.",
            "Das betrifft die folgenden Wege: {channels}.";
        /// Residual.
        ResidualRisks = "residual_risks",
            "The following ways cannot be closed, or it is not known whether they are: {channels}.",
            "Die folgenden Wege lassen sich nicht schließen, oder es ist nicht bekannt, ob sie geschlossen sind: {channels}.";
        /// Time.
        AsReported = "as_reported",
            "This is the state at the time of the report. Nothing is said about the time before, nor about the time after {fresh_until}.",
            "Das ist der Stand zum Zeitpunkt der Meldung. Über die Zeit davor und die Zeit nach {fresh_until} ist damit nichts gesagt.";
        /// Scope.
        PrivateUseOnly = "private_use_only",
            "This is about business contacts and messengers that are used privately. No statement is made on whether business communication over a messenger such as WhatsApp is lawful.",
            "Das betrifft geschäftliche Kontakte und privat genutzte Messenger. Ob geschäftliche Kommunikation über einen Messenger wie WhatsApp rechtmäßig ist, ist damit nicht gesagt.";
        /// No legal assessment.
        NoLegalAssessment = "no_legal_assessment",
            "This describes technical measures. It is no legal assessment of the phone or of {organization}.",
            "Das beschreibt technische Maßnahmen. Es ist keine rechtliche Bewertung des Telefons oder von {organization}.";
    }
}

impl Claim {
    /// The text in the reader's language with its placeholders filled.
    #[must_use]
    pub fn filled(self, locale: Locale, params: &BTreeMap<&str, String>) -> String {
        let mut text = String::new();
        let mut rest = self.text(locale);
        // Values are never looked at for placeholders again.
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            text.push_str(params.get(name).map_or("–", String::as_str));
            rest = after;
        }
        text + rest
    }
}

/// What must not be said of a phone, a tenant or this service, in lower case and with spaces for
/// hyphens.
pub const FORBIDDEN_PHRASES: &[&str] = &[
    "dsgvo konform",
    "dsgvokonform",
    "konform mit der dsgvo",
    "gdpr compliant",
    "compliant with the gdpr",
    "gdpr compliance guaranteed",
    "datenschutzkonform",
    "rechtssicher",
    "rechtskonform",
    "legally compliant",
    "legally safe",
    "abmahnsicher",
    "whatsapp ist erlaubt",
];

/// The phrase that must not be said in a text, such as a reseller's brand text, if there is one.
#[must_use]
pub fn forbidden_phrase(text: &str) -> Option<&'static str> {
    let dashes = ['-', '\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}', '\u{ad}'];
    let plain = text.to_lowercase().replace(dashes, " ");
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    FORBIDDEN_PHRASES.iter().copied().find(|phrase| plain.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_claim_says_what_must_not_be_said() {
        for claim in Claim::ALL {
            for locale in [Locale::En, Locale::De] {
                assert_eq!(forbidden_phrase(claim.text(locale)), None, "{claim}");
            }
        }
    }

    #[test]
    fn both_languages_speak_of_the_same_things() {
        let names = |text: &'static str| {
            let mut names: Vec<_> = text.split('{').skip(1).map(|p| p.split('}').next()).collect();
            names.sort_unstable();
            names
        };
        for claim in Claim::ALL {
            assert_eq!(names(claim.text(Locale::En)), names(claim.text(Locale::De)), "{claim}");
        }
    }

    #[test]
    fn forbidden_phrases_are_found_in_any_spelling() {
        for text in [
            "100 % DSGVO-konform!",
            "DSGVO\u{2011}konform",
            "fully GDPR  compliant",
            "GDPR-Compliant",
            "Rechtssicher chatten",
        ] {
            assert!(forbidden_phrase(text).is_some(), "{text}");
        }
        assert_eq!(forbidden_phrase("Trennung geschäftlicher Kontakte"), None);
    }

    #[test]
    fn a_value_is_never_read_as_a_placeholder() {
        let params = BTreeMap::from([
            ("at", "{organization}".to_owned()),
            ("version", "3".to_owned()),
            ("organization", "Krume".to_owned()),
        ]);
        assert_eq!(
            Claim::WallReported.filled(Locale::En, &params),
            "On {organization} the phone reported that version 3 of the policy of Krume is installed."
        );
    }

    /// The wording is part of what was given out: a change of it is a new edition.
    #[test]
    fn the_wording_of_this_edition() {
        let texts: BTreeMap<_, _> = Claim::ALL
            .iter()
            .map(|c| (c.as_str(), [c.text(Locale::En), c.text(Locale::De)]))
            .collect();
        insta::assert_json_snapshot!(format!("claims_{CLAIMS_VERSION}"), texts);
    }
}
