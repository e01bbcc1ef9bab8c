//! Simulated iPhones that speak the real wire protocol over HTTP, a stand-in for Apple's push service,
//! and [`StandInGoogle`] with simulated Android phones behind it. Tests and the local demo drive them;
//! production code never does.
//!
//! A [`Phone`] opens the enrolment link, refuses what an iPhone would refuse, gets its identity by
//! SCEP, checks in, and answers commands from what is installed on it. It reads and writes property
//! lists on its own, so that it is a second reading of Apple's documents and not an echo of the
//! server's. [`Behaviour`] makes it misbehave; its transcript says what was exchanged and what
//! changed, including every moment at which an unmanaged app could have read business contacts.
//!
//! Architecture invariants: it speaks to this machine only; time, chance and keys come in through
//! [`Surroundings`], so that a test runs the same every time.
//!
//! ```
//! use trennwand_simulator::{Fault, Behaviour};
//!
//! let mut behaviour = Behaviour::default();
//! behaviour.say_not_now("ProfileList", 2).fail("InstallProfile", 1, Fault::account_exists());
//! ```

mod answers;
mod apns;
mod behaviour;
mod enrollment;
mod entropy;
mod error;
mod google;
mod handset;
mod inside;
mod keys;
mod look;
mod phone;
mod profile;
mod restrictions;
mod scep;
mod signed;
mod talk;
mod transcript;
mod wire;

pub use apns::{PushCount, StandInApns};
pub use behaviour::{Behaviour, Fault};
pub use enrollment::{Offer, ScepOrder};
pub use entropy::Seeded;
pub use error::{Result, SimulatorError};
pub use google::{
    AndroidBehaviour, AndroidEvent, AndroidHandset, AndroidPhone, AndroidVersion, ContactsAccess,
    Delivery, ISSUER, PROJECT, PushRequest, SetUp, StandInGoogle, Subscription,
};
pub use handset::Handset;
pub use inside::{Account, Installed};
pub use keys::Keys;
pub use phone::{Online, Phone, Surroundings};
pub use profile::{Payload, Profile};
pub use restrictions::Restrictions;
pub use scep::Identity;
pub use transcript::{Change, Event, Exchange, Received, Sent};
