use trennwand_domain::Result;

use crate::Store;

/// Writes that happen together or not at all. Repositories add to it, each write with the error that
/// its failed condition means.
#[derive(Debug)]
#[must_use = "nothing is written before commit"]
pub struct Transaction {
    store: Store,
}

impl Transaction {
    pub(crate) const fn new(store: Store) -> Self {
        Self { store }
    }

    /// Writes everything. A single write is a plain one and costs half.
    ///
    /// # Errors
    /// The error of the first write whose condition failed; `Unavailable` if the database did not
    /// answer or is busy, and then it may or may not have happened.
    pub async fn commit(self) -> Result<()> {
        let _ = self.store;
        todo!()
    }
}
