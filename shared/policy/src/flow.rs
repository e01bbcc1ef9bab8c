//! The data-flow graph: which way business data could take from where it lives to where it must not
//! go, and which effective settings close that way.

use serde::Serialize;
use trennwand_domain::Target;

pub use found::open_for_contacts;
pub use model::{Channel, Confidence, Sink, Source, TRAPS, Trap, Why};
pub use proof::{InsideApp, Line, Proof, Standing, Status, prove, status};
pub use refusal::{Refusal, RefusalCode};
pub use settings::Settings;

use crate::Os;

mod android;
mod found;
mod ios;
mod model;
mod proof;
mod refusal;
mod settings;

/// One way of the graph for some kinds of phone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Way {
    /// By what the data would go.
    pub channel: Channel,
    /// What would go.
    pub sources: &'static [Source],
    /// Where it would end up.
    pub sink: Sink,
    /// On which kinds of phone.
    pub targets: &'static [Target],
    /// What closes it.
    pub closes: Closes,
    /// Why it may stay open, if what would close it is the tenant's choice.
    pub otherwise: Option<Why>,
    /// How sure that is.
    pub confidence: Confidence,
    /// Where it is written.
    pub reference: &'static str,
    /// The traps that it is about.
    pub traps: &'static [Trap],
}

/// What closes a way.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Closes {
    /// It does not exist there.
    Never(Why),
    /// Nothing does, or nothing that this service relies on.
    Nothing(Why),
    /// All of these settings, since a version of the system.
    Keys {
        /// The settings.
        keys: &'static [Key],
        /// They are heeded since.
        since: Os,
        /// How it stands on older systems.
        before: Before,
    },
    /// All of these settings of the managed account; without an account there is no such way.
    Account {
        /// Which kind of account the settings are for, as `PayloadType`; empty for every kind.
        payload_type: &'static str,
        /// The settings.
        keys: &'static [Key],
        /// They are heeded since.
        since: Os,
    },
    /// All of these members of an Android app's managed configuration, each under its whole name, dots
    /// included; where the app is not among the business apps there is no such way.
    App {
        /// Its package.
        package: &'static str,
        /// The members.
        keys: &'static [Key],
        /// They are heeded since.
        since: Os,
    },
}

/// How a way stands on systems that do not heed its settings yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// It is not there yet.
    Absent(Why),
    /// It cannot be closed.
    Residual(Why),
}

/// A setting as it has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Key {
    /// Its name, in Apple's words, or its path in Google's.
    pub path: &'static str,
    /// Its value.
    pub must: Must,
}

/// The value that closes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Must {
    /// This truth value; left out, the phone takes `default`.
    Be {
        /// The value that closes.
        value: bool,
        /// What the phone takes if it is left out.
        default: bool,
    },
    /// One of these words; left out, it is closed only if `default` says so.
    BeOneOf {
        /// The words that close.
        words: &'static [&'static str],
        /// Whether it is closed if left out.
        default: bool,
    },
    /// Nothing of the catalogue, unless blocked.
    BeFreeOfCatalogue,
    /// A list with this entry.
    List(&'static str),
    /// An empty list, or none.
    BeEmpty,
}

/// A truth value that is open by default: the key has to be there.
const fn set(path: &'static str, value: bool) -> Key {
    Key { path, must: Must::Be { value, default: !value } }
}

/// A truth value that is closed by default: the key must not say otherwise.
const fn keep(path: &'static str, value: bool) -> Key {
    Key { path, must: Must::Be { value, default: value } }
}

/// The ways on phones of a kind.
pub fn ways(target: Target) -> impl Iterator<Item = &'static Way> {
    let of = move |way: &&Way| way.targets.contains(&target);
    ios::WAYS.iter().chain(android::WAYS).chain(android::MAIL_APPS).filter(of)
}

#[cfg(test)]
mod tests;
