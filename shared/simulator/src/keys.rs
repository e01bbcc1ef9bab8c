use std::sync::{Arc, Mutex, PoisonError};

use trennwand_pki::RsaKey;

use crate::{SimulatorError, error::Result};

/// The committed test keys; worthless, since everyone has them.
const POOL: [&str; 16] = [
    include_str!("../keys/00.pem"),
    include_str!("../keys/01.pem"),
    include_str!("../keys/02.pem"),
    include_str!("../keys/03.pem"),
    include_str!("../keys/04.pem"),
    include_str!("../keys/05.pem"),
    include_str!("../keys/06.pem"),
    include_str!("../keys/07.pem"),
    include_str!("../keys/08.pem"),
    include_str!("../keys/09.pem"),
    include_str!("../keys/10.pem"),
    include_str!("../keys/11.pem"),
    include_str!("../keys/12.pem"),
    include_str!("../keys/13.pem"),
    include_str!("../keys/14.pem"),
    include_str!("../keys/15.pem"),
];

/// Where simulated phones have their keys from.
#[derive(Debug, Clone)]
pub enum Keys {
    /// From the committed pool, one after the other and round again: for tests.
    Pool(Arc<Mutex<usize>>),
    /// Freshly made, as phones do: for the demo.
    Generated,
}

impl Keys {
    /// The committed pool from its start.
    #[must_use]
    pub fn pool() -> Self {
        Self::Pool(Arc::default())
    }

    /// The key at this place of the committed pool, counted round.
    ///
    /// # Errors
    /// If the pool is damaged.
    pub fn of_pool(place: usize) -> Result<RsaKey> {
        RsaKey::from_pem(POOL[place % POOL.len()]).map_err(SimulatorError::protocol)
    }

    /// A key for a phone.
    pub(crate) async fn draw(&self) -> Result<RsaKey> {
        match self {
            Self::Pool(next) => {
                let place = {
                    let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                    *next += 1;
                    *next - 1
                };
                Self::of_pool(place)
            }
            Self::Generated => tokio::task::spawn_blocking(RsaKey::generate)
                .await
                .map_err(SimulatorError::protocol)?
                .map_err(SimulatorError::protocol),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn phones_get_different_keys_of_the_pool_until_it_is_through() {
        let keys = Keys::pool();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..POOL.len() {
            assert!(seen.insert(keys.draw().await.unwrap().spki_der().to_vec()));
        }
        assert!(!seen.insert(keys.draw().await.unwrap().spki_der().to_vec()));
    }
}
