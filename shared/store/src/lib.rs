//! The store: one file per aggregate over two DynamoDB tables, and the only user of the AWS SDK for
//! them. On a laptop and in tests the same client talks to an embedded database.
//!
//! Architecture invariants:
//!
//! * Keys of a tenant's items are built from a [`TenantScope`] only; no method takes a raw key.
//! * There is no Scan; every read is a key look-up, a `BETWEEN` query or a query of an index.
//! * Reads on the device path are strongly consistent; lists are not.
//! * Nothing here knows a business rule: conditions say what must still hold, callers say what
//!   it means if it does not.
//! * Every request asks for consumed capacity and is counted by the [`meter`].
//!
//! ```no_run
//! # async fn example(scope: trennwand_domain::TenantScope) -> trennwand_domain::Result<()> {
//! use trennwand_store::{Store, Tables, client};
//!
//! let store = Store::new(client::connect("http://127.0.0.1:8000", None), Tables::default());
//! store.create_tables().await?;
//! let tenant = store.tenant(&scope).get().await?;
//! # Ok(())
//! # }
//! ```

use std::sync::Arc;

use aws_sdk_dynamodb::Client as Dynamo;
use trennwand_domain::{ResellerId, TenantScope};

mod agreements;
mod android;
mod answers;
mod assignments;
mod audit;
mod brands;
pub mod client;
mod clients;
mod devices;
mod directory;
mod due;
mod enrollments;
mod failure;
pub mod fault;
mod groups;
mod item;
pub mod layout;
pub mod meter;
mod page;
mod platform;
mod policies;
mod read;
mod resellers;
mod schema;
mod templates;
mod tenant;
mod tenants;
#[cfg(test)]
mod testing;
mod transaction;
mod users;

pub use self::{
    agreements::Agreements,
    android::{Android, Issued, ReportChange, ReportView, Waiting},
    answers::{Answers, KeptAnswer},
    assignments::Assignments,
    audit::{Audit, Trail},
    brands::Brands,
    clients::Clients,
    devices::{
        Authentication, ConnectView, DeviceFilter, Devices, FleetMember, IndexedPhone, TokenUpdate,
        WakeTarget,
    },
    directory::Directory,
    due::{Due, DueCursor, DueRollout, DueWake, RolloutPage, WakePage},
    enrollments::Enrollments,
    fault::{Fault, FaultPlan},
    groups::Groups,
    meter::{Meter, Usage},
    page::{Listed, Page},
    platform::{Platform, TokenKey},
    policies::Policies,
    resellers::Resellers,
    templates::PolicyTemplates,
    tenant::TenantStore,
    tenants::Tenants,
    transaction::Transaction,
    users::Users,
};

/// The names of the two tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Everything but wrapped keys; has the stream.
    pub data: String,
    /// Wrapped data keys and what must not travel over the stream.
    pub keys: String,
}

impl Default for Tables {
    fn default() -> Self {
        Self { data: "data".into(), keys: "keys".into() }
    }
}

/// The way to all repositories; cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    dynamo: Dynamo,
    tables: Arc<Tables>,
}

impl Store {
    /// A store over this client (see [`client::connect`]) and these tables.
    #[must_use]
    pub fn new(dynamo: Dynamo, tables: Tables) -> Self {
        Self { dynamo, tables: Arc::new(tables) }
    }

    /// The SDK's client, for the stream's reader and for set-up.
    #[must_use]
    pub const fn dynamo(&self) -> &Dynamo {
        &self.dynamo
    }

    /// The names of the tables.
    #[must_use]
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    /// Several writes that happen together or not at all.
    pub fn transaction(&self) -> Transaction {
        Transaction::new(self.clone())
    }

    /// Who owns a client or a link; for authenticators.
    #[must_use]
    pub const fn directory(&self) -> Directory<'_> {
        Directory::new(self)
    }

    /// The resellers; for the operator.
    #[must_use]
    pub const fn resellers(&self) -> Resellers<'_> {
        Resellers::new(self)
    }

    /// The resellers' brands and logos.
    #[must_use]
    pub const fn brands(&self) -> Brands<'_> {
        Brands::new(self)
    }

    /// The policies that a reseller offers to its tenants.
    #[must_use]
    pub const fn policy_templates(&self, reseller: ResellerId) -> PolicyTemplates<'_> {
        PolicyTemplates::new(self, reseller)
    }

    /// The tenants of a reseller.
    #[must_use]
    pub const fn tenants(&self) -> Tenants<'_> {
        Tenants::new(self)
    }

    /// The OAuth clients of every level.
    #[must_use]
    pub const fn clients(&self) -> Clients<'_> {
        Clients::new(self)
    }

    /// What was written through the API, by whom.
    #[must_use]
    pub const fn audit(&self) -> Audit<'_> {
        Audit::new(self)
    }

    /// Answers kept under idempotency keys.
    #[must_use]
    pub const fn answers(&self) -> Answers<'_> {
        Answers::new(self)
    }

    /// What belongs to the platform itself.
    #[must_use]
    pub const fn platform(&self) -> Platform<'_> {
        Platform::new(self)
    }

    /// What is due across tenants; for the timer.
    #[must_use]
    pub const fn due(&self) -> Due<'_> {
        Due::new(self)
    }

    /// The tenant itself: keys, push certificate, assignment head and templates.
    #[must_use]
    pub const fn tenant(&self, scope: &TenantScope) -> TenantStore<'_> {
        TenantStore::new(self, *scope)
    }

    /// The tenant's users.
    #[must_use]
    pub const fn users(&self, scope: &TenantScope) -> Users<'_> {
        Users::new(self, *scope)
    }

    /// The tenant's invitations.
    #[must_use]
    pub const fn enrollments(&self, scope: &TenantScope) -> Enrollments<'_> {
        Enrollments::new(self, *scope)
    }

    /// The tenant's groups.
    #[must_use]
    pub const fn groups(&self, scope: &TenantScope) -> Groups<'_> {
        Groups::new(self, *scope)
    }

    /// The tenant's assignments, and with them all that the rules of its head follow from.
    #[must_use]
    pub const fn assignments(&self, scope: &TenantScope) -> Assignments<'_> {
        Assignments::new(self, *scope)
    }

    /// The tenant's policies.
    #[must_use]
    pub const fn policies(&self, scope: &TenantScope) -> Policies<'_> {
        Policies::new(self, *scope)
    }

    /// What the tenant agreed to.
    #[must_use]
    pub const fn agreements(&self, scope: &TenantScope) -> Agreements<'_> {
        Agreements::new(self, *scope)
    }

    /// The tenant's side at Google.
    #[must_use]
    pub const fn android(&self, scope: &TenantScope) -> Android<'_> {
        Android::new(self, *scope)
    }

    /// The tenant's phones.
    #[must_use]
    pub const fn devices(&self, scope: &TenantScope) -> Devices<'_> {
        Devices::new(self, *scope)
    }
}
