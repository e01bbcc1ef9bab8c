use serde_json::Value;
use trennwand_domain::{
    MailAuth, MailKind, MailSettings, Person, Purpose, Target, TenantId, Token,
};
use trennwand_policy::{PolicyDocument, Template, Variables, compile, render};

use super::*;

/// Between them they set every setting that concerns Android.
const DOCUMENTS: [&str; 3] = [
    r#"{"schema_version":1}"#,
    r#"{"schema_version":1,"contacts":"strict","passcode":"strong","lock_screen_previews":"hidden",
        "non_compliance":"block","contact_apps":["com.a.b"],
        "managed_apps":[{"android":"com.c.d"}],"company_phones":{"accounts":"blocked",
        "usb_files":"blocked","private_space":"blocked"}}"#,
    r#"{"schema_version":1,"messengers":"blocked","cloud_sync":"allowed"}"#,
];

/// The policy for one phone: the wall, with the account in the mail app's place.
fn policy_of(templates: &[Template]) -> Option<Policy> {
    let person = Person {
        external_id: None,
        email: Secret::new("anna@musterbau.example".into()),
        mail_login: None,
        display_name: None,
    };
    let variables = Variables { organization: "Musterbau GmbH", person: Some(&person) };
    let rendered = |purpose| -> Option<Value> {
        let template = templates.iter().find(|t| t.purpose == purpose)?;
        let bytes = render(template, TenantId::from_bits(1), Token::default(), &variables).unwrap();
        Some(serde_json::from_slice(&bytes).unwrap())
    };
    let mut wall = rendered(Purpose::Wall)?;
    if let Some(account) = rendered(Purpose::Account) {
        let apps = wall["applications"].as_array_mut().unwrap();
        let mail = apps.iter_mut().find(|app| app["packageName"] == account["packageName"]);
        *mail.unwrap() = account;
    }
    Some(Policy::new(wall.as_object().unwrap().clone()))
}

#[tokio::test]
async fn every_artefact_of_the_compiler_is_taken_and_closes_the_contacts() {
    let rig = Rig::new().await;
    let online = MailSettings { kind: MailKind::ExchangeOnline, host: None, auth: MailAuth::Oauth };
    let own = MailSettings {
        kind: MailKind::Exchange,
        host: Some("mail.musterbau.example".into()),
        auth: MailAuth::Password,
    };
    let mut taken = 0;
    for document in DOCUMENTS.map(|text| PolicyDocument::parse(text).unwrap()) {
        for target in [Target::AndroidPersonal, Target::AndroidCompany, Target::AndroidFullyManaged]
        {
            for mail in [None, Some(&online), Some(&own)] {
                let Some(policy) = policy_of(&compile(&document, target, mail)) else {
                    assert_eq!(target, Target::AndroidFullyManaged, "only this one is refused");
                    continue;
                };
                rig.client.patch_policy(&rig.policy, &policy).await.unwrap();
                taken += 1;
                let phone = match target {
                    Target::AndroidPersonal => rig.personal(16).await,
                    Target::AndroidCompany => rig.company(16).await,
                    _ => continue,
                };
                let access = phone.contacts_access().unwrap();
                assert!(!access.lets("com.whatsapp"), "{target:?}: {access:?}");
            }
        }
    }
    assert_eq!(taken, 3 * 2 * 3 + 3, "fully managed phones with blocked messengers only");
}

#[tokio::test]
async fn each_mail_app_s_configuration_is_what_the_store_knows_of_it() {
    let rig = Rig::new().await;
    let host = Some("mail.musterbau.example".to_owned());
    for (kind, host, auth, package) in [
        (MailKind::ExchangeOnline, None, MailAuth::Oauth, "com.microsoft.office.outlook"),
        (MailKind::Exchange, host, MailAuth::Password, "com.google.android.gm"),
    ] {
        let mail = MailSettings { kind, host, auth };
        let templates = compile(&PolicyDocument::preset(), Target::AndroidPersonal, Some(&mail));
        let policy = policy_of(&templates).unwrap();
        let apps = policy.settings["applications"].as_array().unwrap();
        let app = apps.iter().find(|app| app["packageName"] == package).unwrap();
        let name = rig.enterprise.application(package).unwrap();
        let known = rig.client.application(&name, trennwand_domain::Locale::De).await.unwrap();
        let wanted = &app["managedConfiguration"];
        assert_eq!(known.refusals(wanted), Vec::<String>::new());
        assert_eq!(wanted.as_object().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_tampered_member_of_an_artefact_is_refused() {
    let rig = Rig::new().await;
    let templates = compile(&PolicyDocument::preset(), Target::AndroidPersonal, None);
    let good = policy_of(&templates).unwrap();
    rig.client.patch_policy(&rig.policy, &good).await.unwrap();
    for name in good.settings.keys() {
        let mut renamed = good.clone();
        let value = renamed.settings.remove(name).unwrap();
        renamed.settings.insert(format!("{name}X"), value);
        let error = rig.client.patch_policy(&rig.policy, &renamed).await.unwrap_err();
        assert_eq!(trennwand_android::class(&error), trennwand_android::Class::Refused, "{name}");
    }
}
