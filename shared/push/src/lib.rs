//! Waking phones: the [`Pusher`] seam, the classes of failure that a caller acts on, and [`Apns`],
//! the adapter to Apple's push service.
//!
//! A push to a managed phone says nothing but "connect": Apple's `{"mdm": PushMagic}`. Sending it
//! again is harmless, since the service keeps only the last one for a phone.
//!
//! Architecture invariants: nothing here stores anything; neither token nor PushMagic can be had
//! from a log, an error or `Debug` output.
//!
//! ```
//! use trennwand_push::{Answer, PushFailure};
//!
//! let gone = Answer { code: 410, reason: None, timestamp_ms: None };
//! assert_eq!(gone.outcome(), Err(PushFailure::TokenDead { since: None }));
//! ```

mod a2_client;
mod answer;
mod identity;
mod loopback;

use std::{fmt, future::Future, pin::Pin};

use trennwand_domain::{Duration, PushTarget, Timestamp};

pub use crate::{a2_client::Apns, answer::Answer, identity::PushIdentity, loopback::Loopback};

/// A future in a box, so that the seam can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Wakes phones. Production passes [`Apns`], the local server a stand-in.
pub trait Pusher: Send + Sync + fmt::Debug {
    /// Asks the push service to wake the phone behind `target`, in the name of `identity`.
    ///
    /// `Ok` means that the service took the push, not that the phone is reachable.
    fn push<'a>(
        &'a self,
        identity: &'a PushIdentity,
        target: &'a PushTarget,
    ) -> BoxFuture<'a, Result<(), PushFailure>>;
}

/// Why a push was not taken, by what is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PushFailure {
    /// The token is dead: no further push before the phone sends another one. The enrolment lives
    /// on; the phone may come back by itself.
    #[error("the push token is dead")]
    TokenDead {
        /// Since when, by the service's clock; a token registered later is alive.
        since: Option<Timestamp>,
    },
    /// The tenant's push certificate is not accepted: none of its phones can be woken.
    #[error("the push certificate is refused")]
    IdentityRefused,
    /// Too many pushes to this phone.
    #[error("too many pushes to this phone")]
    TooMany {
        /// How long to leave this phone alone.
        after: Duration,
    },
    /// The service did not answer or is unwell; the push may have been delivered all the same.
    #[error("the push service is unavailable")]
    Unavailable,
    /// The push itself is malformed: repeating it cannot help.
    #[error("the push was malformed")]
    Malformed,
}

impl PushFailure {
    /// Whether sending the same push again later may succeed.
    #[must_use]
    pub const fn retryable(self) -> bool {
        match self {
            Self::TooMany { .. } | Self::Unavailable | Self::IdentityRefused => true,
            Self::TokenDead { .. } | Self::Malformed => false,
        }
    }
}
