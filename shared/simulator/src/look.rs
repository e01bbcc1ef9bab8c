use std::collections::BTreeMap;

use trennwand_pki::Certificate;

use crate::{
    Account, Behaviour, Change, Event, Exchange, Handset, Installed, Phone, Profile, Restrictions,
    SimulatorError, error::Result, inside,
};

/// What a test sees of a phone, and what its user does with it.
impl Phone {
    /// Whether the phone is under management.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.state().management.is_some()
    }

    /// The rights that its enrolment grants.
    #[must_use]
    pub fn access_rights(&self) -> Option<u32> {
        self.state().management.as_ref().map(|m| m.offer.access_rights)
    }

    /// The certificate in use.
    #[must_use]
    pub fn certificate(&self) -> Option<Certificate> {
        self.state().management.as_ref().map(|m| m.identity.certificate.clone())
    }

    /// The push token in use.
    #[must_use]
    pub fn push_token(&self) -> Option<Vec<u8>> {
        self.state().management.as_ref().map(|m| m.push_token.clone())
    }

    /// The word that a genuine push carries.
    #[must_use]
    pub fn push_magic(&self) -> Option<String> {
        self.state().management.as_ref().map(|m| m.push_magic.clone())
    }

    /// Its hardware and system.
    #[must_use]
    pub fn handset(&self) -> &Handset {
        &self.0.handset
    }

    /// The profiles on the phone: identifier to UUID.
    #[must_use]
    pub fn profiles(&self) -> BTreeMap<String, String> {
        inside::uuids(&self.state().inside.profiles)
    }

    /// The profiles on the phone in full.
    #[must_use]
    pub fn installed(&self) -> Vec<Installed> {
        self.state().inside.profiles.clone()
    }

    /// The managed accounts on the phone.
    #[must_use]
    pub fn accounts(&self) -> Vec<Account> {
        self.state().inside.accounts.clone()
    }

    /// The restrictions in force.
    #[must_use]
    pub fn restrictions(&self) -> Restrictions {
        self.state().inside.restrictions()
    }

    /// Whether an unmanaged messenger could read contacts of a managed account now.
    #[must_use]
    pub fn contacts_are_open(&self) -> bool {
        self.state().inside.contacts_are_open()
    }

    /// Whether there was ever a moment when an unmanaged messenger could have.
    #[must_use]
    pub fn contacts_were_ever_open(&self) -> bool {
        self.changes().contains(&Change::ContactsOpen)
    }

    /// Whether the phone was locked from afar.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.state().inside.locked
    }

    /// Everything that happened so far.
    #[must_use]
    pub fn transcript(&self) -> Vec<Event> {
        self.state().events.clone()
    }

    /// The requests so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        let exchanges = self.transcript().into_iter().filter_map(|event| match event {
            Event::Exchange(exchange) => Some(exchange),
            Event::Change(_) => None,
        });
        exchanges.collect()
    }

    pub(crate) fn last_exchange(&self) -> Option<Exchange> {
        self.state().events.iter().rev().find_map(|event| match event {
            Event::Exchange(exchange) => Some(exchange.clone()),
            Event::Change(_) => None,
        })
    }

    /// What changed on the phone so far.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let changes = self.transcript().into_iter().filter_map(|event| match event {
            Event::Change(change) => Some(change),
            Event::Exchange(_) => None,
        });
        changes.collect()
    }

    /// Changes how the phone behaves from now on.
    pub fn misbehave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.state().behaviour);
    }

    /// The user sets up an Exchange account with this address by hand: it is not managed, and ours
    /// cannot be installed beside it.
    pub fn set_up_account_by_hand(&self, email: &str) {
        self.state().inside.made_by_hand.insert(email.to_lowercase());
    }

    /// The user deletes the account that was set up by hand.
    pub fn delete_account_by_hand(&self, email: &str) {
        self.state().inside.made_by_hand.remove(&email.to_lowercase());
    }

    /// The user installs a profile.
    ///
    /// # Errors
    /// If the phone refuses it.
    pub fn install_by_hand(&self, profile: &[u8]) -> Result<()> {
        let profile = Profile::read(profile)?;
        let installed = self.state().inside.install(profile, false);
        self.settle();
        installed.map_err(|fault| SimulatorError::refused(fault.description))
    }

    /// A profile that MDM installed vanishes without a word to the server; `false` if there is none
    /// with this identifier.
    pub fn lose_profile(&self, identifier: &str) -> bool {
        let lost = self.state().inside.remove(identifier).is_ok();
        self.settle();
        lost
    }

    /// Every managed profile with restrictions vanishes without a word to the server.
    pub fn lose_wall(&self) -> bool {
        let walls = self.installed().into_iter().map(|p| p.profile);
        let walls = walls.filter(|p| p.of_kind("com.apple.applicationaccess").next().is_some());
        walls.filter(|wall| self.lose_profile(&wall.identifier)).count() > 0
    }
}
