/// An app that uploads the address book it can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct App {
    /// `CFBundleIdentifier`.
    pub bundle_id: &'static str,
    /// Its name for people.
    pub name: &'static str,
}

/// When the catalogue was looked over last.
pub const CATALOGUE_DATE: &str = "2026-11-23";

/// Apps that must never be managed, because a managed app is inside the wall.
pub const CATALOGUE: &[App] = &[];

/// The name of an app of the catalogue.
#[must_use]
pub fn app_name(_bundle_id: &str) -> Option<&'static str> {
    todo!()
}
