use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::Locale;

/// Why something is as it is, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Stable code.
    pub code: &'static str,
    /// What the text's placeholders stand for.
    pub params: BTreeMap<&'static str, String>,
    /// The text in the reader's language.
    pub text: String,
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $code:literal, $en:literal, $de:literal;)*) => {
        /// The catalogue of reasons. A code without a text in both languages does not compile; the
        /// numbers are stored and never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum ReasonCode { $($(#[$doc])* $variant = $number,)* }

        impl ReasonCode {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The English text, `{placeholders}` unfilled.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$variant => $en,)* }
            }

            /// The German text, `{placeholders}` unfilled.
            #[must_use]
            pub const fn german(self) -> &'static str {
                match self { $(Self::$variant => $de,)* }
            }

            /// The stored number's meaning.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

reasons! {
    /// Not asked yet.
    NotYetAsked = 1, "not_yet_asked",
        "The phone has not been asked yet.",
        "Das Telefon wurde noch nicht gefragt.";
    /// The keys were reported closed.
    ReportedClosed = 2, "reported_closed",
        "The phone reports this path as closed.",
        "Das Telefon meldet diesen Weg als geschlossen.";
    /// The path is closed, but an exception's key was not listed.
    ExceptionNotListed = 3, "exception_not_listed",
        "The path is reported closed; the phone did not list {keys}, whose default is closed.",
        "Der Weg ist als geschlossen gemeldet; nicht aufgeführt hat das Telefon {keys}, Vorgabe ist geschlossen.";
    /// Data may leave the managed area.
    ManagedToUnmanagedOpen = 4, "managed_to_unmanaged_open",
        "The phone reports that data may be opened from managed in unmanaged apps, so unmanaged apps can read business contacts.",
        "Das Telefon meldet, dass Daten aus verwalteten in nicht verwalteten Apps geöffnet werden dürfen; nicht verwaltete Apps können so Geschäftskontakte lesen.";
    /// Unmanaged apps may read managed contacts.
    UnmanagedReadsContacts = 5, "unmanaged_reads_contacts",
        "The phone reports that unmanaged apps may read managed contacts.",
        "Das Telefon meldet, dass nicht verwaltete Apps verwaltete Kontakte lesen dürfen.";
    /// A key was reported open.
    ReportedOpen = 6, "reported_open",
        "The phone reports {keys} as open.",
        "Das Telefon meldet {keys} als offen.";
    /// The answer did not list the key.
    KeyNotListed = 7, "key_not_listed",
        "The phone's answer did not list {keys}.",
        "Die Antwort des Telefons führte {keys} nicht auf.";
    /// The query was answered with an error.
    QueryFailed = 8, "query_failed",
        "The phone answered the question with an error.",
        "Das Telefon hat die Frage mit einem Fehler beantwortet.";
    /// ProfileList has our account.
    AccountReported = 9, "account_reported",
        "The phone reports the managed account as installed.",
        "Das Telefon meldet das verwaltete Konto als installiert.";
    /// Our account is not on the phone.
    AccountNotInstalled = 10, "account_not_installed",
        "The managed account is not installed.",
        "Das verwaltete Konto ist nicht installiert.";
    /// The install of the account failed.
    AccountInstallFailed = 11, "account_install_failed",
        "The phone refused the managed account.",
        "Das Telefon hat das verwaltete Konto abgelehnt.";
    /// An account by hand stands in the way.
    AccountExistsByHand = 12, "account_exists_by_hand",
        "The phone refused the managed account because the same account was set up by hand; that one is outside the wall.",
        "Das Telefon hat das verwaltete Konto abgelehnt, weil dasselbe Konto von Hand eingerichtet ist; jenes liegt außerhalb der Wand.";
    /// The phone has no user.
    NoUser = 13, "no_user",
        "No user is assigned to this phone, so it gets the wall only.",
        "Diesem Telefon ist kein Benutzer zugeordnet; es erhält nur die Wand.";
    /// The tenant has not said where mail lives.
    MailNotSet = 14, "mail_not_set",
        "The mail settings are not made yet, so the phone gets the wall only.",
        "Die Mail-Einstellungen fehlen noch; das Telefon erhält nur die Wand.";
    /// The tenant wants no account.
    MailNone = 15, "mail_none",
        "No managed mail account is wanted.",
        "Ein verwaltetes Mail-Konto ist nicht gewünscht.";
    /// The account waits for the wall.
    WaitingForWall = 16, "waiting_for_wall",
        "The account is installed once the wall stands.",
        "Das Konto wird eingerichtet, sobald die Wand steht.";
    /// Only our account is known of.
    OnlyOursInstalled = 17, "only_ours_installed",
        "Our account is installed; the phone does not report others.",
        "Unser Konto ist installiert; andere meldet das Telefon nicht.";
    /// No messenger is managed.
    NoMessengerManaged = 18, "no_messenger_managed",
        "No managed app is in the catalogue of apps that upload address books.",
        "Keine verwaltete App steht im Katalog der Apps, die Adressbücher hochladen.";
    /// A messenger is managed.
    MessengerManaged = 19, "messenger_managed",
        "{apps} is a managed app and so inside the wall.",
        "{apps} ist eine verwaltete App und damit innerhalb der Wand.";
    /// ProfileList has the wanted revisions.
    PolicyReported = 20, "policy_reported",
        "The phone reports the wanted profiles, or the wanted version of its policy.",
        "Das Telefon meldet die gewünschten Profile oder die gewünschte Fassung seiner Richtlinie.";
    /// A wanted profile is missing or old.
    PolicyNotCurrent = 21, "policy_not_current",
        "The phone does not report the wanted profiles, or the wanted version of its policy, yet.",
        "Das Telefon meldet die gewünschten Profile oder die gewünschte Fassung seiner Richtlinie noch nicht.";
    /// The wall was removed.
    WallLost = 22, "wall_lost",
        "The wall was installed, but the phone no longer reports it.",
        "Die Wand war installiert, das Telefon meldet sie aber nicht mehr.";
    /// The wall was refused.
    WallInstallFailed = 23, "wall_install_failed",
        "The phone refused the wall.",
        "Das Telefon hat die Wand abgelehnt.";
    /// The enrolment does not grant the right.
    NotGrantedByEnrollment = 24, "not_granted_by_enrollment",
        "The enrolment of a personal phone does not grant this right, and it cannot be added later.",
        "Die Einrichtung eines privaten Telefons gewährt dieses Recht nicht; es kann nicht nachträglich erteilt werden.";
    /// Data protection forbids it.
    CommandNotPermitted = 25, "command_not_permitted",
        "This command is not permitted for this phone.",
        "Dieser Befehl ist für dieses Telefon nicht zulässig.";
    /// The phone is not under management.
    DeviceNotEnrolled = 26, "device_not_enrolled",
        "The phone is not under management.",
        "Das Telefon wird nicht verwaltet.";
    /// The phone is under management.
    DeviceEnrolled = 27, "device_enrolled",
        "The phone is still under management.",
        "Das Telefon wird noch verwaltet.";
    /// What is the company's is being removed already.
    RemovalPending = 130, "removal_pending",
        "The same, or more, is being removed from this phone already.",
        "Dasselbe oder mehr wird von diesem Telefon bereits entfernt.";
    /// The tenant's keys are being made.
    TenantNotReady = 28, "tenant_not_ready",
        "The tenant is not ready yet.",
        "Der Mandant ist noch nicht bereit.";
    /// No push certificate.
    ApnsCertificateRequired = 29, "apns_certificate_required",
        "An Apple push certificate is needed first.",
        "Zuerst wird ein Apple-Push-Zertifikat gebraucht.";
    /// Another topic.
    ApnsTopicMismatch = 30, "apns_topic_mismatch",
        "The certificate is for another topic; phones enrolled with the present one could never be woken again. Renew the present certificate instead.",
        "Das Zertifikat gilt für ein anderes Topic; bereits eingerichtete Telefone wären nie wieder erreichbar. Bitte das vorhandene Zertifikat erneuern.";
    /// No signing request before the certificate.
    ApnsKeyMismatch = 31, "apns_key_mismatch",
        "The certificate does not belong to the key of the signing request or to the key sent with it.",
        "Das Zertifikat gehört weder zum Schlüssel der Zertifikatsanforderung noch zum mitgesandten Schlüssel.";
    /// The token lacks the scope.
    InsufficientScope = 32, "insufficient_scope",
        "The access token lacks the scope that this operation needs.",
        "Dem Zugriffstoken fehlt der Scope, den diese Operation braucht.";
    /// The level is not the right one.
    WrongLevel = 33, "wrong_level",
        "This operation is for another kind of client.",
        "Diese Operation ist einer anderen Art von Client vorbehalten.";
    /// The user still has phones.
    UserHasDevices = 34, "user_has_devices",
        "The user still has phones under management.",
        "Der Benutzer hat noch verwaltete Telefone.";
    /// The invitation was used up.
    EnrollmentUsed = 35, "enrollment_used",
        "The enrolment link was used already.",
        "Der Einrichtungslink wurde bereits verwendet.";
    /// Someone else changed it at the same time.
    ConcurrentChange = 36, "concurrent_change",
        "The object was changed at the same time; please try again.",
        "Das Objekt wurde gleichzeitig geändert; bitte noch einmal versuchen.";
    /// Nothing to roll out.
    VersionInForce = 37, "version_in_force",
        "This version is in force already.",
        "Diese Version gilt bereits.";
    /// The observation is older than it stays fresh.
    ObservationTooOld = 38, "observation_too_old",
        "The phone last reported this too long ago; it has to be heard of again.",
        "Das Telefon hat dies zuletzt vor zu langer Zeit gemeldet; es muss sich erneut melden.";
    /// A template needs personal values that are not there.
    MailIdentityMissing = 39, "mail_identity_missing",
        "The user has no e-mail address or mail login that the managed account could be made for.",
        "Dem Benutzer fehlt die E-Mail-Adresse oder der Mail-Anmeldename für das verwaltete Konto.";
    /// The invitation was taken back.
    EnrollmentRevoked = 40, "enrollment_revoked",
        "The enrolment was revoked; make a new one.",
        "Die Einrichtung wurde widerrufen; bitte eine neue anlegen.";
    /// The same request is being worked on.
    IdempotencyInFlight = 41, "idempotency_in_flight",
        "A request with this Idempotency-Key is still being worked on; please try again.",
        "Eine Anfrage mit diesem Idempotency-Key wird noch bearbeitet; bitte noch einmal versuchen.";
    /// One roll-out of a policy at a time.
    RolloutRunning = 62, "rollout_running",
        "Another version of this policy is being rolled out; let it end or roll it back first.",
        "Eine andere Version dieser Richtlinie wird gerade ausgerollt; sie muss zuerst abgeschlossen oder zurückgenommen werden.";
    /// The roll-out is over.
    RolloutEnded = 63, "rollout_ended",
        "The roll-out has ended and cannot be changed any more.",
        "Die Ausrollung ist beendet und kann nicht mehr geändert werden.";
    /// There is no version to go back to.
    NothingToRollBackTo = 64, "nothing_to_roll_back_to",
        "There is no earlier version that could be put in force again.",
        "Es gibt keine frühere Version, die wieder in Kraft gesetzt werden könnte.";
    /// A group that policies depend on.
    GroupInUse = 65, "group_in_use",
        "A policy is assigned to this group, or a roll-out that goes on has it as a stage.",
        "Dieser Gruppe ist eine Richtlinie zugewiesen, oder eine laufende Ausrollung hat sie als Stufe.";
    /// A phone is in as many groups as it can be.
    TooManyGroups = 66, "too_many_groups",
        "A phone can be in at most 8 groups.",
        "Ein Telefon kann in höchstens 8 Gruppen sein.";
    /// The default stays.
    DefaultAssignment = 67, "default_assignment",
        "The default cannot be removed: a phone is never without a policy.",
        "Die Standardzuweisung kann nicht entfernt werden: Ein Telefon ist nie ohne Richtlinie.";
    /// What phones look up has to stay small.
    TooManyRules = 68, "too_many_rules",
        "The tenant has as many assignments, policies or stages by group as phones can look up; remove some first.",
        "Der Mandant hat so viele Zuweisungen, Richtlinien oder Gruppenstufen, wie Telefone nachschlagen können; bitte zuerst welche entfernen.";
    /// Google's FAILED_PRECONDITION.
    AndroidNotInThisState = 82, "android_not_in_this_state",
        "Google does not allow this in the present state.",
        "Google lässt dies im gegenwärtigen Zustand nicht zu.";
    /// Google's PERMISSION_DENIED.
    AndroidNotAuthorized = 83, "android_not_authorized",
        "Google does not let this service manage the company's Android phones; the binding may have been ended in Google's console.",
        "Google lässt diesen Dienst die Android-Telefone des Unternehmens nicht verwalten; möglicherweise wurde die Bindung in Googles Konsole beendet.";
    /// The operator's terms are not accepted.
    AgreementRequired = 102, "agreement_required",
        "The tenant has to accept the operator's terms first.",
        "Der Mandant muss zuerst den Bedingungen des Betreibers zustimmen.";
    /// No enterprise at Google.
    AndroidNotBound = 103, "android_not_bound",
        "The tenant is not bound to Google yet; finish the Android sign-up first.",
        "Der Mandant ist noch nicht mit Google verbunden; bitte zuerst die Android-Anmeldung abschließen.";
    /// There is an enterprise already.
    AndroidBound = 104, "android_bound",
        "The tenant is bound to Google already.",
        "Der Mandant ist bereits mit Google verbunden.";
    /// The platform has no phones left to reserve.
    AndroidQuotaExhausted = 105, "android_quota_exhausted",
        "The platform's quota of Android phones at Google, or one tenant's share of it, does not hold this many.",
        "Das Kontingent der Plattform für Android-Telefone bei Google, oder der Anteil eines Mandanten daran, reicht dafür nicht aus.";
    /// The tenant's share is used up.
    AndroidReservationExhausted = 106, "android_reservation_exhausted",
        "More Android phones would be taken than are reserved for the tenant; reserve more, or take invitations back.",
        "Es wären mehr Android-Telefone vergeben als für den Mandanten reserviert; bitte mehr reservieren oder Einladungen zurückziehen.";
    /// Phones are still under management.
    AndroidDevicesEnrolled = 107, "android_devices_enrolled",
        "Android phones are still under management; release them first.",
        "Es werden noch Android-Telefone verwaltet; bitte zuerst freigeben.";
    /// Nothing separates the company's side.
    NoWorkProfile = 108, "no_work_profile",
        "The phone reports that it has no work profile, so every app on it can read business contacts.",
        "Das Telefon meldet, dass es kein Arbeitsprofil hat; jede App darauf kann so Geschäftskontakte lesen.";
    /// Not the version that was written from here.
    PolicyChangedElsewhere = 109, "policy_changed_elsewhere",
        "The phone follows a version of its policy that was not written by this service.",
        "Das Telefon folgt einer Fassung seiner Richtlinie, die nicht dieser Dienst geschrieben hat.";
    /// A setting is not followed.
    SettingNotApplied = 110, "setting_not_applied",
        "The phone reports that it does not follow {settings}.",
        "Das Telefon meldet, dass es {settings} nicht befolgt.";
    /// The phone follows its policy in part, and does not say in which.
    PolicyNotFollowed = 131, "policy_not_followed",
        "The phone reports that it does not follow its policy entirely, and not all of what it does not follow.",
        "Das Telefon meldet, dass es seine Richtlinie nicht ganz befolgt, aber nicht alles, was es nicht befolgt.";
    /// The phone does more than asked.
    StricterFallback = 111, "stricter_fallback",
        "The phone is too old for the exception and closes this path entirely.",
        "Das Telefon ist für die Ausnahme zu alt und schließt diesen Weg ganz.";
    /// A setting is about to be followed.
    SettingPending = 112, "setting_pending",
        "The phone has not applied {settings} yet.",
        "Das Telefon hat {settings} noch nicht angewendet.";
    /// The app for business mail is missing.
    MailAppMissing = 113, "mail_app_missing",
        "The phone reports that the mail app of the work profile is not installed.",
        "Das Telefon meldet, dass die Mail-App des Arbeitsprofils nicht installiert ist.";
    /// The mail app is there; more is not known.
    SignInNotReported = 114, "sign_in_not_reported",
        "The mail app of the work profile has its settings; whether the user signed in is not reported.",
        "Die Mail-App des Arbeitsprofils hat ihre Einstellungen; ob der Benutzer angemeldet ist, wird nicht gemeldet.";
    /// Google thinks the phone is at risk.
    SecurityAtRisk = 115, "security_at_risk",
        "The path is reported closed, but Google rates the phone as at risk.",
        "Der Weg ist als geschlossen gemeldet, doch Google stuft das Telefon als gefährdet ein.";
    /// Google thinks the phone is in other hands.
    PossiblyCompromised = 116, "possibly_compromised",
        "Google rates the phone as possibly compromised, so what it reports proves nothing.",
        "Google stuft das Telefon als möglicherweise kompromittiert ein; was es meldet, beweist deshalb nichts.";
    /// The applied version closes the path.
    PolicyApplied = 117, "policy_applied",
        "The phone reports as applied the version of the policy that closes this path.",
        "Das Telefon meldet die Fassung der Richtlinie als angewendet, die diesen Weg schließt.";
    /// Phones of this platform do not know it.
    NotOnThisPlatform = 118, "not_on_this_platform",
        "This is not available for phones of this platform.",
        "Dies gibt es für Telefone dieser Plattform nicht.";
    /// The whole phone is the person's.
    PersonalPhoneNeverWiped = 119, "personal_phone_never_wiped",
        "A personal phone is never reset as a whole; only what is the company's can be removed.",
        "Ein privates Telefon wird nie als Ganzes zurückgesetzt; entfernt werden kann nur, was der Firma gehört.";
    /// Personal apps may read business contacts.
    WorkContactsOpen = 120, "work_contacts_open",
        "On the phone, private apps may read business contacts: Google's default is in effect.",
        "Private Apps dürfen auf dem Telefon Geschäftskontakte lesen: Es gilt Googles Vorgabe.";
}

impl ReasonCode {
    /// The reason in the reader's language with its placeholders filled.
    #[must_use]
    pub fn reason(self, locale: Locale, params: BTreeMap<&'static str, String>) -> Reason {
        let template = match locale {
            Locale::En => self.english(),
            Locale::De => self.german(),
        };
        let text = params.iter().fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), value)
        });
        Reason { code: self.as_str(), params, text }
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(text: &str) -> Vec<&str> {
        let mut found: Vec<_> =
            text.split('{').skip(1).filter_map(|p| p.split_once('}')).map(|p| p.0).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn both_languages_have_the_same_placeholders_and_codes_are_unique() {
        let mut codes: Vec<_> = ReasonCode::ALL.iter().map(|r| r.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), ReasonCode::ALL.len());
        for reason in ReasonCode::ALL {
            assert_eq!(placeholders(reason.english()), placeholders(reason.german()), "{reason}");
            assert_eq!(ReasonCode::from_number(*reason as u8), Some(*reason));
        }
    }
}
