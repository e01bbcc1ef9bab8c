use serde::Serialize;
use trennwand_policy::{App, CATALOGUE, CATALOGUE_DATE, Confidence};
use trennwand_web::{Anyone, Json, Problems};
use utoipa::ToSchema;

/// Apps that upload the address book they can read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppCatalogue {
    /// When the list was looked over last.
    #[schema(format = Date, example = "2026-11-23")]
    reviewed_on: &'static str,
    /// The apps.
    items: Vec<AppEntry>,
}

/// An app that uploads the address book it can read.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AppEntry {
    /// Its name.
    #[schema(example = "WhatsApp")]
    name: &'static str,
    /// Its bundle identifier in the App Store.
    #[schema(example = "net.whatsapp.WhatsApp")]
    ios: &'static str,
    /// Its package name in Google Play.
    #[schema(example = "com.whatsapp")]
    android: &'static str,
    /// How sure the identifiers are.
    #[schema(value_type = String, example = "believed")]
    confidence: Confidence,
}

/// Lists the apps that must never be managed, because they would then be inside the wall.
#[utoipa::path(
    get,
    path = "/v1/catalogue/apps",
    tag = "catalogue",
    responses((status = 200, description = "All apps", body = AppCatalogue), Problems),
    security(("oauth2" = []))
)]
pub(crate) async fn app_list(_anyone: Anyone) -> Json<AppCatalogue> {
    let entry = |app: &App| AppEntry {
        name: app.name,
        ios: app.ios,
        android: app.android,
        confidence: app.confidence,
    };
    let items = CATALOGUE.iter().map(entry).collect();
    Json(AppCatalogue { reviewed_on: CATALOGUE_DATE, items })
}
