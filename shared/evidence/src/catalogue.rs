pub use trennwand_policy::{App, CATALOGUE, CATALOGUE_DATE};

/// The name of an app of the catalogue by its `CFBundleIdentifier`. Identifiers are compared without
/// regard to case, as the phone does.
#[must_use]
pub fn app_name(bundle_id: &str) -> Option<&'static str> {
    let app = CATALOGUE.iter().find(|app| app.ios.eq_ignore_ascii_case(bundle_id));
    app.map(|app| app.name)
}
