//! From what a phone answers to what is said about it.
//!
//! An answer is cut down to [`Facts`], which is all that is kept of it. [`observe()`] and
//! [`judge_install()`] turn facts and the outcome of installs into the states of the phone's
//! controls; [`catch_up()`] reads them against what the phone shall have by now; [`explain()`] puts
//! one of them into words.
//!
//! Architecture invariants: no IO, no clock, no randomness, no async; of policies only the
//! catalogue of apps is known here. A verdict rests on what the phone reported, never on what was
//! sent to it.
//!
//! ```
//! use trennwand_domain::{ReasonCode, Verdict};
//! use trennwand_evidence::best_verdict;
//!
//! assert_eq!(best_verdict(None), Verdict::Inferred);
//! assert_eq!(best_verdict(Some(ReasonCode::NoUser)), Verdict::Unknown);
//! ```

mod android;
mod best;
mod catalogue;
mod current;
mod expected;
mod explain;
mod facts;
#[cfg(test)]
mod fixtures;
mod install;
mod judge;
mod restrictions;

pub use android::{AndroidFacts, AndroidWall, ExpectedAndroid, Foreign, observe_android};
pub use best::best_verdict;
pub use catalogue::{App, CATALOGUE, CATALOGUE_DATE, app_name};
pub use current::{ExpectedTokens, catch_up};
pub use expected::{Expected, ExpectedProfile};
pub use explain::{ControlReport, explain, explain_all, explain_android, reasons};
pub use facts::Facts;
pub use install::{install_cause, judge_install};
pub use judge::observe;
