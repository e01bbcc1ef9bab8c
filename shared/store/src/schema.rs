use trennwand_domain::Result;

use crate::Store;

impl Store {
    /// Creates the tables that do not exist yet; for the embedded database and tests.
    ///
    /// # Errors
    /// If the database does not answer or refuses.
    pub async fn create_tables(&self) -> Result<()> {
        todo!()
    }
}
