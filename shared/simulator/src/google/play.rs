//! What the Play store knows about the two mail apps. Gmail's keys are known from a report only,
//! Outlook's from Microsoft's description of the app; neither from the list that the app itself gives.

use std::collections::BTreeMap;

use serde_json::{Value, json};

pub(super) fn applications() -> BTreeMap<String, Value> {
    let property = |key: &str, kind: &str| json!({"key": key, "type": kind, "title": key});
    let gmail = json!({
        "title": "Gmail",
        "managedProperties": [
            property("email_address", "STRING"),
            property("exchange_username", "STRING"),
            property("exchange_host", "STRING"),
            property("exchange_device_id", "STRING"),
            property("exchange_login_certificate_alias", "STRING"),
            property("exchange_ssl_required", "BOOL"),
            property("exchange_trust_all_certificates", "BOOL"),
        ]
    });
    let choice =
        json!([{"name": "Modern", "value": "ModernAuth"}, {"name": "Basic", "value": "BasicAuth"}]);
    let mut account_type = property("com.microsoft.outlook.EmailProfile.AccountType", "CHOICE");
    account_type["entries"] = choice;
    let outlook = json!({
        "title": "Microsoft Outlook",
        "managedProperties": [
            account_type,
            property("com.microsoft.outlook.EmailProfile.EmailAddress", "STRING"),
            property("com.microsoft.outlook.EmailProfile.EmailUPN", "STRING"),
            property("com.microsoft.outlook.EmailProfile.ServerHostName", "STRING"),
            property("com.microsoft.outlook.Contacts.LocalSyncEnabled", "BOOL"),
            property("com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed", "BOOL"),
        ]
    });
    let contacts = json!({"title": "Contacts"});
    BTreeMap::from([
        ("com.google.android.gm".to_owned(), gmail),
        ("com.microsoft.office.outlook".to_owned(), outlook),
        ("com.google.android.contacts".to_owned(), contacts),
    ])
}
