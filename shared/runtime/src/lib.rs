//! What the functions run on: the system's clock and randomness, the vault, the state that handlers
//! share, messages between functions, and telemetry.
//!
//! Invariants: the only place that asks the operating system for time and randomness. A key leaves
//! the vault only for the tenant whose [`trennwand_domain::TenantScope`] is shown. Handlers publish
//! nothing: the table's stream is the outbox, and only its consumer and the timer hold a
//! [`Publisher`]. What the API writes is written in one transaction with the audit event that tells of
//! it and with the answer that an `Idempotency-Key` stands for: see [`Write`].
//!
//! ```no_run
//! use std::sync::Arc;
//! use trennwand_domain::{Clock, Entropy, Secret};
//! use trennwand_pki::FileMasterKey;
//! use trennwand_runtime::{Core, SystemClock, SystemEntropy};
//! use trennwand_store::{Store, Tables, client};
//!
//! let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
//! let core = Core::new(
//!     Store::new(client::connect("http://127.0.0.1:8000", None), Tables::default()),
//!     Arc::new(FileMasterKey::from_bytes(Secret::new([0; 32]), entropy.clone())),
//!     Arc::new(SystemClock),
//!     entropy,
//!     "http://127.0.0.1:8080",
//! );
//! ```

mod answer;
pub mod aws;
mod bus;
pub mod config;
mod core;
mod document;
pub mod lambda;
mod mount;
mod principals;
mod progress;
mod refusal;
mod stored;
mod system;
pub mod telemetry;
mod templates;
pub mod token_key;
mod vault;
mod write;

pub use self::{
    answer::{Answer, Written},
    bus::{AndroidWork, Audience, Message, Publisher, RuleChange, Wake},
    core::{Api, Core},
    document::DocumentSchema,
    mount::mount,
    principals::StorePrincipals,
    progress::rollout_progress,
    refusal::{compile_for, policy_refused, read_document, refusal_shown},
    stored::{compile_stored, put_new_templates},
    system::{SystemClock, SystemEntropy},
    templates::Templates,
    vault::{NewPerson, Vault},
    write::Write,
};

#[cfg(test)]
mod tests;
