use serde::Serialize;
use trennwand_domain::{Locale, Platform};
use utoipa::ToSchema;

use crate::catalogue::Both;

/// The steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepCode {
    /// The tenant's keys are made, which happens by itself.
    Keys,
    /// There is a push certificate in force.
    PushCertificate,
    /// A policy is in force.
    Policy,
    /// It is known where mail lives.
    Mail,
    /// There is a user.
    FirstUser,
    /// There is a phone, invited or enrolled.
    FirstDevice,
    /// The operator's terms are accepted, which Google wants before it has anything to do with a tenant.
    AndroidTerms,
    /// There is an enterprise at Google.
    AndroidEnterprise,
    /// The policies in force are written at Google, which happens by itself.
    AndroidPolicies,
    /// There is an Android phone, invited or enrolled.
    FirstAndroidDevice,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepStatus {
    /// Nothing is to be done.
    Done,
    /// It is done, but something will have to be done soon.
    Attention,
    /// It is to be done.
    Open,
}

impl StepCode {
    /// The phones that it is about, if not all.
    pub(super) const fn platform(self) -> Option<Platform> {
        match self {
            Self::PushCertificate => Some(Platform::Ios),
            Self::AndroidTerms
            | Self::AndroidEnterprise
            | Self::AndroidPolicies
            | Self::FirstAndroidDevice => Some(Platform::Android),
            Self::Keys | Self::Policy | Self::Mail | Self::FirstUser | Self::FirstDevice => None,
        }
    }

    /// Whether such phones can be invited only after it.
    pub(super) const fn is_needed(self) -> bool {
        match self {
            Self::Keys
            | Self::PushCertificate
            | Self::Policy
            | Self::AndroidTerms
            | Self::AndroidEnterprise
            | Self::AndroidPolicies => true,
            Self::Mail | Self::FirstUser | Self::FirstDevice | Self::FirstAndroidDevice => false,
        }
    }

    /// What is to be done.
    pub(super) const fn text(self, locale: Locale) -> &'static str {
        self.both().in_language(locale)
    }

    const fn both(self) -> Both {
        match self {
            Self::Keys => Both {
                en: "Wait until the tenant's keys are made; this takes a moment.",
                de: "Warten, bis die Schlüssel des Mandanten erzeugt sind; das dauert einen Moment.",
            },
            Self::PushCertificate => Both {
                en: "Upload an Apple push certificate, and renew it every year with the same Apple \
                    account.",
                de: "Ein Apple-Push-Zertifikat hochladen und jedes Jahr mit demselben Apple-Konto \
                    erneuern.",
            },
            Self::Policy => Both {
                en: "Put a policy in force; every tenant begins with contact isolation.",
                de: "Eine Richtlinie in Kraft setzen; jeder Mandant beginnt mit der \
                    Kontakttrennung.",
            },
            Self::Mail => Both {
                en: "Say where business mail lives, so that phones get a managed account.",
                de: "Angeben, wo die geschäftliche Mail liegt, damit Telefone ein verwaltetes Konto \
                    erhalten.",
            },
            Self::FirstUser => {
                Both { en: "Create the first user.", de: "Den ersten Benutzer anlegen." }
            }
            Self::FirstDevice => {
                Both { en: "Invite the first phone.", de: "Das erste Telefon einladen." }
            }
            Self::AndroidTerms => Both {
                en: "For Android: accept the operator's terms.",
                de: "Für Android: die Bedingungen des Betreibers annehmen.",
            },
            Self::AndroidEnterprise => Both {
                en: "For Android: begin the sign-up at Google and finish it there, as an \
                    administrator of the company.",
                de: "Für Android: die Anmeldung bei Google beginnen und dort als Administrator der \
                    Firma abschließen.",
            },
            Self::AndroidPolicies => Both {
                en: "For Android: wait until the policies in force are written at Google; this \
                    takes a moment.",
                de: "Für Android: warten, bis die geltenden Richtlinien bei Google hinterlegt sind; \
                    das dauert einen Moment.",
            },
            Self::FirstAndroidDevice => Both {
                en: "Invite the first Android phone.",
                de: "Das erste Android-Telefon einladen.",
            },
        }
    }
}
