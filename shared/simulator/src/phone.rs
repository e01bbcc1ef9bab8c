use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use reqwest::Url;
use tokio::sync::Notify;
use trennwand_domain::{Clock, Duration, Entropy};
use trennwand_pki::Certificate;

use crate::{
    Account, Behaviour, Change, Event, Exchange, Handset, Installed, Keys, Offer, Profile,
    Received, Restrictions, Sent, SimulatorError, StandInApns,
    enrollment::url,
    error::Result,
    inside::{self, Inside},
    scep::{self, Identity},
    wire::{Reply, Wire},
};

/// What a simulated phone gets from its surroundings.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Its chance.
    pub entropy: Arc<dyn Entropy>,
    /// Its keys.
    pub keys: Keys,
    /// The push service that it listens to.
    pub apns: StandInApns,
}

/// A simulated iPhone. Cloning shares it.
#[derive(Clone)]
pub struct Phone(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) handset: Handset,
    pub(crate) around: Surroundings,
    pub(crate) wire: Wire,
    /// Held for a conversation: a phone has one at a time.
    pub(crate) line: tokio::sync::Mutex<()>,
    pub(crate) wake: Arc<Notify>,
    state: Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) behaviour: Behaviour,
    pub(crate) inside: Inside,
    pub(crate) events: Vec<Event>,
    pub(crate) management: Option<Management>,
    /// A report whose answer did not come; it is sent again first.
    pub(crate) unsent: Option<Unsent>,
}

/// A report that the server may not have.
#[derive(Clone)]
pub(crate) struct Unsent {
    pub(crate) sent: Sent,
    pub(crate) body: Vec<u8>,
}

/// What an enrolled phone keeps.
#[derive(Clone)]
pub(crate) struct Management {
    pub(crate) offer: Offer,
    pub(crate) identity: Identity,
    pub(crate) push_token: Vec<u8>,
    pub(crate) push_magic: String,
}

impl Phone {
    /// A phone as it comes out of its box.
    ///
    /// # Errors
    /// If no HTTP client can be made.
    pub fn new(handset: Handset, around: Surroundings) -> Result<Self> {
        Ok(Self(Arc::new(Inner {
            handset,
            around,
            wire: Wire::new()?,
            line: tokio::sync::Mutex::default(),
            wake: Arc::default(),
            state: Mutex::default(),
        })))
    }

    /// Opens the enrolment link, follows its page to the profile and enrols by it.
    ///
    /// # Errors
    /// If the phone refuses the profile, or the server refuses the phone.
    pub async fn enroll(&self, link: &str) -> Result<()> {
        let offer = self.open(link).await?;
        self.install(offer).await
    }

    /// Opens the enrolment link and downloads the profile, which uses nothing up.
    ///
    /// # Errors
    /// If there is no page or no profile, or the phone would not install it.
    pub async fn open(&self, link: &str) -> Result<Offer> {
        let link = url(link)?;
        let page = self.0.wire.get(link.clone()).await?;
        self.note_plain(Sent::Page, &page);
        let page = page.success("the page")?;
        if page.media_type() != "text/html" {
            return Err(SimulatorError::refused("the link is no page"));
        }
        let text = String::from_utf8_lossy(&page.body);
        let target = profile_link(&text)
            .and_then(|href| link.join(&href).ok())
            .ok_or_else(|| SimulatorError::refused("the page has no link to a profile"))?;
        self.download(target).await
    }

    /// Downloads an enrolment profile from its own address.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn download(&self, profile: Url) -> Result<Offer> {
        let profile = url(profile.as_str())?;
        let reply = self.0.wire.get(profile).await?;
        self.note_plain(Sent::Profile, &reply);
        let reply = reply.success("the profile")?;
        if reply.media_type() != "application/x-apple-aspen-config" {
            return Err(SimulatorError::refused(
                "the profile has another media type",
            ));
        }
        Offer::of(Profile::read(&reply.body)?)
    }

    /// Installs an enrolment profile: identity by SCEP, Authenticate, TokenUpdate.
    ///
    /// # Errors
    /// If the phone is managed already, or the server refuses.
    pub async fn install(&self, offer: Offer) -> Result<()> {
        if self.is_enrolled() {
            return Err(SimulatorError::refused(
                "there is a management profile already",
            ));
        }
        let identity = self.obtain_identity(&offer).await?;
        self.check_in(offer, identity).await
    }

    /// The identity by SCEP, which uses the invitation up.
    ///
    /// # Errors
    /// If the server refuses.
    pub async fn obtain_identity(&self, offer: &Offer) -> Result<Identity> {
        let (wire, order, around) = (&self.0.wire, &offer.scep, &self.0.around);
        let authority = scep::meet(wire, order).await?;
        let key = around.keys.draw().await?;
        let asked = scep::ask(order, key, around.clock.now(), &*around.entropy)?;
        let mut identity = scep::obtain(wire, order, &authority, &asked, &*around.entropy).await?;
        if self.state().behaviour.repeats_scep {
            let again = scep::obtain(wire, order, &authority, &asked, &*around.entropy).await?;
            if again.certificate != identity.certificate {
                return Err(SimulatorError::protocol(
                    "the repeat brought another certificate",
                ));
            }
            identity = again;
        }
        Ok(identity)
    }

    /// Whether the phone is under management.
    #[must_use]
    pub fn is_enrolled(&self) -> bool {
        self.state().management.is_some()
    }

    /// The rights that its enrolment grants.
    #[must_use]
    pub fn access_rights(&self) -> Option<u32> {
        self.state()
            .management
            .as_ref()
            .map(|m| m.offer.access_rights)
    }

    /// The certificate in use.
    #[must_use]
    pub fn certificate(&self) -> Option<Certificate> {
        self.state()
            .management
            .as_ref()
            .map(|m| m.identity.certificate.clone())
    }

    /// The push token in use.
    #[must_use]
    pub fn push_token(&self) -> Option<Vec<u8>> {
        self.state()
            .management
            .as_ref()
            .map(|m| m.push_token.clone())
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
        let exchanges = self
            .transcript()
            .into_iter()
            .filter_map(|event| match event {
                Event::Exchange(exchange) => Some(exchange),
                Event::Change(_) => None,
            });
        exchanges.collect()
    }

    pub(crate) fn last_exchange(&self) -> Option<Exchange> {
        self.state()
            .events
            .iter()
            .rev()
            .find_map(|event| match event {
                Event::Exchange(exchange) => Some(exchange.clone()),
                Event::Change(_) => None,
            })
    }

    /// What changed on the phone so far.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let changes = self
            .transcript()
            .into_iter()
            .filter_map(|event| match event {
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
        self.state()
            .inside
            .made_by_hand
            .insert(email.to_lowercase());
    }

    /// The user deletes the account that was set up by hand.
    pub fn delete_account_by_hand(&self, email: &str) {
        self.state()
            .inside
            .made_by_hand
            .remove(&email.to_lowercase());
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
        walls
            .filter(|wall| self.lose_profile(&wall.identifier))
            .count()
            > 0
    }

    /// Waits until a push came; `false` if none came in time.
    pub async fn wait_for_push(&self, at_most: Duration) -> bool {
        tokio::time::timeout(at_most, self.0.wake.notified())
            .await
            .is_ok()
    }

    /// Connects whenever a push comes, until the returned guard is dropped.
    #[must_use]
    pub fn stay_online(&self) -> Online {
        let phone = self.clone();
        Online(tokio::spawn(async move {
            loop {
                phone.0.wake.notified().await;
                if phone.state().behaviour.ignores_pushes {
                    continue;
                }
                if let Err(error) = phone.connect().await {
                    tracing::debug!(%error, "a simulated phone could not connect");
                }
            }
        }))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn management(&self) -> Result<Management> {
        self.state()
            .management
            .clone()
            .ok_or(SimulatorError::NotEnrolled)
    }

    pub(crate) fn note(&self, exchange: Exchange) {
        self.state().events.push(Event::Exchange(exchange));
    }

    /// Moves what changed inside to the transcript.
    pub(crate) fn settle(&self) {
        let mut state = self.state();
        let changes = state.inside.take_changes();
        state.events.extend(changes.into_iter().map(Event::Change));
    }

    fn note_plain(&self, sent: Sent, reply: &Reply) {
        self.note(Exchange {
            sent,
            status: Some(reply.status.as_u16()),
            received: Received::Other(reply.body.len()),
            body: Vec::new(),
        });
    }
}

/// Identifiers and keys are not shown.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone(enrolled: {})", self.is_enrolled())
    }
}

/// A phone that is reachable by push as long as this lives.
#[derive(Debug)]
pub struct Online(tokio::task::JoinHandle<()>);

impl Drop for Online {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The address of the profile on the enrolment page.
fn profile_link(page: &str) -> Option<String> {
    page.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .find_map(|href| {
            let href = href.replace("&amp;", "&");
            href.split('?')
                .next()?
                .ends_with("/profile")
                .then_some(href)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_link_to_the_profile_is_found() {
        let page = r#"<a href="/help">?</a><a class="act" href="/e/T/profile?a=1&amp;b=2">go</a>"#;
        assert_eq!(profile_link(page).as_deref(), Some("/e/T/profile?a=1&b=2"));
        assert_eq!(profile_link("<a href=\"/e/T\">"), None);
        assert_eq!(profile_link("href=\""), None);
    }
}
