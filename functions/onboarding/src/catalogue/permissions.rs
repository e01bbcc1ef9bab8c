use serde::Serialize;
use trennwand_auth::Scope;
use trennwand_domain::Level;
use trennwand_web::{Anyone, Json, Language, Problems};
use utoipa::ToSchema;

use super::{Both, Whole};

/// A permission of a client.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionEntry {
    /// The word in `scopes` and in access tokens.
    #[schema(example = "devices:read")]
    scope: &'static str,
    /// What it opens, in the language of `Accept-Language`.
    #[schema(example = "Phones and their verdicts.")]
    text: &'static str,
    /// Whose clients can have it: `operator`, `reseller`, `tenant`.
    #[schema(value_type = Vec<String>, example = json!(["tenant"]))]
    levels: Vec<Level>,
}

/// Lists the permissions that clients can have.
#[utoipa::path(
    get,
    path = "/v1/catalogue/permissions",
    tag = "catalogue",
    responses(
        (status = 200, description = "All permissions", body = Whole<PermissionEntry>),
        Problems
    ),
    security(("oauth2" = []))
)]
pub(crate) async fn permission_list(
    _anyone: Anyone,
    Language(locale): Language,
) -> Json<Whole<PermissionEntry>> {
    let entry = |scope: &Scope| PermissionEntry {
        scope: scope.as_str(),
        text: meaning(*scope).in_language(locale),
        levels: Level::ALL.iter().copied().filter(|level| scope.is_of(*level)).collect(),
    };
    Json(Whole { items: Scope::ALL.iter().map(entry).collect() })
}

const fn meaning(scope: Scope) -> Both {
    match scope {
        Scope::Setup => Both {
            en: "Readiness, mail and push certificate of a tenant.",
            de: "Bereitschaft, Mail und Push-Zertifikat eines Mandanten.",
        },
        Scope::Users => Both {
            en: "Users, without what identifies them.",
            de: "Benutzer, ohne das, was sie identifiziert.",
        },
        Scope::Enrollments => {
            Both { en: "Invitations of phones.", de: "Einladungen für Telefone." }
        }
        Scope::DevicesRead => {
            Both { en: "Phones and their verdicts.", de: "Telefone und ihre Bewertungen." }
        }
        Scope::DevicesCommand => Both { en: "Commands to phones.", de: "Befehle an Telefone." },
        Scope::Policies => {
            Both { en: "Policies and roll-outs.", de: "Richtlinien und ihre Ausrollung." }
        }
        Scope::PersonalData => {
            Both { en: "What identifies a user.", de: "Was einen Benutzer identifiziert." }
        }
        Scope::Evidence => Both { en: "Evidence.", de: "Nachweise." },
        Scope::Audit => Both {
            en: "The audit trail: who changed what.",
            de: "Das Protokoll: wer was geändert hat.",
        },
        Scope::Tenants => Both { en: "A reseller's tenants.", de: "Mandanten eines Resellers." },
        Scope::Clients => Both { en: "Clients of tenants.", de: "Clients von Mandanten." },
        Scope::Brand => Both {
            en: "What phone users see of a reseller.",
            de: "Was Telefonbenutzer von einem Reseller sehen.",
        },
        Scope::Usage => Both { en: "Counts of usage.", de: "Nutzungszahlen." },
        Scope::Webhooks => Both { en: "Webhooks.", de: "Webhooks." },
        Scope::Resellers => Both { en: "Resellers.", de: "Reseller." },
    }
}
