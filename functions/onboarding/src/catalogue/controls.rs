use serde::Serialize;
use trennwand_domain::Control;
use trennwand_web::{Anyone, Json, Language, Problems};
use utoipa::ToSchema;

use super::{Both, Whole};

/// Something that must hold on a phone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ControlEntry {
    /// Stable.
    #[schema(value_type = String, example = "contacts_closed")]
    control: Control,
    /// What must hold, in the language of `Accept-Language`.
    #[schema(example = "Private apps cannot read business contacts.")]
    text: &'static str,
}

/// Lists the controls that verdicts are about.
#[utoipa::path(
    get,
    path = "/v1/catalogue/controls",
    tag = "catalogue",
    responses((status = 200, description = "All controls", body = Whole<ControlEntry>), Problems),
    security(("oauth2" = []))
)]
pub(crate) async fn control_list(
    _anyone: Anyone,
    Language(locale): Language,
) -> Json<Whole<ControlEntry>> {
    let entry = |control| ControlEntry { control, text: meaning(control).in_language(locale) };
    Json(Whole { items: Control::ALL.into_iter().map(entry).collect() })
}

const fn meaning(control: Control) -> Both {
    match control {
        Control::ContactsClosed => Both {
            en: "Private apps cannot read business contacts.",
            de: "Private Apps können Geschäftskontakte nicht lesen.",
        },
        Control::DocumentsClosed => Both {
            en: "Business documents cannot be opened in private apps.",
            de: "Geschäftliche Dokumente lassen sich nicht in privaten Apps öffnen.",
        },
        Control::ClipboardClosed => Both {
            en: "What is copied in business apps cannot be pasted into private ones.",
            de: "In geschäftlichen Apps Kopiertes lässt sich nicht in private einsetzen.",
        },
        Control::AccountManaged => Both {
            en: "The business account on the phone is the managed one.",
            de: "Das geschäftliche Konto auf dem Telefon ist das verwaltete.",
        },
        Control::NoShadowAccount => Both {
            en: "The business account was not set up a second time by hand, outside the wall.",
            de: "Das geschäftliche Konto ist nicht ein zweites Mal von Hand eingerichtet, außerhalb \
                der Wand.",
        },
        Control::MessengersUnmanaged => Both {
            en: "No app that uploads address books is managed and so inside the wall.",
            de: "Keine App, die Adressbücher hochlädt, ist verwaltet und damit innerhalb der Wand.",
        },
        Control::PolicyCurrent => Both {
            en: "The phone has the profiles of the policy in force.",
            de: "Das Telefon hat die Profile der geltenden Richtlinie.",
        },
    }
}
