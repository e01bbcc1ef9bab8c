use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use trennwand_domain::PushTarget;
use trennwand_push::{BoxFuture, PushFailure, PushIdentity, Pusher};

/// Apple's push service, played in the process: it takes any token, wakes the simulated phone that
/// listens to it, counts, and fails as a test wishes. Cloning shares it.
#[derive(Clone, Default)]
pub struct StandInApns(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    listeners: BTreeMap<Vec<u8>, Listener>,
    taken: u64,
    refused: u64,
    dropped: u64,
    failures: VecDeque<PushFailure>,
    outage: Option<PushFailure>,
    dead: BTreeMap<Vec<u8>, PushFailure>,
}

struct Listener {
    magic: String,
    topic: String,
    wake: Arc<Notify>,
    woken: u64,
}

/// What a stand-in has seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PushCount {
    /// Pushes that it took.
    pub taken: u64,
    /// Pushes that it refused.
    pub refused: u64,
    /// Pushes that it took and that reached nobody: unknown token, other topic or wrong magic. Apple
    /// says nothing about these either.
    pub dropped: u64,
}

impl StandInApns {
    /// A service without listeners.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What came so far.
    #[must_use]
    pub fn count(&self) -> PushCount {
        let state = self.state();
        PushCount { taken: state.taken, refused: state.refused, dropped: state.dropped }
    }

    /// How many pushes reached the phone that listens to this token.
    #[must_use]
    pub fn woken(&self, token: &[u8]) -> u64 {
        self.state().listeners.get(token).map_or(0, |l| l.woken)
    }

    /// The next push is answered like this.
    pub fn fail_next(&self, failure: PushFailure) {
        self.state().failures.push_back(failure);
    }

    /// Every push is answered like this until `None`.
    pub fn fail_all(&self, failure: Option<PushFailure>) {
        self.state().outage = failure;
    }

    /// Every push to this token is answered like this.
    pub fn fail_token(&self, token: &[u8], failure: PushFailure) {
        self.state().dead.insert(token.to_vec(), failure);
    }

    pub(crate) fn listen(&self, token: &[u8], magic: &str, topic: &str, wake: Arc<Notify>) {
        let listener = Listener { magic: magic.into(), topic: topic.into(), wake, woken: 0 };
        self.state().listeners.insert(token.to_vec(), listener);
    }

    pub(crate) fn forget(&self, token: &[u8]) {
        self.state().listeners.remove(token);
    }

    /// Takes a push that came in for this topic, however it came.
    ///
    /// # Errors
    /// As a test wishes.
    pub fn deliver(&self, topic: &str, target: &PushTarget) -> Result<(), PushFailure> {
        let mut state = self.state();
        let token = target.token.expose();
        let failure =
            state.failures.pop_front().or(state.outage).or_else(|| state.dead.get(token).copied());
        if let Some(failure) = failure {
            state.refused += 1;
            return Err(failure);
        }
        state.taken += 1;
        let listener = state
            .listeners
            .get_mut(token)
            .filter(|l| l.topic == topic && l.magic == *target.magic.expose());
        match listener {
            Some(listener) => {
                listener.woken += 1;
                listener.wake.notify_one();
            }
            None => state.dropped += 1,
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tokens are not shown.
impl fmt::Debug for StandInApns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.count().fmt(f)
    }
}

impl Pusher for StandInApns {
    fn push<'a>(
        &'a self,
        identity: &'a PushIdentity,
        target: &'a PushTarget,
    ) -> BoxFuture<'a, Result<(), PushFailure>> {
        Box::pin(async move { self.deliver(identity.topic(), target) })
    }
}

#[cfg(test)]
mod tests {
    use trennwand_domain::Secret;

    use super::*;

    fn target(magic: &str) -> PushTarget {
        PushTarget {
            token: Secret::new(vec![1, 2]),
            magic: Secret::new(magic.into()),
            topic: "com.apple.mgmt.A".into(),
        }
    }

    #[tokio::test]
    async fn a_push_wakes_the_phone_once_however_many_came() {
        let (apns, wake) = (StandInApns::new(), Arc::new(Notify::new()));
        apns.listen(&[1, 2], "magic", "com.apple.mgmt.A", Arc::clone(&wake));
        apns.deliver("com.apple.mgmt.A", &target("magic")).unwrap();
        apns.deliver("com.apple.mgmt.A", &target("magic")).unwrap();
        wake.notified().await;
        assert_eq!(apns.woken(&[1, 2]), 2);
        assert_eq!(apns.count(), PushCount { taken: 2, refused: 0, dropped: 0 });
    }

    #[test]
    fn another_topic_or_magic_is_taken_and_dropped() {
        let apns = StandInApns::new();
        apns.listen(&[1, 2], "magic", "com.apple.mgmt.A", Arc::default());
        apns.deliver("com.apple.mgmt.B", &target("magic")).unwrap();
        apns.deliver("com.apple.mgmt.A", &target("other")).unwrap();
        assert_eq!(apns.count(), PushCount { taken: 2, refused: 0, dropped: 2 });
    }

    #[test]
    fn failures_come_as_ordered() {
        let apns = StandInApns::new();
        let dead = PushFailure::TokenDead { since: None };
        apns.fail_next(PushFailure::Unavailable);
        apns.fail_token(&[1, 2], dead);
        let push = || apns.deliver("com.apple.mgmt.A", &target("magic"));
        assert_eq!(push(), Err(PushFailure::Unavailable));
        assert_eq!(push(), Err(dead));
        apns.fail_all(Some(PushFailure::IdentityRefused));
        assert_eq!(push(), Err(PushFailure::IdentityRefused));
        assert_eq!(apns.count().refused, 3);
    }
}
