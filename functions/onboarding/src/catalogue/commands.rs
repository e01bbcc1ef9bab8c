use serde::Serialize;
use trennwand_apple::command_for;
use trennwand_domain::{CommandKind, Ownership};
use trennwand_web::{Anyone, Json, Language, Problems};
use utoipa::ToSchema;

use super::{Both, Whole};

/// A command to phones.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CommandEntry {
    /// Its name in `type`.
    #[schema(example = "device_lock")]
    r#type: &'static str,
    /// What it does, in the language of `Accept-Language`.
    #[schema(example = "Locks the phone at once.")]
    text: &'static str,
    /// Whose iPhones it can be sent to.
    #[schema(value_type = Vec<String>, example = json!(["company"]))]
    ownership: Vec<Ownership>,
}

/// Lists the commands, and whose iPhones each can be sent to. An Android phone takes `device_lock` only,
/// whoever owns it.
#[utoipa::path(
    get,
    path = "/v1/catalogue/commands",
    tag = "catalogue",
    responses((status = 200, description = "All commands", body = Whole<CommandEntry>), Problems),
    security(("oauth2" = []))
)]
pub(crate) async fn command_kind_list(
    _anyone: Anyone,
    Language(locale): Language,
) -> Json<Whole<CommandEntry>> {
    let entry = |kind: CommandKind| CommandEntry {
        r#type: kind.as_str(),
        text: meaning(kind).in_language(locale),
        ownership: permitted(kind),
    };
    Json(Whole { items: CommandKind::ALL.into_iter().map(entry).collect() })
}

fn permitted(kind: CommandKind) -> Vec<Ownership> {
    let all = Ownership::ALL.iter().copied();
    all.filter(|ownership| command_for(kind, *ownership).is_ok()).collect()
}

const fn meaning(kind: CommandKind) -> Both {
    match kind {
        CommandKind::DeviceInformation => Both {
            en: "Asks for model, system version and what an inventory needs.",
            de: "Fragt nach Modell, Systemversion und dem, was ein Inventar braucht.",
        },
        CommandKind::SecurityInfo => Both {
            en: "Asks whether a passcode is set and data are encrypted.",
            de: "Fragt, ob ein Code gesetzt ist und Daten verschlüsselt sind.",
        },
        CommandKind::ProfileList => Both {
            en: "Asks which profiles are installed; a personal phone answers managed ones only.",
            de: "Fragt, welche Profile installiert sind; ein privates Telefon nennt nur verwaltete.",
        },
        CommandKind::Restrictions => Both {
            en: "Asks which restrictions are in effect.",
            de: "Fragt, welche Einschränkungen gelten.",
        },
        CommandKind::ManagedApplicationList => {
            Both { en: "Asks which apps are managed.", de: "Fragt, welche Apps verwaltet sind." }
        }
        CommandKind::CertificateList => Both {
            en: "Asks which certificates are installed; a personal phone answers managed ones only.",
            de: "Fragt, welche Zertifikate installiert sind; ein privates Telefon nennt nur \
                verwaltete.",
        },
        CommandKind::DeviceLock => {
            Both { en: "Locks the phone at once.", de: "Sperrt das Telefon sofort." }
        }
        CommandKind::Release => Both {
            en: "Removes what is the company's and ends management.",
            de: "Entfernt, was der Firma gehört, und beendet die Verwaltung.",
        },
        CommandKind::WipeBusiness => {
            Both { en: "Removes what is the company's.", de: "Entfernt, was der Firma gehört." }
        }
        CommandKind::WipeDevice => {
            Both { en: "Resets the whole phone.", de: "Setzt das ganze Telefon zurück." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_personal_iphone_cannot_be_locked() {
        assert_eq!(permitted(CommandKind::DeviceLock), [Ownership::Company]);
        assert_eq!(permitted(CommandKind::ProfileList), Ownership::ALL);
    }
}
