use trennwand_domain::{Duration, Entropy};

use super::failure::Failure;

/// How often a request is sent at most.
const MOST: u32 = 5;
/// The first pause, doubled each time, and half of it left to chance.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(32);
/// A `Retry-After` beyond this is for the caller.
const LONGEST_ORDERED: Duration = Duration::from_secs(60);

/// The attempts at one request.
///
/// What Google did not take (429, 503) may always be sent again. After other failures it is unknown
/// whether Google acted: reads, deletions and updates to a named state are sent again, what makes
/// something new is not.
#[derive(Debug)]
pub(super) struct Attempts {
    repeatable: bool,
    made: u32,
    lost: bool,
    token_renewed: bool,
}

impl Attempts {
    pub(super) const fn new(repeatable: bool) -> Self {
        Self { repeatable, made: 0, lost: false, token_renewed: false }
    }

    /// Whether an earlier attempt may have been carried out without an answer.
    pub(super) const fn was_lost(&self) -> bool {
        self.lost
    }

    /// Once for each request.
    pub(super) const fn may_renew_token(&mut self) -> bool {
        !std::mem::replace(&mut self.token_renewed, true)
    }

    /// How long to wait before the next attempt, if there is to be one.
    pub(super) fn pause_after(
        &mut self,
        failure: &Failure,
        entropy: &dyn Entropy,
    ) -> Option<Duration> {
        self.made += 1;
        self.lost |= failure.may_have_acted();
        let may = failure.was_not_taken() || (failure.may_have_acted() && self.repeatable);
        if !may || self.made >= MOST {
            return None;
        }
        let ordered = failure.retry_after().unwrap_or_default();
        (ordered <= LONGEST_ORDERED).then(|| self.jittered(entropy).max(ordered))
    }

    fn jittered(&self, entropy: &dyn Entropy) -> Duration {
        let full = FIRST.saturating_mul(1 << (self.made - 1).min(16)).min(LONGEST);
        let chance = u32::from(u16::from_be_bytes(entropy.bytes()));
        full / 2 + full.mul_f64(f64::from(chance) / f64::from(u16::MAX) / 2.0)
    }
}
