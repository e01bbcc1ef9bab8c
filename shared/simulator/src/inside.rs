use std::collections::{BTreeMap, BTreeSet};

use plist::Value;

use crate::{Change, Fault, Payload, Profile, Restrictions};

const RESTRICTIONS: &str = "com.apple.applicationaccess";
const EXCHANGE: &str = "com.apple.eas.account";
const GOOGLE: &str = "com.apple.google-oauth";

/// Payload types that a simulated phone knows besides those above.
const OTHER_KINDS: [&str; 4] = [
    "com.apple.security.scep",
    "com.apple.security.root",
    "com.apple.vpn.managed",
    "com.apple.wifi.managed",
];

/// An account on the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The payload that made it: identifier and UUID.
    pub payload: (String, String),
    /// The profile that holds the payload.
    pub profile: String,
    /// `Host`, if the payload names one.
    pub host: Option<String>,
    /// `EmailAddress`.
    pub email: String,
    /// `UserName`.
    pub login: String,
}

/// A profile on the phone.
#[derive(Debug, Clone, PartialEq)]
pub struct Installed {
    /// The profile.
    pub profile: Profile,
    /// Whether MDM installed it.
    pub managed: bool,
}

/// What is on a simulated phone, and how it changes: no network, no time, no chance.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    pub(crate) profiles: Vec<Installed>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) made_by_hand: BTreeSet<String>,
    pub(crate) locked: bool,
    changes: Vec<Change>,
    contacts_open: bool,
}

impl Inside {
    /// The restrictions in force.
    pub(crate) fn restrictions(&self) -> Restrictions {
        let mut merged = Restrictions::default();
        for installed in &self.profiles {
            for payload in installed.profile.of_kind(RESTRICTIONS) {
                merged.merge(&payload.body, installed.managed);
            }
        }
        merged
    }

    /// Whether an unmanaged app can read the contacts of a managed account.
    pub(crate) fn contacts_are_open(&self) -> bool {
        !self.accounts.is_empty() && self.restrictions().unmanaged_apps_read_managed_contacts()
    }

    /// Installs a profile as a whole or not at all; one with the same identifier is replaced, and
    /// what both hold is changed in place.
    pub(crate) fn install(&mut self, profile: Profile, managed: bool) -> Result<(), Fault> {
        let old = self.profiles.iter().position(|p| p.profile.identifier == profile.identifier);
        if old.is_some_and(|place| self.profiles[place].managed != managed) {
            return Err(Fault::profile("The profile would replace one that MDM did not install."));
        }
        let accounts = self.accounts_of(&profile)?;
        profile.payloads.iter().try_for_each(check)?;

        let identifier = profile.identifier.clone();
        let installed = Installed { profile, managed };
        match old {
            Some(place) => {
                self.profiles[place] = installed;
                self.changes.push(Change::ProfileReplaced(identifier.clone()));
            }
            None => {
                self.profiles.push(installed);
                self.changes.push(Change::ProfileInstalled(identifier.clone()));
            }
        }
        self.replace_accounts(&identifier, accounts);
        self.note_contacts();
        Ok(())
    }

    /// Removes a profile that MDM installed.
    pub(crate) fn remove(&mut self, identifier: &str) -> Result<(), Fault> {
        let place = self
            .profiles
            .iter()
            .position(|p| p.managed && p.profile.identifier == identifier)
            .ok_or_else(|| Fault::new("MCMDMErrorDomain", 12013, "The profile is not managed."))?;
        self.profiles.remove(place);
        self.changes.push(Change::ProfileRemoved(identifier.into()));
        self.replace_accounts(identifier, Vec::new());
        self.note_contacts();
        Ok(())
    }

    /// Removes everything that MDM installed.
    pub(crate) fn remove_management(&mut self) {
        let managed = self.profiles.iter().filter(|p| p.managed);
        let managed: Vec<_> = managed.map(|p| p.profile.identifier.clone()).collect();
        // The accounts go first on an iPhone, too: at no time do they outlive the wall.
        for identifier in &managed {
            self.replace_accounts(identifier, Vec::new());
        }
        self.profiles.retain(|p| !p.managed);
        self.changes.extend(managed.into_iter().map(Change::ProfileRemoved));
        self.note_contacts();
        self.changes.push(Change::Unenrolled);
    }

    pub(crate) fn lock(&mut self) {
        self.locked = true;
        self.changes.push(Change::Locked);
    }

    pub(crate) fn note(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// What changed since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    fn accounts_of(&self, profile: &Profile) -> Result<Vec<Account>, Fault> {
        let payloads = profile.of_kind(EXCHANGE).chain(profile.of_kind(GOOGLE));
        payloads.map(|payload| self.account(profile, payload)).collect()
    }

    fn account(&self, profile: &Profile, payload: &Payload) -> Result<Account, Fault> {
        let email = payload
            .text("EmailAddress")
            .ok_or_else(|| Fault::profile("The account has no e-mail address."))?;
        let host = payload.text("Host");
        let mut login = payload.text("UserName");
        if payload.kind == EXCHANGE {
            let oauth = payload.flag("OAuth") == Some(true);
            if login.is_none() {
                return Err(Fault::profile("UserName is required in profiles that MDM installs."));
            }
            if host.is_none() && !oauth {
                return Err(Fault::profile("The account has no host."));
            }
            if oauth && payload.text("Password").is_some() {
                return Err(Fault::profile("OAuth and Password exclude each other."));
            }
        } else {
            login = Some(email);
        }
        let elsewhere = self.accounts.iter().any(|other| {
            other.profile != profile.identifier && other.email.eq_ignore_ascii_case(email)
        });
        if elsewhere || self.made_by_hand.contains(&email.to_lowercase()) {
            return Err(Fault::account_exists());
        }
        Ok(Account {
            payload: (payload.identifier.clone(), payload.uuid.clone()),
            profile: profile.identifier.clone(),
            host: host.map(str::to_owned),
            email: email.to_owned(),
            login: login.unwrap_or_default().to_owned(),
        })
    }

    /// Accounts that `profile` still holds are changed in place, those that it no longer holds are
    /// wiped with all that was synchronised.
    fn replace_accounts(&mut self, profile: &str, new: Vec<Account>) {
        let (gone, mut kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.accounts)
            .into_iter()
            .partition(|a| a.profile == profile && !new.iter().any(|n| n.payload == a.payload));
        self.changes.extend(gone.into_iter().map(|a| Change::AccountWiped(a.payload.0)));
        for account in new {
            match kept.iter_mut().find(|old| old.payload == account.payload) {
                Some(old) if *old == account => {}
                Some(old) => {
                    self.changes.push(Change::AccountUpdated(account.payload.0.clone()));
                    *old = account;
                }
                None => {
                    self.changes.push(Change::AccountAdded(account.payload.0.clone()));
                    kept.push(account);
                }
            }
        }
        self.accounts = kept;
    }

    fn note_contacts(&mut self) {
        let open = self.contacts_are_open();
        if open != self.contacts_open {
            self.contacts_open = open;
            self.changes.push(if open { Change::ContactsOpen } else { Change::ContactsClosed });
        }
    }
}

fn check(payload: &Payload) -> Result<(), Fault> {
    match payload.kind.as_str() {
        EXCHANGE | GOOGLE => Ok(()),
        RESTRICTIONS => payload
            .body
            .iter()
            .filter(|(key, _)| !key.starts_with("Payload"))
            .find(|(_, value)| {
                !matches!(value, Value::Boolean(_) | Value::Integer(_) | Value::Array(_))
            })
            .map_or(Ok(()), |(key, _)| {
                Err(Fault::profile(&format!("The restriction {key} has the wrong type.")))
            }),
        kind if OTHER_KINDS.contains(&kind) => Ok(()),
        kind => Err(Fault::profile(&format!("The payload {kind} cannot be installed."))),
    }
}

/// The profiles on a phone by identifier, with their UUIDs: what most tests ask for.
pub(crate) fn uuids(profiles: &[Installed]) -> BTreeMap<String, String> {
    profiles.iter().map(|p| (p.profile.identifier.clone(), p.profile.uuid.clone())).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::profile::tests::{payload, profile};

    pub(crate) fn wall(uuid: &str, open_in: bool) -> Profile {
        let keys = [("allowOpenFromManagedToUnmanaged", open_in.into())];
        Profile::read(&profile("wall", uuid, &[payload(RESTRICTIONS, &keys)])).unwrap()
    }

    pub(crate) fn account(uuid: &str, payload_uuid: &str, login: &str) -> Profile {
        let keys = [
            ("PayloadUUID", payload_uuid.into()),
            ("EmailAddress", "anna@example.com".into()),
            ("UserName", login.into()),
            ("Host", "outlook.office365.com".into()),
            ("OAuth", true.into()),
        ];
        Profile::read(&profile("account", uuid, &[payload(EXCHANGE, &keys)])).unwrap()
    }

    const PAYLOAD: &str = "test.com.apple.eas.account";

    #[test]
    fn an_account_is_updated_in_place_and_wiped_when_its_payload_vanishes() {
        let mut phone = Inside::default();
        phone.install(wall("W1", false), true).unwrap();
        phone.install(account("A1", "P1", "anna"), true).unwrap();
        phone.install(account("A2", "P1", "anna2"), true).unwrap();
        phone.install(account("A3", "P2", "anna2"), true).unwrap();
        phone.remove("account").unwrap();
        assert_eq!(
            phone.take_changes(),
            [
                Change::ProfileInstalled("wall".into()),
                Change::ProfileInstalled("account".into()),
                Change::AccountAdded(PAYLOAD.into()),
                Change::ProfileReplaced("account".into()),
                Change::AccountUpdated(PAYLOAD.into()),
                Change::ProfileReplaced("account".into()),
                Change::AccountWiped(PAYLOAD.into()),
                Change::AccountAdded(PAYLOAD.into()),
                Change::ProfileRemoved("account".into()),
                Change::AccountWiped(PAYLOAD.into()),
            ]
        );
    }

    #[test]
    fn contacts_are_open_while_an_account_stands_without_a_closed_wall() {
        let mut phone = Inside::default();
        phone.install(account("A1", "P1", "anna"), true).unwrap();
        phone.install(wall("W1", false), true).unwrap();
        phone.install(wall("W2", true), true).unwrap();
        phone.install(wall("W3", false), true).unwrap();
        let border: Vec<_> = phone
            .take_changes()
            .into_iter()
            .filter(|c| matches!(c, Change::ContactsOpen | Change::ContactsClosed))
            .collect();
        use Change::{ContactsClosed as Closed, ContactsOpen as Open};
        assert_eq!(border, [Open, Closed, Open, Closed]);
    }

    #[test]
    fn an_account_made_by_hand_refuses_ours_and_leaves_the_phone_as_it_was() {
        let mut phone = Inside::default();
        phone.made_by_hand.insert("anna@example.com".into());
        assert_eq!(phone.install(account("A1", "P1", "anna"), true), Err(Fault::account_exists()));
        assert!(phone.profiles.is_empty() && phone.accounts.is_empty());
    }

    #[test]
    fn management_takes_everything_it_brought_along_and_leaves_the_rest() {
        let mut phone = Inside::default();
        let private = profile("private.vpn", "V", &[payload("com.apple.vpn.managed", &[])]);
        phone.install(Profile::read(&private).unwrap(), false).unwrap();
        phone.install(wall("W1", false), true).unwrap();
        phone.install(account("A1", "P1", "anna"), true).unwrap();
        phone.remove_management();
        assert_eq!(uuids(&phone.profiles), [("private.vpn".into(), "V".into())].into());
        assert!(phone.accounts.is_empty());
        assert!(!phone.take_changes().contains(&Change::ContactsOpen));
        assert!(phone.remove("private.vpn").is_err(), "MDM removes only what it installed");
    }

    #[test]
    fn unknown_payloads_and_wrong_types_are_refused() {
        let mut phone = Inside::default();
        for wrong in [
            payload("com.example.new", &[]),
            payload("com.apple.mdm", &[]),
            payload(RESTRICTIONS, &[("allowScreenShot", "false".into())]),
            payload(EXCHANGE, &[("EmailAddress", "a@example.com".into())]),
        ] {
            let profile = Profile::read(&profile("x", "X", &[wrong])).unwrap();
            assert!(phone.install(profile, true).is_err());
        }
        assert!(phone.profiles.is_empty());
    }
}
