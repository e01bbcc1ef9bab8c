use serde_json::{Map, Value, json};

use super::{
    Backup, CloudSync, CompanyPhones, Contacts, Isolation, LockScreenPreviews, Messengers,
    NearbySharing, NonCompliance, PAST_DAYS, Passcode, Permission, PolicyDocument, SiriWhileLocked,
    apps::{MAX_APPS, MAX_ID},
};

/// The identity of the published schema.
pub const SCHEMA_ID: &str = "urn:trennwand:policy-document:1";

/// The published JSON Schema (2020-12) of a policy document. It is made of the words that the parser
/// knows. What it cannot say: apps of the catalogue are refused, and so is an app named twice.
#[must_use]
pub fn schema() -> Value {
    let preset = serde_json::to_value(PolicyDocument::preset()).unwrap_or_default();
    let with_default = |name: &str, mut field: Value| {
        let default = if name == "contacts" { json!("strict") } else { preset[name].clone() };
        if let Value::Object(field) = &mut field {
            field.insert("default".to_owned(), default);
        }
        (name.to_owned(), field)
    };
    let fields = [
        (
            "contacts",
            words(
                Contacts::WORDS,
                "Personal apps never see business contacts; this says whether the dialler may show who calls (Android 14 and later).",
            ),
        ),
        ("documents", words(Isolation::WORDS, "Business documents in private apps.")),
        ("clipboard", words(Isolation::WORDS, "Copy and paste between business and private apps.")),
        (
            "nearby_sharing",
            words(NearbySharing::WORDS, "AirDrop, Bluetooth and streaming to devices nearby."),
        ),
        ("cloud_sync", words(CloudSync::WORDS, "The personal cloud for business data.")),
        ("backup", words(Backup::WORDS, "Backups to a computer (iPhone).")),
        ("siri_while_locked", words(SiriWhileLocked::WORDS, "Siri on a locked iPhone.")),
        (
            "lock_screen_previews",
            words(LockScreenPreviews::WORDS, "Notifications on the lock screen."),
        ),
        (
            "mail",
            object(
                json!({
                    "past_days": {"enum": PAST_DAYS, "default": 7, "description": "Days of mail on the phone; 0 is all (iPhone)."}
                }),
                "The managed account.",
            ),
        ),
        ("messengers", words(Messengers::WORDS, "Messengers of the catalogue, used privately.")),
        (
            "passcode",
            words(Passcode::WORDS, "The code that unlocks the phone or its business side."),
        ),
        (
            "managed_apps",
            json!({
                "type": "array", "maxItems": MAX_APPS, "description": "Apps inside the wall: they may read business contacts.",
                "items": {
                    "type": "object", "additionalProperties": false, "minProperties": 1,
                    "properties": {"ios": bundle_id(), "android": package_name()}
                }
            }),
        ),
        (
            "contact_apps",
            json!({
                "type": "array", "maxItems": MAX_APPS, "uniqueItems": true, "items": package_name(),
                "description": "Personal Android apps that may read business contacts (Android 14 and later)."
            }),
        ),
        ("company_phones", company_phones()),
        (
            "non_compliance",
            words(
                NonCompliance::WORDS,
                "Whether business apps are switched off on a phone that does not meet the policy (Android). Nothing is ever wiped by itself.",
            ),
        ),
    ];
    let mut properties = Map::new();
    properties.insert("schema_version".to_owned(), json!({"const": 1}));
    properties.extend(fields.into_iter().map(|(name, field)| with_default(name, field)));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Policy document",
        "description": "What shall hold on a tenant's phones. Apps of the catalogue and apps named twice are refused.",
        "type": "object",
        "additionalProperties": false,
        "required": ["schema_version"],
        "properties": properties
    })
}

fn company_phones() -> Value {
    let preset = serde_json::to_value(CompanyPhones::preset()).unwrap_or_default();
    let fields = [
        (
            "accounts",
            "Adding and removing accounts, private ones too where the phone knows no difference.",
        ),
        ("other_profiles", "Configuration profiles that the user installs (supervised iPhone)."),
        ("computers", "Pairing with computers (supervised iPhone)."),
        ("usb_files", "Files over USB."),
        ("mirroring", "The screen mirrored to a Mac (supervised iPhone)."),
        ("private_space", "Android's private space; blocking removes one that exists."),
    ];
    let properties: Map<_, _> = fields
        .into_iter()
        .map(|(name, about)| {
            let mut field = words(Permission::WORDS, about);
            field["default"] = preset[name].clone();
            (name.to_owned(), field)
        })
        .collect();
    object(properties.into(), "What more holds on phones that belong to the company.")
}

fn words(words: &[&str], about: &str) -> Value {
    json!({"enum": words, "description": about})
}

fn object(properties: Value, about: &str) -> Value {
    json!({
        "type": "object", "additionalProperties": false, "properties": properties,
        "description": about
    })
}

fn bundle_id() -> Value {
    json!({
        "type": "string", "maxLength": MAX_ID, "pattern": "^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$"
    })
}

fn package_name() -> Value {
    json!({
        "type": "string", "maxLength": MAX_ID,
        "pattern": "^[A-Za-z][A-Za-z0-9_]*(\\.[A-Za-z][A-Za-z0-9_]*)+$"
    })
}
