//! Wakes phones: the reader of the `wake` queue.
//!
//! Architecture invariants: a wake may come twice, late or for a phone that is gone; none of that
//! does harm. Nothing but a dead token is written. An enrolment is never ended from here.
//!
//! ```no_run
//! # use std::sync::Arc;
//! # async fn example(
//! #     core: trennwand_runtime::Core,
//! #     publisher: Arc<dyn trennwand_runtime::Publisher>,
//! #     wake: trennwand_runtime::Wake,
//! # ) -> trennwand_domain::Result<()> {
//! use trennwand_fn_push::{PushState, handle};
//! use trennwand_push::Apns;
//!
//! let state = PushState::new(core, Arc::new(Apns::new()), publisher);
//! let woken = handle(&state, &wake).await?;
//! assert_eq!(woken.dead, 0);
//! # Ok(())
//! # }
//! ```

mod audience;
mod breaker;
mod deliver;
mod identity;

use std::sync::Arc;

use trennwand_domain::{Authenticator, Result, TenantScope};
use trennwand_push::Pusher;
use trennwand_runtime::{Core, Publisher, Wake};

use crate::{breaker::Breaker, identity::Identities};

/// What the reader of the `wake` queue needs; cheap to clone.
#[derive(Debug, Clone)]
pub struct PushState {
    core: Core,
    pusher: Arc<dyn Pusher>,
    publisher: Arc<dyn Publisher>,
    identities: Arc<Identities>,
    breaker: Arc<Breaker>,
}

impl PushState {
    /// `publisher` takes the parts of an audience that is too large for one message.
    #[must_use]
    pub fn new(core: Core, pusher: Arc<dyn Pusher>, publisher: Arc<dyn Publisher>) -> Self {
        Self { core, pusher, publisher, identities: Arc::default(), breaker: Arc::default() }
    }
}

/// What came of a wake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Woken {
    /// Pushes that the service took.
    pub taken: usize,
    /// Phones whose token is dead.
    pub dead: usize,
    /// Phones that are left alone: without a push certificate, with another topic, or pushed to too
    /// often.
    pub passed_over: usize,
    /// Phones handed on in further messages.
    pub handed_on: usize,
}

/// Wakes the phones of a message.
///
/// # Errors
/// `unavailable` if some phones could not be pushed to for now, or the tenant's certificate is
/// refused: the message is to be delivered again later, which wakes some phones twice.
pub async fn handle(state: &PushState, wake: &Wake) -> Result<Woken> {
    #[expect(clippy::disallowed_methods, reason = "the authenticator of the wake queue's messages")]
    let scope = TenantScope::vouched(Authenticator::QueueMessage, wake.tenant);
    let (targets, handed_on) = audience::targets(state, &scope, &wake.audience).await?;
    let woken = deliver::deliver(state, &scope, &targets).await?;
    Ok(Woken { handed_on, ..woken })
}
