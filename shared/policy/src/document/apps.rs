use serde::Serialize;
use serde_json::Value;
use trennwand_domain::{Error, Result};

use super::read::Fields;
use crate::catalogue_app;

/// Entries of a list of apps at most.
pub(super) const MAX_APPS: usize = 50;

/// Characters of an app's identifier at most.
pub(super) const MAX_ID: usize = 155;

/// An app that is managed and so inside the wall: it may read business contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ManagedApp {
    /// `CFBundleIdentifier`; absent if it is not for iPhones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ios: Option<String>,
    /// Package name; absent if it is not for Android.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub android: Option<String>,
}

/// Reads the apps that shall be managed.
pub(super) fn managed(fields: &mut Fields<'_>, name: &'static str) -> Result<Vec<ManagedApp>> {
    let mut apps: Vec<ManagedApp> = Vec::new();
    for (path, value) in fields.list(name, MAX_APPS)? {
        let mut entry = Fields::of(&path, value)?;
        let mut id = |name: &'static str, right: fn(&str) -> bool| {
            let path = entry.path(name);
            entry.take(name).map(|value| identifier(path, value, right)).transpose()
        };
        let app =
            ManagedApp { ios: id("ios", is_bundle_id)?, android: id("android", is_package_name)? };
        entry.end()?;
        if app.ios.is_none() && app.android.is_none() {
            return Err(Error::invalid(path, "needs \"ios\" or \"android\""));
        }
        let is_double = apps.iter().any(|other| {
            same(other.ios.as_ref(), app.ios.as_ref())
                || same(other.android.as_ref(), app.android.as_ref())
        });
        if is_double {
            return Err(Error::invalid(path, "is in the list already"));
        }
        apps.push(app);
    }
    Ok(apps)
}

fn same(one: Option<&String>, other: Option<&String>) -> bool {
    matches!((one, other), (Some(one), Some(other)) if one.eq_ignore_ascii_case(other))
}

/// Reads the personal Android apps that may read business contacts.
pub(super) fn exempted(fields: &mut Fields<'_>, name: &'static str) -> Result<Vec<String>> {
    let mut apps = Vec::new();
    for (path, value) in fields.list(name, MAX_APPS)? {
        let app = identifier(path.clone(), value, is_package_name)?;
        if apps.contains(&app) {
            return Err(Error::invalid(path, "is in the list already"));
        }
        apps.push(app);
    }
    Ok(apps)
}

fn identifier(path: String, value: &Value, right: fn(&str) -> bool) -> Result<String> {
    let Some(id) = value.as_str().filter(|id| right(id)) else {
        return Err(Error::invalid(path, "must be an app's identifier such as com.example.app"));
    };
    match catalogue_app(id) {
        None => Ok(id.to_owned()),
        Some(app) => Err(Error::invalid(
            path,
            format!(
                "is {}, which uploads the address book it can read: it may be used privately, but \
                 never inside the wall",
                app.name
            ),
        )),
    }
}

/// Whether this can be a `CFBundleIdentifier`: letters, digits and hyphens, at least two parts.
#[must_use]
pub fn is_bundle_id(text: &str) -> bool {
    let part = |p: &str| !p.is_empty() && p.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    text.len() <= MAX_ID && text.contains('.') && text.split('.').all(part)
}

/// Whether this can be an Android package name: parts begin with a letter, at least two of them.
#[must_use]
pub fn is_package_name(text: &str) -> bool {
    let part = |p: &str| {
        p.starts_with(|c: char| c.is_ascii_alphabetic())
            && p.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
    };
    text.len() <= MAX_ID && text.contains('.') && text.split('.').all(part)
}
