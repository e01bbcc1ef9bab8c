//! Policies at Google: few for a tenant, because a policy is shared by all phones of a kind under a
//! rule. What differs from person to person is typed on the phone.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use trennwand_domain::{
    ArtefactRef, AssignmentHead, Digest, Error, MailKind, PolicyId, Purpose, Result, Rule, Support,
    Target, TenantId, Token,
};

use crate::{
    Template, Variables,
    keys::{GMAIL, OUTLOOK},
    render,
};

/// The kinds of Android phone that can be enrolled.
const TARGETS: [Target; 2] = [Target::AndroidPersonal, Target::AndroidCompany];

/// What a personal phone is never asked to report: the person's apps, networks and numbers, hardware,
/// displays, events.
const FORBIDDEN_REPORTS: [&str; 8] = [
    "applicationReportsEnabled",
    "networkInfoEnabled",
    "memoryInfoEnabled",
    "hardwareStatusEnabled",
    "displayInfoEnabled",
    "powerManagementEventsEnabled",
    "systemPropertiesEnabled",
    "defaultApplicationInfoReportingEnabled",
];

/// Settings that tell of the person by themselves.
const FORBIDDEN_SETTINGS: [&str; 2] = ["usageLog", "locationMode"];

/// A policy that has to be at Google.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedPolicy<'h> {
    /// The kind of phone.
    pub target: Target,
    /// The rule that it is of.
    pub rule: &'h Rule,
}

impl PlannedPolicy<'_> {
    /// Its name: kind of phone and policy, and the version while two versions of the policy are in force.
    #[must_use]
    pub fn name(&self, head: &AssignmentHead) -> String {
        let Self { target, rule } = self;
        // While a version is rolled out in stages, two versions of a policy are in force. The one that
        // the rules end with keeps the usual name, so that most phones stay where they are. The other
        // one has a name of its own: no later version reaches a phone that was left behind on it.
        let last = head.rules.iter().rev().find(|other| other.policy == rule.policy);
        let staged = last.is_some_and(|last| last.version != rule.version);
        let suffix = if staged { format!("-v{}", rule.version) } else { String::new() };
        format!("{target}-{}{suffix}", rule.policy)
    }

    /// The artefact that it is made of, for a purpose.
    #[must_use]
    pub fn artefact(&self, purpose: Purpose) -> Option<&ArtefactRef> {
        self.rule.artefact(self.target, purpose)
    }

    /// What it is made of: as long as that stays, what a phone does by it stays, whatever version it is.
    #[must_use]
    pub fn source(&self) -> Digest {
        let part = |purpose| self.artefact(purpose).map_or(&[][..], |a| a.digest.as_bytes());
        Digest::of_parts(&[part(Purpose::Wall), part(Purpose::Account)])
    }
}

/// The policies that a tenant has to have at Google, each once.
#[must_use]
pub fn android_policies(head: &AssignmentHead) -> BTreeMap<String, PlannedPolicy<'_>> {
    let mut planned = BTreeMap::new();
    for target in TARGETS {
        for rule in &head.rules {
            let has_wall =
                rule.artefacts.iter().any(|a| a.target == target && a.purpose == Purpose::Wall);
            if has_wall {
                let policy = PlannedPolicy { target, rule };
                planned.entry(policy.name(head)).or_insert(policy);
            }
        }
    }
    planned
}

/// The policy, with its name, that stands for a version of one of ours; `None` if that is not in force
/// for such phones.
#[must_use]
pub fn android_policy(
    head: &AssignmentHead,
    target: Target,
    policy: PolicyId,
    version: u32,
) -> Option<(String, PlannedPolicy<'_>)> {
    android_policies(head).into_iter().find(|(_, planned)| {
        (planned.target, planned.rule.policy, planned.rule.version) == (target, policy, version)
    })
}

/// The app that business mail is read with, by where it lives: the maker's own for the two clouds, and
/// Gmail for a server that speaks Exchange ActiveSync.
#[must_use]
pub const fn android_mail_app(kind: MailKind) -> Option<&'static str> {
    match kind {
        MailKind::ExchangeOnline => Some(OUTLOOK),
        MailKind::Exchange | MailKind::GoogleWorkspace => Some(GMAIL),
        MailKind::None => None,
    }
}

/// The settings of a policy at Google: the wall, with the mail app's configuration in its place, and
/// where the phone's user gets help.
///
/// # Errors
/// Internal if a template uses personal values: a policy is not one person's.
pub fn android_settings(
    wall: &Template,
    account: Option<&Template>,
    organization: &str,
    support: Option<&Support>,
) -> Result<Map<String, Value>> {
    let variables = Variables { organization, person: None };
    let rendered = |template: &Template| -> Result<Map<String, Value>> {
        if template.personal() {
            return Err(Error::internal("an Android policy with personal values"));
        }
        let json = render(template, TenantId::from_bits(0), Token::default(), &variables)?;
        serde_json::from_slice(&json).map_err(|e| Error::internal(e).context("Android policy"))
    };
    let mut settings = rendered(wall)?;
    if let Some(account) = account {
        let app = rendered(account)?;
        let package = app.get("packageName").cloned();
        let apps = settings.entry("applications").or_insert_with(|| json!([]));
        let apps = apps.as_array_mut().ok_or_else(|| Error::internal("applications"))?;
        match apps.iter_mut().find(|known| known.get("packageName") == package.as_ref()) {
            Some(known) => *known = Value::Object(app),
            None => apps.push(Value::Object(app)),
        }
    }
    if wall.target == Target::AndroidPersonal {
        keep_private(&mut settings);
    }
    if let Some(message) = support.and_then(long_message) {
        settings.insert("longSupportMessage".to_owned(), message);
    }
    Ok(settings)
}

/// Whatever a template says: the last place before a policy leaves for Google.
fn keep_private(settings: &mut Map<String, Value>) {
    settings.retain(|name, _| !FORBIDDEN_SETTINGS.contains(&name.as_str()));
    let reports = settings.entry("statusReportingSettings").or_insert_with(|| json!({}));
    if !reports.is_object() {
        *reports = json!({});
    }
    for name in FORBIDDEN_REPORTS {
        reports[name] = false.into();
    }
    if let Some(reports) = reports.as_object_mut() {
        reports.remove("applicationReportingSettings");
    }
}

fn long_message(support: &Support) -> Option<Value> {
    let url = support.url.as_ref().map(ToString::to_string);
    let all = [support.email.clone(), support.phone.clone(), url];
    let all: Vec<_> = all.into_iter().flatten().collect();
    let contact = (!all.is_empty()).then(|| all.join(", "))?;
    Some(json!({
        "defaultMessage": format!("Help: {contact}"),
        "localizedMessages": { "de": format!("Hilfe: {contact}") },
    }))
}

#[cfg(test)]
mod tests {
    use trennwand_domain::{MailAuth, MailSettings, RuleScope, Timestamp};

    use super::*;
    use crate::{PolicyDocument, compile};

    fn rule(policy: u128, version: u32, targets: &[Target]) -> Rule {
        let artefact = |&target: &Target| ArtefactRef {
            target,
            purpose: Purpose::Wall,
            digest: Digest::of(&version.to_be_bytes()),
            personal: false,
        };
        Rule {
            scope: RuleScope::Everyone,
            policy: PolicyId::from_bits(policy),
            version,
            artefacts: targets.iter().map(artefact).collect(),
        }
    }

    fn head(rules: Vec<Rule>) -> AssignmentHead {
        AssignmentHead {
            version: 1,
            changed_at: Timestamp::from_unix_s(1_795_000_000),
            rules,
            mail: None,
            organization: "Krume".into(),
            push_topic: None,
            brand: None,
        }
    }

    #[test]
    fn a_policys_name_stays_when_its_version_changes() {
        let all = [Target::IosDevice, Target::AndroidPersonal, Target::AndroidCompany];
        let (one, two) = (head(vec![rule(1, 1, &all)]), head(vec![rule(1, 2, &all)]));
        let names = |head: &AssignmentHead| android_policies(head).into_keys().collect::<Vec<_>>();
        assert_eq!(
            names(&one),
            [
                "android-company-pol_00000000000000000000000001",
                "android-personal-pol_00000000000000000000000001"
            ]
        );
        assert_eq!(names(&one), names(&two));
    }

    #[test]
    fn two_versions_of_a_policy_are_two_policies_while_one_is_rolled_out() {
        let all = [Target::AndroidPersonal];
        let staged = head(vec![rule(1, 2, &all), rule(1, 1, &all)]);
        let name = |version| {
            let id = PolicyId::from_bits(1);
            android_policy(&staged, Target::AndroidPersonal, id, version).unwrap().0
        };
        assert_eq!(name(1), "android-personal-pol_00000000000000000000000001");
        assert_eq!(name(2), "android-personal-pol_00000000000000000000000001-v2");
        let foreign = android_policy(&staged, Target::AndroidCompany, PolicyId::from_bits(1), 1);
        assert_eq!(foreign, None);
    }

    #[test]
    fn what_a_personal_phone_must_not_report_cannot_be_switched_on() {
        for target in TARGETS {
            let mut wall = compile(&PolicyDocument::preset(), target, None).remove(0);
            let on = FORBIDDEN_REPORTS.map(|name| (name, crate::Part::from(true)));
            wall.payload.insert("statusReportingSettings".into(), crate::Part::from(on));
            wall.payload.insert("usageLog".into(), "x".into());
            let settings = android_settings(&wall, None, "Krume", None).unwrap();
            let personal = target == Target::AndroidPersonal;
            assert_eq!(settings.contains_key("usageLog"), !personal);
            for name in FORBIDDEN_REPORTS {
                assert_eq!(settings["statusReportingSettings"][name], !personal, "{name}");
            }
        }
    }

    #[test]
    fn the_mail_app_is_named_once_with_its_settings_and_nobodys_address() {
        let mail =
            MailSettings { kind: MailKind::ExchangeOnline, host: None, auth: MailAuth::Oauth };
        let templates = compile(&PolicyDocument::preset(), Target::AndroidPersonal, Some(&mail));
        let account = templates.get(1).expect("an account");
        let support = Support { email: Some("help@it.example".into()), ..Support::default() };
        let settings =
            android_settings(&templates[0], Some(account), "Krume", Some(&support)).unwrap();
        let apps = settings["applications"].as_array().unwrap();
        let named = |package: &str| {
            let named = |app: &&Value| app["packageName"] == package;
            apps.iter().filter(named).collect::<Vec<_>>()
        };
        assert!(named("com.google.android.gm").is_empty());
        let [outlook] = named("com.microsoft.office.outlook")[..] else { panic!("{apps:?}") };
        assert_eq!(
            outlook["managedConfiguration"],
            json!({
                "com.microsoft.outlook.EmailProfile.AccountType": "ModernAuth",
                "com.microsoft.outlook.Contacts.LocalSyncEnabled": false,
                "com.microsoft.outlook.Contacts.LocalSyncEnabled.UserChangeAllowed": false,
            })
        );
        assert_eq!(settings["longSupportMessage"]["defaultMessage"], "Help: help@it.example");
    }

    #[test]
    fn each_kind_of_mail_has_its_app() {
        let outlook = "com.microsoft.office.outlook";
        let gmail = "com.google.android.gm";
        for (kind, auth, app) in [
            (MailKind::ExchangeOnline, MailAuth::Oauth, Some(outlook)),
            (MailKind::Exchange, MailAuth::Password, Some(gmail)),
            (MailKind::GoogleWorkspace, MailAuth::Oauth, Some(gmail)),
            (MailKind::None, MailAuth::Oauth, None),
        ] {
            assert_eq!(android_mail_app(kind), app);
            let host = (kind == MailKind::Exchange).then(|| "mail.krume.example".to_owned());
            let mail = MailSettings { kind, host, auth };
            for target in TARGETS {
                let templates = compile(&PolicyDocument::preset(), target, Some(&mail));
                let settings =
                    android_settings(&templates[0], templates.get(1), "Krume", None).unwrap();
                let apps = settings["applications"].as_array().unwrap();
                let there: Vec<_> = apps
                    .iter()
                    .filter(|app| app["installType"] == "FORCE_INSTALLED")
                    .filter_map(|app| app["packageName"].as_str())
                    .filter(|package| *package != "com.google.android.contacts")
                    .collect();
                assert_eq!(there, Vec::from_iter(app), "{target}");
            }
        }
    }
}
