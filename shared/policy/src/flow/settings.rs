use std::collections::BTreeMap;

use trennwand_domain::{Platform, Purpose, Target};

use super::{Key, Must};
use crate::{
    Part, Template, catalogue_app,
    keys::{ANDROID_APPLICATION, RESTRICTIONS, permits, permits_payload},
};

/// What a phone makes of the templates that it was given: the settings in effect.
#[derive(Debug, Clone, Default)]
pub struct Settings<'a> {
    wall: Vec<&'a BTreeMap<String, Part>>,
    account: Option<(&'a str, &'a BTreeMap<String, Part>)>,
    applications: Vec<&'a BTreeMap<String, Part>>,
}

impl<'a> Settings<'a> {
    /// The settings in effect on a phone of this kind. User Enrolment rejects a whole profile for one
    /// key that is forbidden there; elsewhere a key that the target does not heed has no effect.
    #[must_use]
    pub fn of(target: Target, templates: &'a [Template]) -> Self {
        let mut settings = Self::default();
        for template in templates.iter().filter(|t| !is_rejected(target, t)) {
            for (kind, keys) in template.payloads() {
                if template.purpose == Purpose::Account {
                    settings.account = Some((kind, keys));
                    if kind == ANDROID_APPLICATION {
                        settings.applications.push(keys);
                    }
                } else if kind == RESTRICTIONS || target.platform() == Platform::Android {
                    settings.wall.push(keys);
                    settings.applications.extend(dicts(keys.get("applications")));
                }
            }
        }
        settings
    }

    /// The kind of the managed account, if there is one.
    #[must_use]
    pub fn account(&self) -> Option<&'a str> {
        self.account.map(|(kind, _)| kind)
    }

    /// Whether a setting of the wall is as it has to be.
    pub(super) fn wall_meets(&self, target: Target, key: &Key) -> bool {
        let top = key.path.split('.').next().unwrap_or(key.path);
        if top == "applications" {
            return self.applications.iter().all(|app| app_meets(app, key));
        }
        let heeded = permits(target, top);
        let found = self.wall.iter().filter(|_| heeded).find_map(|keys| at(keys, key.path));
        meets(found, key.must)
    }

    /// Whether a setting of the account is as it has to be.
    pub(super) fn account_meets(&self, key: &Key) -> bool {
        let found = self.account.and_then(|(_, keys)| at(keys, key.path));
        meets(found, key.must)
    }

    /// The entries of the apps on the business side of an Android phone.
    fn business_apps(&self) -> impl Iterator<Item = &'a BTreeMap<String, Part>> {
        let blocked = |app: &&BTreeMap<_, _>| text(app.get("installType")) == Some("BLOCKED");
        self.applications.iter().copied().filter(move |app| !blocked(app))
    }

    /// The names of the apps on the business side of an Android phone.
    pub(super) fn installed(&self) -> impl Iterator<Item = &'a str> {
        self.business_apps().filter_map(|app| text(app.get("packageName")))
    }

    /// Whether a member of an app's managed configuration is as it has to be, wherever the app is named:
    /// one entry may take another's place.
    pub(super) fn app_meets(&self, package: &str, key: &Key) -> bool {
        let of_app = |app: &&BTreeMap<_, _>| text(app.get("packageName")) == Some(package);
        self.business_apps().filter(of_app).all(|app| {
            let member = match app.get("managedConfiguration") {
                Some(Part::Dict(members)) => members.get(key.path),
                _ => None,
            };
            meets(member, key.must)
        })
    }

    /// The private apps that may read business contacts.
    pub(super) fn exempted(&self) -> impl Iterator<Item = &'a str> {
        let path =
            "crossProfilePolicies.exemptionsToShowWorkContactsInPersonalProfile.packageNames";
        let lists = self.wall.iter().filter_map(move |keys| at(keys, path));
        lists.flat_map(|list| match list {
            Part::List(parts) => parts.iter().filter_map(|part| text(Some(part))).collect(),
            _ => Vec::new(),
        })
    }
}

/// Whether the phone would refuse the whole profile.
fn is_rejected(target: Target, template: &Template) -> bool {
    target == Target::IosUserEnrollment
        && template.payloads().any(|(kind, keys)| {
            let forbidden = |key: &String| !permits(target, key);
            !permits_payload(target, kind) || kind == RESTRICTIONS && keys.keys().any(forbidden)
        })
}

fn at<'a>(keys: &'a BTreeMap<String, Part>, path: &str) -> Option<&'a Part> {
    match path.split_once('.') {
        None => keys.get(path),
        Some((first, rest)) => match keys.get(first)? {
            Part::Dict(below) => at(below, rest),
            _ => None,
        },
    }
}

fn dicts(part: Option<&Part>) -> Vec<&BTreeMap<String, Part>> {
    let Some(Part::List(parts)) = part else {
        return Vec::new();
    };
    let dicts = parts.iter().filter_map(|part| match part {
        Part::Dict(keys) => Some(keys),
        _ => None,
    });
    dicts.collect()
}

fn text(part: Option<&Part>) -> Option<&str> {
    match part {
        Some(Part::Text(text)) => Some(text),
        _ => None,
    }
}

fn app_meets(app: &BTreeMap<String, Part>, key: &Key) -> bool {
    match key.path.split_once('.') {
        Some((_, member)) => meets(app.get(member), key.must),
        None => {
            let is_blocked = text(app.get("installType")) == Some("BLOCKED");
            let name = text(app.get("packageName")).unwrap_or_default();
            is_blocked || catalogue_app(name).is_none()
        }
    }
}

fn meets(found: Option<&Part>, must: Must) -> bool {
    match (must, found) {
        (Must::Be { value, default }, None) => value == default,
        (Must::Be { value, .. }, Some(part)) => *part == Part::Bool(value),
        (Must::BeOneOf { default, .. }, None) => default,
        (Must::BeOneOf { words, default }, Some(part)) => {
            let word = text(Some(part)).unwrap_or_default();
            words.contains(&word) || default && word.ends_with("_UNSPECIFIED")
        }
        (Must::List(entry), Some(Part::List(parts))) => parts.contains(&Part::from(entry)),
        (Must::List(_), _) => false,
        (Must::BeEmpty, None) => true,
        (Must::BeEmpty, Some(part)) => *part == Part::List(Vec::new()),
        (Must::BeFreeOfCatalogue, Some(Part::List(parts))) => {
            parts.iter().all(|part| text(Some(part)).is_some_and(|id| catalogue_app(id).is_none()))
        }
        (Must::BeFreeOfCatalogue, None) => true,
        (Must::BeFreeOfCatalogue, Some(_)) => false,
    }
}
