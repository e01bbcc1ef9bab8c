use std::sync::Arc;

use trennwand_domain::Duration;
use trennwand_runtime::{SystemClock, SystemEntropy};
use trennwand_simulator::{Handset, Keys, Phone, StandInApns, Surroundings};

use super::{DemoError, narrator::Narrator};
use crate::Console;

/// How often a phone connects that no push reaches.
const EVERY: Duration = Duration::from_secs(2);

/// One simulated iPhone in a process of its own.
#[derive(Debug)]
pub struct Guest {
    /// The enrolment link of a server on this machine.
    pub link: String,
    /// Whether it reports that data may leave the managed area.
    pub leaks: bool,
    /// Whether it ends after its first conversation.
    pub once: bool,
}

impl Guest {
    /// Enrols and connects, telling what happens; returns once management has ended, or at once if
    /// only one conversation is wanted.
    ///
    /// # Errors
    /// If the phone cannot enrol, or the server refuses it.
    pub async fn visit(&self, console: Console) -> Result<(), DemoError> {
        let entropy = Arc::new(SystemEntropy);
        let handset = Handset::new("iPhone", &*entropy);
        let around = Surroundings {
            clock: Arc::new(SystemClock),
            entropy,
            keys: Keys::Generated,
            apns: StandInApns::new(),
        };
        let phone = Phone::new(handset, around)?;
        phone.misbehave(|b| b.reports_open_in = self.leaks);
        let narrator = Narrator::start(console);
        narrator.follow("The simulated iPhone", &phone);
        phone.enroll(&self.link).await?;
        while phone.is_enrolled() {
            phone.connect().await?;
            if self.once {
                break;
            }
            tokio::time::sleep(EVERY).await;
        }
        narrator.catch_up();
        Ok(())
    }
}
