use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use reqwest::Url;
use tokio::sync::Notify;
use trennwand_domain::{Clock, Duration, Entropy};

use crate::{
    Behaviour, Event, Exchange, Handset, Keys, Offer, Profile, Received, Sent, SimulatorError,
    StandInApns,
    enrollment::url,
    error::Result,
    inside::Inside,
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
            return Err(SimulatorError::refused("the profile has another media type"));
        }
        Offer::of(Profile::read(&reply.body)?)
    }

    /// Installs an enrolment profile: identity by SCEP, Authenticate, TokenUpdate.
    ///
    /// # Errors
    /// If the phone is managed already, or the server refuses.
    pub async fn install(&self, offer: Offer) -> Result<()> {
        if self.is_enrolled() {
            return Err(SimulatorError::refused("there is a management profile already"));
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
        let first = scep::obtain(wire, order, &authority, &asked, &*around.entropy).await;
        if !self.state().behaviour.repeats_scep {
            return first;
        }
        let again = scep::obtain(wire, order, &authority, &asked, &*around.entropy).await;
        match (first, again) {
            (Ok(first), Ok(again)) if first.certificate != again.certificate => {
                Err(SimulatorError::protocol("the repeat brought another certificate"))
            }
            (Ok(first), Err(error)) if error.status().is_some_and(|s| s >= 500) => Ok(first),
            (_, again) => again,
        }
    }

    /// Waits until a push came; `false` if none came in time.
    pub async fn wait_for_push(&self, at_most: Duration) -> bool {
        tokio::time::timeout(at_most, self.0.wake.notified()).await.is_ok()
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
        self.state().management.clone().ok_or(SimulatorError::NotEnrolled)
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
    page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).find_map(|href| {
        let href = href.replace("&amp;", "&");
        href.split('?').next()?.ends_with("/profile").then_some(href)
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
